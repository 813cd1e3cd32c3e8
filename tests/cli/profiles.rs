//! `scw profile`: the logins on this machine, and which one is used.

use std::fs;

use serde_json::json;

use crate::support::{Ran, World, running::Running};

/// Runs a command of the first user, whose logins keep their secrets in files.
#[track_caller]
fn run(world: &World, arguments: &[&str]) -> Ran {
    Ran::of(world.person("iam", arguments).output().unwrap())
}

/// A world with logins of these profiles, each with a key of its own.
fn with_profiles(names: &[&str]) -> World {
    let world = World::new();
    for name in names {
        run(&world, &["login", "-p", name]).expect(0);
    }
    world
}

fn key_of(world: &World, arguments: &[&str]) -> String {
    let ran = run(world, &[&["token", "--access-key"], arguments].concat()).expect(0);
    ran.stdout.trim().to_owned()
}

fn record(world: &World) -> std::path::PathBuf {
    world.data_dir().join("profiles.toml")
}

// Issue 10, 4
#[test]
fn the_list_names_each_login_in_order_and_asks_neither_the_api_nor_the_keyring() {
    let world = with_profiles(&["work", "default"]);
    // Without its secrets the list is the same.
    fs::remove_dir_all(world.data_dir().join("secrets")).unwrap();
    let asked = world.sandbox.requests().len();
    let list = run(&world, &["profile", "list"]).expect(0);
    let starts: Vec<&str> = list
        .stdout
        .lines()
        .filter(|line| !line.starts_with("    "))
        .collect();
    assert_eq!(starts, ["* default", "  work"], "{}", list.stdout);
    let info = world.info();
    for shown in [
        &info.email,
        &info.api_url,
        "key in the file",
        "(in 90 days)",
    ] {
        assert_eq!(list.stdout.matches(shown).count(), 2, "{}", list.stdout);
    }
    let json = run(&world, &["profile", "list", "-o", "json", "-p", "work"]).expect(0);
    let profiles = json.json()["profiles"].as_array().unwrap().clone();
    let marks: Vec<_> = profiles.iter().map(|one| one["in_use"].clone()).collect();
    assert_eq!(marks, [false, true]);
    assert_eq!(profiles[0]["user_id"], *info.user_id);
    assert_eq!(profiles[1]["expired"], false);
    assert_eq!(world.sandbox.requests().len(), asked);

    let empty = World::new()
        .run(&["profile", "list", "-o", "json"])
        .expect(0);
    assert_eq!(empty.json(), json!({ "profiles": [] }));
}

// Issue 10, 4
#[test]
fn the_list_says_that_a_key_has_ended() {
    let world = with_profiles(&["default"]);
    let text = fs::read_to_string(record(&world)).unwrap();
    let lines = text.lines().map(|line| match line.split_once(" = ") {
        Some(("expires_at", _)) => "expires_at = \"2020-02-02T12:00:00Z\"",
        _ => line,
    });
    let text: Vec<&str> = lines.collect();
    fs::write(record(&world), text.join("\n")).unwrap();
    let list = run(&world, &["profile", "list"]).expect(0);
    assert!(
        list.stdout.contains("expired on 2 February 2020"),
        "{}",
        list.stdout
    );
    let json = run(&world, &["profile", "list", "-o", "json"]).expect(0);
    assert_eq!(json.json()["profiles"][0]["expired"], true);
}

