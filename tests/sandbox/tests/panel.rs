//! The control panel, as a browser without scripts sees it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test's helper says what is wrong by failing, like the test itself"
)]

mod wire;

use serde_json::json;
use wire::{Answer, Wire};

/// A browser with its cookies.
struct Browser<'a> {
    wire: &'a Wire,
    cookies: Vec<(&'static str, String)>,
}

impl<'a> Browser<'a> {
    fn new(wire: &'a Wire) -> Self {
        Self {
            wire,
            cookies: Vec::new(),
        }
    }

    /// A browser whose user, the first one, is signed in.
    fn signed_in(wire: &'a Wire) -> Self {
        let mut browser = Self::new(wire);
        browser.password().leads_to("/panel");
        browser
    }

    /// Another browser of the same person, with a second factor.
    fn signed_in_as_other(wire: &'a Wire, backup_code: &str) -> Self {
        let mut browser = Self::new(wire);
        browser.password().leads_to("/panel/sign-in/code");
        browser.code("backup_code", backup_code).leads_to("/panel");
        browser
    }

    fn cookie(&self, name: &str) -> String {
        let found = self.cookies.iter().find(|(known, _)| *known == name);
        found.map(|(_, cookie)| cookie.clone()).unwrap_or_default()
    }

    fn header(&self) -> String {
        let cookies: Vec<&str> = self.cookies.iter().map(|(_, line)| line.as_str()).collect();
        cookies.join("; ")
    }

    fn keep(&mut self, answer: Answer) -> Answer {
        for name in ["scw_visit", "scw_session"] {
            if let Some(cookie) = answer.cookie(name) {
                self.cookies.retain(|(known, _)| *known != name);
                if !cookie.ends_with('=') {
                    self.cookies.push((name, cookie));
                }
            }
        }
        answer
    }

    fn open(&mut self, path: &str) -> Answer {
        let answer = self.wire.open(path, &self.header());
        self.keep(answer)
    }

    /// Sends exactly these fields.
    fn send(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let answer = self.wire.fill(path, &self.header(), fields);
        self.keep(answer)
    }

    /// Opens a page and sends a form of it.
    fn fill(&mut self, page: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        let form = self.open(page).form();
        let fields = [&[("form", form.as_str())], fields].concat();
        self.send(path, &fields)
    }

    /// Signs the first user in, as far as the password does.
    fn password(&mut self) -> Answer {
        let info = self.wire.sandbox.info();
        let fields = [
            ("email", info.email.as_str()),
            ("password", info.password.as_str()),
        ];
        self.fill("/panel/sign-in", "/panel/sign-in", &fields)
    }

    fn code(&mut self, field: &str, code: &str) -> Answer {
        let page = "/panel/sign-in/code";
        self.fill(page, page, &[(field, code)])
    }

    /// Begins to enable, and reads the key off the page.
    fn start(&mut self) -> String {
        self.fill("/panel", "/panel/two-factor/start", &[])
            .leads_to("/panel/two-factor/enable");
        let page = self.open("/panel/two-factor/enable");
        let key = page.html().split("class=\"key\"><code>").nth(1).unwrap();
        key.split('<').next().unwrap().replace(' ', "")
    }

    fn enable(&mut self, code: &str) -> Answer {
        let page = "/panel/two-factor/enable";
        self.fill(page, page, &[("code", code)])
    }

    fn disable(&mut self, confirmation: &str, code: (&str, &str)) -> Answer {
        let page = "/panel/two-factor/disable";
        self.fill(page, page, &[("confirmation", confirmation), code])
    }
}

/// What tests look at in an answer.
trait Look {
    fn leads_to(&self, place: &str);
    fn shows(&self, status: u16, text: &str) -> &str;
}

impl Look for Answer {
    #[track_caller]
    fn leads_to(&self, place: &str) {
        assert_eq!(self.status, 303, "{}", self.html());
        assert_eq!(self.headers["location"], place);
    }

    #[track_caller]
    fn shows(&self, status: u16, text: &str) -> &str {
        assert_eq!(self.status, status, "{}", self.html());
        assert!(self.html().contains(text), "{}", self.html());
        self.html()
    }
}

fn codes(page: &str) -> Vec<String> {
    let list = page.split("<ol class=\"codes\"").nth(1).unwrap();
    let list = list.split("</ol>").next().unwrap();
    let codes = list.split("<code>").skip(1);
    codes
        .map(|code| code.split('<').next().unwrap().to_owned())
        .collect()
}

/// What both APIs say: on or off.
#[track_caller]
fn both_say(wire: &Wire, is_on: bool) {
    assert_eq!(wire.get(&wire.user_path("")).expect(200)["mfa"], is_on);
    let info = wire.sandbox.info();
    let path = format!("/users/{}/2FA", info.user_id);
    let told = wire.request_with("GET", &path, Some(&info.token), None);
    assert_eq!(told.expect(200)["2FA"]["enabled"], is_on);
}

#[test]
fn the_address_that_is_printed_leads_to_the_sign_in() {
    let wire = Wire::new();
    let panel = wire.sandbox.info().panel_url.clone();
    assert_eq!(panel, format!("{}/panel", wire.sandbox.info().api_url));
    wire.open("/", "").leads_to("/panel");
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
        ("/panel/backup-codes", vec![("codes", backup[2].as_str())]),
    ] {
        browser
            .send(path, &fields)
            .shows(403, "Nothing was changed");
        for token in ["", "x", of_another.as_str()] {
            let with_token = [&[("form", token)][..], &fields].concat();
            browser
                .send(path, &with_token)
                .shows(403, "Nothing was changed");
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
        .shows(403, "sent before");

    let form = browser.open("/panel").form();
    let start = [("form", form.as_str())];
    browser
        .send("/panel/two-factor/start", &start)
        .leads_to("/panel/two-factor/enable");
    let key = browser.open("/panel/two-factor/enable").html().to_owned();
    browser
        .send("/panel/two-factor/start", &start)
        .shows(403, "sent before");
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
    browser
        .send("/panel/access/key", &revoke)
        .shows(403, "sent before");

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
    browser
        .send("/panel/sign-in/code", &fields)
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
    let html = page.shows(422, "role=\"alert\" id=\"code-problem\">The code is wrong");
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
    second.code("code", "").shows(401, "please enter a code");
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
    browser.code("code", &code).shows(401, "used before");
    browser
        .code("backup_code", &backup[0])
        .shows(401, "used before");
    browser.code("backup_code", &backup[1]).leads_to("/panel");
    wire.log_in_first(&backup[1]).expect(400);
    browser
        .disable("disable", ("code", &code))
        .shows(422, "used before");
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
        .shows(404, "gone already");

    let stolen = browser.cookie("scw_session");
    browser
        .fill("/panel", "/panel/sign-out", &[])
        .leads_to("/panel/sign-in");
    assert_eq!(browser.cookie("scw_session"), "");
    wire.open("/panel", &stolen).leads_to("/panel/sign-in");
    assert_eq!(wire.sandbox.state().unwrap()["sessions"], 0);
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
            "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; \
             frame-ancestors 'none'; form-action 'self'"
        );
        assert_eq!(answer.headers["cache-control"], "no-store");
        assert_eq!(answer.headers["referrer-policy"], "no-referrer");
        for never in ["<script", " style=", " onclick"] {
            assert!(!answer.html().contains(never), "{path}: {never}");
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
        set[0].ends_with("; Path=/; HttpOnly; SameSite=Lax"),
        "{set:?}"
    );
    let answer = plain.open("/panel/style.css", "");
    assert_eq!(answer.headers["content-type"], "text/css; charset=utf-8");
}
