//! The report: who is in it, and what it says of each.

use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader, Read},
};

use rustix::process::Signal;
use scw_sandbox::Options;
use serde_json::{Value, json};

use crate::support::{
    Ran, World,
    running::{Running, until},
};

/// The path of the list of members, and of the list of API keys.
pub(super) const MEMBERS: &str = "/iam/v1alpha1/users$";
pub(super) const KEYS: &str = "/iam/v1alpha1/api-keys$";

/// An organization with so many generated members, whose owner is logged in.
pub(super) fn with_members(members: u64) -> World {
    let world = World::with(Options {
        members,
        ..Options::default()
    });
    world.log_in();
    world
}

/// The report as JSON lines.
#[track_caller]
pub(super) fn rows(ran: &Ran) -> Vec<Value> {
    let lines = ran.stdout.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

pub(super) fn audit(world: &World, more: &[&str]) -> Ran {
    world.run(&[&["2fa", "audit", "-o", "json"], more].concat())
}

/// What is so of a generated member (docs/sandbox.md, "Generated members").
pub(super) fn truth(number: u64) -> Value {
    json!({
        "email": format!("member-{number}@example.com"),
        "type": "member",
        "two_factor": if number.is_multiple_of(3) { "on" } else { "off" },
        "signed_in": !number.is_multiple_of(4),
        "locked": number.is_multiple_of(25),
        "keys_without_end": match number % 10 { 2 | 5 => 1, 3 => 2, _ => 0 },
    })
}

/// What a row says of the same.
pub(super) fn said(row: &Value) -> Value {
    json!({
        "email": row["email"],
        "type": row["type"],
        "two_factor": row["two_factor"],
        "signed_in": !row["last_login_at"].is_null(),
        "locked": row["locked"],
        "keys_without_end": row["keys_without_end"],
    })
}

/// Asserts that the rows are the owner and these generated members, in this order.
#[track_caller]
fn assert_whole(rows: &[Value], members: u64) {
    assert_eq!(rows.len() as u64, members + 1);
    assert_eq!(rows[0]["type"], "owner");
    for (number, row) in (1..).zip(&rows[1..]) {
        assert_eq!(said(row), truth(number));
    }
}

// Issue 12, 1
#[test]
fn every_member_is_listed_with_what_the_lists_tell_the_oldest_first() {
    let world = with_members(250);
    let ran = audit(&world, &[]).expect(0);
    assert_eq!(ran.stderr, "");
    assert_whole(&rows(&ran), 250);
    let first = &rows(&ran)[1];
    let fields: BTreeSet<&str> = first
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(
        fields,
        BTreeSet::from([
            "user_id",
            "email",
            "username",
            "type",
            "created_at",
            "two_factor",
            "last_login_at",
            "locked",
            "keys_without_end",
        ])
    );
    // Nobody was asked about alone.
    let about = |seen: &scw_sandbox::Seen| seen.path.contains("webauthn");
    assert!(!world.sandbox.requests().iter().any(about));
    assert_eq!(world.asked("GET", "/grace-periods"), 0);
}

// Issue 12, 1
#[test]
fn the_table_marks_whoever_has_to_be_looked_at_and_says_what_it_comes_to() {
    let world = with_members(25);
    let ran = world.run(&["2fa", "audit"]).expect(0);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines.len(), 27);
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(
        words(lines[0]),
        "MEMBER TYPE 2FA LAST SIGN-IN LOCKED KEYS WITHOUT END"
    );
    assert!(words(lines[3]).starts_with("! member-2@example.com member off 20"));
    assert!(words(lines[3]).ends_with(" no 1"));
    assert!(lines[4].starts_with("  member-3@example.com"));
    assert_eq!(
        words(lines[5]),
        "! member-4@example.com member off never no 0"
    );
    assert!(words(lines[26]).ends_with(" yes 1"));
    assert_eq!(
        ran.stderr,
        "26 members: 8 with two-factor authentication, 18 without, 1 locked, \
         10 with an API key that never expires\n"
    );
    let quiet = world.run(&["2fa", "audit", "-q"]).expect(0);
    assert_eq!(quiet.stderr, "");
    assert_eq!(quiet.stdout, ran.stdout);
}

