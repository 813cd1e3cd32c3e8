//! Questions: what is asked, what is shown of the answer, and how a person gets out of them.

use crate::support::terminal::OsSession;
use expectrl::{ControlCode, Expect, process::unix::Signal};

use crate::support::{OATHTOOL, World};
use crate::terminal::{finish, oathtool, shown_key, terminal, type_hidden, wait_for};

/// A world with a second factor, its backup codes saved, and nobody logged in.
fn locked_out() -> (World, Vec<String>) {
    let world = World::logged_in();
    let on = world.switch_on();
    world.run(&["logout"]).expect(0);
    let codes = on["backup_codes"].as_array().unwrap().iter();
    let codes = codes.map(|code| code.as_str().unwrap().to_owned());
    (world, codes.collect())
}

/// `scw 2fa off` without a login, up to where the code is asked for.
fn off_at_the_code(world: &World, api: &str) -> OsSession {
    let mut session = terminal(world, &["--api", api, "2fa", "off"]);
    wait_for(&mut session, "Email");
    session.send_line(&world.info().email).unwrap();
    type_hidden(&mut session, "Password", &world.info().password);
    wait_for(&mut session, "Code from the app, or a backup code");
    session
}

/// Ends a run by Ctrl-C or by SIGTERM.
fn end(session: &mut OsSession, by_key: bool) {
    if by_key {
        session.send(ControlCode::EndOfText).unwrap();
    } else {
        session.get_process_mut().signal(Signal::SIGTERM).unwrap();
    }
}

// Issue 7, 7
#[test]
fn off_without_a_login_ended_at_the_code_prompt_leaves_nothing_open() {
    for api in ["iam", "account"] {
        let (world, _) = locked_out();
        for by_key in [true, false] {
            let mut session = off_at_the_code(&world, api);
            end(&mut session, by_key);
            let (rest, code) = finish(&mut session);
            assert_eq!(code, 130, "{rest}");
            world.expect_nothing_open();
        }
        assert_eq!(world.two_factor(), "on");
        assert_eq!(world.unused(), 10);
    }
}

// Issue 7, 7
#[test]
fn off_without_a_login_ended_at_the_confirmation_leaves_nothing_open() {
    for api in ["iam", "account"] {
        let (world, codes) = locked_out();
        for (by_key, code) in [(true, &codes[0]), (false, &codes[1])] {
            let mut session = off_at_the_code(&world, api);
            session.send_line(code).unwrap();
            wait_for(&mut session, "Turn two-factor authentication off?");
            if api == "iam" {
                assert_eq!(world.sandbox.state().unwrap()["sessions"], 1);
            }
            end(&mut session, by_key);
            if !by_key {
                wait_for(&mut session, "scw is ending the login session");
            }
            let (rest, code) = finish(&mut session);
            assert_eq!(code, 130, "{rest}");
            world.expect_nothing_open();
        }
        assert_eq!(world.two_factor(), "on", "{api}");
        // A "no" ends the session too.
        let mut session = off_at_the_code(&world, api);
        session.send_line(&codes[2]).unwrap();
        wait_for(&mut session, "Turn two-factor authentication off?");
        session.send_line("n").unwrap();
        assert_eq!(finish(&mut session).1, 1);
        world.expect_nothing_open();
    }
}

// Issue 7, 8
#[test]
fn a_renewal_says_what_stops_working_and_asks() {
    let world = World::logged_in();
    let first = world.switch_on();
    let renew = ["2fa", "on", "--renew", "--otp-command", OATHTOOL];
    let question = "Replace the authenticator app?";
    for (answer, code) in [("n", 1), ("", 1), ("\u{3}", 130)] {
        let mut session = terminal(&world, &renew);
        let asked = wait_for(&mut session, question);
        for named in [
            "owner@example.com",
            "`default`",
            "organization Sandbox",
            "The old app and the old backup codes stop working at once.",
        ] {
            assert!(asked.contains(named), "{asked}");
        }
        if code == 130 {
            session.send(answer).unwrap();
        } else {
            session.send_line(answer).unwrap();
        }
        let (rest, ended) = finish(&mut session);
        assert_eq!(ended, code, "{rest}");
        assert_eq!(world.asked("DELETE", "/mfa-otp"), 0);
        assert_eq!(world.asked("POST", "/mfa-otp"), 1, "the first one's");
        assert_eq!((world.two_factor().as_str(), world.unused()), ("on", 10));
    }
    let mut session = terminal(&world, &renew);
    wait_for(&mut session, question);
    session.send_line("y").unwrap();
    let (rest, code) = finish(&mut session);
    assert_eq!(code, 0, "{rest}");
    assert!(!rest.contains(first["backup_codes"][0].as_str().unwrap()));
    assert_eq!((world.two_factor().as_str(), world.unused()), ("on", 10));
}

// Issue 7, 11
#[test]
fn a_used_code_is_asked_for_at_a_terminal_and_ctrl_c_gets_out() {
    let world = World::logged_in();
    let on = world.switch_on();
    for (number, arguments) in [
        &["2fa", "codes", "used"][..],
        &["2fa", "codes", "used", "-"],
    ]
    .into_iter()
    .enumerate()
    {
        for by_key in [true, false] {
            let mut session = terminal(&world, arguments);
            wait_for(&mut session, "Backup code");
            end(&mut session, by_key);
            let (rest, code) = finish(&mut session);
            assert_eq!(code, 130, "{rest}");
        }
        let mut session = terminal(&world, arguments);
        wait_for(&mut session, "Backup code");
        let code = on["backup_codes"][number].as_str().unwrap();
        session.send_line(code).unwrap();
        wait_for(&mut session, "Marked the code as used");
        assert_eq!(finish(&mut session).1, 0);
        assert_eq!(world.unused(), 9 - number as u64);
    }
}

