"""Runs one command and measures it: time, memory, instructions."""

import os
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

NOTHING = os.devnull


@dataclass
class Command:
    """What to run. `stdin` is a text, `more` are variables beside those of the machine."""

    words: list
    env: dict
    stdin: str = ""

    def told(self):
        return " ".join(str(word) for word in self.words)


class Failed(Exception):
    """A command did not succeed, so that its time says nothing."""


def _files(stdin):
    """Standard input from a file, as `posix_spawn` wants it."""
    if not stdin:
        return NOTHING, None
    file = tempfile.NamedTemporaryFile("w", prefix="scw-bench-")
    file.write(stdin)
    file.flush()
    return file.name, file


def run(command):
    """Runs it once: seconds of wall time, and of user and system time with its children."""
    path, keep = _files(command.stdin)
    with tempfile.NamedTemporaryFile(prefix="scw-bench-") as words:
        actions = [
            (os.POSIX_SPAWN_OPEN, 0, path, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, NOTHING, os.O_WRONLY, 0),
            (os.POSIX_SPAWN_OPEN, 2, words.name, os.O_WRONLY, 0),
        ]
        arguments = [str(word) for word in command.words]
        began = time.perf_counter()
        pid = os.posix_spawn(arguments[0], arguments, command.env, file_actions=actions)
        _, status, usage = os.wait4(pid, 0)
        wall = time.perf_counter() - began
        if status:
            code = os.waitstatus_to_exitcode(status)
            raise Failed(f"{command.told()} ended with {code}: {Path(words.name).read_text()}")
    del keep
    return wall, usage.ru_utime + usage.ru_stime


def output(command):
    """Runs it once, and what it printed."""
    ran = subprocess.run(
        [str(word) for word in command.words], env=command.env, input=command.stdin, capture_output=True, text=True
    )
    if ran.returncode:
        raise Failed(f"{command.told()} ended with {ran.returncode}: {ran.stderr}")
    return ran.stdout


def _under(tool, command, path, **more):
    """Runs it under another program. Its stdout is opened for writing alone: what can also be read counts as
    closed for `scw`, since Rust opens it where there is none."""
    words = [*tool, *map(str, command.words)]
    with open(path) as stdin, open(NOTHING, "w") as stdout:
        ran = subprocess.run(
            words, env=command.env | more, stdin=stdin, stdout=stdout, stderr=subprocess.PIPE, text=True, check=False
        )
    if ran.returncode:
        raise Failed(f"{command.told()} ended with {ran.returncode} under {tool[0]}: {ran.stderr}")


def peak_bytes(command):
    """Its peak memory. Linux counts the memory of whoever starts a program to that program, so GNU time, which
    is small, starts it."""
    path, keep = _files(command.stdin)
    with tempfile.NamedTemporaryFile("r", prefix="scw-bench-") as told:
        _under(["/usr/bin/time", "--output", told.name, "--format", "%M"], command, path)
        peak = int(told.read().split()[-1]) * 1024
    del keep
    return peak


def instructions(command):
    """How many instructions it ran, by callgrind: all of them, and those of the program's own file, without
    the C library and the loader, which differ between machines. Nothing where it became another program."""
    path, keep = _files(command.stdin)
    with tempfile.TemporaryDirectory(prefix="scw-bench-") as folder:
        file = Path(folder) / "callgrind"
        tool = [*FIXED, "valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={file}"]
        _under(tool, command, path, LD_BIND_NOW="1")
        counted = _count(file.read_text(), str(command.words[0])) if file.exists() else None
    del keep
    return counted


def _fixed():
    """Switches the random places in memory off, where a container allows that."""
    words = ["setarch", "-R"]
    try:
        ran = subprocess.run([*words, "true"], capture_output=True)
    except FileNotFoundError:
        return []
    return words if ran.returncode == 0 else []


FIXED = _fixed()


def _count(text, program):
    """Reads a profile of callgrind (its manual, "Callgrind Format Specification"): all instructions, and those
    below a line `ob=` that names the program."""
    names = {}
    own = total = 0
    inside = called = False
    for line in text.splitlines():
        if line.startswith(("ob=", "cob=")):
            number, _, name = line.partition("=")[2].partition(" ")
            if name:
                names[number] = name
            if line.startswith("ob="):
                inside = os.path.realpath(names[number]) == os.path.realpath(program)
        elif line.startswith("calls="):
            # The next line has what the callee cost, which is counted there.
            called = True
        elif line[:1].isdigit() or line[:1] in ("+", "-", "*"):
            words = line.split()
            if called:
                called = False
            elif len(words) > 1:
                cost = int(words[1])
                total += cost
                own += cost if inside else 0
    return (total, own) if total else None


def repeat(commands, runs, before=None):
    """Runs each command `runs` times, one after the other and again from the first, so that a busy moment of
    the machine hits all of them. `before` has what prepares one, by its place. A first turn is not counted.
    Returns a list of (wall, cpu) for each."""
    times = [[] for _ in commands]
    most = max(runs)
    for turn in range(most + 1):
        for place, command in enumerate(commands):
            if turn > runs[place]:
                continue
            if before and before[place]:
                before[place]()
            took = run(command)
            if turn:
                times[place].append(took)
    return times
