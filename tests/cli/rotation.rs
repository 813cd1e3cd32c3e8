//! `scw login --renew`, and the warning that a key ends soon.

use std::fs;

use serde_json::json;

use crate::support::{Ran, World, run_with_input, running::Running};

const DAY_S: i64 = 86_400;

#[track_caller]
fn run(world: &World, arguments: &[&str]) -> Ran {
    Ran::of(world.person("iam", arguments).output().unwrap())
}

fn logged_in() -> World {
    let world = World::new();
    run(&world, &["login"]).expect(0);
    world
}

fn key(world: &World) -> String {
    let ran = run(world, &["token", "--access-key"]).expect(0);
    ran.stdout.trim().to_owned()
}

/// Notes of keys that no login names.
fn notes(world: &World) -> usize {
    let folder = world.data_dir().join("pending-keys");
    fs::read_dir(folder).map_or(0, Iterator::count)
}

/// The login works, with the only key that is left.
#[track_caller]
fn expect_one_key(world: &World, key: &str) {
    assert_eq!(world.new_keys(), [key]);
    let whoami = run(world, &["whoami", "-ojson"]).expect(0).json();
    assert_eq!(whoami["access_key"], key);
    assert_eq!(notes(world), 0);
    let secrets = fs::read_dir(world.data_dir().join("secrets")).unwrap();
    assert_eq!(secrets.count(), 1);
}

// Issue 10, 5
#[test]
fn the_old_key_is_deleted_after_the_new_one_is_stored_and_proven_and_not_before() {
    let world = logged_in();
    let (old, secret) = (key(&world), run(&world, &["token"]).stdout);
    let seen = world.sandbox.requests().len();
    let renewed = run(&world, &["login", "--renew", "--expires", "30d", "-ojson"]).expect(0);
    let new = key(&world);
    assert_ne!(old, new);
    assert_ne!(run(&world, &["token"]).stdout, secret);
    assert_eq!(renewed.json()["access_key"], new);
    expect_one_key(&world, &new);
    let keys = "/iam/v1alpha1/api-keys";
    let calls: Vec<String> = world.sandbox.requests()[seen..]
        .iter()
        .filter(|call| call.path.starts_with(keys))
        .map(|call| format!("{} {}", call.method, &call.path[keys.len()..]))
        .take(3)
        .collect();
    let wanted = [
        "POST ".to_owned(),
        format!("GET /{new}"),
        format!("DELETE /{old}"),
    ];
    assert_eq!(calls, wanted);
    let list = run(&world, &["profile", "list"]).expect(0).stdout;
    assert!(list.contains("(in 30 days)"), "{list}");
    let again = run(&world, &["login", "--renew"]).expect(0).stderr;
    let told = format!("Renewed the API key: the login uses {} now\n", key(&world));
    assert!(again.starts_with(&told), "{again}");
    // The new key is the login's own: the logout deletes it.
    run(&world, &["logout"]).expect(0);
    assert!(world.new_keys().is_empty());
}

// Issue 10, 5
#[test]
fn a_new_key_that_does_not_work_is_deleted_and_the_login_stays_the_old_one() {
    for (status, times, code) in [(401, 1, 4), (403, 1, 4), (503, 3, 5)] {
        let world = logged_in();
        let old = key(&world);
        world.fault(
            json!({"method": "GET", "path_regex": "/api-keys/SCW", "action": "status",
            "status": status, "times": times, "body": {}}),
        );
        let failed = run(&world, &["login", "--renew"]).expect(code);
        let failed = failed.told("The login is unchanged");
        assert!(
            failed.stderr.contains("scw deleted the new API key"),
            "{}",
            failed.stderr
        );
        // The login is in force, so a new one is no remedy.
        assert!(!failed.stderr.contains("log in with"), "{}", failed.stderr);
        expect_one_key(&world, &old);
    }
}

