//! What guards the control panel: forms, cookies, headers.

use crate::wire::{
    Wire,
    browser::{Browser, Look, both_say},
};
use serde_json::json;

#[test]
fn a_post_from_another_site_changes_nothing() {
    let wire = Wire::new();
    let mut browser = Browser::signed_in(&wire);
    let (_, backup) = wire.switch_on();
    // SameSite=Lax keeps the cookie from such a post; here it comes along all the same.
    let mut stranger = Browser::signed_in_as_other(&wire, &backup[1]);
    let of_another = stranger.open("/panel").form();
    let key = wire.sandbox.info().access_key.clone();
    for (path, fields) in [
        ("/panel/two-factor/start", vec![]),
        ("/panel/two-factor/enable", vec![("code", "123456")]),
        (
            "/panel/two-factor/disable",
            vec![
                ("confirmation", "disable"),
                ("backup_code", backup[0].as_str()),
            ],
        ),
        ("/panel/access/key", vec![("access_key", key.as_str())]),
        ("/panel/sign-out", vec![]),
        ("/panel/backup-codes/saved", vec![("saved", "yes")]),
        (
            "/panel/backup-codes/new",
            vec![("backup_code", backup[2].as_str())],
        ),
    ] {
        let place = match path {
            "/panel/access/key" => "/panel/access",
            _ => "/panel",
        };
        let answer = browser.send(path, &fields);
        browser.told(&answer, place, "Nothing was changed");
        for token in ["", "x", of_another.as_str()] {
            let with_token = [&[("form", token)][..], &fields].concat();
            let answer = browser.send(path, &with_token);
            browser.told(&answer, place, "Nothing was changed");
        }
        wire.fill(path, "", &fields).leads_to("/panel/sign-in");
    }
    both_say(&wire, true);
    let state = wire.sandbox.state().unwrap();
    assert_eq!(state["sessions"], 2);
    assert_eq!(state["backup_codes_unused"], 9);
    assert_eq!(state["api_keys"], json!([key]));
}

#[test]
fn a_form_works_once() {
    let wire = Wire::new();
    let mut browser = Browser::new(&wire);
    let info = wire.sandbox.info().clone();
    let form = browser.open("/panel/sign-in").form();
    let fields = [
        ("form", form.as_str()),
        ("email", info.email.as_str()),
        ("password", info.password.as_str()),
    ];
    let visit = browser.cookie("scw_visit");
    browser.send("/panel/sign-in", &fields).leads_to("/panel");
    wire.fill("/panel/sign-in", &visit, &fields)
        .leads_to("/panel/sign-in?old");
    assert_eq!(wire.sandbox.state().unwrap()["sessions"], 1);

    let form = browser.open("/panel").form();
    let start = [("form", form.as_str())];
    browser
        .send("/panel/two-factor/start", &start)
        .leads_to("/panel/two-factor/enable");
    let key = browser.open("/panel/two-factor/enable").html().to_owned();
    let answer = browser.send("/panel/two-factor/start", &start);
    browser.told(&answer, "/panel", "You sent this form before");
    let again = browser.open("/panel/two-factor/enable").html().to_owned();
    let shown = |page: &str| page.split("class=\"key\"").nth(1).unwrap()[..60].to_owned();
    assert_eq!(shown(&key), shown(&again), "the key is not replaced");

    let form = browser.open("/panel/access").form();
    let revoke = [
        ("form", form.as_str()),
        ("access_key", info.access_key.as_str()),
    ];
    browser
        .send("/panel/access/key", &revoke)
        .leads_to("/panel/access");
    let answer = browser.send("/panel/access/key", &revoke);
    browser.told(&answer, "/panel/access", "You sent this form before");

    let form = browser.open("/panel").form();
    wire.sandbox.advance(3600);
    browser
        .send("/panel/sign-out", &[("form", &form)])
        .leads_to("/panel/sign-in");
}

