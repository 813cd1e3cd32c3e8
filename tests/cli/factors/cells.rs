//! Every state of the factors, every command about them: each cell of the table is a test. This
//! file runs under both readings of the unknown points (protocol.md E), once in each test binary.

use serde_json::{Value, json};

use super::State;
use crate::support::{OATHTOOL, Ran, World};

/// Declares the cells of the table: one test each, and the table itself.
macro_rules! table {
    ($($command:ident { $($state:ident: $cell:expr;)* })*) => {
        $(pub(super) mod $command {
            use super::*;
            $(
                #[test]
                fn $state() {
                    let world = World::logged_in();
                    let state = State::of(stringify!($state));
                    state.make(&world);
                    let cell: fn(&World) -> Outcome = $cell;
                    let outcome = cell(&world);
                    outcome.check(&world);
                }
            )*
        })*

        /// Commands, and for each the states that it has a test for.
        pub(super) const TABLE: &[(&str, &[&str])] = &[
            $((stringify!($command), &[$(stringify!($state)),*])),*
        ];
    };
}

/// What a cell expects of the account afterwards, and of the JSON that the command printed.
pub(super) struct Outcome {
    printed: Option<Value>,
    changed: Option<bool>,
    app: &'static str,
    passkeys: usize,
    factors: Option<Value>,
}

impl Outcome {
    fn check(self, world: &World) {
        let state = world.sandbox.state().unwrap();
        assert_eq!(state["two_factor"], self.app, "{state}");
        let passkeys = state["passkeys"].as_array().unwrap().len();
        assert_eq!(passkeys, self.passkeys, "{state}");
        let Some(printed) = self.printed else { return };
        if let Some(changed) = self.changed {
            assert_eq!(printed["changed"], changed, "{printed}");
        }
        if let Some(factors) = self.factors {
            assert_eq!(kinds(&printed["factors"]), factors, "{printed}");
            let on = !factors.as_array().unwrap().is_empty();
            assert_eq!(printed["two_factor"], if on { "on" } else { "off" });
        }
    }
}

/// Type and state of each factor in a list.
fn kinds(factors: &Value) -> Value {
    factors
        .as_array()
        .unwrap()
        .iter()
        .map(|factor| json!([factor["type"], factor["state"]]))
        .collect()
}

fn run(world: &World, arguments: &[&str]) -> Value {
    let arguments = [arguments, &["-o", "json"]].concat();
    world.run(&arguments).expect(0).json()
}

fn on(world: &World, more: &[&str], changed: bool, passkeys: usize) -> Outcome {
    let before = world.sandbox.state().unwrap();
    let arguments = [&["2fa", "on", "--otp-command", OATHTOOL][..], more].concat();
    let printed = run(world, &arguments);
    let codes = printed["backup_codes"].as_array().unwrap();
    let after = world.sandbox.state().unwrap();
    if changed {
        assert_eq!(codes.len(), 10);
        assert_eq!(after["backup_codes_unused"], 10);
        let saved = std::fs::read_to_string(printed["backup_codes_file"].as_str().unwrap());
        assert!(saved.unwrap().contains(codes[0].as_str().unwrap()));
    } else {
        assert!(codes.is_empty());
        assert_eq!(after, before, "something was changed");
    }
    assert_eq!(printed["two_factor"], "on");
    Outcome {
        printed: Some(printed),
        changed: Some(changed),
        app: "on",
        passkeys,
        factors: None,
    }
}

fn renew(world: &World, passkeys: usize) -> Outcome {
    let old = world.run(&["2fa", "codes", "list", "--show"]).stdout;
    let outcome = on(world, &["--renew", "--yes"], true, passkeys);
    let new = world
        .run(&["2fa", "codes", "list", "--show"])
        .expect(0)
        .stdout;
    assert_ne!(old, new, "the codes are new");
    outcome
}

