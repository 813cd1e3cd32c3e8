//! Users that join an organization, and users that are deleted.

use crate::wire::{
    Wire,
    trail::{self, MEMBER, OWNER, PASSWORD},
};
use scw_sandbox::{Options, Seed};
use serde_json::{Value, json};

const USERS: &str = "/iam/v1alpha1/users";
const BOB: &str = "5c9e0a3e-1d0f-4a55-9d6f-0f0e4a6d2b11";
const BOB_THERE: &str = "7c9e0a3e-1d0f-4a55-9d6f-0f0e4a6d2b11";
const BOB_KEY: &str = "11111111-2222-4333-8444-555555555555";

/// An organization with an owner and a member, who is a guest of another organization.
fn wire() -> Wire {
    let person = |email: &str| json!({"email": email, "password": PASSWORD});
    let mut bob = person(MEMBER);
    bob["id"] = json!(BOB);
    bob["secret_key"] = json!(BOB_KEY);
    Wire::with(Options {
        seed: Some(
            Seed::parse(
                &json!({"organizations": [
                    {"users": [person(OWNER), bob]},
                    {"name": "Other", "users": [person("eve@example.com"),
                        {"email": MEMBER, "id": BOB_THERE, "type": "guest"}]}]})
                .to_string(),
            )
            .unwrap(),
        ),
        control: true,
        ..Options::default()
    })
}

fn of(user: &str) -> String {
    format!("{USERS}/{user}")
}

fn join(wire: &Wire, more: &Value) -> crate::wire::Answer {
    let mut body = json!({"organization_id": wire.sandbox.info().organization_id});
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    wire.post(USERS, body)
}

fn member(email: &str, username: &str) -> Value {
    json!({"email": email, "username": username, "password": "a password of one's own",
        "first_name": "Ann", "last_name": "Bee", "send_password_email": false,
        "send_welcome_email": false, "phone_number": "", "locale": ""})
}

fn total(wire: &Wire) -> Value {
    let id = &wire.sandbox.info().organization_id;
    let list = format!("{USERS}?organization_id={id}&page_size=1");
    wire.get(&list).expect(200)["total_count"].clone()
}

// Issue 12, 7
#[test]
fn a_member_joins_and_signs_in() {
    let wire = wire();
    let new = json!({"member": member("ann@example.com", "ann"), "tags": []});
    let made = join(&wire, &new).expect(200);
    assert_eq!(made["type"], "member");
    assert_eq!(made["email"], "ann@example.com");
    assert_eq!(made["username"], "ann");
    assert_eq!(made["first_name"], "Ann");
    assert_eq!(
        (&made["mfa"], &made["locked"]),
        (&json!(false), &json!(false))
    );
    assert_eq!(made["deletable"], true);
    assert_eq!(made["last_login_at"], Value::Null);
    assert_eq!(
        wire.get(&of(made["id"].as_str().unwrap())).expect(200),
        made
    );
    assert_eq!(total(&wire), 3);
    let session = wire.log_in("ann@example.com", "a password of one's own", "");
    assert_eq!(session.expect(200)["jwt"]["audience_id"], made["id"]);
}

// Issue 12, 7
#[test]
fn a_guest_joins_with_the_account_that_it_has() {
    let wire = wire();
    let made = join(&wire, &json!({"email": "eve@example.com"})).expect(200);
    assert_eq!(made["type"], "guest");
    assert_eq!(made["username"], "eve@example.com");
    let path = format!("{}/connections", of(made["id"].as_str().unwrap()));
    let connections = wire.get(&path).expect(200)["connections"].clone();
    assert_eq!(connections[0]["organization"]["name"], "Other");
    let nobody = join(&wire, &json!({"email": "new@example.com", "tags": null})).expect(200);
    let path = format!("{}/connections", of(nobody["id"].as_str().unwrap()));
    assert_eq!(wire.get(&path).expect(200)["connections"], json!([]));
    wire.log_in("new@example.com", "", "").expect(401);
}

// Issue 12, 7
#[test]
fn who_cannot_join_is_refused_by_the_argument() {
    let wire = wire();
    let guest = |email: &str| json!({"email": email});
    let mut both = guest("new@example.com");
    both["member"] = member("new@example.com", "new");
    let mut tagged = guest("new@example.com");
    tagged["tags"] = json!(["x"]);
    for (body, argument) in [
        (json!({}), "email"),
        (both, "member"),
        (tagged, "tags"),
        (guest("nonsense"), "email"),
        (guest("a b@example.com"), "email"),
        (guest(&format!("{}@example.com", "x".repeat(320))), "email"),
        (guest("BOB@example.com"), "email"),
        (json!({"member": member("eve@example.com", "eve")}), "email"),
        (json!({"member": member("new@example.com", "")}), "username"),
        (
            json!({"member": member("new@example.com", MEMBER)}),
            "username",
        ),
    ] {
        let refused = join(&wire, &body).expect(400);
        assert_eq!(refused["type"], "invalid_arguments", "{body}");
        assert_eq!(refused["details"][0]["argument_name"], argument, "{body}");
    }
    let nowhere = wire.post(USERS, guest("new@example.com")).expect(400);
    assert_eq!(nowhere["details"][0]["argument_name"], "organization_id");
    let elsewhere = json!({"organization_id": BOB, "email": "new@example.com"});
    wire.post(USERS, elsewhere).expect(403);
    let mut here = guest("new@example.com");
    here["organization_id"] = json!(wire.sandbox.info().organization_id);
    let as_member = wire.request_with("POST", USERS, Some(BOB_KEY), Some(here));
    as_member.expect(403);
    assert_eq!(total(&wire), 2);
}

