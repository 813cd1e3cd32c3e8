//! What the reference client of 2017 does (scaleway-cli v1.20, `pkg/api/api.go` and
//! `pkg/commands/login.go`; protocol.md B), call by call.

use crate::wire::{Answer, Wire};
use serde_json::{Value, json};

const EMAIL: &str = "ada@example.com";
const PASSWORD: &str = "correct horse";
const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAda ada@laptop";

/// A person whose first organization is the one that the client skips.
fn ocs_first() -> Wire {
    Wire::seeded(&json!({"organizations": [
        {"name": "OCS", "users": [
            {"email": EMAIL, "password": PASSWORD, "first_name": "Ada", "last_name": "Owner"},
            {"email": "jo@example.com"}]},
        {"name": "Example", "users": [{"email": "boss@example.com"}, {"email": EMAIL}]}]}))
}

/// `GET` as that client does it: `HEAD` first, which tells how many pages there are.
fn get(wire: &Wire, token: &str, path: &str) -> Answer {
    let head = wire.request_with("HEAD", path, Some(token), None);
    let answer = wire.request_with("GET", path, Some(token), None);
    assert_eq!(head.status, answer.status, "{path}");
    for name in ["content-type", "content-length", "x-total-count"] {
        assert_eq!(
            head.headers.get(name),
            answer.headers.get(name),
            "{name} {path}"
        );
    }
    assert_eq!(head.body, "", "{path}");
    answer
}

/// `getOrganization` of `pkg/commands/login.go`.
fn find_organization(organizations: &Value, email: &str) -> Option<String> {
    let organizations = organizations["organizations"].as_array().unwrap().iter();
    let users = organizations.flat_map(|found| found["users"].as_array().unwrap());
    let own = users.filter(|user| user["email"] == email);
    own.flat_map(|user| user["organizations"].as_array().unwrap())
        .find(|found| found["name"] != "OCS")
        .map(|found| found["id"].as_str().unwrap().to_owned())
}

// Issue 8, 3: the 2017 client's login.
#[test]
fn the_client_of_2017_logs_in_and_uploads_its_ssh_key() {
    let wire = ocs_first();
    let connect = json!({"email": EMAIL, "password": PASSWORD, "description": "scw-laptop",
        "expires": false});
    // That client sends an empty `X-Auth-Token` here.
    let made = wire.request_with("POST", "/tokens", Some(""), Some(connect));
    let token = made.expect(201)["token"]["id"].as_str().unwrap().to_owned();

    let organizations = get(&wire, &token, "/organizations");
    assert_eq!(organizations.headers["x-total-count"], "2");
    let chosen = find_organization(&organizations.expect(200), EMAIL).expect("an organization");
    let all = get(&wire, &token, "/organizations").expect(200);
    assert_eq!(all["organizations"][1]["name"], "Example");
    assert_eq!(all["organizations"][1]["id"], chosen.as_str());

    // CheckCredentials, then GetUser: first whose token it is, then the user.
    get(&wire, &token, "/tokens").expect(200);
    let path = format!("/tokens/{token}");
    let user_id = get(&wire, &token, &path).expect(200)["token"]["user_id"].clone();
    let path = format!("/users/{}", user_id.as_str().unwrap());
    let before = get(&wire, &token, &path).expect(200);
    assert_eq!(before["user"]["ssh_public_keys"], json!([]));
    assert_eq!(before["user"]["fullname"], "Ada Owner");

    let keys = json!({"ssh_public_keys": [{"key": KEY}]});
    let patched = wire.request_with("PATCH", &path, Some(&token), Some(keys.clone()));
    let patched = patched.expect(200);
    assert_eq!(patched["user"]["ssh_public_keys"], keys["ssh_public_keys"]);
    assert_eq!(get(&wire, &token, &path).expect(200), patched);
    // In the list it is the same user.
    let all = get(&wire, &token, "/organizations").expect(200);
    assert_eq!(all["organizations"][0]["users"][0], patched["user"]);
}

// Issue 8, 3: `users` whole, below each organization.
#[test]
fn each_user_of_an_organization_is_shown_whole() {
    let wire = ocs_first();
    let token = wire.sandbox.info().token.clone();
    let all = get(&wire, &token, "/organizations").expect(200);
    let other = &all["organizations"][0]["users"][1];
    let mut names: Vec<&String> = other.as_object().unwrap().keys().collect();
    names.sort_unstable();
    let whole = ["email", "firstname", "fullname", "id", "lastname"];
    assert_eq!(names[..5], whole);
    assert_eq!(names[5..], ["organizations", "roles", "ssh_public_keys"]);
    assert_eq!(other["email"], "jo@example.com");
    assert_eq!(other["organizations"][0]["name"], "OCS");
    assert_eq!(other["roles"][0]["role"], "user");
}

// Issue 8, 3: `PATCH /users/{id}`.
#[test]
fn ssh_keys_are_replaced_whole_and_by_their_owner_alone() {
    let wire = ocs_first();
    let info = wire.sandbox.info().clone();
    let own = format!("/users/{}", info.user_id);
    let patch =
        |path: &str, body: Value| wire.request_with("PATCH", path, Some(&info.token), Some(body));
    let two = json!({"ssh_public_keys": [{"key": KEY, "fingerprint": ""}, {"key": "ssh-rsa B"}]});
    let kept = patch(&own, two).expect(200);
    let shown = json!([{"key": KEY}, {"key": "ssh-rsa B"}]);
    assert_eq!(kept["user"]["ssh_public_keys"], shown);
    assert_eq!(
        patch(&own, json!({})).expect(200),
        kept,
        "nothing was to change"
    );
    let refused = patch(&own, json!({"ssh_public_keys": [{"key": " "}]})).expect(400);
    assert_eq!(refused["type"], "invalid_request_error");
    assert!(refused["fields"]["ssh_public_keys"].is_array());
    patch(&own, json!({"ssh_public_keys": "ssh-rsa B"})).expect(400);
    let none = patch(&own, json!({"ssh_public_keys": []})).expect(200);
    assert_eq!(none["user"]["ssh_public_keys"], json!([]));

    let all = get(&wire, &info.token, "/organizations").expect(200);
    let other = all["organizations"][0]["users"][1]["id"].as_str().unwrap();
    let refused = patch(&format!("/users/{other}"), json!({"ssh_public_keys": []}));
    assert_eq!(refused.expect(403)["type"], "authorization_required");
}

// Issue 8, 3: `HEAD` before each `GET`.
#[test]
fn head_answers_as_get_does_but_for_the_body() {
    let wire = ocs_first();
    let info = wire.sandbox.info().clone();
    let user = format!("/users/{}", info.user_id);
    for path in [
        "/organizations",
        "/organizations?page=2&per_page=1",
        "/tokens",
        &format!("/tokens/{}", info.token),
        &user,
        &format!("{user}/2FA"),
    ] {
        get(&wire, &info.token, path).expect(200);
    }
    for path in ["/users/nobody", "/organizations/nonsense", "/tokens/a/b"] {
        let unknown = get(&wire, &info.token, path).expect(404);
        assert_eq!(unknown["type"], "unknown_resource", "{path}");
    }
    let second = get(&wire, &info.token, "/organizations?page=2&per_page=1").expect(200);
    assert_eq!(second["organizations"].as_array().unwrap().len(), 1);
    assert_eq!(second["organizations"][0]["name"], "Example");
    get(&wire, &info.token, "/organizations?page=0").expect(400);
}
