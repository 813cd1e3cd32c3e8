//! The 2017 dialect on the wire, as protocol.md has it, and what it shares with the IAM dialect.

use crate::wire::{Answer, Wire};
use serde_json::{Value, json};

const MEMBER: &str = "5c9e0a3e-1d0f-4a55-9d6f-0f0e4a6d2b11";
const MEMBER_TOKEN: &str = "22222222-2222-4333-8444-555555555555";

fn with_member() -> Wire {
    Wire::seeded(&json!({"organizations": [
        {"login_attempts": 3, "users": [
            {"email": "boss@example.com", "first_name": "Ada", "last_name": "Boss"},
            {"email": "jo@example.com", "id": MEMBER, "token": MEMBER_TOKEN}]},
        {"name": "Other", "users": [{"email": "else@example.com"}, {"email": "boss@example.com"}]}]}))
}

/// A call with the first user's token.
fn call(wire: &Wire, method: &str, path: &str, body: Option<Value>) -> Answer {
    let token = wire.sandbox.info().token.clone();
    wire.request_with(method, path, Some(&token), body)
}

/// Asks for a token with the first user's password and what `more` adds.
fn sign_in(wire: &Wire, more: &Value) -> Answer {
    let info = wire.sandbox.info();
    let mut body = json!({"email": info.email, "password": info.password,
        "description": "test", "expires": false});
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    wire.request_with("POST", "/tokens", None, Some(body))
}

fn user(wire: &Wire, below: &str) -> String {
    format!("/users/{}{below}", wire.sandbox.info().user_id)
}

fn names(value: &Value) -> Vec<&str> {
    let mut names: Vec<&str> = value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    names.sort_unstable();
    names
}

#[test]
fn a_password_gives_a_token_with_every_recorded_field() {
    let wire = Wire::new();
    let made = sign_in(&wire, &json!({})).expect(201);
    let token = &made["token"];
    assert_eq!(
        names(token),
        [
            "description",
            "expires",
            "id",
            "inherits_user_perms",
            "roles",
            "user_id"
        ]
    );
    assert_eq!(token["description"], "test");
    assert_eq!(token["expires"], Value::Null);
    assert_eq!(names(&token["roles"]), ["organization", "role"]);
    assert_eq!(token["roles"]["organization"]["name"], "Sandbox");
    let id = token["id"].as_str().unwrap();
    let path = format!("/tokens/{id}");
    let seen = wire.request_with("GET", &path, Some(id), None).expect(200);
    assert_eq!(&seen["token"], token);
}

#[test]
fn a_token_that_expires_does_so() {
    let wire = Wire::new();
    let made = sign_in(&wire, &json!({"expires": true})).expect(201);
    assert!(made["token"]["expires"].is_string());
    let id = made["token"]["id"].as_str().unwrap();
    let get = || wire.request_with("GET", &user(&wire, ""), Some(id), None);
    get().expect(200);
    wire.sandbox.advance(3600);
    assert_eq!(get().expect(401)["type"], "invalid_auth");
    let page = call(&wire, "GET", "/tokens", None).expect(200);
    assert_eq!(page["tokens"].as_array().unwrap().len(), 1);
    call(&wire, "GET", &format!("/tokens/{id}"), None).expect(404);
}

#[test]
fn a_wrong_password_and_an_unknown_address_look_alike() {
    let wire = Wire::new();
    let wrong = sign_in(&wire, &json!({"password": "x"})).expect(401);
    let unknown = sign_in(&wire, &json!({"email": "nobody@example.com"})).expect(401);
    assert_eq!(wrong, unknown);
    assert_eq!(names(&wrong), ["fields", "message", "type"]);
    assert_eq!(wrong["type"], "invalid_auth");
}

#[test]
fn a_request_that_lacks_a_field_names_it() {
    let wire = Wire::new();
    let missing = wire.request_with("POST", "/tokens", None, Some(json!({"email": "x"})));
    let missing = missing.expect(400);
    assert_eq!(missing["type"], "invalid_request_error");
    assert_eq!(missing["fields"], json!({"password": ["is required"]}));
    let odd = wire.request_with("POST", "/tokens", None, Some(json!("text")));
    assert_eq!(odd.expect(400)["type"], "invalid_request_error");
    let confirm = call(&wire, "PATCH", &user(&wire, "/2FA"), Some(json!({})));
    assert_eq!(
        confirm.expect(400)["fields"],
        json!({"2FA_token": ["is required"]})
    );
    for path in ["/tokens?page=0", "/tokens?per_page=many"] {
        call(&wire, "GET", path, None).expect(400);
    }
}

