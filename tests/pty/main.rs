//! The real binary in a pseudo-terminal, with a person's keystrokes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test's helper says what is wrong by failing, like the test itself"
)]

#[path = "../support/mod.rs"]
mod support;

mod web;

use std::{
    process::Command,
    time::{Duration, Instant},
};

use expectrl::{ControlCode, Expect, Regex, Session, session::OsSession};
use support::World;

/// `scw` in a terminal of 100 columns.
fn terminal(world: &World, arguments: &[&str]) -> OsSession {
    in_terminal(world, "exec \"$0\" \"$@\"", arguments)
}

/// A shell script around `scw` ($0) and its arguments, in a terminal that echoes what is typed, as
/// every real one does until it is told otherwise. The pty library switches that off, which would
/// hide a password that is shown; the script switches it on again before anything else runs.
fn in_terminal(world: &World, script: &str, arguments: &[&str]) -> OsSession {
    let scw = world.command(arguments);
    let mut command = Command::new("sh");
    command
        .args(["-c", &format!("stty echo rows 60 columns 100; {script}")])
        .arg(scw.get_program())
        .args(scw.get_args())
        .env_clear()
        .env("TERM", "xterm-256color")
        .current_dir(world.home.path());
    for (name, value) in scw.get_envs() {
        command.env(name, value.unwrap());
    }
    let mut session = Session::spawn(command).unwrap();
    session.set_expect_timeout(Some(Duration::from_secs(20)));
    session
}

/// Waits for a text and returns what stood before it.
#[track_caller]
fn wait_for(session: &mut OsSession, needle: &str) -> String {
    match session.expect(needle) {
        Ok(found) => String::from_utf8_lossy(found.before()).into_owned(),
        Err(err) => panic!("no `{needle}`: {err}"),
    }
}

/// Answers a question whose answer is not shown. What is typed before the terminal stops echoing
/// is thrown away by the prompt library, so that nothing of it can be seen.
fn type_hidden(session: &mut OsSession, question: &str, answer: &str) {
    wait_for(session, question);
    let deadline = Instant::now() + Duration::from_secs(20);
    while session.get_process().get_echo().unwrap() {
        assert!(Instant::now() < deadline, "the terminal still echoes");
        std::thread::yield_now();
    }
    session.send_line(answer).unwrap();
}

/// The key that is shown in groups of four, put together.
fn shown_key(session: &mut OsSession) -> String {
    let found = session
        .expect(Regex("(?:[A-Z2-7]{4} ){7}[A-Z2-7]{4}"))
        .unwrap();
    let groups = String::from_utf8(found.get(0).unwrap().to_vec()).unwrap();
    groups.replace(' ', "")
}

/// The rest of the output, and the exit code.
fn finish(session: &mut OsSession) -> (String, i32) {
    let rest = session.expect(expectrl::Eof).unwrap();
    let rest = String::from_utf8_lossy(rest.as_bytes()).into_owned();
    match session.get_process().wait().unwrap() {
        expectrl::process::unix::WaitStatus::Exited(_, code) => (rest, code),
        other => panic!("{other:?}: {rest}"),
    }
}

fn oathtool(key: &str) -> String {
    let made = Command::new("oathtool")
        .args(["--totp", "-b", key])
        .output()
        .unwrap();
    String::from_utf8(made.stdout).unwrap().trim().to_owned()
}

#[test]
fn a_person_types_the_code_and_gets_three_tries() {
    let world = World::logged_in();
    let mut session = terminal(&world, &["2fa", "on"]);
    let key = shown_key(&mut session);
    wait_for(&mut session, "Six-digit code");
    session.send_line("12345").unwrap();
    wait_for(&mut session, "six digits; try again");
    wait_for(&mut session, "Six-digit code");
    session.send_line("000000").unwrap();
    wait_for(&mut session, "does not belong to this key; try again");
    wait_for(&mut session, "Six-digit code");
    let code = oathtool(&key);
    session
        .send_line(format!("{} {}", &code[..3], &code[3..]))
        .unwrap();
    wait_for(&mut session, "Two-factor authentication is on");
    let (rest, code) = finish(&mut session);
    assert_eq!(code, 0, "{rest}");
    assert_eq!(world.two_factor(), "on");
    assert_eq!(
        world.asked("POST", "/validate-mfa-otp"),
        1,
        "wrong codes cost no request"
    );
}

#[test]
fn after_three_wrong_codes_the_account_is_as_it_was() {
    let world = World::logged_in();
    let mut session = terminal(&world, &["2fa", "on"]);
    for _ in 0..3 {
        wait_for(&mut session, "Six-digit code");
        session.send_line("000000").unwrap();
    }
    wait_for(&mut session, "the account is unchanged");
    assert_eq!(finish(&mut session).1, 4);
    assert_eq!(world.two_factor(), "off");
}

#[test]
fn ctrl_c_at_the_code_prompt_removes_the_pending_key_and_restores_the_terminal() {
    let world = World::logged_in();
    // A shell around it, so that the terminal outlives the command and can be looked at.
    let script = "trap : INT; stty -g >before; \"$0\" 2fa on; echo \"code $?\"; \
        stty -g >after; cat before after; cmp before after && echo same";
    let mut session = in_terminal(&world, script, &[]);
    wait_for(&mut session, "Six-digit code");
    assert_eq!(world.two_factor(), "pending");
    session.send("12").unwrap();
    session.send(ControlCode::EndOfText).unwrap();
    wait_for(&mut session, "interrupted");
    let (rest, _) = finish(&mut session);
    assert!(rest.contains("code 130") && rest.contains("same"), "{rest}");
    assert_eq!(world.two_factor(), "off");
}