fn off(world: &World, changed: bool, app: &'static str, left: Value) -> Outcome {
    let had_codes = world.sandbox.state().unwrap()["backup_codes_unused"] == 10;
    let printed = run(world, &["2fa", "off", "--yes"]);
    if had_codes && changed {
        let shown = world.run(&["2fa", "codes", "list"]).expect(0).stdout;
        assert_eq!(shown.matches("void").count(), 10, "{shown}");
    }
    Outcome {
        printed: Some(printed),
        changed: Some(changed),
        app,
        passkeys: left.as_array().unwrap().len(),
        factors: Some(left),
    }
}

fn off_all(world: &World, changed: bool, app: &'static str) -> Outcome {
    let printed = run(world, &["2fa", "off", "--all", "--yes"]);
    Outcome {
        printed: Some(printed),
        changed: Some(changed),
        app,
        passkeys: 0,
        factors: Some(json!([])),
    }
}

fn status(world: &World, app: &'static str, factors: Value) -> Outcome {
    let asked = world.sandbox.requests().len();
    let printed = run(world, &["2fa", "status"]);
    let requests = world.sandbox.requests();
    let probes = requests[asked..].iter().filter(|seen| seen.method != "GET");
    assert_eq!(probes.count(), 0, "status never probes");
    let check = world.run(&["2fa", "status", "--check"]);
    let on = !factors.as_array().unwrap().is_empty();
    check.expect(if on { 0 } else { 8 });
    Outcome {
        printed: Some(printed),
        changed: None,
        app,
        passkeys: passkeys_of(world),
        factors: Some(factors),
    }
}

fn passkeys_of(world: &World) -> usize {
    let state = world.sandbox.state().unwrap();
    state["passkeys"].as_array().unwrap().len()
}

fn list(world: &World, app: &'static str, names: &[&str]) -> Outcome {
    let printed = run(world, &["2fa", "keys", "list"]);
    let listed = printed["passkeys"].as_array().unwrap();
    let found: Vec<&str> = listed
        .iter()
        .map(|passkey| passkey["name"].as_str().unwrap())
        .collect();
    assert_eq!(found, names);
    assert!(
        listed
            .iter()
            .all(|key| key["id"].is_string() && key["created_at"].is_string())
    );
    unchanged(app, names.len())
}

fn unchanged(app: &'static str, passkeys: usize) -> Outcome {
    Outcome {
        printed: None,
        changed: None,
        app,
        passkeys,
        factors: None,
    }
}

/// A command about a passkey that the account does not have.
fn none_to(world: &World, arguments: &[&str], app: &'static str) -> Outcome {
    world.run(arguments).expect(1).told("no passkey `Laptop`");
    unchanged(app, 0)
}

fn rename(world: &World, app: &'static str) -> Outcome {
    let printed = run(world, &["2fa", "keys", "rename", "Laptop", "Desk"]);
    assert_eq!(printed["name"], "Desk");
    let state = world.sandbox.state().unwrap();
    assert_eq!(state["passkeys"][0]["name"], "Desk");
    let again = run(world, &["2fa", "keys", "rename", "Desk", "Desk"]);
    assert_eq!(again["changed"], false);
    Outcome {
        printed: Some(printed),
        changed: Some(true),
        ..unchanged(app, 1)
    }
}

fn remove(world: &World, app: &'static str, left: Value) -> Outcome {
    let ran = world
        .run(&["2fa", "keys", "remove", "Laptop", "--yes", "-o", "json"])
        .expect(0);
    let printed = ran.json();
    // Only where an app is known to be left is there no warning.
    let warned = ran.stderr.contains("last second factor");
    let state = world.sandbox.state().unwrap();
    assert!(warned || state["two_factor"] == "on", "{}", ran.stderr);
    Outcome {
        printed: Some(printed),
        changed: Some(true),
        app,
        passkeys: 0,
        factors: Some(left),
    }
}

