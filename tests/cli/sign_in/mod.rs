//! `scw login` with a password: one suite, both dialects.

mod input;
mod keys;

use std::process::Command;

use serde_json::{Value, json};

use crate::support::{Ran, World, files_with, run_with_input};

const DIALECTS: [&str; 2] = ["iam", "account"];

/// One person, and the key of the app that it has.
struct Person<'a> {
    world: &'a World,
    api: &'a str,
    key: Option<String>,
}

impl<'a> Person<'a> {
    fn new(world: &'a World, api: &'a str) -> Self {
        Self {
            world,
            api,
            key: None,
        }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.world.command(arguments);
        command
            .env("SCW_API", self.api)
            .env("SCW_KEYRING", "file")
            .env("SCW_EMAIL", &self.world.info().email)
            .env("SCW_PASSWORD", &self.world.info().password);
        command
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(self.command(arguments).output().unwrap())
    }

    fn login_with_code(&self, code: &str) -> Ran {
        let mut command = self.command(&["login"]);
        command.env("SCW_OTP", code);
        Ran::of(command.output().unwrap())
    }

    fn login_with_backup_code(&self, code: &str) -> Ran {
        run_with_input(
            &mut self.command(&["login", "--backup-code-file", "-"]),
            code,
        )
    }

    /// Turns it on and remembers the key; returns the backup codes.
    fn switch_on(&mut self) -> Vec<String> {
        let uri = self.world.home.path().join("uri");
        let ran = self
            .run(&[
                "2fa",
                "on",
                "--otp-command",
                crate::support::OATHTOOL,
                "-o",
                "json",
                "--uri-file",
                uri.to_str().unwrap(),
            ])
            .expect(0);
        let uri = std::fs::read_to_string(uri).unwrap();
        self.key = Some(
            uri.split("secret=")
                .nth(1)
                .unwrap()
                .split('&')
                .next()
                .unwrap()
                .to_owned(),
        );
        let codes = ran.json()["backup_codes"].as_array().unwrap().clone();
        codes
            .iter()
            .map(|code| code.as_str().unwrap().to_owned())
            .collect()
    }

    /// How many keys the person has on the server, in the words of the dialect.
    fn keys(&self) -> usize {
        let info = self.world.info();
        if self.api == "iam" {
            let state = self.world.sandbox.state().unwrap();
            return state["api_keys"].as_array().unwrap().len();
        }
        let output = Command::new("curl")
            .args(["-sf", "-H", &format!("X-Auth-Token: {}", info.token)])
            .arg(format!("{}/tokens", info.account_url))
            .output()
            .unwrap();
        let tokens: Value = serde_json::from_slice(&output.stdout).unwrap();
        tokens["tokens"].as_array().unwrap().len()
    }

    /// A code that was not used before: a minute later by the service's clock.
    fn fresh_code(&self) -> String {
        self.world.sandbox.advance(60);
        let now = self.world.sandbox.now();
        scw_sandbox::one_time_password(self.key.as_ref().unwrap(), now).unwrap()
    }
}

fn sessions(world: &World) -> Value {
    world.sandbox.state().unwrap()["sessions"].clone()
}

#[test]
fn in_by_password_by_code_and_by_backup_code_and_out_again() {
    for api in DIALECTS {
        let world = World::new();
        let mut person = Person::new(&world, api);
        let login = person.run(&["login", "-o", "json"]).expect(0).json();
        assert_eq!(login["storage"], "file", "{api}");
        assert_eq!(login["user_id"], world.info().user_id.as_str());
        assert_eq!(sessions(&world), 0, "the session of the login is ended");

        let codes = person.switch_on();
        assert_eq!(codes.len(), 10);
        let status = person
            .run(&["2fa", "status", "-o", "json"])
            .expect(0)
            .json();
        assert_eq!(
            (&status["two_factor"], &status["backup_codes_left"]),
            (&json!("on"), &json!(10))
        );
        person.run(&["logout"]).expect(0);
        person.run(&["2fa", "status", "--no-input"]).expect(3);

        person.run(&["login"]).expect(2).told("--otp-command");
        let code = person.fresh_code();
        person.login_with_code(&code).expect(0);
        person.login_with_code(&code).expect(4).told("already used");
        person
            .login_with_code("000000")
            .expect(4)
            .told("wrong, expired or already used");

        person.login_with_backup_code(&codes[0]).expect(0);
        person
            .login_with_backup_code(&codes[0])
            .expect(4)
            .told("already used");
        let status = person
            .run(&["2fa", "status", "-o", "json"])
            .expect(0)
            .json();
        assert_eq!(
            status["backup_codes_left"], 9,
            "the code that was used is marked"
        );

        person.run(&["2fa", "off", "--yes"]).expect(0);
        assert_eq!(world.two_factor(), "off");
        person.run(&["logout"]).expect(0);
        let secret = login["access_key"]
            .as_str()
            .unwrap_or("no access key in this dialect");
        assert!(
            !world.sandbox.state().unwrap()["api_keys"]
                .to_string()
                .contains(secret)
        );
    }
}