// Issue 7, 11
#[test]
fn a_password_file_that_is_the_terminal_is_a_question_without_echo() {
    let world = World::new();
    let login = ["login", "--storage", "file", "--email", &world.info().email];
    let arguments = [&login[..], &["--password-file", "-"]].concat();
    let mut session = terminal(&world, &arguments);
    type_hidden(&mut session, "Password", &world.info().password);
    let (rest, code) = finish(&mut session);
    assert_eq!(code, 0, "{rest}");
    assert!(!rest.contains(&world.info().password), "{rest}");

    let mut session = terminal(&world, &arguments);
    wait_for(&mut session, "Password");
    end(&mut session, true);
    assert_eq!(finish(&mut session).1, 130);
}

// Issue 7, 15
#[test]
fn an_email_that_can_be_none_is_asked_for_again_and_not_sent() {
    let world = World::new();
    let mut session = terminal(&world, &["login", "--storage", "file"]);
    for senseless in ["", "owner", "a b@example.com"] {
        wait_for(&mut session, "Email");
        session.send_line(senseless).unwrap();
        wait_for(&mut session, "Try again");
    }
    wait_for(&mut session, "Email");
    assert!(world.sandbox.requests().is_empty());
    session.send_line(&world.info().email).unwrap();
    type_hidden(&mut session, "Password", &world.info().password);
    let (rest, code) = finish(&mut session);
    assert_eq!(code, 0, "{rest}");
}

// Issue 7, 15
#[test]
fn what_is_no_code_does_not_count_and_enter_alone_neither() {
    let world = World::logged_in();
    let mut session = terminal(&world, &["2fa", "on"]);
    let key = shown_key(&mut session);
    for malformed in ["12345", "", "1234567", "abcdef", ""] {
        wait_for(&mut session, "Six-digit code");
        session.send_line(malformed).unwrap();
        wait_for(&mut session, "six digits. Try again.");
    }
    wait_for(&mut session, "Six-digit code");
    session.send_line(oathtool(&key)).unwrap();
    let (rest, code) = finish(&mut session);
    assert_eq!(code, 0, "{rest}");
    assert_eq!(world.asked("POST", "/validate-mfa-otp"), 1);
}

// Issue 7, 15
#[test]
fn after_the_last_try_the_person_is_told_to_delete_the_entry() {
    let world = World::logged_in();
    let mut session = terminal(&world, &["2fa", "on"]);
    for _ in 0..3 {
        wait_for(&mut session, "Six-digit code");
        session.send_line("000000").unwrap();
    }
    wait_for(
        &mut session,
        "delete this entry from your authenticator app",
    );
    assert_eq!(finish(&mut session).1, 4);
    assert_eq!(world.two_factor(), "off");
}

// Issue 7, 20
#[test]
fn a_question_at_a_terminal_ends_at_once_on_a_request_to_end() {
    let world = World::new();
    for arguments in [
        &["login", "--storage", "file"][..],
        &["login", "--storage", "file", "--with-token"],
        &["login", "--storage", "file", "--email", "a@example.com"],
    ] {
        for by_key in [true, false] {
            let mut session = terminal(&world, arguments);
            session
                .expect(expectrl::Regex("Email|Secret key|Password"))
                .unwrap();
            end(&mut session, by_key);
            let (rest, code) = finish(&mut session);
            assert_eq!(code, 130, "{rest}");
        }
    }
    assert!(world.sandbox.requests().is_empty());
}

// Issue 8, 1
#[test]
fn an_app_that_replaced_the_one_in_question_is_left_alone() {
    for command in [&["2fa", "off"][..], &["2fa", "on", "--renew"]] {
        let world = World::logged_in();
        world.switch_on();
        let mut session = terminal(&world, command);
        wait_for(&mut session, "[y/N]");
        let path = format!("/iam/v1alpha1/users/{}/mfa-otp", world.info().user_id);
        world.elsewhere("DELETE", &path, "{}");
        world.switch_on_elsewhere();
        session.send_line("y").unwrap();
        wait_for(
            &mut session,
            "somebody else changed the account in the meantime",
        );
        let (rest, code) = finish(&mut session);
        assert_eq!(code, 1, "{rest}");
        assert_eq!(world.two_factor(), "on");
        assert_eq!(world.asked("DELETE", "/mfa-otp"), 1, "the console's");
    }
}

// Issue 9, 4
#[test]
fn a_no_after_a_sign_in_with_a_backup_code_says_that_the_code_is_used_up() {
    let (world, _) = locked_out();
    let email = world.info().email.clone();
    let mut session = terminal(&world, &["2fa", "off", "--backup-code", "--email", &email]);
    type_hidden(&mut session, "Password", &world.info().password);
    wait_for(&mut session, "Turn two-factor authentication off?");
    session.send_line("n").unwrap();
    wait_for(
        &mut session,
        "The backup code that you signed in with is used up.",
    );
    assert_eq!(finish(&mut session).1, 1);
    assert_eq!((world.two_factor().as_str(), world.unused()), ("on", 9));
}
