//! Two runs at once on one machine.

use std::fs::File;

use rustix::process::Signal;
use serde_json::json;

use crate::support::{
    OATHTOOL, Ran, World,
    running::{Gate, Running},
};

/// The lock on the logins of a profile, held like another run holds it.
fn hold_login_lock(world: &World, profile: &str) -> File {
    std::fs::create_dir_all(world.data_dir()).unwrap();
    let path = world.data_dir().join(format!(".{profile}.login.lock"));
    let lock = File::create(path).unwrap();
    lock.lock().unwrap();
    lock
}

fn keys_of_seed_and(world: &World, more: usize) {
    assert_eq!(world.new_keys().len(), more, "{:?}", world.new_keys());
}

// Issue 7, 1
#[test]
fn a_second_on_that_waited_for_the_first_says_already_on_and_removes_nothing() {
    let world = World::logged_in();
    let gate = Gate::new(&world);
    let first = world.on_at(&gate, OATHTOOL, &["-o", "json"]);
    let mut second = world.start(&["2fa", "on", "--otp-command", OATHTOOL]);
    second.says("waiting for another scw (pid ");
    gate.open();
    let on = first.ended().expect(0).json();
    let second = second.ended().expect(0);
    assert!(second.stderr.contains("is already on"), "{}", second.stderr);
    assert_eq!(world.two_factor(), "on");
    assert_eq!(world.asked("DELETE", "/mfa-otp"), 0);
    assert_eq!(world.asked("POST", "/mfa-otp"), 1);
    assert_eq!(world.unused(), 10);
    let next = world.run(&["2fa", "codes", "next"]).expect(0).stdout;
    assert_eq!(next.trim(), on["backup_codes"][0].as_str().unwrap());
}

// Issue 7, 1
#[test]
fn a_second_on_whose_first_gave_up_does_the_work() {
    let world = World::logged_in();
    let gate = Gate::new(&world);
    let first = world.on_at(&gate, "false", &[]);
    let mut second = world.start(&["2fa", "on", "--otp-command", OATHTOOL]);
    second.says("waiting for another scw");
    gate.open();
    first.ended().expect(1).told("The account is unchanged");
    second.ended().expect(0);
    assert_eq!(world.two_factor(), "on");
    assert_eq!(world.unused(), 10);
}

// Issue 7, 20
#[test]
fn a_wait_for_another_run_names_it_and_ends_at_once_when_told_to() {
    let world = World::logged_in();
    let gate = Gate::new(&world);
    let first = world.on_at(&gate, OATHTOOL, &[]);
    let waiting = format!("waiting for another scw (pid {})", first.child.id());
    for signal in [Signal::INT, Signal::TERM] {
        for arguments in [
            &["2fa", "on", "--otp-command", OATHTOOL][..],
            &["2fa", "codes", "remove", "--yes"],
        ] {
            let mut second = world.start(arguments);
            second.says(&waiting);
            second.signal(signal);
            second.ended().expect(130);
        }
    }
    gate.open();
    first.ended().expect(0);
    assert_eq!(world.unused(), 10);
}

// Issue 7, 20
#[test]
fn reading_the_codes_needs_no_lock_and_taking_one_waits_visibly() {
    let world = World::logged_in();
    world.switch_on();
    let gate = Gate::new(&world);
    let renewal = world.on_at(&gate, OATHTOOL, &["--renew", "--yes", "-o", "json"]);
    for arguments in [["2fa", "codes", "list"], ["2fa", "codes", "path"]] {
        let read = world.run(&arguments).expect(0);
        assert!(!read.stderr.contains("waiting"), "{}", read.stderr);
    }
    let mut next = world.start(&["2fa", "codes", "next"]);
    next.says("waiting for another scw (pid ");
    let mut json = world.start(&["2fa", "codes", "next", "-o", "json"]);
    json.says("\"waiting\":\"another scw (pid ");
    gate.open();
    let on = renewal.ended().expect(0).json();
    let new: Vec<&str> = on["backup_codes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|code| code.as_str().unwrap())
        .collect();
    // What was waited for are the new codes, each handed out once.
    let (one, other) = (next.ended().expect(0), json.ended().expect(0));
    let other = other.json()["code"].as_str().unwrap().to_owned();
    assert!(new.contains(&one.stdout.trim()) && new.contains(&other.as_str()));
    assert_ne!(one.stdout.trim(), other);
}

// Issue 7, 4
#[test]
fn of_two_logins_on_one_profile_the_last_ones_key_stays_and_works() {
    for api in ["iam", "account"] {
        let world = World::new();
        let lock = hold_login_lock(&world, "default");
        let mut both: Vec<Running> = (0..2)
            .map(|_| Running::start(&mut world.person(api, &["login", "-o", "json"])))
            .collect();
        for login in &mut both {
            // Each has its key by now, and neither is on record.
            login.says("waiting");
        }
        drop(lock);
        for login in both {
            login.ended().expect(0);
        }
        let whoami = Ran::of(world.person(api, &["whoami"]).output().unwrap());
        whoami.expect(0);
        if api == "iam" {
            keys_of_seed_and(&world, 1);
        }
        let out = Ran::of(world.person(api, &["logout"]).output().unwrap());
        out.expect(0);
        keys_of_seed_and(&world, 0);
    }
}

// Issue 7, 4
#[test]
fn a_login_on_another_profile_leaves_the_key_of_a_login_that_goes_on_alone() {
    let world = World::new();
    let lock = hold_login_lock(&world, "slow");
    let mut slow = Running::start(&mut world.person("iam", &["login", "-p", "slow"]));
    slow.says("waiting");
    keys_of_seed_and(&world, 1);
    let quick = world.person("iam", &["login", "-p", "quick"]).output();
    let quick = Ran::of(quick.unwrap()).expect(0);
    assert!(!quick.stderr.contains("left behind"), "{}", quick.stderr);
    keys_of_seed_and(&world, 2);
    drop(lock);
    slow.ended().expect(0);
    keys_of_seed_and(&world, 2);
    for profile in ["slow", "quick"] {
        world.run(&["whoami", "-p", profile]).expect(0);
        world.run(&["logout", "-p", profile]).expect(0);
    }
    keys_of_seed_and(&world, 0);
}

// Issue 7, 20: a wait inside a login that has a key already.
#[test]
fn a_login_that_waits_for_another_one_ends_when_told_to_and_takes_its_key_back() {
    for (signal, api) in [(Signal::INT, "iam"), (Signal::TERM, "account")] {
        let world = World::new();
        let lock = hold_login_lock(&world, "default");
        let mut login = Running::start(&mut world.person(api, &["login"]));
        login.says("waiting");
        login.signal(signal);
        login.ended().expect(130);
        drop(lock);
        keys_of_seed_and(&world, 0);
        assert_eq!(world.sandbox.state().unwrap()["sessions"], 0);
        world.run(&["whoami"]).expect(3);
    }
    let world = World::logged_in();
    let _lock = hold_login_lock(&world, "default");
    let mut command = world.command(&["logout"]);
    let mut logout = Running::start(&mut command);
    logout.says("waiting");
    logout.signal(Signal::TERM);
    logout.ended().expect(130);
    world.run(&["whoami"]).expect(0);
}

/// Two people in two organizations; the second is also in the first one.
const TWO: &str = r#"{"organizations": [
    {"name": "Alpha", "users": [{"email": "a@example.com", "password": "first"},
                                {"email": "b@example.com", "password": "second",
                                 "type": "owner"}]},
    {"name": "Beta", "users": [{"email": "b@example.com"}]}]}"#;