#[test]
fn a_second_factor_is_asked_for_and_each_code_works_once() {
    let wire = Wire::new();
    let (secret, codes) = wire.switch_on();
    let asked = sign_in(&wire, &json!({})).expect(403);
    assert_eq!(asked["type"], "2FA_error");
    let code = json!({"2FA_token": wire.code(&secret)});
    sign_in(&wire, &code).expect(201);
    assert_eq!(sign_in(&wire, &code).expect(403)["type"], "2FA_error");
    // What one dialect has used up, the other does not take.
    wire.log_in_first(code["2FA_token"].as_str().unwrap())
        .expect(400);
    let backup = json!({"2FA_backup_code": format!("{} ", codes[0])});
    sign_in(&wire, &backup).expect(201);
    sign_in(&wire, &backup).expect(403);
    wire.log_in_first(&codes[0]).expect(400);
    wire.log_in_first(&codes[1]).expect(200);
    let spent = json!({"2FA_backup_code": codes[1]});
    sign_in(&wire, &spent).expect(403);
}

#[test]
fn the_lock_is_shared_by_both_dialects() {
    let wire = with_member();
    let email = wire.sandbox.info().email.clone();
    sign_in(&wire, &json!({"password": "x"})).expect(401);
    wire.log_in(&email, "x", "").expect(401);
    sign_in(&wire, &json!({"password": "x"})).expect(401);
    let locked = sign_in(&wire, &json!({})).expect(403);
    assert_eq!(locked["type"], "authorization_required");
    assert!(locked["message"].as_str().unwrap().contains("locked"));
    wire.log_in_first("").expect(423);
    let refused = call(&wire, "GET", &user(&wire, ""), None).expect(403);
    assert_eq!(refused["type"], "authorization_required");
}

#[test]
fn an_organization_that_forbids_passwords_says_so() {
    let wire = Wire::seeded(&json!({"organizations": [{"login_password_enabled": false,
        "users": [{"email": "ada@example.com"}]}]}));
    let refused = sign_in(&wire, &json!({})).expect(403);
    assert_eq!(refused["type"], "authorization_required");
    assert!(refused["message"].as_str().unwrap().contains("password"));
}

#[test]
fn tokens_are_counted_by_head_and_listed_by_page() {
    let wire = Wire::new();
    for number in 0..6 {
        sign_in(&wire, &json!({"description": format!("number {number}")})).expect(201);
    }
    let head = call(&wire, "HEAD", "/tokens", None);
    assert_eq!(head.headers["x-total-count"], "7");
    assert_eq!(head.expect(200), "");
    let page = |query: &str| {
        let answer = call(&wire, "GET", &format!("/tokens?{query}"), None);
        assert_eq!(answer.headers["x-total-count"], "7");
        answer.expect(200)["tokens"].as_array().unwrap().clone()
    };
    let tokens = page("page=1&per_page=50");
    assert_eq!(tokens.len(), 7);
    assert_eq!(tokens[0]["id"], wire.sandbox.info().token.as_str());
    assert_eq!(tokens[6]["description"], "number 5");
    assert_eq!(page("page=2&per_page=4"), tokens[4..]);
    assert!(page("page=3&per_page=4").is_empty());
}

#[test]
fn a_deleted_token_is_good_for_nothing() {
    let wire = with_member();
    let made = sign_in(&wire, &json!({})).expect(201);
    let id = made["token"]["id"].as_str().unwrap();
    let path = format!("/tokens/{id}");
    let foreign = wire.request_with("DELETE", &path, Some(MEMBER_TOKEN), None);
    assert_eq!(foreign.expect(403)["type"], "authorization_required");
    call(&wire, "DELETE", &path, None).expect(204);
    call(&wire, "DELETE", &path, None).expect(404);
    wire.request_with("GET", &path, Some(id), None).expect(401);
    // An IAM key counts as a token.
    let secret_key = wire.sandbox.info().secret_key.clone();
    call(&wire, "DELETE", &format!("/tokens/{secret_key}"), None).expect(204);
    wire.get(&wire.user_path("")).expect(401);
}

#[test]
fn organizations_are_those_of_the_person_with_the_users_it_may_see() {
    let wire = with_member();
    let all = call(&wire, "GET", "/organizations", None).expect(200);
    let all = all["organizations"].as_array().unwrap();
    assert_eq!(names(&all[0]), ["id", "name", "users"]);
    assert_eq!(all[0]["id"], wire.sandbox.info().organization_id.as_str());
    let shown = |organization: &Value| -> Vec<Value> {
        let users = organization["users"].as_array().unwrap().iter();
        users.map(|user| user["id"].clone()).collect()
    };
    let boss = wire.sandbox.info().user_id.as_str();
    assert_eq!(shown(&all[0]), [boss, MEMBER]);
    // In the other one it is a member, which sees itself.
    assert_eq!(all[1]["name"], "Other");
    assert_eq!(all[1]["users"].as_array().unwrap().len(), 1);
    assert_eq!(all[1]["users"][0]["email"], "boss@example.com");

    let own = wire.request_with("GET", "/organizations", Some(MEMBER_TOKEN), None);
    let own = own.expect(200);
    assert_eq!(shown(&own["organizations"][0]), [MEMBER]);
}

