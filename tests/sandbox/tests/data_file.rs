//! The data file: whose it is, and how many servers it has.

use std::{
    fs::{self, Permissions},
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::{Command, Output},
};

use crate::served::{Served, command};
use scw_sandbox::{Options, Sandbox};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

/// A data file in a folder of its own.
fn place() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("accounts.db");
    (folder, data)
}

/// Every file in a folder whose mode gives somebody else anything.
fn open_files(folder: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(folder).unwrap();
    let files = files.map(|file| file.unwrap().path());
    files.filter(|file| mode(file) & 0o077 != 0).collect()
}

/// A second server on a file, which ends.
fn second(data: &Path) -> Output {
    command(&["--data", data.to_str().unwrap()])
        .output()
        .unwrap()
}

// Issue 11, 6
#[test]
fn a_data_file_is_its_owners_alone_whatever_the_umask() {
    let (folder, data) = place();
    let program = env!("CARGO_BIN_EXE_scw-sandbox");
    let line = format!(
        "umask 0; exec '{program}' serve --data '{}'",
        data.display()
    );
    let mut shell = Command::new("sh");
    let served = Served::of(shell.args(["-c", &line]));
    served.call("POST", "/mfa-otp");
    for suffix in ["", "-wal", "-shm", ".lock"] {
        let name = format!("{}{suffix}", data.display());
        assert_eq!(mode(Path::new(&name)), 0o600, "{name}");
    }
    assert_eq!(open_files(folder.path()), Vec::<PathBuf>::new());
}

// Issue 11, 6
#[test]
fn a_data_file_that_others_could_read_is_changed_and_that_is_said() {
    let (folder, data) = place();
    let served = Served::start(&["--data", data.to_str().unwrap()]);
    served.call("POST", "/mfa-otp");
    // A kill leaves the files beside it.
    drop(served);
    for suffix in ["", "-wal", "-shm"] {
        let name = format!("{}{suffix}", data.display());
        fs::set_permissions(name, Permissions::from_mode(0o644)).unwrap();
    }
    let sandbox = Sandbox::start(Options {
        data: Some(data.clone()),
        ..Options::default()
    })
    .unwrap();
    let notes = sandbox.notes();
    assert_eq!(notes.len(), 3, "{notes:?}");
    for note in notes {
        assert!(note.ends_with("others could read this file; its mode is 0600 now"));
    }
    assert_eq!(open_files(folder.path()), Vec::<PathBuf>::new());
    drop(sandbox);
    let again = Sandbox::start(Options {
        data: Some(data),
        ..Options::default()
    });
    assert!(again.unwrap().notes().is_empty(), "there is nothing to say");
}

// Issue 11, 6
#[test]
fn a_second_server_on_a_data_file_is_refused_at_once() {
    let (folder, data) = place();
    let served = Served::start(&["--data", data.to_str().unwrap()]);
    let link = folder.path().join("link.db");
    symlink(&data, &link).unwrap();
    for name in [&data, &link] {
        let refused = second(name);
        assert_eq!(refused.status.code(), Some(1));
        assert!(refused.stdout.is_empty());
        let said = String::from_utf8(refused.stderr).unwrap();
        let id = format!("(process {})", served.child.id());
        assert!(
            said.contains("another scw-sandbox is using this data file"),
            "{said}"
        );
        assert!(said.contains(&id), "{said}");
    }
    served.call("POST", "/mfa-otp");
    // A kill gives the file back, and the lock that is left is nobody's.
    drop(served);
    let mut next = Served::start(&["--data", data.to_str().unwrap(), "--control"]);
    assert_eq!(next.door("state")["two_factor"], "pending");
    next.terminate();
    assert!(next.child.wait().unwrap().success());
}

// Issue 11, 6
#[test]
fn of_two_servers_that_start_at_once_one_gets_the_data_file() {
    let (_folder, data) = place();
    let data = data.to_str().unwrap();
    for _ in 0..5 {
        let start = || Served::try_of(&mut command(&["--data", data]));
        let two = std::thread::scope(|scope| {
            let threads = [0, 1].map(|_| scope.spawn(start));
            threads.map(|thread| thread.join().unwrap())
        });
        assert_eq!(two.iter().flatten().count(), 1);
    }
}

// Issue 11, 6
#[test]
fn another_program_that_writes_in_between_makes_no_request_fail() {
    let (_folder, data) = place();
    let served = Served::start(&["--data", data.to_str().unwrap()]);
    let other = rusqlite::Connection::open(&data).unwrap();
    other.execute_batch("CREATE TABLE of_another (x)").unwrap();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            for _ in 0..50 {
                other
                    .execute("INSERT INTO of_another VALUES (1)", [])
                    .unwrap();
            }
        });
        for _ in 0..50 {
            served.call("POST", "/mfa-otp");
        }
    });
}

// Issue 11, 6
#[test]
fn the_help_says_what_the_data_file_gives_away() {
    let help = command(&["--help"]).output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    for told in [
        "0600",
        "is not encrypted",
        "the tokens of the 2017 API",
        "password",
    ] {
        assert!(help.contains(told), "{told}");
    }
}
