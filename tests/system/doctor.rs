//! `scw doctor` with a real keyring.

use std::{fs, os::unix::fs::symlink};

use serde_json::Value;

use crate::{
    session::{LOCK, LOGIN, START, STOP, session},
    support::{OATHTOOL, World, binary},
};

/// A machine on which all is well, once `scw` is logged in.
fn machine() -> World {
    let world = World::new();
    let bin = world.home.path().join("bin");
    fs::create_dir(&bin).unwrap();
    for name in ["scw", "scw-2fa"] {
        symlink(binary(), bin.join(name)).unwrap();
    }
    world
}

/// The findings of the doctor after a script, as "name state message hint", and how long it took.
fn findings(world: &World, script: &str) -> (Vec<String>, u64) {
    let script = format!(
        "PATH=\"$HOME/bin:$PATH\"; cd \"$HOME\"
{START}{LOGIN}scw 2fa on --otp-command '{OATHTOOL}' -q >/dev/null
{script}before=$(date +%s%N)
scw doctor -o json || :
echo $((($(date +%s%N) - before) / 1000000))"
    );
    let ran = session(world, None, &script).expect(0);
    let (document, took) = ran.stdout.trim().split_once('\n').unwrap();
    let document: Value = serde_json::from_str(document).unwrap();
    let lines = document["checks"].as_array().unwrap().iter().map(|found| {
        ["name", "state", "message", "hint"]
            .map(|key| found[key].as_str().unwrap_or_default())
            .join(" ")
    });
    (lines.collect(), took.parse().unwrap())
}

// Issue 10, 6
#[test]
fn a_healthy_machine_has_nothing_but_ok() {
    let (found, _) = findings(&machine(), "");
    let ok = |line: &String| line.split(' ').nth(1) == Some("ok");
    assert!(found.iter().all(ok), "{found:#?}");
    for name in [
        "keyring ok it is unlocked and answered in ",
        "api ok ",
        "clock ok ",
        "key ok ",
        "two-factor ok ",
        "backup-codes ok 10 are unused",
        "files ok ",
        "left-over ok ",
        "plain-text ok ",
        "path ok ",
    ] {
        assert!(
            found.iter().any(|line| line.starts_with(name)),
            "{name} in {found:#?}"
        );
    }
}

// Issue 10, 6
#[test]
fn a_keyring_that_is_locked_stopped_or_lost_its_entry_is_told_in_time() {
    for (script, told) in [
        (LOCK, "keyring problem the keyring is locked"),
        (
            STOP,
            "keyring problem the keyring did not answer within 3 s",
        ),
        (
            "secret-tool clear service scw username default\n",
            "login problem the secret key of profile `default` is missing from the keyring",
        ),
    ] {
        let (found, took) = findings(&machine(), script);
        assert!(
            found.iter().any(|line| line.starts_with(told)),
            "{told} in {found:#?}"
        );
        assert!(
            found.iter().any(|line| line.starts_with("api ok")),
            "{found:#?}"
        );
        // The contract's bound, not a measurement.
        assert!(took < 7000, "{took} ms");
    }
}