// Issue 10, 5
#[test]
fn a_new_key_that_cannot_be_stored_is_deleted_and_the_login_stays_the_old_one() {
    let world = logged_in();
    let old = key(&world);
    let place = world.data_dir().join("secrets/default~2");
    fs::create_dir(&place).unwrap();
    run(&world, &["login", "--renew"])
        .expect(7)
        .told("The login is unchanged");
    fs::remove_dir(&place).unwrap();
    expect_one_key(&world, &old);
}

// Issue 10, 5
#[test]
fn a_new_key_whose_answer_was_lost_is_found_and_deleted() {
    let world = logged_in();
    let old = key(&world);
    world.fault(json!({"method": "POST", "path_regex": "/api-keys$", "action": "drop_after"}));
    run(&world, &["login", "--renew"])
        .expect(5)
        .told("scw deleted it");
    expect_one_key(&world, &old);
}

// Issue 10, 5
#[test]
fn an_old_key_that_resists_is_noted_and_the_next_renewal_deletes_it() {
    let world = logged_in();
    let old = key(&world);
    world.fault(
        json!({"method": "DELETE", "path_regex": "/api-keys/", "action": "status",
        "status": 403, "times": 2, "body": {"type": "permissions_denied"}}),
    );
    let renewed = run(&world, &["login", "--renew"]).expect(0);
    assert!(renewed.stderr.contains(&old), "{}", renewed.stderr);
    assert_eq!((world.new_keys().len(), notes(&world)), (2, 1));
    run(&world, &["login", "--renew"]).expect(0);
    expect_one_key(&world, &key(&world));
}

// Issue 10, 5
#[test]
fn a_key_that_is_older_than_the_login_stays_and_is_named() {
    let world = World::logged_in();
    let renewed = run(&world, &["login", "--renew"]).expect(0);
    let old = &world.info().access_key;
    assert!(
        renewed
            .stderr
            .contains(&format!("The API key {old} was kept")),
        "{}",
        renewed.stderr
    );
    let state = world.sandbox.state().unwrap();
    assert_eq!(state["api_keys"], json!([old, key(&world)]));
    run(&world, &["logout"]).expect(0);
    assert!(world.new_keys().is_empty());
}

// Issue 10, 5
#[test]
fn an_old_key_that_another_profile_uses_stays() {
    let world = logged_in();
    let old = key(&world);
    let secret = run(&world, &["token"]).stdout;
    let lines = format!("SCW_ACCESS_KEY={old}\nSCW_SECRET_KEY={secret}");
    let mut other = world.person("iam", &["login", "--with-token", "-p", "ci"]);
    run_with_input(&mut other, &lines).expect(0);
    let renewed = run(&world, &["login", "--renew"]).expect(0);
    assert!(
        renewed.stderr.contains("profile `ci` uses it"),
        "{}",
        renewed.stderr
    );
    run(&world, &["whoami", "-p", "ci"]).expect(0);
    run(&world, &["logout", "-p", "ci"]).expect(0);
    expect_one_key(&world, &key(&world));
}

// Issue 10, 5
#[test]
fn what_cannot_be_renewed_says_what_to_do_and_changes_nothing() {
    let world = World::new();
    run(&world, &["login", "--renew"])
        .expect(3)
        .told("scw login");
    let person = |arguments: &[&str]| Ran::of(world.person("account", arguments).output().unwrap());
    person(&["login"]).expect(0);
    person(&["login", "--renew"])
        .expect(2)
        .told("log in again with `scw login`");
    person(&["whoami"]).expect(0);

    let world = logged_in();
    let mut command = world.person("iam", &["login", "--renew"]);
    command.env("SCW_SECRET_KEY", &world.info().secret_key);
    Ran::of(command.output().unwrap())
        .expect(2)
        .told("unset `SCW_SECRET_KEY`");
    let asked = world.asked("POST", "/api-keys");
    world.sandbox.advance(91 * DAY_S);
    run(&world, &["login", "--renew"])
        .expect(4)
        .told("log in with `scw login`");
    assert_eq!(world.asked("POST", "/api-keys"), asked);
    assert_eq!(notes(&world), 0);
}

