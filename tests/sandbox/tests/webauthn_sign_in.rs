//! Passkeys in the panel, with a software authenticator: adding one, and signing in with it.

use crate::wire::{
    Answer, Wire,
    browser::{Browser, Look},
    device::{Device, ceremony, options},
};
use scw_sandbox::Options;
use serde_json::{Value, json};

const SIGN_IN: &str = "/panel/sign-in";
const CODE: &str = "/panel/sign-in/code";
const ADD: &str = "/panel/passkeys/add";

/// Adds a passkey in a browser that is signed in.
fn add(browser: &mut Browser<'_>, origin: &str, device: &mut Device, name: &str) -> Answer {
    let page = browser.open(ADD);
    let made = device.create(origin, &options(&page)).unwrap().to_string();
    let (form, ceremony) = (page.form(), ceremony(&page));
    browser.send(
        ADD,
        &[
            ("form", &form),
            ("ceremony", &ceremony),
            ("answer", &made),
            ("name", name),
        ],
    )
}

/// A sandbox whose first user has a passkey, and the device that keeps it.
fn with_passkey() -> (Wire, Device) {
    let wire = Wire::new();
    let mut device = Device::new();
    let mut browser = Browser::signed_in(&wire);
    add(&mut browser, &wire.origin(), &mut device, "Laptop").leads_to("/panel");
    (wire, device)
}

/// Sends an answer for a page that was opened before.
fn answer(browser: &mut Browser<'_>, path: &str, page: &Answer, made: &Value) -> Answer {
    let (form, ceremony) = (page.form(), ceremony(page));
    let made = made.to_string();
    let fields = [
        ("form", form.as_str()),
        ("ceremony", &ceremony),
        ("answer", &made),
    ];
    browser.send(path, &fields)
}

/// Signs in with a passkey from a step's page.
fn use_passkey(browser: &mut Browser<'_>, origin: &str, step: &str, device: &mut Device) -> Answer {
    let page = browser.open(step);
    let made = device.get(origin, &options(&page)).unwrap();
    answer(browser, step, &page, &made)
}

/// A browser that a passkey has signed in.
fn signed_in<'a>(wire: &'a Wire, device: &mut Device) -> Browser<'a> {
    let mut browser = Browser::new(wire);
    use_passkey(&mut browser, &wire.origin(), SIGN_IN, device).leads_to("/panel");
    browser
}

/// Asserts that a sign-in led back to its step, whose page says why, and that nobody is signed in.
#[track_caller]
fn refused(browser: &mut Browser<'_>, answered: &Answer, step: &str, why: &str) {
    answered.leads_to(step);
    browser.open(step).shows(200, why);
    assert_eq!(browser.cookie("scw_session"), "");
}

const NOT_ACCEPTED: &str = "This passkey was not accepted.";
const TOO_OLD: &str = "The page was too old.";

fn passkeys(wire: &Wire) -> Vec<Value> {
    let path = wire.user_path("/webauthn-authenticators");
    let listed = wire.get(&path).expect(200);
    listed["authenticators"].as_array().unwrap().clone()
}

// Issue 11, 2: add, rename and remove in the panel.
#[test]
fn a_passkey_is_added_renamed_and_removed_in_the_panel() {
    let (wire, mut device) = with_passkey();
    let mut browser = signed_in(&wire, &mut device);
    browser.open("/panel").shows(200, "Laptop");
    let page = browser.open(ADD);
    assert!(
        device.create(&wire.origin(), &options(&page)).is_err(),
        "it was excluded"
    );

    let id = passkeys(&wire)[0]["id"].as_str().unwrap().to_owned();
    let rename = format!("/panel/passkeys/{id}/rename");
    for wrong in ["", " ", &"x".repeat(101)] {
        let page = format!("value=\"{wrong}\"");
        browser
            .fill(&rename, &rename, &[("name", wrong)])
            .leads_to(&rename);
        browser.open(&rename).shows(200, "at most 100 characters");
        assert_eq!(passkeys(&wire)[0]["name"], "Laptop", "{page}");
    }
    browser
        .fill(&rename, &rename, &[("name", "Old laptop")])
        .leads_to("/panel");
    browser.open("/panel").shows(200, "Old laptop");

    let remove = format!("/panel/passkeys/{id}/remove");
    browser.open(&remove).shows(200, "your only second factor");
    assert_eq!(passkeys(&wire).len(), 1);
    browser.fill(&remove, &remove, &[]).leads_to("/panel");
    browser
        .open("/panel")
        .shows(200, "The passkey was removed.");
    assert_eq!(passkeys(&wire), Vec::<Value>::new());
    browser.open(&remove).shows(404, "already gone");
}

