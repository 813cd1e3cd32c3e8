//! `scw 2fa on` on a full disk. The tracer makes every write into a new file fail, so the test needs
//! no file system of its own, and no privilege to mount one.

#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

use std::path::PathBuf;

use nix::errno::Errno;
use scw_crash::{
    process::Ending,
    tracer::{Action, Start, run},
    world::{OATHTOOL, OWNER, Place},
};

/// The program beside this test; `cargo build` makes it.
fn binary() -> PathBuf {
    let test = std::env::current_exe().unwrap_or_default();
    let folder = test.parent().and_then(|deps| deps.parent());
    folder.map(|folder| folder.join("scw")).unwrap_or_default()
}

#[test]
fn a_full_disk_stops_it_before_the_account_changes() {
    let binary = binary();
    assert!(
        binary.exists(),
        "run `cargo build` first: there is no {}",
        binary.display()
    );
    let place = Place::new(&binary).unwrap();
    let world = place.world(None, None).unwrap();
    world.must(&world.login(&OWNER)).unwrap();

    let codes = world.home().join("disk/codes.txt");
    let codes = codes.to_str().unwrap();
    let on = [
        "2fa",
        "on",
        "--otp-command",
        OATHTOOL,
        "--codes-file",
        codes,
    ];
    let traced = run(&world.program(&on), Start::Undumpable, &mut |call| {
        if call.fills_new_file {
            Action::Fail(Errno::ENOSPC)
        } else {
            Action::Pass
        }
    })
    .unwrap();

    assert!(!traced.acted.is_empty(), "nothing was written");
    let refused = traced.ran;
    assert_eq!(refused.ending, Ending::Exit(7), "{}", refused.stderr);
    assert_eq!(refused.stdout, "");
    for words in ["error: ", "No space left", "hint: ", "free some space"] {
        assert!(
            refused.stderr.contains(words),
            "no `{words}` in: {}",
            refused.stderr
        );
    }
    let asked = world.sandbox.requests();
    assert!(
        !asked
            .iter()
            .any(|seen| seen.method == "POST" && seen.path.ends_with("/mfa-otp")),
        "{asked:?}"
    );
    assert!(world.temporary_files().is_empty());
}
