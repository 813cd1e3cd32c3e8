//! A secret belongs to one address, and one login's secret to its record.

use std::{fs, process::Command};

use serde_json::json;

use crate::support::{Ran, World, files_with, limited};

fn run(command: &mut Command) -> Ran {
    Ran::of(command.output().unwrap())
}

/// Two services with a login at the first, and how much the second was asked.
fn two() -> (World, World) {
    (World::logged_in(), World::new())
}

#[track_caller]
fn untouched(other: &World) {
    let seen = other.sandbox.requests();
    assert!(seen.is_empty(), "{seen:?}");
}

// Issue 7, 6
#[test]
fn no_flag_and_no_variable_sends_the_key_of_a_login_to_another_address() {
    let (world, other) = two();
    let elsewhere = other.info().api_url.clone();
    for (name, flags, code) in [
        // The address of the 2017 API says nothing about a login to today's.
        ("SCW_ACCOUNT_URL", &[][..], 0),
        ("SCW_API_URL", &[], 3),
        ("SCW_ACCOUNT_URL", &["--api", "account"], 3),
        ("", &["--api-url", &elsewhere], 3),
        ("", &["--api", "account", "--api-url", &elsewhere], 3),
    ] {
        for what in [
            &["2fa", "status"][..],
            &["whoami"],
            &["2fa", "off", "--yes"],
        ] {
            let mut command = world.command(&[flags, what].concat());
            if !name.is_empty() {
                command.env(name, &elsewhere);
            }
            let ran = run(&mut command).expect(code);
            if code == 3 {
                ran.told("is for http");
            }
            untouched(&other);
        }
    }
}

// Issue 7, 6
#[test]
fn a_login_without_an_access_key_goes_to_its_own_address_only() {
    let (world, other) = (World::new(), World::new());
    run(&mut world.person("account", &["login"])).expect(0);
    let record = fs::read_to_string(world.data_dir().join("profiles.toml")).unwrap();
    assert!(!record.contains("access_key ="), "{record}");
    for name in ["SCW_ACCOUNT_URL", "SCW_API_URL"] {
        let mut command = world.command(&["2fa", "status"]);
        command.env(name, &other.info().account_url);
        run(&mut command);
        untouched(&other);
    }
    let mut logout = world.command(&["logout"]);
    logout.env("SCW_ACCOUNT_URL", &other.info().account_url);
    run(&mut logout).expect(0);
    untouched(&other);
}

/// The official file with a key for this world.
fn official(world: &World, of: &World) {
    let folder = world.home.path().join(".config/scw");
    fs::create_dir_all(&folder).unwrap();
    let info = of.info();
    let yaml = format!(
        "access_key: {}\nsecret_key: {}\napi_url: {}\n",
        info.access_key, info.secret_key, info.api_url
    );
    fs::write(folder.join("config.yaml"), yaml).unwrap();
}

// Issue 7, 6
#[test]
fn the_key_of_the_official_file_goes_to_the_address_of_its_own_profile() {
    // The login before is at the one service, the file is for the other.
    let (before, own) = (World::logged_in(), World::new());
    official(&before, &own);
    let asked = before.sandbox.requests().len();
    let mut command = before.command(&["login", "--from-config", "--storage", "file"]);
    command
        .env_remove("SCW_API_URL")
        .env_remove("SCW_ACCOUNT_URL");
    run(&mut command).expect(0);
    assert_eq!(before.sandbox.requests().len(), asked, "the old address");
    assert!(!own.sandbox.requests().is_empty());
    let mut status = before.command(&["whoami", "-o", "json"]);
    status
        .env_remove("SCW_API_URL")
        .env_remove("SCW_ACCOUNT_URL");
    let whoami = run(&mut status).expect(0).json();
    assert_eq!(whoami["user_id"], own.info().user_id.as_str());

    // Neither does a variable lead it elsewhere, and a flag that names another address is refused.
    let (world, own) = (World::new(), World::new());
    official(&world, &own);
    for arguments in [
        &["2fa", "status"][..],
        &[
            "login",
            "--from-config",
            "--storage",
            "file",
            "--api-url",
            &world.info().api_url,
        ],
    ] {
        let ran = world.run(arguments);
        assert!([2, 3].contains(&ran.code), "{}", ran.stderr);
        untouched(&world);
    }
    world
        .run(&["login", "--from-config", "--storage", "file"])
        .expect(0);
    untouched(&world);
    assert!(!own.sandbox.requests().is_empty());
}

// Issue 7, 6
#[test]
fn the_variable_for_new_logins_moves_no_login_that_is_there() {
    let world = World::logged_in();
    let elsewhere = |arguments: &[&str]| {
        let mut command = world.command(arguments);
        // No bus, so that a use of the keyring shows.
        command.env("SCW_KEYRING", "keyring");
        run(&mut command)
    };
    let secret = &world.info().secret_key;
    assert_eq!(elsewhere(&["token"]).expect(0).stdout.trim(), secret);
    elsewhere(&["2fa", "status"]).expect(0);
    elsewhere(&["logout"]).expect(0);
    assert!(files_with(world.home.path(), secret).is_empty());
    world.run(&["token"]).expect(3);
}

