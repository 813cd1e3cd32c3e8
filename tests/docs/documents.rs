//! What the commands really print with `-o json` is what the schemas say.

use std::{cell::RefCell, collections::BTreeSet};

use serde_json::{Value, json};

use super::schemas::{assert_valid, of_commands, of_stderr, validator};
use crate::support::{OATHTOOL, Ran, World, age_key, running::Running};

/// Runs commands, and holds what they print against the schemas.
struct Judge {
    world: World,
    seen: RefCell<BTreeSet<String>>,
}

impl Judge {
    fn of(world: World) -> Self {
        Self {
            world,
            seen: RefCell::default(),
        }
    }

    /// Runs a command, whose words are the first of its arguments, and returns its document.
    #[track_caller]
    fn run(&self, words: &str, more: &[&str]) -> Value {
        let ran = self.world.run(&arguments(words, more)).expect(0);
        self.judge(words, &ran)
    }

    #[track_caller]
    fn judge(&self, words: &str, ran: &Ran) -> Value {
        let document = ran.json();
        assert_valid(words, &of_commands()[words], &document);
        judge_stderr(ran);
        self.seen.borrow_mut().insert(words.to_owned());
        document
    }
}

fn arguments<'a>(words: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let json = ["-o", "json"];
    words
        .split(' ')
        .chain(json)
        .chain(more.iter().copied())
        .collect()
}

/// Asserts that each line on stderr is one of the messages, and returns which.
#[track_caller]
fn judge_stderr(ran: &Ran) -> Vec<String> {
    let schemas = of_stderr();
    let lines = ran.stderr.lines().map(|line| {
        let message: Value =
            serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"));
        let kinds = schemas
            .iter()
            .filter(|(_, schema)| validator(schema).is_valid(&message));
        let kinds: Vec<&String> = kinds.map(|(kind, _)| kind).collect();
        assert_eq!(kinds.len(), 1, "{line}");
        kinds[0].clone()
    });
    lines.collect()
}

const TOKEN_LOGIN: [&str; 3] = ["--with-token", "--storage", "file"];

fn log_in(judge: &Judge) {
    let ran = judge
        .world
        .run_with_input(&arguments("login", &TOKEN_LOGIN), &judge.world.key_lines())
        .expect(0);
    judge.judge("login", &ran);
}

fn every_command(judge: &Judge) {
    log_in(judge);
    judge.run("whoami", &[]);
    judge.run("token", &[]);
    judge.run("token", &["--access-key"]);
    judge.run("2fa status", &[]);
    judge.run("2fa recover", &[]);
    judge.run("2fa codes path", &[]);
    let on = ["--otp-command", OATHTOOL];
    let codes = judge.run("2fa on", &on)["backup_codes"].clone();
    assert_eq!(judge.run("2fa on", &on)["changed"], false);
    judge.run("2fa status", &[]);
    judge.run("2fa codes path", &[]);
    judge.run("2fa codes next", &[]);
    let used = judge
        .world
        .run_with_input(
            &arguments("2fa codes used", &["-"]),
            codes[1].as_str().unwrap(),
        )
        .expect(0);
    judge.judge("2fa codes used", &used);
    judge.run("2fa codes list", &[]);
    judge.run("2fa codes list", &["--show"]);
    judge.run("2fa codes export", &["--to-command", "cat >/dev/null"]);
    let (identity, recipient) = age_key(&judge.world);
    let with = ["--identity", &identity];
    for changed in [true, false] {
        let to = [&with[..], &["--to", &recipient]].concat();
        let document = judge.run("2fa codes encrypt", &to);
        assert_eq!(document["changed"], changed);
    }
    for changed in [true, false] {
        let yes = [&with[..], &["--yes"]].concat();
        let document = judge.run("2fa codes decrypt", &yes);
        assert_eq!(document["changed"], changed);
    }
    judge.run("2fa recover", &[]);
    judge.run("doctor", &[]);
    let owner = &judge.world.info().user_id;
    judge.world.sandbox.add_passkey(owner, "Laptop").unwrap();
    judge.run("2fa status", &[]);
    judge.run("2fa keys list", &[]);
    judge.run("2fa events", &[]);
    evidence(judge);
    judge.run("2fa keys rename", &["Laptop", "Desk"]);
    judge.run("2fa keys rename", &["Desk", "Desk"]);
    judge.run("2fa off", &["--yes"]);
    judge.run("2fa keys remove", &["Desk", "--yes"]);
    judge.run("2fa off", &["--yes"]);
    judge.run("2fa codes list", &[]);
    judge.run("2fa codes remove", &["--yes"]);
    judge.run("2fa codes remove", &["--yes"]);
    judge.run("logout", &[]);
    judge.run("logout", &[]);
    judge.run("2fa recover", &[]);
    every_profile(judge);
}

