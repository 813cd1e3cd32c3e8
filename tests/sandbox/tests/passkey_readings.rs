//! What passkeys count for beside the app: both readings of what is not on record (protocol.md E).

use crate::wire::{
    Answer, Wire,
    browser::{Browser, Look},
    way::Way,
};
use serde_json::{Value, json};

const BOTH: [bool; 2] = [true, false];

/// Every pair of readings: whether `mfa` counts passkeys, whether codes outlive the app.
fn readings() -> impl Iterator<Item = (bool, bool)> {
    BOTH.into_iter()
        .flat_map(|mfa| BOTH.map(|codes| (mfa, codes)))
}

fn sandbox(mfa_counts_passkeys: bool, codes_outlive_app: bool) -> Wire {
    let wire = Wire::new();
    let set = wire
        .sandbox
        .passkey_readings(mfa_counts_passkeys, codes_outlive_app);
    set.unwrap();
    wire
}

fn add(wire: &Wire) -> String {
    let user = &wire.sandbox.info().user_id;
    wire.sandbox.add_passkey(user, "Laptop").unwrap()
}

fn delete_app(wire: &Wire) -> Answer {
    wire.delete(&wire.user_path("/mfa-otp"))
}

fn delete_passkey(wire: &Wire, id: &str) {
    let path = format!("/iam/v1alpha1/webauthn-authenticator/{id}");
    wire.delete(&path).expect(204);
}

fn unused(wire: &Wire) -> Value {
    wire.sandbox.state().unwrap()["backup_codes_unused"].clone()
}

#[track_caller]
fn assert_mfa(wire: &Wire, mfa: bool) {
    let user = wire.get(&wire.user_path("")).expect(200);
    assert_eq!(user["mfa"], mfa);
    assert_eq!(user["two_factor_enabled"], mfa);
}

/// A login with the 2017 API.
fn log_in_2017(wire: &Wire, name: &str, code: &str) -> Answer {
    let info = wire.sandbox.info();
    let body = json!({"email": info.email, "password": info.password, name: code});
    wire.request_with("POST", "/tokens", None, Some(body))
}

/// A login through the pages for browser logins. Whether it is handed over.
fn log_in_in_browser(wire: &Wire, code: &str) -> bool {
    let mut way = Way::begun(wire, "http://localhost:43117/x/callback");
    let mut answer = way.password_of_first();
    if way.at.contains("/code?") {
        answer = way.fill(&[("code", code)]);
    }
    answer.headers.contains_key("location")
}

// Issue 8, 1: a login with a passkey alone, both readings.
#[test]
fn with_a_passkey_alone_a_login_asks_for_a_code_where_mfa_counts_it() {
    let counted = sandbox(true, true);
    add(&counted);
    assert_mfa(&counted, true);
    let asked = counted.log_in_first("").expect(400);
    assert_eq!(asked["details"][0]["argument_name"], "2FA_token");
    // There is no app that a one-time password could be of.
    for code in ["123456", "000000", "never-shown"] {
        counted.log_in_first(code).expect(400);
    }
    let refused = log_in_2017(&counted, "2FA_token", "123456").expect(403);
    assert_eq!(refused["type"], "2FA_error");
    assert!(!log_in_in_browser(&counted, "123456"));
    assert!(!log_in_in_browser(&counted, ""));
    let mut browser = Browser::new(&counted);
    browser.password().leads_to("/panel/sign-in/code");
    let answer = browser.code("code", "123456");
    browser.told(&answer, "/panel/sign-in/code", "wrong");

    let plain = sandbox(false, true);
    add(&plain);
    assert_mfa(&plain, false);
    plain.log_in_first("").expect(200);
    log_in_2017(&plain, "2FA_token", "").expect(201);
    assert!(log_in_in_browser(&plain, ""));
    Browser::signed_in(&plain).open("/panel").expect(200);
}