// Issue 11, 2: what is wrong with a new passkey is said on its page, and nothing is added.
#[test]
fn a_passkey_that_is_not_good_is_not_added() {
    let wire = Wire::new();
    let origin = wire.origin();
    let mut browser = Browser::signed_in(&wire);
    add(&mut browser, &origin, &mut Device::new(), " ").leads_to(ADD);
    browser.open(ADD).shows(200, "at most 100 characters");
    let page = browser.open(ADD);
    let elsewhere = Device::new()
        .create("http://localhost:1", &options(&page))
        .unwrap();
    let (form, id) = (page.form(), ceremony(&page));
    let elsewhere = elsewhere.to_string();
    let fields = [
        ("form", form.as_str()),
        ("ceremony", &id),
        ("answer", &elsewhere),
        ("name", "Phone"),
    ];
    browser.send(ADD, &fields).leads_to(ADD);
    browser.open(ADD).shows(200, "could not be checked");

    // A panel's passkey has to know its person.
    let page = browser.open(ADD);
    let mut asked = options(&page);
    asked["authenticatorSelection"]["userVerification"] = json!("discouraged");
    let made = Device::without_verification()
        .create(&origin, &asked)
        .unwrap()
        .to_string();
    let (form, id) = (page.form(), ceremony(&page));
    let fields = [
        ("form", form.as_str()),
        ("ceremony", &id),
        ("answer", &made),
        ("name", "Phone"),
    ];
    browser.send(ADD, &fields).leads_to(ADD);
    browser.open(ADD).shows(200, "could not be checked");

    let page = browser.open(ADD);
    let made = Device::new()
        .create(&origin, &options(&page))
        .unwrap()
        .to_string();
    wire.sandbox.advance(600);
    let (form, id) = (page.form(), ceremony(&page));
    let fields = [
        ("form", form.as_str()),
        ("ceremony", &id),
        ("answer", &made),
        ("name", "Phone"),
    ];
    browser.send(ADD, &fields).leads_to(ADD);
    let page = browser.open(ADD);
    page.shows(200, TOO_OLD);
    page.shows(200, "value=\"Phone\"");
    assert_eq!(passkeys(&wire), Vec::<Value>::new());
}

// Issue 11, 2: a passkey alone signs in, also where the app is on, and that is kept.
#[test]
fn a_passkey_signs_in_without_password_and_code() {
    let (wire, mut device) = with_passkey();
    wire.switch_on();
    let user = || wire.get(&wire.user_path("")).expect(200);
    let before = user()["last_login_at"].clone();
    for _ in 0..3 {
        wire.sandbox.advance(60);
        let mut browser = Browser::new(&wire);
        use_passkey(&mut browser, &wire.origin(), SIGN_IN, &mut device).leads_to("/panel");
        browser.open("/panel").shows(200, "Laptop");
        let last_login = passkeys(&wire)[0]["last_login_at"].clone();
        assert_ne!(last_login, Value::Null);
        assert_eq!(user()["last_login_at"], last_login);
        assert_ne!(user()["last_login_at"], before);
    }
}

