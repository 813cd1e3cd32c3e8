//! What the service says and does, and what of it reaches the person or a second request.

use serde_json::json;

use crate::support::{OATHTOOL, Ran, World};

/// `scw` of 2017 as the first person of the world, who signs in with a password.
fn person(world: &World, arguments: &[&str]) -> std::process::Command {
    let mut command = world.command(arguments);
    command
        .env("SCW_API", "account")
        .env("SCW_KEYRING", "file")
        .env("SCW_EMAIL", &world.info().email)
        .env("SCW_PASSWORD", &world.info().password);
    command
}

fn run(command: &mut std::process::Command) -> Ran {
    Ran::of(command.output().unwrap())
}

// Issue 7, 1
#[test]
fn the_deletion_of_a_factor_is_never_sent_twice_without_a_look_at_the_account() {
    for (dialect, fault) in [
        ("iam", json!({"action": "status", "status": 503})),
        ("iam", json!({"action": "drop_before"})),
        ("account", json!({"action": "status", "status": 503})),
        ("account", json!({"action": "drop_before"})),
    ] {
        let world = World::new();
        let off: &[&str] = &["2fa", "off", "--yes"];
        run(person(&world, &["login"]).env("SCW_API", dialect)).expect(0);
        let mut on = person(&world, &["2fa", "on", "--otp-command", OATHTOOL]);
        run(on.env("SCW_API", dialect)).expect(0);
        let mut fault = fault.clone();
        fault["method"] = json!("DELETE");
        fault["path_regex"] = json!("/(mfa-otp|2FA)$");
        fault["times"] = json!(9);
        world.fault(fault.clone());
        let ran = run(person(&world, off).env("SCW_API", dialect));
        assert_ne!(ran.code, 0, "{dialect} {fault}: {}", ran.stderr);
        // No second one but after the account was read again.
        let requests = world.sandbox.requests();
        let twice = requests
            .windows(2)
            .any(|two| two.iter().all(|seen| seen.method == "DELETE"));
        assert!(!twice, "{dialect} {fault}: {requests:?}");
    }
}

// Issue 7, 2
#[test]
fn a_token_that_the_service_names_in_an_error_is_hidden() {
    let world = World::new();
    run(&mut person(&world, &["login"])).expect(0);
    let token = world.run(&["token"]).expect(0).stdout.trim().to_owned();
    for arguments in [&["whoami"][..], &["-D", "whoami"]] {
        world.fault(json!({
            "method": "GET", "path_regex": "^/tokens/", "action": "status", "status": 404,
            "body": {"message": format!("token {} is unknown", token.to_uppercase())},
        }));
        let ran = run(&mut person(&world, arguments)).expect(1);
        assert!(
            ran.stderr.contains("token *** is unknown"),
            "{}",
            ran.stderr
        );
        let shown = ran.stderr.to_lowercase();
        assert!(!shown.contains(&token.to_lowercase()), "{shown}");
    }
}

// Issue 7, 2
#[test]
fn a_password_that_the_service_names_in_an_error_is_hidden() {
    for dialect in ["iam", "account"] {
        let world = World::new();
        let password = &world.info().password;
        world.fault(json!({
            "method": "POST", "path_regex": "^/(account/v2/login|tokens)$", "action": "status",
            "status": 400, "body": {"message": format!("{password} is too short")},
        }));
        let ran = run(person(&world, &["login"]).env("SCW_API", dialect));
        assert!(
            ran.stderr.contains("*** is too short") && !ran.stderr.contains(password),
            "{dialect}: {}",
            ran.stderr
        );
    }
}

