//! `scw 2fa keys`.

use serde_json::json;

use super::{COUNTS_PASSKEYS, State, add_passkey};
use crate::support::{Ran, World};

// Issue 8, 2
#[test]
fn a_removal_names_what_is_left_and_asks() {
    let world = World::logged_in();
    State::of("both").make(&world);
    let refused = world.run(&["2fa", "keys", "remove", "Laptop"]).expect(2);
    let refused = refused.told("`--yes`");
    let told = "does not tell whether an authenticator app is on";
    assert!(refused.stderr.contains(told), "{}", refused.stderr);
    add_passkey(&world, "Safe");
    let refused = world.run(&["2fa", "keys", "remove", "Laptop"]).expect(2);
    let told = "The account keeps: authenticator app: unknown";
    assert!(refused.stderr.contains(told), "{}", refused.stderr);
    assert!(refused.stderr.contains("passkey `Safe`"));
    assert_eq!(world.asked("DELETE", ""), 0);
    world
        .run(&["2fa", "keys", "remove", "Safe", "-y"])
        .expect(0);
    let removed = world
        .run(&["2fa", "keys", "remove", "Laptop", "-y"])
        .expect(0);
    assert!(
        removed
            .stderr
            .contains("Still on the account: authenticator app"),
        "{}",
        removed.stderr
    );
}

// Issue 8, 2
#[test]
fn the_last_factor_is_warned_of_and_its_codes_become_void() {
    let world = World::logged_in();
    world.switch_on();
    add_passkey(&world, "Laptop");
    world.run(&["2fa", "off", "--yes"]).expect(0);
    let removed = world
        .run(&["2fa", "keys", "remove", "Laptop", "-y"])
        .expect(0);
    let warning = if COUNTS_PASSKEYS {
        "this may be the last second factor"
    } else {
        "this is the last second factor"
    };
    assert!(removed.stderr.contains(warning), "{}", removed.stderr);
    let off = "Two-factor authentication is off";
    assert!(removed.stderr.contains(off), "{}", removed.stderr);
    let codes = world.run(&["2fa", "codes", "list"]).expect(0).stdout;
    assert_eq!(codes.matches("void").count(), 10, "{codes}");
}

// Issue 8, 2
#[test]
fn a_name_that_two_passkeys_have_needs_the_id() {
    let world = World::logged_in();
    let ids = ["Key", "Key", "Desk"].map(|name| add_passkey(&world, name));
    for command in [&["rename", "Key", "New"][..], &["remove", "Key", "--yes"]] {
        let refused = world.run(&[&["2fa", "keys"], command].concat()).expect(2);
        let refused = refused.told("2 passkeys are called `Key`");
        assert!(ids[..2].iter().all(|id| refused.stderr.contains(id)));
    }
    let upper = ids[1].to_uppercase();
    world
        .run(&["2fa", "keys", "remove", &upper, "--yes"])
        .expect(0);
    let left = world
        .run(&["2fa", "keys", "list", "-o", "json"])
        .expect(0)
        .json();
    let left: Vec<&str> = left["passkeys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| key["id"].as_str().unwrap())
        .collect();
    assert_eq!(left, [&ids[0], &ids[2]]);
    let renamed = world
        .run(&["2fa", "keys", "rename", &ids[0], "Desk"])
        .expect(0);
    assert!(
        renamed
            .stderr
            .contains("another passkey already has this name")
    );
    world
        .run(&["2fa", "keys", "rename", &ids[0], "  "])
        .expect(2)
        .told("is empty");
}

// Issue 8, 2
#[test]
fn a_passkey_that_is_gone_in_the_meantime_is_no_failure_and_no_change() {
    let world = World::logged_in();
    add_passkey(&world, "Laptop");
    world.fault(
        json!({"method": "DELETE", "path_regex": "webauthn-authenticator/",
        "action": "status", "status": 404,
        "body": {"type": "not_found", "resource": "webauthn_authenticator"}}),
    );
    let ran = world
        .run(&["2fa", "keys", "remove", "Laptop", "-y", "-o", "json"])
        .expect(0);
    assert_eq!(ran.json()["changed"], false);
}

// Issue 8, 2
#[test]
fn a_lost_answer_to_a_removal_is_looked_up() {
    for (action, code, passkeys) in [("drop_after", 0, 0), ("drop_before", 5, 1)] {
        let world = World::logged_in();
        add_passkey(&world, "Laptop");
        world.fault(
            json!({"method": "DELETE", "path_regex": "webauthn-authenticator/",
            "action": action}),
        );
        let ran = world
            .run(&["2fa", "keys", "remove", "Laptop", "-y", "-o", "json"])
            .expect(code);
        if code == 0 {
            assert_eq!(ran.json()["changed"], true);
        } else {
            assert!(
                ran.stderr.contains("still on the account"),
                "{}",
                ran.stderr
            );
        }
        assert_eq!(world.asked("DELETE", ""), 1, "it was not sent twice");
        let state = world.sandbox.state().unwrap();
        assert_eq!(state["passkeys"].as_array().unwrap().len(), passkeys);
    }
    let world = World::logged_in();
    add_passkey(&world, "Laptop");
    world.fault(
        json!({"method": "DELETE", "path_regex": "webauthn-authenticator/",
        "action": "drop_after"}),
    );
    world.fault(
        json!({"method": "GET", "path_regex": "webauthn-authenticators$", "skip": 2,
        "action": "status", "status": 503, "times": 99}),
    );
    world
        .run(&["2fa", "keys", "remove", "Laptop", "-y"])
        .expect(5)
        .told("scw does not know whether it is gone");
}

// Issue 8, 2
#[test]
fn the_2017_api_knows_no_passkeys_and_says_so() {
    let world = World::logged_in();
    for command in [&["keys", "list"][..], &["off", "--all", "--yes"]] {
        let mut command = world.command(&[&["2fa"], command].concat());
        command
            .env("SCW_API", "account")
            .env("SCW_SECRET_KEY", &world.info().token);
        let ran = Ran::of(command.output().unwrap());
        ran.expect(2).told("--api iam");
    }
}

// Issue 8, 2
#[test]
fn a_name_from_outside_cannot_drive_the_terminal() {
    let world = World::logged_in();
    world.fault(
        json!({"method": "GET", "path_regex": "webauthn-authenticators$", "times": 9,
        "action": "status", "status": 200, "body": {"total_count": 1, "authenticators": [
            {"id": "5c9e0a3e-1d0f-4a55-9d6f-0f0e4a6d2b11", "name": "Key\u{1b}[31m\nforged"}]}}),
    );
    for command in [&["2fa", "keys", "list"][..], &["2fa", "status"]] {
        let shown = world.run(command).expect(0).stdout;
        assert!(shown.contains("Key\u{fffd}[31m forged"), "{shown}");
        assert!(!shown.contains('\u{1b}'), "{shown}");
    }
    // An id that could change a path is not taken.
    world.fault(
        json!({"method": "GET", "path_regex": "webauthn-authenticators$",
        "action": "status", "status": 200, "body": {"total_count": 1, "authenticators": [
            {"id": "../api-keys/SCW1234567890ABCDEFG", "name": "Key"}]}}),
    );
    world.fault(
        json!({"method": "GET", "path_regex": "webauthn-authenticators$", "times": 9,
        "action": "status", "status": 200, "body": {"total_count": 1, "authenticators": [
            {"id": "../api-keys/SCW1234567890ABCDEFG", "name": "Key"}]}}),
    );
}
