//! The IAM dialect on the wire, as protocol.md has it.

use crate::wire::Wire;
use scw_sandbox::{Options, Seed, one_time_password};
use serde_json::{Value, json};

const MEMBER: &str = "5c9e0a3e-1d0f-4a55-9d6f-0f0e4a6d2b11";
const MEMBER_KEY: &str = "11111111-2222-4333-8444-555555555555";

fn with_member() -> Wire {
    let seed = json!({"organizations": [
        {"login_attempts": 3, "max_api_key_s": 3600, "users": [
            {"email": "boss@example.com"},
            {"email": "jo@example.com", "id": MEMBER, "secret_key": MEMBER_KEY}]},
        {"name": "Other", "users": [{"email": "else@example.com",
            "id": "99999999-1d0f-4a55-9d6f-0f0e4a6d2b11"}]}]});
    Wire::with(Options {
        seed: Some(Seed::parse(&seed.to_string()).unwrap()),
        ..Options::default()
    })
}

fn code(wire: &Wire, secret: &str) -> String {
    one_time_password(secret, wire.sandbox.now()).unwrap()
}

#[test]
fn a_user_has_every_recorded_field() {
    let wire = Wire::new();
    let user = wire.get(&wire.user_path("")).expect(200);
    let mut names: Vec<&str> = user
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "account_root_user_id",
            "created_at",
            "deletable",
            "email",
            "first_name",
            "id",
            "last_login_at",
            "last_name",
            "locale",
            "locked",
            "mfa",
            "organization_id",
            "phone_number",
            "status",
            "tags",
            "two_factor_enabled",
            "type",
            "updated_at",
            "username"
        ]
    );
    assert_eq!(user["type"], "owner");
    assert_eq!(user["mfa"], false);
}