/// A login with a password and nothing else, and then, where that is not enough, with a code.
fn login(world: &World, app: &'static str, with_app: bool, needs_factor: bool) -> Outcome {
    let key = State::app_key(world);
    world.run(&["logout"]).expect(0);
    let person = |otp: Option<String>| {
        let mut command = world.command(&["login", "--storage", "file"]);
        command
            .env("SCW_EMAIL", &world.info().email)
            .env("SCW_PASSWORD", &world.info().password);
        if let Some(code) = otp {
            command.env("SCW_OTP", code);
        }
        Ran::of(command.output().unwrap())
    };
    if needs_factor {
        person(None).expect(2).told("`scw login --web`");
    }
    if with_app {
        world.sandbox.advance(60);
        let code = scw_sandbox::one_time_password(&key.unwrap(), world.sandbox.now()).unwrap();
        person(Some(code)).expect(0);
    } else if needs_factor {
        person(Some("123456".to_owned()))
            .expect(4)
            .told("`scw login --web`");
    } else {
        person(None).expect(0);
    }
    unchanged(app, passkeys_of(world))
}

fn the_app() -> Value {
    json!([["app", "on"]])
}

fn the_passkey() -> Value {
    json!([["passkey", "on"]])
}

fn app_and_passkey() -> Value {
    json!([["app", "unknown"], ["passkey", "on"]])
}

/// What `status` may say of an account with a passkey alone: under one reading `mfa` tells that
/// there is no app.
fn passkey_alone() -> Value {
    if super::COUNTS_PASSKEYS {
        app_and_passkey()
    } else {
        the_passkey()
    }
}

table! {
    on {
        none: |world| on(world, &[], true, 0);
        app: |world| on(world, &[], false, 0);
        passkey: |world| on(world, &[], true, 1);
        both: |world| on(world, &[], false, 1);
        pending: |world| on(world, &[], true, 0);
    }
    on_renew {
        none: |world| renew(world, 0);
        app: |world| renew(world, 0);
        passkey: |world| renew(world, 1);
        both: |world| renew(world, 1);
        pending: |world| renew(world, 0);
    }
    off {
        none: |world| off(world, false, "off", json!([]));
        app: |world| off(world, true, "off", json!([]));
        passkey: |world| off(world, false, "off", the_passkey());
        both: |world| off(world, true, "off", the_passkey());
        pending: |world| off(world, false, "pending", json!([]));
    }
    off_all {
        none: |world| off_all(world, false, "off");
        app: |world| off_all(world, true, "off");
        passkey: |world| off_all(world, true, "off");
        both: |world| off_all(world, true, "off");
        pending: |world| off_all(world, false, "pending");
    }
    status {
        none: |world| status(world, "off", json!([]));
        app: |world| status(world, "on", the_app());
        passkey: |world| status(world, "off", passkey_alone());
        both: |world| status(world, "on", app_and_passkey());
        pending: |world| status(world, "pending", json!([]));
    }
    keys_list {
        none: |world| list(world, "off", &[]);
        app: |world| list(world, "on", &[]);
        passkey: |world| list(world, "off", &["Laptop"]);
        both: |world| list(world, "on", &["Laptop"]);
        pending: |world| list(world, "pending", &[]);
    }
    keys_rename {
        none: |world| none_to(world, &["2fa", "keys", "rename", "Laptop", "Desk"], "off");
        app: |world| none_to(world, &["2fa", "keys", "rename", "Laptop", "Desk"], "on");
        passkey: |world| rename(world, "off");
        both: |world| rename(world, "on");
        pending: |world| none_to(world, &["2fa", "keys", "rename", "Laptop", "Desk"], "pending");
    }
    keys_remove {
        none: |world| none_to(world, &["2fa", "keys", "remove", "Laptop", "--yes"], "off");
        app: |world| none_to(world, &["2fa", "keys", "remove", "Laptop", "--yes"], "on");
        passkey: |world| remove(world, "off", json!([]));
        both: |world| remove(world, "on", the_app());
        pending: |world| none_to(world, &["2fa", "keys", "remove", "Laptop", "--yes"], "pending");
    }
    login {
        none: |world| login(world, "off", false, false);
        app: |world| login(world, "on", true, true);
        passkey: |world| login(world, "off", false, super::super::COUNTS_PASSKEYS);
        both: |world| login(world, "on", true, true);
        pending: |world| login(world, "pending", false, false);
    }
}
