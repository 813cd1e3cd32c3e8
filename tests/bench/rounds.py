"""Requests, connections and dependent rounds, from the log of the sandbox (`GET /_sandbox/requests`).

As a program it checks its own rule.
"""


def dependent_rounds(requests):
    """How many times a command waited for the network.

    A request that begins after all earlier ones have ended opens a new round. Requests that overlap share
    one. The sandbox holds every answer back while this is counted, so that requests which are sent
    together do overlap.
    """
    rounds = 0
    ended = None
    for one in sorted(requests, key=lambda one: one["began_ms"]):
        if ended is None or one["began_ms"] >= ended:
            rounds += 1
            ended = one["ended_ms"]
        else:
            ended = max(ended, one["ended_ms"])
    return rounds


def connections(requests):
    """How many connections carried at least one request."""
    return len({one["connection"] for one in requests})


def most_at_a_time(requests):
    """How many requests there were at a time, at most."""
    moments = sorted([(one["began_ms"], 1) for one in requests] + [(one["ended_ms"], -1) for one in requests])
    now = most = 0
    for _, step in moments:
        now += step
        most = max(most, now)
    return most


def check():
    """Fails if the rule is not what it says."""

    def log(*spans):
        return [{"connection": number, "began_ms": began, "ended_ms": ended} for number, began, ended in spans]

    for spans, rounds, at_a_time in (
        ([], 0, 0),
        ([(1, 0, 20)], 1, 1),
        # One after the other, also where the milliseconds are the same.
        ([(1, 0, 20), (1, 20, 40), (1, 41, 60)], 3, 1),
        # Two together, then one, in whatever order the log has them.
        ([(2, 1, 22), (1, 0, 20), (1, 22, 40)], 2, 2),
        # A long request keeps its round open for all that begin before it ends.
        ([(1, 0, 100), (2, 1, 20), (2, 30, 50), (2, 100, 120)], 2, 2),
        # The same, though the shorter one comes last.
        ([(1, 0, 100), (2, 1, 20), (2, 90, 95), (2, 96, 99)], 1, 2),
    ):
        seen = log(*spans)
        got = (dependent_rounds(seen), most_at_a_time(seen), connections(seen))
        assert got == (rounds, at_a_time, len({span[0] for span in spans})), (spans, got)


if __name__ == "__main__":
    check()