#[test]
fn a_second_factor_is_made_confirmed_and_deleted() {
    let wire = Wire::new();
    let otp = wire.user_path("/mfa-otp");
    let secret = wire.post(&otp, json!({})).expect(200)["secret"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(secret.len(), 32, "160 bit in base32, without padding");
    let validate = wire.user_path("/validate-mfa-otp");
    let body = json!({"one_time_password": code(&wire, &secret)});
    let answer = wire.post(&validate, body).expect(200);
    let codes = answer["recovery_codes"].as_array().unwrap();
    assert_eq!(codes.len(), 10);
    assert!(
        codes
            .iter()
            .map(|code| code.as_str().unwrap())
            .all(|code| code.contains('-') && code.contains(char::is_alphabetic))
    );
    assert_eq!(wire.get(&wire.user_path("")).expect(200)["mfa"], true);

    let again = wire.post(&otp, json!({})).expect(412);
    assert_eq!(again["type"], "precondition_failed");
    wire.delete(&otp).expect(204);
    let gone = wire.delete(&otp).expect(404);
    assert_eq!(
        (&gone["type"], &gone["resource"], &gone["resource_id"]),
        (
            &json!("not_found"),
            &json!("mfa_otp"),
            &json!(wire.sandbox.info().user_id)
        )
    );
    assert_eq!(wire.get(&wire.user_path("")).expect(200)["mfa"], false);
    let nothing = wire
        .post(&validate, json!({"one_time_password": "123456"}))
        .expect(412);
    assert_eq!(nothing["type"], "precondition_failed");
}

#[test]
fn a_wrong_code_is_refused_in_its_shape_and_too_many_lock_the_user() {
    let wire = with_member();
    wire.post(&wire.user_path("/mfa-otp"), json!({}))
        .expect(200);
    let validate = wire.user_path("/validate-mfa-otp");
    for _ in 0..3 {
        let refused = wire
            .post(&validate, json!({"one_time_password": "000000x"}))
            .expect(400);
        assert_eq!(refused["type"], "invalid_arguments");
        assert_eq!(refused["details"][0]["argument_name"], "one_time_password");
        assert_eq!(refused["details"][0]["reason"], "constraint");
    }
    let locked = wire
        .post(&validate, json!({"one_time_password": "000000"}))
        .expect(423);
    assert_eq!(locked["type"], "locked");
}

#[test]
fn a_code_is_good_for_one_step_either_way() {
    for (moved, status) in [(0, 200), (-30, 200), (30, 200), (90, 400), (-90, 400)] {
        let wire = Wire::new();
        let secret = wire
            .post(&wire.user_path("/mfa-otp"), json!({}))
            .expect(200)["secret"]
            .as_str()
            .unwrap()
            .to_owned();
        let now = code(&wire, &secret);
        wire.sandbox.advance(moved);
        let body = json!({"one_time_password": now});
        wire.post(&wire.user_path("/validate-mfa-otp"), body)
            .expect(status);
    }
}

#[test]
fn keys_are_made_shown_once_and_deleted_and_expire() {
    let wire = Wire::new();
    let user_id = wire.sandbox.info().user_id.clone();
    let at = wire.sandbox.now() + 60;
    let end = time::OffsetDateTime::from_unix_timestamp(at).unwrap();
    let end = end
        .format(&time::format_description::well_known::Rfc3339)
        .unwrap();
    let body = json!({"user_id": user_id, "description": "x", "expires_at": end});
    let made = wire.post("/iam/v1alpha1/api-keys", body).expect(200);
    let secret = made["secret_key"].as_str().unwrap();
    let access = made["access_key"].as_str().unwrap();
    assert!(access.starts_with("SCW") && access.len() == 20);
    let path = format!("/iam/v1alpha1/api-keys/{access}");
    let seen = wire.get(&path).expect(200);
    assert!(seen["secret_key"].is_null());
    assert_eq!(seen["user_id"], user_id.as_str());
    assert_eq!(seen["expires_at"], end);
    wire.request_with("GET", &path, Some(secret), None)
        .expect(200);
    wire.request_with("GET", &path, Some(&secret.to_uppercase()), None)
        .expect(200);
    wire.sandbox.advance(61);
    let expired = wire
        .request_with("GET", &path, Some(secret), None)
        .expect(401);
    assert_eq!(expired["reason"], "expired");
    wire.delete(&path).expect(204);
    let gone = wire.get(&path).expect(404);
    assert_eq!(
        (&gone["type"], &gone["resource"]),
        (&json!("not_found"), &json!("access_key"))
    );
}

#[test]
fn an_unknown_key_and_a_missing_one_are_denied_as_recorded() {
    let wire = Wire::new();
    for key in [None, Some("00000000-0000-4000-8000-000000000000")] {
        let denied = wire
            .request_with("GET", &wire.user_path(""), key, None)
            .expect(401);
        let recorded = json!({"message": "authentication is denied", "method": "api_key",
            "reason": "not_found", "type": "denied_authentication"});
        assert_eq!(denied, recorded);
    }
}

#[test]
fn a_member_reaches_itself_only_and_nobody_reaches_another_organization() {
    let wire = with_member();
    let as_member =
        |method: &str, path: &str| wire.request_with(method, path, Some(MEMBER_KEY), None);
    let own = format!("/iam/v1alpha1/users/{MEMBER}");
    as_member("GET", &own).expect(200);
    let denied = as_member("GET", &wire.user_path("")).expect(403);
    let recorded = json!({"details": [{"action": "read", "resource": "user"}],
        "message": "insufficient permissions", "type": "permissions_denied"});
    assert_eq!(denied, recorded);
    as_member("DELETE", &wire.user_path("/mfa-otp")).expect(403);
    as_member("POST", &format!("{own}/lock")).expect(403);

    wire.get("/iam/v1alpha1/users/99999999-1d0f-4a55-9d6f-0f0e4a6d2b11")
        .expect(404);
    // The owner helps a member, and cannot set a second factor up for it.
    wire.post(&format!("{own}/mfa-otp"), json!({})).expect(403);
    as_member("POST", &format!("{own}/mfa-otp")).expect(200);
    wire.delete(&format!("{own}/mfa-otp")).expect(204);
    assert_eq!(
        wire.post(&format!("{own}/lock"), json!({})).expect(200)["locked"],
        true
    );
    assert_eq!(as_member("GET", &own).expect(423)["type"], "locked");
    wire.post(&format!("{own}/unlock"), json!({})).expect(200);
    as_member("GET", &own).expect(200);
}

#[test]
fn a_list_is_paged_filtered_and_ordered() {
    let wire = Wire::with(Options {
        members: 30,
        ..Options::default()
    });
    let id = &wire.sandbox.info().organization_id;
    let list = |query: &str| wire.get(&format!("/iam/v1alpha1/users?organization_id={id}{query}"));
    let page = list("").expect(200);
    assert_eq!(page["total_count"], 31);
    assert_eq!(page["users"].as_array().unwrap().len(), 20);
    assert_eq!(
        list("&page=2").expect(200)["users"]
            .as_array()
            .unwrap()
            .len(),
        11
    );
    assert_eq!(list("&mfa=true").expect(200)["total_count"], 10);
    assert_eq!(
        list("&mfa=false&page_size=100").expect(200)["users"]
            .as_array()
            .unwrap()
            .len(),
        21
    );
    assert_eq!(list("&type=owner").expect(200)["total_count"], 1);
    let first = list("&order_by=email_desc&page_size=1").expect(200);
    assert_eq!(first["users"][0]["email"], "owner@example.com");
    for bad in ["&page=0", "&page_size=101", "&order_by=x", "&mfa=maybe"] {
        assert_eq!(list(bad).expect(400)["type"], "invalid_arguments", "{bad}");
    }
    assert_eq!(list("&tag=x").expect(200)["total_count"], 0);
    wire.get("/iam/v1alpha1/users?tag=x").expect(400);
    let missing = wire.get("/iam/v1alpha1/users").expect(400);
    assert_eq!(missing["details"][0]["reason"], "required");
}

#[test]
fn the_generated_members_are_the_same_every_time() {
    let members = || {
        let wire = Wire::with(Options {
            members: 5,
            ..Options::default()
        });
        let id = &wire.sandbox.info().organization_id;
        let users = wire.get(&format!(
            "/iam/v1alpha1/users?organization_id={id}&type=member"
        ));
        let users: Vec<Value> = users.expect(200)["users"].as_array().unwrap().clone();
        assert_eq!(users.len(), 5);
        let names = ["id", "email", "first_name", "last_name", "mfa"];
        users
            .iter()
            .map(|user| names.map(|name| user[name].clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(members(), members());
}

// Issue 8, 3: `GET organizations/{id}`, and members with an empty `account_root_user_id`.
#[test]
fn a_member_has_no_id_of_the_person_and_reads_its_own_organization() {
    let wire = with_member();
    let info = wire.sandbox.info();
    let as_member = |path: &str| wire.request_with("GET", path, Some(MEMBER_KEY), None);
    let user = as_member(&format!("/iam/v1alpha1/users/{MEMBER}")).expect(200);
    assert_eq!(user["account_root_user_id"], "");
    let owner = wire.get(&wire.user_path("")).expect(200);
    assert_ne!(owner["account_root_user_id"], info.user_id.as_str());

    let path = format!("/iam/v1alpha1/organizations/{}", info.organization_id);
    let organization = as_member(&path).expect(200);
    assert_eq!(organization["id"], info.organization_id.as_str());
    assert_eq!(organization["name"], "Sandbox");
    assert_eq!(organization["login_password_enabled"], true);
    let other = "/iam/v1alpha1/organizations/99999999-1d0f-4a55-9d6f-0f0e4a6d2b11";
    assert_eq!(as_member(other).expect(404)["resource"], "organization");
}

#[test]
fn an_organization_s_settings_are_read_changed_and_kept() {
    let wire = with_member();
    let id = &wire.sandbox.info().organization_id;
    let path = format!("/iam/v1alpha1/organizations/{id}/security-settings");
    let before = wire.get(&path).expect(200);
    assert_eq!(before["max_api_key_expiration_duration"], "3600s");
    let body = json!({"login_attempts_before_locked": 5, "grace_period_duration": "60.000000000s"});
    let after = wire.request("PATCH", &path, Some(body)).expect(200);
    assert_eq!(after["login_attempts_before_locked"], 5);
    assert_eq!(after["grace_period_duration"], "60s");
    assert_eq!(wire.get(&path).expect(200), after);
    wire.request(
        "PATCH",
        &path,
        Some(json!({"grace_period_duration": "soon"})),
    )
    .expect(400);
    wire.request_with("PATCH", &path, Some(MEMBER_KEY), Some(json!({})))
        .expect(403);
    // A key may not outlive what the organization allows.
    let body = json!({"user_id": wire.sandbox.info().user_id});
    let refused = wire.post("/iam/v1alpha1/api-keys", body).expect(400);
    assert_eq!(refused["details"][0]["argument_name"], "expires_at");
}

#[test]
fn what_is_no_call_and_what_is_no_json_are_refused_in_shape() {
    let wire = Wire::new();
    assert_eq!(
        wire.get("/iam/v1alpha1/nonsense").expect(404)["type"],
        "not_found"
    );
    assert_eq!(
        wire.request("PUT", &wire.user_path(""), None).expect(404)["type"],
        "not_found"
    );
    let odd = wire
        .post(&wire.user_path("/validate-mfa-otp"), json!("text"))
        .expect(400);
    assert_eq!(odd["type"], "invalid_arguments");
    let key = wire.sandbox.info().secret_key.clone();
    for path in ["/mfa-otp", "/lock", "/unlock"] {
        let path = wire.user_path(path);
        let broken = wire.send("POST", &path, &[("x-auth-token", &key)], "{broken");
        assert_eq!(broken.unwrap().expect(400)["type"], "invalid_arguments");
    }
    wire.request("HEAD", &wire.user_path(""), None).expect(200);
    let project = format!("/account/v3/projects/{}", wire.sandbox.info().project_id);
    assert_eq!(wire.get(&project).expect(200)["name"], "default");
    let none = wire
        .get(&wire.user_path("/webauthn-authenticators"))
        .expect(200);
    assert_eq!(none["total_count"], 0);
}

#[test]
fn a_token_of_2017_tells_whose_it_is() {
    let wire = Wire::new();
    let info = wire.sandbox.info().clone();
    for token in [&info.token, &info.secret_key] {
        let path = format!("/tokens/{token}");
        let answer = wire
            .request_with("GET", &path, Some(token), None)
            .expect(200);
        assert_eq!(answer["token"]["user_id"], info.user_id.as_str());
        let denied = wire
            .request_with("GET", &path, Some("nonsense"), None)
            .expect(401);
        assert_eq!(denied["type"], "invalid_auth");
    }
    let unknown = wire
        .request_with("GET", "/tokens/x", Some(&info.token), None)
        .expect(404);
    assert_eq!(unknown["type"], "unknown_resource");
}
