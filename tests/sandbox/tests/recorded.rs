//! Small truths of the wire that recordings of the real service show (protocol.md A).

use std::collections::HashSet;

use crate::wire::Wire;
use scw_sandbox::Options;
use serde_json::{Value, json};

fn with_members(count: u64) -> Wire {
    Wire::with(Options {
        members: count,
        control: true,
        ..Options::default()
    })
}

fn users(wire: &Wire, query: &str) -> Vec<Value> {
    let id = &wire.sandbox.info().organization_id;
    let path = format!("/iam/v1alpha1/users?organization_id={id}&page_size=100{query}");
    let found = wire.get(&path).expect(200);
    found["users"].as_array().unwrap().clone()
}

// Issue 8, 3: times in microseconds, each member created at another one.
#[test]
fn each_member_was_created_at_a_microsecond_of_its_own() {
    let wire = with_members(60);
    let oldest_first = users(&wire, "&order_by=created_at_asc");
    let times: Vec<&str> = oldest_first
        .iter()
        .map(|user| user["created_at"].as_str().unwrap())
        .collect();
    assert_eq!(times.iter().collect::<HashSet<_>>().len(), 61);
    // `2026-11-24T10:11:12.345678Z`; of a thousand, one ends in three zeros and is shorter: here one
    // member at most, and the owner.
    let whole = times.iter().filter(|time| time.len() == 27);
    assert!(whole.count() >= 59, "{times:?}");
    let mut newest_first = users(&wire, "&order_by=created_at_desc");
    assert_ne!(newest_first, oldest_first);
    newest_first.reverse();
    assert_eq!(newest_first, oldest_first);
    assert_eq!(oldest_first[0]["type"], "owner");
}

// Issue 8, 3: a user name other than the email for a third of the members.
#[test]
fn a_third_of_the_members_has_a_user_name_that_is_not_the_email() {
    let wire = with_members(30);
    let all = users(&wire, "");
    let others = all.iter().filter(|user| user["username"] != user["email"]);
    assert_eq!(others.count(), 10);
    let names: HashSet<&str> = all
        .iter()
        .map(|user| user["username"].as_str().unwrap())
        .collect();
    assert_eq!(names.len(), all.len());
    let by_name = users(&wire, "&order_by=username_asc");
    assert_ne!(by_name, users(&wire, "&order_by=email_asc"));
    assert!(by_name.is_sorted_by_key(|user| user["username"].as_str().unwrap().to_owned()));
}

