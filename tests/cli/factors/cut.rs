//! Runs that are cut beside passkeys, or meet somebody else there. The crash matrix
//! (`tests/crash`) cuts at every call; here are the moments that it found something at.

use scw_sandbox::Seen;
use serde_json::json;

use super::{COUNTS_PASSKEYS, State, add_passkey};
use crate::support::{OATHTOOL, World, running::until};

/// Kills a command when the service has removed something for it, and it asks what it has now.
fn killed_at_delete(world: &World, path: &str, skip: u32, command: &[&str]) {
    world.fault(
        json!({"method": "GET", "path_regex": "/users/[^/]+$", "skip": skip,
        "action": "delay", "ms": 60_000}),
    );
    let before = world.sandbox.requests().len();
    let running = world.start(command);
    until("it is removed, and something is asked after it", || {
        let mut seen = world.sandbox.requests().into_iter().skip(before);
        let mut deleted = |seen: Seen| seen.method == "DELETE" && seen.path.contains(path);
        seen.any(&mut deleted) && seen.next().is_some()
    });
    running.kill();
}

/// The app goes, and the codes saved here stay, beside a passkey.
fn app_removed_elsewhere(world: &World) {
    world.switch_on();
    add_passkey(world, "Laptop");
    let path = format!("/iam/v1alpha1/users/{}/mfa-otp", world.info().user_id);
    world.elsewhere("DELETE", &path, "{}");
}

// Issue 8, 1: no call tells whether the app is gone, and its codes are not handed out.
#[test]
fn an_off_that_died_beside_a_passkey_offers_no_code_any_more() {
    for again in [&["2fa", "off", "--yes"][..], &["2fa", "codes", "next"]] {
        let world = World::logged_in();
        State::of("both").make(&world);
        // The account was last changed long before.
        world.sandbox.advance(60);
        killed_at_delete(&world, "mfa-otp", 1, &["2fa", "off", "--yes"]);
        assert_eq!(world.two_factor(), "off");
        let next = world.run(again);
        let told = "Marked the saved backup codes as void";
        assert!(next.stderr.contains(told), "{}", next.stderr);
        assert_eq!(world.unused(), 0, "{again:?}");
        world.run(&["2fa", "off", "--yes"]).expect(0);
        assert_eq!(world.unused(), 0, "{again:?}");
    }
}

// Issue 8, 2
#[test]
fn a_removal_of_the_last_passkey_that_died_is_settled_by_whatever_comes_next() {
    // Where nothing tells that the app is gone, `off` asks once more.
    let more = u32::from(COUNTS_PASSKEYS);
    for (skip, command) in [
        (2, &["2fa", "keys", "remove", "Laptop", "--yes"][..]),
        (1 + more, &["2fa", "off", "--all", "--yes"]),
    ] {
        let world = World::logged_in();
        app_removed_elsewhere(&world);
        killed_at_delete(&world, "webauthn-authenticator/", skip, command);
        let list = world.run(&["2fa", "codes", "list"]).expect(0);
        assert_eq!(list.stdout.matches("void").count(), 10, "{}", list.stdout);
        let told = "Two-factor authentication is off";
        assert!(list.stderr.contains(told), "{}", list.stderr);
    }
}

// Issue 8, 2
#[test]
fn a_removal_that_died_before_it_happened_leaves_the_codes_alone() {
    let world = World::logged_in();
    State::of("both").make(&world);
    world.fault(
        json!({"method": "DELETE", "path_regex": "webauthn-authenticator/",
        "action": "delay", "ms": 60_000}),
    );
    let remove = world.start(&["2fa", "keys", "remove", "Laptop", "--yes"]);
    until("the deletion is asked for", || {
        let seen = world.sandbox.requests();
        seen.iter().any(|seen| seen.method == "DELETE")
    });
    remove.kill();
    let status = world.run(&["2fa", "status"]).expect(0);
    assert!(!status.stderr.contains("earlier scw"), "{}", status.stderr);
    assert_eq!(world.unused(), 10);
}

// Issue 8, 1: the codes of the app before are dead once a new one is on.
#[test]
fn a_lost_confirmation_beside_a_passkey_leaves_no_older_code() {
    let world = World::logged_in();
    app_removed_elsewhere(&world);
    world.fault(json!({"path_regex": "validate-mfa-otp$", "action": "drop_after"}));
    world
        .run(&["2fa", "on", "--otp-command", OATHTOOL])
        .expect(5)
        .told("no backup codes are saved");
    assert_eq!((world.two_factor().as_str(), world.unused()), ("on", 0));
}

// Issue 8, 1: between the new key that tells that there is no app, and its removal.
#[test]
fn an_app_that_is_added_elsewhere_while_scw_asks_for_one_is_left_alone() {
    let wrong = ["2fa", "on", "--otp-command", "echo 000000"];
    let world = World::logged_in();
    // As the service counts them where the app stays unknown.
    world.sandbox.passkey_readings(true, true).unwrap();
    add_passkey(&world, "Laptop");
    let start = world.sandbox.requests().len();
    world.run(&wrong).expect(4);
    let seen = &world.sandbox.requests()[start..];
    let is_probe = |at: &usize| seen[*at].method == "POST" && seen[*at].path.ends_with("/mfa-otp");
    let probe = (0..seen.len()).filter(is_probe).nth(1).unwrap();
    let is_question = |path: &str| {
        let user = path.rsplit_once("/users/").map(|(_, user)| user);
        user.is_some_and(|user| !user.contains('/'))
    };
    let questions = seen[..probe].iter();
    let before = questions
        .filter(|seen| seen.method == "GET" && is_question(&seen.path))
        .count();
    world.fault(
        json!({"method": "GET", "path_regex": "/users/[^/]+$", "skip": before,
        "action": "delay", "ms": 3000}),
    );
    let asked = world.asked("POST", "/mfa-otp");
    let running = world.start(&wrong);
    world.until_asked("POST", "/mfa-otp", asked + 2);
    // The times of the sandbox are whole seconds.
    world.sandbox.advance(60);
    world.switch_on_elsewhere();
    let ran = running.ended();
    assert_eq!(world.two_factor(), "on", "{}", ran.stderr);
    assert!(ran.stderr.contains("scw left it alone"), "{}", ran.stderr);
}

// Issue 8, 2
#[test]
fn a_lost_answer_to_a_new_name_is_found_out() {
    for (action, code, name) in [("drop_after", 0, "Desk"), ("drop_before", 5, "Laptop")] {
        let world = World::logged_in();
        add_passkey(&world, "Laptop");
        world.fault(
            json!({"method": "PATCH", "path_regex": "webauthn-authenticator/",
            "action": action, "times": 9}),
        );
        let ran = world.run(&["2fa", "keys", "rename", "Laptop", "Desk"]);
        let ran = ran.expect(code);
        let state = world.sandbox.state().unwrap();
        assert_eq!(state["passkeys"][0]["name"], name, "{action}");
        let told = if code == 0 {
            "Renamed passkey `Laptop` to `Desk`"
        } else {
            "It has its old name"
        };
        assert!(ran.stderr.contains(told), "{}", ran.stderr);
    }
}
