//! The way back in after a lost phone.

use std::{fs, process::Command};

use crate::support::{OATHTOOL, Ran, World, run_with_input};

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

// Issue 9, 5
#[test]
fn the_ways_that_are_open_are_shown_best_first() {
    let world = World::logged_in();
    let ways = |world: &World| {
        let shown = world.run(&["2fa", "recover", "-o", "json"]).expect(0);
        let ways = shown.json()["ways"].as_array().unwrap().clone();
        ways.iter()
            .map(|way| way["way"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert!(ways(&world).is_empty(), "it is off: nothing to recover");
    let off = world.run(&["2fa", "recover"]).expect(0);
    assert!(off.stdout.starts_with("Two-factor authentication is off"));
    world.switch_on();
    let saved = ["saved_codes", "login_with_saved_code"];
    let others = ["administrator", "support"];
    assert_eq!(ways(&world), [&["login"][..], &saved, &others].concat());
    let user = world.info().user_id.clone();
    world.sandbox.add_passkey(&user, "Laptop").unwrap();
    let with_passkey = [&["login", "passkey"][..], &saved, &others].concat();
    assert_eq!(ways(&world), with_passkey);
    world.run(&["logout"]).expect(0);
    assert_eq!(ways(&world), [&saved[..], &others].concat());
    world.run(&["2fa", "codes", "remove", "--yes"]).expect(0);
    assert_eq!(ways(&world), others);
    let text = world.run(&["2fa", "recover"]).expect(0).stdout;
    let command = format!("scw 2fa off --user {user}");
    assert!(text.contains(&command), "this user's own id: {text}");
    assert!(text.contains("Support will never ask for your codes"));
}

// Issue 9, 5
#[test]
fn encrypted_codes_count_as_saved() {
    let world = World::logged_in();
    let key = world.home.path().join("id");
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-f"])
        .arg(&key)
        .status();
    assert!(made.unwrap().success());
    let recipient = fs::read_to_string(key.with_extension("pub")).unwrap();
    let on = ["2fa", "on", "--otp-command", OATHTOOL, "--encrypt-to"];
    world
        .run(&[&on[..], &[recipient.trim()]].concat())
        .expect(0);
    let status = world.run(&["2fa", "status"]).expect(0).stdout;
    let saved = "Backup codes saved here: encrypted in ";
    assert!(status.contains(saved), "{status}");
    world.run(&["logout"]).expect(0);
    let ways = world.run(&["2fa", "recover"]).expect(0).stdout;
    assert!(ways.starts_with("1. Encrypted backup codes"), "{ways}");
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
