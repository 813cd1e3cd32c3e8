//! `scw 2fa on` and `off` with somebody who types.

use expectrl::{ControlCode, Expect};

use crate::{
    support::World,
    terminal::{finish, in_terminal, oathtool, shown_key, terminal, wait_for},
};

#[test]
fn a_person_types_the_code_and_gets_three_tries() {
    let world = World::logged_in();
    let mut session = terminal(&world, &["2fa", "on"]);
    let key = shown_key(&mut session);
    wait_for(&mut session, "Six-digit code");
    session.send_line("12345").unwrap();
    wait_for(&mut session, "six digits. Try again.");
    wait_for(&mut session, "Six-digit code");
    session.send_line("000000").unwrap();
    wait_for(
        &mut session,
        "Wrong code: it does not match this key. Try again.",
    );
    wait_for(&mut session, "Six-digit code");
    let code = oathtool(&key);
    session
        .send_line(format!("{} {}", &code[..3], &code[3..]))
        .unwrap();
    wait_for(&mut session, "Two-factor authentication is on");
    let (rest, code) = finish(&mut session);
    assert_eq!(code, 0, "{rest}");
    assert_eq!(world.two_factor(), "on");
    assert_eq!(
        world.asked("POST", "/validate-mfa-otp"),
        1,
        "wrong codes cost no request"
    );
}

// Issue 7, 15
#[test]
fn after_three_wrong_codes_the_account_is_as_it_was() {
    let world = World::logged_in();
    let mut session = terminal(&world, &["2fa", "on"]);
    for _ in 0..3 {
        wait_for(&mut session, "Six-digit code");
        session.send_line("000000").unwrap();
    }
    wait_for(&mut session, "The account is unchanged");
    assert_eq!(finish(&mut session).1, 4);
    assert_eq!(world.two_factor(), "off");
}

#[test]
fn ctrl_c_at_the_code_prompt_removes_the_pending_key_and_restores_the_terminal() {
    let world = World::logged_in();
    // A shell around it, so that the terminal outlives the command and can be looked at.
    let script = "trap : INT; stty -g >before; \"$0\" 2fa on; echo \"code $?\"; \
        stty -g >after; cat before after; cmp before after && echo same";
    let mut session = in_terminal(&world, script, &[]);
    wait_for(&mut session, "Six-digit code");
    assert_eq!(world.two_factor(), "pending");
    session.send("12").unwrap();
    session.send(ControlCode::EndOfText).unwrap();
    let before = wait_for(&mut session, "Cancelled. The account is unchanged.");
    assert!(before.contains('\n'), "on a line of its own: {before}");
    let (rest, _) = finish(&mut session);
    assert!(rest.contains("code 130") && rest.contains("same"), "{rest}");
    assert_eq!(world.two_factor(), "off");
}

#[test]
fn a_request_to_end_at_the_code_prompt_is_obeyed_after_tidying_up() {
    let world = World::logged_in();
    let mut session = terminal(&world, &["2fa", "on"]);
    wait_for(&mut session, "Six-digit code");
    session
        .get_process_mut()
        .signal(expectrl::process::unix::Signal::SIGTERM)
        .unwrap();
    let (rest, code) = finish(&mut session);
    assert_eq!(code, 130, "{rest}");
    assert_eq!(world.two_factor(), "off");
}

#[test]
fn no_input_asks_nothing_in_a_terminal_either() {
    let world = World::logged_in();
    for (arguments, flag) in [
        (&["--no-input", "2fa", "on"][..], "--otp-command"),
        (
            &["--no-input", "login", "--with-token", "--storage", "file"],
            "stdin",
        ),
    ] {
        let mut session = terminal(&world, arguments);
        let (rest, code) = finish(&mut session);
        assert_eq!(code, 2, "{rest}");
        assert!(rest.contains(flag), "{rest}");
    }
    assert_eq!(world.asked("POST", "/mfa-otp"), 0);
}

#[test]
fn off_asks_for_a_confirmation_and_no_means_no() {
    let world = World::logged_in();
    world.switch_on();
    for (answer, code, state) in [("n", 1, "on"), ("", 1, "on"), ("y", 0, "off")] {
        let mut session = terminal(&world, &["2fa", "off"]);
        wait_for(&mut session, "Turn two-factor authentication off?");
        session.send_line(answer).unwrap();
        let (rest, ended) = finish(&mut session);
        assert_eq!(ended, code, "{rest}");
        assert_eq!(world.two_factor(), state, "{answer}");
    }
}
