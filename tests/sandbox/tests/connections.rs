//! The users that a person has in other organizations, and addresses and bodies that are none.

use crate::wire::Wire;
use serde_json::{Value, json};

const HERE: &str = "5c9e0a3e-1d0f-4a55-9d6f-0f0e4a6d2b11";
const THERE: &str = "7c9e0a3e-1d0f-4a55-9d6f-0f0e4a6d2b11";

fn two_organizations() -> Wire {
    Wire::seeded(&json!({"organizations": [
        {"name": "Alpha", "users": [
            {"email": "boss@example.com"},
            {"email": "jo@example.com", "id": HERE}]},
        {"name": "Beta", "users": [
            {"email": "jo@example.com", "id": THERE, "username": "jo", "type": "guest", "locked": true}]}]}))
}

fn connections(wire: &Wire, user: &str) -> Value {
    let path = format!("/iam/v1alpha1/users/{user}/connections");
    wire.get(&path).expect(200)["connections"].clone()
}

// Issue 8, 5: what protocol.md A names and the sandbox did not serve.
#[test]
fn connections_are_the_persons_users_in_other_organizations() {
    let wire = two_organizations();
    let found = connections(&wire, HERE);
    assert_eq!(
        found,
        json!([{
            "organization": {
                "id": found[0]["organization"]["id"],
                "name": "Beta",
                "locked": true,
            },
            "user": { "id": THERE, "username": "jo", "type": "guest" },
        }])
    );
    assert_eq!(connections(&wire, &wire.sandbox.info().user_id), json!([]));
    let elsewhere = format!("/iam/v1alpha1/users/{THERE}/connections");
    let refused = wire.get(&elsewhere).expect(404);
    assert_eq!(refused["resource"], "user");
}

// Issue 8, 5: found with schemathesis.
#[test]
fn what_is_no_utf8_names_nothing_and_a_list_is_no_body() {
    let wire = Wire::new();
    let refused = wire.get("/iam/v1alpha1/users/%FF").expect(404);
    assert_eq!(refused["type"], "not_found");
    let refused = wire
        .request("POST", &wire.user_path("/mfa-otp"), Some(json!([])))
        .expect(400);
    assert_eq!(refused["type"], "invalid_arguments");
}

// Issue 8, 5: found with schemathesis.
#[test]
fn settings_beyond_all_measure_and_ids_that_are_none_are_refused() {
    let wire = Wire::new();
    let organization = &wire.sandbox.info().organization_id;
    let settings = format!("/iam/v1alpha1/organizations/{organization}/security-settings");
    for wrong in [
        json!({"grace_period_duration": "315576000001s"}),
        json!({"login_attempts_before_locked": 4_294_967_296_u64}),
        json!({"login_attempts_before_locked": 0}),
    ] {
        let refused = wire.request("PATCH", &settings, Some(wrong)).expect(400);
        assert_eq!(refused["type"], "invalid_arguments");
    }
    let most = json!({"grace_period_duration": "315576000000s"});
    wire.request("PATCH", &settings, Some(most)).expect(200);
    for list in [
        format!("/iam/v1alpha1/users?organization_id={organization}&user_ids=nobody"),
        format!("/account/v3/projects?organization_id={organization}&project_ids=none"),
    ] {
        let refused = wire.get(&list).expect(400);
        assert_eq!(refused["details"][0]["reason"], "format", "{list}");
    }
}
