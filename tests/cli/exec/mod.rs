//! `scw exec`: what the command gets, and what it leaves behind.

mod endings;
mod killed;

use std::{ffi::OsStr, os::unix::ffi::OsStrExt, process::Command};

use serde_json::json;

use crate::support::{Ran, World, files_with, mode, running::until};

/// The variables that the command sees, by name.
fn variable<'a>(ran: &'a Ran, name: &str) -> Option<&'a str> {
    let prefix = format!("{name}=");
    ran.stdout
        .lines()
        .find_map(|line| line.strip_prefix(&prefix))
}

/// A folder for what a command writes.
fn file(world: &World, name: &str) -> String {
    world.home.path().join(name).display().to_string()
}

// Issue 10, 1
#[test]
fn the_command_gets_the_credentials_and_asks_no_network_for_them() {
    let world = World::logged_in();
    let asked = world.sandbox.requests().len();
    let ran = world.run(&["exec", "--", "env"]).expect(0);
    let info = world.info();
    assert_eq!(variable(&ran, "SCW_ACCESS_KEY"), Some(&*info.access_key));
    assert_eq!(variable(&ran, "SCW_SECRET_KEY"), Some(&*info.secret_key));
    assert_eq!(
        variable(&ran, "SCW_DEFAULT_ORGANIZATION_ID"),
        Some(&*info.organization_id)
    );
    assert!(variable(&ran, "SCW_DEFAULT_PROJECT_ID").is_some());
    assert_eq!(variable(&ran, "SCW_API_URL"), Some(&*info.api_url));
    assert_eq!(variable(&ran, "AWS_SECRET_ACCESS_KEY"), None);
    assert_eq!(ran.stderr, "");
    assert_eq!(world.sandbox.requests().len(), asked);
}

// Issue 10, 1
#[test]
fn options_set_the_defaults_and_the_keys_of_s3_tools() {
    let world = World::logged_in();
    let options = [
        "exec",
        "--s3",
        "--project",
        "p-1",
        "--region",
        "nl-ams",
        "--zone",
        "nl-ams-2",
        "env",
    ];
    let mut command = world.command(&options);
    command.env("AWS_SESSION_TOKEN", "of another key");
    let ran = Ran::of(command.output().unwrap()).expect(0);
    let info = world.info();
    for (name, value) in [
        ("AWS_ACCESS_KEY_ID", &*info.access_key),
        ("AWS_SECRET_ACCESS_KEY", &info.secret_key),
        ("SCW_DEFAULT_PROJECT_ID", "p-1"),
        ("SCW_DEFAULT_REGION", "nl-ams"),
        ("SCW_DEFAULT_ZONE", "nl-ams-2"),
    ] {
        assert_eq!(variable(&ran, name), Some(value), "{name}");
    }
    assert_eq!(variable(&ran, "AWS_SESSION_TOKEN"), None);
}

// Issue 10, 1
#[test]
fn the_arguments_are_passed_on_byte_for_byte() {
    let world = World::logged_in();
    let given: [&OsStr; 9] = [
        OsStr::new("printf"),
        OsStr::new("[%s]"),
        OsStr::new("a b"),
        OsStr::new(""),
        OsStr::new("--"),
        OsStr::new("-o"),
        OsStr::new("--help"),
        OsStr::from_bytes(b"\xff\xfe"),
        OsStr::new("$HOME\n"),
    ];
    for before in [&["exec"][..], &["exec", "--"], &["exec", "--ttl", "1m"]] {
        let output = world.command(before).args(given).output().unwrap();
        assert!(output.status.success(), "{before:?}: {output:?}");
        let expected = b"[a b][][--][-o][--help][\xff\xfe][$HOME\n]";
        assert_eq!(output.stdout, expected, "{before:?}");
    }
}