#[test]
fn a_session_has_a_new_id_that_nobody_chose() {
    let wire = Wire::new();
    for (name, value) in [("scw_session", "chosen"), ("scw_visit", "chosen")] {
        let mut browser = Browser::new(&wire);
        browser.cookies.push((name, format!("{name}={value}")));
        browser.open("/panel").leads_to("/panel/sign-in");
        let page = browser.open("/panel/sign-in");
        assert_ne!(page.cookie("scw_visit").unwrap(), "scw_visit=chosen");
        browser.password().leads_to("/panel");
        let session = browser.cookie("scw_session");
        assert!(session.len() > 60 && !session.contains("chosen"));
        let fixed = format!("scw_session={value}");
        wire.open("/panel", &fixed).leads_to("/panel/sign-in");
    }
    let (first, second) = (Browser::signed_in(&wire), Browser::signed_in(&wire));
    assert_ne!(first.cookie("scw_session"), second.cookie("scw_session"));
}

#[test]
fn a_cookie_from_before_the_sign_in_opens_nothing() {
    let wire = Wire::new();
    let mut browser = Browser::new(&wire);
    browser.open("/panel/sign-in");
    let stolen = browser.cookie("scw_visit");
    let as_session = stolen.replace("scw_visit", "scw_session");
    browser.password().leads_to("/panel");
    assert_eq!(browser.cookie("scw_visit"), "", "it is taken away");
    let both = format!("{stolen}; {as_session}");
    wire.open("/panel", &both).leads_to("/panel/sign-in");
    wire.open("/panel/sign-in/code", &both)
        .leads_to("/panel/sign-in");

    // The same where a code is awaited: the visit is another one after the password.
    let (key, _) = wire.switch_on();
    let mut browser = Browser::new(&wire);
    browser.open("/panel/sign-in");
    let stolen = browser.cookie("scw_visit");
    browser.password().leads_to("/panel/sign-in/code");
    wire.open("/panel/sign-in/code", &stolen)
        .leads_to("/panel/sign-in");
    let waiting = browser.cookie("scw_visit");
    assert_ne!(waiting, stolen);
    let as_session = waiting.replace("scw_visit", "scw_session");
    wire.open("/panel", &as_session).leads_to("/panel/sign-in");
    browser.code("code", &wire.code(&key)).leads_to("/panel");
    wire.open("/panel/sign-in/code", &waiting)
        .leads_to("/panel/sign-in");
}

#[test]
fn a_sign_in_waits_ten_minutes_for_its_code() {
    let wire = Wire::new();
    let (key, _) = wire.switch_on();
    let mut browser = Browser::new(&wire);
    browser.password().leads_to("/panel/sign-in/code");
    let form = browser.open("/panel/sign-in/code").form();
    wire.sandbox.advance(600);
    let code = wire.code(&key);
    let fields = [("form", form.as_str()), ("code", code.as_str())];
    let answer = browser.send("/panel/sign-in/code", &fields);
    let told = "You did not enter a code within ten minutes";
    let page = browser.told(&answer, "/panel/sign-in", told);
    // The email address is still there.
    page.shows(200, &format!("value=\"{}\"", wire.sandbox.info().email));
    browser
        .open("/panel/sign-in/code")
        .leads_to("/panel/sign-in");
    assert_eq!(wire.sandbox.state().unwrap()["sessions"], 0);
}

#[test]
fn nothing_leads_to_another_host() {
    let wire = Wire::new();
    for way in [
        "?next=https://evil.example/",
        "?redirectToUrl=https://evil.example/callback",
        "?return=//evil.example",
    ] {
        let mut browser = Browser::new(&wire);
        let path = format!("/panel/sign-in{way}");
        assert!(!browser.open(&path).html().contains("evil"));
        let info = wire.sandbox.info();
        let fields = [
            ("email", info.email.as_str()),
            ("password", info.password.as_str()),
        ];
        browser.fill(&path, &path, &fields).leads_to("/panel");
        browser
            .open(&format!("/panel{way}"))
            .shows(200, "Account security");
    }
    for path in [
        "/panel//evil.example",
        "//evil.example",
        "/panel/https://evil.example",
    ] {
        let answer = wire.open(path, "");
        assert_eq!(answer.status, 404, "{path}");
        assert!(!answer.headers.contains_key("location"), "{path}");
    }
}

