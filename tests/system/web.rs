//! `scw login --web` in a real browser.

use std::{
    io::{BufRead, BufReader, Read},
    path::Path,
    process::{Command, Stdio},
};

use super::qr::python;
use crate::support::{Ran, World};

#[test]
fn chromium_brings_the_login_and_the_key_is_kept() {
    let world = World::new();
    let mut login = world
        .command(&["login", "--web", "--no-browser", "--storage", "file"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stderr = BufReader::new(login.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("/authenticate?") {
        line.clear();
        assert!(stderr.read_line(&mut line).unwrap() > 0, "no address");
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/system/web_login.py");
    let output = Command::new(python())
        .arg(script)
        .arg(line.trim())
        .env("EMAIL", &world.info().email)
        .env("PASSWORD", &world.info().password)
        .env("HOME", world.home.path())
        .output()
        .unwrap();
    let browser = Ran::of(output).expect(0);
    assert_eq!(browser.stdout.trim(), "scw: You are logged in");
    let mut rest = String::new();
    stderr.read_to_string(&mut rest).unwrap();
    assert!(login.wait().unwrap().success(), "{rest}");
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