// Issue 11, 2: replayed, expired, of another visit, of another origin.
#[test]
fn an_answer_works_once_in_time_in_its_visit_and_at_its_origin() {
    let (wire, mut device) = with_passkey();
    let origin = wire.origin();
    let mut browser = Browser::new(&wire);
    let page = browser.open(SIGN_IN);
    let made = device.get(&origin, &options(&page)).unwrap();
    answer(&mut browser, SIGN_IN, &page, &made).leads_to("/panel");

    // The same answer again, in the same visit but with a form that was not sent before.
    let mut browser = Browser::new(&wire);
    let page = browser.open(SIGN_IN);
    let wrong = json!({"id": "AAAA"});
    let answered = answer(&mut browser, SIGN_IN, &page, &wrong);
    refused(&mut browser, &answered, SIGN_IN, NOT_ACCEPTED);
    let again = browser.open(SIGN_IN);
    let made = device.get(&origin, &options(&page)).unwrap().to_string();
    let (form, used) = (again.form(), ceremony(&page));
    let fields = [
        ("form", form.as_str()),
        ("ceremony", &used),
        ("answer", &made),
    ];
    let answered = browser.send(SIGN_IN, &fields);
    refused(&mut browser, &answered, SIGN_IN, TOO_OLD);

    // An answer to another challenge.
    let first = browser.open(SIGN_IN);
    let made = device.get(&origin, &options(&first)).unwrap();
    let second = browser.open(SIGN_IN);
    let answered = answer(&mut browser, SIGN_IN, &second, &made);
    refused(&mut browser, &answered, SIGN_IN, NOT_ACCEPTED);

    // Somebody else's visit.
    let made = device.get(&origin, &options(&first)).unwrap().to_string();
    let mut thief = Browser::new(&wire);
    let (form, stolen) = (thief.open(SIGN_IN).form(), ceremony(&first));
    let fields = [
        ("form", form.as_str()),
        ("ceremony", &stolen),
        ("answer", &made),
    ];
    let answered = thief.send(SIGN_IN, &fields);
    refused(&mut thief, &answered, SIGN_IN, TOO_OLD);

    let page = browser.open(SIGN_IN);
    let phished = device.get("http://localhost:1", &options(&page)).unwrap();
    let answered = answer(&mut browser, SIGN_IN, &page, &phished);
    refused(&mut browser, &answered, SIGN_IN, NOT_ACCEPTED);

    let page = browser.open(SIGN_IN);
    let late = device.get(&origin, &options(&page)).unwrap();
    wire.sandbox.advance(600);
    let answered = answer(&mut browser, SIGN_IN, &page, &late);
    refused(&mut browser, &answered, SIGN_IN, TOO_OLD);
}

// Issue 11, 2: a copy of a passkey is found out by its sign count (WebAuthn, section 6.1.1).
#[test]
fn a_cloned_passkey_is_refused() {
    let (wire, mut device) = with_passkey();
    let origin = wire.origin();
    let mut clone = device.clone();
    for _ in 0..2 {
        let mut browser = Browser::new(&wire);
        use_passkey(&mut browser, &origin, SIGN_IN, &mut device).leads_to("/panel");
    }
    let mut browser = Browser::new(&wire);
    let answered = use_passkey(&mut browser, &origin, SIGN_IN, &mut clone);
    refused(&mut browser, &answered, SIGN_IN, NOT_ACCEPTED);
    use_passkey(&mut browser, &origin, SIGN_IN, &mut device).leads_to("/panel");
}

// Issue 11, 2: alone it stands for both factors only where its device knows the person.
#[test]
fn a_passkey_without_a_pin_does_not_sign_in_alone() {
    let (wire, mut device) = with_passkey();
    let mut browser = Browser::new(&wire);
    let page = browser.open(SIGN_IN);
    let mut asked = options(&page);
    asked["userVerification"] = json!("discouraged");
    let made = device.get(&wire.origin(), &asked).unwrap();
    let answered = answer(&mut browser, SIGN_IN, &page, &made);
    refused(&mut browser, &answered, SIGN_IN, NOT_ACCEPTED);
}