// Issue 12, 7
#[test]
fn a_deleted_user_loses_its_keys_sessions_and_tokens() {
    let wire = wire();
    // The first user of an address is who signs in.
    let session = wire.log_in(MEMBER, PASSWORD, "").expect(200);
    let token = session["token"].as_str().unwrap().to_owned();
    let old = json!({"email": MEMBER, "password": PASSWORD, "description": "x", "expires": false});
    let old = wire
        .request_with("POST", "/tokens", None, Some(old))
        .expect(201);
    let old = old["token"]["id"].as_str().unwrap().to_owned();
    let state = wire.get("/_sandbox/state").expect(200);
    let key = state["users"][1]["api_keys"][0]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(total(&wire), 2);
    assert_eq!(wire.delete(&of(BOB)).expect(204), "");

    assert_eq!(wire.get(&of(BOB)).expect(404)["resource"], "user");
    wire.delete(&of(BOB)).expect(404);
    wire.get(&format!("/iam/v1alpha1/api-keys/{key}"))
        .expect(404);
    let own = |key: &str| wire.request_with("GET", &of(BOB), Some(key), None);
    own(BOB_KEY).expect(401);
    own(&old).expect(401);
    wire.in_session(&token, "GET", &of(BOB), None).expect(401);
    assert_eq!(total(&wire), 1);
    let state = wire.get("/_sandbox/state").expect(200);
    assert!(!state.to_string().contains(BOB), "{state}");
    // The person has another user, which is as before.
    wire.log_in(MEMBER, PASSWORD, "").expect(200);
}

// Issue 12, 7
#[test]
fn a_person_goes_with_its_last_user() {
    let wire = wire();
    let new = json!({"member": member("ann@example.com", "ann")});
    let made = join(&wire, &new).expect(200);
    let id = made["id"].as_str().unwrap();
    wire.post(
        "/_sandbox/passkeys",
        json!({"add": {"user_id": id, "name": "Key"}}),
    )
    .expect(200);
    wire.delete(&of(id)).expect(204);
    let password = "a password of one's own";
    wire.log_in("ann@example.com", password, "").expect(401);
    // Whoever joins with the address later is somebody else.
    let again = join(&wire, &new).expect(200);
    assert_ne!(again["id"], made["id"]);
    assert_eq!(again["mfa"], false);
}

// Issue 12, 7
#[test]
fn owners_and_the_first_user_stay_and_only_administrators_delete() {
    let wire = wire();
    let owner = wire.sandbox.info().user_id.clone();
    let refused = wire.delete(&of(&owner)).expect(412);
    assert_eq!(refused["type"], "precondition_failed");
    assert_eq!(wire.get(&of(&owner)).expect(200)["deletable"], false);
    for user in [&owner, BOB] {
        let as_member = wire.request_with("DELETE", &of(user), Some(BOB_KEY), None);
        assert_eq!(as_member.expect(403)["type"], "permissions_denied");
    }
    wire.delete(&of(BOB_THERE)).expect(404);
    assert_eq!(total(&wire), 2);

    let seed = json!({"organizations": [{"users": [
        {"email": OWNER, "type": "member", "admin": true}]}]});
    let wire = Wire::seeded(&seed);
    let first = wire.sandbox.info().user_id.clone();
    wire.delete(&of(&first)).expect(412);
    wire.get(&of(&first)).expect(200);
}

// Issue 12, 7
#[test]
fn the_sign_ins_of_a_deleted_user_stay_in_the_audit_trail() {
    let wire = wire();
    wire.log_in(MEMBER, "wrong", "").expect(401);
    wire.log_in(MEMBER, PASSWORD, "").expect(200);
    let before = trail::events(&wire, "");
    wire.delete(&of(BOB)).expect(204);
    let mut after = trail::events(&wire, "");
    assert_eq!(after.len(), 2);
    for event in &mut after {
        let deleted_at = event["resources"][0]["deleted_at"].take();
        assert!(deleted_at.is_string(), "{event}");
    }
    assert_eq!(after, before);
}

// Issue 12, 7
#[test]
fn a_deleted_member_of_a_data_file_does_not_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let start = |members: u64| {
        Wire::with(Options {
            data: Some(folder.path().join("accounts.db")),
            members,
            control: true,
            ..Options::default()
        })
    };
    let emails = |wire: &Wire| -> Vec<String> {
        let state = wire.sandbox.state().unwrap();
        let users = state["users"].as_array().unwrap().iter().skip(1);
        users
            .map(|user| user["email"].as_str().unwrap().replace("@example.com", ""))
            .collect()
    };
    let wire = start(3);
    let gone = wire.sandbox.state().unwrap()["users"][2]["user_id"].clone();
    wire.delete(&of(gone.as_str().unwrap())).expect(204);
    // Who joined is no generated member.
    join(&wire, &json!({"email": "guest@example.com"})).expect(200);
    drop(wire);
    let wire = start(3);
    assert_eq!(emails(&wire), ["member-1", "member-3", "guest"]);
    drop(wire);
    let wire = start(5);
    let all = ["member-1", "member-3", "guest", "member-4", "member-5"];
    assert_eq!(emails(&wire), all);
    wire.post("/_sandbox/members", json!({"count": 1}))
        .expect(200);
    assert_eq!(emails(&wire).last().unwrap(), "member-6");
}