// Issue 10, 4
#[test]
fn the_chosen_profile_is_used_where_neither_an_option_nor_a_variable_names_another() {
    let world = with_profiles(&["default", "work"]);
    let (default, work) = (key_of(&world, &[]), key_of(&world, &["-p", "work"]));
    assert_ne!(default, work);
    let chosen = run(&world, &["profile", "use", "work", "-o", "json"]).expect(0);
    assert_eq!(chosen.json(), json!({ "changed": true, "profile": "work" }));
    assert_eq!(key_of(&world, &[]), work);
    assert_eq!(run(&world, &["whoami", "-ojson"]).json()["profile"], "work");
    assert_eq!(key_of(&world, &["-p", "default"]), default);
    let with_variable = |arguments: &[&str]| {
        let mut command = world.person("iam", arguments);
        command.env("SCW_PROFILE", "default");
        Ran::of(command.output().unwrap()).expect(0)
    };
    assert_eq!(
        with_variable(&["token", "--access-key"]).stdout.trim(),
        default
    );
    let overridden = with_variable(&["profile", "use", "work"]);
    assert!(
        overridden.stderr.contains("already uses"),
        "{}",
        overridden.stderr
    );
    assert!(
        overridden.stderr.contains("`SCW_PROFILE` is set"),
        "{}",
        overridden.stderr
    );
    run(&world, &["profile", "use", "default"]).expect(0);
    assert_eq!(key_of(&world, &[]), default);
}

// Issue 10, 4
#[test]
fn a_profile_without_a_login_cannot_be_chosen_and_those_with_one_are_named() {
    let world = with_profiles(&["work", "home"]);
    let refused = run(&world, &["profile", "use", "wrok"]).expect(3);
    let refused = refused.told("profile `wrok` has no login");
    assert!(
        refused.stderr.contains("choose one of: home, work"),
        "{}",
        refused.stderr
    );
    // `default` is what is used without a choice, whether it has a login or not.
    run(&world, &["profile", "use", "default"]).expect(0);
}

// Issue 10, 4
#[test]
fn a_chosen_profile_counts_as_named_in_the_official_file() {
    let world = with_profiles(&["work"]);
    run(&world, &["profile", "use", "work"]).expect(0);
    run(&world, &["logout"]).expect(0);
    let folder = world.home.path().join(".config/scw");
    fs::create_dir_all(&folder).unwrap();
    let info = world.info();
    let yaml = format!(
        "active_profile: other\nprofiles:\n  other:\n    secret_key: malformed\n  work:\n    access_key: {}\n    secret_key: {}\n",
        info.access_key, info.secret_key
    );
    fs::write(folder.join("config.yaml"), yaml).unwrap();
    assert_eq!(key_of(&world, &[]), info.access_key);
    run(&world, &["profile", "use", "default"]).expect(0);
    run(&world, &["token"])
        .expect(7)
        .told("secret_key in config.yaml");
}

// Issue 10, 4
#[test]
fn a_profile_that_is_removed_is_logged_out_first_and_asked_about() {
    let world = with_profiles(&["default", "work"]);
    run(&world, &["profile", "use", "work"]).expect(0);
    let work = key_of(&world, &[]);
    let asks = run(&world, &["profile", "remove", "work"]).expect(2);
    asks.told("use `--yes`");
    assert_eq!(key_of(&world, &[]), work);
    let gone = run(&world, &["profile", "remove", "work", "--yes"]).expect(0);
    assert!(
        gone.stderr.contains("Removed profile `work`"),
        "{}",
        gone.stderr
    );
    assert!(
        gone.stderr.contains("now uses profile `default`"),
        "{}",
        gone.stderr
    );
    assert!(!world.new_keys().contains(&work));
    assert_eq!(key_of(&world, &[]), world.new_keys()[0]);
    let text = fs::read_to_string(record(&world)).unwrap();
    assert!(!text.contains("work"), "{text}");
    assert!(!world.data_dir().join("secrets/work").exists());
    let again = run(&world, &["profile", "remove", "work", "--yes", "-ojson"]).expect(0);
    assert_eq!(again.json(), json!({ "changed": false, "profile": "work" }));
    run(
        &world,
        &["profile", "remove", "default", "-y", "--keep-key"],
    )
    .expect(0);
    assert_eq!(world.new_keys().len(), 1);
    run(&world, &["token"]).expect(3);
}

// Issue 10, 4
#[test]
fn a_profile_whose_key_resists_is_removed_and_the_next_login_deletes_the_key() {
    let world = with_profiles(&["work"]);
    let key = key_of(&world, &["-p", "work"]);
    world.fault(
        json!({"method": "DELETE", "path_regex": "api-keys/", "action": "status",
        "status": 403, "body": {"type": "permissions_denied"}}),
    );
    run(&world, &["profile", "remove", "work", "--yes"])
        .expect(4)
        .told(&format!("could not delete the API key {key}"))
        .told("Profile `work` is removed");
    let list = run(&world, &["profile", "list", "-ojson"]).expect(0).json();
    assert_eq!(list, json!({ "profiles": [] }));
    run(&world, &["login"]).expect(0);
    assert!(!world.new_keys().contains(&key));
}

