//! The main job, as a script does it.

use crate::support::{World, mode};

#[test]
fn a_script_switches_two_factor_authentication_on_and_off() {
    let world = World::new();
    world
        .run_with_input(
            &["login", "--with-token", "--storage", "file"],
            &world.key_lines(),
        )
        .expect(0);

    let status = world.run(&["2fa", "status", "-o", "json"]).expect(0).json();
    assert_eq!(status["two_factor"], "off");
    assert_eq!(status["user_id"], world.info().user_id.as_str());
    assert!(status["backup_codes_left"].is_null() && status["required_by"].is_null());

    let on = world.switch_on();
    assert_eq!(on["two_factor"], "on");
    let codes: Vec<&str> = on["backup_codes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|code| code.as_str().unwrap())
        .collect();
    assert_eq!(codes.len(), 10);
    assert_eq!(world.two_factor(), "on");

    let file = on["backup_codes_file"].as_str().unwrap();
    assert_eq!(mode(file), 0o600);
    assert_eq!(mode(std::path::Path::new(file).parent().unwrap()), 0o700);
    let text = std::fs::read_to_string(file).unwrap();
    let saved: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(saved, codes);

    let status = world.run(&["2fa", "status", "-o", "json"]).expect(0).json();
    assert_eq!(status["two_factor"], "on");
    assert_eq!(status["backup_codes_left"], 10);

    world.run(&["2fa", "off", "--yes"]).expect(0);
    assert_eq!(world.two_factor(), "off");
    let status = world.run(&["2fa", "status", "-o", "json"]).expect(0).json();
    assert_eq!(status["two_factor"], "off");
    assert!(status["backup_codes_left"].is_null());
    let text = std::fs::read_to_string(file).unwrap();
    assert_eq!(
        text.lines()
            .filter(|line| line.starts_with("# void "))
            .count(),
        10
    );
}

#[test]
fn repeating_a_command_changes_nothing_and_succeeds() {
    let world = World::logged_in();
    world.run(&["2fa", "off", "--yes"]).expect(0);
    assert_eq!(world.asked("DELETE", "/mfa-otp"), 0);

    let first = world.switch_on();
    // Neither a code nor somebody to ask is needed for what is done already.
    let again = world.run(&["2fa", "on", "-o", "json"]).expect(0).json();
    assert_eq!(again["two_factor"], "on");
    assert_eq!(again["backup_codes"].as_array().unwrap().len(), 0);
    assert_eq!(again["backup_codes_file"], first["backup_codes_file"]);
    assert_eq!(world.asked("POST", "/mfa-otp"), 1);

    world.run(&["logout"]).expect(0);
    let again = world.run(&["logout"]).expect(0);
    assert!(
        again.stderr.contains("Not logged in (profile default)"),
        "{}",
        again.stderr
    );
}

#[test]
fn the_environment_alone_is_a_login() {
    let world = World::new();
    let run = |arguments: &[&str]| {
        let mut command = world.command(arguments);
        command
            .env("SCW_ACCESS_KEY", &world.info().access_key)
            .env("SCW_SECRET_KEY", &world.info().secret_key);
        crate::support::Ran::of(command.output().unwrap())
    };
    run(&["2fa", "on", "--otp-command", crate::support::OATHTOOL]).expect(0);
    // The commands that never ask the API know whose codes are meant.
    assert_eq!(
        run(&["2fa", "codes", "list"])
            .expect(0)
            .stdout
            .lines()
            .count(),
        10
    );
    let whoami = run(&["whoami", "-o", "json"]).expect(0).json();
    assert_eq!(whoami["storage"], "environment");
    assert_eq!(whoami["two_factor"], "on");
    assert_eq!(whoami["email"], world.info().email.as_str());
    run(&["2fa", "off", "--yes"]).expect(0);
    world
        .run(&["2fa", "status"])
        .expect(3)
        .told("not logged in");
}

#[test]
fn a_check_ends_with_8_while_it_is_off() {
    let world = World::logged_in();
    let off = world
        .run(&["2fa", "status", "--check", "-o", "json"])
        .expect(8);
    assert_eq!(off.json()["two_factor"], "off");
    world.switch_on();
    world.run(&["2fa", "status", "--check"]).expect(0);
}
