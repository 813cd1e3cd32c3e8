//! `scw login` with somebody who types.

use crate::support::terminal::OsSession;
use expectrl::{ControlCode, Expect};

use crate::{
    support::World,
    terminal::{finish, terminal, type_hidden, wait_for},
};

#[test]
fn a_login_from_a_terminal_asks_for_the_key_and_does_not_show_it() {
    let world = World::new();
    let access_key = world.info().access_key.clone();
    let arguments = [
        "login",
        "--with-token",
        "--storage",
        "file",
        "--access-key",
        &access_key,
    ];
    let mut session = terminal(&world, &arguments);
    type_hidden(&mut session, "Secret key", &world.info().secret_key);
    let (rest, code) = finish(&mut session);
    assert_eq!(code, 0, "{rest}");
    assert!(!rest.contains(&world.info().secret_key), "{rest}");
    assert!(rest.contains("Logged in as"), "{rest}");
}

/// `scw login` in a terminal, with the email and the password typed.
fn typed_login(world: &World, arguments: &[&str]) -> OsSession {
    let mut session = terminal(
        world,
        &[&["login", "--storage", "file"], arguments].concat(),
    );
    wait_for(&mut session, "Email");
    session.send_line(&world.info().email).unwrap();
    type_hidden(&mut session, "Password", &world.info().password);
    session
}

#[test]
fn a_person_logs_in_and_the_password_is_not_shown() {
    let world = World::new();
    let mut session = typed_login(&world, &[]);
    let (rest, code) = finish(&mut session);
    assert_eq!(code, 0, "{rest}");
    assert!(
        rest.contains("Logged in as") && !rest.contains(&world.info().password),
        "{rest}"
    );
}

// Issue 7, 15
#[test]
fn three_wrong_codes_end_a_login() {
    let world = World::logged_in();
    world.switch_on();
    let mut session = typed_login(&world, &[]);
    // What cannot be a code does not count.
    for wrong in ["12", "1234567", "000000", "zzzz-zzzz"] {
        wait_for(&mut session, "Code from the app, or a backup code");
        session.send_line(wrong).unwrap();
        wait_for(&mut session, "Try again");
    }
    wait_for(&mut session, "Code from the app, or a backup code");
    session.send_line("000000").unwrap();
    let (rest, code) = finish(&mut session);
    assert_eq!(code, 4, "{rest}");
    // Issue 9, 4
    assert!(rest.contains("scw stops after 3 wrong codes."), "{rest}");
}

#[test]
fn an_empty_line_at_the_code_prompt_takes_a_saved_backup_code() {
    let world = World::logged_in();
    world.switch_on();
    let mut session = typed_login(&world, &[]);
    wait_for(&mut session, "Enter: use a saved one");
    session.send_line("").unwrap();
    wait_for(&mut session, "9 left");
    let (rest, code) = finish(&mut session);
    assert_eq!(code, 0, "{rest}");
    assert_eq!(world.sandbox.state().unwrap()["backup_codes_unused"], 9);
}

#[test]
fn a_person_chooses_among_organizations_and_ctrl_c_leaves_no_session() {
    let world = World::seeded(
        r#"{"organizations": [
            {"name": "Alpha", "users": [{"email": "a@example.com"}]},
            {"name": "Beta", "users": [{"email": "a@example.com"}]}]}"#,
    );
    let mut session = typed_login(&world, &[]);
    wait_for(&mut session, "Beta");
    session.send(ControlCode::EndOfText).unwrap();
    let (rest, code) = finish(&mut session);
    assert_eq!(code, 130, "{rest}");
    assert_eq!(world.sandbox.state().unwrap()["sessions"], 0);

    let mut session = typed_login(&world, &[]);
    wait_for(&mut session, "Beta");
    session.send("\x1b[B\r").unwrap();
    let (rest, code) = finish(&mut session);
    assert_eq!(code, 0, "{rest}");
    let whoami = world.run(&["whoami", "-o", "json"]).expect(0).json();
    assert_ne!(
        whoami["organization_id"],
        world.info().organization_id.as_str()
    );
}