fn login_as(world: &World, email: &str, password: &str, organization: &str) -> Ran {
    let mut command = world.person("iam", &["login", "--organization", organization]);
    command
        .env("SCW_EMAIL", email)
        .env("SCW_PASSWORD", password);
    Ran::of(command.output().unwrap())
}

/// Notes of keys that a login could not look after.
fn notes(world: &World) -> usize {
    let folder = world.data_dir().join("pending-keys");
    std::fs::read_dir(folder).map_or(0, Iterator::count)
}

/// A login that loses the answer to the creation of its key, and cannot look for it either.
fn lose_a_key(world: &World, organization: &str) {
    let keys = "/iam/v1alpha1/api-keys$";
    world.fault(json!({"method": "POST", "path_regex": keys, "action": "drop_after"}));
    world.fault(json!({"method": "GET", "path_regex": keys, "action": "status", "status": 403}));
    let failed = login_as(world, "b@example.com", "second", organization).expect(5);
    assert!(
        failed.stderr.contains("may have made the key"),
        "{}",
        failed.stderr
    );
    assert_eq!(notes(world), 1);
}

fn keys_of(world: &World, user: usize) -> usize {
    let state = world.sandbox.state().unwrap();
    state["users"][user]["api_keys"].as_array().unwrap().len()
}

// Issue 7, 4
#[test]
fn a_note_of_another_user_or_organization_waits_for_a_login_that_can_use_it() {
    for (organization, user) in [("Alpha", 1), ("Beta", 2)] {
        let world = World::seeded(TWO);
        lose_a_key(&world, organization);
        assert_eq!(keys_of(&world, user), 2, "the seed's and the lost one");
        // Neither another person nor the same one elsewhere can look after it.
        login_as(&world, "a@example.com", "first", "Alpha").expect(0);
        let other = if organization == "Alpha" {
            "Beta"
        } else {
            "Alpha"
        };
        login_as(&world, "b@example.com", "second", other).expect(0);
        assert_eq!((notes(&world), keys_of(&world, user)), (1, 2));
        let own = login_as(&world, "b@example.com", "second", organization).expect(0);
        assert!(own.stderr.contains("Deleted the key"), "{}", own.stderr);
        assert_eq!((notes(&world), keys_of(&world, user)), (0, 2));
    }
}

// Issue 7, 4
#[test]
fn a_list_of_keys_that_is_refused_stops_no_login_and_keeps_the_note() {
    let world = World::seeded(TWO);
    lose_a_key(&world, "Alpha");
    for _ in 0..2 {
        world.fault(
            json!({"method": "GET", "path_regex": "/iam/v1alpha1/api-keys$",
            "action": "status", "status": 403, "body": {"type": "permissions_denied"}}),
        );
        let login = login_as(&world, "b@example.com", "second", "Alpha").expect(0);
        assert!(
            login.stderr.contains("left behind, could not be deleted"),
            "{}",
            login.stderr
        );
        assert_eq!(notes(&world), 1);
    }
    login_as(&world, "b@example.com", "second", "Alpha").expect(0);
    assert_eq!((notes(&world), keys_of(&world, 1)), (0, 2));
}