#[test]
fn both_dialects_and_one_plain_call_see_one_state() {
    let world = World::new();
    let mut person = Person::new(&world, "account");
    person.run(&["login"]).expect(0);
    person.switch_on();
    let token = person.run(&["token"]).expect(0).stdout;
    let info = world.info();
    let url = format!("{}/users/{}/2FA", info.account_url, info.user_id);
    let curl = Command::new("curl")
        .args([
            "-sf",
            "-X",
            "DELETE",
            "-H",
            &format!("X-Auth-Token: {}", token.trim()),
            &url,
        ])
        .status()
        .unwrap();
    assert!(curl.success());
    for api in DIALECTS {
        person.api = api;
        let status = person
            .run(&["2fa", "status", "-o", "json"])
            .expect(0)
            .json();
        assert_eq!(status["two_factor"], "off", "{api}");
    }
}

#[test]
fn a_login_remembers_its_api_and_a_renewal_works_in_both() {
    for api in DIALECTS {
        let world = World::new();
        let mut person = Person::new(&world, api);
        person.run(&["login"]).expect(0);
        let first = person.switch_on();
        let whoami = world.run(&["whoami", "-o", "json"]).expect(0).json();
        assert_eq!(whoami["api"], api, "without being told again");
        let renewed = [
            "2fa",
            "on",
            "--renew",
            "--yes",
            "--otp-command",
            crate::support::OATHTOOL,
            "-o",
            "json",
        ];
        let second = world.run(&renewed).expect(0).json();
        assert_eq!(
            second["backup_codes"].as_array().unwrap().len(),
            10,
            "{api}"
        );
        assert!(!second["backup_codes"].to_string().contains(&first[0]));
        assert_eq!(world.two_factor(), "on");
    }
}

#[test]
fn a_wrong_password_and_an_unknown_email_get_the_same_answer() {
    for api in DIALECTS {
        let world = World::new();
        let person = Person::new(&world, api);
        let with = |name: &str, value: &str| {
            let mut command = person.command(&["login"]);
            command.env(name, value);
            Ran::of(command.output().unwrap())
                .expect(4)
                .told("wrong email or password")
                .stderr
        };
        let wrong = with("SCW_PASSWORD", "wrong");
        let unknown = with("SCW_EMAIL", "nobody@example.com");
        assert_eq!(wrong, unknown);
        assert!(
            files_with(world.home.path(), "scw login on").is_empty(),
            "no note stays behind"
        );
    }
}

#[test]
fn a_lock_out_is_told_as_such() {
    for api in DIALECTS {
        let world = World::seeded(
            r#"{"organizations": [{"login_attempts": 2, "users": [{"email": "a@example.com"}]}]}"#,
        );
        let person = Person::new(&world, api);
        for _ in 0..2 {
            let mut command = person.command(&["login"]);
            command.env("SCW_PASSWORD", "wrong");
            Ran::of(command.output().unwrap()).expect(4);
        }
        person
            .run(&["login"])
            .expect(4)
            .told("the account is locked");
    }
}

#[test]
fn passwords_come_from_a_file_too_and_are_asked_for_by_name() {
    let world = World::new();
    let file = world.home.path().join("password");
    std::fs::write(&file, format!("{}\n", world.info().password)).unwrap();
    let file = file.to_str().unwrap();
    let email = &world.info().email;
    let run =
        |arguments: &[&str]| world.run(&[&["login", "--storage", "file"], arguments].concat());
    run(&[]).expect(2).told("SCW_EMAIL");
    run(&["--email", email]).expect(2).told("--password-file");
    run(&["--email", email, "--password-file", "/nonexistent"]).expect(7);
    run(&["--email", email, "--password-file", file]).expect(0);
}

#[test]
fn an_organization_without_password_logins_is_told_with_the_other_way() {
    let world = World::seeded(
        r#"{"organizations": [{"login_password_enabled": false, "users": [{"email": "a@example.com"}]}]}"#,
    );
    Person::new(&world, "iam")
        .run(&["login"])
        .expect(4)
        .told("scw login --web");

    let world = World::new();
    world.fault(
        json!({"path_regex": "login$", "action": "status", "status": 401,
        "body": {"type": "captcha_required"}}),
    );
    Person::new(&world, "iam")
        .run(&["login"])
        .expect(4)
        .told("scw login --web");
}

#[test]
fn the_older_shape_of_a_missing_code_is_understood_too() {
    let world = World::new();
    let mut person = Person::new(&world, "iam");
    person.run(&["login"]).expect(0);
    person.switch_on();
    let old = json!({"path_regex": "login$", "action": "status", "status": 403,
        "body": {"type": "2FA_error", "message": "x"}});
    world.fault(old);
    let code = person.fresh_code();
    person.login_with_code(&code).expect(0);
}

#[test]
fn the_other_api_is_called_by_its_name() {
    let world = World::new();
    for (api, path, status, body, name) in [
        (
            "account",
            "^/tokens$",
            404,
            json!({"type": "not_found", "resource": "route"}),
            "IAM API",
        ),
        (
            "iam",
            "login$",
            404,
            json!({"type": "unknown_resource", "message": "x"}),
            "2017 account API",
        ),
    ] {
        world
            .fault(json!({"path_regex": path, "action": "status", "status": status, "body": body}));
        Person::new(&world, api)
            .run(&["login"])
            .expect(1)
            .told(name);
    }
}
