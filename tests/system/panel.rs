//! The control panel in a real browser, with `scw` beside it.

use std::{path::Path, process::Command};

use scw_sandbox::Options;

use super::qr::python;
use crate::support::{Ran, World, binary, run_with_input};

#[test]
fn a_person_in_chromium_switches_on_signs_in_and_switches_off() {
    let world = World::with(Options {
        control: true,
        ..Options::default()
    });
    world.log_in();
    let info = world.info();
    // A second machine of the same person, which speaks the dialect of 2017.
    let second = tempfile::tempdir().unwrap();
    let mut login = world.command(&["login", "--with-token", "--storage", "file"]);
    login.args(["--api", "account"]).env("HOME", second.path());
    run_with_input(&mut login, &format!("{}\n", info.token)).expect(0);

    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/system/panel.py");
    let output = Command::new(python())
        .arg(script)
        .env("SCW", binary())
        .env("SCW_API_URL", &info.api_url)
        .env("SCW_ACCOUNT_URL", &info.account_url)
        .env("PANEL_URL", &info.panel_url)
        .env("EMAIL", &info.email)
        .env("PASSWORD", &info.password)
        .env("HOME", world.home.path())
        .env("HOME_IAM", world.home.path())
        .env("HOME_ACCOUNT", second.path())
        .output()
        .unwrap();
    Ran::of(output).expect(0);
}

// Issue 11, 1 and "done when" 2
#[test]
fn a_reload_and_the_back_button_lose_nothing_and_show_nothing_after_the_sign_out() {
    let world = World::with(Options {
        control: true,
        ..Options::default()
    });
    let info = world.info();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/system/panel_way.py");
    let output = Command::new(python())
        .arg(script)
        .env("SCW_API_URL", &info.api_url)
        .env("PANEL_URL", &info.panel_url)
        .env("EMAIL", &info.email)
        .env("PASSWORD", &info.password)
        .env("HOME", world.home.path())
        .output()
        .unwrap();
    Ran::of(output).expect(0);
}
