"""Holds figures that need no clock against the committed ones in figures.toml.

Usage: guard.py [--gate] [--update] [--without-bytes] [FOLDER-OF-THE-RELEASE-BINARIES]
"""

import argparse
import datetime
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

import dependencies
import rounds
from crates import tree
from machine import Machine, Sandbox
from measure import FIXED, instructions, output
from relay import Relay
from rows import Pair, api_rows
from wire import on_the_wire

FIGURES = Path("tests/bench/figures.toml")
UPDATE = "tests/bench/guard --update"
# In percent: how far a measured figure may be from the committed one.
INSTRUCTIONS, SIZE, BYTES = 3, 2, 15
# A crate with less code than this is not compared: a few lines would be 15 %.
LEAST_BYTES = 20 * 1024
# Long enough that requests which are sent together overlap.
LATENCY_MS = 150
RUNS = 5


class Guard:
    """Collects what differs."""

    def __init__(self, committed):
        self.committed = committed
        self.problems = []

    def problem(self, text, advice):
        self.problems.append(f"{text}\n    {advice}")

    def exact(self, what, committed, measured, advice):
        """A figure that has to be the same."""
        same = committed == measured
        print(f"  {what}: {measured}" + ("" if same else f", committed: {committed or 'nothing'}"))
        if not same:
            self.problem(f"{what}: committed {committed or 'nothing'}, measured {measured}", advice)

    def near(self, what, committed, measured, percent, advice):
        """A figure that may differ by so many percent."""
        if committed is None:
            self.problem(f"{what}: measured {measured:,}, and no figure is committed", f"run {UPDATE}")
            return
        change = 100 * (measured - committed) / committed if committed else 0 if not measured else 100
        print(f"  {what}: {measured:,} ({change:+.2f} %)")
        if abs(change) > percent:
            told = f"committed {committed:,}, measured {measured:,}: {change:+.1f} %, and {percent} % are allowed"
            self.problem(
                f"{what}: {told}",
                advice if change > 0 else f"it became better: {UPDATE} keeps that",
            )

    def at_most(self, what, name, measured, advice):
        """A figure that has a limit. One that is not met, and says why, is told and no problem: `near` and
        `exact` see to it that the figure grows no further."""
        limit, reason = self.committed["limits"][name], self.committed["not_met"].get(name)
        if measured > limit and reason:
            print(f"  {what}: over the limit of {limit:,}: {reason}")
        elif measured <= limit and reason:
            self.problem(f"{what}: {measured:,} is within the limit now", f"remove its reason in {FIGURES}")
        elif measured > limit:
            self.problem(f"{what}: {measured:,}, and the limit is {limit:,}", advice)


def measured_crates():
    return len(tree().reached())


def check_crates(guard):
    print("crates")
    count = measured_crates()
    advice = "`git diff Cargo.lock` shows which crates are new, `cargo tree --invert NAME` what brings one"
    guard.exact("crates", guard.committed.get("crates"), count, advice)
    guard.at_most("crates", "crates", count, "find a dependency that brings fewer")
    if problem := dependencies.out_of_date():
        guard.problem("docs/dependencies.md does not fit Cargo.lock", problem)


def counted_instructions(folder):
    """Instructions of the program's own code for the watched commands: the median of some runs, and how far
    these are apart, in percent. The home folder's path is always as long; the sandbox speaks HTTP, since the
    keys of TLS are other ones each time."""
    with Sandbox(folder, tls=False) as sandbox, tempfile.TemporaryDirectory(prefix="scw-guard-", dir="/tmp") as home:
        machine = Machine(folder, sandbox, Path(home) / "home")
        machine.log_in()
        commands = {
            "scw --version": machine.scw("--version"),
            "scw --help": machine.scw("--help"),
            "scw token, environment": machine.scw("token", **machine.keys()),
            "scw token, file": machine.scw("token"),
            "scw 2fa status": machine.scw("2fa", "status"),
        }
        # The first run of a command on a machine may leave something behind.
        for command in commands.values():
            output(command)
        found = {}
        for name, command in commands.items():
            runs = [instructions(command)[1] for _ in range(RUNS)]
            middle = int(statistics.median(runs))
            found[name] = (middle, 100 * (max(runs) - min(runs)) / middle)
        return found


def counted_requests(folder):
    """Requests, dependent rounds and connections of each command that asks the API."""
    with Sandbox(folder, "--latency-ms", str(LATENCY_MS)) as sandbox, tempfile.TemporaryDirectory() as home:
        relay = Relay(sandbox.port, 0)
        at = Pair(folder, sandbox, Path(home) / "homes", relay.port)
        found = {row.name: on_the_wire(row, at, relay) for row in api_rows() if row.ours}
        relay.close()
        return found


def code_of_crates():
    """Bytes of machine code by crate, from a build with symbols. Nothing without cargo-bloat."""
    if subprocess.run(["cargo", "bloat", "--version"], capture_output=True).returncode:
        print("  cargo-bloat is not installed (cargo install cargo-bloat --locked): no bytes of crates")
        return None
    words = ["cargo", "bloat", "--release", "--locked", "--package", "scw", "--bin", "scw", "--crates", "-n", "0"]
    env = os.environ | {"CARGO_PROFILE_RELEASE_STRIP": "false"}
    ran = subprocess.run([*words, "--message-format", "json"], env=env, stdout=subprocess.PIPE, check=True)
    return {crate["name"]: crate["size"] for crate in json.loads(ran.stdout)["crates"]}


