//! A run that is killed between two steps, and what the next one makes of it. The crash matrix
//! (`tests/crash`) kills at every call; here are the moments that a person meets.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::json;

use crate::support::{
    OATHTOOL, Ran, World, files_with, limited, run_with_input,
    running::{Gate, Running, until},
};

/// Kills a command when the service has removed something for it, and before it knows. The answer
/// is lost, and the question what came of it, `then`, is held back.
fn killed_at_delete(
    world: &World,
    path: &str,
    then: serde_json::Value,
    command: &mut Command,
    done: impl Fn() -> bool,
) {
    world.fault(json!({"method": "DELETE", "path_regex": path, "action": "drop_after"}));
    let mut held = then;
    held["action"] = json!("delay");
    held["ms"] = json!(60_000);
    world.fault(held);
    let before = world.sandbox.requests().len();
    let running = Running::start(command);
    until("it is removed, and something is asked after it", || {
        let mut seen = world.sandbox.requests().into_iter().skip(before);
        done() && seen.any(|seen| seen.method == "DELETE") && seen.next().is_some()
    });
    running.kill();
}

/// The question whether the second factor is off, after so many of its kind.
fn is_it_off(skip: u32) -> serde_json::Value {
    json!({"method": "GET", "path_regex": "/users/[^/]+$", "skip": skip})
}

/// A world where `2fa off` was killed after the service had removed the factor.
fn off_killed() -> World {
    let world = World::logged_in();
    world.switch_on();
    let mut off = world.command(&["2fa", "off", "--yes"]);
    killed_at_delete(&world, "mfa-otp$", is_it_off(1), &mut off, || {
        world.two_factor() == "off"
    });
    world
}

/// A world where `2fa on` was killed after the service had turned it on; `before` comes first.
fn on_killed(world: &World, more: &[&str]) {
    world.fault(json!({"method": "POST", "path_regex": "validate-mfa-otp$",
        "action": "slow_body"}));
    let arguments = [&["2fa", "on", "--otp-command", OATHTOOL][..], more].concat();
    let before = world.asked("POST", "/validate-mfa-otp");
    let running = world.start(&arguments);
    until("it is on", || {
        world.asked("POST", "/validate-mfa-otp") > before && world.two_factor() == "on"
    });
    running.kill();
}

fn said(ran: &Ran, needle: &str) {
    assert!(ran.stderr.contains(needle), "no `{needle}`: {}", ran.stderr);
}

// Issue 7, 16
#[test]
fn an_off_that_died_after_the_deletion_is_settled_by_whatever_comes_next() {
    for arguments in [
        &["2fa", "status"][..],
        &["2fa", "off", "--yes"],
        &["2fa", "codes", "list"],
        &["2fa", "recover"],
        &["2fa", "on", "--otp-command", OATHTOOL],
        &["whoami"],
        &["2fa", "codes", "next"],
    ] {
        let world = off_killed();
        let next = arguments == ["2fa", "codes", "next"];
        let ran = world.run(arguments).expect(i32::from(next));
        said(&ran, "An earlier scw did not finish");
        said(&ran, "Marked the saved backup codes as void");
        if next {
            // No dead code is handed out.
            assert_eq!(ran.stdout, "");
        }
        if arguments == ["2fa", "recover"] {
            assert!(
                ran.stdout.starts_with("Two-factor authentication is off"),
                "{}",
                ran.stdout
            );
        }
        let on = arguments[1..].first() == Some(&"on");
        assert_eq!(world.unused(), if on { 10 } else { 0 }, "{arguments:?}");
        let again = world.run(&["2fa", "status"]).expect(0);
        assert!(!again.stderr.contains("earlier scw"), "{}", again.stderr);
    }
}

// Issue 7, 16
#[test]
fn codes_warn_that_they_may_be_void_where_the_api_cannot_be_asked() {
    let world = off_killed();
    let unreachable = |format: &str| {
        world.fault(
            json!({"method": "GET", "path_regex": "/users/[^/]+$", "action": "status",
            "status": 503, "times": 3}),
        );
        world.run(&["2fa", "codes", "list", "-o", format]).expect(0)
    };
    said(&unreachable("human"), "may be void");
    said(&unreachable("json"), "may be void");
    // It is not forgotten: with the API back the codes are void.
    said(&world.run(&["2fa", "codes", "list"]).expect(0), "void");
    assert_eq!(world.unused(), 0);

    // Without a login nobody can be asked.
    let world = off_killed();
    world.run(&["logout"]).expect(0);
    let world = off_killed();
    let record = world.data_dir().join("profiles.toml");
    let text = fs::read_to_string(&record).unwrap();
    let users = text.find("[users").unwrap();
    fs::write(&record, &text[users..]).unwrap();
    said(
        &world.run(&["2fa", "codes", "list"]).expect(0),
        "may be void",
    );
    said(&world.run(&["2fa", "recover"]).expect(0), "may be void");
}

