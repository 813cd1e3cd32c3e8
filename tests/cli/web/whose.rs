//! Whose login a browser brings: told and agreed to before anything is kept.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{
    World,
    browser::{Waiting, handed_over, login_of_first, session_of},
};

const PAIR: &str = r#"{"organizations": [{"name": "Example", "users": [
    {"email": "owner@example.com", "password": "first"},
    {"email": "mallory@example.com", "password": "second"}]}]}"#;

/// Nothing of a login is left: no session, no key but those of the seed, no record.
#[track_caller]
fn nothing_is_left(world: &World, keys: usize) {
    let state = world.sandbox.state().unwrap();
    assert_eq!(state["sessions"], 0);
    assert_eq!(world.asked("POST", "/iam/v1alpha1/api-keys"), 0);
    assert_eq!(state["api_keys"].as_array().unwrap().len(), keys);
    world.run(&["whoami"]).expect(3);
}

// Issue 7, 26
#[test]
fn another_account_than_the_one_named_is_refused() {
    let world = World::seeded(PAIR);
    let keys = world.sandbox.state().unwrap()["api_keys"]
        .as_array()
        .unwrap()
        .len();
    let mut waiting = Waiting::start(&world);
    waiting.browser.open_start();
    let theirs = handed_over(&session_of(&world, "mallory@example.com", "second"));
    let answer = waiting.browser.bring(&theirs);
    assert!(answer.contains("You are not logged in"), "{answer}");
    let ran = waiting.finish().expect(4);
    let ran = ran.told("the browser logged in as mallory@example.com, not as owner@example.com");
    assert!(ran.stderr.contains("Nothing was changed"), "{}", ran.stderr);
    nothing_is_left(&world, keys);
}

// Issue 7, 26
#[test]
fn the_account_named_is_taken_in_any_letter_case_also_in_the_place_of_another_login() {
    let world = World::seeded(PAIR);
    world.log_in();
    let arguments = ["login", "--web", "--no-browser", "--storage", "file"];
    let mut command = world.command(&arguments);
    let mut waiting = Waiting::of(command.env("SCW_EMAIL", " Mallory@Example.com"));
    waiting.browser.open_start();
    let theirs = handed_over(&session_of(&world, "mallory@example.com", "second"));
    assert!(waiting.browser.bring(&theirs).contains("You are logged in"));
    waiting.finish().expect(0);
    let whoami = world.run(&["whoami", "-o", "json"]).expect(0).json();
    assert_eq!(whoami["email"], "mallory@example.com");
}

// Issue 7, 26
#[test]
fn without_a_terminal_the_account_has_to_be_named() {
    let world = World::new();
    let ran = world
        .run(&["login", "--web", "--no-browser", "--storage", "file"])
        .expect(2)
        .told("this is not a terminal");
    assert!(ran.stderr.contains("`--email`"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("http://"), "{}", ran.stderr);
}

// Issue 7, 26
#[test]
fn a_visit_that_comes_after_the_login_still_ends_it() {
    let world = World::new();
    let keys = world.sandbox.state().unwrap()["api_keys"]
        .as_array()
        .unwrap()
        .len();
    let mut waiting = Waiting::start(&world);
    waiting.browser.open_start();
    let token = login_of_first(&world);
    world.fault(json!({
        "method": "GET", "path_regex": "^/iam/v1alpha1/users/", "action": "delay", "ms": 20_000,
    }));
    let user = format!("/iam/v1alpha1/users/{}", world.info().user_id);
    let began = Instant::now();
    std::thread::scope(|scope| {
        let browser = &waiting.browser;
        let brought = scope.spawn(|| browser.bring(&token));
        while world.asked("GET", &user) == 0 {
            assert!(began.elapsed() < Duration::from_secs(15), "nobody asked");
            crate::support::running::pause();
        }
        assert!(browser.get(&browser.start).starts_with("HTTP/1.1 403"));
        assert!(brought.join().unwrap().contains("You are not logged in"));
    });
    waiting
        .finish()
        .expect(4)
        .told("the start page was opened twice");
    nothing_is_left(&world, keys);
}

/// A login of the world's owner.
fn owner(world: &World) -> serde_json::Value {
    session_of(world, "owner@example.com", "first")
}

// Issue 7, 27
#[test]
fn a_session_that_names_another_user_than_its_own_is_refused_and_ended() {
    let world = World::seeded(PAIR);
    let keys = world.sandbox.state().unwrap()["api_keys"]
        .as_array()
        .unwrap()
        .len();
    let theirs = session_of(&world, "mallory@example.com", "second");
    let mut forged = owner(&world);
    // An owner reads every member, and may make a key for each.
    forged["jwt"]["audience_id"] = theirs["jwt"]["audience_id"].clone();
    // The other session vouches for the user, and not for the token.
    forged["jwt"]["jti"] = theirs["jwt"]["jti"].clone();
    let mut waiting = Waiting::of(&mut world.command(&[
        "login",
        "--web",
        "--no-browser",
        "--storage",
        "file",
        "--email",
        "mallory@example.com",
    ]));
    waiting.browser.open_start();
    let answer = waiting.browser.bring(&handed_over(&forged));
    assert!(answer.contains("You are not logged in"), "{answer}");
    waiting
        .finish()
        .expect(4)
        .told("the session of another user");
    nothing_is_left(&world, keys);
    assert_eq!(world.sandbox.state().unwrap()["users"][1]["sessions"], 1);
}

// Issue 7, 27
#[test]
fn a_service_that_does_not_tell_of_sessions_is_believed() {
    for (status, body) in [
        (404, json!({"message": "no Route matched"})),
        (403, json!({"type": "permissions_denied"})),
    ] {
        let world = World::seeded(PAIR);
        world.fault(json!({
            "method": "GET", "path_regex": "^/iam/v1alpha1/jwts/", "action": "status",
            "status": status, "body": body,
        }));
        let mut waiting = Waiting::start(&world);
        waiting.browser.open_start();
        let brought = handed_over(&owner(&world));
        assert!(
            waiting
                .browser
                .bring(&brought)
                .contains("You are logged in")
        );
        waiting.finish().expect(0);
    }
}
