//! One key in two logins, and keys that earlier runs left behind: what a login may delete.

use std::{fs, os::unix::fs::PermissionsExt};

use serde_json::json;

use crate::support::{Ran, World, run_with_input};

const DIALECTS: [&str; 2] = ["iam", "account"];

fn run(mut command: std::process::Command) -> Ran {
    Ran::of(command.output().unwrap())
}

/// The key of a login as `login --with-token` takes it.
fn own_key(world: &World, api: &str) -> String {
    let secret = run(world.person(api, &["token"])).expect(0).stdout;
    if api == "account" {
        return secret;
    }
    let access = run(world.person(api, &["token", "--access-key"])).expect(0);
    format!(
        "SCW_ACCESS_KEY={}\nSCW_SECRET_KEY={secret}",
        access.stdout.trim()
    )
}

// Issue 7, 3 and 4
#[test]
fn logging_in_again_with_the_key_of_the_login_keeps_that_key_alive() {
    for api in DIALECTS {
        let world = World::new();
        run(world.person(api, &["login"])).expect(0);
        let key = own_key(&world, api);
        run_with_input(&mut world.person(api, &["login", "--with-token"]), &key).expect(0);
        run(world.person(api, &["whoami"])).expect(0);
        // It is still the login's own: the logout deletes it.
        run(world.person(api, &["logout"])).expect(0);
        run_with_input(&mut world.person(api, &["login", "--with-token"]), &key).expect(4);
    }
}

// Issue 7, 4
#[test]
fn a_key_that_another_profile_uses_outlives_the_login_that_made_it() {
    for api in DIALECTS {
        for end in [&["login"][..], &["logout"]] {
            let world = World::new();
            run(world.person(api, &["login"])).expect(0);
            let key = own_key(&world, api);
            let other = ["login", "--with-token", "--profile", "ci"];
            run_with_input(&mut world.person(api, &other), &key).expect(0);
            let ended = run(world.person(api, end)).expect(0);
            assert!(ended.stderr.contains("`ci`"), "{}", ended.stderr);
            run(world.person(api, &["whoami", "--profile", "ci"])).expect(0);
        }
    }
}

// Issue 7, 5
#[test]
fn a_key_that_a_logout_could_not_delete_goes_with_the_next_login_of_any_kind() {
    let world = World::new();
    run(world.person("iam", &["login"])).expect(0);
    world.fault(
        json!({"method": "DELETE", "path_regex": "api-keys/", "action": "status",
        "status": 403, "body": {"type": "permissions_denied"}}),
    );
    run(world.person("iam", &["logout"])).expect(4);
    assert_eq!(world.new_keys().len(), 1);
    run_with_input(
        &mut world.person("iam", &["login", "--with-token"]),
        &world.key_lines(),
    )
    .expect(0);
    assert!(world.new_keys().is_empty());
}

// Issue 7, 4 and 21
#[test]
fn odd_and_foreign_notes_of_keys_stop_no_login_and_delete_nothing() {
    let world = World::new();
    run(world.person("iam", &["login"])).expect(0);
    let notes = world.data_dir().join("pending-keys");
    fs::create_dir_all(notes.join("folder.toml")).unwrap();
    fs::write(notes.join("big.toml"), vec![b'x'; 2 * 1024 * 1024]).unwrap();
    let foreign = notes.join("foreign.toml");
    let note = format!(
        "description = \"\"\napi = \"iam\"\napi_url = \"{}\"\nemail = \"{}\"\n",
        world.info().api_url,
        world.info().email
    );
    fs::write(&foreign, &note).unwrap();
    std::os::unix::fs::chown(&foreign, Some(1000), Some(1000)).unwrap();
    // Even as one's own it names no key.
    fs::write(notes.join("empty.toml"), &note).unwrap();
    let login = run(world.person("iam", &["login"])).expect(0);
    assert!(
        login
            .stderr
            .contains("could not read the note of an unfinished scw"),
        "{}",
        login.stderr
    );
    let state = world.sandbox.state().unwrap();
    let keys = state["api_keys"].as_array().unwrap();
    assert!(keys.contains(&json!(world.info().access_key)), "{keys:?}");
    assert_eq!(keys.len(), 2, "the seed's and the login's");

    fs::set_permissions(&notes, fs::Permissions::from_mode(0o777)).unwrap();
    run(world.person("iam", &["login"]))
        .expect(7)
        .told("chmod go-w");
}

// Issue 7, 5
#[test]
fn a_logout_whose_secret_stays_says_so_and_what_became_of_the_key() {
    let world = World::new();
    run(world.person("iam", &["login"])).expect(0);
    let secret = world.data_dir().join("secrets/default");
    fs::remove_file(&secret).unwrap();
    fs::create_dir(&secret).unwrap();
    let key = world.new_keys();
    let out = run(world.person("iam", &["logout"])).expect(1);
    assert!(out.stderr.contains(&key[0]), "{}", out.stderr);
    // It has a note: a login that can, deletes it.
    fs::remove_dir(&secret).unwrap();
    run(world.person("iam", &["login"])).expect(0);
    assert!(!world.new_keys().contains(&key[0]));
}

// Issue 7, 4
#[test]
fn a_key_that_a_login_took_over_goes_with_the_logout_of_the_last_who_uses_it() {
    for first in [&["login"][..], &["logout"]] {
        let world = World::new();
        run(world.person("iam", &["login"])).expect(0);
        let made = world.new_keys();
        let key = own_key(&world, "iam");
        let other = ["login", "--with-token", "--profile", "ci"];
        run_with_input(&mut world.person("iam", &other), &key).expect(0);
        run(world.person("iam", first)).expect(0);
        run(world.person("iam", &["whoami", "--profile", "ci"])).expect(0);
        run(world.person("iam", &["logout", "--profile", "ci"])).expect(0);
        assert!(!world.new_keys().contains(&made[0]), "{first:?}");
    }
}

// Issue 7, 4
#[test]
fn a_noted_key_that_somebody_logs_in_with_is_not_left_over() {
    let world = World::new();
    run(world.person("iam", &["login"])).expect(0);
    let key = own_key(&world, "iam");
    let made = world.new_keys();
    let refuse = || {
        world.fault(
            json!({"method": "DELETE", "path_regex": "api-keys/", "action": "status",
            "status": 403, "body": {"type": "permissions_denied"}}),
        );
    };
    refuse();
    run(world.person("iam", &["logout"])).expect(4);
    let again = ["login", "--with-token", "--profile", "again"];
    run_with_input(&mut world.person("iam", &again), &key).expect(0);
    run(world.person("iam", &["login", "--profile", "third"])).expect(0);
    run(world.person("iam", &["whoami", "--profile", "again"])).expect(0);
    // It is that login's own now.
    run(world.person("iam", &["logout", "--profile", "again"])).expect(0);
    assert!(!world.new_keys().contains(&made[0]));
}
