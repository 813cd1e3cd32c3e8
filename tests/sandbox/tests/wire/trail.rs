//! The audit trail of an organization, as its owner reads it.

use serde_json::{Value, json};

use super::Wire;

pub const OWNER: &str = "ada@example.com";
pub const MEMBER: &str = "bob@example.com";
pub const PASSWORD: &str = "a password for the tests";

/// An organization with an owner and a member, and another organization.
pub fn seed() -> Value {
    let person = |email: &str| json!({"email": email, "password": PASSWORD});
    json!({"organizations": [
        {"login_attempts": 3, "users": [person(OWNER), person(MEMBER)]},
        {"name": "Other", "users": [person("eve@example.com")]}]})
}

pub fn path(region: &str, more: &str) -> String {
    format!("/audit-trail/v1alpha1/regions/{region}/authentication-events?{more}")
}

/// The events of the first organization, the newest first.
pub fn events(wire: &Wire, more: &str) -> Vec<Value> {
    let organization = &wire.sandbox.info().organization_id;
    let query = format!("organization_id={organization}&page_size=100{more}");
    let mut answer = wire.get(&path("fr-par", &query)).expect(200);
    assert_eq!(answer["next_page_token"], Value::Null);
    serde_json::from_value(answer["events"].take()).unwrap()
}

/// What an event says, in short.
fn short(event: &Value) -> String {
    let mut words = ["result", "failure_reason", "method", "mfa_type"]
        .iter()
        .map(|name| event[name].as_str().unwrap_or("-").to_owned())
        .collect::<Vec<_>>();
    words.push(event["resources"][0]["name"].as_str().unwrap().to_owned());
    words.join(" ")
}

pub fn shorts(wire: &Wire) -> Vec<String> {
    events(wire, "").iter().map(short).collect()
}
