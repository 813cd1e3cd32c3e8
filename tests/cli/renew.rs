//! `scw 2fa on --renew`.

use serde_json::json;

use crate::support::{OATHTOOL, World, running::Gate};

fn renew<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let arguments = ["2fa", "on", "--renew", "--otp-command", OATHTOOL];
    [&arguments[..], more].concat()
}

// Issue 7, 8
#[test]
fn without_an_answer_nothing_is_changed() {
    let world = World::logged_in();
    world.switch_on();
    for more in [&[][..], &["--no-input"], &["-o", "json"]] {
        let refused = world.run(&renew(more)).expect(2);
        assert!(refused.stderr.contains("--yes"), "{}", refused.stderr);
    }
    assert_eq!(world.asked("DELETE", "/mfa-otp"), 0);
    assert_eq!(world.asked("POST", "/mfa-otp"), 1, "the first one's");
    assert_eq!((world.two_factor().as_str(), world.unused()), ("on", 10));
}

// Issue 7, 8
#[test]
fn with_yes_the_old_codes_are_void_from_the_moment_the_old_factor_is_gone() {
    let world = World::logged_in();
    world.switch_on();
    let gate = Gate::new(&world);
    let renewal = world.on_at(&gate, OATHTOOL, &["--renew", "--yes"]);
    assert_eq!(world.two_factor(), "pending");
    assert_eq!(world.unused(), 0);
    gate.open();
    renewal.ended().expect(0);
    assert_eq!((world.two_factor().as_str(), world.unused()), ("on", 10));
    // Where there is no second factor there is nothing to ask about.
    world.run(&["2fa", "off", "--yes"]).expect(0);
    world.run(&renew(&[])).expect(0);
}

// Issue 7, 8
#[test]
fn the_old_codes_are_void_also_where_the_new_ones_cannot_be_saved() {
    let world = World::logged_in();
    let first = world.switch_on();
    let folder = world.home.path().join("safe");
    let new = folder.join("codes.txt");
    // The folder is gone when the API has said yes: the command itself removes it.
    let command = format!("rm -r {}; {OATHTOOL}", folder.display());
    let renewal = world.run(&[
        "2fa",
        "on",
        "--renew",
        "--yes",
        "--otp-command",
        &command,
        "--codes-file",
        new.to_str().unwrap(),
        "-o",
        "json",
    ]);
    let printed = renewal.expect(7).json();
    assert_eq!(printed["backup_codes"].as_array().unwrap().len(), 10);
    assert_ne!(printed["backup_codes"], first["backup_codes"]);
    assert_eq!((world.two_factor().as_str(), world.unused()), ("on", 0));
    world.run(&["2fa", "codes", "next"]).expect(1);
    let status = world.run(&["2fa", "status", "-o", "json"]).expect(0).json();
    assert_eq!(status["backup_codes_left"], 0);
}

// Issue 7, 8: a service that keeps the old factor until the new one is confirmed.
#[test]
fn a_renewal_that_fails_before_the_old_factor_is_gone_keeps_its_codes() {
    let world = World::logged_in();
    world.switch_on();
    world.fault(
        json!({"method": "POST", "path_regex": "/mfa-otp$", "action": "status",
        "status": 200, "body": {"secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"}}),
    );
    let failed = ["2fa", "on", "--renew", "--yes", "--otp-command", "false"];
    world
        .run(&failed)
        .expect(1)
        .told("Two-factor authentication is still on");
    assert_eq!(world.asked("DELETE", "/mfa-otp"), 0);
    assert_eq!((world.two_factor().as_str(), world.unused()), ("on", 10));
}

// Issue 7, 8
#[test]
fn renewing_replaces_the_authenticator_and_the_codes() {
    let world = World::logged_in();
    let first = world.switch_on();
    let ran = world.run(&renew(&["--yes", "-o", "json"])).expect(0);
    assert_ne!(ran.json()["backup_codes"], first["backup_codes"]);
    assert_eq!(world.two_factor(), "on");
    let status = world.run(&["2fa", "status", "-o", "json"]).expect(0).json();
    assert_eq!(status["backup_codes_left"], 10);

    // A renewal that fails says what the account has now.
    world
        .run(&[
            "2fa",
            "on",
            "--renew",
            "--yes",
            "--otp-command",
            "echo 000000",
        ])
        .expect(4)
        .told("Two-factor authentication is off now");
    assert_eq!(world.two_factor(), "off");
}

// Issue 7, 8
#[test]
fn a_renewal_that_fails_keeps_the_codes_that_are_still_good_and_voids_the_dead_ones() {
    let world = World::logged_in();
    world.switch_on();
    let elsewhere = world.home.path().join("new.txt");
    let elsewhere = elsewhere.to_str().unwrap();
    world.fault(
        json!({"method": "POST", "path_regex": "mfa-otp$", "action": "status",
        "status": 403, "body": {"type": "permissions_denied"}}),
    );
    world
        .run(&renew(&["--yes", "--codes-file", elsewhere]))
        .expect(4);
    assert_eq!((world.two_factor().as_str(), world.unused()), ("on", 10));

    let mut command = world.command(&["2fa", "on", "--renew"]);
    command.env("SCW_OTP", "123456");
    crate::support::Ran::of(command.output().unwrap())
        .expect(2)
        .told("SCW_OTP");
    assert_eq!((world.two_factor().as_str(), world.unused()), ("on", 10));

    let fails = [
        "2fa",
        "on",
        "--renew",
        "--yes",
        "--otp-command",
        "false",
        "--codes-file",
        elsewhere,
    ];
    world
        .run(&fails)
        .expect(1)
        .told("Two-factor authentication is off now");
    assert_eq!((world.two_factor().as_str(), world.unused()), ("off", 0));
}