// Issue 11, 2: after the password a passkey is the second factor, and the page asks for no app.
#[test]
fn a_passkey_is_the_second_factor_after_the_password() {
    let (wire, mut device) = with_passkey();
    let origin = wire.origin();
    let mut browser = Browser::new(&wire);
    browser.password().leads_to(CODE);
    let page = browser.open(CODE);
    let allowed = &options(&page)["allowCredentials"];
    assert_eq!(allowed.as_array().unwrap().len(), 1);
    assert!(
        !page.html().contains("authenticator app"),
        "{}",
        page.html()
    );

    let mut other = Device::new();
    let second = Wire::new();
    add(
        &mut Browser::signed_in(&second),
        &second.origin(),
        &mut other,
        "Other",
    )
    .leads_to("/panel");
    assert!(
        other.get(&origin, &options(&page)).is_err(),
        "it is not among those"
    );
    let mut asked = options(&page);
    asked["allowCredentials"] = json!([]);
    let made = other.get(&origin, &asked).unwrap();
    let answered = answer(&mut browser, CODE, &page, &made);
    refused(&mut browser, &answered, CODE, NOT_ACCEPTED);
    use_passkey(&mut browser, &origin, CODE, &mut device).leads_to("/panel");
    assert_ne!(passkeys(&wire)[0]["last_login_at"], Value::Null);

    // Beside the app there is a choice.
    wire.switch_on();
    let mut browser = Browser::new(&wire);
    browser.password().leads_to(CODE);
    browser.open(CODE).shows(200, "authenticator app");
    use_passkey(&mut browser, &origin, CODE, &mut device).leads_to("/panel");
}

// Issue 11, 2: failures lock the account, as wrong codes do, and a locked account is refused.
#[test]
fn answers_that_are_not_good_lock_the_account() {
    let wire = Wire::with(Options {
        control: true,
        ..Options::default()
    });
    let origin = wire.origin();
    let mut device = Device::new();
    add(
        &mut Browser::signed_in(&wire),
        &origin,
        &mut device,
        "Laptop",
    )
    .leads_to("/panel");
    let body = json!({"login_attempts_before_locked": 2});
    wire.request("PATCH", &wire.settings_path(), Some(body))
        .expect(200);
    let mut browser = Browser::new(&wire);
    for _ in 0..2 {
        let page = browser.open(SIGN_IN);
        let phished = device.get("http://localhost:1", &options(&page)).unwrap();
        let answered = answer(&mut browser, SIGN_IN, &page, &phished);
        refused(&mut browser, &answered, SIGN_IN, NOT_ACCEPTED);
    }
    let answered = use_passkey(&mut browser, &origin, SIGN_IN, &mut device);
    refused(&mut browser, &answered, SIGN_IN, "The account is locked.");

    let user = json!({"user_id": wire.sandbox.info().user_id});
    wire.post("/_sandbox/unlock", user).expect(200);
    use_passkey(&mut browser, &origin, SIGN_IN, &mut device).leads_to("/panel");
}

// Issue 11, 2: a passkey that the API has removed.
#[test]
fn a_removed_passkey_does_not_sign_in() {
    let (wire, mut device) = with_passkey();
    let origin = wire.origin();
    let id = passkeys(&wire)[0]["id"].as_str().unwrap().to_owned();
    let mut browser = Browser::new(&wire);
    let page = browser.open(SIGN_IN);
    wire.delete(&format!("/iam/v1alpha1/webauthn-authenticator/{id}"))
        .expect(204);
    let made = device.get(&origin, &options(&page)).unwrap();
    let answered = answer(&mut browser, SIGN_IN, &page, &made);
    refused(&mut browser, &answered, SIGN_IN, NOT_ACCEPTED);
    browser.password().leads_to("/panel");
}
