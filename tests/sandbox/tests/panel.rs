//! The control panel, as a browser without scripts sees it.

use crate::wire::{
    Wire,
    browser::{Browser, Look, both_say, codes},
};
use serde_json::json;

#[test]
fn the_address_that_is_printed_leads_to_the_sign_in() {
    let wire = Wire::new();
    let info = wire.sandbox.info();
    let port = info.api_url.rsplit(':').next().unwrap();
    let start = format!("http://localhost:{port}/panel/");
    assert!(info.panel_url.starts_with(&start), "{}", info.panel_url);
    wire.open("/panel/", "").leads_to("/panel");
    wire.open("/panel", "").leads_to("/panel/sign-in");
    wire.open("/panel/nowhere", "")
        .shows(404, "<title>Page not found");
    // Other addresses are still the APIs'.
    let missing = wire.open("/nowhere", "").expect(404);
    assert_eq!(missing["type"], "not_found");
    let missing = wire.request("POST", "/", Some(json!({}))).expect(404);
    assert_eq!(missing["type"], "not_found");
}

#[test]
fn on_and_off_in_the_panel_is_on_and_off_in_both_apis() {
    let wire = Wire::new();
    let mut browser = Browser::signed_in(&wire);
    let key = browser.start();
    both_say(&wire, false);
    let code = wire.code(&key);
    let answer = browser.enable(&format!("{} {}", &code[..3], &code[3..]));
    let told = "Two-factor authentication is on.";
    let shown = browser.told(&answer, "/panel/backup-codes", told);
    let backup = codes(shown.html());
    assert_eq!(backup.len(), 10);
    both_say(&wire, true);
    browser
        .open("/panel")
        .shows(200, "<strong>10</strong> backup codes are left");

    let mut second = Browser::new(&wire);
    wire.sandbox.advance(60);
    second.password().leads_to("/panel/sign-in/code");
    second.code("code", &wire.code(&key)).leads_to("/panel");
    let mut third = Browser::new(&wire);
    third.password().leads_to("/panel/sign-in/code");
    third.code("backup_code", &backup[0]).leads_to("/panel");
    third
        .open("/panel")
        .shows(200, "<strong>9</strong> backup codes are left");

    wire.sandbox.advance(60);
    third
        .disable("Disable ", ("code", &wire.code(&key)))
        .leads_to("/panel");
    both_say(&wire, false);
    third
        .open("/panel")
        .shows(200, "Two-factor authentication is off.");
    third
        .open("/panel")
        .shows(200, "<p class=\"badge off\">Off");
    assert_eq!(wire.sandbox.state().unwrap()["backup_codes_unused"], 0);
}

#[test]
fn what_an_api_does_shows_without_a_restart() {
    let wire = Wire::new();
    let mut browser = Browser::signed_in(&wire);
    browser.open("/panel").shows(200, "badge off");
    let (_, backup) = wire.switch_on();
    browser.open("/panel").shows(200, "badge on");
    browser
        .disable("disable", ("backup_code", &backup[3]))
        .leads_to("/panel");
    wire.switch_on();
    wire.delete(&wire.user_path("/mfa-otp")).expect(204);
    browser.open("/panel").shows(200, "badge off");
    browser.open("/panel/two-factor/disable").leads_to("/panel");
    browser.open("/panel/two-factor/enable").leads_to("/panel");
}

