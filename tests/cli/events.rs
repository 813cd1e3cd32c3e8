//! `scw 2fa events`: the sign-ins of the organization (protocol.md F).

use std::process::Command;

use serde_json::{Value, json};

use crate::support::{Ran, World};

/// The path of one region's sign-ins.
fn region(name: &str) -> String {
    format!("/audit-trail/v1alpha1/regions/{name}/authentication-events")
}

/// Signs in with a password and a code, as a client of this name, so many times.
fn sign_in(world: &World, client: &str, password: &str, code: &str, times: u32) {
    let info = world.info();
    let body = json!({"email": info.email, "password": password, "otp": code});
    let url = format!("{}/account/v2/login?number=[1-{times}]", info.api_url);
    let output = Command::new("curl")
        .args(["-sS", "-A", client, "-H", "content-type: application/json"])
        .args(["-d", &body.to_string(), &url])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}

/// The result without its times.
fn without_times(text: &str) -> Vec<String> {
    let time = regex::Regex::new(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC").unwrap();
    let lines = text.lines();
    lines
        .map(|line| time.replace(line, "TIME").into_owned())
        .collect()
}

fn json_of(world: &World, more: &[&str]) -> Value {
    let words = [&["2fa", "events", "-o", "json"], more].concat();
    world.run(&words).expect(0).json()
}

fn count(world: &World, more: &[&str]) -> usize {
    json_of(world, more)["events"].as_array().unwrap().len()
}

/// A region that answers with these events once.
fn answers(world: &World, name: &str, events: &Value, next: Option<&str>) {
    world.fault(json!({
        "method": "GET", "path_regex": region(name), "action": "status", "status": 200,
        "body": {"events": events, "next_page_token": next},
    }));
}

// Issue 11, 5
#[test]
fn each_sign_in_is_listed_with_its_result_its_factor_its_address_and_its_client() {
    let world = World::logged_in();
    let password = world.info().password.clone();
    sign_in(&world, "Firefox", &password, "", 1);
    let codes = world.switch_on()["backup_codes"].clone();
    sign_in(&world, "curl/8", "wrong", "", 1);
    sign_in(&world, "curl/8", &password, "000000", 1);
    sign_in(&world, "curl/8", &password, "000001", 1);
    sign_in(&world, "Firefox", &password, codes[0].as_str().unwrap(), 1);
    let listed = world.run(&["2fa", "events"]).expect(0);
    let email = &world.info().email;
    assert_eq!(
        without_times(&listed.stdout),
        [
            &format!("  TIME  signed in               {email}"),
            "    127.0.0.1, password and code, Firefox",
            &format!("! TIME  failed: wrong code      {email}"),
            "    127.0.0.1, password and code, curl/8",
            &format!("! TIME  failed: wrong code      {email}"),
            "    127.0.0.1, password and code, curl/8",
            &format!("! TIME  failed: wrong password  {email}"),
            "    127.0.0.1, password, curl/8",
            &format!("  TIME  signed in               {email}"),
            "    127.0.0.1, password, Firefox",
        ]
    );
    assert_eq!(
        listed.stderr,
        "2 sign-ins failed because of a wrong code\n\
         1 sign-in failed because of a wrong password\n\
         hint: whoever entered a wrong code knew the password. If it was not you, change the password\n"
    );
    let quiet = world.run(&["2fa", "events", "-q", "--no-input"]).expect(0);
    assert_eq!(quiet.stdout, listed.stdout);
    assert_eq!(quiet.stderr, "");
    let document = world.run(&["2fa", "events", "-o", "json"]).expect(0);
    assert_eq!(document.stderr, "");
    let document = document.json();
    assert_eq!(document["organization_id"], *world.info().organization_id);
    assert_eq!(document["unread_regions"], json!([]));
    assert_eq!(document["truncated"], false);
    let wrong = &document["events"][1];
    assert_eq!(wrong["result"], "failure");
    assert_eq!(wrong["failure_reason"], "invalid_mfa");
    assert_eq!(wrong["mfa_type"], "totp");
    assert_eq!(wrong["user_id"], *world.info().user_id);
    assert_eq!(wrong["region"], "fr-par");
}

// Issue 11, 5
#[test]
fn a_list_goes_back_a_week_or_as_far_as_is_said_by_the_clock_of_the_service() {
    let world = World::logged_in();
    let password = world.info().password.clone();
    let none = world.run(&["2fa", "events"]).expect(0);
    assert_eq!(none.stdout, "");
    assert_eq!(none.stderr, "No sign-ins in the last 7 days\n");
    sign_in(&world, "c", &password, "", 1);
    world.sandbox.advance(6 * 86_400);
    sign_in(&world, "c", &password, "", 1);
    world.sandbox.advance(2 * 86_400);
    sign_in(&world, "c", &password, "", 1);
    assert_eq!(count(&world, &[]), 2);
    for (since, expected) in [("10m", 1), ("47h", 1), ("3d", 2), ("2w", 3)] {
        assert_eq!(count(&world, &["--since", since]), expected, "{since}");
    }
    for wrong in ["", "7", "1y", "2026-01-01", "-1d"] {
        let since = format!("--since={wrong}");
        let refused = world.run(&["2fa", "events", &since]).expect(2);
        refused.told("use minutes, hours, days or weeks, such as `30m`, `12h`, `7d` or `2w`");
    }
}

// Issue 11, 5
#[test]
fn a_list_of_several_pages_is_read_whole() {
    let world = World::logged_in();
    let password = world.info().password.clone();
    sign_in(&world, "c", &password, "", 130);
    let document = json_of(&world, &[]);
    let events = document["events"].as_array().unwrap();
    assert_eq!(events.len(), 130);
    let times: Vec<&str> = events
        .iter()
        .map(|event| event["recorded_at"].as_str().unwrap())
        .collect();
    assert!(times.is_sorted_by(|newer, older| newer > older));
    assert_eq!(world.asked("GET", &region("fr-par")), 2);
    assert_eq!(world.asked("GET", &region("nl-ams")), 1);
}

// Issue 11, 5
#[test]
fn both_regions_make_one_list_and_no_sign_in_stands_there_twice() {
    let world = World::logged_in();
    let event = |id: &str, at: &str| json!({"id": id, "recorded_at": at, "result": "success"});
    answers(
        &world,
        "fr-par",
        &json!([
            event("c", "2026-01-03T00:00:00.123456789Z"),
            event("a", "2026-01-01T00:00:00Z")
        ]),
        None,
    );
    answers(
        &world,
        "nl-ams",
        &json!([event("c", "2026-01-03T00:00:00.123456789Z"), event("b", "2026-01-02T00:00:00.5+01:00"),
            {"id": "d"}]),
        None,
    );
    let document = json_of(&world, &[]);
    let seen: Vec<(&str, Option<&str>)> = document["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| (event["id"].as_str().unwrap(), event["recorded_at"].as_str()))
        .collect();
    assert_eq!(
        seen,
        [
            ("c", Some("2026-01-03T00:00:00.123456789Z")),
            ("b", Some("2026-01-01T23:00:00.5Z")),
            ("a", Some("2026-01-01T00:00:00Z")),
            ("d", None),
        ]
    );
}

// Issue 11, 5: whoever tries to sign in chooses the name of the client.
#[test]
fn no_text_of_a_sign_in_reaches_the_terminal_as_it_is_and_unknown_words_stay() {
    let world = World::logged_in();
    let hostile = "\u{1b}]0;owned\u{7}\u{1b}[31mred\nforged line\u{202e}";
    let secret = &world.info().secret_key;
    let events = json!([
        {"id": hostile, "recorded_at": hostile, "result": hostile, "method": hostile,
            "mfa_type": hostile, "source_ip": hostile, "country_code": hostile, "origin": hostile,
            "user_agent": hostile, "resources": [{"type": "iam_user", "id": hostile, "name": hostile}]},
        {"id": "b", "recorded_at": "2026-01-01T00:00:00Z", "result": "failure",
            "failure_reason": "robot", "method": "oauth2", "mfa_type": "webauthn",
            "country_code": "fr", "source_ip": "203.0.113.7", "user_agent": secret,
            "resources": [{"type": "kube_pool", "id": "x"}]},
        {"id": "c", "recorded_at": "2025-01-01T00:00:00Z", "result": "unknown_result",
            "failure_reason": "unknown_failure_reason", "method": "unknown_method",
            "mfa_type": "unknown_mfa_type", "country_code": "unknown_country_code",
            "origin": "unknown_origin", "resources": null},
    ]);
    answers(&world, "fr-par", &events, None);
    let shown = world.run(&["2fa", "events"]).expect(0);
    for text in [&shown.stdout, &shown.stderr] {
        assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{text:?}");
        assert!(!text.contains(secret.as_str()), "{text:?}");
    }
    let lines: Vec<&str> = shown.stdout.lines().collect();
    assert_eq!(lines.len(), 6, "{lines:?}");
    assert_eq!(
        lines[..4],
        [
            "! 2026-01-01 00:00 UTC  failed: robot           unknown user",
            "    203.0.113.7 (FR), OAuth 2 and webauthn, ***",
            "  2025-01-01 00:00 UTC  unknown                 unknown user",
            "    unknown address, unknown method, unknown client",
        ]
    );
    assert!(lines[4].starts_with("  unknown time"), "{lines:?}");
    answers(&world, "fr-par", &events, None);
    let document = json_of(&world, &[]);
    assert!(!document.to_string().contains("\\u001b"), "{document}");
    assert_eq!(document["events"][1]["failure_reason"], Value::Null);
}

/// `scw` as a member who may not read the trail.
fn member(world: &World, words: &[&str]) -> Ran {
    let mut command = world.command(words);
    command
        .env("SCW_KEYRING", "file")
        .env("SCW_EMAIL", "bob@example.com")
        .env("SCW_PASSWORD", "a password for the tests");
    Ran::of(command.output().unwrap())
}

// Issue 11, 5
#[test]
fn somebody_without_the_permission_is_told_which_one_it_is() {
    let world = World::seeded(
        r#"{"organizations": [{"users": [{"email": "ada@example.com"},
            {"email": "bob@example.com", "password": "a password for the tests"}]}]}"#,
    );
    member(&world, &["login"]).expect(0);
    let refused = member(&world, &["2fa", "events"]).expect(4);
    let refused = refused.told("could not read the sign-ins: permission denied by the API");
    let hint = "its permission set is called `AuditTrailReadOnly`";
    assert!(refused.stderr.contains(hint), "{}", refused.stderr);
}

