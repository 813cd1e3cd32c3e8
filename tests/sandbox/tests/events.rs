//! Sign-ins: what the audit trail tells of them (protocol.md F), and what a refused one tells.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test's helper says what is wrong by failing, like the test itself"
)]

mod wire;

use std::path::Path;

use scw_sandbox::{Options, Seed};
use serde_json::{Value, json};
use wire::{Answer, Wire, browser::Browser, encode};

const OWNER: &str = "ada@example.com";
const MEMBER: &str = "bob@example.com";
const PASSWORD: &str = "a password for the tests";

/// An organization with an owner and a member, and another organization.
fn seed() -> Value {
    let person = |email: &str| json!({"email": email, "password": PASSWORD});
    json!({"organizations": [
        {"login_attempts": 3, "users": [person(OWNER), person(MEMBER)]},
        {"name": "Other", "users": [person("eve@example.com")]}]})
}

fn path(region: &str, more: &str) -> String {
    format!("/audit-trail/v1alpha1/regions/{region}/authentication-events?{more}")
}

/// The events of the first organization, the newest first.
fn events(wire: &Wire, more: &str) -> Vec<Value> {
    let organization = &wire.sandbox.info().organization_id;
    let query = format!("organization_id={organization}&page_size=100{more}");
    let mut answer = wire.get(&path("fr-par", &query)).expect(200);
    assert_eq!(answer["next_page_token"], Value::Null);
    serde_json::from_value(answer["events"].take()).unwrap()
}

/// What an event says, in short.
fn short(event: &Value) -> String {
    let mut words = ["result", "failure_reason", "method", "mfa_type"]
        .iter()
        .map(|name| event[name].as_str().unwrap_or("-").to_owned())
        .collect::<Vec<_>>();
    words.push(event["resources"][0]["name"].as_str().unwrap().to_owned());
    words.join(" ")
}

fn shorts(wire: &Wire) -> Vec<String> {
    events(wire, "").iter().map(short).collect()
}

const CALLBACK: &str = "http://localhost:43117/hard-to-guess/callback";

/// A sign-in through each of the four doors, and what its answer shows: the status and the body,
/// without what differs from one answer to the next.
const DOORS: [(&str, fn(&Wire, &str, &str) -> (u16, String)); 4] = [
    ("iam", |wire, email, password| {
        let answer = wire.log_in(email, password, "");
        (answer.status, answer.body.to_string())
    }),
    ("2017", |wire, email, password| {
        let body = json!({"email": email, "password": password});
        let answer = wire.request_with("POST", "/tokens", None, Some(body));
        (answer.status, answer.body.to_string())
    }),
    ("panel", |wire, email, password| {
        let mut browser = Browser::new(wire);
        let sign_in = "/panel/sign-in";
        let fields = [("email", email), ("password", password)];
        let answer = browser.fill(sign_in, sign_in, &fields);
        let answer = match answer.status {
            303 => browser.open(sign_in),
            _ => answer,
        };
        plain(&answer, email)
    }),
    ("browser login", |wire, email, password| {
        let address = format!("/authenticate?redirectToUrl={}", encode(CALLBACK));
        let page = wire.open(&address, "");
        let cookie = page.cookie("scw_visit").unwrap();
        let form = page.form();
        let fields = [
            ("form", form.as_str()),
            ("email", email),
            ("password", password),
        ];
        let answer = wire.fill(&address, &cookie, &fields);
        let answer = match answer.status {
            303 => wire.open(&address, &cookie),
            _ => answer,
        };
        plain(&answer, email)
    }),
];

/// A page without the token of its form and the address that was typed.
fn plain(answer: &Answer, email: &str) -> (u16, String) {
    let text = answer.html().replace(email, "").replace(&answer.form(), "");
    (answer.status, text)
}

