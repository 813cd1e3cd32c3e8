"""A sandbox, and a person's machine with logins for it."""

import json
import os
import shutil
import ssl
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from measure import Command, output

OTP_COMMAND = "oathtool --totp -b -"
# Waits until the keyring has its name on the bus, and tells where the bus is.
KEYRING = """
printf pw | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1
until gdbus call --session --dest org.freedesktop.DBus --object-path /org/freedesktop/DBus \
    --method org.freedesktop.DBus.NameHasOwner org.freedesktop.secrets | grep -q true; do :; done
echo "$DBUS_SESSION_BUS_ADDRESS"
read -r _
"""


class Sandbox:
    """The sandbox as a process, with its test door."""

    def __init__(self, folder, *options, tls=True):
        words = [folder / "scw-sandbox", "serve", "--control", *options]
        self.keep = tempfile.TemporaryDirectory(prefix="scw-bench-")
        if tls:
            words += ["--tls", self.keep.name]
        began = time.monotonic()
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("the sandbox did not start: " + " ".join(map(str, words)))
        self.info = json.loads(line)
        self.started = time.monotonic() - began
        ca_file = self.info["ca_file"]
        self.tls = ssl.create_default_context(cafile=ca_file) if ca_file else None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.keep.cleanup()

    @property
    def url(self):
        return self.info["api_url"]

    @property
    def port(self):
        return urlsplit(self.url).port

    def requests(self):
        """Every request so far, but those of the test door."""
        with urllib.request.urlopen(self.url + "/_sandbox/requests", context=self.tls) as answer:
            return json.load(answer)

    def path_of_user(self):
        return "/iam/v1alpha1/users/" + self.info["user_id"]

    def key_lines(self):
        return "SCW_ACCESS_KEY={access_key}\nSCW_SECRET_KEY={secret_key}\n".format(**self.info)


class Machine:
    """A home folder, and an environment that leads to one sandbox, maybe through a relay."""

    def __init__(self, folder, sandbox, home, port=None):
        self.bin = folder
        self.sandbox = sandbox
        self.home = Path(home)
        self.home.mkdir(parents=True)
        parts = urlsplit(sandbox.url)
        self.url = sandbox.url if port is None else urlunsplit(parts._replace(netloc=f"127.0.0.1:{port}"))

    def env(self, **more):
        env = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(self.home),
            "LC_ALL": "C.UTF-8",
            "SCW_API_URL": self.url,
            "SCW_ACCOUNT_URL": self.url,
        }
        if self.sandbox.info["ca_file"]:
            env["SSL_CERT_FILE"] = self.sandbox.info["ca_file"]
        return env | more

    def keys(self):
        """The variables of an API key."""
        info = self.sandbox.info
        return {
            "SCW_ACCESS_KEY": info["access_key"],
            "SCW_SECRET_KEY": info["secret_key"],
            "SCW_DEFAULT_ORGANIZATION_ID": info["organization_id"],
        }

    def scw(self, *words, stdin="", **more):
        """The command `scw WORDS` on this machine."""
        return Command([self.bin / "scw", *words], self.env(**more), stdin)

    def log_in(self, storage="file", **more):
        """Saves a login for this machine, if it has none."""
        output(self.scw("login", "--with-token", "--storage", storage, stdin=self.sandbox.key_lines(), **more))

    def forget(self):
        """Makes the machine new: no login is saved."""
        shutil.rmtree(self.home)
        self.home.mkdir()

    def password_login(self):
        info = self.sandbox.info
        words = ("login", "--email", info["email"], "--storage", "file")
        return self.scw(*words, SCW_PASSWORD=info["password"])

    def turn_on(self):
        return self.scw("2fa", "on", "--quiet", "--otp-command", OTP_COMMAND)

    def turn_off(self):
        return self.scw("2fa", "off", "--yes")


class Keyring:
    """A D-Bus session of its own with a real keyring in it."""

    def __init__(self, home):
        runtime = Path(home) / "run"
        runtime.mkdir(mode=0o700, parents=True)
        env = {"PATH": os.environ["PATH"], "HOME": str(home), "XDG_RUNTIME_DIR": str(runtime)}
        self.process = subprocess.Popen(
            ["dbus-run-session", "--", "sh", "-euc", KEYRING],
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        address = self.process.stdout.readline().strip()
        if not address:
            raise SystemExit("the keyring did not start (dbus-run-session, gnome-keyring-daemon, gdbus)")
        self.env = {"DBUS_SESSION_BUS_ADDRESS": address, "XDG_RUNTIME_DIR": str(runtime)}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()
