//! `scw login --web` in a real browser.

use std::{path::Path, process::Command};

use super::qr::python;
use crate::support::{Ran, World, browser::Waiting};

/// What the browser ends on, for a login as the first user that is wanted by `email`.
fn chromium(world: &World, email: &str) -> (String, Ran) {
    let login = Waiting::of(&mut world.command(&[
        "login",
        "--web",
        "--no-browser",
        "--storage",
        "file",
        "--email",
        email,
    ]));
    let start_page = format!(
        "http://localhost:{}{}",
        login.browser.port, login.browser.start
    );
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/system/web_login.py");
    let output = Command::new(python())
        .arg(script)
        .arg(start_page)
        .env("EMAIL", &world.info().email)
        .env("PASSWORD", &world.info().password)
        .env("HOME", world.home.path())
        .output()
        .unwrap();
    let browser = Ran::of(output).expect(0);
    (browser.stdout.trim().to_owned(), login.finish())
}

#[test]
fn chromium_brings_the_login_and_the_key_is_kept() {
    let world = World::new();
    let (ended_on, login) = chromium(&world, &world.info().email);
    assert_eq!(ended_on, "scw: You are logged in");
    login.expect(0);
    let whoami = world.run(&["whoami", "-o", "json"]).expect(0).json();
    assert_eq!(whoami["user_id"], world.info().user_id.as_str());
    assert_eq!(
        world.sandbox.state().unwrap()["api_keys"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

// Issue 7, 26
#[test]
fn chromium_is_told_that_another_account_was_not_kept() {
    let world = World::new();
    let (ended_on, login) = chromium(&world, "somebody.else@example.com");
    assert_eq!(ended_on, "scw: You are not logged in");
    login.expect(4);
    assert_eq!(world.sandbox.state().unwrap()["sessions"], 0);
    world.run(&["whoami"]).expect(3);
}
