//! `scw-sandbox serve` as a process.

#![allow(unreachable_pub, reason = "its items are for the tests beside it")]

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use serde_json::Value;

/// The command that serves.
pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scw-sandbox"));
    command.arg("serve").args(arguments);
    command
}

/// The binary as a process of its own.
pub struct Served {
    pub child: Child,
    pub info: Value,
}

impl Served {
    pub fn start(arguments: &[&str]) -> Self {
        Self::of(&mut command(arguments))
    }

    /// The same of any command that becomes one.
    pub fn of(command: &mut Command) -> Self {
        Self::try_of(command).expect("it ends before it serves")
    }

    /// The same; nothing where it ends before it serves.
    pub fn try_of(command: &mut Command) -> Option<Self> {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        if line.is_empty() {
            child.wait().unwrap();
            return None;
        }
        let info = serde_json::from_str(&line).unwrap();
        Some(Self { child, info })
    }

    pub fn text(&self, name: &str) -> &str {
        self.info[name].as_str().unwrap()
    }

    pub fn door(&self, name: &str) -> Value {
        let mut answer = ureq::get(format!("{}/_sandbox/{name}", self.text("api_url")))
            .call()
            .unwrap();
        answer.body_mut().read_json().unwrap()
    }

    pub fn terminate(&self) {
        let id = self.child.id().to_string();
        let kill = Command::new("kill").args(["-TERM", &id]).status();
        assert!(kill.unwrap().success());
    }

    pub fn call(&self, method: &str, below: &str) -> Value {
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
