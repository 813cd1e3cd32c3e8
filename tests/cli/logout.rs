//! `scw logout` when the key on the server resists.

use std::{fs, os::unix::fs::PermissionsExt};

use serde_json::{Value, json};

use crate::support::{Ran, World, files_with};

/// A world with a login that made its key; the key.
fn logged_in() -> (World, String) {
    let world = World::new();
    Ran::of(world.person("iam", &["login"]).output().unwrap()).expect(0);
    let key = world.new_keys().pop().unwrap();
    (world, key)
}

/// The deletion of a key, answered so.
fn deletion(world: &World, mut fault: Value) {
    fault["method"] = json!("DELETE");
    fault["path_regex"] = json!("/iam/v1alpha1/api-keys/");
    world.fault(fault);
}

// Issue 7, 5
#[test]
fn a_key_that_could_not_be_deleted_is_named_and_the_next_login_deletes_it() {
    for (fault, code) in [
        (
            json!({"action": "status", "status": 403, "body": {"type": "permissions_denied"}}),
            4,
        ),
        (
            json!({"action": "status", "status": 409, "body": {"message": "in use"}}),
            4,
        ),
        (json!({"action": "status", "status": 200, "body": {}}), 5),
        (
            json!({"action": "status", "status": 200, "body": "<html>portal</html>"}),
            5,
        ),
        (json!({"action": "status", "status": 202, "body": ""}), 5),
        (
            json!({"action": "status", "status": 404, "body": "<html>no</html>"}),
            5,
        ),
        (json!({"action": "status", "status": 503, "times": 3}), 5),
        (json!({"action": "drop_before", "times": 3}), 5),
    ] {
        let (world, key) = logged_in();
        let secret = world.run(&["token"]).expect(0).stdout;
        deletion(&world, fault.clone());
        let logout = world.run(&["logout"]).expect(code).told(&key);
        assert!(
            logout.stderr.contains("may still work"),
            "{fault}: {}",
            logout.stderr
        );
        assert!(!logout.stderr.contains("Logged out"), "{}", logout.stderr);
        // The local secret is gone all the same, and so is the login.
        assert!(files_with(world.home.path(), secret.trim()).is_empty());
        world.run(&["token"]).expect(3);
        assert_eq!(world.new_keys(), [key.as_str()], "{fault}");

        let login = Ran::of(world.person("iam", &["login"]).output().unwrap()).expect(0);
        assert!(login.stderr.contains(&key), "{}", login.stderr);
        assert_eq!(world.new_keys().len(), 1);
        assert!(!world.new_keys().contains(&key), "{fault}");
    }
}

// Issue 7, 5
#[test]
fn a_token_of_2017_that_could_not_be_deleted_is_named_and_the_next_login_deletes_it() {
    for (status, times, code) in [(403, 1, 4), (409, 1, 4), (200, 1, 5), (503, 3, 5)] {
        let world = World::new();
        let run =
            |arguments: &[&str]| Ran::of(world.person("account", arguments).output().unwrap());
        run(&["login"]).expect(0);
        let token = run(&["token"]).expect(0).stdout;
        world.fault(
            json!({"method": "DELETE", "path_regex": "^/tokens/", "action": "status",
            "status": status, "times": times, "body": {}}),
        );
        let logout = run(&["logout"]).expect(code).told("scw login on");
        assert!(!logout.stderr.contains(token.trim()), "{}", logout.stderr);
        assert!(files_with(world.home.path(), token.trim()).is_empty());
        run(&["token"]).expect(3);
        let works = || {
            let mut status = world.person("account", &["2fa", "status"]);
            status.env("SCW_SECRET_KEY", token.trim());
            Ran::of(status.output().unwrap())
        };
        works().expect(0);
        run(&["login"]).expect(0);
        works().expect(4);
    }
}

// Issue 7, 5
#[test]
fn a_key_that_is_gone_already_or_whose_answer_was_lost_is_deleted() {
    for fault in [
        json!({"action": "status", "status": 404,
            "body": {"type": "not_found", "resource": "api_key"}}),
        json!({"action": "status", "status": 401,
            "body": {"type": "denied_authentication", "reason": "not_found"}}),
        json!({"action": "drop_after"}),
    ] {
        let (world, _) = logged_in();
        deletion(&world, fault.clone());
        let logout = world.run(&["logout"]).expect(0);
        assert!(
            logout.stderr.contains("Logged out"),
            "{fault}: {}",
            logout.stderr
        );
        world.run(&["token"]).expect(3);
    }
}

// Issue 7, 5
#[test]
fn a_key_that_the_login_did_not_make_or_that_is_to_stay_is_not_asked_for() {
    let world = World::logged_in();
    world.run(&["logout"]).expect(0);
    let (kept, key) = logged_in();
    kept.run(&["logout", "--keep-key"]).expect(0);
    assert_eq!(kept.new_keys(), [key]);
    for world in [world, kept] {
        let deleted = |path: &str| path.contains("/api-keys/");
        let seen = world.sandbox.requests();
        assert!(
            !seen
                .iter()
                .any(|seen| seen.method == "DELETE" && deleted(&seen.path))
        );
    }
}

// Issue 7, 19
#[test]
fn a_secret_that_others_could_read_is_of_use_only_to_revoke_its_key() {
    let (world, _) = logged_in();
    let secret = world.run(&["token"]).expect(0).stdout;
    let file = files_with(world.home.path(), secret.trim()).pop().unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let asked = world.sandbox.requests().len();
    for arguments in [&["2fa", "status"][..], &["whoami"], &["token"]] {
        let refused = world.run(arguments).expect(7).told("chmod 600");
        assert!(!refused.stdout.contains(secret.trim()));
    }
    assert_eq!(world.sandbox.requests().len(), asked);
    world.run(&["logout"]).expect(0);
    assert!(world.new_keys().is_empty(), "the exposed key is alive");
    assert!(!file.exists());
}

// Issue 7, 19
#[test]
fn a_new_login_revokes_the_key_whose_secret_others_could_read() {
    let (world, exposed) = logged_in();
    let secret = world.run(&["token"]).expect(0).stdout;
    let file = files_with(world.home.path(), secret.trim()).pop().unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    Ran::of(world.person("iam", &["login"]).output().unwrap()).expect(0);
    assert!(!world.new_keys().contains(&exposed));
    assert!(files_with(world.home.path(), secret.trim()).is_empty());
}
