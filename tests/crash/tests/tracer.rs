//! The tracer itself, on programs whose system calls are known.

use std::{fs, path::Path};

use nix::{errno::Errno, sys::signal::Signal};
use scw_crash::{
    calls::Call,
    process::{Ending, Program},
    tracer::{Action, Start, Traced, run},
};

/// Runs a line of shell in `folder`.
fn shell(folder: &Path, line: &str, script: &mut dyn FnMut(&Call) -> Action) -> Traced {
    let mut program = Program::new("/bin/sh", ["-c", line]);
    program.folder = Some(folder.to_owned());
    let program = program.with("PATH", "/usr/bin:/bin");
    run(&program, Start::Program, script).unwrap()
}

fn names(traced: &Traced) -> Vec<&'static str> {
    traced.calls.iter().map(|call| call.name).collect()
}

/// Does something at the first call of this name.
fn at(name: &'static str, action: Action) -> impl FnMut(&Call) -> Action {
    let mut done = false;
    move |call| {
        if done || call.name != name {
            return Action::Pass;
        }
        done = true;
        action
    }
}

/// Programs whose files are touched by the kernel's hand alone: `mv` and `cp` of coreutils.
fn rename(folder: &Path, script: &mut dyn FnMut(&Call) -> Action) -> Traced {
    shell(folder, "exec mv -T new old", script)
}

#[test]
fn the_count_is_the_same_each_time() {
    let folder = tempfile::tempdir().unwrap();
    let mut pass = |_: &Call| Action::Pass;
    let first = shell(folder.path(), "echo x > f; read y < f", &mut pass);
    assert_eq!(first.ran.ending, Ending::Exit(0));
    assert!(names(&first).contains(&"write") && names(&first).contains(&"openat"));
    for _ in 0..10 {
        let again = shell(folder.path(), "echo x > f; read y < f", &mut pass);
        assert_eq!(again.calls, first.calls);
    }
}

#[test]
fn programs_that_it_starts_are_not_counted() {
    let folder = tempfile::tempdir().unwrap();
    let mut pass = |_: &Call| Action::Pass;
    let without = shell(folder.path(), "true; true", &mut pass);
    let with = shell(folder.path(), "cat /etc/passwd; true", &mut pass);
    assert_eq!(with.ran.ending, Ending::Exit(0));
    // The child opens and reads the file, the shell does neither.
    assert_eq!(names(&with), names(&without));
}

#[test]
fn a_call_that_it_is_killed_before_is_not_carried_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    fs::write(path.join("old"), "old").unwrap();
    fs::write(path.join("new"), "new").unwrap();
    let renames = ["rename", "renameat", "renameat2"];
    let killed = rename(path, &mut |call| {
        if renames.contains(&call.name) {
            Action::Kill
        } else {
            Action::Pass
        }
    });
    assert_eq!(killed.ran.ending, Ending::Signal(libc_sigkill()));
    assert_eq!(killed.acted.len(), 1);
    assert_eq!(fs::read_to_string(path.join("old")).unwrap(), "old");
    assert_eq!(fs::read_to_string(path.join("new")).unwrap(), "new");
    let through = rename(path, &mut |_| Action::Pass);
    assert_eq!(through.ran.ending, Ending::Exit(0));
    assert_eq!(fs::read_to_string(path.join("old")).unwrap(), "new");
}

fn libc_sigkill() -> i32 {
    Signal::SIGKILL as i32
}

#[test]
fn a_write_that_fails_is_seen_by_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let failed = shell(
        folder.path(),
        "exec /usr/bin/printf x > f",
        &mut at("write", Action::Fail(Errno::ENOSPC)),
    );
    assert_ne!(failed.ran.ending, Ending::Exit(0));
    assert!(
        failed.ran.stderr.contains("No space left"),
        "{}",
        failed.ran.stderr
    );
    assert_eq!(fs::read(folder.path().join("f")).unwrap(), b"");
    assert_eq!(failed.acted.len(), 1);
}

#[test]
fn a_signal_is_delivered_and_the_call_carried_out() {
    let folder = tempfile::tempdir().unwrap();
    let told = shell(
        folder.path(),
        "trap 'echo told' TERM; echo x > f; :",
        &mut at("write", Action::Send(Signal::SIGTERM)),
    );
    assert_eq!(told.ran.ending, Ending::Exit(0));
    assert_eq!(told.ran.stdout, "told\n");
    assert_eq!(fs::read(folder.path().join("f")).unwrap(), b"x\n");
}

#[test]
fn threads_are_counted_and_die_with_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let Ok(python) = fs::canonicalize("/usr/bin/python3") else {
        // The other tests of this file need no more than a shell.
        return;
    };
    let script = "
import threading
def work(n):
    with open(f'f{n}', 'w') as f: f.write('x')
threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
[t.start() for t in threads]; [t.join() for t in threads]
";
    let mut program = Program::new(python, ["-S", "-c", script]);
    program.folder = Some(folder.path().to_owned());
    let new = |call: &Call| call.fills_new_file;
    let all = run(&program, Start::Program, &mut |_| Action::Pass).unwrap();
    assert_eq!(all.ran.ending, Ending::Exit(0), "{}", all.ran.stderr);
    assert_eq!(all.calls.iter().filter(|call| new(call)).count(), 8);
    (0..8).for_each(|n| fs::remove_file(folder.path().join(format!("f{n}"))).unwrap());
    let mut seen = 0;
    let killed = run(&program, Start::Program, &mut |call| {
        seen += usize::from(new(call));
        if seen == 3 {
            Action::Kill
        } else {
            Action::Pass
        }
    })
    .unwrap();
    assert_eq!(killed.ran.ending, Ending::Signal(libc_sigkill()));
    let whole = fs::read_dir(folder.path())
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().metadata().unwrap().len() > 0)
        .count();
    // A thread that was let through may not have written yet when the third one is met.
    assert!(whole <= 2, "{whole}");
}
