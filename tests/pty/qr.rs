//! The QR code at the code prompt, and the files that hold the key.

use std::path::PathBuf;

use crate::support::terminal::OsSession;
use expectrl::{ControlCode, Expect};
use serde_json::json;

use crate::support::{OATHTOOL, World};
use crate::terminal::{finish, in_terminal, oathtool, shown_key, terminal, wait_for};

/// `scw 2fa on` with both files, up to the prompt. Returns the key and the files.
fn with_files(world: &World) -> (OsSession, String, [PathBuf; 2]) {
    let files = ["key.png", "key.uri"].map(|name| world.home.path().join(name));
    let mut session = terminal(
        world,
        &[
            "2fa",
            "on",
            "--qr-file",
            "key.png",
            "--uri-file",
            files[1].to_str().unwrap(),
        ],
    );
    let key = shown_key(&mut session);
    wait_for(&mut session, "Six-digit code");
    assert!(files.iter().all(|file| file.exists()));
    (session, key, files)
}

fn none_of(files: &[PathBuf]) -> bool {
    files.iter().all(|file| !file.exists())
}

// Issue 9, 6
#[test]
fn r_at_the_code_prompt_is_no_try_and_no_request() {
    let world = World::logged_in();
    let mut session = terminal(&world, &["2fa", "on"]);
    let key = shown_key(&mut session);
    for (answer, said) in [
        ("r", "The QR code in full blocks:"),
        ("000000", "does not match this key"),
        (
            "R",
            "The QR code in ASCII characters, on a dark background:",
        ),
        (
            " r ",
            "The QR code in ASCII characters, on a light background:",
        ),
        ("r", "The QR code in half blocks:"),
        ("rr", "six digits. Try again."),
        ("000000", "does not match this key"),
    ] {
        wait_for(&mut session, "Six-digit code (r redraws the QR code)");
        session.send_line(answer).unwrap();
        wait_for(&mut session, said);
    }
    wait_for(&mut session, "Six-digit code");
    session.send_line(oathtool(&key)).unwrap();
    let (rest, code) = finish(&mut session);
    assert_eq!(code, 0, "{rest}");
    assert_eq!(world.asked("POST", "/mfa-otp"), 1, "one key for all forms");
}

// Issue 9, 6
#[test]
fn the_files_with_the_key_are_removed_when_the_run_does_not_finish() {
    let world = World::logged_in();
    let (mut session, _, files) = with_files(&world);
    session.send(ControlCode::EndOfText).unwrap();
    assert_eq!(finish(&mut session).1, 130);
    assert!(none_of(&files));

    let (mut session, _, files) = with_files(&world);
    for _ in 0..3 {
        session.send_line("000000").unwrap();
    }
    assert_eq!(finish(&mut session).1, 4);
    assert!(none_of(&files));

    // In a script, and where the API refuses the code.
    let script = |png: &str| {
        let png = world.home.path().join(png);
        let command = ["2fa", "on", "--otp-command", OATHTOOL, "--qr-file"];
        let command = [&command[..], &[png.to_str().unwrap()]].concat();
        (world.run(&command), png)
    };
    world.fault(json!({"path_regex": "validate-mfa-otp$", "action": "status", "status": 403}));
    let (ran, png) = script("refused.png");
    assert_ne!(ran.code, 0);
    assert!(
        !png.exists() && ran.stderr.contains("Removed "),
        "{}",
        ran.stderr
    );
    assert_eq!(world.two_factor(), "off");
}

// Issue 9, 6
#[test]
fn a_file_that_somebody_else_wrote_in_the_meantime_is_left_alone() {
    let world = World::logged_in();
    let (mut session, _, files) = with_files(&world);
    std::fs::write(&files[0], "a picture of my own").unwrap();
    session.send(ControlCode::EndOfText).unwrap();
    assert_eq!(finish(&mut session).1, 130);
    assert!(files[0].exists() && !files[1].exists());
}

