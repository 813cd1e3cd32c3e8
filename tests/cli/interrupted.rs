//! Requests to end: heard at once, obeyed at once where nothing has to be tidied.

use std::{fs, process::Stdio};

use rustix::process::Signal;
use serde_json::json;

use crate::support::{
    OATHTOOL, World,
    running::{Gate, Running, until},
};

// Issue 7, 7
#[test]
fn off_without_a_login_leaves_nothing_open_when_told_to_end() {
    for (api, opens) in [("iam", "/login"), ("account", "/tokens")] {
        let world = World::logged_in();
        let on = world.switch_on();
        world.run(&["logout"]).expect(0);
        let code = world.home.path().join("code");
        fs::write(&code, on["backup_codes"][0].as_str().unwrap()).unwrap();
        for signal in [Signal::INT, Signal::TERM] {
            // The answer that opens the session is on its way when the signal comes.
            world.fault(json!({"method": "POST", "path_regex": format!("{opens}$"),
                "action": "delay", "ms": 300}));
            let before = world.asked("POST", opens);
            let arguments = ["2fa", "off", "--yes", "--backup-code-file"];
            let file = code.to_str().unwrap();
            let mut command = world.person(api, &[&arguments[..], &[file]].concat());
            let mut off = Running::start(&mut command);
            world.until_asked("POST", opens, before + 1);
            off.signal(signal);
            off.says("Interrupted. scw is signing in.");
            off.ended().expect(130);
            world.expect_nothing_open();
            assert_eq!(world.two_factor(), "on", "{api}");
        }
    }
}

// Issue 7, 7
#[test]
fn a_login_leaves_nothing_open_when_told_to_end() {
    for (api, opens) in [("iam", "/login"), ("account", "/tokens")] {
        let world = World::new();
        world.fault(json!({"method": "POST", "path_regex": format!("{opens}$"),
            "action": "delay", "ms": 300}));
        let mut login = Running::start(&mut world.person(api, &["login"]));
        world.until_asked("POST", opens, 1);
        login.signal(Signal::TERM);
        login.says("Interrupted");
        login.ended().expect(130);
        world.expect_nothing_open();
        assert!(world.new_keys().is_empty());
    }
}

/// Processes whose arguments hold this word.
pub(crate) fn processes_with(word: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap() {
        let path = entry.unwrap().path();
        let line = fs::read(path.join("cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        if line.split_whitespace().any(|part| part == word) {
            found.push(format!("{} {line}", path.display()));
        }
    }
    found
}

// Issue 7, 7
#[test]
fn a_one_time_password_command_ends_with_the_run_and_so_does_all_that_it_started() {
    for (number, signal, command) in [
        (1, Signal::TERM, "sleep N & sleep N; true"),
        (
            2,
            Signal::INT,
            "sh -c 'sh -c \"sleep N & sleep N; true\" & wait; true'; true",
        ),
        // Its own parent is gone when the signal comes.
        (3, Signal::TERM, "sh -c 'sleep N & true'; sleep N; true"),
    ] {
        let world = World::logged_in();
        // A time that no other process sleeps.
        let seconds = format!("{}{number}", 100_000 + std::process::id());
        let command = command.replace('N', &seconds);
        let on = world.start(&["2fa", "on", "--otp-command", &command]);
        until("both are asleep", || {
            let asleep = |line: &String| line.contains(" sleep ");
            processes_with(&seconds)
                .iter()
                .filter(|line| asleep(line))
                .count()
                >= 2
        });
        on.signal(signal);
        until("nothing of it is left", || {
            processes_with(&seconds).is_empty()
        });
        on.ended().expect(130);
        assert_eq!(world.two_factor(), "off");
    }
}

// Issue 7, 20
#[test]
fn an_open_pipe_keeps_no_run_alive_that_is_told_to_end() {
    let world = World::logged_in();
    world.switch_on();
    let fifo = world.home.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&fifo).status();
    assert!(made.unwrap().success());
    let fifo = fifo.to_str().unwrap();
    for arguments in [
        &["login", "--with-token", "--storage", "file"][..],
        &["2fa", "codes", "used", "-"],
        &["2fa", "codes", "used", fifo],
        &["login", "--email", "a@example.com", "--password-file", fifo],
        &["login", "--email", "a@example.com", "--password-file", "-"],
    ] {
        for signal in [Signal::INT, Signal::TERM] {
            let mut command = world.command(arguments);
            command.env("SCW_KEYRING", "file");
            let running = Running::start(command.stdin(Stdio::piped()));
            // It listens for signals by the time it reads.
            let status = format!("/proc/{}/status", running.child.id());
            until("it listens", || {
                let status = fs::read_to_string(&status).unwrap();
                let caught = status.lines().find(|line| line.starts_with("SigCgt"));
                let mask = caught.and_then(|line| line.split_whitespace().nth(1));
                let mask = u64::from_str_radix(mask.unwrap(), 16).unwrap();
                mask & (1 << (15 - 1)) != 0 && mask & (1 << (2 - 1)) != 0
            });
            running.signal(signal);
            let ended = running.ended().expect(130);
            // There is nothing to tidy, so there is nothing to wait for.
            assert!(!ended.stderr.contains("Interrupted"), "{}", ended.stderr);
        }
    }
}

// Issue 7, 24
#[test]
fn a_request_to_end_is_answered_at_once_while_the_account_is_tidied_and_again() {
    let world = World::logged_in();
    for (format, word) in [("human", "Interrupted. "), ("json", "{\"interrupted\":")] {
        let gate = Gate::new(&world);
        world.fault(json!({"method": "DELETE", "path_regex": "mfa-otp$",
            "action": "delay", "ms": 700}));
        let mut on = world.on_at(&gate, "false", &["-o", format]);
        let before = world.asked("DELETE", "/mfa-otp");
        gate.open();
        world.until_asked("DELETE", "/mfa-otp", before + 1);
        on.signal(Signal::INT);
        on.says(word);
        on.says("Interrupted. scw is removing the unconfirmed key.");
        on.signal(Signal::INT);
        on.says("scw is still removing the unconfirmed key.");
        assert_eq!(world.two_factor(), "pending", "it was said meanwhile");
        let ended = on.ended().expect(1);
        assert!(ended.stderr.contains("unchanged"), "{}", ended.stderr);
        assert_eq!(world.two_factor(), "off");
        fs::remove_file(world.home.path().join("gate-go")).unwrap();
        fs::remove_file(world.home.path().join("gate-ready")).unwrap();
    }
}

// Issue 7, 24
#[test]
fn the_request_that_began_the_tidying_and_a_second_one_are_both_answered() {
    let world = World::logged_in();
    let gate = Gate::new(&world);
    world.fault(json!({"method": "DELETE", "path_regex": "mfa-otp$",
        "action": "delay", "ms": 700}));
    let mut on = world.on_at(&gate, OATHTOOL, &[]);
    on.signal(Signal::INT);
    on.says("Interrupted. scw is removing the unconfirmed key.");
    world.until_asked("DELETE", "/mfa-otp", 1);
    on.signal(Signal::TERM);
    on.says("scw is still removing the unconfirmed key.");
    let ended = on.ended().expect(130);
    assert!(ended.stderr.contains("unchanged"), "{}", ended.stderr);
    assert_eq!(world.two_factor(), "off");
}
