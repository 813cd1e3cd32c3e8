//! The way back in after a lost phone.

use std::{fs, process::Command};

use crate::support::{Ran, World, run_with_input};

/// `scw` of somebody who is logged out and knows email and password.
fn locked_out(world: &World, arguments: &[&str]) -> Command {
    let mut command = world.command(arguments);
    command
        .env("SCW_EMAIL", &world.info().email)
        .env("SCW_PASSWORD", &world.info().password);
    command
}

fn with_codes() -> (World, Vec<String>) {
    let world = World::logged_in();
    let on = world.switch_on();
    world.run(&["logout"]).expect(0);
    let codes = on["backup_codes"].as_array().unwrap();
    let codes = codes
        .iter()
        .map(|code| code.as_str().unwrap().to_owned())
        .collect();
    (world, codes)
}

#[test]
fn saved_codes_alone_lead_back_in() {
    for api in ["iam", "account"] {
        let (world, codes) = with_codes();
        let mut command = locked_out(&world, &["2fa", "off", "--backup-code", "--yes"]);
        command.env("SCW_API", api);
        let off = Ran::of(command.output().unwrap()).expect(0);
        assert_eq!(world.two_factor(), "off", "{api}");
        assert!(!off.stderr.contains(&codes[0]) && !off.stdout.contains(&codes[0]));
        let state = world.sandbox.state().unwrap();
        assert_eq!(state["sessions"], 0, "{api}: the session is ended");
        let file = world.run(&["2fa", "codes", "path"]).expect(0).stdout;
        let text = fs::read_to_string(file.trim()).unwrap();
        assert_eq!(
            text.lines()
                .filter(|line| line.starts_with("# used "))
                .count(),
            1
        );
        assert_eq!(
            text.lines()
                .filter(|line| line.starts_with("# void "))
                .count(),
            9
        );
    }
}

#[test]
fn a_code_that_fails_is_not_given_again_and_nine_are_left() {
    let (world, codes) = with_codes();
    // The service refuses the code for a reason of its own.
    world.fault(
        serde_json::json!({"path_regex": "mfa-otp$", "method": "DELETE",
        "action": "status", "status": 503}),
    );
    let failed = locked_out(&world, &["2fa", "off", "--backup-code", "--yes"])
        .output()
        .unwrap();
    Ran::of(failed).expect(5);
    assert_eq!(world.sandbox.state().unwrap()["backup_codes_unused"], 9);
    let list = world
        .run(&["2fa", "codes", "list", "-o", "json"])
        .expect(0)
        .json();
    assert_eq!(list["unused"], 9);
    // The same code is dead; the next one works.
    let mut command = locked_out(&world, &["2fa", "off", "--backup-code-file", "-", "--yes"]);
    run_with_input(&mut command, &codes[0])
        .expect(4)
        .told("already used");
    let mut command = locked_out(&world, &["2fa", "off", "--backup-code-file", "-", "--yes"]);
    run_with_input(&mut command, &codes[1]).expect(0);
    assert_eq!(world.two_factor(), "off");
}

#[test]
fn without_saved_codes_the_other_ways_are_named() {
    let (world, _) = with_codes();
    world.run(&["2fa", "codes", "remove", "--yes"]).expect(0);
    let none = locked_out(&world, &["2fa", "off", "--backup-code", "--yes"])
        .output()
        .unwrap();
    Ran::of(none).expect(1).told("scw 2fa recover");
    assert_eq!(world.two_factor(), "on");
}

#[test]
fn the_ways_back_are_shown_in_order_with_their_state() {
    let world = World::logged_in();
    world.switch_on();
    let ways = |world: &World| {
        world
            .run(&["2fa", "recover", "-o", "json"])
            .expect(0)
            .json()["ways"]
            .clone()
    };
    let open = |ways: &serde_json::Value| {
        let ways = ways.as_array().unwrap().clone();
        ways.iter()
            .filter(|way| way["open"] == true)
            .map(|way| way["way"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        open(&ways(&world)),
        ["login", "saved_codes", "administrator", "support"]
    );
    world.run(&["logout"]).expect(0);
    assert_eq!(
        open(&ways(&world)),
        ["saved_codes", "administrator", "support"]
    );
    world.run(&["2fa", "codes", "remove", "--yes"]).expect(0);
    assert_eq!(open(&ways(&world)), ["administrator", "support"]);
    let text = world.run(&["2fa", "recover"]).expect(0).stdout;
    assert!(
        text.contains("1. [closed]") && text.contains("scw 2fa off --user"),
        "{text}"
    );
}

#[test]
fn without_a_login_and_without_an_email_it_is_the_login_that_is_missing() {
    let world = World::new();
    world
        .run(&["2fa", "off", "--yes"])
        .expect(3)
        .told("not logged in");
    world
        .run(&["2fa", "off", "--backup-code", "--yes"])
        .expect(2)
        .told("SCW_EMAIL");
}

#[test]
fn without_a_confirmation_no_backup_code_is_spent() {
    let (world, codes) = with_codes();
    let saved = locked_out(&world, &["2fa", "off", "--backup-code"])
        .output()
        .unwrap();
    Ran::of(saved).expect(2).told("--yes");
    let mut given = locked_out(&world, &["2fa", "off", "--backup-code-file", "-"]);
    run_with_input(&mut given, &codes[1])
        .expect(2)
        .told("--yes");
    assert_eq!(world.sandbox.state().unwrap()["backup_codes_unused"], 10);
    assert_eq!(world.unused(), 10);
}
