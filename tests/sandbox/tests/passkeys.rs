//! Passkeys on the wire (protocol.md E), where they come from, and the test door about them.

use crate::wire::{
    Answer, Wire,
    browser::{Browser, Look},
};
use scw_sandbox::{Options, Seed};
use serde_json::{Value, json};

const MEMBER: &str = "5c9e0a3e-1d0f-4a55-9d6f-0f0e4a6d2b11";
const MEMBER_KEY: &str = "11111111-2222-4333-8444-555555555555";
const STRANGER: &str = "99999999-1d0f-4a55-9d6f-0f0e4a6d2b11";
const UNKNOWN: &str = "99999999-1d0f-4a55-9d6f-0f0e4a6d2b12";

/// An owner, a member, and somebody in another organization.
fn with_member() -> Wire {
    Wire::seeded(&json!({"organizations": [
        {"users": [{"email": "boss@example.com"},
            {"email": "jo@example.com", "id": MEMBER, "secret_key": MEMBER_KEY}]},
        {"name": "Other", "users": [{"email": "else@example.com", "id": STRANGER}]}]}))
}

fn list_of(user_id: &str) -> String {
    format!("/iam/v1alpha1/users/{user_id}/webauthn-authenticators")
}

fn passkey(id: &str) -> String {
    format!("/iam/v1alpha1/webauthn-authenticator/{id}")
}

fn rename(wire: &Wire, key: &str, id: &str, name: &str) -> Answer {
    let body = json!({"authenticator_name": name});
    wire.request_with("PATCH", &passkey(id), Some(key), Some(body))
}

fn open() -> Wire {
    Wire::with(Options {
        control: true,
        ..Options::default()
    })
}

// Issue 8, 1: the list of passkeys.
#[test]
fn passkeys_are_listed_by_page_and_by_age() {
    let wire = Wire::new();
    let user = wire.sandbox.info().user_id.clone();
    let list = |query: &str| wire.get(&format!("{}{query}", list_of(&user)));
    let none = json!({"authenticators": [], "total_count": 0});
    assert_eq!(list("").expect(200), none);
    let mut ids = Vec::new();
    for name in ["Laptop", "Phone", "Safe"] {
        ids.push(wire.sandbox.add_passkey(&user, name).unwrap());
        wire.sandbox.advance(60);
    }
    let all = list("").expect(200);
    assert_eq!(all["total_count"], 3);
    let names = |answer: &Value| {
        let shown = answer["authenticators"].as_array().unwrap().iter();
        let names = shown.map(|one| one["name"].as_str().unwrap().to_owned());
        names.collect::<Vec<_>>()
    };
    assert_eq!(names(&all), ["Laptop", "Phone", "Safe"]);
    let first = &all["authenticators"][0];
    assert_eq!(first["id"], ids[0].as_str());
    assert!(first["created_at"].as_str().unwrap().ends_with('Z'));
    assert_eq!(first["last_login_at"], Value::Null);
    assert_eq!(first.as_object().unwrap().len(), 4);

    assert_eq!(list("?order_by=created_at_asc").expect(200), all);
    let newest = list("?order_by=created_at_desc&page_size=2").expect(200);
    assert_eq!(names(&newest), ["Safe", "Phone"]);
    let rest = list("?order_by=created_at_desc&page_size=2&page=2").expect(200);
    assert_eq!(names(&rest), ["Laptop"]);
    assert_eq!(rest["total_count"], 3);
    assert_eq!(names(&list("?page=3&page_size=2").expect(200)).len(), 0);
    for bad in ["?page=0", "?page_size=101", "?order_by=name_asc"] {
        assert_eq!(list(bad).expect(400)["type"], "invalid_arguments", "{bad}");
    }
}

// Issue 8, 1: renaming and deleting a passkey.
#[test]
fn a_passkey_is_renamed_and_deleted_and_its_user_has_changed() {
    let wire = Wire::new();
    let info = wire.sandbox.info().clone();
    let id = wire.sandbox.add_passkey(&info.user_id, "Laptop").unwrap();
    let updated = || wire.get(&wire.user_path("")).expect(200)["updated_at"].clone();
    let mut seen = updated();
    let mut has_changed = |wire: &Wire| {
        let now = updated();
        wire.sandbox.advance(60);
        now != std::mem::replace(&mut seen, now.clone())
    };
    wire.sandbox.advance(60);

    let renamed = rename(&wire, &info.secret_key, &id, " Old laptop ").expect(200);
    assert_eq!(renamed["name"], "Old laptop");
    let listed = wire.get(&list_of(&info.user_id)).expect(200);
    assert_eq!(listed["authenticators"], json!([renamed]));
    assert!(has_changed(&wire));
    for body in [json!({"authenticator_name": "  "}), json!({})] {
        let refused = wire.request("PATCH", &passkey(&id), Some(body)).expect(400);
        let argument = &refused["details"][0]["argument_name"];
        assert_eq!(argument, "authenticator_name");
    }
    assert!(!has_changed(&wire));
    wire.delete(&passkey(&id)).expect(204);
    assert!(has_changed(&wire));
    wire.sandbox.add_passkey(&info.user_id, "Another").unwrap();
    assert!(has_changed(&wire));
    for gone in [
        wire.delete(&passkey(&id)),
        rename(&wire, &info.secret_key, &id, "x"),
        wire.delete(&passkey("nonsense")),
    ] {
        let gone = gone.expect(404);
        assert_eq!(gone["type"], "not_found");
        assert_eq!(gone["resource"], "webauthn_authenticator");
    }
}

