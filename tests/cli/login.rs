//! `scw login`, `logout`, `token` and `whoami`.

use std::fs;

use crate::support::{Ran, World, files_with, mode};

const FILE: [&str; 4] = ["login", "--with-token", "--storage", "file"];

#[test]
fn a_secret_key_and_its_access_key_are_enough() {
    let world = World::new();
    let secret = &world.info().secret_key;
    let login = world.run_with_input(&FILE, &world.key_lines()).expect(0);
    assert!(login.stderr.contains("unencrypted"), "{}", login.stderr);
    let whoami = world.run(&["whoami", "-o", "json"]).expect(0).json();
    assert_eq!(whoami["user_id"], world.info().user_id.as_str());
    assert_eq!(whoami["storage"], "file");
    assert_eq!(
        world.run(&["token"]).expect(0).stdout,
        format!("{secret}\n")
    );
}

// Issue 7, 2
#[test]
fn a_secret_key_alone_is_sent_nowhere_and_its_access_key_is_asked_for() {
    let world = World::new();
    let secret = &world.info().secret_key;
    world
        .run_with_input(&FILE, secret)
        .expect(2)
        .told("--access-key");
    let mut command = world.command(&["2fa", "status"]);
    command.env("SCW_SECRET_KEY", secret);
    Ran::of(command.output().unwrap())
        .expect(2)
        .told("SCW_ACCESS_KEY");
    assert!(world.sandbox.requests().is_empty(), "it stood in a path");

    let mut command = world.command(&FILE);
    command.args(["--access-key", &world.info().access_key]);
    crate::support::run_with_input(&mut command, secret).expect(0);
    assert_eq!(
        world
            .run(&["token", "--access-key"])
            .expect(0)
            .stdout
            .trim(),
        world.info().access_key
    );
}

#[test]
fn a_file_is_private_and_goes_with_the_logout_while_the_key_stays() {
    let world = World::logged_in();
    let secret = &world.info().secret_key;
    let found = files_with(world.home.path(), secret);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(mode(&found[0]), 0o600);
    world.run(&["logout"]).expect(0);
    assert!(files_with(world.home.path(), secret).is_empty());
    // The login made no key, so the logout deletes none.
    let keys = world.sandbox.state().unwrap()["api_keys"].clone();
    assert_eq!(keys, serde_json::json!([world.info().access_key]));
    world.run(&["token"]).expect(3).told("not logged in");
}

#[test]
fn what_is_no_key_is_refused_and_keeps_the_login_before() {
    let world = World::logged_in();
    for bad in [
        "",
        "hunter2",
        "SCW_SECRET_KEY=hunter2",
        "{}",
        "SCW_ACCESS_KEY=SCWAAAAAAAAAAAAAAAAA",
    ] {
        let refused = world.run_with_input(&FILE, bad).expect(2).told("stdin");
        assert!(!refused.stderr.contains("hunter2"), "{}", refused.stderr);
    }
    let unknown = "00000000-0000-4000-8000-000000000000";
    let lines = format!(
        "SCW_ACCESS_KEY={}\nSCW_SECRET_KEY={unknown}",
        world.info().access_key
    );
    world
        .run_with_input(&FILE, &lines)
        .expect(4)
        .told("does not exist or was revoked");
    world.run(&["whoami"]).expect(0);
}

#[test]
fn a_revoked_and_an_expired_key_are_refused_with_the_way_to_log_in() {
    let world = World::seeded(
        r#"{"organizations": [{"users": [{"email": "a@example.com", "key_expires_in_s": 3600}]}]}"#,
    );
    world.log_in();
    let whoami = world.run(&["whoami", "-o", "json"]).expect(0).json();
    assert!(whoami["expires_at"].as_str().unwrap().ends_with('Z'));
    world.sandbox.advance(3601);
    world
        .run(&["2fa", "status"])
        .expect(4)
        .told("scw login --with-token");
}

#[test]
fn the_official_config_is_read_with_a_warning_and_can_be_moved() {
    let world = World::new();
    let folder = world.home.path().join(".config/scw");
    fs::create_dir_all(&folder).unwrap();
    let info = world.info();
    let yaml = format!(
        "access_key: {}\nsecret_key: {}\n",
        info.access_key, info.secret_key
    );
    fs::write(folder.join("config.yaml"), &yaml).unwrap();
    let status = world.run(&["2fa", "status"]).expect(0);
    assert!(status.stderr.contains("unencrypted"), "{}", status.stderr);
    assert!(
        status.stderr.contains("scw login --from-config"),
        "{}",
        status.stderr
    );

    world
        .run(&["login", "--from-config", "--storage", "file"])
        .expect(0);
    let status = world.run(&["2fa", "status"]).expect(0);
    assert!(!status.stderr.contains("warning"), "{}", status.stderr);
    assert_eq!(
        fs::read_to_string(folder.join("config.yaml")).unwrap(),
        yaml
    );
}

// Issue 7, 6
#[test]
fn a_login_is_for_one_service_and_its_key_goes_to_no_other() {
    let world = World::logged_in();
    let asked = world.sandbox.requests().len();
    world
        .run(&["2fa", "status", "--api-url", "https://api.example.com"])
        .expect(3)
        .told("not for https://api.example.com");
    assert_eq!(world.sandbox.requests().len(), asked);
    // Another port of this machine is another service.
    let other = World::new();
    world
        .run(&["2fa", "status", "--api-url", &other.info().api_url])
        .expect(3)
        .told(", not for ");
    assert!(other.sandbox.requests().is_empty());
}

#[test]
fn a_setting_of_a_wrong_form_is_named() {
    let world = World::new();
    for (name, value) in [
        ("SCW_SECRET_KEY", "hunter2"),
        ("SCW_API_URL", "http://api.scaleway.com"),
        ("SCW_PROFILE", "../x"),
        ("SCW_API", "soap"),
        ("SCW_KEYRING", "paper"),
    ] {
        let mut command = world.command(&["2fa", "status"]);
        command.env(name, value);
        let refused = Ran::of(command.output().unwrap()).expect(2);
        assert!(refused.stderr.contains(name), "{}", refused.stderr);
        assert!(!refused.stderr.contains("hunter2"), "{}", refused.stderr);
    }
}

#[test]
fn an_application_has_no_second_factor_and_is_told_so() {
    let world = World::seeded(
        r#"{"organizations": [{"users": [{"email": "a@example.com"}], "applications":
            [{"access_key": "SCWAPPLICATION000000", "secret_key": "11111111-2222-4333-8444-555555555555"}]}]}"#,
    );
    let lines =
        "SCW_ACCESS_KEY=SCWAPPLICATION000000\nSCW_SECRET_KEY=11111111-2222-4333-8444-555555555555";
    world
        .run_with_input(&FILE, lines)
        .expect(1)
        .told("belongs to an application");
}
