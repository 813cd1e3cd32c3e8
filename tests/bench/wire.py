"""What one run of a command asks of the sandbox."""

import re

from measure import run
from rounds import dependent_rounds


# Ids and access keys, which are other ones in each run.
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|SCW[0-9A-Z]{17}")


def on_the_wire(row, at, relay):
    """Requests, dependent rounds and connections of one run. Each connection has its TLS handshake."""
    before = row.before_for(at)
    if before:
        before()
    sandbox = at.saved.sandbox
    seen, came = len(sandbox.requests()), relay.connections
    run(row.command_for(at))
    requests = sandbox.requests()[seen:]
    return {
        "requests": len(requests),
        "rounds": dependent_rounds(requests),
        "connections": relay.connections - came,
        "calls": [f"{one['method']} {ID.sub('…', one['path'])}" for one in requests],
    }