// Issue 7, 3
#[test]
fn a_login_whose_secret_cannot_be_kept_leaves_the_one_before_as_it_was() {
    let world = World::new();
    run(&mut world.person("iam", &["login"])).expect(0);
    let token = world.run(&["token"]).expect(0).stdout;
    let keys = world.new_keys();
    // In the way of the second secret: what no file can replace.
    let in_the_way = world.data_dir().join("secrets/default~2");
    fs::create_dir_all(in_the_way.join("x")).unwrap();
    for api in ["iam", "account"] {
        run(&mut world.person(api, &["login"]))
            .expect(7)
            .told("could not store the secret key");
        assert_eq!(world.run(&["token"]).expect(0).stdout, token, "{api}");
        world.run(&["2fa", "status"]).expect(0);
        assert_eq!(world.new_keys(), keys, "{api}");
    }
    let other = World::new();
    let mut command = other.command(&["login", "--with-token", "--storage", "file"]);
    command.env("HOME", world.home.path());
    crate::support::run_with_input(&mut command, &other.key_lines()).expect(7);
    assert_eq!(world.run(&["token"]).expect(0).stdout, token);
    assert!(files_with(world.home.path(), &other.info().secret_key).is_empty());
    fs::remove_dir_all(&in_the_way).unwrap();
    run(&mut world.person("iam", &["login"])).expect(0);
    assert_ne!(world.run(&["token"]).expect(0).stdout, token);
}

// Issue 7, 3
#[test]
fn a_login_whose_record_cannot_be_written_leaves_the_one_before_as_it_was() {
    // So much room is left in the record: not enough for its first change, or for its last one.
    for room in [10, 120] {
        let world = World::logged_in();
        let secret = world.info().secret_key.clone();
        let login = world.person("iam", &["login"]);
        let mut limited = limited(&world, room, "trap '' XFSZ; ", &login);
        let failed = run(&mut limited)
            .expect(7)
            .told("could not store the secret key");
        assert!(
            failed.stderr.contains("scw deleted the new API key"),
            "{}",
            failed.stderr
        );
        assert_eq!(world.run(&["token"]).expect(0).stdout.trim(), secret);
        world.run(&["2fa", "status"]).expect(0);
        assert_eq!(world.new_keys().len(), 0);
        let secrets = fs::read_dir(world.data_dir().join("secrets")).unwrap();
        assert_eq!(secrets.count(), 1, "{room}");
    }
}

// Issue 7, 3
#[test]
fn a_login_at_another_address_keeps_the_secret_before_until_the_record_names_the_new_one() {
    let (world, other) = two();
    let old = world.info().secret_key.clone();
    let login = |fault: Option<serde_json::Value>| {
        if let Some(fault) = fault {
            other.fault(fault);
        }
        let mut command = other.command(&["login", "--with-token", "--storage", "file"]);
        command.env("HOME", world.home.path());
        crate::support::run_with_input(&mut command, &other.key_lines())
    };
    // Refused, lost, or not understood: nothing of it is kept, and the old login still works.
    for fault in [
        json!({"path_regex": "users", "action": "status", "status": 403}),
        json!({"path_regex": "users", "action": "drop_before", "times": 9}),
        json!({"path_regex": "users", "action": "status", "status": 200, "body": "<html>"}),
    ] {
        let times = fault["times"].as_u64().unwrap_or(1);
        assert_ne!(login(Some(fault)).code, 0);
        // What is left of the fault is for nobody.
        for _ in 3..times {
            other.command(&["2fa", "status"]).output().unwrap();
        }
        assert_eq!(world.run(&["token"]).expect(0).stdout.trim(), old);
        assert!(files_with(world.home.path(), &other.info().secret_key).is_empty());
    }
    let asked = other.sandbox.requests().len();
    world.run(&["2fa", "status"]).expect(0);
    assert_eq!(other.sandbox.requests().len(), asked);

    let other = World::new();
    let mut command = other.command(&["login", "--with-token", "--storage", "file"]);
    command.env("HOME", world.home.path());
    crate::support::run_with_input(&mut command, &other.key_lines()).expect(0);
    assert!(files_with(world.home.path(), &old).is_empty());
    let asked = world.sandbox.requests().len();
    let mut status = other.command(&["2fa", "status"]);
    status.env("HOME", world.home.path());
    run(&mut status).expect(0);
    assert_eq!(world.sandbox.requests().len(), asked);
}

// Issue 7, 3
#[test]
fn a_login_at_another_address_that_is_cut_leaves_the_one_before_as_it_was() {
    // Killed, or refused by the disk, at the first change of the record or at the last one.
    for prelude in ["", "trap '' XFSZ; "] {
        for room in [10, 120] {
            let (world, other) = two();
            let old = world.info().secret_key.clone();
            let mut login = other.person("iam", &["login"]);
            login.env("HOME", world.home.path());
            let cut = limited(&world, room, prelude, &login).output().unwrap();
            assert!(!cut.status.success(), "{cut:?}");
            assert_eq!(other.asked("POST", "/api-keys"), 1, "it came so far");
            let asked = other.sandbox.requests().len();
            assert_eq!(world.run(&["token"]).expect(0).stdout.trim(), old);
            world.run(&["2fa", "status"]).expect(0);
            assert_eq!(other.sandbox.requests().len(), asked);
            let secrets = fs::read_dir(world.data_dir().join("secrets")).unwrap();
            assert_eq!(secrets.count(), 1);
            world.run(&["logout"]).expect(0);
            assert!(files_with(world.home.path(), &old).is_empty());
        }
    }
}
