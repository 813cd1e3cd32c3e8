"""Everything side by side in one run: prints the table, and writes it as JSON.

Usage: bench.py FOLDER-OF-THE-BINARIES [--json FILE] [--markdown] [--quick]
"""

import argparse
import datetime
import json
import os
import statistics
import sys
import tempfile
import tomllib
from dataclasses import replace
from pathlib import Path

import audit
import rows as of_rows
from crates import tree
from dependencies import FIGURES
from goals import goals, of_the_build
from machine import Keyring, Sandbox
from measure import instructions, output, peak_bytes, repeat
from relay import Relay
from rounds import check
from table import markdown, plain
from wire import on_the_wire

ROUND_TRIP_MS = 50
# Long enough that requests which are sent together overlap.
COUNTED_LATENCY_MS = 150
NOT_MEASURED = "not measured"


def told(text):
    print(text, file=sys.stderr, flush=True)


def timed(rows, places, quick):
    """Wall, user and system time of rows in each of the places, all of them in turn, in milliseconds: a
    dictionary by the rows' names for each place."""
    what = [(row, at) for row in rows for at in places]
    runs = [max(3, row.runs // 20) if quick else row.runs for row, _ in what]
    commands = [row.command_for(at) for row, at in what]
    found = [{} for _ in places]
    for (row, at), took in zip(what, repeat(commands, runs, [row.before_for(at) for row, at in what])):
        found[places.index(at)][row.name] = {
            "wall_ms": 1000 * statistics.median(wall for wall, _ in took),
            "fastest_ms": 1000 * min(wall for wall, _ in took),
            "cpu_ms": 1000 * statistics.median(cpu for _, cpu in took),
            "runs": len(took),
        }
    return found


def memory_and_instructions(row, at, quick):
    command, before = row.command_for(at), row.before_for(at)

    def ready():
        if before:
            before()
        return command

    figures = {"peak_bytes": max(peak_bytes(ready()) for _ in range(3))}
    counted = instructions(ready()) if row.counted and (row.ours or not quick) else None
    figures["instructions"], figures["own_instructions"] = counted or (NOT_MEASURED, NOT_MEASURED)
    return figures


def measured(folder, home, quick):
    """The figures of every row but the audits, by name, in their order."""
    with Sandbox(folder) as sandbox, Keyring(home / "keyring") as keyring:
        at = of_rows.Pair(folder, sandbox, home / "direct")
        output(at.saved.scw("login", "--with-token", "-p", "ring", stdin=sandbox.key_lines(), **keyring.env))
        local, api = of_rows.local_rows(keyring.env), of_rows.api_rows()
        imports = of_rows.imports_row()
        told("times of what asks nothing of the API")
        (figures,) = timed(local, [at], quick)
        told("times of what asks the API")
        figures |= timed([*api, imports], [at], quick)[0]
        told(f"the same at {ROUND_TRIP_MS} ms, beside the short way")
        relay = Relay(sandbox.port, ROUND_TRIP_MS)
        far = of_rows.Pair(folder, sandbox, home / "far", relay.port)
        limited = [replace(row, runs=9) for row in api if row.limit is not None or row.name.startswith("curl")]
        near_times, far_times = timed(limited, [at, far], quick)
        for name, near in near_times.items():
            far_ms = far_times[name]["fastest_ms"]
            figures[name]["far_ms"] = far_ms
            figures[name]["round_trips"] = (far_ms - near["fastest_ms"]) / ROUND_TRIP_MS
        relay.close()
        told("memory and instructions")
        for row in [*local, *api, imports]:
            figures[row.name] |= memory_and_instructions(row, at, quick)
    told("requests, rounds and connections")
    with Sandbox(folder, "--latency-ms", str(COUNTED_LATENCY_MS)) as sandbox:
        relay = Relay(sandbox.port, 0)
        at = of_rows.Pair(folder, sandbox, home / "counted", relay.port)
        for row in api:
            figures[row.name] |= on_the_wire(row, at, relay)
        relay.close()
    return figures, [*local, *api]


def main():
    parser = argparse.ArgumentParser(prog="tests/bench/run", description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--json", type=Path, metavar="FILE", default=Path("target/bench.json"),
                        help="where to write the figures (default: %(default)s)")
    parser.add_argument("--markdown", action="store_true", help="print the table of FILE for README, measure nothing")
    parser.add_argument("--quick", action="store_true", help="few runs, and no audit of 100,000 members")
    words = parser.parse_args()
    if words.markdown:
        print(markdown(json.loads(words.json.read_text())))
        return
    check()
    load = os.getloadavg()[0]
    if load > 1:
        told(f"Other programs keep this machine busy (load {load:.1f}): times are longer, and ratios may be off.")
    with tempfile.TemporaryDirectory(prefix="scw-bench-") as home:
        figures, rows = measured(words.folder, Path(home), words.quick)
    told("audits")
    for row in audit.sizes(words.folder, long=not words.quick):
        figures[row.pop("name")] = row
    beside = audit.against_the_sdk(words.folder)
    kept = tomllib.loads(FIGURES.read_text())
    crates = len(tree().reached())
    binary_bytes = (words.folder / "scw").stat().st_size
    found = {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "load": load,
        "binary_bytes": binary_bytes,
        "crates": crates,
        "round_trip_ms": ROUND_TRIP_MS,
        "rows": [{"name": name} | row for name, row in figures.items()],
        "audit": beside,
        "goals": goals(figures, rows, beside) + of_the_build(crates, binary_bytes, kept["limits"], kept["not_met"]),
    }
    words.json.parent.mkdir(parents=True, exist_ok=True)
    words.json.write_text(json.dumps(found, indent=2) + "\n")
    print(plain(found))
    print(f"written to {words.json}")
    if not all(goal["met"] or goal.get("reason") for goal in found["goals"]):
        sys.exit(1)


main()