// Issue 9, 6
#[test]
fn a_scanned_qr_file_is_offered_for_removal_and_the_uri_file_is_kept() {
    for (answer, exit, stays) in [("y", 0, false), ("n", 0, true), ("\u{3}", 130, true)] {
        let world = World::logged_in();
        let (mut session, key, files) = with_files(&world);
        session.send_line(oathtool(&key)).unwrap();
        // The codes come first: nothing that is asked stands before them.
        wait_for(&mut session, "Saved the backup codes to");
        wait_for(&mut session, "Delete the file with the QR code?");
        if exit == 130 {
            session.send(answer).unwrap();
        } else {
            session.send_line(answer).unwrap();
        }
        let (rest, code) = finish(&mut session);
        assert_eq!(code, exit, "{rest}");
        assert_eq!(files[0].exists(), stays, "{answer}: {rest}");
        assert!(files[1].exists());
        assert_eq!(world.two_factor(), "on");
        if exit == 130 {
            assert!(rest.contains("Two-factor authentication is on"), "{rest}");
        }
    }
}

// Issue 9, 6
#[test]
fn a_script_is_told_that_its_qr_file_stays_and_is_asked_nothing() {
    let world = World::logged_in();
    let arguments = ["2fa", "on", "--otp-command", OATHTOOL, "--qr-file", "k.svg"];
    // On a terminal too: whoever gives a command for the code may still want to scan it.
    let mut session = terminal(&world, &arguments);
    let (rest, code) = finish(&mut session);
    assert_eq!(code, 0, "{rest}");
    assert!(rest.contains("Delete it once it is scanned"), "{rest}");
    assert!(world.home.path().join("k.svg").exists());
}

// Issue 9, 6
#[test]
fn a_file_whose_key_the_account_may_use_is_kept() {
    let world = World::logged_in();
    // The confirmation reaches the account, and its answer never comes.
    world.fault(json!({"path_regex": "validate-mfa-otp$", "action": "drop_after"}));
    let png = world.home.path().join("key.png");
    let command = ["2fa", "on", "--otp-command", OATHTOOL, "--qr-file"];
    let ran = world.run(&[&command[..], &[png.to_str().unwrap()]].concat());
    assert_ne!(ran.code, 0);
    assert_eq!(world.two_factor(), "on");
    assert!(png.exists(), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("your account may use the key in it"),
        "{}",
        ran.stderr
    );
}

// Issue 9, 9
#[test]
fn without_a_qr_code_a_screen_reader_gets_plain_lines_only() {
    let world = World::logged_in();
    for setting in ["", "NO_COLOR=1 ", "TERM=dumb "] {
        let script = format!("exec env {setting}\"$0\" \"$@\"");
        let arguments = ["2fa", "on", "--qr", "none"];
        let mut session = in_terminal(&world, &script, &arguments);
        let key = shown_key(&mut session);
        let mut all = wait_for(&mut session, "Six-digit code from the app: ");
        // A wrong one first: what is said then is a line of its own too.
        session.send_line("12").unwrap();
        all.push_str(&wait_for(&mut session, "Six-digit code from the app: "));
        session.send_line(oathtool(&key)).unwrap();
        let (rest, code) = finish(&mut session);
        assert_eq!(code, 0, "{rest}");
        all.push_str(&rest);
        // The end of the program shows the cursor, which nothing has hidden.
        let plain = all.replace("\r\n", "\n").replace("\x1b[?25h", "");
        let odd = plain.find(|c: char| c != '\n' && !(' '..='~').contains(&c));
        assert_eq!(odd, None, "{setting}: {plain:?}");
        assert!(plain.contains("Each code works once"), "{plain}");
        world.run(&["2fa", "off", "--yes"]).expect(0);
    }
}

// Issue 9, 9
#[test]
fn the_help_names_the_way_for_screen_readers() {
    let world = World::new();
    let help = world.run(&["2fa", "on", "--help"]).expect(0).stdout;
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(help.contains("with a screen reader, use `none`"), "{help}");
}
