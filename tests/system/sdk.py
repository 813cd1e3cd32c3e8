"""Drives the sandbox with the official Python SDK, unchanged: look, on, off or keys."""

import os
import subprocess
import sys

from scaleway import Client
from scaleway.iam.v1alpha1 import IamV1Alpha1API

env = os.environ
client = Client(
    access_key=env["ACCESS_KEY"],
    secret_key=env["SECRET_KEY"],
    default_organization_id=env["ORGANIZATION_ID"],
    default_project_id=env["PROJECT_ID"],
    default_region="fr-par",
    default_zone="fr-par-1",
    api_url=env["API_URL"],
)
iam = IamV1Alpha1API(client)
user_id = env["USER_ID"]
action = sys.argv[1]

if action == "look":
    users = iam.list_users(organization_id=env["ORGANIZATION_ID"])
    assert users.total_count == 1, users
    assert users.users[0] == iam.get_user(user_id=user_id)
    print("on" if users.users[0].mfa else "off")
elif action == "on":
    secret = iam.create_user_mfaotp(user_id=user_id).secret
    code = subprocess.check_output(["oathtool", "--totp", "-b", secret], text=True).strip()
    for line in iam.validate_user_mfaotp(user_id=user_id, one_time_password=code).recovery_codes:
        print(line)
elif action == "off":
    iam.delete_user_mfaotp(user_id=user_id)
elif action == "keys":
    made = iam.create_api_key(description="made by the SDK", user_id=user_id)
    assert made.secret_key, made
    seen = iam.get_api_key(access_key=made.access_key)
    assert seen.secret_key is None and seen.user_id == user_id, seen
    iam.delete_api_key(access_key=made.access_key)
else:
    sys.exit(f"unknown action {action}")
