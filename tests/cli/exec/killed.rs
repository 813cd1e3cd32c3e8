//! An `scw exec` that was killed: who deletes its key, and what is said where nobody can.

use std::{
    fs,
    time::{Duration, Instant},
};

use serde_json::json;

use super::file;
use crate::support::{
    Ran, World,
    running::{Running, until},
};

/// A world where `scw exec --ttl` was killed with its key on the server.
fn killed(world: &World, mut command: std::process::Command) {
    let ready = file(world, "ready");
    let script = format!("touch {ready}; exec sleep 600");
    command.args(["exec", "--ttl", "1h", "--", "sh", "-c", &script]);
    command.stdin(std::process::Stdio::null());
    let before = world.new_keys().len();
    let running = Running::start(&mut command);
    until("the command runs", || fs::exists(&ready).unwrap());
    let pid = running.child.id().to_string();
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap();
    running.kill();
    for child in children.split_whitespace() {
        std::process::Command::new("kill")
            .args(["-9", child])
            .status()
            .unwrap();
    }
    assert_eq!(world.new_keys().len(), before + 1);
}

// Issue 10, 1
#[test]
fn any_command_deletes_the_key_of_a_killed_run_with_the_login_of_its_profile() {
    for next in [
        &["whoami"][..],
        &["2fa", "codes", "path"],
        &["exec", "true"],
        &["logout", "-p", "work"],
    ] {
        let world = World::new();
        let login = ["login", "--with-token", "--storage", "file", "-p", "work"];
        world.run_with_input(&login, &world.key_lines()).expect(0);
        world.log_in();
        killed(&world, world.command(&["-p", "work"]));
        let ran = world.run(next);
        assert_eq!(
            world.new_keys(),
            Vec::<String>::new(),
            "{next:?}: {}",
            ran.stderr
        );
        assert!(
            ran.stderr.contains("Deleted the API key SCW"),
            "{}",
            ran.stderr
        );
    }
}

// Issue 10, 1
#[test]
fn a_login_deletes_the_key_of_a_killed_run_too() {
    let world = World::new();
    Ran::of(world.person("iam", &["login"]).output().unwrap()).expect(0);
    killed(&world, world.person("iam", &[]));
    Ran::of(world.person("iam", &["login"]).output().unwrap()).expect(0);
    // The key of the login.
    assert_eq!(world.new_keys().len(), 1);
}

// Issue 10, 1
#[test]
fn a_key_of_the_environment_deletes_only_what_its_own_user_left() {
    let world = World::new();
    let with_variables = |arguments: &[&str]| {
        let mut command = world.command(arguments);
        command
            .env("SCW_ACCESS_KEY", &world.info().access_key)
            .env("SCW_SECRET_KEY", &world.info().secret_key);
        command
    };
    killed(&world, with_variables(&[]));
    let ran = Ran::of(with_variables(&["whoami"]).output().unwrap()).expect(0);
    assert!(
        ran.stderr.contains("Deleted the API key SCW"),
        "{}",
        ran.stderr
    );
    assert_eq!(world.new_keys(), Vec::<String>::new());
}

// Issue 10, 1
#[test]
fn a_key_that_nobody_can_delete_is_named_until_it_has_surely_ended() {
    let world = World::logged_in();
    killed(&world, world.command(&[]));
    let record = world.data_dir().join("profiles.toml");
    fs::remove_file(&record).unwrap();
    let ran = world.run(&["token"]).expect(3);
    assert!(
        ran.stderr.contains("not logged in as its user"),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stderr.contains("It stops working at 20"),
        "{}",
        ran.stderr
    );
    // A note whose key ended more than a day ago goes without a word.
    let folder = world.data_dir().join("pending-keys");
    let note = fs::read_dir(&folder)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let text = fs::read_to_string(&note).unwrap();
    let (before, _) = text.split_once("expires_at").unwrap();
    fs::write(
        &note,
        format!("{before}expires_at = \"2020-01-01T00:00:00Z\"\n"),
    )
    .unwrap();
    let ran = world.run(&["token"]).expect(3);
    assert!(!ran.stderr.contains("could not delete"), "{}", ran.stderr);
    assert!(!note.exists());
}

// Issue 10, 1
#[test]
fn without_a_killed_run_nothing_is_asked() {
    let world = World::logged_in();
    let asked = world.sandbox.requests().len();
    world.run(&["token"]).expect(0);
    world.run(&["exec", "true"]).expect(0);
    assert_eq!(world.sandbox.requests().len(), asked);
}

// Issue 10, 1
#[test]
fn a_service_that_does_not_answer_delays_a_command_once_and_for_a_few_seconds() {
    let world = World::logged_in();
    killed(&world, world.command(&[]));
    let folder = world.data_dir().join("pending-keys");
    let note = fs::read_dir(&folder).unwrap().next().unwrap().unwrap();
    for copy in ["a.toml", "b.toml"] {
        fs::copy(note.path(), folder.join(copy)).unwrap();
    }
    world.fault(
        json!({"method": "GET", "path_regex": "/api-keys", "action": "delay",
        "ms": 60_000, "times": 1}),
    );
    let started = Instant::now();
    let ran = world.run(&["token", "--access-key"]).expect(0);
    assert!(started.elapsed() < Duration::from_secs(7));
    let said = "could not delete the API keys ";
    assert_eq!(ran.stderr.matches(said).count(), 1, "{}", ran.stderr);
    assert_eq!(ran.stderr.matches("scw exec on ").count(), 3);
    assert!(
        ran.stderr.contains("The last of them stops working at 20"),
        "{}",
        ran.stderr
    );
    assert_eq!(world.new_keys().len(), 1);
    world.run(&["token", "--access-key"]).expect(0);
    assert_eq!(world.new_keys(), Vec::<String>::new());
}