// Issue 7, 2
#[test]
fn the_secret_of_an_iam_key_stands_in_no_path_of_the_2017_api() {
    let world = World::new();
    let info = world.info();
    for arguments in [&["whoami"][..], &["2fa", "status"]] {
        let mut command = world.command(arguments);
        command
            .env("SCW_API", "account")
            .env("SCW_ACCESS_KEY", &info.access_key)
            .env("SCW_SECRET_KEY", &info.secret_key);
        assert_ne!(run(&mut command).code, 0);
    }
    let mut login = world.command(&["login", "--with-token", "--storage", "file"]);
    login.env("SCW_API", "account");
    let ran = crate::support::run_with_input(&mut login, &world.key_lines());
    assert_ne!(ran.code, 0);
    let asked: Vec<String> = world
        .sandbox
        .requests()
        .into_iter()
        .map(|seen| seen.path)
        .filter(|path| path.starts_with("/tokens/"))
        .collect();
    assert_eq!(asked, [""; 0]);
}

// Issue 7, 13
#[test]
fn a_lock_of_the_2017_api_is_called_one() {
    let world = World::new();
    world.fault(json!({
        "method": "POST", "path_regex": "^/tokens$", "action": "status", "status": 423,
        "body": {"message": "too many tries"},
    }));
    run(&mut person(&world, &["login"]))
        .expect(4)
        .told("the account is locked");
}

// Issue 7, 13
#[test]
fn a_pause_for_a_busy_service_is_told_in_json_too() {
    let world = World::logged_in();
    world.fault(json!({
        "path_regex": "^/iam/v1alpha1/users/[^/]*$", "action": "status", "status": 429, "body": "",
    }));
    let ran = world.run(&["-o", "json", "2fa", "status"]).expect(0);
    let said: Vec<serde_json::Value> = ran
        .stderr
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let waiting = said.iter().find_map(|line| line["waiting"].as_str());
    assert_eq!(waiting, Some("The API is busy. Trying again in 1 s."));
}

// Issue 7, 23
#[test]
fn a_redirect_without_an_address_is_called_one() {
    let world = World::logged_in();
    world.fault(json!({
        "path_regex": "^/iam/v1alpha1/users/[^/]*$", "action": "status", "status": 302, "body": "",
    }));
    world
        .run(&["2fa", "status"])
        .expect(5)
        .told("sent a redirect without an address");
}

// Issue 7, 4
#[test]
fn a_key_whose_description_only_holds_that_of_a_left_over_key_is_left_alone() {
    for (dialect, path, list) in [
        ("iam", "/iam/v1alpha1/api-keys$", "api_keys"),
        ("account", "^/tokens$", "tokens"),
    ] {
        let world = World::new();
        // The answer is lost and the list is refused: the note stays.
        world.fault(json!({"method": "POST", "path_regex": path, "action": "drop_after"}));
        if dialect == "iam" {
            world.fault(json!({
                "method": "GET", "path_regex": path, "action": "status", "status": 403,
                "body": {"type": "permissions_denied"},
            }));
        }
        run(person(&world, &["login"]).env("SCW_API", dialect)).expect(5);
        let mut notes = std::fs::read_dir(world.data_dir().join("pending-keys")).unwrap();
        let note = std::fs::read_to_string(notes.next().unwrap().unwrap().path()).unwrap();
        let description = note
            .split('"')
            .find(|text| text.starts_with("scw login on "))
            .unwrap();
        let like = |access_key: &str, id: &str, description: &str| {
            json!({
                "access_key": access_key, "id": id, "description": description,
                "user_id": world.info().user_id,
            })
        };
        let page = json!({
            "total_count": 2,
            list: [
                like("SCWAAAAAAAAAAAAAAAAA", "11111111-2222-4333-8444-555555555555",
                    &format!("copy of {description}")),
                like("SCWBBBBBBBBBBBBBBBBB", "11111111-2222-4333-8444-666666666666",
                    &format!("{description} (old)")),
            ],
        });
        world.fault(json!({
            "method": "GET", "path_regex": path, "action": "status", "status": 200, "body": page,
        }));
        run(person(&world, &["login"]).env("SCW_API", dialect)).expect(0);
        let deleted: Vec<String> = world
            .sandbox
            .requests()
            .into_iter()
            .filter(|seen| seen.method == "DELETE" && !seen.path.contains("/jwts/"))
            .map(|seen| seen.path)
            .collect();
        assert_eq!(deleted, [""; 0], "{dialect}");
    }
}
