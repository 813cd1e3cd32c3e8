//! The test door: clock, faults, requests, members, state; and what outlives a `kill -9`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test's helper says what is wrong by failing, like the test itself"
)]

mod wire;

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use scw_sandbox::Options;
use serde_json::{Value, json};
use wire::Wire;

fn open() -> Wire {
    Wire::with(Options {
        control: true,
        ..Options::default()
    })
}

#[test]
fn the_door_is_shut_unless_it_is_opened() {
    let wire = Wire::new();
    wire.get("/_sandbox/state").expect(404);
    open().get("/_sandbox/state").expect(200);
}

#[test]
fn the_clock_moves_the_date_of_every_answer() {
    let wire = open();
    let date = |wire: &Wire| {
        let answer = wire.get(&wire.user_path(""));
        let text = answer.headers["date"].to_str().unwrap().to_owned();
        assert!(answer.headers.contains_key("x-request-id"));
        httpdate::parse_http_date(&text).unwrap()
    };
    let before = date(&wire);
    wire.post("/_sandbox/clock", json!({"advance_s": 3600}))
        .expect(200);
    let moved = date(&wire).duration_since(before).unwrap().as_secs();
    assert!((3600..3700).contains(&moved), "{moved}");
    assert_eq!(
        wire.get("/_sandbox/state").expect(200)["clock_offset_s"],
        3600
    );
}

#[test]
fn each_fault_happens_as_often_as_it_was_asked_for() {
    let wire = open();
    let path = wire.user_path("");
    let key = wire.sandbox.info().secret_key.clone();
    let fault = |action: Value| {
        let mut fault = action;
        fault["path_regex"] = json!("^/iam/v1alpha1/users/[^/]*$");
        wire.post("/_sandbox/faults", fault).expect(200);
    };
    let get = || wire.try_request("GET", &path, Some(&key), None);

    fault(
        json!({"action": "status", "status": 503, "times": 2, "headers": {"retry-after": "7"},
        "body": {"x": 1}}),
    );
    for _ in 0..2 {
        let answer = get().unwrap();
        assert_eq!(answer.headers["retry-after"], "7");
        assert_eq!(answer.expect(503), json!({"x": 1}));
    }
    get().unwrap().expect(200);
    fault(json!({"action": "drop_before"}));
    assert!(get().is_err());
    fault(json!({"action": "truncate", "bytes": 10}));
    assert!(get().is_err());
    fault(json!({"action": "redirect", "to": "https://example.com/"}));
    assert_eq!(get().unwrap().headers["location"], "https://example.com/");
    fault(json!({"action": "delay", "ms": 1}));
    get().unwrap().expect(200);
    fault(json!({"action": "status", "status": 500, "method": "DELETE"}));
    get().unwrap().expect(200);
    let refused = wire.post(
        "/_sandbox/faults",
        json!({"action": "drop_before", "path_regex": "("}),
    );
    assert_eq!(refused.status, 400);
}

#[test]
fn a_dropped_answer_was_carried_out_and_a_dropped_request_was_not() {
    let wire = open();
    let key = wire.sandbox.info().secret_key.clone();
    let otp = wire.user_path("/mfa-otp");
    for (action, state) in [("drop_before", "off"), ("drop_after", "pending")] {
        wire.post(
            "/_sandbox/faults",
            json!({"action": action, "path_regex": "mfa-otp$"}),
        )
        .expect(200);
        assert!(
            wire.try_request("POST", &otp, Some(&key), Some(json!({})))
                .is_err()
        );
        assert_eq!(wire.get("/_sandbox/state").expect(200)["two_factor"], state);
    }
}

#[test]
fn requests_are_listed_without_their_secrets() {
    let wire = open();
    let info = wire.sandbox.info().clone();
    wire.get(&wire.user_path("")).expect(200);
    wire.get(&format!("/tokens/{}", info.token));
    let seen = wire.get("/_sandbox/requests").expect(200);
    assert_eq!(
        seen.as_array().unwrap().len(),
        2,
        "the door's own calls are not listed"
    );
    assert_eq!(seen[0]["status"], 200);
    assert!(
        seen[0]["headers"]
            .as_array()
            .unwrap()
            .contains(&json!("x-auth-token"))
    );
    assert!(
        !seen.to_string().contains(&info.token) && !seen.to_string().contains(&info.secret_key)
    );
}

#[test]
fn members_can_be_added_while_it_runs() {
    let wire = open();
    wire.post("/_sandbox/members", json!({"count": 3}))
        .expect(200);
    wire.post("/_sandbox/members", json!({"count": 3}))
        .expect(200);
    let state = wire.get("/_sandbox/state").expect(200);
    assert_eq!(state["users"].as_array().unwrap().len(), 7);
    let on = state["users"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|user| user["two_factor"] == "on");
    assert_eq!(on.count(), 2);
}

/// The binary as a process of its own.
struct Served {
    child: Child,
    info: Value,
}

impl Served {
    fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_scw-sandbox"))
            .arg("serve")
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        Self {
            child,
            info: serde_json::from_str(&line).unwrap(),
        }
    }

    fn text(&self, name: &str) -> &str {
        self.info[name].as_str().unwrap()
    }

    fn call(&self, method: &str, below: &str) -> Value {
        let url = format!(
            "{}/iam/v1alpha1/users/{}{below}",
            self.text("api_url"),
            self.text("user_id")
        );
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(url)
            .header("x-auth-token", self.text("secret_key"))
            .body("{}".to_owned())
            .unwrap();
        let config = ureq::Agent::config_builder()
            .allow_non_standard_methods(true)
            .build();
        let agent: ureq::Agent = config.into();
        agent.run(request).unwrap().body_mut().read_json().unwrap()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn what_was_answered_outlives_a_kill_and_the_identities_stay() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("accounts.db");
    let data = data.to_str().unwrap();
    let before = Served::start(&["--data", data]);
    let secret = before.call("POST", "/mfa-otp")["secret"]
        .as_str()
        .unwrap()
        .to_owned();
    let info = before.info.clone();
    drop(before);

    let after = Served::start(&["--data", data, "--control"]);
    for name in [
        "email",
        "password",
        "user_id",
        "organization_id",
        "project_id",
        "access_key",
        "secret_key",
        "token",
    ] {
        assert_eq!(after.info[name], info[name], "{name}");
    }
    assert_eq!(after.call("GET", "")["mfa"], false);
    let mut state = ureq::get(format!("{}/_sandbox/state", after.text("api_url")))
        .call()
        .unwrap();
    let state: Value = state.body_mut().read_json().unwrap();
    assert_eq!(state["two_factor"], "pending");
    // Secrets are kept hashed; the pending key is not one of them, it must be computed with.
    let bytes = std::fs::read(data).unwrap();
    for secret in [
        info["secret_key"].as_str().unwrap(),
        info["password"].as_str().unwrap(),
        &secret,
    ] {
        assert!(
            !bytes
                .windows(secret.len())
                .any(|window| window == secret.as_bytes())
        );
    }
}

#[test]
fn serve_ends_on_sigterm_with_success() {
    let mut served = Served::start(&[]);
    let id = served.child.id().to_string();
    Command::new("kill").args(["-TERM", &id]).status().unwrap();
    assert!(served.child.wait().unwrap().success());
}