// Issue 12, 1
#[test]
fn passkeys_and_dates_are_asked_for_member_by_member_and_the_cost_is_said_first() {
    let world = with_members(30);
    let ran = world
        .run(&["2fa", "audit", "--factors", "--grace", "-o", "json"])
        .expect(0);
    assert_eq!(world.asked("GET", "/webauthn-authenticators"), 31);
    assert_eq!(world.asked("GET", "/grace-periods"), 31);
    let rows = rows(&ran);
    let names = |row: &Value| -> Vec<String> {
        let factors = row["factors"].as_array().unwrap().iter();
        factors
            .map(|factor| factor["type"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names(&rows[3]), ["app"]);
    assert_eq!(names(&rows[1]), Vec::<String>::new());
    assert!(names(&rows[9]).contains(&"passkey".to_owned()));
    // Its period began 30 days ago and took 14; the one of number 5 began 4 days ago.
    let now = world.sandbox.now();
    let by = |row: &Value| {
        scw::model::parse_rfc3339(row["required_by"].as_str().unwrap())
            .unwrap()
            .unix_timestamp()
    };
    assert!(by(&rows[10]) < now);
    assert!(by(&rows[5]) > now);
    assert_eq!(rows[1]["required_by"], Value::Null);
    let told = world.run(&["2fa", "audit", "--factors"]).expect(0);
    assert!(
        told.stderr.starts_with(
            "The organization has 31 members. The report takes one more request for each member"
        ),
        "{}",
        told.stderr
    );
}

// Issue 12, 1
#[test]
fn a_page_is_shown_as_soon_as_it_comes() {
    for arguments in [&["2fa", "audit"][..], &["2fa", "audit", "-o", "json"]] {
        let world = with_members(250);
        // All pages behind the first one and the last one wait for ever.
        world.fault(json!({
            "path_regex": MEMBERS, "skip": 2, "times": 1000, "action": "delay", "ms": 600_000,
        }));
        let mut running = Running::start(&mut world.command(arguments));
        running.shows("member-99@example.com");
        // And a request to end is obeyed at once.
        running.signal(Signal::TERM);
        running.ended().expect(130);
    }
}

// Issue 12, 1
#[test]
fn whoever_does_not_read_the_report_does_not_hold_up_a_request_to_end() {
    let world = with_members(2000);
    let mut command = world.command(&["2fa", "audit", "-o", "json"]);
    let mut child = command
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    // The pipe is full long before the end, and nobody empties it.
    until("the list is asked for", || {
        world
            .sandbox
            .requests()
            .iter()
            .filter(|seen| seen.path.ends_with("/users"))
            .count()
            > 5
    });
    let id = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(id, Signal::TERM).unwrap();
    let status = child.wait().unwrap();
    assert_eq!(status.code(), Some(130));
}

// Issue 12, 1
#[test]
fn members_who_join_and_leave_meanwhile_are_named_and_everybody_else_is_listed_once() {
    let world = with_members(1500);
    let organization = world.info().organization_id.clone();
    let numbered = |path: &str| {
        let page = world.elsewhere("GET", path, "");
        let users = page["users"].as_array().unwrap().iter();
        users
            .map(|user| user["id"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let mut everybody = Vec::new();
    for page in 1..=16 {
        everybody.extend(numbered(&format!(
            "/iam/v1alpha1/users?organization_id={organization}&page={page}&page_size=100"
        )));
    }
    assert_eq!(everybody.len(), 1501);
    let mut child = world
        .command(&["2fa", "audit", "-o", "json"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut shown = String::new();
    while !shown.contains("member-1@example.com") {
        assert_ne!(stdout.read_line(&mut shown).unwrap(), 0, "{shown}");
    }
    // Much is still to be read: it waits where nobody reads what it shows. Members at the front leave,
    // so that all others move.
    let mut gone = BTreeSet::new();
    for id in &everybody[1..=20] {
        world.elsewhere("DELETE", &format!("/iam/v1alpha1/users/{id}"), "");
        let new = json!({"organization_id": organization, "email": format!("{id}@new.example")});
        world.elsewhere("POST", "/iam/v1alpha1/users", &new.to_string());
        gone.insert(id.clone());
    }
    stdout.read_to_string(&mut shown).unwrap();
    let mut ran = Ran::of(child.wait_with_output().unwrap()).expect(0);
    ran.stdout = shown;
    let listed: Vec<String> = rows(&ran)
        .iter()
        .map(|row| row["user_id"].as_str().unwrap().to_owned())
        .collect();
    let once: BTreeSet<&String> = listed.iter().collect();
    assert_eq!(once.len(), listed.len(), "somebody is listed twice");
    for id in &everybody {
        assert!(
            once.contains(id) || gone.contains(id),
            "{id} stayed and is not listed"
        );
        if gone.contains(id) {
            assert!(once.contains(id), "{id} was on the first page");
            let named = format!("Member {id} left while scw read the list");
            assert!(ran.stderr.contains(&named), "{id}");
        }
    }
    assert_eq!(ran.stderr.matches("joined while").count(), gone.len());
    assert_eq!(listed.len(), 1501 + gone.len());
}

// Issue 12, 1
#[test]
fn a_busy_service_slows_the_report_down_and_does_not_end_it() {
    let world = with_members(1200);
    // As recorded: an empty body and no `Retry-After`. More than one request may be refused in.
    world.fault(json!({
        "path_regex": MEMBERS, "skip": 3, "times": 5, "action": "status", "status": 429,
        "headers": {"X-Envoy-Ratelimited": "true"},
    }));
    let ran = world.run(&["2fa", "audit"]).expect(0);
    assert_eq!(ran.stdout.lines().count(), 1202);
    assert!(
        ran.stderr
            .starts_with("The API is busy. Trying again in 1 s, more slowly.\n"),
        "{}",
        ran.stderr
    );
}

// Issue 12, 1
#[test]
fn the_2017_api_and_a_second_form_are_refused_with_a_way_out() {
    let world = with_members(1);
    world
        .run(&["--api", "account", "2fa", "audit"])
        .expect(2)
        .told("does not list the members");
    let two = world
        .run(&["2fa", "audit", "-o", "json", "--format", "csv"])
        .expect(2);
    assert!(two.stderr.contains("leave one of them out"));
}

// Issue 12, 1
#[test]
fn the_organization_is_found_without_a_login_too() {
    let world = World::with(Options {
        members: 3,
        ..Options::default()
    });
    let info = world.info();
    let mut command = world.command(&["2fa", "audit", "-o", "json"]);
    command
        .env("SCW_ACCESS_KEY", &info.access_key)
        .env("SCW_SECRET_KEY", &info.secret_key);
    assert_whole(&rows(&Ran::of(command.output().unwrap()).expect(0)), 3);
    command.env_remove("SCW_ACCESS_KEY");
    let unknown = Ran::of(command.output().unwrap()).expect(2);
    assert!(unknown.stderr.contains("SCW_ACCESS_KEY"));
    command.env("SCW_DEFAULT_ORGANIZATION_ID", &info.organization_id);
    assert_whole(&rows(&Ran::of(command.output().unwrap()).expect(0)), 3);
}
