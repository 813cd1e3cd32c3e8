"""The crates that `scw` is made of, as `cargo tree` tells them from Cargo.lock: nothing is built."""

import re
import subprocess

TARGET = "x86_64-unknown-linux-gnu"
ROOT = "scw"
# Depth, name, version, what it says of itself, licence, and whether its own part stands further up.
LINE = re.compile(r"(\d+) (\S+) v(\S+)(?: \([^)]*\))*\|(.*?)( \(\*\))?$")


class Tree:
    """`needs`: the crates that each crate needs, as (name, version). Crates for the build alone do not count,
    and those that make code at compile time (proc-macro) do."""

    def __init__(self, text):
        self.needs = {}
        self.licences = {}
        above = []
        for line in text.splitlines():
            found = LINE.match(line)
            if not found:
                raise SystemExit(f"cargo tree printed a line that cannot be read: {line}")
            depth, crate = int(found[1]), (found[2], found[3])
            self.needs.setdefault(crate, set())
            self.licences[crate] = found[4]
            del above[depth:]
            if above:
                self.needs[above[-1]].add(crate)
            above.append(crate)
        (self.root,) = (crate for crate in self.needs if crate[0] == ROOT)

    def direct(self):
        """The crates that `scw` names in its Cargo.toml, by name."""
        return sorted(self.needs[self.root])

    def reached(self, without=None):
        """Every crate but `scw` itself, as if it did not name the crate `without`."""
        found, ahead = set(), [crate for crate in self.needs[self.root] if crate != without]
        while ahead:
            crate = ahead.pop()
            if crate not in found:
                found.add(crate)
                ahead.extend(self.needs[crate])
        return found

    def only_for(self, direct):
        """The crates that would go with a direct one, itself among them."""
        return self.reached() - self.reached(without=direct)


def tree(edges="normal"):
    words = ["cargo", "tree", "--locked", "--edges", edges, "--package", ROOT, "--target", TARGET]
    ran = subprocess.run(
        [*words, "--prefix", "depth", "--format", " {p}|{l}"], stdout=subprocess.PIPE, text=True, check=False
    )
    if ran.returncode:
        raise SystemExit("cargo tree failed; its words stand above")
    return Tree(ran.stdout)
