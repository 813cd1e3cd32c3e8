//! The way of a person through the panel: every page loaded again, every form sent again.

use crate::wire::{
    Wire,
    browser::{Browser, Look, both_say, codes},
};

const CODES: &str = "/panel/backup-codes";

// Issue 11, 1: POST, redirect, GET, so that a reload sends nothing a second time.
#[test]
fn every_form_is_answered_with_a_redirect_and_every_page_can_be_loaded_again() {
    let wire = Wire::new();
    let info = wire.sandbox.info().clone();
    let mut browser = Browser::new(&wire);
    let mut last = None;
    // A page, the form on it, its fields, and where it leads. Each form is sent twice.
    let mut step = |browser: &mut Browser<'_>, page: &str, path: &str, fields: &[(&str, &str)]| {
        for _ in 0..2 {
            let shown = browser.open(page);
            assert_eq!(shown.status, 200, "{page}");
            assert_eq!(shown.headers["cache-control"], "no-store");
        }
        let form = browser.open(page).form();
        let fields = [&[("form", form.as_str())], fields].concat();
        let before = browser.cookies.clone();
        let answer = browser.send(path, &fields);
        assert_eq!(answer.status, 303, "{path}: {}", answer.html());
        let after = std::mem::replace(&mut browser.cookies, before);
        let again = browser.send(path, &fields);
        assert_eq!(again.status, 303, "{path}: {}", again.html());
        browser.cookies = after;
        last = Some(answer);
    };
    let mut key = String::new();
    for (email, password) in [("x@example.com", "x"), (&info.email, &info.password)] {
        let fields = [("email", email), ("password", password)];
        step(&mut browser, "/panel/sign-in", "/panel/sign-in", &fields);
    }
    step(&mut browser, "/panel", "/panel/two-factor/start", &[]);
    let setup = "/panel/two-factor/enable";
    for right in [false, true] {
        let page = browser.open(setup).html().to_owned();
        key = crate::wire::browser::key(&page);
        let code = if right {
            wire.code(&key)
        } else {
            "000000".to_owned()
        };
        step(&mut browser, setup, setup, &[("code", &code)]);
    }
    both_say(&wire, true);
    step(&mut browser, CODES, "/panel/backup-codes/saved", &[]);
    let saved = [("saved", "yes")];
    step(&mut browser, CODES, "/panel/backup-codes/saved", &saved);
    wire.sandbox.advance(60);
    let renewal = "/panel/backup-codes/new";
    for right in [false, true] {
        let code = if right {
            wire.code(&key)
        } else {
            "000000".to_owned()
        };
        step(&mut browser, renewal, renewal, &[("code", &code)]);
    }
    let backup = codes(browser.open(CODES).html());
    step(&mut browser, CODES, "/panel/backup-codes/saved", &saved);
    step(&mut browser, "/panel", "/panel/sign-out", &[]);

    let fields = [
        ("email", info.email.as_str()),
        ("password", info.password.as_str()),
    ];
    step(&mut browser, "/panel/sign-in", "/panel/sign-in", &fields);
    let code = "/panel/sign-in/code";
    step(&mut browser, code, code, &[("backup_code", "wrong-1")]);
    step(&mut browser, code, code, &[("backup_code", &backup[0])]);
    let off = "/panel/two-factor/disable";
    let fields = [("confirmation", "disable"), ("backup_code", &backup[1])];
    step(&mut browser, off, off, &fields);
    both_say(&wire, false);
    last.unwrap().leads_to("/panel");
    assert_eq!(wire.sandbox.state().unwrap()["sessions"], 1);
    for seen in wire.sandbox.requests() {
        for secret in backup.iter().chain([&key, &info.password]) {
            assert!(!seen.path.contains(secret.as_str()), "{}", seen.path);
        }
    }
}

