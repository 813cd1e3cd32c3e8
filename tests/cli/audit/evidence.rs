//! `scw 2fa audit --evidence`.

use std::fs;

use rustix::process::Signal;
use serde_json::json;

use super::{
    audit, evidence, folder, members_wait, names, organization, read_json, sha256sum,
    sha256sum_agrees, verify,
};
use crate::support::{mode, running::until};

const FILES: [&str; 4] = [
    "SHA256SUMS",
    "audit.json",
    "members.jsonl",
    "security-settings.json",
];

// Issue 12, 4
#[test]
fn the_folder_holds_the_report_the_settings_the_times_and_the_command_and_sha256sum_agrees() {
    let world = organization();
    world.sandbox.advance(400 * 86_400);
    let path = folder(&world, "below/2026-q4");
    let made = audit(&world, &path, &["--grace", "-o", "json"]).expect(0);
    assert_eq!(names(&path), FILES);
    assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o700, 0o700));
    for file in FILES {
        assert_eq!(mode(path.join(file)), 0o600, "{file}");
    }
    assert!(sha256sum_agrees(&path));
    let digest = sha256sum(&path.join("SHA256SUMS"));
    let told = format!(
        "Note this digest, which proves the evidence: SHA-256 {digest} of {}",
        path.join("SHA256SUMS").display()
    );
    assert_eq!(made.stderr, json!({ "note": told }).to_string() + "\n");

    let members = fs::read_to_string(path.join("members.jsonl")).unwrap();
    assert_eq!(members, made.stdout);
    assert_eq!(members.lines().count(), 4);

    let info = world.info();
    let settings = format!(
        "/iam/v1alpha1/organizations/{}/security-settings",
        info.organization_id
    );
    let settings = world.elsewhere("GET", &settings, "");
    assert_eq!(read_json(&path.join("security-settings.json")), settings);

    let record = read_json(&path.join("audit.json"));
    assert_eq!(record["organization_id"], *info.organization_id);
    assert_eq!(record["organization_name"], "Example");
    assert_eq!(record["version"], env!("CARGO_PKG_VERSION"));
    let command: Vec<&str> = record["command"]
        .as_array()
        .unwrap()
        .iter()
        .map(|word| word.as_str().unwrap())
        .collect();
    let path = path.to_str().unwrap();
    assert_eq!(
        command[1..],
        ["2fa", "audit", "--evidence", path, "--grace", "-o", "json"]
    );
    let counts = &record["counts"];
    let expected = [4, 2, 2, 0, 2];
    for (name, expected) in ["members", "on", "off", "unknown", "overdue"]
        .into_iter()
        .zip(expected)
    {
        assert_eq!(counts[name], expected, "{name}: {counts}");
    }
    assert_eq!(record["unread"], json!([]));
    assert_eq!(record["meanwhile"], json!([]));
    // The service's clock is more than a year ahead of the machine's.
    let year = |name: &str| record[name].as_str().unwrap()[..4].parse::<i32>().unwrap();
    for (service, machine) in [
        ("began_at", "machine_began_at"),
        ("ended_at", "machine_ended_at"),
    ] {
        assert!(year(service) > year(machine), "{record}");
    }
    let secret = &info.secret_key;
    assert!(crate::support::files_with(&folder(&world, "below"), secret).is_empty());
}

// Issue 12, 4: what is shown is not what is kept.
#[test]
fn a_report_that_shows_fewer_members_keeps_them_all() {
    let world = organization();
    let path = folder(&world, "e");
    let shown = audit(&world, &path, &["--without", "-o", "json"]).expect(0);
    assert_eq!(shown.stdout.lines().count(), 2);
    let kept = fs::read_to_string(path.join("members.jsonl")).unwrap();
    assert_eq!(kept.lines().count(), 4);
    let path = folder(&world, "f");
    audit(&world, &path, &["--check"]).expect(8);
    verify(&world, &path).expect(0);
}

// Issue 12, 4
#[test]
fn a_folder_that_is_taken_is_refused_before_anything_is_asked_and_stays_as_it_is() {
    let world = organization();
    let asked = world.sandbox.requests().len();
    let full = folder(&world, "full");
    fs::create_dir(&full).unwrap();
    fs::write(full.join("note"), "mine").unwrap();
    let file = folder(&world, "file");
    fs::write(&file, "mine").unwrap();
    let link = folder(&world, "link");
    let empty = folder(&world, "empty");
    fs::create_dir(&empty).unwrap();
    std::os::unix::fs::symlink(&empty, &link).unwrap();
    let broken = folder(&world, "broken");
    std::os::unix::fs::symlink("/mnt/not-mounted", &broken).unwrap();
    for (path, why) in [
        (&full, "it is not empty"),
        (&file, "it is not a folder"),
        (&link, "it is a symbolic link"),
        (&broken, "it is a symbolic link"),
    ] {
        audit(&world, path, &[]).expect(7).told(why);
    }
    audit(&world, std::path::Path::new("/proc/evidence"), &[])
        .expect(7)
        .told("could not create the folder");
    assert_eq!(world.sandbox.requests().len(), asked);
    assert_eq!(names(&full), ["note"]);
    assert_eq!(fs::read(full.join("note")).unwrap(), b"mine");
    assert_eq!(fs::read(&file).unwrap(), b"mine");
    assert_eq!(names(&empty), [""; 0]);
    audit(&world, &empty, &[]).expect(0);
    assert_eq!(names(&empty), FILES);
    audit(&world, &empty, &[])
        .expect(7)
        .told("It holds an earlier report");
    verify(&world, &empty).expect(0);
}

