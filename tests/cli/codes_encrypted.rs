//! Backup codes that are encrypted on this machine, and codes for another program.

use std::{fs, path::PathBuf};

use rustix::process::Signal;
use serde_json::Value;

use crate::{
    encrypted::{age_opens, key},
    interrupted::processes_with,
    support::{Ran, World, age_key, files_with, mode, running::Gate},
};

/// A world with a second factor whose codes are encrypted, the file of the key, its recipient, and
/// the codes.
fn encrypted() -> (World, String, String, Vec<String>) {
    let world = World::logged_in();
    let on = world.switch_on();
    let (identity, recipient) = age_key(&world);
    world
        .run(&["2fa", "codes", "encrypt", "--to", &recipient])
        .expect(0);
    (world, identity, recipient, codes(&on))
}

fn codes(on: &Value) -> Vec<String> {
    let codes = on["backup_codes"].as_array().unwrap().iter();
    codes
        .map(|code| code.as_str().unwrap().to_owned())
        .collect()
}

fn usual(world: &World, extension: &str) -> PathBuf {
    let name = format!("backup-codes/{}.{extension}", world.info().user_id);
    world.data_dir().join(name)
}

/// A command below `scw 2fa codes` with the key.
#[track_caller]
fn with_key(world: &World, identity: &str, words: &[&str]) -> Ran {
    world.run(&[&["2fa", "codes"], words, &["--identity", identity]].concat())
}

// Issue 10, 8
#[test]
fn encrypted_codes_are_listed_taken_and_marked_with_the_key() {
    let (world, identity, recipient, codes) = encrypted();
    let file = usual(&world, "age");
    assert!(!usual(&world, "txt").exists());
    assert_eq!(mode(&file), 0o600);
    assert_eq!(files_with(world.home.path(), &codes[0]), [] as [PathBuf; 0]);

    for command in [&["list"][..], &["next"], &["export", "--to-command", "cat"]] {
        let words = [&["2fa", "codes"], command].concat();
        let ran = world.run(&words).expect(2).told("the key for");
        assert!(ran.stderr.contains("`--identity`"), "{}", ran.stderr);
    }
    let list = with_key(&world, &identity, &["list", "-o", "json"]).expect(0);
    assert_eq!(list.json()["unused"], 10);
    let next = with_key(&world, &identity, &["next"]).expect(0);
    assert_eq!(next.stdout.trim(), codes[0]);
    let mut used = world.command(&["2fa", "codes", "used", "-"]);
    used.env("SCW_IDENTITY_FILE", &identity);
    crate::support::run_with_input(&mut used, &codes[1]).expect(0);
    let next = with_key(&world, &identity, &["next"]).expect(0);
    assert_eq!(next.stdout.trim(), codes[2]);
    assert_eq!(files_with(world.home.path(), &codes[2]), [] as [PathBuf; 0]);

    let clear = age_opens(identity.as_ref(), &file);
    assert_eq!(clear.matches("# used ").count(), 3, "{clear}");
    assert!(
        clear.contains(&format!("# encrypted for {recipient}\n")),
        "{clear}"
    );
    let status = ["2fa", "status", "-o", "json", "--identity", &identity];
    assert_eq!(world.run(&status).expect(0).json()["backup_codes_left"], 7);
}

// Issue 10, 8
#[test]
fn what_was_encrypted_for_several_stays_so_when_a_code_is_marked() {
    let world = World::logged_in();
    world.switch_on();
    let (age, age_public) = key(&world, "age", "");
    let (ssh, ssh_public) = key(&world, "ed25519", "");
    let recipients = world.home.path().join("recipients.txt");
    fs::write(&recipients, format!("# two\n{age_public}\n{ssh_public}")).unwrap();
    world
        .run(&[
            "2fa",
            "codes",
            "encrypt",
            "--to",
            recipients.to_str().unwrap(),
        ])
        .expect(0);
    with_key(&world, ssh.to_str().unwrap(), &["next"]).expect(0);
    for identity in [&age, &ssh] {
        let clear = age_opens(identity, &usual(&world, "age"));
        assert_eq!(clear.matches("# used ").count(), 1);
    }
}

// Issue 10, 8
#[test]
fn codes_that_an_earlier_version_encrypted_still_open_and_keep_their_marks() {
    let (world, identity, recipient, codes) = encrypted();
    let file = usual(&world, "age");
    let clear = age_opens(identity.as_ref(), &file);
    let old: String = clear
        .split_inclusive('\n')
        .filter(|line| !line.starts_with("# encrypted for "))
        .collect();
    let mut age = std::process::Command::new("age");
    age.args(["--armor", "--recipient", &recipient, "--output"])
        .arg(&file);
    crate::support::run_with_input(&mut age, &old).expect(0);
    let next = with_key(&world, &identity, &["next"]).expect(0);
    assert_eq!(next.stdout.trim(), codes[0]);
    let clear = age_opens(identity.as_ref(), &file);
    assert!(
        clear.contains(&format!("# encrypted for {recipient}\n")),
        "{clear}"
    );
    assert_eq!(clear.matches("# used ").count(), 1);
}