#[test]
fn a_user_has_every_recorded_field() {
    let wire = with_member();
    let answer = call(&wire, "GET", &user(&wire, ""), None).expect(200);
    let found = &answer["user"];
    assert_eq!(
        names(found),
        [
            "email",
            "firstname",
            "fullname",
            "id",
            "lastname",
            "organizations",
            "roles",
            "ssh_public_keys"
        ]
    );
    assert_eq!(found["fullname"], "Ada Boss");
    assert_eq!(found["organizations"].as_array().unwrap().len(), 2);
    assert_eq!(found["roles"][0]["role"], "manager");
    assert_eq!(found["roles"][1]["role"], "user");
    let foreign = wire.request_with("GET", &user(&wire, ""), Some(MEMBER_TOKEN), None);
    assert_eq!(foreign.expect(403)["type"], "authorization_required");
    let unknown = call(&wire, "GET", "/users/nobody", None).expect(404);
    assert_eq!(unknown["type"], "unknown_resource");
}

#[test]
fn a_second_factor_goes_on_and_off_and_both_dialects_see_it() {
    let wire = Wire::new();
    let path = user(&wire, "/2FA");
    let enabled = || call(&wire, "GET", &path, None).expect(200);
    let mfa = || wire.get(&wire.user_path("")).expect(200)["mfa"].clone();
    assert_eq!(enabled(), json!({"2FA": {"enabled": false}}));
    let made = call(&wire, "POST", &path, Some(json!({}))).expect(201);
    assert_eq!(names(&made["2FA"]), ["secret"]);
    assert_eq!(enabled(), json!({"2FA": {"enabled": false}}));
    let wrong = json!({"2FA_token": "000000"});
    let refused = call(&wire, "PATCH", &path, Some(wrong)).expect(403);
    assert_eq!(refused["type"], "2FA_error");
    let code = wire.code(made["2FA"]["secret"].as_str().unwrap());
    let confirmed = call(&wire, "PATCH", &path, Some(json!({"2FA_token": code}))).expect(200);
    assert_eq!(names(&confirmed["2FA"]), ["backup_codes", "enabled"]);
    assert_eq!(
        confirmed["2FA"]["backup_codes"].as_array().unwrap().len(),
        10
    );
    assert_eq!(
        (enabled()["2FA"]["enabled"].clone(), mfa()),
        (json!(true), json!(true))
    );
    call(&wire, "POST", &path, Some(json!({}))).expect(400);

    call(&wire, "DELETE", &path, None).expect(204);
    // Today's API answers 404 here, this one as it did the first time.
    call(&wire, "DELETE", &path, None).expect(204);
    assert_eq!(
        (enabled()["2FA"]["enabled"].clone(), mfa()),
        (json!(false), json!(false))
    );
    wire.switch_on();
    assert_eq!(enabled(), json!({"2FA": {"enabled": true}}));
    // Who may delete it: a token of the user or of an administrator, nothing else.
    for (token, status) in [(None, 401), (Some("nonsense"), 401)] {
        let refused = wire.request_with("DELETE", &path, token, None);
        assert_eq!(refused.expect(status)["type"], "invalid_auth");
    }
    assert_eq!(mfa(), true);
}

#[test]
fn an_administrator_deletes_a_member_s_second_factor_and_no_member_an_owner_s() {
    let wire = with_member();
    let path = format!("/users/{MEMBER}/2FA");
    let as_member = |method: &str, path: &str, body: Option<Value>| {
        wire.request_with(method, path, Some(MEMBER_TOKEN), body)
    };
    let made = as_member("POST", &path, None).expect(201);
    let code = wire.code(made["2FA"]["secret"].as_str().unwrap());
    as_member("PATCH", &path, Some(json!({"2FA_token": code}))).expect(200);
    as_member("DELETE", &user(&wire, "/2FA"), None).expect(403);
    call(&wire, "POST", &path, None).expect(403);
    call(&wire, "DELETE", &path, None).expect(204);
    let state = as_member("GET", &path, None).expect(200);
    assert_eq!(state, json!({"2FA": {"enabled": false}}));
}

#[test]
fn what_is_no_call_is_refused_in_this_dialect_s_shape() {
    let wire = Wire::new();
    for (method, path) in [
        ("PUT", "/tokens"),
        ("GET", "/tokens/a/b"),
        ("GET", "/users/x/3FA"),
        ("POST", "/organizations"),
    ] {
        let refused = call(&wire, method, path, None).expect(404);
        assert_eq!(refused["type"], "unknown_resource", "{method} {path}");
    }
}
