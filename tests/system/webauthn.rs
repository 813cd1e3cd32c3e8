//! A passkey in Chromium, with its virtual authenticator: the panel, `scw login --web`, `scw 2fa keys`.

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use super::qr::python;
use crate::support::{World, browser::Waiting};

/// A browser that does what it is told.
struct Chromium {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Chromium {
    fn new(world: &World) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/system/webauthn.py");
        let mut child = Command::new(python())
            .arg(script)
            .env("PANEL", &world.info().panel_url)
            .env("EMAIL", &world.info().email)
            .env("PASSWORD", &world.info().password)
            .env("HOME", world.home.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            input: child.stdin.take(),
            output: BufReader::new(child.stdout.take().unwrap()),
            child,
        }
    }

    /// Tells it one thing and returns what came of it; nothing where it gave up.
    fn told(&mut self, what: &str) -> String {
        writeln!(self.input.as_mut().unwrap(), "{what}").unwrap();
        let mut answer = String::new();
        self.output.read_line(&mut answer).unwrap();
        answer.trim().to_owned()
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // The end of its input makes it close the browser.
        self.input = None;
        let _ = self.child.wait();
    }
}

// Issue 11, "done when" 1.
#[test]
fn a_passkey_is_added_and_used_and_removed_with_chromium() {
    let world = World::new();
    let mut chromium = Chromium::new(&world);
    assert_eq!(chromium.told("add Laptop"), "The passkey was added.");
    assert_eq!(chromium.told("sign-in"), "signed in");

    let login = ["login", "--web", "--no-browser", "--storage", "file"];
    let email = ["--email", &world.info().email];
    let login = Waiting::of(&mut world.command(&[&login[..], &email[..]].concat()));
    let (port, start) = (login.browser.port, login.browser.start.clone());
    let ended_on = chromium.told(&format!("open http://localhost:{port}{start}"));
    assert_eq!(ended_on, "scw: You are logged in");
    login.finish().expect(0);

    let keys = world
        .run(&["2fa", "keys", "list", "-o", "json"])
        .expect(0)
        .json();
    assert_eq!(keys["passkeys"][0]["name"], "Laptop");
    assert!(keys["passkeys"][0]["last_used_at"].is_string(), "{keys}");
    world
        .run(&["2fa", "keys", "remove", "Laptop", "--yes"])
        .expect(0);
    let refused = chromium.told("sign-in");
    assert!(
        refused.contains("This passkey was not accepted."),
        "{refused}"
    );
    let keys = world
        .run(&["2fa", "keys", "list", "-o", "json"])
        .expect(0)
        .json();
    assert_eq!(keys["passkeys"].as_array().unwrap().len(), 0);
}
