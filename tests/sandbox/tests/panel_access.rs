//! Sessions and API keys in the control panel.

use crate::wire::{
    Wire,
    browser::{Browser, Look},
};
use serde_json::{Value, json};

const PLACE: &str = "/panel/access";
const SESSION: &str = "/panel/access/session";
const OTHERS: &str = "/panel/access/other-sessions";
const KEY: &str = "/panel/access/key";
const BOB: &str = "6170692d-7363-616c-6577-61792e636f6d";

/// Whether a session of the API still works.
fn works(wire: &Wire, login: &Value) -> bool {
    let token = login["token"].as_str().unwrap();
    let answer = wire.in_session(token, "GET", &wire.user_path(""), None);
    answer.status == 200
}

fn jti(login: &Value) -> String {
    login["jwt"]["jti"].as_str().unwrap().to_owned()
}

// Issue 11, 1
#[test]
fn a_session_is_named_asked_about_and_signed_out() {
    let wire = Wire::new();
    let mut browser = Browser::signed_in(&wire);
    let other = wire.log_in_first("").expect(200);
    let question = format!("{SESSION}?jti={}", jti(&other));
    let page = browser.open(PLACE);
    page.shows(200, &wire.real(&question));

    let asked = browser.open(&question);
    let html = asked.shows(200, "<h1>Sign out this session?</h1>");
    assert!(html.contains("<dt>Address</dt><dd>127.0.0.1</dd>"));
    assert!(works(&wire, &other), "a question changes nothing");

    browser
        .fill(&question, SESSION, &[("jti", &jti(&other))])
        .leads_to(PLACE);
    assert!(!works(&wire, &other));
    let page = browser.open(PLACE);
    page.shows(
        200,
        "role=\"status\">The session of ureq from 127.0.0.1 was signed out.",
    );
}

// Issue 11, 1
#[test]
fn the_other_sessions_are_signed_out_and_this_one_stays() {
    let wire = Wire::new();
    let mut browser = Browser::signed_in(&wire);
    browser.open(OTHERS).leads_to(PLACE);
    let page = browser.open(PLACE);
    assert!(!page.html().contains("Sign out other sessions"));

    let others = [(); 2].map(|()| wire.log_in_first("").expect(200));
    browser.open(PLACE).shows(200, "Sign out other sessions");
    browser.open(OTHERS).shows(200, "2 other sessions will be");
    assert!(others.iter().all(|other| works(&wire, other)));
    browser.fill(OTHERS, OTHERS, &[]).leads_to(PLACE);
    assert!(!others.iter().any(|other| works(&wire, other)));
    let page = browser.open(PLACE);
    let html = page.shows(200, "2 other sessions were signed out.");
    assert_eq!(html.matches("This session").count(), 1);
}

/// The row of the only other session; that of this one stands above it.
#[track_caller]
fn other_row(browser: &mut Browser<'_>) -> String {
    let page = browser.open(PLACE);
    let rows: Vec<&str> = page.html().split("<li>").collect();
    let of_sessions: Vec<&&str> = rows
        .iter()
        .filter(|row| row.contains(" from 127"))
        .collect();
    assert_eq!(of_sessions.len(), 2, "{rows:?}");
    assert!(of_sessions[0].contains("This session"));
    (*of_sessions[1]).to_owned()
}

// Issue 11, 1
#[test]
fn the_list_says_when_a_session_was_used_last_and_this_one_comes_first() {
    let wire = Wire::new();
    let older = wire.log_in_first("").expect(200);
    wire.sandbox.advance(600);
    let mut browser = Browser::signed_in(&wire);
    let row = other_row(&mut browser);
    assert!(row.contains(">10 minutes ago</time> · signed in"), "{row}");
    assert!(row.contains(">in 50 minutes</time>"), "{row}");
    assert!(works(&wire, &older));
    let row = other_row(&mut browser);
    assert!(row.contains(">just now</time> · signed in"), "{row}");
    assert!(row.contains(">10 minutes ago</time> from"), "{row}");
}

// Issue 11, 1: a write for each request would be slow.
#[test]
fn a_use_within_a_minute_of_the_last_one_is_not_written() {
    let wire = Wire::new();
    let other = wire.log_in_first("").expect(200);
    let mut browser = Browser::signed_in(&wire);
    for (seconds, said) in [(40, ">1 minute ago<"), (80, ">just now<")] {
        wire.sandbox.advance(seconds);
        assert!(works(&wire, &other));
        wire.sandbox.advance(40);
        let row = other_row(&mut browser);
        let used = row.split("signed in").next().unwrap();
        assert!(used.contains(said), "{seconds}: {used}");
    }
}