// Issue 11, 1: what was done is said once, and what is the case is shown always.
#[test]
fn the_first_page_says_what_is_on_since_when_and_what_waits() {
    let wire = Wire::new();
    let mut browser = Browser::signed_in(&wire);
    let html = browser.open("/panel").html().to_owned();
    assert!(html.contains("<p class=\"badge off\">Off</p>"), "{html}");
    assert!(!html.contains("Continue the setup"));
    browser.start();
    browser.open("/panel").shows(200, "Continue the setup");

    let page = browser.open("/panel/two-factor/enable");
    let code = wire.code(&crate::wire::browser::key(page.html()));
    browser.enable(&code).leads_to(CODES);
    let page = browser.open("/panel");
    let html = page.shows(200, "<p class=\"badge on\">On since <time datetime=\"2");
    assert!(html.contains("Two-factor authentication is on."), "{html}");
    assert!(html.contains("not saved yet") && html.contains("Show the codes"));
    assert!(html.contains("<strong>10</strong> backup codes are left"));
    let again = browser.open("/panel").html().to_owned();
    assert!(!again.contains("Two-factor authentication is on."));
    assert!(again.contains("not saved yet"));
    let (codes, off) = (again.find("New codes"), again.find("Disable two-factor"));
    assert!(codes.unwrap() < off.unwrap(), "the destructive one is last");
    assert!(again.rfind("class=\"button").unwrap() < off.unwrap());
}

// Issue 11, 1: never lost by a reload, in the session's memory, ten minutes at most.
#[test]
fn unsaved_codes_outlive_reloads_for_ten_minutes_in_their_own_session() {
    let wire = Wire::new();
    let mut browser = Browser::signed_in(&wire);
    let mut other = Browser::signed_in(&wire);
    let (_, backup) = browser.enabled();
    for _ in 0..3 {
        assert_eq!(codes(browser.open(CODES).html()), backup);
    }
    let file = browser.open("/panel/backup-codes/download");
    assert_eq!(file.html(), format!("{}\n", backup.join("\n")));
    assert_eq!(
        file.headers["content-disposition"],
        "attachment; filename=\"backup-codes.txt\""
    );
    assert_eq!(file.headers["cache-control"], "no-store");
    // The form of the setup, sent again from the back button, and the setup itself lead to them.
    browser.open("/panel/two-factor/enable").leads_to(CODES);
    let stale = [("form", "x"), ("code", "123456")];
    let answer = browser.send("/panel/two-factor/enable", &stale);
    let page = browser.told(&answer, CODES, "You sent this form before");
    assert_eq!(codes(page.html()), backup);
    // Without the word that they are saved they stay.
    let answer = browser.fill(CODES, "/panel/backup-codes/saved", &[]);
    let page = browser.told(&answer, CODES, "id=\"saved-problem\"");
    assert_eq!(codes(page.html()), backup);
    // Another browser of the same person has nothing to show.
    other.open(CODES).leads_to("/panel");
    other
        .open("/panel/backup-codes/download")
        .leads_to("/panel");

    wire.sandbox.advance(599);
    assert_eq!(codes(browser.open(CODES).html()), backup);
    wire.sandbox.advance(1);
    browser.open(CODES).leads_to("/panel");
    browser
        .open("/panel/backup-codes/download")
        .leads_to("/panel");
    let html = browser.open("/panel").html().to_owned();
    assert!(!html.contains("not saved yet"), "{html}");
}

// Issue 11, 1 and "done when" 2: nothing is shown after they are saved, and after a sign-out.
#[test]
fn saved_codes_and_codes_of_a_session_that_is_over_are_shown_by_nothing() {
    let wire = Wire::new();
    let mut browser = Browser::signed_in(&wire);
    let (key, backup) = browser.enabled();
    browser
        .fill(CODES, "/panel/backup-codes/saved", &[("saved", "yes")])
        .leads_to("/panel");
    browser.open(CODES).leads_to("/panel");
    for page in ["/panel", "/panel/two-factor/disable", "/panel/access"] {
        let html = browser.open(page).html().to_owned();
        assert!(!backup.iter().any(|code| html.contains(code)), "{page}");
        assert!(!html.replace(' ', "").contains(&key), "{page}");
    }

    let renewal = "/panel/backup-codes/new";
    browser
        .fill(renewal, renewal, &[("backup_code", &backup[0])])
        .leads_to(CODES);
    let renewed = codes(browser.open(CODES).html());
    let session = browser.header();
    browser.sign_out();
    browser
        .open("/panel/sign-in?out")
        .shows(200, "You are signed out.");
    for page in [CODES, "/panel/backup-codes/download", "/panel"] {
        wire.open(page, &session).leads_to("/panel/sign-in");
    }
    // Not even to the same person in a new session.
    browser.password().leads_to("/panel/sign-in/code");
    browser.code("backup_code", &renewed[0]).leads_to("/panel");
    browser.open(CODES).leads_to("/panel");
}

