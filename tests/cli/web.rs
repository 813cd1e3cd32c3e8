//! `scw login --web`: the loopback callback, with the test as the browser.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, Stdio},
};

use data_encoding::BASE64;
use serde_json::json;

use crate::support::{Ran, World};

/// A login that waits for its browser.
struct Waiting {
    child: Child,
    stderr: BufReader<std::process::ChildStderr>,
    port: u16,
    path: String,
}

impl Waiting {
    fn start(world: &World) -> Self {
        let mut command = world.command(&["login", "--web", "--no-browser", "--storage", "file"]);
        let mut child = command
            .stderr(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        while !line.contains("/authenticate?redirectToUrl=") {
            line.clear();
            assert!(stderr.read_line(&mut line).unwrap() > 0, "no address");
        }
        let address = url::Url::parse(line.trim()).unwrap();
        assert!(address.as_str().starts_with(&world.info().account_url));
        let (_, callback) = address.query_pairs().next().unwrap();
        let callback = url::Url::parse(&callback).unwrap();
        assert_eq!(callback.host_str(), Some("localhost"));
        Self {
            child,
            stderr,
            port: callback.port().unwrap(),
            path: callback.path().to_owned(),
        }
    }

    /// Sends a request and returns the answer; nothing when nobody listens.
    fn send(&self, request: &str) -> Option<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        stream.write_all(request.as_bytes()).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        Some(answer)
    }

    fn get(&self, target: &str) -> String {
        let request = format!(
            "GET {target} HTTP/1.1\r\nHost: localhost:{}\r\n\r\n",
            self.port
        );
        self.send(&request).unwrap()
    }

    fn finish(mut self) -> Ran {
        let mut rest = String::new();
        self.stderr.read_to_string(&mut rest).unwrap();
        let output = self.child.wait_with_output().unwrap();
        let mut ran = Ran::of(output);
        ran.stderr = rest;
        ran
    }
}

/// What the account page hands over, for a session that was opened with the password.
fn handed_over(world: &World) -> String {
    let info = world.info();
    let body = json!({"email": info.email, "password": info.password}).to_string();
    let output = Command::new("curl")
        .args(["-sf", "-H", "content-type: application/json", "-d", &body])
        .arg(format!("{}/account/v2/login", info.api_url))
        .output()
        .unwrap();
    let login: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let handed = json!({
        "jwt": {"jti": login["jwt"]["jti"], "audienceId": login["jwt"]["audience_id"],
            "issuerId": login["jwt"]["issuer_id"]},
        "token": login["token"],
        "renewToken": login["renew_token"],
    });
    BASE64
        .encode(handed.to_string().as_bytes())
        .replace('+', "%2B")
        .replace('=', "%3D")
}

#[test]
fn a_login_from_the_browser_ends_with_a_key_and_no_session() {
    let world = World::new();
    let waiting = Waiting::start(&world);
    let answer = waiting.get(&format!("{}?token={}", waiting.path, handed_over(&world)));
    assert!(
        answer.starts_with("HTTP/1.1 200") && answer.contains("You are logged in"),
        "{answer}"
    );
    waiting.finish().expect(0);
    let whoami = world.run(&["whoami", "-o", "json"]).expect(0).json();
    assert_eq!(whoami["user_id"], world.info().user_id.as_str());
    assert_eq!(world.sandbox.state().unwrap()["sessions"], 0);
    world.run(&["logout"]).expect(0);
    let keys = world.sandbox.state().unwrap()["api_keys"].clone();
    assert_eq!(keys, json!([world.info().access_key]));
}

#[test]
fn a_forged_callback_is_refused_and_the_true_one_still_works() {
    let world = World::new();
    let waiting = Waiting::start(&world);
    let token = handed_over(&world);
    let refused = |answer: &str, status: &str| {
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")),
            "{answer}"
        );
        assert!(!answer.contains("You are logged in"));
    };
    refused(&waiting.get(&format!("/callback?token={token}")), "404");
    refused(
        &waiting.get(&format!("/{}/callback?token={token}", "0".repeat(32))),
        "404",
    );
    refused(&waiting.get(&format!("{}?token=junk", waiting.path)), "400");
    refused(&waiting.get(&waiting.path), "400");
    let post = format!(
        "POST {}?token={token} HTTP/1.1\r\nHost: localhost:{}\r\nContent-Length: 0\r\n\r\n",
        waiting.path, waiting.port
    );
    refused(&waiting.send(&post).unwrap(), "405");
    let rebound = format!(
        "GET {}?token={token} HTTP/1.1\r\nHost: evil.example:{}\r\n\r\n",
        waiting.path, waiting.port
    );
    refused(&waiting.send(&rebound).unwrap(), "404");
    refused(&waiting.send("nonsense\r\n\r\n").unwrap(), "400");

    let (listened_on, path) = (waiting.port, waiting.path.clone());
    waiting.get(&format!("{path}?token={token}"));
    waiting.finish().expect(0);
    // One use: nobody listens any more.
    assert!(TcpStream::connect(("127.0.0.1", listened_on)).is_err());
}

#[test]
fn a_session_that_the_service_does_not_know_is_told_in_both_places() {
    let world = World::new();
    let waiting = Waiting::start(&world);
    let forged = json!({
        "jwt": {"jti": "x", "audienceId": world.info().user_id, "issuerId": "y"},
        "token": "a.b.c",
    });
    let token = BASE64
        .encode(forged.to_string().as_bytes())
        .replace('=', "%3D")
        .replace('+', "%2B");
    let answer = waiting.get(&format!("{}?token={token}", waiting.path));
    assert!(answer.contains("did not work"), "{answer}");
    waiting.finish().expect(4);
    world.run(&["whoami"]).expect(3);
}

#[test]
fn the_callback_listens_on_loopback_only() {
    let world = World::new();
    let mut waiting = Waiting::start(&world);
    let listening = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let port = format!(":{:04X}", waiting.port);
    let lines: Vec<&str> = listening
        .lines()
        .filter(|line| {
            line.split_whitespace()
                .nth(1)
                .is_some_and(|local| local.ends_with(&port))
        })
        .filter(|line| line.split_whitespace().nth(3) == Some("0A"))
        .collect();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("0100007F:"), "{lines:?}");
    waiting.child.kill().unwrap();
    waiting.child.wait().unwrap();
}
