//! The ways in which a command ends: no key of it is left, and the exit code is right.

use std::{fs, os::unix::process::CommandExt, path::Path};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use serde_json::json;

use super::{file, lives};
use crate::support::{
    Ran, World,
    running::{Running, until},
};

/// A run of `scw exec --ttl` whose command waits.
struct Exec {
    world: World,
    scw: Running,
    child: String,
}

/// A command that says its process id in this file, and then does the rest.
fn script(world: &World, rest: &str) -> String {
    let pid = file(world, "pid");
    format!("echo $$ >{pid}.tmp; mv {pid}.tmp {pid}; {rest}")
}

/// It ends by itself where its `scw` was killed.
const WAIT: &str = "while [ -e \"$HOME/pid\" ]; do sleep 0.02; done";

impl Exec {
    fn start(rest: &str) -> Self {
        Self::start_after("", rest)
    }

    fn start_after(first: &str, rest: &str) -> Self {
        let world = World::logged_in();
        let script = format!("{first}{}", script(&world, rest));
        let scw = world.start(&["exec", "--ttl", "1h", "--", "sh", "-c", &script]);
        let pid = file(&world, "pid");
        until("the command runs", || Path::new(&pid).exists());
        let child = fs::read_to_string(&pid).unwrap().trim().to_owned();
        assert_eq!(world.new_keys().len(), 1);
        Self { world, scw, child }
    }

