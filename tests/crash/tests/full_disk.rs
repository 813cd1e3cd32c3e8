//! `scw 2fa on` on a full disk. The tracer makes every write into a new file fail, so the test needs
//! no file system of its own, and no privilege to mount one.

use crate::binary;
use nix::errno::Errno;
use scw_crash::{
    process::Ending,
    tracer::{Action, Start, run},
    world::{OATHTOOL, OWNER, Place},
};

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

// Issue 12, 4
#[test]
fn a_full_disk_leaves_no_evidence_and_asks_nothing() {
    let place = Place::new(&binary()).unwrap();
    let world = place.world(None, None).unwrap();
    world.must(&world.login(&OWNER)).unwrap();
    let before = world.sandbox.requests().len();
    let folder = world.home().join("reports/now");
    let audit = ["2fa", "audit", "--evidence", folder.to_str().unwrap()];
    let full = run(&world.program(&audit), Start::Undumpable, &mut |call| {
        if call.fills_new_file {
            Action::Fail(Errno::ENOSPC)
        } else {
            Action::Pass
        }
    })
    .unwrap();
    let refused = full.ran;
    assert_eq!(refused.ending, Ending::Exit(7), "{}", refused.stderr);
    for words in [
        "could not write the evidence: ",
        "No space left",
        "free some space",
    ] {
        assert!(refused.stderr.contains(words), "{}", refused.stderr);
    }
    assert!(!world.home().join("reports").exists());
    assert_eq!(world.sandbox.requests().len(), before);

    // A disk that is full later, at every further write.
    let whole = run(&world.program(&audit), Start::Undumpable, &mut |_| {
        Action::Pass
    })
    .unwrap();
    assert_eq!(whole.ran.ending, Ending::Exit(0), "{}", whole.ran.stderr);
    std::fs::remove_dir_all(world.home().join("reports")).unwrap();
    let writes = whole.calls.iter().filter(|call| call.fills_new_file);
    let count = writes.count();
    assert!(count > 8, "{count}");
    for allowed in 1..count {
        let mut seen = 0;
        let full = run(&world.program(&audit), Start::Undumpable, &mut |call| {
            seen += usize::from(call.fills_new_file);
            if call.fills_new_file && seen > allowed {
                Action::Fail(Errno::ENOSPC)
            } else {
                Action::Pass
            }
        })
        .unwrap();
        let refused = full.ran;
        assert_eq!(
            refused.ending,
            Ending::Exit(7),
            "{allowed}: {}",
            refused.stderr
        );
        assert!(
            refused.stderr.contains("No space left"),
            "{}",
            refused.stderr
        );
        assert!(!world.home().join("reports").exists(), "{allowed}");
    }
}
