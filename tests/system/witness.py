"""Logs in with plain requests, written from protocol.md alone. Usage: witness.py iam|account"""

import os
import subprocess
import sys

import requests

API, ACCOUNT = os.environ["API_URL"], os.environ["ACCOUNT_URL"]
EMAIL, PASSWORD = os.environ["EMAIL"], os.environ["PASSWORD"]


def otp(secret):
    command = ["oathtool", "--totp", "-b", secret]
    return subprocess.check_output(command, text=True).strip()


def expect(answer, status):
    assert answer.status_code == status, (answer.status_code, answer.text)
    return answer.json() if answer.content else None


def iam():
    def login(**more):
        return requests.post(f"{API}/account/v2/login",
                             json={"email": EMAIL, "password": PASSWORD, **more})

    wrong = expect(requests.post(f"{API}/account/v2/login",
                                 json={"email": EMAIL, "password": "no"}), 401)
    unknown = expect(requests.post(f"{API}/account/v2/login",
                                   json={"email": "x@example.com", "password": "no"}), 401)
    assert wrong == unknown and wrong["type"] == "denied_authentication", (wrong, unknown)
    session = expect(login(otp=""), 200)
    jwt, head = session["jwt"], {"X-Session-Token": session["token"]}
    user_id = jwt["audience_id"]
    user = expect(requests.get(f"{API}/iam/v1alpha1/users/{user_id}", headers=head), 200)
    root = expect(requests.get(f"{API}/account/v2/users/{user['account_root_user_id']}",
                               headers=head), 200)
    assert [o["name"] for o in root["organizations"]] == ["Alpha", "Beta"], root
    switched = expect(requests.post(
        f"{API}/iam-private/v1/jwts/{jwt['jti']}/switch-organization", headers=head,
        json={"organization_id": root["organizations"][1]["id"]}), 200)
    assert switched["user_id"] != user_id
    other = {"X-Session-Token": switched["token"]}
    expect(requests.get(f"{API}/iam/v1alpha1/users/{switched['user_id']}", headers=other), 200)

    base = f"{API}/iam/v1alpha1/users/{user_id}"
    secret = expect(requests.post(f"{base}/mfa-otp", headers=head, json={}), 200)["secret"]
    code = otp(secret)
    codes = expect(requests.post(f"{base}/validate-mfa-otp", headers=head,
                                 json={"one_time_password": code}), 200)["recovery_codes"]
    missing = expect(login(), 400)
    assert missing["details"][0]["argument_name"] == "2FA_token", missing
    expect(login(otp=code), 400)
    expect(login(otp=codes[0]), 200)
    expect(login(otp=codes[0]), 400)
    renewed = expect(requests.post(f"{API}/iam/v1alpha1/jwts/{jwt['jti']}/renew",
                                   json={"renew_token": session["renew_token"]}), 200)
    head = {"X-Session-Token": renewed["token"]}
    expect(requests.delete(f"{base}/mfa-otp", headers=head), 204)
    expect(requests.delete(f"{API}/iam/v1alpha1/jwts/{jwt['jti']}", headers=head), 204)
    ended = expect(requests.get(base, headers=head), 401)
    assert ended["method"] == "jwt", ended


def account():
    def login(**more):
        return requests.post(f"{ACCOUNT}/tokens", json={
            "email": EMAIL, "password": PASSWORD, "description": "witness", "expires": False,
            **more})

    token = expect(login(), 201)["token"]
    head = {"X-Auth-Token": token["id"]}
    whose = expect(requests.get(f"{ACCOUNT}/tokens/{token['id']}", headers=head), 200)
    user_id = whose["token"]["user_id"]
    first = requests.head(f"{ACCOUNT}/tokens", headers=head)
    assert int(first.headers["X-Total-Count"]) >= 1, first.headers
    listed = expect(requests.get(f"{ACCOUNT}/tokens?page=1&per_page=50", headers=head), 200)
    assert any(t["id"] == token["id"] for t in listed["tokens"])
    organizations = expect(requests.get(f"{ACCOUNT}/organizations", headers=head), 200)
    assert len(organizations["organizations"]) == 2, organizations

    factor = f"{ACCOUNT}/users/{user_id}/2FA"
    assert expect(requests.get(factor, headers=head), 200) == {"2FA": {"enabled": False}}
    secret = expect(requests.post(factor, headers=head, json={}), 201)["2FA"]["secret"]
    code = otp(secret)
    answer = expect(requests.patch(factor, headers=head, json={"2FA_token": code}), 200)["2FA"]
    assert answer["enabled"] is True
    assert expect(login(), 403)["type"] == "2FA_error"
    assert expect(login(**{"2FA_token": code}), 403)["type"] == "2FA_error"
    backup = {"2FA_backup_code": answer["backup_codes"][0]}
    expect(login(**backup), 201)
    expect(login(**backup), 403)
    expect(requests.delete(factor, headers=head), 204)
    expect(requests.delete(f"{ACCOUNT}/tokens/{token['id']}", headers=head), 204)
    gone = expect(requests.get(f"{ACCOUNT}/users/{user_id}", headers=head), 401)
    assert gone["type"] == "invalid_auth", gone


{"iam": iam, "account": account}[sys.argv[1]]()
print("agreed")
