"""The limits, each held against the same run."""

from audit import MOST_MEMORY as MOST_MEMORY_OF_AUDIT
from rows import MOST_MEMORY

# What timers and a busy machine may add to round trips, which are whole numbers on paper.
LOOSE = 0.3


def _ratio(rows, over, under, most, what):
    got = rows[over]["wall_ms"] / rows[under]["wall_ms"]
    return {"goal": f"{what}: at most {most}", "measured": f"{got:.2f}", "met": got <= most}


def of_the_build(crates, binary_bytes, limits, not_met):
    """The limits of figures.toml that no clock is needed for, and why one of them is not met."""
    found = {
        "crates": {
            "goal": f"crates: at most {limits['crates']}",
            "measured": str(crates),
            "met": crates <= limits["crates"],
        },
        "binary_bytes": _memory("the release binary", binary_bytes, limits["binary_bytes"], 1_000_000, "MB", ""),
    }
    return [goal | {"reason": not_met.get(name)} for name, goal in found.items()]


def goals(rows, limits, audit):
    """Each limit of the project: what it is, what was measured, and whether it is met. `rows` are the figures
    by name, `limits` the rows that have limits."""
    found = [
        _ratio(rows, "scw --version", "/bin/true", 1.5, "scw --version / /bin/true"),
        _ratio(rows, "scw token, keyring", "secret-tool lookup", 0.8, "scw token, keyring / secret-tool"),
        _ratio(rows, "scw 2fa status", "curl, GET of the user", 0.5, "scw 2fa status / curl"),
    ]
    wall = rows["completion of a word"]["wall_ms"]
    found.append({"goal": "completion: under 20 ms", "measured": f"{wall:.1f} ms", "met": wall < 20})
    for row in limits:
        if row.ours:
            peak = rows[row.name]["peak_bytes"]
            found.append(_memory(row.name, peak, MOST_MEMORY, 1_000_000, "MB"))
    for row in limits:
        if row.limit is not None:
            got = rows[row.name]["round_trips"]
            goal = f"{row.name}: at most {row.limit} round trips"
            found.append({"goal": goal, "measured": f"{got:.2f}", "met": got <= row.limit + LOOSE})
        if row.requests is not None:
            got = rows[row.name]["requests"]
            goal = f"{row.name}: at most {row.requests} requests"
            found.append({"goal": goal, "measured": str(got), "met": got <= row.requests})
    if audit:
        got = audit["of_allowed"]
        found.append({"goal": "report / allowed: at most 1.3", "measured": f"{got:.2f}", "met": got <= 1.3})
    name = "scw 2fa audit, 100,000 members"
    if name in rows:
        found.append(_memory(name, rows[name]["peak_bytes"], MOST_MEMORY_OF_AUDIT, 1 << 20, "MiB"))
    return found


def _memory(name, peak, most, unit, word, what=" of memory"):
    goal = f"{name}: under {most // unit} {word}{what}"
    return {"goal": goal, "measured": f"{peak / unit:.1f} {word}", "met": peak < most}