// Issue 8, 1: who may do it.
#[test]
fn an_administrator_lists_and_deletes_the_passkeys_of_its_members_only() {
    let wire = with_member();
    let info = wire.sandbox.info().clone();
    let add = |user: &str| wire.sandbox.add_passkey(user, "Key").unwrap();
    let (own, members, foreign) = (add(&info.user_id), add(MEMBER), add(STRANGER));
    let as_member =
        |method: &str, path: &str| wire.request_with(method, path, Some(MEMBER_KEY), None);

    let denied = as_member("GET", &list_of(&info.user_id)).expect(403);
    let details = json!([{"action": "read", "resource": "webauthn_authenticator"}]);
    assert_eq!(denied["details"], details);
    as_member("DELETE", &passkey(&own)).expect(403);
    rename(&wire, MEMBER_KEY, &own, "Mine").expect(403);
    as_member("GET", &list_of(MEMBER)).expect(200);
    rename(&wire, MEMBER_KEY, &members, "Mine").expect(200);

    let seen = wire.get(&list_of(MEMBER)).expect(200);
    assert_eq!(seen["authenticators"][0]["name"], "Mine");
    rename(&wire, &info.secret_key, &members, "Yours").expect(403);
    wire.delete(&passkey(&members)).expect(204);
    assert_eq!(
        as_member("GET", &list_of(MEMBER)).expect(200)["total_count"],
        0
    );

    wire.get(&list_of(STRANGER)).expect(404);
    let unseen = wire.delete(&passkey(&foreign)).expect(404);
    assert_eq!(unseen["resource"], "webauthn_authenticator");
}

// Issue 8, 1: the panel names the passkeys. Issue 11, 1: they may be the second factor.
#[test]
fn the_panel_names_the_passkeys_beside_the_app() {
    let wire = Wire::new();
    let user = wire.sandbox.info().user_id.clone();
    let mut browser = Browser::signed_in(&wire);
    let none = browser.open("/panel");
    assert!(!none.html().contains("/remove"), "{}", none.html());
    wire.sandbox.add_passkey(&user, "Laptop").unwrap();
    wire.sandbox.add_passkey(&user, "<b>Phone</b>").unwrap();
    let names = |page: &Answer| {
        page.shows(200, ">Laptop</p>");
        page.shows(200, ">&lt;b&gt;Phone&lt;/b&gt;</p>");
    };
    let page = browser.open("/panel");
    names(&page);
    page.shows(200, "class=\"badge on\">On<");
    page.shows(200, "Add an authenticator app");
    wire.sandbox.passkey_readings(false, true).unwrap();
    let page = browser.open("/panel");
    page.shows(200, "class=\"badge off\">Off");
    page.shows(200, "Enable two-factor authentication");
    let key = browser.start();
    browser
        .enable(&wire.code(&key))
        .leads_to("/panel/backup-codes");
    names(&browser.open("/panel"));
    browser
        .open("/panel/two-factor/disable")
        .shows(200, "Your passkeys stay.");
    wire.sandbox.advance(60);
    browser
        .disable("disable", ("code", &wire.code(&key)))
        .leads_to("/panel");
    names(&browser.open("/panel"));
}

// Issue 8, 1: the door for passkeys.
#[test]
fn the_door_sets_how_passkeys_count_and_adds_one() {
    let wire = open();
    let user = wire.sandbox.info().user_id.clone();
    let door = |body: Value| wire.post("/_sandbox/passkeys", body);
    let set =
        |mfa: bool, codes: bool| json!({"mfa_counts_passkeys": mfa, "codes_outlive_app": codes});
    assert_eq!(door(json!({})).expect(200), set(true, true));
    let one = door(json!({"mfa_counts_passkeys": false})).expect(200);
    assert_eq!(one, set(false, true));
    let other = door(json!({"codes_outlive_app": false})).expect(200);
    assert_eq!(other, set(false, false));

    let add = |user: &str, name: &str| json!({"add": {"user_id": user, "name": name}});
    let added = door(add(&user, "Laptop")).expect(200);
    let listed = wire.get(&list_of(&user)).expect(200);
    assert_eq!(listed["authenticators"][0]["id"], added["id"]);
    let state = wire.get("/_sandbox/state").expect(200);
    let shown = json!([{"id": added["id"], "name": "Laptop"}]);
    assert_eq!(state["passkeys"], shown);
    assert_eq!(state["users"][0]["passkeys"], shown);
    assert_eq!(state["two_factor"], "off");

    // What is refused changes nothing.
    let mut unknown = add(UNKNOWN, "Laptop");
    unknown["codes_outlive_app"] = json!(true);
    assert!(door(unknown).expect(404)["message"].is_string());
    door(add(&user, " ")).expect(400);
    door(json!({"codes_outlive_ap": true})).expect(400);
    assert_eq!(door(json!({})).expect(200), set(false, false));
}