// Issue 10, 8
#[test]
fn codes_are_encrypted_for_another_key_and_in_clear_again() {
    let (world, identity, recipient, codes) = encrypted();
    let to = ["encrypt", "--to", &recipient, "-o", "json"];
    let again = world.run(&[&["2fa", "codes"], &to[..]].concat()).expect(0);
    assert_eq!(again.json()["changed"], false);
    let again = with_key(&world, &identity, &to).expect(0);
    assert_eq!(again.json()["changed"], false);

    let (other, public) = key(&world, "ed25519", "");
    let other = other.to_str().unwrap();
    let changed = with_key(
        &world,
        &identity,
        &["encrypt", "--to", &public, "-o", "json"],
    );
    assert_eq!(changed.expect(0).json()["changed"], true);
    with_key(&world, &identity, &["list"])
        .expect(6)
        .told("the identity does not open")
        .told("give the key that the file is encrypted for");
    with_key(&world, other, &["next"]).expect(0);

    with_key(&world, other, &["decrypt"])
        .expect(2)
        .told("`--yes`");
    let ran = with_key(&world, other, &["decrypt", "--yes"]).expect(0);
    assert!(ran.stderr.contains("warning: "), "{}", ran.stderr);
    let file = usual(&world, "txt");
    assert!(!usual(&world, "age").exists());
    assert_eq!(mode(&file), 0o600);
    let clear = fs::read_to_string(&file).unwrap();
    assert!(
        clear.contains(&codes[9]) && !clear.contains("# encrypted for "),
        "{clear}"
    );
    assert_eq!(world.unused(), 9);
    let again = world
        .run(&["2fa", "codes", "decrypt", "-o", "json"])
        .expect(0);
    assert_eq!(again.json()["changed"], false);
}

// Issue 10, 8
#[test]
fn codes_in_a_place_of_their_own_are_encrypted_there() {
    let world = World::logged_in();
    let place = world.home.path().join("safe/codes.txt");
    let on = [
        "2fa",
        "on",
        "--otp-command",
        crate::support::OATHTOOL,
        "--codes-file",
    ];
    world
        .run(&[&on[..], &[place.to_str().unwrap()]].concat())
        .expect(0);
    let (identity, recipient) = age_key(&world);
    world
        .run(&["2fa", "codes", "encrypt", "--to", &recipient])
        .expect(0);
    assert!(
        fs::read_to_string(&place)
            .unwrap()
            .starts_with("-----BEGIN AGE")
    );
    with_key(&world, &identity, &["next"]).expect(0);
    with_key(&world, &identity, &["decrypt", "--yes"]).expect(0);
    assert_eq!(world.unused(), 9);
}

// Issue 10, 8
#[test]
fn off_marks_encrypted_codes_void_at_once_or_when_they_are_opened() {
    for at_hand in [true, false] {
        let (world, identity, ..) = encrypted();
        let key = ["--identity", &identity];
        let off = [
            &["2fa", "off", "--yes"][..],
            if at_hand { &key } else { &[] },
        ]
        .concat();
        world.run(&off).expect(0);
        let void = age_opens(identity.as_ref(), &usual(&world, "age"));
        let marked = if at_hand { 10 } else { 0 };
        assert_eq!(void.matches("# void ").count(), marked);
        // No code of them is handed out, and the file says so from now on.
        with_key(&world, &identity, &["next"])
            .expect(1)
            .told("every saved backup code is used or void");
        let list = with_key(&world, &identity, &["list", "-o", "json"]).expect(0);
        assert_eq!(list.json()["unused"], 0);
        let void = age_opens(identity.as_ref(), &usual(&world, "age"));
        assert_eq!(void.matches("# void ").count(), 10);
    }
}

