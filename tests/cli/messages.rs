//! What a run says about where a secret key is, whose account it is, and what it waits for.

use std::process::Stdio;

use rustix::process::Signal;

use crate::support::{Ran, World, running::Running};

// Issue 9, 4
#[test]
fn a_missing_keyring_is_told_before_anything_is_asked_or_sent() {
    let world = World::new();
    for arguments in [
        &["login"][..],
        &["login", "--with-token"],
        &["login", "--web", "--no-browser"],
    ] {
        let mut command = world.command(arguments);
        command
            .env("SCW_EMAIL", &world.info().email)
            .env("SCW_PASSWORD", &world.info().password);
        let ran = Ran::of(command.output().unwrap()).expect(6);
        let ran = ran.told("there is no D-Bus session bus");
        let hint = ran.stderr.lines().find(|line| line.starts_with("hint: "));
        // The way of logging in stays.
        if let Some(way) = arguments.get(1) {
            assert!(hint.unwrap().contains(way), "{}", ran.stderr);
        }
        assert!(
            hint.unwrap().contains("`scw login --storage encrypted"),
            "the simplest way out comes first: {}",
            ran.stderr
        );
    }
    assert!(world.sandbox.requests().is_empty());
}

// Issue 9, 4
#[test]
fn a_login_and_whoami_say_where_the_secret_key_is_and_name_the_organization() {
    let world = World::new();
    let place = world.data_dir().join("secrets/default");
    let place = place.to_str().unwrap();
    let login = world
        .run_with_input(
            &["login", "--with-token", "--storage", "file"],
            &world.key_lines(),
        )
        .expect(0);
    assert!(login.stderr.contains(place), "{}", login.stderr);
    let account = format!(
        "Logged in as {} (organization Sandbox, profile `default`)",
        world.info().email
    );
    assert!(login.stderr.contains(&account), "{}", login.stderr);

    let whoami = world.run(&["whoami"]).expect(0).stdout;
    assert!(whoami.contains(&format!("file: {place}")), "{whoami}");
    let organization = format!("Sandbox ({})", world.info().organization_id);
    assert!(whoami.contains(&organization), "{whoami}");
    let json = world.run(&["whoami", "-o", "json"]).expect(0).json();
    assert_eq!(json["secret_location"], place);
    assert_eq!(json["organization_name"], "Sandbox");

    let mut variable = world.command(&["whoami", "-o", "json"]);
    variable
        .env("SCW_ACCESS_KEY", &world.info().access_key)
        .env("SCW_SECRET_KEY", &world.info().secret_key);
    let json = Ran::of(variable.output().unwrap()).expect(0).json();
    assert_eq!(json["secret_location"], "SCW_SECRET_KEY");
}

// Issue 9, 4
#[test]
fn people_read_the_day_on_which_a_key_expires_and_programs_read_its_time() {
    let world = World::new();
    let mut login = world.command(&["login", "--expires", "7d", "--storage", "file"]);
    login
        .env("SCW_EMAIL", &world.info().email)
        .env("SCW_PASSWORD", &world.info().password);
    Ran::of(login.output().unwrap()).expect(0);
    let whoami = world.run(&["whoami"]).expect(0).stdout;
    let expires = whoami.lines().find(|line| line.starts_with("expires"));
    assert!(expires.unwrap().ends_with("(in 7 days)"), "{whoami}");
    let json = world.run(&["whoami", "-o", "json"]).expect(0).json();
    let at = json["expires_at"].as_str().unwrap();
    assert!(at.ends_with('Z') && at.contains('T'), "{at}");
}

// Issue 9, 4
#[test]
fn a_browser_login_says_that_it_waits() {
    let world = World::new();
    let arguments = [
        "login",
        "--web",
        "--no-browser",
        "--storage",
        "file",
        "--email",
        "owner@example.com",
    ];
    let mut waiting = Running::start(world.command(&arguments).stdin(Stdio::null()));
    waiting.says("Waiting for the browser. Ctrl-C cancels.");
    waiting.signal(Signal::INT);
    waiting.ended().expect(130);
}

// Issue 9, 4
#[test]
fn a_login_is_told_nothing_of_a_key_on_the_stdin_of_its_command() {
    let world = World::logged_in();
    world.switch_on();
    let mut login = world.command(&["login", "--storage", "file", "--otp-command", "false"]);
    login
        .env("SCW_EMAIL", &world.info().email)
        .env("SCW_PASSWORD", &world.info().password);
    let ran = Ran::of(login.output().unwrap()).expect(1);
    let ran = ran.told("the one-time password command failed (exit status: 1)");
    assert!(!ran.stderr.contains("stdin"), "{}", ran.stderr);
}
