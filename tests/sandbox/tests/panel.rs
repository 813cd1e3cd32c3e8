//! The control panel, as a browser without scripts sees it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test's helper says what is wrong by failing, like the test itself"
)]

mod wire;

use serde_json::json;
use wire::{
    Wire,
    browser::{Browser, Look, both_say, codes},
};

#[test]
fn the_address_that_is_printed_leads_to_the_sign_in() {
    let wire = Wire::new();
    let info = wire.sandbox.info();
    let port = info.api_url.rsplit(':').next().unwrap();
    let start = format!("http://localhost:{port}/panel/");
    assert!(info.panel_url.starts_with(&start), "{}", info.panel_url);
    wire.open("/panel/", "").leads_to("/panel");
    wire.open("/panel", "").leads_to("/panel/sign-in");
    wire.open("/panel/nowhere", "").shows(404, "no such page");
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
    let shown = browser.enable(&format!("{} {}", &code[..3], &code[3..]));
    let backup = codes(shown.shows(200, "Two-factor authentication is on."));
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
        .shows(200, "Two-factor authentication is off");
    assert_eq!(wire.sandbox.state().unwrap()["backup_codes_unused"], 0);
}

#[test]
fn what_an_api_does_shows_without_a_restart() {
    let wire = Wire::new();
    let mut browser = Browser::signed_in(&wire);
    browser.open("/panel").shows(200, "authentication is off");
    let (_, backup) = wire.switch_on();
    browser.open("/panel").shows(200, "authentication is on");
    browser
        .disable("disable", ("backup_code", &backup[3]))
        .leads_to("/panel");
    wire.switch_on();
    wire.delete(&wire.user_path("/mfa-otp")).expect(204);
    browser.open("/panel").shows(200, "authentication is off");
    browser.open("/panel/two-factor/disable").leads_to("/panel");
    browser.open("/panel/two-factor/enable").leads_to("/panel");
}

#[test]
fn a_wrong_entry_is_told_beside_its_field() {
    let wire = Wire::new();
    let mut browser = Browser::new(&wire);
    let email = wire.sandbox.info().email.clone();
    let fields = [("email", email.as_str()), ("password", "wrong")];
    let page = browser.fill("/panel/sign-in", "/panel/sign-in", &fields);
    let html = page.shows(
        401,
        "id=\"password-problem\">The email address or the password",
    );
    assert!(html.contains("aria-describedby=\"password-problem\""));
    assert!(html.contains(&format!("value=\"{email}\"")) && !html.contains("\"wrong\""));

    browser.password().leads_to("/panel");
    let key = browser.start();
    let page = browser.enable("000000");
    let html = page.shows(422, "role=\"alert\" id=\"code-problem\">Wrong code");
    assert!(html.contains("inputmode=\"numeric\" autocomplete=\"one-time-code\""));
    assert!(
        html.replace(' ', "").contains(&key),
        "the same key is shown again"
    );
    both_say(&wire, false);
    let backup = codes(browser.enable(&wire.code(&key)).html());

    browser
        .disable("yes", ("code", "000000"))
        .shows(422, "id=\"confirmation-problem\"");
    browser
        .disable("disable", ("code", ""))
        .shows(422, "id=\"code-problem\"");
    browser
        .disable("disable", ("code", "000000"))
        .shows(422, "id=\"code-problem\"");
    let page = browser.disable("disable", ("backup_code", "00000-00000"));
    page.shows(422, "id=\"backup_code-problem\"");
    both_say(&wire, true);

    let mut second = Browser::new(&wire);
    second.password().leads_to("/panel/sign-in/code");
    second.code("code", "").shows(401, "Enter a code");
    second
        .code("code", "000000")
        .shows(401, "id=\"code-problem\">The code is wrong");
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
    browser.code("code", &code).shows(401, "already used");
    browser
        .code("backup_code", &backup[0])
        .shows(401, "already used");
    browser.code("backup_code", &backup[1]).leads_to("/panel");
    wire.log_in_first(&backup[1]).expect(400);
    browser
        .disable("disable", ("code", &code))
        .shows(422, "already used");
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
    browser.code("code", "000000").shows(401, "wrong");
    inside
        .disable("disable", ("code", "000000"))
        .shows(422, "wrong");
    // Now there were three, through three doors.
    wire.log_in_first(&wire.code(&key)).expect(423);
    browser
        .open("/panel/sign-in/code")
        .shows(423, "The account is locked");
    inside.open("/panel").shows(423, "The account is locked");
    Browser::new(&wire)
        .password()
        .shows(423, "The account is locked");
    assert_eq!(wire.sandbox.state().unwrap()["two_factor"], "on");
}

#[test]
fn backup_codes_are_shown_once_and_can_be_downloaded_from_there() {
    let wire = Wire::new();
    let mut browser = Browser::signed_in(&wire);
    let key = browser.start();
    let shown = browser.enable(&wire.code(&key));
    assert_eq!(shown.headers["cache-control"], "no-store");
    let backup = codes(shown.html());
    let form = shown.form();
    for _ in 0..2 {
        let all = backup.join(" ");
        let fields = [("form", form.as_str()), ("codes", all.as_str())];
        let file = browser.send("/panel/backup-codes", &fields);
        assert_eq!(file.html(), format!("{}\n", backup.join("\n")));
        assert_eq!(
            file.headers["content-disposition"],
            "attachment; filename=\"backup-codes.txt\""
        );
    }
    let fields = [("form", form.as_str()), ("codes", "<script>")];
    browser.send("/panel/backup-codes", &fields).shows(403, "");
    for page in ["/panel", "/panel/two-factor/disable", "/panel/access"] {
        let html = browser.open(page).html().to_owned();
        assert!(!backup.iter().any(|code| html.contains(code)), "{page}");
        assert!(!html.replace(' ', "").contains(&key), "{page}");
    }
    for seen in wire.sandbox.requests() {
        assert!(!backup.iter().any(|code| seen.path.contains(code)));
        assert!(!seen.path.contains(&key));
    }
}

#[test]
fn keys_and_sessions_are_listed_and_revoked() {
    let wire = Wire::new();
    let info = wire.sandbox.info().clone();
    let mut browser = Browser::signed_in(&wire);
    let other = wire.log_in_first("").expect(200);
    let page = browser.open("/panel/access");
    let html = page.shows(200, &info.access_key);
    assert!(!html.contains(&info.secret_key) && html.contains("(this one)"));
    let jti = other["jwt"]["jti"].as_str().unwrap();
    browser
        .fill("/panel/access", "/panel/access/session", &[("jti", jti)])
        .leads_to("/panel/access");
    let token = other["token"].as_str().unwrap();
    wire.in_session(token, "GET", &wire.user_path(""), None)
        .expect(401);
    browser
        .fill(
            "/panel/access",
            "/panel/access/key",
            &[("access_key", &info.access_key)],
        )
        .leads_to("/panel/access");
    wire.get(&wire.user_path("")).expect(401);
    browser
        .fill(
            "/panel/access",
            "/panel/access/key",
            &[("access_key", "SCWXXXXXXXXXXXXXXXXX")],
        )
        .shows(404, "already gone");

    let stolen = browser.cookie("scw_session");
    browser
        .fill("/panel", "/panel/sign-out", &[])
        .leads_to("/panel/sign-in");
    assert_eq!(browser.cookie("scw_session"), "");
    wire.open("/panel", &stolen).leads_to("/panel/sign-in");
    assert_eq!(wire.sandbox.state().unwrap()["sessions"], 0);
}
