"""What schemathesis has to know of the sandbox: which things there are.

A random id names nothing, and every answer would be a 404. So most ids of a request are replaced by
that of something that is there, made on the spot where a call uses it up. The caller stays alive:
schemathesis reuses what answers hold, so its user, key and session are replaced wherever they turn
up, and what locks, deletes or ends is aimed at another user. After each wrong code the test door
forgets it, and after each change of the organization's settings they are put back.
"""

import os
import re
import subprocess
import uuid
import zlib
from collections import Counter

import requests
import schemathesis
import security_key

env = os.environ
USERS = "/iam/v1alpha1/users"
OWN, OTHER = env["USER_ID"], env["OTHER_USER_ID"]
ORIGIN = security_key.origin(env["API_URL"])
ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
ACCESS_KEY = re.compile(r"SCW[A-Z0-9]{17}")


def ask(method, path, body=None, headers=None):
    headers = {"X-Auth-Token": env["SECRET_KEY"]} if headers is None else headers
    answer = requests.request(method, env["API_URL"] + path, json=body, headers=headers, timeout=20)
    assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
    return answer.json() if answer.content else None


def unlock(user):
    ask("POST", "/_sandbox/unlock", {"user_id": user})


def login(email, password):
    return {"email": env[email], "password": env[password]}


def session():
    unlock(OTHER)
    return ask("POST", "/account/v2/login", login("OTHER_EMAIL", "OTHER_PASSWORD"), headers={})


def api_key():
    body = {"user_id": OTHER, "expires_at": "2099-01-01T00:00:00Z"}
    return ask("POST", "/iam/v1alpha1/api-keys", body)["access_key"]


def guest():
    email = f"guest-{uuid.uuid4()}@example.com"
    body = {"organization_id": env["ORGANIZATION_ID"], "email": email}
    return ask("POST", USERS, body)["id"]


def passkey():
    add = {"user_id": OWN, "name": "made for schemathesis"}
    return ask("POST", "/_sandbox/passkeys", {"add": add})["id"]


def pending_code():
    """A code that confirms a key which waits for it."""
    own = f"/iam/v1alpha1/users/{OWN}/mfa-otp"
    secret = ask("POST", own, {})["secret"]
    return subprocess.check_output(["oathtool", "--totp", "-b", secret], text=True).strip()


# The settings to put back, and a session from before the caller has a second factor, with which its
# password would not be enough.
SETTINGS = f"/iam/v1alpha1/organizations/{env['ORGANIZATION_ID']}/security-settings"
settings = ask("GET", SETTINGS)
own_session = ask("POST", "/account/v2/login", login("EMAIL", "PASSWORD"), headers={})["jwt"]

# The caller's own, which no call may be aimed at.
NEVER = {OWN, env["ACCESS_KEY"], own_session["jti"]}

# What a call has used up is gone from here, and made again when it is needed.
stock = {}
drawn_before = Counter()


def one(kind, make):
    if kind not in stock:
        stock[kind] = make()
    return stock[kind]


def deletes_user(case):
    return case.method == "DELETE" and case.path == USERS + "/{id}"


def in_path(case, name):
    """The thing that a call is aimed at."""
    path = case.path
    if deletes_user(case):
        return one("user", guest)
    if name == "access_key":
        return one(name, api_key)
    if name == "jti":
        if path.endswith("/switch-organization"):
            return own_session["jti"]
        return one(name, session)["jwt"]["jti"]
    if path.startswith("/iam/v1alpha1/webauthn-authenticator/"):
        return one("passkey", passkey)
    if "/organizations/" in path:
        return env["ORGANIZATION_ID"]
    if "/projects/" in path:
        return env["PROJECT_ID"]
    if path == "/account/v2/users/{id}":
        return own_session["issuer_id"]
    return OWN if path.endswith(("mfa-otp", "-webauthn-registration")) else OTHER


def in_body(path, name):
    """The thing that a field of a body names."""
    if name == "default_project_id":
        return env["PROJECT_ID"]
    if path == USERS:
        return env["ORGANIZATION_ID"]
    if path.endswith("/switch-organization"):
        own = ask("GET", f"/iam/v1alpha1/users/{OWN}/connections")
        return own["connections"][0]["organization"]["id"]
    return OTHER


def whole_body(path):
    """A body that only somebody who knows a secret can send."""
    if path == "/account/v2/login":
        unlock(OTHER)
        return login("OTHER_EMAIL", "OTHER_PASSWORD")
    if path.endswith("/validate-mfa-otp"):
        return {"one_time_password": pending_code()}
    if path.endswith("/finish-webauthn-registration"):
        begun = ask("POST", f"/iam/v1alpha1/users/{OWN}/start-webauthn-registration?origin={ORIGIN}")
        return security_key.registration(env["API_URL"], begun["ceremony_id"], begun["challenge"])
    if path.endswith("/renew"):
        # The token works once. There is none where the address names no session.
        held = stock.pop("jti", None)
        return held and {"renew_token": held["renew_token"]}
    return None


def replaced(container, value_for):
    for name, value in (container or {}).items():
        if isinstance(value, str) and (ID.fullmatch(value) or ACCESS_KEY.fullmatch(value)):
            container[name] = value_for(name)


def lot(case):
    """A number of the case, the next one where the same case comes again."""
    drawn = repr((case.method, case.path, case.path_parameters, case.query, case.body))
    number = zlib.crc32(drawn.encode())
    drawn_before[number] += 1
    return number + drawn_before[number]


@schemathesis.hook
def before_call(context, case, kwargs):
    number = lot(case)
    never = NEVER | {OTHER} if deletes_user(case) else NEVER
    if number % 4 == 0 and not never.intersection(map(str, (case.path_parameters or {}).values())):
        return
    replaced(case.path_parameters, lambda name: in_path(case, name))
    replaced(case.query, lambda name: env["ORGANIZATION_ID"] if name == "organization_id" else OTHER)
    if number % 4 == 1 and "origin" in (case.query or {}):
        case.query["origin"] = ORIGIN
    if isinstance(case.body, dict):
        replaced(case.body, lambda name: in_body(case.path, name))
        is_whole = all(isinstance(value, (str, int)) for value in case.body.values())
        if is_whole and case.body and number % 4 == 1:
            case.body = whole_body(case.path) or case.body


@schemathesis.hook
def after_call(context, case, response):
    if case.method == "DELETE" and response.status_code == 204:
        kind = "user" if deletes_user(case) else "passkey"
        kinds = {"access_key": "access_key", "jti": "jti", "id": kind}
        for name in case.path_parameters:
            stock.pop(kinds[name], None)
    changed = case.method == "PATCH" and response.status_code == 200
    if changed and case.path.endswith("/security-settings"):
        ask("PATCH", SETTINGS, settings)
    if case.path.endswith("/validate-mfa-otp"):
        unlock(OWN)
        if response.status_code == 200:
            ask("DELETE", f"/iam/v1alpha1/users/{OWN}/mfa-otp")