#[test]
fn a_wrong_entry_is_told_beside_its_field() {
    let wire = Wire::new();
    let mut browser = Browser::new(&wire);
    let email = wire.sandbox.info().email.clone();
    let fields = [("email", email.as_str()), ("password", "wrong")];
    let answer = browser.fill("/panel/sign-in", "/panel/sign-in", &fields);
    let told = "id=\"password-problem\">The email address or the password";
    let page = browser.told(&answer, "/panel/sign-in", told);
    let html = page.html();
    assert!(html.contains("aria-describedby=\"password-problem\""));
    assert!(html.contains(&format!("value=\"{email}\"")) && !html.contains("\"wrong\""));

    browser.password().leads_to("/panel");
    let key = browser.start();
    let answer = browser.enable("000000");
    let told = "role=\"alert\" id=\"code-problem\">Wrong code";
    let page = browser.told(&answer, "/panel/two-factor/enable", told);
    let html = page.html();
    for needed in [
        "inputmode=\"numeric\"",
        "autocomplete=\"one-time-code\"",
        "pattern=\"\\s*([0-9]\\s*){6}\"",
        "maxlength=\"12\"",
    ] {
        assert!(html.contains(needed), "{needed}: {html}");
    }
    assert!(
        html.replace(' ', "").contains(&key),
        "the same key is shown again"
    );
    both_say(&wire, false);
    let code = wire.code(&key);
    browser.enable(&code).leads_to("/panel/backup-codes");
    let backup = codes(browser.open("/panel/backup-codes").html());

    let page = "/panel/two-factor/disable";
    for (word, code, problem) in [
        ("yes", ("code", "000000"), "confirmation"),
        ("disable", ("code", ""), "code"),
        ("disable", ("code", "000000"), "code"),
        ("disable", ("backup_code", "00000-00000"), "backup_code"),
    ] {
        let answer = browser.disable(word, code);
        let told = format!("id=\"{problem}-problem\"");
        let page = browser.told(&answer, page, &told);
        page.shows(200, &format!("value=\"{word}\""));
        assert!(!page.html().contains("value=\"00000"), "no code comes back");
    }
    both_say(&wire, true);

    let mut second = Browser::new(&wire);
    second.password().leads_to("/panel/sign-in/code");
    for (code, told) in [
        ("", "Enter a code"),
        ("000000", "\"code-problem\">The code is wrong"),
    ] {
        let answer = second.code("code", code);
        second.told(&answer, "/panel/sign-in/code", told);
    }
    second.code("backup_code", &backup[0]).leads_to("/panel");
}

#[test]
fn codes_work_once_whichever_door_they_come_through() {
    let wire = Wire::new();
    let (key, backup) = wire.switch_on();
    let code = wire.code(&key);
    wire.log_in_first(&code).expect(200);
    wire.log_in_first(&backup[0]).expect(200);
    let mut browser = Browser::new(&wire);
    browser.password().leads_to("/panel/sign-in/code");
    for used in [("code", &code), ("backup_code", &backup[0])] {
        let answer = browser.code(used.0, used.1);
        browser.told(&answer, "/panel/sign-in/code", "already used");
    }
    browser.code("backup_code", &backup[1]).leads_to("/panel");
    wire.log_in_first(&backup[1]).expect(400);
    let answer = browser.disable("disable", ("code", &code));
    browser.told(&answer, "/panel/two-factor/disable", "already used");
}

#[test]
fn the_lock_is_the_one_of_both_apis() {
    let wire = Wire::seeded(&json!({"organizations": [{"login_attempts": 3,
        "users": [{"email": "ada@example.com"}]}]}));
    let (key, backup) = wire.switch_on();
    let mut inside = Browser::signed_in_as_other(&wire, &backup[0]);
    let mut browser = Browser::new(&wire);
    browser.password().leads_to("/panel/sign-in/code");
    wire.log_in_first("000000").expect(400);
    let answer = browser.code("code", "000000");
    browser.told(&answer, "/panel/sign-in/code", "wrong");
    inside
        .disable("disable", ("code", "000000"))
        .leads_to("/panel/two-factor/disable");
    // Now there were three, through three doors.
    wire.log_in_first(&wire.code(&key)).expect(423);
    let locked = "The account is locked";
    let answer = browser.open("/panel/sign-in/code");
    browser.told(&answer, "/panel/sign-in", locked);
    let answer = inside.open("/panel");
    inside.told(&answer, "/panel/sign-in", locked);
    let mut third = Browser::new(&wire);
    let answer = third.password();
    third.told(&answer, "/panel/sign-in", locked);
    assert_eq!(wire.sandbox.state().unwrap()["two_factor"], "on");
}
