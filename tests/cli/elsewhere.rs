//! A second factor that another machine or the console changes while `scw 2fa on` goes on.

use rustix::process::Signal;
use serde_json::json;

use crate::support::{OATHTOOL, Ran, World, running::Gate};

/// The second factor that was Somebody else turned two-factor authentication on is still there, and nothing was asked to
/// remove it.
#[track_caller]
fn it_stays_on(world: &World) {
    assert_eq!(world.two_factor(), "on");
    assert_eq!(world.asked("DELETE", "/mfa-otp"), 0);
}

// Issue 7, 1
#[test]
fn what_another_machine_switched_on_stays_on_when_the_code_never_comes() {
    for (rest, code) in [("false", 1), ("echo 000000", 4), ("echo nonsense", 4)] {
        let world = World::logged_in();
        let gate = Gate::new(&world);
        let on = world.on_at(&gate, rest, &[]);
        world.switch_on_elsewhere();
        gate.open();
        let failed = on
            .ended()
            .expect(code)
            .told("Somebody else turned two-factor authentication on");
        assert!(!failed.stderr.contains("unchanged"), "{}", failed.stderr);
        it_stays_on(&world);
    }
}

// Issue 7, 1
#[test]
fn what_another_machine_switched_on_stays_on_when_the_code_is_right_for_our_key() {
    let world = World::logged_in();
    let gate = Gate::new(&world);
    let on = world.on_at(&gate, OATHTOOL, &[]);
    world.switch_on_elsewhere();
    gate.open();
    let ran = on.ended();
    assert_ne!(ran.code, 0, "{}", ran.stderr);
    let ran = ran.told("Somebody else turned two-factor authentication on");
    assert!(!ran.stderr.contains("unchanged"), "{}", ran.stderr);
    it_stays_on(&world);
}

// Issue 7, 1
#[test]
fn what_another_machine_switched_on_stays_on_when_this_run_is_told_to_end() {
    for signal in [Signal::INT, Signal::TERM] {
        let world = World::logged_in();
        let gate = Gate::new(&world);
        let on = world.on_at(&gate, OATHTOOL, &[]);
        world.switch_on_elsewhere();
        on.signal(signal);
        let ended = on.ended().expect(130);
        assert!(
            ended
                .stderr
                .contains("Somebody else turned two-factor authentication on"),
            "{}",
            ended.stderr
        );
        it_stays_on(&world);
    }
}

// Issue 7, 1
#[test]
fn a_key_that_the_service_refuses_to_make_is_nothing_to_remove() {
    let world = World::logged_in();
    let refused = || {
        world.fault(
            json!({"method": "POST", "path_regex": "/mfa-otp$", "action": "status",
            "status": 412, "body": {"type": "precondition_failed", "help_message": "not now"}}),
        );
    };
    let on = ["2fa", "on", "--otp-command", OATHTOOL];
    refused();
    world.run(&on).expect(1).told("not now");
    assert_eq!(world.asked("DELETE", "/mfa-otp"), 0);

    // Refused, since another machine was faster: it is on, and that is all that is said.
    world
        .fault(json!({"method": "POST", "path_regex": "/mfa-otp$", "action": "delay", "ms": 1000}));
    let late = world.start(&on);
    world.until_asked("POST", "/mfa-otp", 2);
    world.switch_on_elsewhere();
    let late = late.ended().expect(0);
    assert!(late.stderr.contains("is already on"), "{}", late.stderr);
    it_stays_on(&world);
}

// Issue 7, 1
#[test]
fn a_renewal_whose_new_key_is_refused_keeps_the_old_factor() {
    let world = World::logged_in();
    world.switch_on();
    let gate = Gate::new(&world);
    // By the time the code comes the account has what another machine gave it.
    let renewal = world.on_at(&gate, "false", &["--renew", "--yes"]);
    let deleted = world.asked("DELETE", "/mfa-otp");
    world.switch_on_elsewhere();
    gate.open();
    renewal
        .ended()
        .expect(1)
        .told("Somebody else turned two-factor authentication on");
    assert_eq!(world.two_factor(), "on");
    assert_eq!(world.asked("DELETE", "/mfa-otp"), deleted);
}

/// `scw 2fa on`, whose confirmation is answered so.
fn on_with(world: &World, mut fault: serde_json::Value) -> Ran {
    fault["method"] = json!("POST");
    fault["path_regex"] = json!("validate-mfa-otp$");
    world.fault(fault);
    world.run(&["2fa", "on", "--otp-command", OATHTOOL])
}

// Issue 7, 1
#[test]
fn a_lost_answer_to_the_confirmation_is_told_as_what_the_account_says() {
    // It never arrived: the account says "off", and our pending key goes.
    let world = World::logged_in();
    on_with(&world, json!({"action": "drop_before"}))
        .expect(5)
        .told("The account is unchanged");
    assert_eq!(world.two_factor(), "off");
    assert_eq!(world.asked("DELETE", "/mfa-otp"), 1);

    // It was carried out: the account says "on", and it is left alone.
    let world = World::logged_in();
    on_with(&world, json!({"action": "drop_after"}))
        .expect(5)
        .told("Two-factor authentication is on now");
    it_stays_on(&world);

    // Nobody says anything any more: neither is claimed.
    let world = World::logged_in();
    world.fault(json!({"method": "POST", "path_regex": "validate-mfa-otp$",
        "action": "drop_after"}));
    let gate = Gate::new(&world);
    let on = world.on_at(&gate, OATHTOOL, &[]);
    world.fault(
        json!({"method": "GET", "path_regex": "/users/[^/]+$", "action": "status",
        "status": 503, "times": 3}),
    );
    gate.open();
    let failed = on.ended().expect(5).told("scw does not know whether");
    assert!(!failed.stderr.contains("unchanged"), "{}", failed.stderr);
    it_stays_on(&world);
    // The next run finds out, and says so.
    let status = world.run(&["2fa", "status"]).expect(0);
    assert!(
        status
            .stderr
            .contains("its backup codes are not saved here"),
        "{}",
        status.stderr
    );
}

// Issue 7, 1
#[test]
fn where_the_account_cannot_be_asked_nothing_is_removed_and_nothing_claimed() {
    let world = World::logged_in();
    let gate = Gate::new(&world);
    let on = world.on_at(&gate, "false", &[]);
    world.switch_on_elsewhere();
    world.fault(
        json!({"method": "GET", "path_regex": "/users/[^/]+$", "action": "status",
        "status": 503, "times": 3}),
    );
    gate.open();
    let failed = on.ended().expect(1).told("could not remove the new key");
    assert!(!failed.stderr.contains("unchanged"), "{}", failed.stderr);
    it_stays_on(&world);
}
