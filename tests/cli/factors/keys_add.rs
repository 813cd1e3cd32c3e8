//! `scw 2fa keys add`, as far as it goes without a security key. The unit tests beside it go the
//! whole way with one in software.

use crate::support::{Ran, World};

/// Whether the system of this machine lists any device that a security key could be.
fn has_devices() -> bool {
    std::fs::read_dir("/sys/class/hidraw").is_ok_and(|mut devices| devices.next().is_some())
}

// Issue 11, 3
#[test]
fn an_origin_that_passkeys_do_not_have_is_refused_before_anything_is_asked() {
    let world = World::logged_in();
    let asked = world.sandbox.requests().len();
    for (origin, told) in [
        (
            "http://console.scaleway.com",
            "plain http is for localhost only",
        ),
        ("https://127.0.0.1:8080", "not an IP address"),
        ("https://console.scaleway.com/login", "and nothing else"),
        ("console", "not an origin"),
    ] {
        let mut command = world.command(&["2fa", "keys", "add"]);
        command.env("SCW_WEBAUTHN_ORIGIN", origin);
        let refused = Ran::of(command.output().unwrap()).expect(2).told(told);
        assert!(
            refused
                .stderr
                .contains("could not add the passkey: `SCW_WEBAUTHN_ORIGIN`")
                || refused.stderr.contains("SCW_WEBAUTHN_ORIGIN: "),
            "{}",
            refused.stderr
        );
    }
    assert_eq!(world.sandbox.requests().len(), asked);
}

// Issue 11, 3
#[test]
fn a_name_that_is_empty_or_too_long_is_refused_before_anything_is_asked() {
    let world = World::logged_in();
    let asked = world.sandbox.requests().len();
    for name in ["", "  ", &"x".repeat(101)] {
        world
            .run(&["2fa", "keys", "add", name])
            .expect(2)
            .told("could not add the passkey: the name is");
    }
    assert_eq!(world.sandbox.requests().len(), asked);
}

// Issue 11, 3
#[test]
fn without_a_login_and_without_a_security_key_it_says_what_is_missing() {
    let world = World::new();
    world.run(&["2fa", "keys", "add"]).expect(3);
    world.log_in();
    if has_devices() {
        // Whatever is plugged in here must not be asked by a test.
        return;
    }
    let missing = world.run(&["2fa", "keys", "add"]).expect(1);
    let missing = missing.told("could not add the passkey: no security key is plugged in");
    let hint = "hint: plug the security key in, then run the command again";
    assert!(missing.stderr.contains(hint), "{}", missing.stderr);
    assert_eq!(world.asked("POST", "webauthn"), 0);
}