// Issue 7, 16
#[test]
fn an_off_whose_deletion_never_arrived_leaves_the_codes_good() {
    let world = World::logged_in();
    world.switch_on();
    // By its time of change the account is known to be what it was.
    world.sandbox.advance(60);
    world.fault(json!({"method": "DELETE", "path_regex": "mfa-otp$",
        "action": "delay", "ms": 60_000}));
    let off = world.start(&["2fa", "off", "--yes"]);
    world.until_asked("DELETE", "/mfa-otp", 1);
    off.kill();
    let status = world.run(&["2fa", "status", "-o", "json"]).expect(0);
    said(&status, "Two-factor authentication is still on");
    assert_eq!(status.json()["backup_codes_left"], 10);
    assert_eq!(world.unused(), 10);
}

// Issue 7, 16
#[test]
fn a_renewal_that_died_after_the_deletion_leaves_no_code_that_looks_good() {
    let renew = ["2fa", "on", "--renew", "--yes", "--otp-command", OATHTOOL];
    for arguments in [["2fa", "status"], ["2fa", "recover"]] {
        let world = World::logged_in();
        world.switch_on();
        let mut command = world.command(&renew);
        killed_at_delete(&world, "mfa-otp$", is_it_off(2), &mut command, || {
            world.two_factor() == "off"
        });
        said(
            &world.run(&arguments).expect(0),
            "Marked the saved backup codes as void",
        );
        assert_eq!(world.unused(), 0);
    }
    // At the prompt for the new code the old ones are void already.
    let world = World::logged_in();
    world.switch_on();
    let gate = Gate::new(&world);
    world.on_at(&gate, OATHTOOL, &["--renew", "--yes"]).kill();
    assert_eq!(world.unused(), 0);
}

// Issue 7, 16
#[test]
fn an_off_that_died_before_somebody_switched_it_on_again_leaves_the_codes_in_doubt() {
    let world = World::logged_in();
    world.switch_on();
    world.sandbox.advance(60);
    let mut off = world.command(&["2fa", "off", "--yes"]);
    killed_at_delete(&world, "mfa-otp$", is_it_off(1), &mut off, || {
        world.two_factor() == "off"
    });
    world.switch_on_elsewhere();
    for _ in 0..2 {
        let next = world.run(&["2fa", "codes", "next"]).expect(0);
        said(&next, "may be void");
        said(&next, "scw 2fa on --renew");
    }
}

// Issue 7, 17
#[test]
fn an_on_that_died_before_its_codes_were_saved_is_told_with_the_way_out() {
    for arguments in [
        &["2fa", "on", "--otp-command", OATHTOOL][..],
        &["2fa", "status"],
        &["2fa", "codes", "path"],
        &["2fa", "recover"],
    ] {
        let world = World::logged_in();
        on_killed(&world, &[]);
        let ran = world.run(arguments).expect(0);
        said(&ran, "its backup codes are not saved here");
        said(&ran, "Run `scw 2fa on --renew` to make new ones");
        assert_eq!(world.two_factor(), "on", "{arguments:?}");
        world
            .run(&["2fa", "on", "--renew", "--yes", "--otp-command", OATHTOOL])
            .expect(0);
        assert_eq!(world.unused(), 10);
    }
    // Old codes that lie about are of the factor before: they are not offered for this one.
    let world = World::logged_in();
    world.switch_on();
    world.run(&["2fa", "off", "--yes"]).expect(0);
    on_killed(&world, &[]);
    let json = world.run(&["2fa", "on", "-o", "json"]).expect(0);
    said(&json, "its backup codes are not saved here");
    world.run(&["2fa", "codes", "next"]).expect(1);
}

