"""Runs every call that the OpenAPI document names and the official Python SDK has, unchanged.

Each answer, also one to plain HTTP here, is held against the document.
"""

import os
import re
import subprocess
from datetime import datetime, timedelta, timezone

import requests
import schemathesis
import security_key
from scaleway import Client
from scaleway.account.v3 import AccountV3ProjectAPI
from scaleway.audit_trail.v1alpha1 import AuditTrailV1Alpha1API
from scaleway.iam.v1alpha1 import IamV1Alpha1API
from scaleway.iam.v1alpha1.types import CreateUserRequestMember

env = os.environ
document = schemathesis.openapi.from_url(env["API_URL"] + "/openapi.json")
paths = [(re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), path) for path in document]
send = requests.Session.send


def checked(self, request, **options):
    answer = send(self, request, **options)
    path = request.path_url.split("?")[0]
    if not path.startswith("/_sandbox/"):
        named = next(name for pattern, name in paths if pattern.fullmatch(path))
        document[named][request.method].validate_response(answer)
    return answer


requests.Session.send = checked


def plain(path, body):
    answer = requests.post(env["API_URL"] + path, json=body, timeout=20)
    assert answer.ok, answer.text
    return answer.json()


client = Client(
    access_key=env["ACCESS_KEY"],
    secret_key=env["SECRET_KEY"],
    default_organization_id=env["ORGANIZATION_ID"],
    default_project_id=env["PROJECT_ID"],
    default_region="fr-par",
    default_zone="fr-par-1",
    api_url=env["API_URL"],
)
iam, projects = IamV1Alpha1API(client), AccountV3ProjectAPI(client)
own, other = env["USER_ID"], env["OTHER_USER_ID"]
organization_id = env["ORGANIZATION_ID"]

users = iam.list_users_all(organization_id=organization_id, order_by="created_at_asc")
assert [user.id for user in users] == [own, other], users
assert iam.get_user(user_id=own) == users[0]
assert iam.lock_user(user_id=other).locked
assert not iam.unlock_user(user_id=other).locked
connected = iam.get_user_connections(user_id=own).connections
assert [connection.organization.name for connection in connected] == ["Beta"], connected
assert iam.list_grace_periods(user_id=own).grace_periods[0].type_ == "set_mfa"

guest = iam.create_user(organization_id=organization_id, email="guest@example.com")
assert guest.type_ == "guest" and guest.deletable and guest == iam.get_user(user_id=guest.id)
member = CreateUserRequestMember(
    email="new@example.com",
    send_password_email=False,
    send_welcome_email=False,
    username="new",
    password="a password for the tests",
    first_name="New",
    last_name="Member",
    phone_number="",
    locale="",
)
joined = iam.create_user(organization_id=organization_id, member=member)
assert joined.type_ == "member" and joined.username == "new", joined
for leaving in (guest, joined):
    iam.delete_user(user_id=leaving.id)
left = iam.list_users_all(organization_id=organization_id, order_by="created_at_asc")
assert [user.id for user in left] == [own, other], left

organization = iam.get_organization(organization_id=organization_id)
assert organization.id == organization_id and organization.login_password_enabled, organization
settings = iam.get_organization_security_settings(organization_id=organization_id)
changed = iam.update_organization_security_settings(
    organization_id=organization_id, login_attempts_before_locked=7
)
assert changed.login_attempts_before_locked == 7 != settings.login_attempts_before_locked
assert [found.name for found in projects.list_projects_all(organization_id=organization_id)] == [
    "default"
]
project = projects.get_project(project_id=env["PROJECT_ID"])
assert project.organization_id == organization_id, project

made = iam.create_api_key(description="made by the SDK", user_id=own)
assert made.secret_key, made
changed = iam.update_api_key(access_key=made.access_key, description="changed by the SDK")
assert changed.description == "changed by the SDK" and changed.updated_at > made.updated_at, changed
seen = iam.get_api_key(access_key=made.access_key)
assert seen == changed and seen.secret_key is None and seen.user_id == own, seen
listed = iam.list_api_keys_all(organization_id=organization_id, bearer_id=own)
assert seen in listed, listed
iam.delete_api_key(access_key=made.access_key)

login = {"email": env["OTHER_EMAIL"], "password": env["OTHER_PASSWORD"]}
session = plain("/account/v2/login", login)["jwt"]
jwts = iam.list_jw_ts_all(audience_id=other)
assert [jwt.jti for jwt in jwts] == [session["jti"]], jwts
assert iam.get_jwt(jti=session["jti"]) == jwts[0]
iam.delete_jwt(jti=session["jti"])

wrong = {**login, "password": "wrong"}
refused = requests.post(env["API_URL"] + "/account/v2/login", json=wrong, timeout=20)
assert refused.status_code == 401, refused.text
trail = AuditTrailV1Alpha1API(client)
now, day = datetime.now(timezone.utc), timedelta(days=1)
since = {"organization_id": organization_id, "recorded_after": now - day}
first = trail.list_authentication_events(page_size=1, **since)
second = trail.list_authentication_events(page_token=first.next_page_token, **since)
assert second.next_page_token is None, second
events = first.events + second.events
assert [str(event.result) for event in events] == ["failure", "success"], events
assert str(events[0].failure_reason) == "invalid_password", events
assert all(event.resources[0].name == env["OTHER_EMAIL"] for event in events), events
late = {**since, "recorded_after": now + day}
assert trail.list_authentication_events(**late).events == []

secret = iam.create_user_mfaotp(user_id=own).secret
code = subprocess.check_output(["oathtool", "--totp", "-b", secret], text=True).strip()
codes = iam.validate_user_mfaotp(user_id=own, one_time_password=code).recovery_codes
assert len(codes) == 10, codes
assert iam.get_user(user_id=own).mfa
iam.delete_user_mfaotp(user_id=own)

origin = security_key.origin(env["API_URL"])
begun = iam.start_user_web_authn_registration(user_id=own, origin=origin)
assert begun.timeout == "60.000000000s", begun
assert security_key.ES256 in begun.public_key_algorithms, begun
made = security_key.registration(env["API_URL"], begun.ceremony_id, begun.challenge)
registered = iam.finish_user_web_authn_registration(user_id=own, **made)
again = iam.start_user_web_authn_registration(user_id=own, origin=origin)
assert again.exclude_credentials == [made["raw_id"]], again
iam.delete_web_authn_authenticator(authenticator_id=registered.authenticator_id)

passkey = plain("/_sandbox/passkeys", {"add": {"user_id": own, "name": "Laptop"}})["id"]
renamed = iam.update_web_authn_authenticator(authenticator_id=passkey, authenticator_name="Phone")
assert renamed.name == "Phone", renamed
assert iam.list_user_web_authn_authenticators_all(user_id=own) == [renamed]
iam.delete_web_authn_authenticator(authenticator_id=passkey)