#[test]
fn a_session_ends_by_the_services_clock() {
    let wire = Wire::new();
    let mut browser = Browser::signed_in(&wire);
    wire.sandbox.advance(3599);
    browser.open("/panel").shows(200, "Account security");
    wire.sandbox.advance(1);
    browser.open("/panel").leads_to("/panel/sign-in");
}

#[test]
fn a_browser_is_told_to_guard_every_page_and_its_cookies() {
    let plain = Wire::new();
    let mut browser = Browser::signed_in(&plain);
    for path in [
        "/panel",
        "/panel/access",
        "/panel/recovery",
        "/panel/sign-in",
        "/panel/nowhere",
    ] {
        let answer = browser.open(path);
        let policy = answer.headers["content-security-policy"].to_str().unwrap();
        assert_eq!(
            policy,
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
             base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
        );
        assert_eq!(answer.headers["cache-control"], "no-store");
        assert_eq!(answer.headers["referrer-policy"], "same-origin");
        let own = "<script src=\"/assets/script.js\" defer></script>";
        let rest = answer.html().replacen(own, "", 1);
        for never in ["<script", " style=", " onclick"] {
            assert!(!rest.contains(never), "{path}: {never}");
        }
    }
    let cookies = |wire: &Wire| -> Vec<String> {
        let answer = wire.open("/panel/sign-in", "");
        let set = answer.headers.get_all("set-cookie").iter();
        set.map(|cookie| cookie.to_str().unwrap().to_owned())
            .collect()
    };
    let set = cookies(&plain);
    assert_eq!(set.len(), 1);
    assert!(
        set[0].ends_with(&format!("; Path={}; HttpOnly; SameSite=Lax", plain.home())),
        "{set:?}"
    );
    let answer = plain.open("/assets/style.css", "");
    assert_eq!(answer.headers["content-type"], "text/css; charset=utf-8");
}

// Issue 11, 6: the cookies of `localhost` are sent to its other ports and taken from them. These
// have a path that no other server knows, and no answer tells it.
#[test]
fn nobody_learns_where_the_panel_is() {
    let wire = Wire::new();
    let secret = wire.home().strip_prefix("/panel/").unwrap();
    assert_eq!(secret.len(), 32);
    assert_ne!(Wire::new().home(), wire.home());
    let callback = "/authenticate?redirectToUrl=http%3A%2F%2Flocalhost%3A43117%2Fx%2Fcallback";
    for path in [
        "/",
        "/panel",
        "/panel/",
        "/panel/sign-in",
        "/panel/00000000000000000000000000000000",
        "/assets/style.css",
        "/authenticate",
        callback,
    ] {
        let answer = wire.send_as_is("GET", path, &[], "").unwrap();
        let headers = format!("{:?}", answer.headers);
        assert!(!headers.contains(secret), "{path}: {headers}");
        assert!(!answer.body.to_string().contains(secret), "{path}");
    }
}

// Issue 11, 6: whoever knows a session only by the usual name of its cookie has planted it.
#[test]
fn a_cookie_without_the_panels_own_name_counts_for_nothing() {
    let wire = Wire::new();
    let browser = Browser::signed_in(&wire);
    let planted = browser.cookie("scw_session");
    let home = wire.home().to_owned();
    let cookie = |value: String| vec![("cookie", value)];
    let answer = wire.send_as_is("GET", &home, &cookie(planted), "").unwrap();
    answer.leads_to("/panel/sign-in");
    // Under its real name it is the session.
    wire.open("/panel", &browser.header())
        .shows(200, "Account security");
}

// Issue 11, 1
#[test]
fn the_one_script_is_a_file_of_its_own() {
    let wire = Wire::new();
    let script = wire.open("/assets/script.js", "");
    assert_eq!(script.status, 200);
    assert_eq!(
        script.headers["content-type"],
        "text/javascript; charset=utf-8"
    );
    assert_eq!(script.headers["x-content-type-options"], "nosniff");
}
