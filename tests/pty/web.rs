//! `scw login --web` with a person at the terminal: whose account, and is it the one wanted?

use crate::support::terminal::OsSession;
use expectrl::{ControlCode, Expect, Regex};
use serde_json::json;

use crate::support::{
    World,
    browser::{Browser, handed_over, login_of_first, session_of},
};
use crate::terminal::{finish, terminal, wait_for};

const PAIR: &str = r#"{"organizations": [{"name": "Example", "users": [
    {"email": "owner@example.com", "password": "first"},
    {"email": "other@example.com", "password": "second"}]}]}"#;

/// A login in a terminal, and the browser that comes back with a token to it.
fn brought<T>(world: &World, token: &str, person: impl FnOnce(OsSession) -> T) -> (T, String) {
    let arguments = ["login", "--web", "--no-browser", "--storage", "file"];
    let mut session = terminal(world, &arguments);
    let found = session
        .expect(Regex("http://localhost:[0-9]+/[0-9a-f]+"))
        .unwrap();
    let address = String::from_utf8(found.get(0).unwrap().to_vec()).unwrap();
    let mut browser = Browser::at(&address);
    browser.open_start();
    std::thread::scope(|scope| {
        let answer = scope.spawn(|| browser.bring(token));
        let result = person(session);
        (result, answer.join().unwrap())
    })
}

/// Nothing of a login is left: no session, no key but those of the seed, no record.
#[track_caller]
fn nothing_is_left(world: &World) {
    assert_eq!(world.sandbox.state().unwrap()["sessions"], 0);
    assert_eq!(world.asked("POST", "/iam/v1alpha1/api-keys"), 0);
    world.run(&["whoami"]).expect(3);
}

// Issue 7, 26
#[test]
fn the_person_is_told_whose_account_it_is_and_agrees() {
    let world = World::seeded(PAIR);
    let (code, answer) = brought(&world, &login_of_first(&world), |mut session| {
        wait_for(
            &mut session,
            "signed in as owner@example.com (organization Example, profile `default`).",
        );
        wait_for(&mut session, "Log in as owner@example.com?");
        session.send_line("y").unwrap();
        wait_for(&mut session, "Logged in as owner@example.com");
        finish(&mut session).1
    });
    assert_eq!(code, 0);
    let (asked, kept) = answer.split_once("Confirm this login there.").unwrap();
    assert!(asked.starts_with("HTTP/1.1 200") && asked.contains("Cache-Control: no-store"));
    assert!(kept.contains("You are logged in"), "{kept}");
    assert_eq!(world.sandbox.state().unwrap()["sessions"], 0);
}

// Issue 7, 26
#[test]
fn the_person_says_no_and_nothing_is_kept() {
    let world = World::seeded(PAIR);
    let (code, answer) = brought(&world, &login_of_first(&world), |mut session| {
        wait_for(&mut session, "Log in as owner@example.com");
        session.send_line("n").unwrap();
        wait_for(&mut session, "Cancelled. Nothing was changed.");
        finish(&mut session).1
    });
    assert_eq!(code, 1);
    assert!(answer.contains("You are not logged in"), "{answer}");
    nothing_is_left(&world);
}

// Issue 7, 26
#[test]
fn ctrl_c_at_the_question_leaves_no_session() {
    let world = World::seeded(PAIR);
    let (code, answer) = brought(&world, &login_of_first(&world), |mut session| {
        wait_for(&mut session, "Log in as owner@example.com");
        session.send(ControlCode::EndOfText).unwrap();
        finish(&mut session).1
    });
    assert_eq!(code, 130);
    assert!(answer.contains("You are not logged in"), "{answer}");
    nothing_is_left(&world);
}

// Issue 7, 26
#[test]
fn replacing_another_users_login_is_part_of_the_question() {
    let world = World::seeded(PAIR);
    world.log_in();
    let theirs = session_of(&world, "other@example.com", "second");
    let ((), answer) = brought(&world, &handed_over(&theirs), |mut session| {
        wait_for(&mut session, "This replaces the login of owner@example.com");
        wait_for(&mut session, "Log in as other@example.com");
        session.send_line("n").unwrap();
        finish(&mut session);
    });
    assert!(answer.contains("You are not logged in"), "{answer}");
    let whoami = world.run(&["whoami", "-o", "json"]).expect(0).json();
    assert_eq!(whoami["email"], json!("owner@example.com"));
}