#[test]
fn a_request_to_end_at_the_code_prompt_is_obeyed_after_tidying_up() {
    let world = World::logged_in();
    let mut session = terminal(&world, &["2fa", "on"]);
    wait_for(&mut session, "Six-digit code");
    session
        .get_process_mut()
        .signal(expectrl::process::unix::Signal::SIGTERM)
        .unwrap();
    let (rest, code) = finish(&mut session);
    assert_eq!(code, 130, "{rest}");
    assert_eq!(world.two_factor(), "off");
}

#[test]
fn no_input_asks_nothing_in_a_terminal_either() {
    let world = World::logged_in();
    for (arguments, flag) in [
        (&["--no-input", "2fa", "on"][..], "--otp-command"),
        (&["--no-input", "login", "--with-token"], "stdin"),
    ] {
        let mut session = terminal(&world, arguments);
        let (rest, code) = finish(&mut session);
        assert_eq!(code, 2, "{rest}");
        assert!(rest.contains(flag), "{rest}");
    }
    assert_eq!(world.asked("POST", "/mfa-otp"), 0);
}

#[test]
fn off_asks_for_a_confirmation_and_no_means_no() {
    let world = World::logged_in();
    world.switch_on();
    for (answer, code, state) in [("n", 1, "on"), ("", 1, "on"), ("y", 0, "off")] {
        let mut session = terminal(&world, &["2fa", "off"]);
        wait_for(&mut session, "Switch two-factor authentication off for");
        session.send_line(answer).unwrap();
        let (rest, ended) = finish(&mut session);
        assert_eq!(ended, code, "{rest}");
        assert_eq!(world.two_factor(), state, "{answer}");
    }
}

#[test]
fn a_login_from_a_terminal_asks_for_the_key_and_does_not_show_it() {
    let world = World::new();
    let access_key = world.info().access_key.clone();
    let arguments = [
        "login",
        "--with-token",
        "--storage",
        "file",
        "--access-key",
        &access_key,
    ];
    let mut session = terminal(&world, &arguments);
    type_hidden(&mut session, "Secret key", &world.info().secret_key);
    let (rest, code) = finish(&mut session);
    assert_eq!(code, 0, "{rest}");
    assert!(!rest.contains(&world.info().secret_key), "{rest}");
    assert!(rest.contains("Logged in as"), "{rest}");
}

/// `scw login` in a terminal, with the email and the password typed.
fn typed_login(world: &World, arguments: &[&str]) -> OsSession {
    let mut session = terminal(
        world,
        &[&["login", "--storage", "file"], arguments].concat(),
    );
    wait_for(&mut session, "Email");
    session.send_line(&world.info().email).unwrap();
    type_hidden(&mut session, "Password", &world.info().password);
    session
}

#[test]
fn a_person_logs_in_and_the_password_is_not_shown() {
    let world = World::new();
    let mut session = typed_login(&world, &[]);
    let (rest, code) = finish(&mut session);
    assert_eq!(code, 0, "{rest}");
    assert!(
        rest.contains("Logged in as") && !rest.contains(&world.info().password),
        "{rest}"
    );
}

#[test]
fn three_wrong_codes_end_a_login() {
    let world = World::logged_in();
    world.switch_on();
    let mut session = typed_login(&world, &[]);
    // Issue 7, 15: what cannot be a code does not count.
    for wrong in ["12", "1234567", "000000", "zzzz-zzzz"] {
        wait_for(&mut session, "One-time password or backup code");
        session.send_line(wrong).unwrap();
        wait_for(&mut session, "try again");
    }
    wait_for(&mut session, "One-time password or backup code");
    session.send_line("000000").unwrap();
    let (rest, code) = finish(&mut session);
    assert_eq!(code, 4, "{rest}");
}

#[test]
fn an_empty_line_at_the_code_prompt_takes_a_saved_backup_code() {
    let world = World::logged_in();
    world.switch_on();
    let mut session = typed_login(&world, &[]);
    wait_for(&mut session, "empty: use a saved backup code");
    session.send_line("").unwrap();
    wait_for(&mut session, "9 are left");
    let (rest, code) = finish(&mut session);
    assert_eq!(code, 0, "{rest}");
    assert_eq!(world.sandbox.state().unwrap()["backup_codes_unused"], 9);
}

#[test]
fn a_person_chooses_among_organizations_and_ctrl_c_leaves_no_session() {
    let world = World::seeded(
        r#"{"organizations": [
            {"name": "Alpha", "users": [{"email": "a@example.com"}]},
            {"name": "Beta", "users": [{"email": "a@example.com"}]}]}"#,
    );
    let mut session = typed_login(&world, &[]);
    wait_for(&mut session, "Beta");
    session.send(ControlCode::EndOfText).unwrap();
    let (rest, code) = finish(&mut session);
    assert_eq!(code, 130, "{rest}");
    assert_eq!(world.sandbox.state().unwrap()["sessions"], 0);

    let mut session = typed_login(&world, &[]);
    wait_for(&mut session, "Beta");
    session.send("\x1b[B\r").unwrap();
    let (rest, code) = finish(&mut session);
    assert_eq!(code, 0, "{rest}");
    let whoami = world.run(&["whoami", "-o", "json"]).expect(0).json();
    assert_ne!(
        whoami["organization_id"],
        world.info().organization_id.as_str()
    );
}