// Issue 12, 4
#[test]
fn a_run_that_fails_or_is_asked_to_end_leaves_nothing_and_takes_nothing_else() {
    let world = organization();
    let (new, empty) = (folder(&world, "a/b"), folder(&world, "empty"));
    fs::create_dir(&empty).unwrap();
    world.fault(json!({
        "method": "GET", "path_regex": "/iam/v1alpha1/users$", "action": "status", "status": 403,
        "body": {"type": "permissions_denied", "message": "insufficient permissions"}, "times": 100,
    }));
    for path in [&new, &empty] {
        audit(&world, path, &[]).expect(4);
    }
    audit(&world, &new, &["-p", "nobody"]).expect(3);
    assert!(!folder(&world, "a").exists());
    assert_eq!(names(&empty), [""; 0]);

    let world = organization();
    let new = folder(&world, "a/b");
    members_wait(&world);
    let running = world.start(&["2fa", "audit", "--evidence", new.to_str().unwrap()]);
    world.until_asked("GET", "/users", 1);
    assert_eq!(names(&new), ["members.jsonl"]);
    running.signal(Signal::TERM);
    running.ended().expect(130);
    assert!(!folder(&world, "a").exists());
}

// Issue 12, 4
#[test]
fn stdout_that_takes_no_more_leaves_no_folder() {
    let world = organization();
    let path = folder(&world, "e");
    let mut command = world.command(&["2fa", "audit", "--evidence", path.to_str().unwrap()]);
    let full = fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let failed = crate::support::Ran::of(command.stdout(full).output().unwrap()).expect(1);
    assert!(failed.stderr.contains("stdout"), "{}", failed.stderr);
    assert!(!path.exists());
}

// Issue 12, 4
#[test]
fn a_run_that_was_killed_leaves_a_folder_that_says_so() {
    let world = organization();
    let path = folder(&world, "e");
    members_wait(&world);
    let running = world.start(&["2fa", "audit", "--evidence", path.to_str().unwrap()]);
    world.until_asked("GET", "/users", 1);

    // It goes on.
    let checked = verify(&world, &path).expect(1);
    assert!(
        checked.stderr.contains("another scw is still writing"),
        "{}",
        checked.stderr
    );
    audit(&world, &path, &[])
        .expect(7)
        .told("Another scw is writing a report there");

    running.kill();
    let document = verify(&world, &path).expect(1);
    assert!(
        document
            .stderr
            .contains("the run that made the report was cut")
    );
    let document = document.json();
    assert_eq!(document["verified"], false);
    assert_eq!(document["problems"][0]["problem"], "unfinished");
    let refused = audit(&world, &path, &[])
        .expect(7)
        .told("It holds a report that was cut before its end");
    let hint = format!("`rm -r {}`", path.display());
    assert!(refused.stderr.contains(&hint), "{}", refused.stderr);
    assert_eq!(names(&path), ["members.jsonl"]);
}

// Issue 12, 4
#[test]
fn one_of_two_runs_gets_the_folder() {
    let world = organization();
    for name in ["a", "b", "c"] {
        let path = folder(&world, name);
        let words = ["2fa", "audit", "--evidence", path.to_str().unwrap()];
        let runs = [world.start(&words), world.start(&words)];
        let mut ended = runs.map(|run| run.ended());
        ended.sort_by_key(|ran| ran.code);
        let [won, lost] = ended;
        assert_eq!((won.code, lost.code), (0, 7), "{won:?} {lost:?}");
        assert_eq!(names(&path), FILES);
        verify(&world, &path).expect(0);
    }
}

// Issue 12, 4
#[test]
fn settings_that_cannot_be_read_are_unknown_and_the_evidence_is_whole() {
    let world = organization();
    let path = folder(&world, "e");
    world.fault(json!({
        "method": "GET", "path_regex": "security-settings$", "action": "status", "status": 403,
        "body": {"type": "permissions_denied", "message": "insufficient permissions"},
    }));
    let made = audit(&world, &path, &[]).expect(0);
    assert!(
        made.stderr.contains("could not read the security settings"),
        "{}",
        made.stderr
    );
    let settings = read_json(&path.join("security-settings.json"));
    let why = settings["unknown"].as_str().unwrap();
    assert!(why.contains("permission denied"), "{why}");
    verify(&world, &path).expect(0);
}

// Issue 12, 4
#[test]
fn a_member_whose_state_is_unknown_stands_in_the_evidence_as_unknown() {
    let world = organization();
    let mut broken = super::users(&world);
    broken["users"][2].as_object_mut().unwrap().remove("mfa");
    world.fault(json!({
        "method": "GET", "path_regex": "/iam/v1alpha1/users$", "action": "status", "status": 200,
        "body": broken, "times": 100,
    }));
    let path = folder(&world, "e");
    audit(&world, &path, &[]).expect(1);
    verify(&world, &path).expect(0);
    assert_eq!(read_json(&path.join("audit.json"))["counts"]["unknown"], 1);
}

// Issue 12, 4: that a folder is whole is not decided by chance.
#[test]
fn an_interrupt_at_any_moment_leaves_a_whole_folder_or_none() {
    let world = organization();
    evidence(&world, "warm");
    for number in 1..12_usize {
        let path = folder(&world, &format!("e{number}"));
        let before = world.asked("GET", "");
        let running = world.start(&["2fa", "audit", "--evidence", path.to_str().unwrap()]);
        until("so many requests arrive, or it ends", || {
            world.asked("GET", "") >= before + number.div_ceil(2)
                || path.join("SHA256SUMS").exists()
        });
        running.signal(Signal::INT);
        let code = running.ended().code;
        assert!(code == 130 || code == 0, "{code}");
        if path.exists() {
            verify(&world, &path).expect(0);
        } else {
            assert_eq!(code, 130);
        }
    }
}