def check_release(guard, folder):
    committed = guard.committed
    print("size")
    size = (folder / "scw").stat().st_size
    advice = "`cargo bloat --release --crates` shows what grew"
    guard.near("bytes of the release binary", committed.get("binary_bytes"), size, SIZE, advice)
    smaller = "`cargo bloat --release --crates` and docs/dependencies.md show what is in it"
    guard.at_most("bytes of the release binary", "binary_bytes", size, smaller)
    print("instructions of the program's own code")
    for name, (count, spread) in counted_instructions(folder).items():
        advice = "`valgrind --tool=callgrind` and callgrind_annotate show where, in a build with symbols"
        before = committed.get("instructions", {}).get(name)
        guard.near(f"instructions of `{name}`", before, count, INSTRUCTIONS, advice)
        if spread > INSTRUCTIONS:
            guard.problem(f"instructions of `{name}` differ by {spread:.1f} % from run to run", "nothing can be said")
    print("requests and rounds")
    for name, wire in counted_requests(folder).items():
        before = committed.get("wire", {}).get(name)
        guard.exact(f"`{name}`", told(before), told(wire), "it asked: " + "; ".join(wire["calls"]))


def told(wire):
    """Requests, rounds and connections in words."""
    return wire and "{requests} requests in {rounds} rounds over {connections} connections".format(**wire)


def check_bytes(guard):
    print("code of each crate")
    now = code_of_crates()
    if now is None:
        return
    before = guard.committed.get("bytes", {})
    for name in sorted(before.keys() | now.keys()):
        was, code = before.get(name, 0), now.get(name, 0)
        if max(code, was) >= LEAST_BYTES:
            advice = f"run {UPDATE}, and look at docs/dependencies.md"
            guard.near(f"bytes of code of {name}", was, code, BYTES, advice)


def update(committed, folder, with_bytes):
    # What is above is kept by hand.
    text, _, _ = FIGURES.read_text().partition("[measured]\n")
    rustc = subprocess.run(["rustc", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    text += f"[measured]\nrustc = {json.dumps(rustc)}\ncrates = {measured_crates()}\n"
    text += f"binary_bytes = {(folder / 'scw').stat().st_size}\n"
    text += f"\n[instructions]\n# Of the program's own code, the median of {RUNS} runs. Behind it: how far these were apart.\n"
    for name, (count, spread) in counted_instructions(folder).items():
        text += f"{json.dumps(name)} = {count} # {spread:.2f} %\n"
    text += "\n[wire]\n"
    for name, wire in counted_requests(folder).items():
        figures = ", ".join(f"{what} = {wire[what]}" for what in ("requests", "rounds", "connections"))
        text += f"{json.dumps(name)} = {{ {figures} }}\n"
    code, date = committed.get("bytes", {}), committed.get("measured", {}).get("bytes_date")
    if with_bytes and (new := code_of_crates()):
        code, date = new, datetime.date.today().isoformat()
    text += "\n# Bytes of machine code by crate, of a build with symbols.\n[bytes]\n"
    text += "".join(f"{json.dumps(name)} = {size}\n" for name, size in sorted(code.items()))
    text = text.replace("[measured]\n", f"[measured]\nbytes_date = {json.dumps(date or 'not measured yet')}\n")
    FIGURES.write_text(text)
    print(f"written: {FIGURES}")
    dependencies.write()


def update_crates():
    """Writes the number of crates alone, and the page of dependencies."""
    limits, mark, measured = FIGURES.read_text().partition("[measured]\n")
    FIGURES.write_text(limits + mark + re.sub(r"(?m)^crates = \d+$", f"crates = {measured_crates()}", measured))
    print(f"written: {FIGURES}, the number of crates alone")
    dependencies.write()


def committed_figures():
    return tomllib.loads(FIGURES.read_text()) if FIGURES.exists() else {}


def main():
    parser = argparse.ArgumentParser(prog="tests/bench/guard", description=__doc__.split("\n")[0])
    parser.add_argument("--gate", action="store_true", help="only what needs no release build")
    parser.add_argument("--update", action="store_true", help="measure, and write the figures anew")
    parser.add_argument("--without-bytes", action="store_true", help="without the build that shows each crate's code")
    parser.add_argument("folder", type=Path, nargs="?", help=argparse.SUPPRESS)
    words = parser.parse_args()
    rounds.check()
    committed = committed_figures()
    if not FIXED and not words.gate:
        print("setarch -R does not work here: the instructions may differ a little more from run to run")
    if words.update and words.gate:
        update_crates()
        return
    if words.update:
        update(committed, words.folder, not words.without_bytes)
        return
    guard = Guard(committed | committed.get("measured", {}))
    check_crates(guard)
    if not words.gate:
        check_release(guard, words.folder)
        if not words.without_bytes:
            check_bytes(guard)
    if guard.problems:
        print()
        for problem in guard.problems:
            print(problem)
        print(f"If a change is wanted, {UPDATE} measures all figures anew. Commit {FIGURES} and say why.")
        sys.exit(f"tests/bench/guard: {len(guard.problems)} figures are not what {FIGURES} says")
    print("tests/bench/guard: every figure is what was committed")


main()
