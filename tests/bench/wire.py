"""What one run of a command asks of the sandbox."""

from measure import run
from rounds import dependent_rounds


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
        "calls": [f"{one['method']} {one['path']}" for one in requests],
    }