// Issue 10, 8
#[test]
fn the_way_back_in_takes_an_encrypted_code() {
    let (world, identity, _, codes) = encrypted();
    world.run(&["logout"]).expect(0);
    let recover = world.run(&["2fa", "recover"]).expect(0).stdout;
    assert!(
        recover.contains("scw 2fa off --backup-code --identity"),
        "{recover}"
    );
    let recover = world
        .run(&["2fa", "recover", "--identity", &identity])
        .expect(0)
        .stdout;
    assert!(recover.contains("10 unused backup codes"), "{recover}");

    let mut off = world.person("iam", &["2fa", "off", "--backup-code", "--yes"]);
    Ran::of(off.output().unwrap())
        .expect(2)
        .told("`--identity`");
    world.expect_nothing_open();
    // A code that is given by hand is marked where the key is at hand.
    let code = world.home.path().join("code");
    fs::write(&code, &codes[1]).unwrap();
    let mut login = world.person("iam", &["login", "--identity", &identity]);
    login.arg("--backup-code-file").arg(&code);
    Ran::of(login.output().unwrap()).expect(0);
    let clear = age_opens(identity.as_ref(), &usual(&world, "age"));
    assert!(clear.contains(&format!("Z {}\n", codes[1])), "{clear}");

    world.run(&["logout"]).expect(0);
    off.args(["--identity", &identity]);
    Ran::of(off.output().unwrap()).expect(0);
    assert_eq!(world.two_factor(), "off");
    let clear = age_opens(identity.as_ref(), &usual(&world, "age"));
    assert_eq!(clear.matches("# used ").count(), 2, "{clear}");
    assert_eq!(clear.matches("# void ").count(), 8, "{clear}");
}

// Issue 10, 8
#[test]
fn a_recipient_that_is_none_changes_nothing() {
    let world = World::logged_in();
    world.switch_on();
    let before = fs::read(usual(&world, "txt")).unwrap();
    for bad in [
        "age1xyz",
        "",
        "/nowhere/id.pub",
        "/dev/null",
        "not\na\nrecipient",
    ] {
        world
            .run(&["2fa", "codes", "encrypt", "--to", bad])
            .expect(2)
            .told("a recipient is");
    }
    assert_eq!(fs::read(usual(&world, "txt")).unwrap(), before);
    let empty = World::logged_in();
    empty
        .run(&["2fa", "codes", "decrypt"])
        .expect(1)
        .told("no backup codes are saved here");
}

/// A stand-in for a password store: like `pass insert -m NAME` it keeps what comes on stdin, and
/// says something on stdout.
const STORE: &str = "echo Enter contents; cat >\"$HOME/store\"";

// Issue 10, 9
#[test]
fn the_unused_codes_go_to_a_command_one_a_line_and_stay_unused_here() {
    let (world, identity, _, codes) = encrypted();
    with_key(&world, &identity, &["next"]).expect(0);
    let export = ["export", "--to-command", STORE, "-o", "json"];
    let ran = with_key(&world, &identity, &export).expect(0);
    assert_eq!(ran.json()["exported"], 9);
    // A command that keeps one of them alone looks the same from here.
    let one = ["export", "--to-command", "head -n 1"];
    let gave = with_key(&world, &identity, &one).expect(0);
    let words = "Gave 9 unused backup codes to the command";
    assert!(gave.stderr.contains(words), "{}", gave.stderr);
    assert!(ran.stderr.contains("Enter contents"), "{}", ran.stderr);
    let stored = fs::read_to_string(world.home.path().join("store")).unwrap();
    assert_eq!(stored, codes[1..].join("\n") + "\n");
    let list = with_key(&world, &identity, &["list", "-o", "json"]).expect(0);
    assert_eq!(list.json()["unused"], 9);
}

// Issue 10, 9
#[test]
fn a_command_that_fails_is_a_failure_with_its_status() {
    let world = World::logged_in();
    world
        .run(&["2fa", "codes", "export", "--to-command", "cat"])
        .expect(1)
        .told("no backup codes are saved here");
    world.switch_on();
    for (command, told) in [
        ("cat >/dev/null; exit 3", "exit status: 3"),
        ("no-such-program-here", "exit status: 127"),
        ("kill -9 $$", "signal: 9"),
    ] {
        world
            .run(&["2fa", "codes", "export", "--to-command", command])
            .expect(1)
            .told(told);
    }
    assert_eq!(world.unused(), 10);
    world.run(&["2fa", "off", "--yes"]).expect(0);
    world
        .run(&["2fa", "codes", "export", "--to-command", STORE])
        .expect(1)
        .told("used or void");
    assert!(!world.home.path().join("store").exists());
}

// Issue 10, 9
#[test]
fn an_interrupted_export_ends_its_command() {
    let world = World::logged_in();
    world.switch_on();
    let gate = Gate::new(&world);
    let command = gate.then("true");
    for signal in [Signal::INT, Signal::TERM] {
        let mut run = world.start(&["2fa", "codes", "export", "--to-command", &command]);
        gate.reached(&mut run);
        run.signal(signal);
        run.ended().expect(130);
        let ready = world.home.path().join("gate-ready");
        assert_eq!(processes_with(ready.to_str().unwrap()), [] as [String; 0]);
        fs::remove_file(&ready).unwrap();
    }
}
