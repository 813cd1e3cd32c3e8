//! `on` beside passkeys, where no call tells whether the app is on: what is learned from the 412,
//! and what is left alone.

use serde_json::json;

use super::{State, add_passkey};
use crate::support::{OATHTOOL, World, running::Gate};

fn seeded(ways: &serde_json::Value) -> World {
    let mut organization = json!({"name": "Example", "users": [{"email": "jo@example.com"}]});
    for (name, value) in ways.as_object().unwrap() {
        organization[name] = value.clone();
    }
    let world = World::seeded(&json!({"organizations": [organization]}).to_string());
    world.log_in();
    world
}

// Issue 8, 1
#[test]
fn an_interrupted_on_beside_a_passkey_leaves_the_account_as_it_was() {
    let world = World::logged_in();
    State::of("passkey").make(&world);
    world
        .run(&["2fa", "on", "--otp-command", "echo 000000"])
        .expect(4)
        .told("The account is unchanged");
    let state = world.sandbox.state().unwrap();
    assert_eq!(state["two_factor"], "off");
    assert_eq!(state["pending"], false, "no key is left behind");
    assert_eq!(state["passkeys"].as_array().unwrap().len(), 1);
}

// Issue 8, 1
#[test]
fn an_app_that_was_added_elsewhere_meanwhile_is_left_alone_beside_a_passkey() {
    let world = World::logged_in();
    add_passkey(&world, "Laptop");
    let gate = Gate::new(&world);
    let running = world.on_at(&gate, "echo 000000", &[]);
    world.switch_on_elsewhere();
    gate.open();
    let ran = running.ended().expect(4);
    assert!(
        ran.stderr
            .contains("Somebody else turned two-factor authentication on"),
        "{}",
        ran.stderr
    );
    assert_eq!(world.two_factor(), "on");
}

// Issue 8, 1
#[test]
fn beside_a_passkey_a_lost_confirmation_is_found_out() {
    for (action, app, told) in [
        ("drop_after", "on", "Two-factor authentication is on now"),
        ("drop_before", "off", "The account is unchanged"),
    ] {
        let world = World::logged_in();
        add_passkey(&world, "Laptop");
        world.fault(json!({"path_regex": "validate-mfa-otp$", "action": action}));
        world
            .run(&["2fa", "on", "--otp-command", OATHTOOL])
            .expect(5)
            .told(told);
        let state = world.sandbox.state().unwrap();
        assert_eq!(state["two_factor"], app, "{action}");
        assert_eq!(state["pending"], false, "{action}");
    }
}

// Issue 8, 1: what --renew replaces beside a passkey is learned first, and then asked about.
#[test]
fn a_renewal_beside_a_passkey_asks_only_where_there_is_an_app() {
    let world = World::logged_in();
    State::of("both").make(&world);
    let renew = ["2fa", "on", "--renew", "--otp-command", OATHTOOL];
    world.run(&renew).expect(2).told("`--yes`");
    assert_eq!(world.two_factor(), "on", "the old app is still there");
    let alone = World::logged_in();
    State::of("passkey").make(&alone);
    alone.run(&renew).expect(0);
    assert_eq!(alone.two_factor(), "on");
}

// Issue 8, 1
#[test]
fn on_says_beside_what_the_app_is_added() {
    let world = World::logged_in();
    add_passkey(&world, "Laptop");
    let on = world
        .run(&["2fa", "on", "--otp-command", OATHTOOL])
        .expect(0);
    assert!(
        on.stderr.contains("beside passkey `Laptop`"),
        "{}",
        on.stderr
    );
    let status = world.run(&["2fa", "status"]).expect(0).stdout;
    assert!(status.contains("authenticator app: unknown"), "{status}");
    assert!(status.contains("passkey `Laptop`, added "), "{status}");
    assert!(status.contains("never used"), "{status}");
    let whoami = world.run(&["whoami", "-o", "json"]).expect(0).json();
    assert_eq!(whoami["two_factor"], "on");
}

// Issue 8, 4
#[test]
fn on_says_that_an_identity_provider_may_decide() {
    let without_password = json!({"login_password_enabled": false, "login_saml_enabled": true});
    for (ways, told) in [
        (without_password, true),
        (
            json!({"login_password_enabled": false, "login_oauth2_enabled": true}),
            true,
        ),
        (
            json!({"login_password_enabled": false, "login_magic_code_enabled": true}),
            false,
        ),
        (json!({"login_saml_enabled": true}), false),
        (json!({}), false),
    ] {
        let world = seeded(&ways);
        let on = world
            .run(&["2fa", "on", "--otp-command", OATHTOOL])
            .expect(0);
        assert_eq!(
            on.stderr.contains("identity provider"),
            told,
            "{ways}: {}",
            on.stderr
        );
    }
    // The question is a side one.
    let world = seeded(&json!({}));
    world.fault(
        json!({"path_regex": "/organizations/", "action": "status", "status": 403,
        "times": 9, "body": {"type": "permissions_denied"}}),
    );
    world
        .run(&["2fa", "on", "--otp-command", OATHTOOL])
        .expect(0);
}

// Issue 8, 4
#[test]
fn a_login_that_takes_no_password_names_the_browser() {
    for way in [
        "login_saml_enabled",
        "login_oauth2_enabled",
        "login_magic_code_enabled",
    ] {
        for api in ["iam", "account"] {
            let world = seeded(&json!({"login_password_enabled": false, way: true}));
            world.run(&["logout"]).expect(0);
            let mut command = world.command(&["login", "--storage", "file", "--api", api]);
            command
                .env("SCW_EMAIL", &world.info().email)
                .env("SCW_PASSWORD", &world.info().password);
            crate::support::Ran::of(command.output().unwrap())
                .expect(4)
                .told("`scw login --web`");
        }
    }
}