// Issue 8, 1: a login with a passkey and codes that outlived the app.
#[test]
fn a_recovery_code_that_outlived_the_app_opens_the_account_once() {
    let wire = sandbox(true, true);
    let (secret, codes) = wire.switch_on();
    add(&wire);
    delete_app(&wire).expect(204);
    assert_mfa(&wire, true);
    wire.log_in_first("").expect(400);
    // The app's key is of no use any more.
    wire.log_in_first(&wire.code(&secret)).expect(400);
    wire.log_in_first(&codes[0]).expect(200);
    wire.log_in_first(&codes[0]).expect(400);
    log_in_2017(&wire, "2FA_backup_code", &codes[1]).expect(201);
    assert!(log_in_in_browser(&wire, &codes[2]));
    Browser::signed_in_as_other(&wire, &codes[3]);
    assert_eq!(unused(&wire), 6);
}

// Issue 8, 1: a login with the app and a passkey, both readings.
#[test]
fn with_the_app_and_a_passkey_a_login_takes_the_app_s_code() {
    for mfa_counts in BOTH {
        let wire = sandbox(mfa_counts, true);
        let (secret, codes) = wire.switch_on();
        add(&wire);
        assert_mfa(&wire, true);
        wire.log_in_first("").expect(400);
        wire.log_in_first(&wire.code(&secret)).expect(200);
        wire.log_in_first(&codes[0]).expect(200);
        wire.sandbox.advance(60);
        log_in_2017(&wire, "2FA_token", &wire.code(&secret)).expect(201);
    }
}

// Issue 8, 1: `off` with a passkey left, all readings, and both dialects.
#[test]
fn the_codes_stay_with_a_passkey_where_they_outlive_the_app() {
    for (mfa_counts, codes_outlive) in readings() {
        for is_2017 in BOTH {
            let wire = sandbox(mfa_counts, codes_outlive);
            wire.switch_on();
            add(&wire);
            let info = wire.sandbox.info();
            if is_2017 {
                let path = format!("/users/{}/2FA", info.user_id);
                let off = wire.request_with("DELETE", &path, Some(&info.token), None);
                off.expect(204);
                let told = wire.request_with("GET", &path, Some(&info.token), None);
                assert_eq!(told.expect(200), json!({"2FA": {"enabled": false}}));
            } else {
                delete_app(&wire).expect(204);
            }
            assert_mfa(&wire, mfa_counts);
            assert_eq!(unused(&wire), if codes_outlive { 10 } else { 0 });
            let gone = delete_app(&wire).expect(404);
            assert_eq!(gone["resource"], "mfa_otp");
            assert_eq!(gone["resource_id"], info.user_id.as_str());
        }
    }
}

// Issue 8, 1: the last passkey, all readings.
#[test]
fn the_codes_go_with_the_last_factor_and_not_before() {
    for (mfa_counts, codes_outlive) in readings() {
        let wire = sandbox(mfa_counts, codes_outlive);
        wire.switch_on();
        let (first, second) = (add(&wire), add(&wire));
        delete_passkey(&wire, &first);
        delete_passkey(&wire, &second);
        // The app is left.
        assert_mfa(&wire, true);
        assert_eq!(unused(&wire), 10);

        let (third, fourth) = (add(&wire), add(&wire));
        delete_app(&wire).expect(204);
        let kept = if codes_outlive { 10 } else { 0 };
        delete_passkey(&wire, &third);
        assert_mfa(&wire, mfa_counts);
        assert_eq!(unused(&wire), kept, "a passkey is left");
        delete_passkey(&wire, &fourth);
        assert_mfa(&wire, false);
        assert_eq!(unused(&wire), 0);
        wire.log_in_first("").expect(200);
    }
    // Without a passkey nothing outlives the app.
    let wire = sandbox(true, true);
    wire.switch_on();
    delete_app(&wire).expect(204);
    assert_eq!(unused(&wire), 0);
}

