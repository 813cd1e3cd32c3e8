//! `scw whoami --all` and `scw logout --all`.

use serde_json::json;

use crate::support::{Ran, World};

#[track_caller]
fn run(world: &World, arguments: &[&str]) -> Ran {
    Ran::of(world.person("iam", arguments).output().unwrap())
}

/// Logins `a`, `b` and `c`. The key of `b` was deleted in the console.
fn with_a_dead_key() -> World {
    let world = World::new();
    for name in ["a", "b", "c"] {
        run(&world, &["login", "-p", name]).expect(0);
    }
    let key = run(&world, &["token", "--access-key", "-p", "b"]).stdout;
    world.elsewhere(
        "DELETE",
        &format!("/iam/v1alpha1/api-keys/{}", key.trim()),
        "",
    );
    world
}

// Issue 10, 4
#[test]
fn every_login_is_shown_and_one_that_cannot_be_asked_hides_no_other() {
    let world = with_a_dead_key();
    let all = run(&world, &["whoami", "--all", "-o", "json"]).expect(4);
    let all = all.json()["profiles"].clone();
    for at in [0, 2] {
        assert_eq!(all[at]["email"], world.info().email);
        assert_eq!(all[at]["two_factor"], "off");
    }
    assert_eq!(all[1]["profile"], "b");
    assert_eq!(all[1]["error"]["code"], "refused");
    let shown = run(&world, &["whoami", "--all"]).expect(4);
    for name in ["a", "c"] {
        let line = format!("profile       {name}\n");
        assert!(shown.stdout.contains(&line), "{}", shown.stdout);
    }
    assert!(
        shown
            .stderr
            .contains("could not read the account of profile `b`"),
        "{}",
        shown.stderr
    );
    assert!(shown.stderr.contains("hint: "), "{}", shown.stderr);
    let none = World::new().run(&["whoami", "--all", "-ojson"]).expect(0);
    assert_eq!(none.json(), json!({ "profiles": [] }));
}

// Issue 10, 4
#[test]
fn one_service_that_cannot_be_reached_is_told_and_the_other_logins_are_shown() {
    let world = World::new();
    run(&world, &["login", "-p", "a"]).expect(0);
    run(&world, &["login", "-p", "b"]).expect(0);
    let record = world.data_dir().join("profiles.toml");
    let text = std::fs::read_to_string(&record).unwrap();
    // The first of them is the one of `a`. Nobody listens on that port.
    let url = &world.info().api_url;
    std::fs::write(&record, text.replacen(url, "http://127.0.0.1:1", 1)).unwrap();
    let all = run(&world, &["whoami", "--all", "-o", "json"])
        .expect(5)
        .json();
    assert_eq!(all["profiles"][0]["error"]["code"], "unreachable");
    assert_eq!(all["profiles"][1]["email"], world.info().email);
}

// Issue 10, 4
#[test]
fn the_logout_of_all_ends_every_login_and_goes_on_after_a_failure() {
    let world = World::new();
    for name in ["a", "b", "c"] {
        run(&world, &["login", "-p", name]).expect(0);
    }
    run(&world, &["profile", "use", "b"]).expect(0);
    world.switch_on();
    world.fault(
        json!({"method": "DELETE", "path_regex": "api-keys/", "action": "status",
        "status": 403, "body": {"type": "permissions_denied"}}),
    );
    let out = run(&world, &["logout", "--all", "-o", "json"]).expect(4);
    let out = out.json();
    assert_eq!(out["changed"], true);
    let profiles = out["profiles"].as_array().unwrap();
    assert_eq!(profiles.len(), 3);
    assert!(
        profiles.iter().all(|one| one["logged_out"] == true),
        "{out}"
    );
    assert_eq!(profiles[0]["error"]["code"], "refused");
    assert!(profiles[1]["error"].is_null(), "{out}");
    // What outlives the logins is named.
    let codes = out["backup_codes"][0].as_str().unwrap();
    assert!(std::path::Path::new(codes).exists(), "{codes}");
    assert_eq!(world.new_keys().len(), 1);
    let left = std::fs::read_dir(world.data_dir().join("secrets")).unwrap();
    assert_eq!(left.count(), 0);
    let again = run(&world, &["logout", "--all"]).expect(0);
    assert!(again.stderr.contains("Not logged in"), "{}", again.stderr);
    assert!(again.stderr.contains(codes), "{}", again.stderr);
    // Nothing is chosen any more.
    run(&world, &["token"]).expect(3).told("profile `default`");
}

// Issue 10, 4
#[test]
fn the_logout_of_all_names_the_profile_whose_key_is_left_and_claims_nothing_of_void_codes() {
    let world = World::new();
    for name in ["a", "b"] {
        run(&world, &["login", "-p", name]).expect(0);
    }
    run(&world, &["profile", "use", "b"]).expect(0);
    world.switch_on();
    world.run(&["2fa", "off", "--yes"]).expect(0);
    world.fault(
        json!({"method": "DELETE", "path_regex": "api-keys/", "action": "status",
        "status": 403, "body": {"type": "permissions_denied"}}),
    );
    let out = run(&world, &["logout", "--all"]).expect(4);
    for part in ["Profile `a` is logged out", "The backup codes in "] {
        assert!(out.stderr.contains(part), "{part}: {}", out.stderr);
    }
    assert!(!out.stderr.contains("they work"), "{}", out.stderr);
}

// Issue 10, 4
#[test]
fn a_key_that_two_logins_use_is_gone_after_the_logout_of_all() {
    let world = World::new();
    run(&world, &["login"]).expect(0);
    let secret = run(&world, &["token"]).expect(0).stdout;
    let access = run(&world, &["token", "--access-key"]).expect(0).stdout;
    let lines = format!("SCW_ACCESS_KEY={access}SCW_SECRET_KEY={secret}");
    let mut other = world.person("iam", &["login", "--with-token", "-p", "other"]);
    crate::support::run_with_input(&mut other, &lines).expect(0);
    let out = run(&world, &["logout", "--all"]).expect(0);
    for name in ["default", "other"] {
        let line = format!("profile `{name}`)");
        assert!(out.stderr.contains(&line), "{}", out.stderr);
    }
    assert!(world.new_keys().is_empty());
}

// Issue 10, 4
#[test]
fn all_profiles_and_one_profile_are_not_named_at_once() {
    let world = with_a_dead_key();
    for command in ["logout", "whoami"] {
        run(&world, &[command, "--all", "-p", "a"])
            .expect(2)
            .told("remove one of the two");
    }
    assert_eq!(world.new_keys().len(), 2);
}
