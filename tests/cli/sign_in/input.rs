//! What a person or a script gives for a login, before anything of it is sent.

use serde_json::Value;

use crate::support::{Ran, World};

/// The tokens of the 2017 API that a login made, as that API lists them.
fn made_tokens(world: &World) -> Vec<Value> {
    let info = world.info();
    let output = std::process::Command::new("curl")
        .args(["-sf", "-H", &format!("X-Auth-Token: {}", info.token)])
        .arg(format!("{}/tokens", info.account_url))
        .output()
        .unwrap();
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let tokens = answer["tokens"].as_array().unwrap().clone();
    let made = |token: &Value| {
        let description = token["description"].as_str();
        description.is_some_and(|text| text.starts_with("scw login on"))
    };
    tokens.into_iter().filter(made).collect()
}

fn login_2017(world: &World, more: &[&str]) -> Ran {
    let mut command = world.person("account", &[&["login", "-o", "json"], more].concat());
    Ran::of(command.output().unwrap()).expect(0)
}

// Issue 7, 14
#[test]
fn a_2017_login_ends_by_itself_unless_it_is_told_not_to() {
    let world = World::new();
    let usual = login_2017(&world, &[]);
    assert!(!usual.stderr.contains("ignores"), "{}", usual.stderr);
    let tokens = made_tokens(&world);
    assert_eq!(tokens.len(), 1);
    assert!(tokens[0]["expires"].is_string(), "{tokens:?}");
    assert!(usual.json()["expires_at"].is_string(), "{}", usual.stdout);

    // What that API cannot do is said, and the key ends all the same.
    let hours = login_2017(&world, &["--expires", "12h"]);
    assert!(
        hours.stderr.contains("ignores `--expires 12h`"),
        "{}",
        hours.stderr
    );
    assert!(made_tokens(&world)[0]["expires"].is_string());

    let never = login_2017(&world, &["--expires", "never"]);
    assert!(!never.stderr.contains("ignores"), "{}", never.stderr);
    assert!(made_tokens(&world)[0]["expires"].is_null());
    assert!(never.json()["expires_at"].is_null(), "{}", never.stdout);
}

// Issue 7, 15
#[test]
fn an_email_that_can_be_none_is_not_sent() {
    for api in ["iam", "account"] {
        let world = World::new();
        for email in [
            "",
            " ",
            "owner",
            "@example.com",
            "owner@",
            "a b@example.com",
        ] {
            let storage = ["login", "--storage", "file", "--email", email];
            let mut flag = world.person(api, &storage);
            let ran = Ran::of(flag.env_remove("SCW_EMAIL").output().unwrap());
            ran.expect(2).told("--email");
            let mut variable = world.person(api, &["login"]);
            let ran = Ran::of(variable.env("SCW_EMAIL", email).output().unwrap());
            ran.expect(2).told("SCW_EMAIL");
            let mut off = world.person(api, &["2fa", "off", "--yes"]);
            off.env("SCW_EMAIL", email);
            let ran = Ran::of(off.output().unwrap());
            assert!([2, 3].contains(&ran.code), "{}", ran.stderr);
        }
        assert!(world.sandbox.requests().is_empty());
    }
}

// Issue 7, 15
#[test]
fn a_code_that_can_be_none_is_not_sent() {
    for api in ["iam", "account"] {
        let world = World::logged_in();
        world.switch_on();
        world.run(&["logout"]).expect(0);
        let opens = if api == "iam" { "/login" } else { "/tokens" };
        for code in ["12345", "1234567", "12 34", "１２３４５６"] {
            let before = world.asked("POST", opens);
            let mut command = world.person(api, &["login"]);
            command.env("SCW_OTP", code);
            Ran::of(command.output().unwrap())
                .expect(4)
                .told("six digits");
            let sent = world.asked("POST", opens) - before;
            assert_eq!(sent, 1, "the one that asks whether a code is needed");
        }
    }
}