// Issue 11, 5
#[test]
fn every_door_records_the_sign_ins_that_work_and_those_that_fail() {
    let wire = Wire::seeded(&seed());
    let (key, codes) = wire.switch_on();
    wire.log_in(MEMBER, PASSWORD, "").expect(200);
    wire.log_in(MEMBER, "wrong", "").expect(401);
    // Not finished yet: nothing is recorded.
    wire.log_in(OWNER, PASSWORD, "").expect(400);
    wire.log_in(OWNER, PASSWORD, "000000").expect(400);
    wire.log_in(OWNER, PASSWORD, &wire.code(&key)).expect(200);
    wire.log_in(OWNER, PASSWORD, &codes[0]).expect(200);
    let token = json!({"email": MEMBER, "password": PASSWORD});
    wire.request_with("POST", "/tokens", None, Some(token))
        .expect(201);
    let mut browser = Browser::new(&wire);
    browser.password();
    browser.code("backup_code", &codes[1]);
    wire.log_in("nobody@example.com", PASSWORD, "").expect(401);
    wire.log_in("eve@example.com", PASSWORD, "").expect(200);
    assert_eq!(
        shorts(&wire),
        [
            "success - password totp ada@example.com",
            "success - password - bob@example.com",
            "success - password totp ada@example.com",
            "success - password totp ada@example.com",
            "failure invalid_mfa password totp ada@example.com",
            "failure invalid_password password - bob@example.com",
            "success - password - bob@example.com",
        ]
    );
}

// Issue 11, 5
#[test]
fn each_door_records_a_wrong_password_and_a_locked_user() {
    for (door, sign_in) in DOORS {
        let wire = Wire::seeded(&seed());
        sign_in(&wire, MEMBER, "wrong");
        let recorded = shorts(&wire);
        let expected = ["failure invalid_password password - bob@example.com"];
        assert_eq!(recorded, expected, "{door}");
        sign_in(&wire, MEMBER, "wrong");
        sign_in(&wire, MEMBER, "wrong");
        let (status, _) = sign_in(&wire, MEMBER, PASSWORD);
        assert!([403, 423].contains(&status), "{door}: {status}");
        // The password was right: whoever looks is told that it was no wrong password.
        assert_eq!(
            shorts(&wire)[0],
            "failure - password - bob@example.com",
            "{door}"
        );
    }
}

// Issue 11, 5
#[test]
fn an_event_has_the_fields_that_are_on_record() {
    let wire = Wire::seeded(&seed());
    let agent = format!("curl/8 {}", "x".repeat(2000));
    let headers = [
        ("content-type", "application/json"),
        ("user-agent", agent.as_str()),
    ];
    let body = json!({"email": OWNER, "password": PASSWORD}).to_string();
    wire.send("POST", "/account/v2/login", &headers, &body)
        .unwrap()
        .expect(200);
    let event = &events(&wire, "")[0];
    let info = wire.sandbox.info();
    let mut names: Vec<&String> = event.as_object().unwrap().keys().collect();
    names.sort();
    assert_eq!(
        names,
        [
            "country_code",
            "failure_reason",
            "id",
            "method",
            "mfa_type",
            "organization_id",
            "origin",
            "recorded_at",
            "resources",
            "result",
            "source_ip",
            "user_agent",
        ]
    );
    assert_eq!(event["organization_id"], *info.organization_id);
    assert_eq!(event["source_ip"], "127.0.0.1");
    assert_eq!(event["origin"], "public_api");
    assert_eq!(event["resources"][0]["id"], *info.user_id);
    assert_eq!(event["resources"][0]["type"], "iam_user");
    // A client chooses its name: what is kept of it has an end.
    let kept = event["user_agent"].as_str().unwrap();
    assert!(agent.starts_with(kept) && kept.len() == 512, "{kept}");
}