// Issue 8, 3: an owner who locks themself out has a way back.
#[test]
fn the_door_lets_an_owner_in_again_and_forgets_the_failed_attempts() {
    let wire = Wire::with(Options {
        control: true,
        seed: Some(
            Seed::parse(
                r#"{"organizations": [{"login_attempts": 3, "users": [{"email": "a@b.c"}]}]}"#,
            )
            .unwrap(),
        ),
        ..Options::default()
    });
    let wrong = |times: usize| {
        for _ in 0..times {
            wire.log_in("a@b.c", "wrong", "").expect(401);
        }
    };
    wrong(3);
    wire.log_in_first("").expect(423);
    wire.get(&wire.user_path("")).expect(423);
    let unlock = |id: &str| wire.post("/_sandbox/unlock", json!({"user_id": id}));
    assert!(unlock(UNKNOWN).expect(404)["message"].is_string());
    unlock(&wire.sandbox.info().user_id).expect(200);
    wire.get(&wire.user_path("")).expect(200);
    wrong(2);
    unlock(&wire.sandbox.info().user_id).expect(200);
    wrong(2);
    wire.log_in_first("").expect(200);
}

// Issue 8, 1: with --data both survive.
#[test]
fn passkeys_and_how_they_count_are_in_the_data_file() {
    let folder = tempfile::tempdir().unwrap();
    let start = || {
        Wire::with(Options {
            data: Some(folder.path().join("accounts.db")),
            control: true,
            ..Options::default()
        })
    };
    let before = start();
    let user = before.sandbox.info().user_id.clone();
    before.sandbox.passkey_readings(false, false).unwrap();
    before.sandbox.add_passkey(&user, "Laptop").unwrap();
    let listed = before.get(&list_of(&user)).expect(200);
    drop(before);
    let after = start();
    assert_eq!(after.get(&list_of(&user)).expect(200), listed);
    let set = after.post("/_sandbox/passkeys", json!({})).expect(200);
    let kept = json!({"mfa_counts_passkeys": false, "codes_outlive_app": false});
    assert_eq!(set, kept);
}

// Issue 8, 1: a seed names passkeys, which are the person's.
#[test]
fn a_seed_s_passkeys_belong_to_the_person_in_every_organization() {
    let user = json!({"email": "ada@example.com", "passkeys": ["Laptop", "Phone"]});
    let again = json!({"email": "ada@example.com"});
    let wire = Wire::seeded(&json!({"organizations": [
        {"users": [user]}, {"name": "B", "users": [again]}]}));
    let state = wire.sandbox.state().unwrap();
    let names = |user: &Value| {
        let all = user["passkeys"].as_array().unwrap().iter();
        all.map(|one| one["name"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(names(&state["users"][0]), ["Laptop", "Phone"]);
    assert_eq!(state["users"][0]["passkeys"], state["users"][1]["passkeys"]);
    let twice = json!({"organizations": [
        {"users": [user]}, {"name": "B", "users": [user]}]});
    let refused = Seed::parse(&twice.to_string()).unwrap_err().to_string();
    assert!(refused.contains("belong where it is first"), "{refused}");
}

// Issue 8, 1: some members have passkeys, and one in three a second factor all the same.
#[test]
fn one_member_in_three_has_a_second_factor_and_some_a_passkey() {
    let wire = Wire::with(Options {
        members: 36,
        ..Options::default()
    });
    let state = wire.sandbox.state().unwrap();
    let kinds = |two_factor: &str, has_passkey: bool| {
        let users = state["users"].as_array().unwrap().iter();
        let users = users.filter(|user| {
            user["two_factor"] == two_factor
                && user["passkeys"].as_array().unwrap().is_empty() != has_passkey
        });
        users.count()
    };
    assert_eq!(
        (kinds("on", false), kinds("on", true), kinds("off", true)),
        (8, 2, 2)
    );
    let organization = &wire.sandbox.info().organization_id;
    let list = format!("/iam/v1alpha1/users?organization_id={organization}&mfa=true");
    assert_eq!(wire.get(&list).expect(200)["total_count"], 12);
}
