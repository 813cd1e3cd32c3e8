//! `scw exec --ttl` with programs that are not ours: the official Python SDK, and a terminal that is
//! closed.

use std::path::Path;

use super::qr::python;
use crate::support::{Ran, World, running::until};

// Issue 10, 1
#[test]
fn the_official_sdk_works_with_the_key_that_is_made_for_it() {
    for (how, code) in [("ends", 0), ("killed", 137)] {
        let world = World::logged_in();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/system/exec_sdk.py");
        let output = world
            .command(&["exec", "--ttl", "1h", "--"])
            .arg(python())
            .arg(script)
            .arg(how)
            .output()
            .unwrap();
        let ran = Ran::of(output).expect(code);
        let (access_key, description) = ran.stdout.split_once(' ').unwrap();
        assert_ne!(access_key, world.info().access_key);
        assert!(description.starts_with("scw exec on "), "{description}");
        assert_eq!(world.new_keys(), Vec::<String>::new());
    }
}

/// Runs what follows it in a terminal of its own, and closes that terminal when the file appears.
const CLOSED: &str = "
import os, pty, sys, time
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[2], sys.argv[2:])
while not os.path.exists(sys.argv[1]):
    time.sleep(0.02)
os.close(terminal)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
";

// Issue 10, 1
#[test]
fn a_terminal_that_is_closed_leaves_no_key() {
    // The second is in a process group of its own, as an interactive shell is.
    for (command, code) in [
        ("touch $HOME/ready; exec sleep 600", 129),
        (
            "exec bash --norc --noprofile -i -c 'touch $HOME/ready; sleep 600'",
            129,
        ),
    ] {
        let world = World::logged_in();
        let scw = world.command(&["exec", "--ttl", "1h", "--", "sh", "-c", command]);
        let ready = world.home.path().join("ready");
        let mut terminal = std::process::Command::new(python());
        terminal
            .args(["-c", CLOSED])
            .arg(&ready)
            .arg(scw.get_program())
            .args(scw.get_args())
            .env_clear();
        for (name, value) in scw.get_envs() {
            terminal.env(name, value.unwrap());
        }
        let mut child = terminal.spawn().unwrap();
        let mut status = None;
        until("both end", || {
            status = child.try_wait().unwrap();
            status.is_some()
        });
        assert_eq!(status.unwrap().code(), Some(code), "{command}");
        assert_eq!(world.new_keys(), Vec::<String>::new());
    }
}
