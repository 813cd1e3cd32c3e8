"""Makes docs/dependencies.md: each direct dependency with its reason, and what it costs.

Usage: dependencies.py [--check]
"""

import argparse
import sys
import textwrap
import tomllib
from pathlib import Path

from crates import TARGET, tree

PAGE = Path("docs/dependencies.md")
REASONS = Path("docs/dependencies.toml")
FIGURES = Path("tests/bench/figures.toml")
REGENERATE = "tests/bench/dependencies"

TEXT = """# Dependencies

What `scw` is made of on Linux: each crate that Cargo.toml names, why it is there, and what would go with it.
`{regenerate}` makes this page from Cargo.lock, from the reasons in
[dependencies.toml](dependencies.toml) and from the bytes in `tests/bench/figures.toml`. `.ci/run` checks that it
is up to date.

- "Crates" counts the crates that only this one brings, itself included. What several of them need is in
  no number, and 0 means that another one brings this crate anyway.
- "KiB of code" is the machine code of these crates and of the crate itself in the release build ({date}), as
  `cargo bloat` finds it. Code that was built into another crate counts there, so 0 does not mean free.

All in all there are {crates} crates beside `scw` itself (`cargo tree --edges normal`, {target}).
Of these, {shared} are needed by several of the crates below. {macros} run only while `scw` is built (macros),
and are not in the program.

| crate | crates | KiB of code | licence | why |
|---|---:|---:|---|---|
{rows}

Code that is in no row: {others}.

## Limits that are not met

{not_met}
"""


class Incomplete(Exception):
    """The reasons are not those of the dependencies."""


def name_in_code(crate):
    return crate[0].replace("-", "_")


def kib(count):
    return f"{count / 1024:,.0f}"


def wrap(text):
    """A paragraph in lines of the width that the pages have."""
    return "\n".join(textwrap.wrap(text, 105, break_long_words=False, break_on_hyphens=False))


def page(crates, reasons, figures):
    """The text of the page. Fails if a dependency has no reason, or a reason no dependency."""
    named = {name for name, _ in crates.direct()}
    lacking = sorted(named - reasons.keys())
    left = sorted(reasons.keys() - named)
    told = [f"{name} is a dependency without a reason: add it to {REASONS}" for name in lacking]
    told += [f"{name} is no dependency any more: remove it from {REASONS}" for name in left]
    if told:
        raise Incomplete("\n    ".join(told))
    size = figures.get("bytes", {})
    everything = crates.reached()
    versions = {}
    for crate in everything:
        versions.setdefault(name_in_code(crate), set()).add(crate)
    rows, alone, told = [], set(), set()
    for direct in crates.direct():
        only = crates.only_for(direct)
        alone |= only
        # Two versions of a crate have one name in the figures: they count where both are this row's.
        names = {name_in_code(crate) for crate in only}
        names = {name for name in names if versions[name] <= only} | {name_in_code(direct)}
        told |= names
        code = sum(size.get(name, 0) for name in names)
        licence = crates.licences[direct].replace("/", " OR ")
        rows.append((code, f"| `{direct[0]}` | {len(only)} | {kib(code)} | {licence} | {reasons[direct[0]]} |"))
    others = sorted(((code, name) for name, code in size.items() if name not in told), reverse=True)
    listed = ", ".join(f"`{name}` {kib(code)} KiB" for code, name in others if code >= 20 * 1024)
    return TEXT.format(
        regenerate=REGENERATE,
        date=figures.get("measured", {}).get("bytes_date", "not measured yet"),
        crates=len(everything),
        target=TARGET,
        shared=len(everything - alone),
        macros=len(everything) - len(tree("normal,no-proc-macro").reached()),
        rows="\n".join(row for _, row in sorted(rows, key=lambda row: (-row[0], row[1]))),
        others=listed or "not measured yet",
        not_met="\n\n".join(wrap(reason) for reason in figures.get("not_met", {}).values()) or "None.",
    )


def current():
    """What the page should say."""
    figures = tomllib.loads(FIGURES.read_text()) if FIGURES.exists() else {}
    return page(tree(), tomllib.loads(REASONS.read_text()), figures)


def out_of_date():
    """What is wrong with the page, or nothing."""
    try:
        wanted = current()
    except Incomplete as what:
        return str(what)
    if PAGE.exists() and PAGE.read_text() == wanted:
        return None
    return f"run {REGENERATE} and commit what it writes"


def write():
    """Writes the page, or ends the program with what is missing for it."""
    try:
        PAGE.write_text(current())
    except Incomplete as what:
        sys.exit(f"{PAGE} cannot be written:\n    {what}")
    print(f"written: {PAGE}")


def main():
    parser = argparse.ArgumentParser(prog=REGENERATE, description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="change nothing, and fail if the page is out of date")
    if parser.parse_args().check:
        if problem := out_of_date():
            sys.exit(f"{PAGE} does not fit Cargo.lock:\n    {problem}")
        return
    write()


if __name__ == "__main__":
    main()