// Issue 11, 5
#[test]
fn a_list_is_asked_for_by_time_by_order_and_by_page() {
    let wire = Wire::seeded(&seed());
    let mut times = Vec::new();
    for _ in 0..5 {
        wire.log_in(OWNER, PASSWORD, "").expect(200);
        times.push(events(&wire, "")[0]["recorded_at"].clone());
        wire.sandbox.advance(1000);
    }
    let recorded = |more: &str| -> Vec<Value> {
        let found = events(&wire, more);
        let at = found.iter().map(|event| event["recorded_at"].clone());
        at.collect()
    };
    let newest_first: Vec<Value> = times.iter().rev().cloned().collect();
    // The last hour alone where nothing is said.
    assert_eq!(recorded(""), newest_first[..3]);
    let since = format!("&recorded_after={}", encode(times[0].as_str().unwrap()));
    assert_eq!(recorded(&since), newest_first);
    assert_eq!(
        recorded(&format!("{since}&order_by=recorded_at_desc")),
        newest_first
    );
    assert_eq!(
        recorded(&format!("{since}&order_by=recorded_at_asc")),
        times
    );
    let until = encode(times[2].as_str().unwrap());
    assert_eq!(
        recorded(&format!("{since}&recorded_before={until}")),
        newest_first[2..]
    );
    // As Python writes a time.
    let spaced = times[1]
        .as_str()
        .unwrap()
        .replace('T', " ")
        .replace('Z', "+00:00");
    let after = encode(&spaced);
    assert_eq!(
        recorded(&format!("&recorded_after={after}")),
        newest_first[..4]
    );
    // A page is followed by its token, and a sign-in between two pages moves nothing.
    let organization = &wire.sandbox.info().organization_id;
    for (order, expected) in [("desc", &newest_first), ("asc", &times)] {
        let mut paged = Vec::new();
        let mut token = String::new();
        loop {
            let query = format!(
                "organization_id={organization}{since}&page_size=2&page_token={token}\
                 &order_by=recorded_at_{order}&recorded_before={}",
                encode(times[4].as_str().unwrap())
            );
            let page = wire.get(&path("fr-par", &query)).expect(200);
            let found = page["events"].as_array().unwrap();
            assert!((1..=2).contains(&found.len()), "{page}");
            paged.extend(found.iter().map(|event| event["recorded_at"].clone()));
            wire.log_in(MEMBER, PASSWORD, "").expect(200);
            match page["next_page_token"].as_str() {
                Some(next) => token = next.to_owned(),
                None => break,
            }
        }
        assert_eq!(&paged, expected, "{order}");
    }
}

// Issue 11, 5
#[test]
fn the_other_region_has_none_and_an_unknown_one_is_not_found() {
    let wire = Wire::seeded(&seed());
    wire.log_in(OWNER, PASSWORD, "").expect(200);
    let query = format!("organization_id={}", wire.sandbox.info().organization_id);
    let empty = wire.get(&path("nl-ams", &query)).expect(200);
    assert_eq!(empty, json!({"events": [], "next_page_token": null}));
    let unknown = wire.get(&path("us-east", &query)).expect(404);
    assert_eq!(unknown["resource"], "region");
}

// Issue 11, 5
#[test]
fn administrators_of_the_organization_alone_may_read_it_and_a_senseless_query_is_refused_by_name() {
    let wire = Wire::seeded(&seed());
    let organization = wire.sandbox.info().organization_id.clone();
    let member = wire.log_in(MEMBER, PASSWORD, "").expect(200)["token"].clone();
    let eve = wire.log_in("eve@example.com", PASSWORD, "").expect(200)["token"].clone();
    for region in ["fr-par", "nl-ams"] {
        let query = format!("organization_id={organization}");
        for token in [&member, &eve] {
            let token = token.as_str().unwrap();
            let refused = wire.in_session(token, "GET", &path(region, &query), None);
            let detail = json!({"resource": "authentication_event", "action": "read"});
            assert_eq!(refused.expect(403)["details"][0], detail);
        }
    }
    for (query, argument) in [
        (String::new(), "organization_id"),
        (
            format!("organization_id={organization}&recorded_after=yesterday"),
            "recorded_after",
        ),
        (
            format!("organization_id={organization}&recorded_before=1"),
            "recorded_before",
        ),
        (
            format!("organization_id={organization}&page_token=xyz"),
            "page_token",
        ),
        (
            format!("organization_id={organization}&page_size=101"),
            "page_size",
        ),
        (
            format!("organization_id={organization}&order_by=id"),
            "order_by",
        ),
    ] {
        let refused = wire.get(&path("fr-par", &query)).expect(400);
        assert_eq!(refused["details"][0]["argument_name"], argument, "{query}");
    }
}

