//! A change that was cut leaves it open what became of the codes. A later one that is refused does
//! not answer that.

use serde_json::json;

use crate::support::{OATHTOOL, World, running::until};

/// A world where `2fa off` was killed before the service had removed the app, which was switched
/// on just before: nothing tells that it is still the same one.
fn in_doubt() -> World {
    let world = World::logged_in();
    world.switch_on();
    world.fault(json!({"method": "DELETE", "path_regex": "mfa-otp$",
        "action": "delay", "ms": 60_000}));
    let off = world.start(&["2fa", "off", "--yes"]);
    until("the deletion is asked for", || {
        world.asked("DELETE", "/mfa-otp") == 1
    });
    off.kill();
    expect_doubt(&world);
    world
}

fn expect_doubt(world: &World) {
    let status = world.run(&["2fa", "status"]).expect(0);
    let told = "the saved backup codes may be void";
    assert!(status.stderr.contains(told), "{}", status.stderr);
}

// Issue 8, 1
#[test]
fn a_removal_that_is_refused_leaves_the_doubt_of_an_earlier_run() {
    let world = in_doubt();
    world.fault(
        json!({"method": "DELETE", "path_regex": "mfa-otp$", "action": "status",
        "status": 403, "body": {"type": "permissions_denied", "details": []}}),
    );
    world.run(&["2fa", "off", "--yes"]).expect(4);
    expect_doubt(&world);
}

// Issue 8, 1: a service that keeps the old factor until the new one is confirmed.
#[test]
fn a_renewal_that_is_refused_leaves_the_doubt_of_an_earlier_run() {
    let world = in_doubt();
    world.fault(
        json!({"method": "POST", "path_regex": "/mfa-otp$", "action": "status",
        "status": 200, "body": {"secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"}}),
    );
    world.fault(
        json!({"path_regex": "validate-mfa-otp$", "action": "status", "status": 403,
        "body": {"type": "permissions_denied", "details": []}}),
    );
    world
        .run(&["2fa", "on", "--renew", "--yes", "--otp-command", OATHTOOL])
        .expect(4);
    expect_doubt(&world);
    world
        .run(&["2fa", "on", "--renew", "--yes", "--otp-command", OATHTOOL])
        .expect(0);
    let status = world.run(&["2fa", "status"]).expect(0);
    assert!(!status.stderr.contains("may be void"), "{}", status.stderr);
}
