//! `--otp-command`: what it starts ends with `scw`, and what it prints.

use std::{
    fs,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use crate::support::{OATHTOOL, Ran, World};

/// The process with these arguments, where one runs.
fn running(arguments: &str) -> Option<String> {
    let found = fs::read_dir("/proc").unwrap().flatten().find(|entry| {
        let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        line.trim() == arguments
    });
    Some(found?.file_name().into_string().unwrap())
}

fn runs(arguments: &str) -> bool {
    running(arguments).is_some()
}

/// Starts `2fa on` with a command, asks it to end when every sleep of the command is there, and
/// returns what is left of them.
fn left_of(command: &str, seconds: &[&str]) -> Vec<String> {
    let world = World::logged_in();
    let child = world
        .command(&["2fa", "on", "--otp-command", command])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let sleeps: Vec<String> = seconds.iter().map(|s| format!("sleep {s}")).collect();
    let began = Instant::now();
    while !sleeps.iter().all(|sleep| runs(sleep)) {
        assert!(began.elapsed() < Duration::from_secs(20), "{command}");
        crate::support::running::pause();
    }
    let pid = child.id().to_string();
    Command::new("kill").args(["-TERM", &pid]).status().unwrap();
    let asked = Instant::now();
    Ran::of(child.wait_with_output().unwrap()).expect(130);
    assert!(asked.elapsed() < Duration::from_secs(5), "{command}");
    sleeps.into_iter().filter(|sleep| runs(sleep)).collect()
}

// Issue 7, 7
#[test]
fn whatever_a_command_started_ends_with_an_interrupt() {
    for (command, seconds) in [
        ("sleep 7331.1", &["7331.1"][..]),
        // It does not listen to a polite request.
        ("trap \"\" TERM; sleep 7331.2", &["7331.2"]),
        // Its parent is gone.
        ("(sleep 7331.3 &); sleep 7331.4", &["7331.3", "7331.4"]),
        (
            "(trap \"\" TERM; setsid sleep 7331.5 &); sleep 7331.6",
            &["7331.5", "7331.6"],
        ),
        // It took the marks off, and is a child still.
        ("env -i PATH=\"$PATH\" sleep 7331.7; true", &["7331.7"]),
        // The code is there, and the command goes on.
        ("echo 123456; sleep 7331.8", &["7331.8"]),
    ] {
        assert_eq!(left_of(command, seconds), [""; 0], "{command}");
    }
}

// Issue 7, 7
#[test]
fn what_a_command_leaves_running_is_not_waited_for_and_goes_on() {
    let world = World::logged_in();
    let command = format!("{OATHTOOL}; sleep 7332 2>/dev/null &");
    let began = Instant::now();
    world
        .run(&["2fa", "on", "--otp-command", &command])
        .expect(0);
    assert!(began.elapsed() < Duration::from_secs(60));
    let left = running("sleep 7332").unwrap();
    let ended = Command::new("kill").arg(left).status();
    assert!(ended.unwrap().success());
}

#[test]
fn the_first_line_is_the_code_and_more_of_it_does_no_harm() {
    for command in [
        format!("echo; {OATHTOOL}; sleep 0.1; echo 'good for 30 s'; sleep 0.1; echo more"),
        format!("{OATHTOOL}; head -c 30000 /dev/zero"),
        format!("printf %s \"$({OATHTOOL})\""),
    ] {
        let world = World::logged_in();
        world
            .run(&["2fa", "on", "--otp-command", &command])
            .expect(0);
    }
    let world = World::logged_in();
    for command in [format!("{OATHTOOL}; exit 3"), "echo; echo".to_owned()] {
        let ran = world.run(&["2fa", "on", "--otp-command", &command]);
        ran.expect(1).told("the one-time password command");
    }
}