/// The size of the file to which each change is written first.
fn written(data: &Path) -> u64 {
    let log = data.with_extension("db-wal");
    std::fs::metadata(log).unwrap().len()
}

// Issue 11, 6: a locked account was told from an unknown one, by the answer and by the time.
#[test]
fn a_wrong_password_is_answered_alike_for_a_user_a_locked_one_and_nobody_and_costs_the_same_writes()
{
    for (door, sign_in) in DOORS {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("sandbox.db");
        let wire = Wire::with(Options {
            data: Some(data.clone()),
            seed: Some(Seed::parse(&seed().to_string()).unwrap()),
            ..Options::default()
        });
        for _ in 0..3 {
            wire.log_in(MEMBER, "wrong", "").expect(401);
        }
        // Not the very first of each, which may add a page to the file.
        for email in [OWNER, MEMBER, "nobody@example.com"] {
            sign_in(&wire, email, "wrong");
        }
        let [known, locked, nobody] = [OWNER, MEMBER, "nobody@example.com"].map(|email| {
            let before = written(&data);
            let shown = sign_in(&wire, email, "wrong");
            (shown, written(&data) - before)
        });
        assert_eq!(known, nobody, "{door}");
        assert_eq!(locked, nobody, "{door}");
        assert_eq!(known.0.0, 401, "{door}");
        assert!(known.1 > 0, "{door}: nothing was written");
        let (status, _) = sign_in(&wire, MEMBER, PASSWORD);
        assert!(
            [403, 423].contains(&status),
            "{door}: the right password: {status}"
        );
    }
}

// Issue 11, 6: attempts with unknown addresses must not fill the file.
#[test]
fn sign_ins_of_nobody_leave_one_line_whatever_their_number() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("sandbox.db");
    let wire = Wire::with(Options {
        data: Some(data.clone()),
        seed: Some(Seed::parse(&seed().to_string()).unwrap()),
        ..Options::default()
    });
    for number in 0..5 {
        wire.log_in(&format!("nobody{number}@example.com"), "wrong", "")
            .expect(401);
    }
    assert_eq!(shorts(&wire), [] as [&str; 0]);
    drop(wire);
    let database = rusqlite::Connection::open(&data).unwrap();
    let count = |query: &str| -> i64 { database.query_row(query, [], |row| row.get(0)).unwrap() };
    assert_eq!(count("SELECT count(*) FROM sign_ins"), 1);
    assert_eq!(count("SELECT failed_attempts FROM nobody"), 5);
}

// Issue 11, 5: what is kept has an end.
#[test]
fn the_oldest_sign_ins_of_an_organization_make_room_after_a_hundred_thousand() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("sandbox.db");
    let start = || {
        Wire::with(Options {
            data: Some(data.clone()),
            seed: Some(Seed::parse(&seed().to_string()).unwrap()),
            ..Options::default()
        })
    };
    let wire = start();
    for _ in 0..4 {
        wire.log_in(OWNER, PASSWORD, "").expect(200);
    }
    drop(wire);
    // As if there had been many in between.
    let change = |change: &str| {
        let database = rusqlite::Connection::open(&data).unwrap();
        database.execute(change, []).unwrap()
    };
    change(
        "UPDATE sign_ins SET serial = CASE serial WHEN 1 THEN 1 WHEN 2 THEN 1000
                WHEN 3 THEN 1001 ELSE 100999 END",
    );
    let wire = start();
    assert_eq!(shorts(&wire).len(), 4);
    wire.log_in(OWNER, PASSWORD, "").expect(200);
    assert_eq!(shorts(&wire).len(), 3, "100999, 101000 and 1001");
}
