"""The two-factor report: rows for organizations of several sizes; and ratios against `list_users_all` of the
official Python SDK in the same run, and against what the page size and the requests in flight allow."""

import os
import statistics
import tempfile
import time
from pathlib import Path

from machine import Machine, Sandbox
from measure import instructions, peak_bytes, run
from rounds import connections, most_at_a_time

LATENCY_MS = 50
PAGE = 100
MOST_MEMORY = 32 * 1024 * 1024


def report(folder, sandbox, home):
    """The command on a machine without a login."""
    machine = Machine(folder, sandbox, home)
    return machine.scw("2fa", "audit", "-o", "json", **machine.keys())


def sizes(folder, long):
    """Yields a row of figures for each size, without a delay of the network."""
    plan = [(1_000, 5), (10_000, 3)]
    if long:
        plan.append((100_000, 1))
    for members, runs in plan:
        with Sandbox(folder, "--members", str(members), tls=False) as sandbox, tempfile.TemporaryDirectory() as home:
            command = report(folder, sandbox, Path(home) / "home")
            times = [run(command) for _ in range(runs)]
            before = len(sandbox.requests())
            peak = peak_bytes(command)
            seen = sandbox.requests()[before:] if before < 9_000 else []
            figures = {
                "name": f"scw 2fa audit, {members:,} members",
                "wall_ms": 1000 * statistics.median(wall for wall, _ in times),
                "cpu_ms": 1000 * statistics.median(cpu for _, cpu in times),
                "peak_bytes": peak,
            }
            if seen:
                figures |= {"requests": len(seen), "connections": connections(seen)}
            if members == 1_000:
                figures["instructions"], figures["own_instructions"] = instructions(command)
            yield figures


def against_the_sdk(folder):
    """The report of 10,000 members with a delay of the network: its figures beside those of the SDK."""
    from scaleway import Client
    from scaleway.iam.v1alpha1 import IamV1Alpha1API

    options = ("--members", "10000", "--latency-ms", str(LATENCY_MS))
    with Sandbox(folder, *options, tls=False) as sandbox, tempfile.TemporaryDirectory() as home:
        command = report(folder, sandbox, Path(home) / "home")
        took = statistics.median(run(command)[0] for _ in range(3))
        seen = sandbox.requests()
        requests, most = len(seen) / 3, most_at_a_time(seen)
        allowed = requests * LATENCY_MS / 1000 / most
        info = sandbox.info
        # The settings of a person do not count.
        os.environ["SCW_CONFIG_PATH"] = os.devnull
        sdk = IamV1Alpha1API(
            Client(access_key=info["access_key"], secret_key=info["secret_key"], api_url=info["api_url"])
        )
        official = {}
        for size, name in ((None, "list_users_all"), (PAGE, "list_users_all, pages of 100")):
            began = time.monotonic()
            users = sdk.list_users_all(organization_id=info["organization_id"], page_size=size)
            official[name] = (time.monotonic() - began) / took
            assert len(users) == 10_001, len(users)
    return {
        "seconds": took,
        "requests": requests,
        "at_a_time": most,
        "of_allowed": took / allowed,
        "official_times": official,
    }
