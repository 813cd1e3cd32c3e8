//! The questions of encrypted storage and codes.

use std::{fs, os::unix::fs::PermissionsExt, process::Command};

use expectrl::{ControlCode, Expect};

use crate::support::{World, age_key, files_with};
use crate::terminal::{finish, hidden, in_terminal, terminal, type_hidden, wait_for};

const PASSPHRASE: &str = "correct horse battery staple";

/// A world whose login is encrypted with [`PASSPHRASE`].
fn encrypted() -> World {
    let world = World::new();
    let file = world.home.path().join("passphrase");
    fs::write(&file, PASSPHRASE).unwrap();
    let login = ["login", "--with-token", "--storage", "encrypted"];
    let login = [&login[..], &["--passphrase-file", file.to_str().unwrap()]].concat();
    world.run_with_input(&login, &world.key_lines()).expect(0);
    fs::remove_file(&file).unwrap();
    world
}

// Issue 10, 7
#[test]
fn a_login_asks_for_a_new_passphrase_twice_and_first() {
    let world = World::new();
    let email = world.info().email.clone();
    let mut session = terminal(
        &world,
        &["login", "--storage", "encrypted", "--email", &email],
    );
    type_hidden(&mut session, "New passphrase", "");
    wait_for(&mut session, "The passphrase is empty.");
    type_hidden(&mut session, "New passphrase", PASSPHRASE);
    type_hidden(&mut session, "Repeat the passphrase", "another");
    wait_for(&mut session, "The passphrases differ.");
    type_hidden(&mut session, "New passphrase", PASSPHRASE);
    type_hidden(&mut session, "Repeat the passphrase", PASSPHRASE);
    assert!(world.sandbox.requests().is_empty());
    type_hidden(&mut session, "Password", &world.info().password);
    let shown = wait_for(&mut session, "The secret key is encrypted in");
    assert!(!shown.contains(PASSPHRASE), "{shown}");
    assert_eq!(finish(&mut session).1, 0);
    assert_eq!(files_with(world.home.path(), PASSPHRASE).len(), 0);
    assert_eq!(world.new_keys().len(), 1);
}

// Issue 10, 7
#[test]
fn a_passphrase_is_asked_for_once_and_a_wrong_one_up_to_three_times() {
    let world = encrypted();
    let mut session = terminal(&world, &["2fa", "status"]);
    type_hidden(&mut session, "Passphrase", PASSPHRASE);
    let (rest, code) = finish(&mut session);
    assert_eq!(code, 0, "{rest}");
    assert!(!rest.contains("Passphrase"), "{rest}");

    let mut session = terminal(&world, &["token"]);
    type_hidden(&mut session, "Passphrase", "wrong");
    wait_for(&mut session, "The passphrase is wrong. Try again.");
    type_hidden(&mut session, "Passphrase", PASSPHRASE);
    let (rest, code) = finish(&mut session);
    assert!(
        code == 0 && rest.contains(&world.info().secret_key),
        "{rest}"
    );

    let mut session = terminal(&world, &["token"]);
    for _ in 0..3 {
        type_hidden(&mut session, "Passphrase", "wrong");
    }
    let (rest, code) = finish(&mut session);
    assert!(
        code == 6 && rest.contains("the passphrase does not open"),
        "{rest}"
    );
}

// Issue 10, 7
#[test]
fn nothing_is_asked_where_the_secret_is_not_needed() {
    let world = encrypted();
    for command in [
        &["token", "--access-key"][..],
        &["2fa", "codes", "path"],
        &["logout"],
    ] {
        let mut session = terminal(&world, command);
        let (rest, code) = finish(&mut session);
        assert_eq!(code, 0, "{rest}");
        assert!(!rest.contains("Passphrase"), "{rest}");
    }
}

// Issue 10, 7
#[test]
fn with_several_encrypted_logins_the_question_says_whose_passphrase_it_is() {
    let world = encrypted();
    let file = world.home.path().join("passphrase");
    fs::write(&file, "another one").unwrap();
    let login = [
        "login",
        "-p",
        "work",
        "--with-token",
        "--storage",
        "encrypted",
    ];
    let login = [&login[..], &["--passphrase-file", file.to_str().unwrap()]].concat();
    world.run_with_input(&login, &world.key_lines()).expect(0);
    let mut session = terminal(&world, &["whoami", "--all"]);
    for (profile, passphrase) in [("default", PASSPHRASE), ("work", "another one")] {
        wait_for(&mut session, &format!("profile `{profile}` is encrypted"));
        type_hidden(&mut session, "Passphrase", passphrase);
    }
    assert_eq!(finish(&mut session).1, 0);
}

// Issue 10, 7
#[test]
fn the_question_for_a_passphrase_ends_on_ctrl_c() {
    let world = encrypted();
    let mut session = terminal(&world, &["token"]);
    wait_for(&mut session, "Passphrase");
    session.send(ControlCode::EndOfText).unwrap();
    assert_eq!(finish(&mut session).1, 130);
    // `-` at a terminal means to type it.
    let mut session = terminal(&world, &["token", "--passphrase-file", "-"]);
    type_hidden(&mut session, "Passphrase", PASSPHRASE);
    assert_eq!(finish(&mut session).1, 0);
    let mut session = terminal(&world, &["token", "--no-input"]);
    assert_eq!(finish(&mut session).1, 2);
}