// Issue 11, 5
#[test]
fn a_region_that_cannot_be_read_is_named_and_the_other_is_shown() {
    let world = World::logged_in();
    let password = world.info().password.clone();
    sign_in(&world, "c", &password, "", 1);
    let fails = |name: &str, status: u16| {
        world.fault(
            json!({"path_regex": region(name), "action": "status", "status": status,
            "body": {"type": "not_found", "resource": "region"}}),
        );
    };
    fails("nl-ams", 404);
    let shown = world.run(&["2fa", "events"]).expect(0);
    assert_eq!(shown.stdout.lines().count(), 2);
    let warning = "warning: could not read the sign-ins: the API found no such region. The sign-ins \
                   that region nl-ams keeps are missing here.\n";
    assert_eq!(shown.stderr, warning);
    fails("nl-ams", 404);
    assert_eq!(json_of(&world, &[])["unread_regions"], json!(["nl-ams"]));
    fails("nl-ams", 404);
    fails("fr-par", 404);
    let failed = world.run(&["2fa", "events"]).expect(1);
    failed.told("could not read the sign-ins: the API found no such region");
}

// Issue 11, 5
#[test]
fn a_list_that_does_not_end_ends() {
    let world = World::logged_in();
    for number in 0..2 {
        let event = json!([{"id": format!("event {number}")}]);
        answers(&world, "fr-par", &event, Some("again"));
    }
    let shown = world.run(&["2fa", "events", "-o", "json"]).expect(0);
    assert_eq!(shown.json()["unread_regions"], json!(["fr-par"]));
    assert!(
        shown.stderr.contains("a list that does not end"),
        "{}",
        shown.stderr
    );
    assert_eq!(world.asked("GET", &region("fr-par")), 2);
    // Each page has a new token.
    for number in 0..101 {
        let page: Vec<Value> = (0..100)
            .map(|at| json!({"id": format!("event {number} {at}")}))
            .collect();
        answers(&world, "fr-par", &json!(page), Some(&number.to_string()));
    }
    let shown = world.run(&["2fa", "events", "-o", "json"]).expect(0);
    let document = shown.json();
    assert_eq!(document["truncated"], true);
    assert_eq!(document["events"].as_array().unwrap().len(), 10_000);
    let warning = "there are more sign-ins than scw reads";
    assert!(shown.stderr.contains(warning), "{}", shown.stderr);
}

// Issue 11, 5
#[test]
fn the_api_of_2017_has_no_such_list_and_the_ways_back_name_it_where_it_helps() {
    let world = World::logged_in();
    world.switch_on();
    let hint = "to see whether somebody used a lost phone, run `scw 2fa events`";
    let ways = world.run(&["2fa", "recover"]).expect(0);
    assert!(ways.stderr.contains(hint), "{}", ways.stderr);
    let world = World::new();
    let in_2017 = |words: &[&str]| {
        let mut command = world.command(words);
        command
            .env("SCW_API", "account")
            .env("SCW_SECRET_KEY", &world.info().token);
        Ran::of(command.output().unwrap())
    };
    let refused = in_2017(&["2fa", "events"]).expect(2);
    refused.told("the 2017 API does not list sign-ins");
    in_2017(&["2fa", "on", "--otp-command", crate::support::OATHTOOL]).expect(0);
    let ways = in_2017(&["2fa", "recover"]).expect(0);
    assert!(!ways.stderr.contains(hint), "{}", ways.stderr);
}
