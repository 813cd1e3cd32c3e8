//! What the API did not tell is no "no": no code is voided, nothing is called off, and nothing is
//! removed, on the strength of an answer that was not given.

use serde_json::{Value, json};

use super::{COUNTS_PASSKEYS, State, add_passkey};
use crate::support::{OATHTOOL, World};

fn both() -> World {
    let world = World::logged_in();
    State::of("both").make(&world);
    world
}

fn unlisted(skip: u32) -> Value {
    json!({"method": "GET", "path_regex": "webauthn-authenticators$", "skip": skip, "times": 99,
        "action": "status", "status": 403, "body": {"type": "permissions_denied",
            "details": [{"action": "read", "resource": "user"}]}})
}

/// The console removes the app.
fn without_app(world: &World) {
    let path = format!("/iam/v1alpha1/users/{}/mfa-otp", world.info().user_id);
    world.elsewhere("DELETE", &path, "{}");
}

fn unused(world: &World) -> usize {
    let codes = world.run(&["2fa", "codes", "list"]).expect(0).stdout;
    codes.matches("unused").count()
}

// Issue 8, 1
#[test]
fn a_refusal_with_a_reason_does_not_say_that_there_is_no_app() {
    for body in [
        json!({"type": "precondition_failed", "precondition": "unknown_precondition",
            "help_message": "the organization enforces MFA"}),
        json!({"type": "not_found", "resource": "user", "resource_id": "x"}),
    ] {
        for all in [&[][..], &["--all"]] {
            let world = both();
            let status = if body["type"] == "not_found" {
                404
            } else {
                412
            };
            world.fault(
                json!({"method": "DELETE", "path_regex": "mfa-otp$", "action": "status",
                "status": status, "body": body}),
            );
            let off = [&["2fa", "off", "--yes"][..], all].concat();
            world.run(&off).expect(1).told("could not turn");
            assert_eq!(world.two_factor(), "on");
            assert_eq!(unused(&world), 10, "{body}");
            world.run(&["2fa", "status", "--check"]).expect(0);
        }
    }
    let world = both();
    world.fault(
        json!({"method": "DELETE", "path_regex": "mfa-otp$", "action": "status",
        "status": 412, "body": {"type": "precondition_failed", "help_message": "not now"}}),
    );
    let renew = ["2fa", "on", "--renew", "--yes", "--otp-command", OATHTOOL];
    world.run(&renew).expect(1);
    assert_eq!((world.two_factor().as_str(), unused(&world)), ("on", 10));
}

// Issue 8, 1: a service that lets a new key stand beside the app is not on record.
#[test]
fn a_new_key_beside_an_app_that_is_on_does_not_cost_the_app() {
    let world = both();
    world.fault(
        json!({"method": "POST", "path_regex": "/mfa-otp$", "times": 9,
        "action": "status", "status": 200, "body": {"secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"}}),
    );
    world
        .run(&["2fa", "on", "--otp-command", "echo 000000"])
        .expect(4)
        .told("it opens nothing");
    assert_eq!(world.asked("DELETE", "mfa-otp"), 0);
    assert_eq!((world.two_factor().as_str(), unused(&world)), ("on", 10));
}

// Issue 8, 1
#[test]
fn passkeys_that_are_not_listed_are_not_counted_as_none() {
    let world = both();
    without_app(&world);
    world.fault(unlisted(0));
    for command in [&["2fa", "status"][..], &["2fa", "recover"], &["whoami"]] {
        let ran = world.run(command).expect(0);
        assert!(!ran.stderr.contains("void"), "{}", ran.stderr);
        assert!(!ran.stdout.contains("are enough"), "{}", ran.stdout);
    }
    assert_eq!(unused(&world), 10);
    let status = world.run(&["2fa", "status", "-o", "json"]).expect(0).json();
    let factors = status["factors"].as_array().unwrap();
    assert!(
        factors
            .iter()
            .any(|one| one["type"] == "passkey" && one["state"] == "unknown")
    );

    for skip in 0..3 {
        let world = both();
        world.fault(unlisted(skip));
        let off = world.run(&["2fa", "off", "--yes"]).expect(0);
        let claim = "Two-factor authentication is off";
        assert!(!off.stderr.contains(claim), "{skip}: {}", off.stderr);
    }
    let world = World::logged_in();
    world.switch_on();
    add_passkey(&world, "Laptop");
    add_passkey(&world, "Safe");
    without_app(&world);
    world.fault(unlisted(4));
    let removed = world
        .run(&["2fa", "keys", "remove", "Safe", "-y"])
        .expect(0);
    assert!(
        !removed.stderr.contains("authentication is off"),
        "{}",
        removed.stderr
    );
    assert_eq!(unused(&world), 10);
}

// Issue 8, 1: an administrator finds out about a member without making a key for them.
#[test]
fn for_another_member_no_key_is_made_and_the_real_cause_is_told() {
    let seed = json!({"organizations": [{"users": [{"email": "boss@example.com"},
        {"email": "jo@example.com", "id": "5c9e0a3e-1d0f-4a55-9d6f-0f0e4a6d2b11",
            "otp_secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "passkeys": ["Laptop"]}]}]});
    let world = World::seeded(&seed.to_string());
    world.log_in();
    world.fault(json!({"method": "DELETE", "path_regex": "mfa-otp$", "action": "drop_before"}));
    let off = [
        "2fa",
        "off",
        "--yes",
        "--user",
        "5c9e0a3e-1d0f-4a55-9d6f-0f0e4a6d2b11",
    ];
    world.run(&off).expect(5).told("could not reach");
    assert_eq!(world.asked("POST", "mfa-otp"), 0);
    world.run(&off).expect(0);
    let again = world.run(&off).expect(0);
    let hint = "hint: to remove every second factor, add `--all`";
    assert!(again.stderr.contains(hint), "{}", again.stderr);
}

// Issue 8, 1
#[test]
fn the_reason_of_a_refused_new_key_is_shown_beside_a_passkey() {
    let world = World::logged_in();
    add_passkey(&world, "Laptop");
    world.fault(
        json!({"method": "POST", "path_regex": "/mfa-otp$", "action": "status",
        "status": 412, "body": {"type": "precondition_failed",
            "help_message": "set a phone number first"}}),
    );
    let on = world.run(&["2fa", "on", "--otp-command", OATHTOOL]);
    assert!(
        on.stderr
            .to_lowercase()
            .contains("set a phone number first"),
        "{}",
        on.stderr
    );
    assert_eq!(on.code, i32::from(!COUNTS_PASSKEYS));
}

// Issue 8, 1
#[test]
fn every_factor_is_named_in_json_too() {
    let world = both();
    let off = world
        .run(&["2fa", "off", "--all", "--yes", "-o", "json"])
        .expect(0);
    assert!(off.stderr.contains("passkey `Laptop`"), "{}", off.stderr);
    for line in off.stderr.lines() {
        serde_json::from_str::<Value>(line).unwrap();
    }
}
