//! A pseudo-terminal with the real binary in it, and the keystrokes of a person.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use crate::support::terminal::OsSession;
use expectrl::{Expect, Regex};

use crate::support::{World, running::pause, terminal::spawn};

/// `scw` in a terminal of 100 columns and 60 rows.
pub(crate) fn terminal(world: &World, arguments: &[&str]) -> OsSession {
    in_terminal(world, "exec \"$0\" \"$@\"", arguments)
}

/// A shell script around `scw` ($0) and its arguments, in a terminal that echoes what is typed, as
/// every real one does until it is told otherwise. The pty library turns that off, which would
/// hide a password that is shown; the script turns it on again before anything else runs.
pub(crate) fn in_terminal(world: &World, script: &str, arguments: &[&str]) -> OsSession {
    let scw = world.command(arguments);
    let mut command = Command::new("sh");
    command
        .args(["-c", &format!("stty echo; {script}")])
        .arg(scw.get_program())
        .args(scw.get_args())
        .env_clear()
        .env("TERM", "xterm-256color")
        .current_dir(world.home.path());
    for (name, value) in scw.get_envs() {
        command.env(name, value.unwrap());
    }
    let mut session = spawn(command);
    // The library sets a size of its own while the script starts, so this one comes last.
    let process = session.get_process_mut();
    process.set_window_size(100, 60).unwrap();
    session.set_expect_timeout(Some(Duration::from_secs(20)));
    session
}

/// Waits for a text and returns what stood before it.
#[track_caller]
pub(crate) fn wait_for(session: &mut OsSession, needle: &str) -> String {
    match session.expect(needle) {
        Ok(found) => String::from_utf8_lossy(found.before()).into_owned(),
        Err(err) => panic!("no `{needle}`: {err}"),
    }
}

/// Answers a question whose answer is not shown. What is typed before the terminal stops echoing
/// is thrown away by the prompt library, so that nothing of it can be seen.
pub(crate) fn type_hidden(session: &mut OsSession, question: &str, answer: &str) {
    wait_for(session, question);
    hidden(session);
    session.send_line(answer).unwrap();
}

/// Waits until the terminal shows nothing of what is typed.
#[track_caller]
pub(crate) fn hidden(session: &OsSession) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while session.get_process().get_echo().unwrap() {
        assert!(Instant::now() < deadline, "the terminal still echoes");
        pause();
    }
}

/// The key that is shown in groups of four, put together.
pub(crate) fn shown_key(session: &mut OsSession) -> String {
    let found = session
        .expect(Regex("(?:[A-Z2-7]{4} ){7}[A-Z2-7]{4}"))
        .unwrap();
    let groups = String::from_utf8(found.get(0).unwrap().to_vec()).unwrap();
    groups.replace(' ', "")
}

/// The rest of the output, and the exit code.
pub(crate) fn finish(session: &mut OsSession) -> (String, i32) {
    let rest = session.expect(expectrl::Eof).unwrap();
    let rest = String::from_utf8_lossy(rest.as_bytes()).into_owned();
    match session.get_process().wait().unwrap() {
        expectrl::process::unix::WaitStatus::Exited(_, code) => (rest, code),
        other => panic!("{other:?}: {rest}"),
    }
}

pub(crate) fn oathtool(key: &str) -> String {
    let made = Command::new("oathtool")
        .args(["--totp", "-b", key])
        .output()
        .unwrap();
    String::from_utf8(made.stdout).unwrap().trim().to_owned()
}
