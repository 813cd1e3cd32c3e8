"""What is measured: a row for each command, and what sets the state that it starts from."""

import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from machine import Machine
from measure import Command, output

HERE = Path(__file__).parent
MOST_MEMORY = 10_000_000


@dataclass
class Row:
    """A command. `command` and `before` are functions of the machine that it runs on."""

    name: str
    command: Callable
    before: Callable | None = None
    runs: int = 200
    # Whether it asks the API, so that requests, rounds and connections are counted.
    api: bool = False
    # Round trips on a network, at most: TCP, TLS, and each dependent round.
    limit: int | None = None
    # Requests, at most.
    requests: int | None = None
    # Whether it is a program of this project, whose memory has a limit.
    ours: bool = True
    # Whether callgrind can count it.
    counted: bool = True

    def command_for(self, machine):
        return self.command(machine)

    def before_for(self, machine):
        return (lambda: self.before(machine)) if self.before else None


class Pair:
    """Two homes for one address: `saved` has a login, `fresh` is made new for each login."""

    def __init__(self, folder, sandbox, home, port=None):
        self.saved = Machine(folder, sandbox, Path(home) / "saved", port)
        self.fresh = Machine(folder, sandbox, Path(home) / "fresh", port)
        self.saved.log_in()
        self.header = Path(home) / "header"
        self.header.write_text("X-Auth-Token: " + sandbox.info["secret_key"])


def local_rows(keyring):
    """Rows that ask nothing of the API. `keyring` has the variables of a session with a keyring in which a
    login of the first user is saved."""
    rows = [
        Row("/bin/true", lambda _: Command(["/bin/true"], {}), ours=False),
        Row("scw --version", lambda at: at.saved.scw("--version")),
        Row("scw --help", lambda at: at.saved.scw("--help")),
        Row("completion of a word", lambda at: at.saved.scw("--", "scw", "-p", "", SCW_COMPLETE="fish")),
        Row("scw token, environment", lambda at: at.fresh.scw("token", **at.fresh.keys())),
        Row("scw token, file", lambda at: at.saved.scw("token")),
        Row("scw token, keyring", lambda at: at.saved.scw("-p", "ring", "token", **keyring)),
        Row("secret-tool lookup", lambda at: _secret_tool(at, keyring), ours=False),
        Row("scw exec true", lambda at: at.saved.scw("exec", "true"), counted=False),
    ]
    if shutil.which("gh", path="/usr/bin"):
        # callgrind 3.19 stops at a signal of Go's runtime.
        gh = ["/usr/bin/gh", "--version"]
        rows.append(Row("gh --version", lambda at: Command(gh, at.saved.env()), runs=20, ours=False, counted=False))
    else:
        print("There is no row for gh: it is not installed, and apt-get has no package gh.", file=sys.stderr)
    return rows


def _secret_tool(at, keyring):
    words = ["/usr/bin/secret-tool", "lookup", "service", "scw", "username", "ring"]
    return Command(words, at.saved.env(**keyring))


def api_rows():
    """Rows that ask the API. `on` comes before `off`, so that each round begins with the app off."""

    def log_in_with_password(at):
        at.fresh.forget()
        output(at.fresh.password_login())

    def log_in_with_token(at):
        lines = at.fresh.sandbox.key_lines()
        return at.fresh.scw("login", "--with-token", "--storage", "file", stdin=lines)

    def api(name, command, before=None, limit=None, requests=None, ours=True, runs=20):
        return Row(name, command, before, runs, True, limit, requests, ours)

    return [
        api("curl, GET of the user", _curl, ours=False),
        api("scw 2fa status", lambda at: at.saved.scw("2fa", "status"), limit=3),
        api("scw whoami", lambda at: at.saved.scw("whoami"), limit=3),
        api("scw login --with-token", log_in_with_token, lambda at: at.fresh.forget(), limit=4),
        api("scw login, password", lambda at: at.fresh.password_login(), lambda at: at.fresh.forget(), 7, 6),
        api("scw logout", lambda at: at.fresh.scw("logout"), log_in_with_password, limit=3),
        api("scw 2fa on", lambda at: at.saved.turn_on(), lambda at: output(at.saved.turn_off()), limit=5),
        api("scw 2fa off", lambda at: at.saved.turn_off(), lambda at: output(at.saved.turn_on()), limit=5),
        api("scw exec --ttl 1h true", lambda at: at.saved.scw("exec", "--ttl", "1h", "true")),
        api("Python SDK, same GET", _sdk, ours=False, runs=5),
    ]


def imports_row():
    """The part of the SDK's time that is its import."""
    words = [sys.executable, "-c", "import scaleway.iam.v1alpha1"]
    name = "Python SDK, import alone"
    return Row(name, lambda at: Command(words, at.saved.env()), runs=5, ours=False, counted=False)


def _curl(at):
    machine = at.saved
    words = ["/usr/bin/curl", "--silent", "--fail", "--output", os.devnull, "--header", f"@{at.header}"]
    ca_file = machine.sandbox.info["ca_file"]
    return Command([*words, "--cacert", ca_file, machine.url + machine.sandbox.path_of_user()], machine.env())


def _sdk(at):
    machine = at.saved
    info = machine.sandbox.info
    env = machine.env(**machine.keys(), SCW_BENCH_USER=info["user_id"], REQUESTS_CA_BUNDLE=info["ca_file"])
    return Command([sys.executable, HERE / "sdk_get.py"], env)