// Issue 8, 1: `on` with passkeys, and the 412 that tells whether the app is on, both readings.
#[test]
fn a_passkey_does_not_hinder_the_app_and_only_the_app_hinders_another() {
    for mfa_counts in BOTH {
        let wire = sandbox(mfa_counts, true);
        let (_, old) = wire.switch_on();
        add(&wire);
        let start = || wire.post(&wire.user_path("/mfa-otp"), json!({}));
        assert_eq!(start().expect(412)["type"], "precondition_failed");
        delete_app(&wire).expect(204);
        start().expect(200);
        assert_eq!(wire.sandbox.state().unwrap()["two_factor"], "pending");
        // A pending key that is given up takes nothing with it.
        delete_app(&wire).expect(204);
        assert_eq!(wire.sandbox.state().unwrap()["two_factor"], "off");
        assert_eq!(unused(&wire), 10);

        let (secret, new) = wire.switch_on();
        assert_eq!(unused(&wire), 10);
        wire.log_in_first(&old[0]).expect(400);
        wire.log_in_first(&new[0]).expect(200);
        wire.log_in_first(&wire.code(&secret)).expect(200);
        start().expect(412);
    }
}

// Issue 8, 1: the 2017 dialect about the app alone, both readings.
#[test]
fn the_2017_api_tells_of_the_app_and_switches_it_on_beside_a_passkey() {
    for mfa_counts in BOTH {
        let wire = sandbox(mfa_counts, true);
        add(&wire);
        let info = wire.sandbox.info();
        let path = format!("/users/{}/2FA", info.user_id);
        let call = |method: &str| wire.request_with(method, &path, Some(&info.token), None);
        assert_eq!(call("GET").expect(200)["2FA"]["enabled"], false);
        call("POST").expect(201);
        call("DELETE").expect(204);
        call("DELETE").expect(204);
        wire.switch_on();
        assert_eq!(call("GET").expect(200)["2FA"]["enabled"], true);
    }
}

// Issue 8, 1: the filter of the list, both readings.
#[test]
fn the_filter_for_mfa_is_what_the_users_say_of_themselves() {
    let seed = json!({"organizations": [{"users": [
        {"email": "none@example.com"},
        {"email": "app@example.com", "otp_secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"},
        {"email": "key@example.com", "passkeys": ["Laptop"]},
        {"email": "both@example.com", "otp_secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
            "passkeys": ["Laptop"]}]}]});
    let wire = Wire::seeded(&seed);
    let organization = &wire.sandbox.info().organization_id;
    let found = |mfa: bool| {
        let path = format!("/iam/v1alpha1/users?organization_id={organization}&mfa={mfa}");
        let answer = wire.get(&path).expect(200);
        let users = answer["users"].as_array().unwrap().clone();
        assert_eq!(answer["total_count"], users.len());
        assert!(users.iter().all(|user| user["mfa"] == mfa));
        let names = users.iter().map(|user| user["email"].as_str().unwrap());
        let names = names.map(|email| email.split('@').next().unwrap().to_owned());
        names.collect::<Vec<_>>()
    };
    assert_eq!(found(true), ["app", "key", "both"]);
    assert_eq!(found(false), ["none"]);
    wire.sandbox.passkey_readings(false, true).unwrap();
    assert_eq!(found(true), ["app", "both"]);
    assert_eq!(found(false), ["none", "key"]);
}

// Issue 8, 1: the time that is left to set a second factor up, both readings.
#[test]
fn the_grace_period_begins_when_the_wire_tells_of_no_second_factor_any_more() {
    for mfa_counts in BOTH {
        let wire = Wire::seeded(&json!({"organizations": [{"requires_two_factor": true,
            "users": [{"email": "ada@example.com"}]}]}));
        wire.sandbox.passkey_readings(mfa_counts, true).unwrap();
        let began = || {
            let user = &wire.sandbox.info().user_id;
            let path = format!("/iam/v1alpha1/grace-periods?user_id={user}");
            wire.get(&path).expect(200)["grace_periods"][0]["created_at"].clone()
        };
        let at_first = began();
        wire.sandbox.advance(100);
        wire.switch_on();
        let passkey = add(&wire);
        delete_app(&wire).expect(204);
        let with_passkey = began();
        assert_ne!(with_passkey, at_first);
        wire.sandbox.advance(100);
        delete_passkey(&wire, &passkey);
        let without = began();
        assert_eq!(without == with_passkey, !mfa_counts);
        wire.sandbox.advance(100);
        assert_eq!(began(), without);
    }
}