// Issue 10, 8
#[test]
fn the_key_of_encrypted_codes_is_asked_for_and_its_passphrase_too() {
    let world = World::logged_in();
    world.switch_on();
    let path = world.home.path().join("id");
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", PASSPHRASE, "-f"])
        .arg(&path)
        .status()
        .unwrap();
    assert!(made.success());
    let public = path.with_extension("pub");
    world
        .run(&["2fa", "codes", "encrypt", "--to", public.to_str().unwrap()])
        .expect(0);
    let mut session = terminal(&world, &["2fa", "codes", "next"]);
    wait_for(&mut session, "File with the age or SSH key");
    session.send_line("~/id").unwrap();
    type_hidden(&mut session, "Passphrase of the identity", "wrong");
    wait_for(&mut session, "The passphrase is wrong. Try again.");
    type_hidden(&mut session, "Passphrase of the identity", PASSPHRASE);
    wait_for(&mut session, "9 unused backup codes left");
    assert_eq!(finish(&mut session).1, 0);

    let mut session = terminal(&world, &["2fa", "codes", "decrypt", "--identity", "id"]);
    type_hidden(&mut session, "Passphrase of the identity", PASSPHRASE);
    let asked = wait_for(&mut session, "Decrypt the backup codes?");
    assert!(asked.contains(&world.info().email), "{asked}");
    session.send_line("n").unwrap();
    let (rest, code) = finish(&mut session);
    assert!(code == 1 && rest.contains("still encrypted"), "{rest}");
}

// Issue 10, 2
#[test]
fn ctrl_c_at_the_question_of_a_command_that_is_handed_over_leaves_the_terminal_as_it_was() {
    let world = encrypted();
    let official = world.home.path().join("official");
    fs::write(&official, "#!/bin/sh\necho the official client runs\n").unwrap();
    fs::set_permissions(&official, fs::Permissions::from_mode(0o755)).unwrap();
    let script = format!(
        "trap : INT; SCW_OFFICIAL={} \"$0\" \"$@\"; echo \"code $?\"; stty -a | grep -ow -e -*echo",
        official.display()
    );
    let mut session = in_terminal(&world, &script, &["instance", "list"]);
    wait_for(&mut session, "Passphrase");
    hidden(&session);
    session.send(ControlCode::EndOfText).unwrap();
    let (rest, _) = finish(&mut session);
    assert!(rest.contains("code 130"), "{rest}");
    assert!(rest.contains("Cancelled."), "{rest}");
    assert!(!rest.contains("warning"), "{rest}");
    assert!(rest.ends_with("\necho\r\n"), "{rest:?}");

    let mut session = in_terminal(&world, &script, &["instance", "list"]);
    type_hidden(&mut session, "Passphrase", PASSPHRASE);
    let (rest, _) = finish(&mut session);
    assert!(rest.contains("the official client runs"), "{rest}");
    assert!(rest.ends_with("\necho\r\n"), "{rest:?}");
}

// Issue 10, 7
#[test]
fn a_passphrase_stays_hidden_after_ctrl_z() {
    let world = encrypted();
    let mut session = in_terminal(
        &world,
        "SCW=\"$0\" PS1= exec bash --norc --noprofile --noediting -i",
        &[],
    );
    session.send_line("PS1=; echo 'outer' 'is' ready").unwrap();
    wait_for(&mut session, "outer is ready");
    session.send_line("\"$SCW\" token").unwrap();
    wait_for(&mut session, "Passphrase: ");
    hidden(&session);
    session.send(ControlCode::Substitute).unwrap();
    wait_for(&mut session, "Stopped");
    session.send_line("fg").unwrap();
    type_hidden(&mut session, "Passphrase: ", PASSPHRASE);
    let shown = wait_for(&mut session, &world.info().secret_key);
    assert!(!shown.contains(PASSPHRASE), "{shown}");
    session.send_line("exit 0").unwrap();
    finish(&mut session);
}

// Issue 10, 4, 5 and 7
#[test]
fn a_question_for_the_passphrase_keeps_no_other_run_waiting() {
    for command in [
        &["profile", "rename", "default", "work"][..],
        &["login", "--renew"],
    ] {
        let world = encrypted();
        let mut session = terminal(&world, command);
        wait_for(&mut session, "Passphrase");
        hidden(&session);
        // Its secret is not needed: the login did not make its key.
        let other = world.run(&["logout"]).expect(0);
        assert_eq!(
            other.stderr, "Logged out (profile default)\n",
            "{command:?}"
        );
        session.send_line(PASSPHRASE).unwrap();
        let (rest, code) = finish(&mut session);
        assert_eq!(code, 3, "{command:?}: {rest}");
    }
}

// Issue 10, 4 and 7
#[test]
fn a_renamed_login_is_encrypted_for_the_key_that_opened_it() {
    let world = World::new();
    let (identity, _) = age_key(&world);
    let login = [
        "login",
        "--with-token",
        "--storage",
        "encrypted",
        "--identity",
        &identity,
    ];
    world.run_with_input(&login, &world.key_lines()).expect(0);
    let mut session = terminal(&world, &["profile", "rename", "default", "work"]);
    wait_for(&mut session, "File with the age or SSH key");
    session.send_line(&identity).unwrap();
    let (rest, code) = finish(&mut session);
    assert_eq!(code, 0, "{rest}");
    let token = world.run(&["token", "--identity", &identity]).expect(0);
    assert_eq!(token.stdout.trim(), world.info().secret_key);
}