// Issue 12, 4
fn evidence(judge: &Judge) {
    let home = judge.world.home.path();
    let (old, new) = (home.join("old"), home.join("new"));
    let (old, new) = (old.to_str().unwrap(), new.to_str().unwrap());
    // The organization has one member, so each of them prints one object.
    judge.run("2fa audit", &["--evidence", old]);
    judge.run("2fa audit", &["--factors"]);
    judge.run("2fa audit", &["--factors", "--grace"]);
    judge.run("2fa off", &["--yes", "--all"]);
    judge.run("2fa audit", &["--evidence", new, "--grace"]);
    judge.run("2fa audit", &["--remind"]);
    judge.run("2fa audit verify", &[new]);
    let compared = judge.run("2fa audit diff", &[old, new]);
    assert_eq!(compared["turned_off"].as_array().unwrap().len(), 1);
    std::fs::write(home.join("new/audit.json"), "{}").unwrap();
    let words = "2fa audit verify";
    let changed = judge.world.run(&arguments(words, &[new])).expect(1);
    judge.judge(words, &changed);
    let owner = &judge.world.info().user_id;
    judge.world.sandbox.add_passkey(owner, "Laptop").unwrap();
}

// Issue 10, 4
fn every_profile(judge: &Judge) {
    log_in(judge);
    judge.run("profile list", &[]);
    judge.run("profile rename", &["default", "work"]);
    judge.run("profile use", &["work"]);
    judge.run("whoami", &["--all"]);
    // Nobody listens there.
    let record = judge.world.data_dir().join("profiles.toml");
    let text = std::fs::read_to_string(&record).unwrap();
    let url = &judge.world.info().api_url;
    std::fs::write(&record, text.replace(url, "http://127.0.0.1:1")).unwrap();
    let failed = judge.world.run(&arguments("whoami", &["--all"])).expect(5);
    judge.judge("whoami", &failed);
    judge.run("logout", &["--all"]);
    judge.run("logout", &["--all"]);
    judge.run("profile list", &[]);
    judge.run("profile remove", &["work", "--yes"]);
}

// Issue 9, 7
#[test]
fn what_each_command_prints_is_what_its_schema_says() {
    let judge = Judge::of(World::new());
    every_command(&judge);
    let mut seen = judge.seen.take();
    // It needs a security key: its unit test holds it against the schema.
    seen.insert("2fa keys add".to_owned());
    let seen: Vec<String> = seen.into_iter().collect();
    assert_eq!(seen, of_commands().into_keys().collect::<Vec<_>>());
}

// Issue 9, 7
#[test]
fn a_login_from_the_environment_and_one_of_the_2017_api_print_the_same_documents() {
    let judge = Judge::of(World::seeded(
        r#"{"organizations": [{"requires_two_factor": true, "grace_period_s": 604800,
            "users": [{"email": "jane@example.com"}]}]}"#,
    ));
    let info = judge.world.info();
    for words in ["whoami", "2fa status", "token"] {
        let mut command = judge.world.command(&arguments(words, &[]));
        command
            .env("SCW_ACCESS_KEY", &info.access_key)
            .env("SCW_SECRET_KEY", &info.secret_key);
        let document = judge.judge(words, &Ran::of(command.output().unwrap()));
        assert!(
            words != "2fa status" || document["required_by"].is_string(),
            "{document}"
        );
    }
    let mut login = judge.world.command(&arguments(
        "login",
        &["--api", "account", "--storage", "file"],
    ));
    login
        .env("SCW_EMAIL", &info.email)
        .env("SCW_PASSWORD", &info.password);
    judge.judge("login", &Ran::of(login.output().unwrap()));
    judge.run("whoami", &[]);
    judge.run("2fa on", &["--otp-command", OATHTOOL]);
    judge.run("2fa status", &[]);
    judge.run("2fa off", &["--yes"]);
    judge.run("logout", &[]);
}