// Issue 10, 5
#[test]
fn of_two_renewals_at_once_the_second_finds_the_new_key_and_makes_none() {
    let world = logged_in();
    let lock = fs::File::create(world.data_dir().join(".default.login.lock")).unwrap();
    lock.lock().unwrap();
    let mut both: Vec<Running> = (0..2)
        .map(|_| Running::start(&mut world.person("iam", &["login", "--renew"])))
        .collect();
    for renewal in &mut both {
        renewal.says("Waiting");
    }
    let made = world.asked("POST", "/api-keys");
    drop(lock);
    let said: String = both
        .into_iter()
        .map(|renewal| renewal.ended().expect(0).stderr)
        .collect();
    assert_eq!(
        said.matches("did not replace it again").count(),
        1,
        "{said}"
    );
    assert_eq!(world.asked("POST", "/api-keys"), made + 1);
    expect_one_key(&world, &key(&world));
}

// Issue 10, 5
#[test]
fn a_key_that_ends_within_two_weeks_is_warned_of_once_a_day() {
    let world = World::new();
    run(&world, &["login", "--expires", "20d"]).expect(0);
    let whoami = |more: &[&str]| run(&world, &[&["whoami"], more].concat()).expect(0).stderr;
    assert_eq!(whoami(&[]), "");
    world.sandbox.advance(7 * DAY_S);
    // Nobody sees it, so it does not count.
    assert_eq!(whoami(&["-q"]), "");
    let warned = whoami(&[]);
    assert!(
        warned.contains("warning: the API key of profile `default` expires on "),
        "{warned}"
    );
    assert!(warned.contains("(in 13 days)"), "{warned}");
    assert!(
        warned.contains("run `scw login --renew` to replace"),
        "{warned}"
    );
    assert_eq!(whoami(&[]), "");
    assert_eq!(whoami(&["-ojson"]), "");
    world.sandbox.advance(DAY_S);
    assert!(whoami(&["-ojson"]).starts_with("{\"warning\":"));
    run(&world, &["login", "--renew"]).expect(0);
    world.sandbox.advance(DAY_S);
    assert_eq!(whoami(&[]), "");
}

// Issue 10, 5
#[test]
fn a_command_with_the_key_of_the_login_is_run_with_the_same_warning() {
    for ttl in [&[][..], &["--ttl", "1h"]] {
        let world = World::new();
        run(&world, &["login", "--expires", "3d"]).expect(0);
        let words = [&["exec"], ttl, &["--", "echo", "ran"]].concat();
        for (ran, times) in [(run(&world, &words), 1), (run(&world, &words), 0)] {
            let ran = ran.expect(0);
            assert_eq!(ran.stdout, "ran\n");
            let warned = ran.stderr.matches("(in 3 days)").count();
            assert_eq!(warned, times, "{}", ran.stderr);
        }
    }
}

// Issue 10, 5
#[test]
fn the_warning_about_another_profile_names_it_in_the_command() {
    let world = World::new();
    run(&world, &["login", "-p", "work", "--expires", "3d"]).expect(0);
    let all = run(&world, &["whoami", "--all"]).expect(0);
    assert!(
        all.stderr.contains("`scw login --renew -p work`"),
        "{}",
        all.stderr
    );
}

// Issue 10, 5
#[test]
fn the_end_of_a_key_that_the_console_changed_is_learned_from_the_service() {
    let world = logged_in();
    let path = format!("/iam/v1alpha1/api-keys/{}", key(&world));
    let body = r#"{"expires_at": "2030-01-02T03:04:05Z"}"#;
    world.elsewhere("PATCH", &path, body);
    run(&world, &["whoami"]).expect(0);
    let list = run(&world, &["profile", "list", "-ojson"]).expect(0).json();
    assert_eq!(list["profiles"][0]["expires_at"], "2030-01-02T03:04:05Z");
}