// Issue 10, 1
#[test]
fn without_a_key_of_its_own_the_command_takes_the_place_of_scw() {
    let world = World::logged_in();
    let mut child = world
        .command(&["exec", "--", "sh", "-c", "echo $$"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let pid = child.id();
    assert!(child.wait().unwrap().success());
    let mut told = String::new();
    std::io::Read::read_to_string(&mut child.stdout.unwrap(), &mut told).unwrap();
    assert_eq!(told.trim(), pid.to_string());
}

// Issue 10, 1
#[test]
fn a_command_that_cannot_run_has_the_exit_codes_of_a_shell() {
    let world = World::logged_in();
    let plain = file(&world, "plain");
    std::fs::write(&plain, "no program").unwrap();
    assert_eq!(mode(&plain) & 0o111, 0);
    for ttl in [&[][..], &["--ttl", "1h"]] {
        for (code, word, program) in [
            (127, "command_not_found", "no-such-program"),
            (126, "command_not_started", &*plain),
        ] {
            let arguments = [&["exec"][..], ttl, &["--", program]].concat();
            let ran = world.run(&arguments).expect(code);
            ran.told(&format!("could not run `{program}`: "));
            let arguments = [&["-o", "json"][..], &arguments].concat();
            let ran = world.run(&arguments).expect(code);
            let error: serde_json::Value = serde_json::from_str(&ran.stderr).unwrap();
            assert_eq!(error["error"]["code"], word);
        }
    }
    // No key is made for a command that cannot run.
    assert_eq!(world.asked("POST", "/api-keys"), 0);
}

// Issue 10, 1
#[test]
fn a_profile_that_the_official_file_lacks_is_not_named_to_the_command() {
    let world = World::new();
    let login = ["login", "--with-token", "--storage", "file", "-p", "work"];
    world.run_with_input(&login, &world.key_lines()).expect(0);
    let profile = |arguments: &[&str]| {
        let mut command = world.command(arguments);
        command.env("SCW_PROFILE", "work");
        let ran = Ran::of(command.output().unwrap()).expect(0);
        variable(&ran, "SCW_PROFILE").map(str::to_owned)
    };
    assert_eq!(profile(&["exec", "env"]), None);
    let folder = world.home.path().join(".config/scw");
    std::fs::create_dir_all(&folder).unwrap();
    let config = "profiles:\n  work:\n    default_region: nl-ams\n";
    std::fs::write(folder.join("config.yaml"), config).unwrap();
    assert_eq!(profile(&["exec", "env"]).as_deref(), Some("work"));
    assert_eq!(
        profile(&["exec", "--ttl", "1m", "env"]).as_deref(),
        Some("work")
    );
}

// Issue 10, 1
#[test]
fn the_key_of_the_command_is_another_one_that_ends_and_is_in_no_file() {
    let world = World::logged_in();
    let seen = file(&world, "seen");
    let script = format!("env >{seen}.tmp; mv {seen}.tmp {seen}; read line");
    let mut command = world.command(&["exec", "--ttl", "1h", "--s3", "--", "sh", "-c", &script]);
    command.stdin(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    until("the command runs", || std::path::Path::new(&seen).exists());
    let env = Ran {
        code: 0,
        stdout: std::fs::read_to_string(&seen).unwrap(),
        stderr: String::new(),
    };
    let keys = world.new_keys();
    let access_key = variable(&env, "SCW_ACCESS_KEY").unwrap();
    let secret = variable(&env, "SCW_SECRET_KEY").unwrap();
    assert_eq!(keys, [access_key]);
    assert_eq!(variable(&env, "AWS_ACCESS_KEY_ID"), Some(access_key));
    assert_eq!(variable(&env, "AWS_SECRET_ACCESS_KEY"), Some(secret));
    let path = format!("/iam/v1alpha1/api-keys/{access_key}");
    let key = world.elsewhere("GET", &path, "");
    let description = key["description"].as_str().unwrap();
    assert!(description.starts_with("scw exec on "), "{description}");
    let end = scw::model::parse_rfc3339(key["expires_at"].as_str().unwrap()).unwrap();
    let left = end.unix_timestamp() - world.sandbox.now();
    assert!((3540..=3600).contains(&left), "{left}");
    std::fs::remove_file(&seen).unwrap();
    assert!(
        !std::fs::read_to_string(format!("/proc/{}/cmdline", child.id()))
            .unwrap()
            .contains(secret)
    );
    assert_eq!(
        files_with(world.home.path(), secret),
        Vec::<std::path::PathBuf>::new()
    );
    drop(child.stdin.take());
    child.wait().unwrap();
    assert_eq!(world.new_keys(), Vec::<String>::new());
}

// Issue 10, 1
#[test]
fn no_other_secret_of_the_user_reaches_a_command_with_a_key_of_its_own() {
    let world = World::logged_in();
    for ttl in [&[][..], &["--ttl", "1h"]] {
        let mut command = world.command(&[&["exec"][..], ttl, &["--", "env"]].concat());
        for name in ["SCW_PASSWORD", "SCW_OTP", "SCW_TOKEN"] {
            command.env(name, "the-users-own");
        }
        let ran = Ran::of(command.output().unwrap()).expect(0);
        assert_eq!(ran.stdout.contains("the-users-own"), ttl.is_empty());
        let own = ran.stdout.contains(&world.info().secret_key);
        assert_eq!(own, ttl.is_empty());
    }
}

// Issue 10, 1
#[test]
fn a_key_lasts_no_longer_than_the_organization_allows() {
    let world = World::logged_in();
    let path = format!(
        "/iam/v1alpha1/organizations/{}/security-settings",
        world.info().organization_id
    );
    let body = json!({"max_api_key_expiration_duration": "600s"}).to_string();
    world.elsewhere("PATCH", &path, &body);
    let ran = world.run(&["exec", "--ttl", "1h", "true"]).expect(0);
    assert!(
        ran.stderr.contains("does not allow a key that lasts `1h`"),
        "{}",
        ran.stderr
    );
}

// Issue 10, 1
#[test]
fn a_login_of_2017_has_no_access_key_and_makes_no_keys() {
    let world = World::new();
    let token = world.info().token.clone();
    let login = [
        "login",
        "--with-token",
        "--storage",
        "file",
        "--api",
        "account",
    ];
    world.run_with_input(&login, &token).expect(0);
    let mut command = world.command(&["exec", "env"]);
    command.env("SCW_ACCESS_KEY", "SCW1234567890ABCDEFG");
    let ran = Ran::of(command.output().unwrap()).expect(0);
    assert_eq!(variable(&ran, "SCW_SECRET_KEY"), Some(&*token));
    assert_eq!(variable(&ran, "SCW_ACCESS_KEY"), None);
    world
        .run(&["exec", "--s3", "true"])
        .expect(2)
        .told("S3 tools need an access key");
    let asked = world.sandbox.requests().len();
    world
        .run(&["exec", "--ttl", "1h", "true"])
        .expect(2)
        .told("could not create an API key for the command");
    assert_eq!(world.sandbox.requests().len(), asked);
}

// Issue 10, 1
#[test]
fn nobody_runs_anything_without_a_login_or_a_command() {
    let world = World::new();
    world.run(&["exec", "true"]).expect(3).told("not logged in");
    world.log_in();
    world.run(&["exec"]).expect(2).told("COMMAND");
    world
        .run(&["exec", "--ttl", "30s", "true"])
        .expect(2)
        .told("`15m`");
    world
        .run(&["exec", "--ttl", "never", "true"])
        .expect(2)
        .told("`15m`");
    world
        .run(&["exec", "--tll", "1h", "true"])
        .expect(2)
        .told("did you mean");
}

// Issue 10, 1
#[test]
fn a_key_of_the_official_file_is_warned_of_and_used() {
    let world = World::new();
    let info = world.info();
    let folder = world.home.path().join(".config/scw");
    std::fs::create_dir_all(&folder).unwrap();
    let text = format!(
        "access_key: {}\nsecret_key: {}\n",
        info.access_key, info.secret_key
    );
    std::fs::write(folder.join("config.yaml"), text).unwrap();
    let ran = world.run(&["exec", "env"]).expect(0);
    assert!(ran.stderr.contains("stored unencrypted"), "{}", ran.stderr);
    assert_eq!(variable(&ran, "SCW_SECRET_KEY"), Some(&*info.secret_key));
}

// Issue 10, 1
#[test]
fn what_nohup_starts_does_not_end_when_the_terminal_does() {
    let world = World::logged_in();
    for ttl in ["", "--ttl 1h"] {
        let inner = "kill -HUP $PPID $$; echo alive";
        let scw = world.command(&["exec"]);
        let mut command = Command::new("sh");
        command
            .args([
                "-c",
                &format!("trap '' HUP; \"$0\" exec {ttl} sh -c '{inner}'; echo $?"),
            ])
            .arg(scw.get_program())
            .env_clear();
        for (name, value) in scw.get_envs() {
            command.env(name, value.unwrap());
        }
        let ran = Ran::of(command.output().unwrap()).expect(0);
        assert_eq!(ran.stdout, "alive\n0\n", "{ttl}: {}", ran.stderr);
    }
}

/// Whether a process of this id lives.
pub(super) fn lives(pid: &str) -> bool {
    Command::new("kill")
        .args(["-0", pid])
        .output()
        .unwrap()
        .status
        .success()
}