/// A login that is killed when its secret is in its file and the record does not name it yet.
fn login_killed(world: &World) {
    let mut command = limited(world, 120, "", &world.person("iam", &["login"]));
    let killed = command.output().unwrap();
    assert_eq!(killed.status.code(), None, "{killed:?}");
}

fn temporary_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy();
        let is_note = path.extension().is_some_and(|found| found == "note");
        if path.is_dir() {
            found.extend(temporary_files(&path));
        } else if is_note || name.starts_with(".scw-") {
            found.push(path);
        }
    }
    found
}

// Issue 7, 18
#[test]
fn a_killed_login_leaves_no_secret_behind_the_next_command() {
    let world = World::logged_in();
    let before = fs::read_dir(world.data_dir().join("secrets"))
        .unwrap()
        .count();
    login_killed(&world);
    let secrets = || {
        fs::read_dir(world.data_dir().join("secrets"))
            .unwrap()
            .count()
    };
    assert!(secrets() > before && !temporary_files(&world.data_dir()).is_empty());
    let next = world.run(&["whoami"]).expect(0);
    said(&next, "Removed a secret key of profile `default`");
    said(&next, "left behind by an interrupted scw");
    assert_eq!(secrets(), before);
    assert!(temporary_files(&world.data_dir()).is_empty());
    // The login before is still in force, and the key is deleted by the next one.
    assert_eq!(world.new_keys().len(), 1);
    let lost = world.new_keys();
    Ran::of(world.person("iam", &["login"]).output().unwrap()).expect(0);
    assert!(!world.new_keys().contains(&lost[0]));
}

// Issue 7, 18
#[test]
fn a_logout_after_a_killed_login_or_a_killed_logout_leaves_nothing() {
    let world = World::logged_in();
    login_killed(&world);
    world.run(&["logout"]).expect(0);
    let secrets = fs::read_dir(world.data_dir().join("secrets")).unwrap();
    assert_eq!(secrets.count(), 0);

    let world = World::new();
    Ran::of(world.person("iam", &["login"]).output().unwrap()).expect(0);
    let secret = world.run(&["token"]).expect(0).stdout;
    let mut logout = world.command(&["logout"]);
    let again = json!({"method": "DELETE", "path_regex": "/iam/v1alpha1/api-keys/"});
    killed_at_delete(
        &world,
        "/iam/v1alpha1/api-keys/",
        again,
        &mut logout,
        || world.new_keys().is_empty(),
    );
    world.run(&["logout"]).expect(0);
    assert!(files_with(world.home.path(), secret.trim()).is_empty());
    world.run(&["logout"]).expect(0);
}

// Issue 7, 18
#[test]
fn a_login_with_a_token_that_is_refused_leaves_no_secret() {
    let world = World::new();
    world.fault(json!({"path_regex": "/users/", "action": "status", "status": 403}));
    world
        .run_with_input(
            &["login", "--with-token", "--storage", "file"],
            &world.key_lines(),
        )
        .expect(4);
    assert!(files_with(world.home.path(), &world.info().secret_key).is_empty());

    // The secret is in its file, and the record cannot name it.
    for room in [10, 150] {
        let world = World::new();
        let login = world.command(&["login", "--with-token", "--storage", "file"]);
        let mut login = limited(&world, room, "trap '' XFSZ; ", &login);
        run_with_input(&mut login, &world.key_lines()).expect(7);
        assert!(files_with(world.home.path(), &world.info().secret_key).is_empty());
        world.run(&["logout"]).expect(0);
    }
}

// Issue 7, 18
#[test]
fn temporary_files_of_dead_runs_are_swept_and_those_of_live_ones_are_not() {
    let world = World::logged_in();
    let safe = world.home.path().join("safe/codes.txt");
    for more in [&[][..], &["--codes-file", safe.to_str().unwrap()]] {
        let gate = Gate::new(&world);
        let live = world.on_at(&gate, OATHTOOL, more);
        let files = temporary_files(world.home.path());
        assert!(!files.is_empty());
        let other = world.run(&["whoami"]).expect(0);
        assert!(!other.stderr.contains("Removed"), "{}", other.stderr);
        assert_eq!(temporary_files(world.home.path()), files);
        live.kill();
        let next = world.run(&["whoami"]).expect(0);
        said(&next, "left behind by an interrupted scw");
        assert!(temporary_files(world.home.path()).is_empty());
        fs::remove_file(world.home.path().join("gate-ready")).unwrap();
    }
}