// Issue 8, 3: members with an empty `account_root_user_id`, owners with one other than `id`.
#[test]
fn an_owner_s_account_has_an_id_of_its_own_and_a_member_s_is_empty() {
    let wire = with_members(2);
    let all = users(&wire, "");
    for user in &all {
        let root = user["account_root_user_id"].as_str().unwrap();
        assert_eq!(root.is_empty(), user["type"] == "member");
        assert_ne!(user["id"], root);
    }
    let session = wire.log_in_first("").expect(200);
    let path = format!(
        "/account/v2/users/{}",
        all[0]["account_root_user_id"].as_str().unwrap()
    );
    let person = wire.in_session(session["token"].as_str().unwrap(), "GET", &path, None);
    assert_eq!(
        person.expect(200)["organizations"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

// Issue 8, 3: `expires_at` keeps its fraction.
#[test]
fn a_key_ends_at_the_microsecond_that_was_asked_for() {
    let wire = Wire::new();
    for (asked, kept) in [
        ("2099-11-24T10:11:12.345678Z", "2099-11-24T10:11:12.345678Z"),
        (
            "2099-11-24T11:11:12.345678912+01:00",
            "2099-11-24T10:11:12.345678Z",
        ),
        ("2099-11-24T10:11:12.5Z", "2099-11-24T10:11:12.500Z"),
        ("2099-11-24T10:11:12Z", "2099-11-24T10:11:12Z"),
    ] {
        let body = json!({"user_id": wire.sandbox.info().user_id, "expires_at": asked});
        let made = wire.post("/iam/v1alpha1/api-keys", body).expect(200);
        assert_eq!(made["expires_at"], kept);
        let path = format!(
            "/iam/v1alpha1/api-keys/{}",
            made["access_key"].as_str().unwrap()
        );
        assert_eq!(wire.get(&path).expect(200)["expires_at"], kept);
    }
}

// Issue 8, 3: durations with nine decimals are read, and answered as recorded.
#[test]
fn a_duration_with_nine_decimals_is_read() {
    let wire = Wire::new();
    let id = &wire.sandbox.info().organization_id;
    let path = format!("/iam/v1alpha1/organizations/{id}/security-settings");
    for name in [
        "grace_period_duration",
        "max_login_session_duration",
        "max_api_key_expiration_duration",
    ] {
        let body = json!({name: "7200.000000000s"});
        let answer = wire.request("PATCH", &path, Some(body)).expect(200);
        assert_eq!(answer[name], "7200s");
    }
    let odd = json!({"grace_period_duration": "7200.5s"});
    wire.request("PATCH", &path, Some(odd)).expect(400);
}

// Issue 8, 3: `resource` of a 404 as recorded.
#[test]
fn a_404_names_what_was_looked_for_as_recorded() {
    let wire = Wire::new();
    let id = "99999999-1d0f-4a55-9d6f-0f0e4a6d2b11";
    for (path, resource, resource_id) in [
        (
            "/iam/v1alpha1/api-keys/SCWNOBODY00000000000".to_owned(),
            "access_key",
            "SCWNOBODY00000000000",
        ),
        (format!("/account/v3/projects/{id}"), "project_id", id),
    ] {
        let recorded = json!({"message": "resource is not found", "resource": resource,
            "resource_id": resource_id, "type": "not_found"});
        assert_eq!(wire.get(&path).expect(404), recorded);
    }
    let body = json!({"user_id": wire.sandbox.info().user_id, "default_project_id": id});
    let refused = wire.post("/iam/v1alpha1/api-keys", body).expect(404);
    assert_eq!(refused["resource"], "project_id");
}

// Issue 8, 3: a 204 has a `Content-Type`.
#[test]
fn an_answer_without_content_has_a_content_type() {
    let wire = Wire::new();
    let token = wire.sandbox.info().token.clone();
    let old = format!("/users/{}/2FA", wire.sandbox.info().user_id);
    let pending = wire.post(&wire.user_path("/mfa-otp"), json!({}));
    pending.expect(200);
    for answer in [
        wire.delete(&wire.user_path("/mfa-otp")),
        wire.request_with("DELETE", &old, Some(&token), None),
    ] {
        assert_eq!(answer.headers["content-type"], "application/json");
        assert_eq!(answer.expect(204), "");
    }
}

// Issue 8, 3: a 429 as recorded.
#[test]
fn the_door_makes_a_429_as_it_was_recorded() {
    let wire = with_members(0);
    let fault = json!({"action": "status", "status": 429, "path_regex": ".",
        "headers": {"X-Envoy-Ratelimited": "true"}});
    wire.post("/_sandbox/faults", fault).expect(200);
    let answer = wire.get(&wire.user_path(""));
    assert_eq!(answer.headers["x-envoy-ratelimited"], "true");
    assert_eq!(answer.headers["content-length"], "0");
    for name in ["retry-after", "content-type"] {
        assert!(!answer.headers.contains_key(name), "{name}");
    }
    assert_eq!(answer.expect(429), "");
    wire.get(&wire.user_path("")).expect(200);
}

// Issue 8, 3: a 413 has a body.
#[test]
fn a_request_that_is_too_large_is_refused_in_each_api_s_form() {
    let wire = Wire::new();
    let long = "x".repeat(2 * 1024 * 1024);
    let send = |path: &str| {
        let answer = wire.send("POST", path, &[("content-type", "application/json")], &long);
        let answer = answer.unwrap();
        assert_eq!(answer.headers["content-type"], "application/json");
        answer.expect(413)
    };
    let today = send("/account/v2/login");
    assert_eq!(today["type"], "invalid_arguments");
    assert_eq!(today["details"][0]["argument_name"], "body");
    let old = send("/tokens");
    assert_eq!(old["type"], "invalid_request_error");
    assert!(old["message"].is_string() && old["fields"].is_object());
}

// Issue 8, 3: calls that protocol.md does not name answer 404 in the API's form.
#[test]
fn a_call_that_is_not_named_answers_404_in_the_form_of_its_api() {
    let wire = Wire::new();
    for (method, path) in [
        ("GET", "/iam/v1alpha1/groups"),
        ("PUT", "/iam/v1alpha1/users"),
        ("PUT", "/iam/v1alpha1/api-keys"),
        ("DELETE", "/account/v3/projects"),
        ("GET", "/account/v1/nonsense"),
        ("GET", "/instance/v1/zones/fr-par-1/servers"),
    ] {
        let answer = wire.request(method, path, None);
        assert_eq!(answer.headers["content-type"], "application/json");
        let body = answer.expect(404);
        assert_eq!(body["type"], "not_found", "{method} {path}");
        assert!(body["message"].is_string() && body["resource"].is_string());
    }
    let token = wire.sandbox.info().token.clone();
    for (method, path) in [
        ("GET", "/users"),
        ("PUT", "/organizations"),
        ("POST", "/tokens/x"),
    ] {
        let body = wire
            .request_with(method, path, Some(&token), None)
            .expect(404);
        assert_eq!(body["type"], "unknown_resource", "{method} {path}");
        assert!(body["message"].is_string() && body["fields"].is_object());
    }
}