/// Runs a command that fails, and returns the word for its failure.
#[track_caller]
fn fails(world: &World, words: &str, more: &[&str], code: i32) -> String {
    let ran = world.run(&arguments(words, more)).expect(code);
    assert_eq!(judge_stderr(&ran).last().unwrap(), "error");
    let last = ran.stderr.lines().last().unwrap();
    let error: Value = serde_json::from_str(last).unwrap();
    error["error"]["code"].as_str().unwrap().to_owned()
}

// Issue 9, 7
#[test]
fn every_kind_of_failure_is_told_as_its_schema_says() {
    let world = World::new();
    assert_eq!(fails(&world, "whoami", &[], 3), "not_logged_in");
    assert_eq!(fails(&world, "2fa nonsense", &[], 2), "usage");
    assert_eq!(fails(&world, "2fa codes next", &[], 1), "failed");
    // No keyring is there in a test.
    assert_eq!(fails(&world, "login", &["--with-token"], 6), "keyring");
    world.log_in();
    assert_eq!(
        fails(&world, "2fa status", &["--check"], 8),
        "without_two_factor"
    );
    assert_eq!(
        fails(
            &world,
            "2fa off",
            &["--backup-code", "--api-url", "http://127.0.0.1:1"],
            2
        ),
        "usage"
    );
    world.fault(json!({
        "path_regex": "^/iam/", "action": "status", "status": 403,
        "body": {"type": "permissions_denied", "message": "insufficient permissions"},
    }));
    assert_eq!(fails(&world, "whoami", &[], 4), "refused");
    world.fault(json!({"path_regex": "^/iam/", "action": "status", "status": 503, "times": 20}));
    assert_eq!(fails(&world, "2fa status", &[], 5), "unreachable");
}

// Issue 9, 7
#[test]
fn a_check_that_fails_prints_its_document_all_the_same() {
    let world = World::logged_in();
    let ran = world.run(&arguments("2fa status", &["--check"])).expect(8);
    assert_valid("2fa status", &of_commands()["2fa status"], &ran.json());
}

// Issue 9, 7
#[test]
fn the_messages_on_stderr_are_told_as_their_schemas_say() {
    let mut seen = BTreeSet::new();
    let world = World::new();
    let login = world.run_with_input(&arguments("login", &TOKEN_LOGIN), &world.key_lines());
    seen.extend(judge_stderr(&login.expect(0)));
    // A pause that the API asks for.
    world.fault(json!({"path_regex": "^/iam/v1alpha1/users/", "action": "status", "status": 429, "body": ""}));
    seen.extend(judge_stderr(
        &world.run(&arguments("2fa status", &[])).expect(0),
    ));
    // Codes that are void since somebody else turned it off.
    world.switch_on();
    let path = format!("/iam/v1alpha1/users/{}/mfa-otp", world.info().user_id);
    world.elsewhere("DELETE", &path, "{}");
    seen.extend(judge_stderr(
        &world.run(&arguments("2fa status", &[])).expect(0),
    ));
    assert_eq!(
        seen.into_iter().collect::<Vec<_>>(),
        ["note", "waiting", "warning"]
    );
}

// Issue 9, 7
#[test]
fn an_interrupt_that_has_to_wait_is_told_as_its_schema_says() {
    let world = World::logged_in();
    world.fault(
        json!({"method": "DELETE", "path_regex": "/mfa-otp$", "action": "delay", "ms": 1500}),
    );
    world.switch_on();
    let mut off = Running::start(&mut world.command(&arguments("2fa off", &["--yes"])));
    world.until_asked("DELETE", "/mfa-otp", 1);
    off.signal(rustix::process::Signal::INT);
    off.says("interrupted");
    let ran = off.ended();
    assert!(
        judge_stderr(&ran).contains(&"interrupted".to_owned()),
        "{}",
        ran.stderr
    );
}