// Issue 11, 1: codes that others took the place of are void, and are not shown as if they worked.
#[test]
fn new_codes_end_the_old_ones_and_every_page_that_still_shows_them() {
    let wire = Wire::new();
    let mut browser = Browser::signed_in(&wire);
    let mut other = Browser::signed_in(&wire);
    let (key, old) = browser.enabled();
    wire.sandbox.advance(60);
    let renewal = "/panel/backup-codes/new";
    for (code, told) in [("", "Enter a code"), ("000000", "The code is wrong")] {
        let answer = other.fill(renewal, renewal, &[("code", code)]);
        other.told(&answer, renewal, told);
    }
    assert_eq!(
        codes(browser.open(CODES).html()),
        old,
        "nothing was changed"
    );
    let answer = other.fill(renewal, renewal, &[("code", &wire.code(&key))]);
    let page = other.told(&answer, CODES, "The old ones no longer work");
    let new = codes(page.html());
    assert!(new.len() == 10 && !new.iter().any(|code| old.contains(code)));
    browser.open(CODES).leads_to("/panel");
    wire.log_in_first(&old[0]).expect(400);
    wire.log_in_first(&new[0]).expect(200);
    // One that was used since then does not hide the others.
    assert_eq!(codes(other.open(CODES).html()), new);
    wire.delete(&wire.user_path("/mfa-otp")).expect(204);
    other.open(CODES).leads_to("/panel");
    other.open(renewal).leads_to("/panel");
}

// Issue 11, 1: a session that is over leads to the sign-in, which says why.
#[test]
fn the_sign_in_says_why_it_is_shown() {
    let wire = Wire::new();
    let mut browser = Browser::signed_in(&wire);
    let list = format!(
        "/iam/v1alpha1/jwts?audience_id={}",
        wire.sandbox.info().user_id
    );
    let jti = wire.get(&list).expect(200)["jwts"][0]["jti"].clone();
    let path = format!("/iam/v1alpha1/jwts/{}", jti.as_str().unwrap());
    wire.delete(&path).expect(204);
    for _ in 0..2 {
        let answer = browser.open("/panel");
        browser.told(&answer, "/panel/sign-in", "Your session was ended.");
    }
    browser.password().leads_to("/panel");
    wire.sandbox.advance(3600);
    let answer = browser.open("/panel");
    browser.told(&answer, "/panel/sign-in", "Your session has expired.");
    browser.cookies.clear();
    let plain = browser.open("/panel/sign-in").html().to_owned();
    assert!(!plain.contains("class=\"alert\""), "{plain}");
    // A browser that keeps no cookies is told so.
    let answer = wire.fill("/panel/sign-in", "", &[("form", "x")]);
    browser.told(&answer, "/panel/sign-in?old", "does not keep cookies");
}

// Issue 11, 1: a failed code stays at the code, and the back button at the password.
#[test]
fn a_wrong_code_does_not_send_back_to_the_password_and_the_email_is_kept() {
    let wire = Wire::new();
    let (key, _) = wire.switch_on();
    let email = wire.sandbox.info().email.clone();
    let mut browser = Browser::new(&wire);
    browser.password().leads_to("/panel/sign-in/code");
    let form = browser.open("/panel/sign-in/code").form();
    let wrong = [("form", form.as_str()), ("code", "000000")];
    let answer = browser.send("/panel/sign-in/code", &wrong);
    let page = browser.told(&answer, "/panel/sign-in/code", "id=\"code-problem\"");
    page.shows(200, &format!("You sign in as <strong>{email}</strong>"));
    // Said once; the same form again counts as no attempt.
    let again = browser.open("/panel/sign-in/code").html().to_owned();
    assert!(!again.contains("code-problem"), "{again}");
    let answer = browser.send("/panel/sign-in/code", &wrong);
    browser.told(&answer, "/panel/sign-in/code", "You sent this form before");
    let page = browser.open("/panel/sign-in");
    page.shows(200, &format!("value=\"{email}\""));
    browser.code("code", &wire.code(&key)).leads_to("/panel");
    browser
        .open("/panel/sign-in/code")
        .leads_to("/panel/sign-in");
    browser.open("/panel/sign-in").leads_to("/panel");
}
