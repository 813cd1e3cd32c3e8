"""The two-factor report as ratios: against `list_users_all` of the official Python SDK in the same run, and
against what the page size and the requests in flight allow; and its peak memory at 100,000 members.

Usage: audit.py FOLDER-OF-THE-RELEASE-BUILD
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from scaleway import Client
from scaleway.iam.v1alpha1 import IamV1Alpha1API

BIN = Path(sys.argv[1])
LATENCY_MS = 50
PAGE = 100
# Runs a command, and says how much memory it took at most, in KiB.
PEAK = """
import os, resource, sys
pid = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
sys.stderr.write(f"{resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss}\\n")
sys.exit(code)
"""


@contextmanager
def sandbox(members, latency_ms):
    began = time.monotonic()
    server = subprocess.Popen(
        [BIN / "scw-sandbox", "serve", "--control", "--members", str(members), "--latency-ms", str(latency_ms)],
        stdout=subprocess.PIPE,
    )
    try:
        info = json.loads(server.stdout.readline())
        yield info, time.monotonic() - began
    finally:
        server.terminate()
        server.wait()


def report(info, home):
    """Runs the report: its seconds, its lines, and its peak memory in MiB."""
    env = {
        "PATH": os.environ["PATH"],
        "HOME": home,
        "SCW_API_URL": info["api_url"],
        "SCW_ACCESS_KEY": info["access_key"],
        "SCW_SECRET_KEY": info["secret_key"],
    }
    with tempfile.TemporaryFile() as out:
        began = time.monotonic()
        # Linux counts the memory of whoever starts a program to that program, so a small one does.
        words = [sys.executable, "-S", "-c", PEAK, BIN / "scw", "2fa", "audit", "-o", "json"]
        ran = subprocess.run(words, env=env, stdout=out, stderr=subprocess.PIPE, check=True)
        took = time.monotonic() - began
        out.seek(0)
        lines = sum(1 for _ in out)
    return took, lines, int(ran.stderr.split()[-1]) / 1024


def in_flight(info):
    """How many requests there were, and how many of them at a time."""
    with urllib.request.urlopen(info["api_url"] + "/_sandbox/requests") as answer:
        seen = json.load(answer)
    moments = sorted([(one["began_ms"], 1) for one in seen] + [(one["ended_ms"], -1) for one in seen])
    now = most = 0
    for _, step in moments:
        now += step
        most = max(most, now)
    return len(seen), most


def main():
    with tempfile.TemporaryDirectory() as home:
        with sandbox(10_000, LATENCY_MS) as (info, _):
            runs = sorted(report(info, home) for _ in range(3))
            took, lines, _ = runs[1]
            assert lines == 10_001, lines
            requests, most = in_flight(info)
            requests /= len(runs)
            allowed = requests * LATENCY_MS / 1000 / most
            sdk = IamV1Alpha1API(
                Client(access_key=info["access_key"], secret_key=info["secret_key"], api_url=info["api_url"])
            )
            for size, name in ((None, "list_users_all"), (PAGE, "list_users_all, pages of 100")):
                began = time.monotonic()
                users = sdk.list_users_all(organization_id=info["organization_id"], page_size=size)
                official = time.monotonic() - began
                assert len(users) == 10_001, len(users)
                print(f"{name:<31}{official:.2f} s, {official / took:.1f} times the report")
        print(f"report of 10,000 members       {took:.2f} s, {requests:.0f} requests, {most} at a time")
        print(f"report / allowed               {took / allowed:.2f}  (goal: at most 1.3)")
        with sandbox(100_000, 0) as (info, started):
            took, lines, mebibytes = report(info, home)
            assert lines == 100_001, lines
        print(f"sandbox with 100,000 members   ready after {started:.1f} s")
        print(f"report of 100,000 members      {took:.1f} s, {mebibytes:.1f} MiB at most  (goal: under 32)")


main()