// Issue 11, 1
#[test]
fn an_api_key_is_named_asked_about_and_revoked() {
    let wire = Wire::new();
    let info = wire.sandbox.info().clone();
    let mut browser = Browser::signed_in(&wire);
    let question = format!("{KEY}?access_key={}", info.access_key);
    let page = browser.open(PLACE);
    let html = page.shows(200, &info.access_key);
    assert!(!html.contains(&info.secret_key));
    assert!(html.contains("does not expire"));
    browser
        .open(&question)
        .shows(200, "<h1>Revoke this API key?</h1>");
    wire.get(&wire.user_path("")).expect(200);
    browser
        .fill(&question, KEY, &[("access_key", &info.access_key)])
        .leads_to(PLACE);
    wire.get(&wire.user_path("")).expect(401);
    let page = browser.open(PLACE);
    let html = page.shows(200, "You have no API keys.");
    assert!(html.contains(&format!("The API key {} was revoked.", info.access_key)));
}

// Issue 11, 1
#[test]
fn nobody_is_asked_about_what_is_not_theirs_or_not_there() {
    let wire = Wire::seeded(
        &json!({"organizations": [{"users": [{"email": "ada@example.com"},
        {"email": "bob@example.com", "password": "bobs-password", "id": BOB}]}]}),
    );
    let bob = wire
        .log_in("bob@example.com", "bobs-password", "")
        .expect(200);
    let mut browser = Browser::signed_in(&wire);
    for question in [
        format!("{SESSION}?jti={}", jti(&bob)),
        format!("{KEY}?access_key=SCWXXXXXXXXXXXXXXXXX"),
        SESSION.to_owned(),
        KEY.to_owned(),
    ] {
        assert_eq!(browser.open(&question).status, 404, "{question}");
    }
    let form = browser.open("/panel").form();
    let fields = [("form", form.as_str()), ("jti", &jti(&bob))];
    browser.send(SESSION, &fields);
    let token = bob["token"].as_str().unwrap();
    let path = format!("/iam/v1alpha1/users/{BOB}");
    wire.in_session(token, "GET", &path, None).expect(200);
}

// Issue 11, 5
#[test]
fn a_person_sees_the_own_sign_ins_and_what_failed_stands_out() {
    let wire = Wire::new();
    let (_, backup) = wire.switch_on();
    wire.log_in_first("000000").expect(400);
    wire.log_in(&wire.sandbox.info().email, "wrong", "")
        .expect(401);
    wire.sandbox.advance(7200);
    let mut browser = Browser::signed_in_as_other(&wire, &backup[0]);
    let page = browser.open("/panel/sign-ins");
    let html = page.shows(200, "<h1>Sign-ins</h1>");
    let rows: Vec<&str> = html.split("<li><div>").skip(1).collect();
    assert_eq!(rows.len(), 3, "{html}");
    for (row, said) in [
        (
            rows[0],
            ["just now", "password and a backup code", "Signed in"],
        ),
        (rows[1], ["2 hours ago", "· password<", "Wrong password"]),
        (
            rows[2],
            [
                "2 hours ago",
                "password and a code from the app",
                "Wrong code",
            ],
        ),
    ] {
        assert!(said.iter().all(|word| row.contains(word)), "{row}");
        assert!(row.contains("from 127.0.0.1"), "{row}");
    }
    assert!(html.contains("the code was wrong <strong>once</strong>"));
    assert!(html.contains("change it"));
}

// Issue 11, 1
#[test]
fn a_signed_out_session_opens_nothing() {
    let wire = Wire::new();
    let mut browser = Browser::signed_in(&wire);
    let stolen = browser.cookie("scw_session");
    browser
        .fill("/panel", "/panel/sign-out", &[])
        .leads_to("/panel/sign-in?out");
    assert_eq!(browser.cookie("scw_session"), "");
    wire.open("/panel", &stolen).leads_to("/panel/sign-in");
    assert_eq!(wire.sandbox.state().unwrap()["sessions"], 0);
}

// Issue 11, 6: sign-in pages that somebody opens in a loop leave the forms of a session alone.
#[test]
fn the_forms_of_a_session_stay_however_often_the_sign_in_page_is_opened() {
    let wire = Wire::new();
    let mut browser = Browser::signed_in(&wire);
    let form = browser.open("/panel").form();
    for _ in 0..1001 {
        wire.open("/panel/sign-in", "");
    }
    browser
        .send("/panel/two-factor/start", &[("form", &form)])
        .leads_to("/panel/two-factor/enable");
}