    fn to_child(&self, signal: Signal) {
        let pid = Pid::from_raw(self.child.parse().unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    /// How it ended, with no key left.
    fn ended(self, code: i32) -> Ran {
        let ran = self.scw.ended().expect(code);
        nothing_left(&self.world);
        assert!(!lives(&self.child));
        ran
    }
}

/// Asserts that no key and no note of one is left.
fn nothing_left(world: &World) {
    assert_eq!(world.new_keys(), Vec::<String>::new());
    assert_eq!(notes(world), 0);
}

fn notes(world: &World) -> usize {
    let folder = fs::read_dir(world.data_dir().join("pending-keys"));
    folder.map_or(0, |folder| {
        let is_note = |path: &Path| path.extension().is_some_and(|found| found == "toml");
        folder
            .filter(|entry| is_note(&entry.as_ref().unwrap().path()))
            .count()
    })
}

/// What the next run says that it deleted.
fn swept_by_the_next_run(world: &World) {
    assert_eq!(world.new_keys().len(), 1);
    let ran = world.run(&["token", "--access-key"]).expect(0);
    let said = "left behind by an interrupted scw";
    assert_eq!(ran.stderr.matches(said).count(), 1, "{}", ran.stderr);
    nothing_left(world);
    let again = world.run(&["token", "--access-key"]).expect(0);
    assert_eq!(again.stderr, "");
}

fn by_itself(code: i32) {
    // It waits until the test has seen its key.
    let exec = Exec::start(&format!("{WAIT}; exit {code}"));
    fs::remove_file(file(&exec.world, "pid")).unwrap();
    exec.ended(code);
}

/// A signal to the command.
fn child_gets(signal: Signal) {
    let exec = Exec::start(WAIT);
    exec.to_child(signal);
    exec.ended(128 + signal.as_raw());
}

/// A signal to `scw` alone, which the command gets.
fn scw_gets(signal: Signal) {
    let exec = Exec::start(WAIT);
    exec.scw.signal(signal);
    exec.ended(128 + signal.as_raw());
}

fn a_signal_that_the_command_handles() {
    // It handles the signal before it says that it is there.
    let exec = Exec::start_after("trap 'exit 9' USR1; ", WAIT);
    exec.scw.signal(Signal::USR1);
    exec.ended(9);
}

fn scw_killed() {
    let exec = Exec::start(WAIT);
    exec.scw.kill();
    fs::remove_file(file(&exec.world, "pid")).unwrap();
    swept_by_the_next_run(&exec.world);
}

fn both_killed() {
    let exec = Exec::start(WAIT);
    exec.to_child(Signal::KILL);
    exec.scw.kill();
    // `scw` may have seen the end of its command first, and even have deleted the key.
    exec.world.run(&["token", "--access-key"]).expect(0);
    nothing_left(&exec.world);
}

fn not_found() {
    let world = World::logged_in();
    world
        .run(&["exec", "--ttl", "1h", "no-such-program"])
        .expect(127);
    nothing_left(&world);
}

fn creation_answer_lost() {
    let world = World::logged_in();
    world.fault(json!({"method": "POST", "path_regex": "/api-keys$", "action": "drop_after"}));
    let ran = world.run(&["exec", "--ttl", "1h", "true"]).expect(5);
    let ran = ran.told("could not create an API key for the command");
    assert!(ran.stderr.contains("scw deleted it"), "{}", ran.stderr);
    nothing_left(&world);
}

fn creation_refused() {
    let world = World::logged_in();
    world.fault(
        json!({"method": "POST", "path_regex": "/api-keys$", "action": "status",
        "status": 403, "body": {"type": "permissions_denied", "message": "no",
        "details": []}}),
    );
    world
        .run(&["exec", "--ttl", "1h", "true"])
        .expect(4)
        .told("permission denied");
    nothing_left(&world);
}

fn deletion_answered_503() {
    let world = World::logged_in();
    world.fault(
        json!({"method": "DELETE", "path_regex": "/api-keys/", "action": "status",
        "status": 503, "times": 6}),
    );
    let ran = world
        .run(&["exec", "--ttl", "1h", "sh", "-c", "exit 7"])
        .expect(7);
    let key = world.new_keys().pop().unwrap();
    assert!(
        ran.stderr
            .contains(&format!("could not delete the API key {key}")),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stderr.contains("It stops working at 20"),
        "{}",
        ran.stderr
    );
    // The next run cannot either, and says so.
    let next = world.run(&["token", "--access-key"]).expect(0);
    assert!(next.stderr.contains("could not delete"), "{}", next.stderr);
    until("the service is well again", || {
        let next = world.run(&["token", "--access-key"]).expect(0);
        !next.stderr.contains("could not delete")
    });
    nothing_left(&world);
}

fn logged_out_meanwhile() {
    let world = World::new();
    let sign_in = ["login"];
    Ran::of(world.person("iam", &sign_in).output().unwrap()).expect(0);
    let pid = file(&world, "pid");
    let wait = script(&world, WAIT);
    let mut command = world.person("iam", &["exec", "--ttl", "1h", "--", "sh", "-c", &wait]);
    let scw = Running::start(&mut command);
    until("the command runs", || Path::new(&pid).exists());
    assert_eq!(world.new_keys().len(), 2);
    Ran::of(world.person("iam", &["logout"]).output().unwrap()).expect(0);
    // Neither the logout nor a new login touches the key of a run that goes on.
    Ran::of(world.person("iam", &sign_in).output().unwrap()).expect(0);
    Ran::of(
        world
            .person("iam", &["exec", "--ttl", "1m", "true"])
            .output()
            .unwrap(),
    )
    .expect(0);
    assert_eq!(world.new_keys().len(), 2);
    Ran::of(world.person("iam", &["logout"]).output().unwrap()).expect(0);
    assert_eq!(world.new_keys().len(), 1);
    fs::remove_file(&pid).unwrap();
    let ran = scw.ended().expect(0);
    assert_eq!(ran.stderr, "");
    nothing_left(&world);
}

fn outlived_its_key() {
    let exec = Exec::start(WAIT);
    exec.world.sandbox.advance(7200);
    fs::remove_file(file(&exec.world, "pid")).unwrap();
    let ran = exec.scw.ended().expect(0);
    assert_eq!(ran.stderr, "");
    assert_eq!(notes(&exec.world), 0);
}

/// The command gets it twice then: from the sender, and from `scw`.
fn whole_group_gets_a_signal() {
    let world = World::logged_in();
    let pid = file(&world, "pid");
    let script = script(&world, WAIT);
    let mut command = world.command(&["exec", "--ttl", "1h", "--", "sh", "-c", &script]);
    let scw = Running::start(command.process_group(0));
    until("the command runs", || Path::new(&pid).exists());
    kill_process_group(Pid::from_child(&scw.child), Signal::TERM).unwrap();
    scw.ended().expect(143);
    nothing_left(&world);
}

/// Every way to end, and what happens then.
const WAYS: &[(&str, &str, fn())] = &[
    ("the command ends with 0", "0", || by_itself(0)),
    ("the command ends with 7", "7", || by_itself(7)),
    ("the command is ended by SIGTERM", "143", || {
        child_gets(Signal::TERM);
    }),
    ("the command is killed", "137", || child_gets(Signal::KILL)),
    ("scw gets SIGTERM", "143", || scw_gets(Signal::TERM)),
    ("scw gets SIGINT", "130", || scw_gets(Signal::INT)),
    ("scw gets SIGHUP", "129", || scw_gets(Signal::HUP)),
    ("scw gets SIGQUIT", "131", || scw_gets(Signal::QUIT)),
    (
        "scw gets SIGUSR1, which the command handles",
        "9",
        a_signal_that_the_command_handles,
    ),
    ("scw is killed, the next run deletes", "-", scw_killed),
    ("both are killed, the next run deletes", "-", both_killed),
    ("the command is not found", "127", not_found),
    ("the answer with the key is lost", "5", creation_answer_lost),
    ("the key is refused", "4", creation_refused),
    (
        "the deletion is answered 503, the next run deletes",
        "7",
        deletion_answered_503,
    ),
    (
        "the login ends while the command runs",
        "0",
        logged_out_meanwhile,
    ),
    ("the command outlives its key", "0", outlived_its_key),
    (
        "scw and the command get SIGTERM",
        "143",
        whole_group_gets_a_signal,
    ),
];

// Issue 10, 1
#[test]
fn no_key_of_a_command_is_left_in_whatever_way_it_ends() {
    println!("{:<55} exit code", "way to end");
    for (way, code, check) in WAYS {
        println!("{way:<55} {code}");
        check();
    }
}