// Issue 10, 4
#[test]
fn a_login_that_took_the_place_of_the_one_to_be_removed_is_left_alone() {
    let world = with_profiles(&["work"]);
    let path = world.data_dir().join(".work.login.lock");
    let lock = fs::File::create(path).unwrap();
    lock.lock().unwrap();
    let mut removal =
        Running::start(&mut world.person("iam", &["profile", "remove", "work", "--yes"]));
    removal.says("Waiting");
    // Another run logs in meanwhile.
    let (old, new) = (key_of(&world, &["-p", "work"]), "SCWANOTHERLOGIN00000");
    let text = fs::read_to_string(record(&world)).unwrap();
    fs::write(record(&world), text.replace(&old, new)).unwrap();
    drop(lock);
    removal
        .ended()
        .expect(1)
        .told("another scw has logged in to profile `work`");
    assert_eq!(key_of(&world, &["-p", "work"]), new);
    assert_eq!(world.new_keys(), [old]);
}

// Issue 10, 4
#[test]
fn a_login_moves_to_its_new_name_with_its_secret_and_the_choice() {
    let world = with_profiles(&["old"]);
    run(&world, &["profile", "use", "old"]).expect(0);
    // Its secret lies in the second slot.
    run(&world, &["login"]).expect(0);
    let secret = run(&world, &["token"]).expect(0).stdout;
    let renamed = run(&world, &["profile", "rename", "old", "new", "-ojson"]).expect(0);
    assert_eq!(
        renamed.json(),
        json!({ "changed": true, "old_profile": "old", "profile": "new" })
    );
    assert_eq!(run(&world, &["token"]).expect(0).stdout, secret);
    assert_eq!(
        run(&world, &["token", "-p", "new"]).expect(0).stdout,
        secret
    );
    run(&world, &["token", "-p", "old"]).expect(3);
    let files: Vec<_> = fs::read_dir(world.data_dir().join("secrets"))
        .unwrap()
        .map(|file| file.unwrap().file_name())
        .collect();
    assert_eq!(files, ["new"]);
    let text = fs::read_to_string(record(&world)).unwrap();
    assert!(!text.contains("[profiles.old"), "{text}");
    run(&world, &["logout"]).expect(0);
    assert!(world.new_keys().is_empty());
}

// Issue 10, 4
#[test]
fn a_name_that_is_taken_or_without_a_login_is_not_renamed() {
    let world = with_profiles(&["a", "b"]);
    let (a, b) = (key_of(&world, &["-p", "a"]), key_of(&world, &["-p", "b"]));
    run(&world, &["profile", "rename", "a", "b"])
        .expect(2)
        .told("profile `b` already has a login");
    run(&world, &["profile", "rename", "c", "d"])
        .expect(3)
        .told("choose one of: a, b");
    let same = run(&world, &["profile", "rename", "a", "a", "-ojson"]).expect(0);
    assert_eq!(same.json()["changed"], false);
    assert_eq!(key_of(&world, &["-p", "a"]), a);
    assert_eq!(key_of(&world, &["-p", "b"]), b);
}

// Issue 10, 4
#[test]
fn a_renaming_whose_secret_cannot_be_stored_leaves_the_login_where_it_was() {
    let world = with_profiles(&["old"]);
    let secret = run(&world, &["token", "-p", "old"]).expect(0).stdout;
    fs::create_dir(world.data_dir().join("secrets/new")).unwrap();
    run(&world, &["profile", "rename", "old", "new"])
        .expect(7)
        .told("could not rename profile `old`");
    assert_eq!(
        run(&world, &["token", "-p", "old"]).expect(0).stdout,
        secret
    );
    run(&world, &["token", "-p", "new"]).expect(3);
}
