//! `scw exec --ttl` at a terminal: job control and the terminal are the command's.

use crate::support::terminal::OsSession;
use expectrl::{ControlCode, Expect, Regex};

use crate::{
    support::{World, running::until},
    terminal::{finish, in_terminal, wait_for},
};

/// An interactive bash with job control, in which `$SCW` stands for `scw exec --ttl 1h --`. What is
/// typed is not echoed, so that what stands on the screen was printed by a program.
fn shell(world: &World) -> OsSession {
    let script = "stty -echo; SCW=\"$0 exec --ttl 1h --\" PS1= exec bash --norc --noprofile \
        --noediting -i";
    let mut session = in_terminal(world, script, &[]);
    // bash asks the terminal what it is; a prompt of its own tells that it is ready.
    session.send_line("PS1=; echo 'outer' 'is' ready").unwrap();
    wait_for(&mut session, "outer is ready");
    session
}

#[track_caller]
fn type_line(session: &mut OsSession, line: &str) {
    session.send_line(line).unwrap();
}

/// Leaves the outer shell, and makes sure that no key is left.
#[track_caller]
fn leave(world: &World, session: &mut OsSession, code: i32) {
    // What is typed before that is the command's.
    until("the key is deleted", || world.new_keys().is_empty());
    type_line(session, "echo \"code\" \"$?\"");
    let told = session.expect(Regex("code \\d+")).unwrap();
    let told = String::from_utf8_lossy(told.as_bytes()).into_owned();
    assert!(told.ends_with(&format!("code {code}")), "{told}");
    type_line(session, "exit 0");
    finish(session);
}

// Issue 10, 1
#[test]
fn ctrl_z_stops_scw_and_the_command_and_fg_goes_on_with_both() {
    let world = World::logged_in();
    let mut session = shell(&world);
    type_line(
        &mut session,
        "$SCW sh -c 'while read line; do echo \"<$line>\"; done; exit 7'",
    );
    type_line(&mut session, "one");
    wait_for(&mut session, "<one>");
    for round in ["two", "three"] {
        session.send(ControlCode::Substitute).unwrap();
        wait_for(&mut session, "Stopped");
        type_line(&mut session, "echo 'the shell' 'is back'");
        wait_for(&mut session, "the shell is back");
        assert_eq!(world.new_keys().len(), 1);
        type_line(&mut session, "fg");
        type_line(&mut session, round);
        wait_for(&mut session, &format!("<{round}>"));
    }
    session.send(ControlCode::EndOfTransmission).unwrap();
    leave(&world, &mut session, 7);
}

// Issue 10, 1
#[test]
fn an_interactive_bash_has_jobs_of_its_own_and_can_be_suspended() {
    let world = World::logged_in();
    let mut session = shell(&world);
    type_line(&mut session, "$SCW bash --norc --noprofile --noediting -i");
    type_line(&mut session, "PS1=; echo 'inner' 'is' ready");
    wait_for(&mut session, "inner is ready");
    type_line(&mut session, "cat");
    type_line(&mut session, "typed");
    wait_for(&mut session, "typed");
    session.send(ControlCode::Substitute).unwrap();
    wait_for(&mut session, "Stopped");
    // bash does not end while a job of its own is stopped, so this one is gone for certain.
    type_line(
        &mut session,
        "kill -KILL %1; wait %1; echo 'inner' 'goes on'",
    );
    wait_for(&mut session, "inner goes on");
    // The outer shell takes the terminal, and gives it back.
    for _ in 0..2 {
        type_line(&mut session, "suspend");
        wait_for(&mut session, "Stopped");
        type_line(&mut session, "echo 'outer' \"$SHLVL\" 'is back'; fg");
        wait_for(&mut session, "is back");
        type_line(&mut session, "echo 'inner' 'goes on'");
        wait_for(&mut session, "inner goes on");
    }
    type_line(&mut session, "exit 5");
    leave(&world, &mut session, 5);
}

// Issue 10, 1
#[test]
fn ctrl_c_reaches_the_command_once() {
    let world = World::logged_in();
    let mut session = shell(&world);
    // It waits without a child: bash drops a SIGINT that comes just as its child ends by itself.
    type_line(
        &mut session,
        "$SCW bash -c 'mkfifo never; exec 3<>never; n=0; trap \"n=\\$((n+1)); echo int-\\$n\" INT; \
         trap \"echo total-\\$n; exit 3\" QUIT; echo it-\"runs\"; while :; do read -rt 0.02 -u 3 _; done'",
    );
    wait_for(&mut session, "it-runs");
    for round in 1..=5 {
        session.send(ControlCode::EndOfText).unwrap();
        wait_for(&mut session, &format!("int-{round}"));
    }
    // Ctrl-\
    session.send("\x1c").unwrap();
    wait_for(&mut session, "total-5");
    leave(&world, &mut session, 3);
}

// Issue 10, 1
#[test]
fn vim_has_the_whole_terminal_and_comes_back_from_ctrl_z() {
    let world = World::logged_in();
    let mut session = shell(&world);
    type_line(&mut session, "$SCW vim -u NONE -N text");
    session.send("iwritten by a person\x1b").unwrap();
    wait_for(&mut session, "written by a person");
    session.send(ControlCode::Substitute).unwrap();
    wait_for(&mut session, "Stopped");
    type_line(&mut session, "echo 'the shell' 'is back'; fg");
    wait_for(&mut session, "the shell is back");
    session.send(":wq\r").unwrap();
    leave(&world, &mut session, 0);
    let text = std::fs::read_to_string(world.home.path().join("text")).unwrap();
    assert_eq!(text, "written by a person\n");
}

// Issue 10, 1
#[test]
fn ctrl_c_while_the_key_is_deleted_waits_for_it() {
    let world = World::logged_in();
    world.fault(
        serde_json::json!({"method": "DELETE", "path_regex": "/api-keys/",
        "action": "delay", "ms": 1500}),
    );
    let mut session = shell(&world);
    type_line(&mut session, "$SCW sh -c 'exit 4'");
    until("the deletion is asked for", || {
        world
            .sandbox
            .requests()
            .iter()
            .any(|seen| seen.method == "DELETE")
    });
    session.send(ControlCode::EndOfText).unwrap();
    wait_for(&mut session, "scw is deleting the API key of the command");
    leave(&world, &mut session, 4);
}

// Issue 10, 1
#[test]
fn a_command_that_ends_as_soon_as_it_goes_on_keeps_its_exit_code() {
    let world = World::logged_in();
    for (then, code) in [("fg", 7), ("kill -KILL $(pgrep -P $(jobs -p)); fg", 137)] {
        let mut session = shell(&world);
        type_line(&mut session, "$SCW sh -c 'kill -STOP $$; exit 7'");
        wait_for(&mut session, "Stopped");
        type_line(&mut session, then);
        leave(&world, &mut session, code);
    }
}
