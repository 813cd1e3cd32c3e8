"""The figures as a table for people."""

COLUMNS = (
    ("command", "name", str),
    ("wall ms", "wall_ms", "{:,.2f}".format),
    ("user+sys ms", "cpu_ms", "{:,.2f}".format),
    ("peak MB", "peak_bytes", lambda value: f"{value / 1_000_000:.1f}"),
    ("requests", "requests", "{:,}".format),
    ("rounds", "rounds", "{:,}".format),
    ("connections", "connections", "{:,}".format),
    ("round trips at 50 ms", "round_trips", "{:.2f}".format),
    ("instructions", "instructions", "{:,}".format),
)


def cells(row):
    """A row as texts. What it does not have is empty; what could not be measured says so."""
    texts = []
    for _, key, write in COLUMNS:
        value = row.get(key)
        texts.append("" if value is None else value if isinstance(value, str) else write(value))
    return texts


def plain(found):
    """The table, the audit beside the SDK, and the goals, for a terminal."""
    lines = [[name for name, _, _ in COLUMNS], *(cells(row) for row in found["rows"])]
    widths = [max(len(line[place]) for line in lines) for place in range(len(COLUMNS))]
    texts = []
    for line in lines:
        first, *others = (text.ljust(width) if place == 0 else text.rjust(width)
                          for place, (text, width) in enumerate(zip(line, widths)))
        texts.append("  ".join([first, *others]).rstrip())
    texts.append("")
    if audit := found.get("audit"):
        texts.append(
            f"report of 10,000 members at 50 ms: {audit['seconds']:.2f} s, {audit['requests']:.0f} requests, "
            f"{audit['at_a_time']} at a time"
        )
        for name, times in audit["official_times"].items():
            texts.append(f"{name} of the Python SDK: {times:.1f} times the report")
        texts.append("")
    width = max(len(goal["goal"]) for goal in found["goals"])
    for goal in found["goals"]:
        met = "met" if goal["met"] else "NOT met"
        if not goal["met"] and goal.get("reason"):
            met += " (docs/dependencies.md says why)"
        texts.append(f"goal  {goal['goal'].ljust(width)}  {goal['measured']:>9}  {met}")
    missed = sum(not goal["met"] for goal in found["goals"])
    texts.append("every goal is met" if not missed else f"goals NOT met: {missed} of {len(found['goals'])}")
    return "\n".join(texts)


def markdown(found):
    """The table for README."""
    lines = [[name for name, _, _ in COLUMNS], ["---", *["---:"] * (len(COLUMNS) - 1)]]
    for row in found["rows"]:
        first, *others = cells(row)
        # What can be typed; a name with a comma says more than the command.
        typed = first.startswith(("scw", "/", "gh", "secret-tool")) and "," not in first
        lines.append([f"`{first}`" if typed else first, *others])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
