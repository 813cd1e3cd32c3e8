//! The page of the browser login.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test's helper says what is wrong by failing, like the test itself"
)]

mod wire;

use data_encoding::BASE64;
use serde_json::{Value, json};
use wire::{Answer, Wire, encode};

const CALLBACK: &str = "http://localhost:43117/hard-to-guess/callback";

fn address(target: &str) -> String {
    format!("/authenticate?redirectToUrl={}", encode(target))
}

fn open(wire: &Wire, path: &str) -> Answer {
    wire.open(path, "")
}

/// Opens the page and sends its form.
fn fill(wire: &Wire, target: &str, email: &str, password: &str, code: &str) -> Answer {
    let page = open(wire, &address(target));
    let cookie = page.cookie("scw_visit").unwrap_or_default();
    let form = match cookie.as_str() {
        "" => String::new(),
        _ => page.form(),
    };
    let fields = [
        ("form", form.as_str()),
        ("email", email),
        ("password", password),
        ("code", code),
    ];
    wire.fill(&address(target), &cookie, &fields)
}

fn fill_first(wire: &Wire, code: &str) -> Answer {
    let info = wire.sandbox.info().clone();
    fill(wire, CALLBACK, &info.email, &info.password, code)
}

/// The login that an answer hands over.
fn login(answer: &Answer) -> Value {
    assert_eq!(answer.status, 303, "{}", answer.body);
    let location = answer.headers["location"].to_str().unwrap();
    let token = location
        .strip_prefix(&format!("{CALLBACK}?token="))
        .unwrap();
    let token = token
        .replace("%2B", "+")
        .replace("%2F", "/")
        .replace("%3D", "=");
    serde_json::from_slice(&BASE64.decode(token.as_bytes()).unwrap()).unwrap()
}

fn page(answer: Answer, status: u16) -> String {
    let kind = answer.headers["content-type"].to_str().unwrap().to_owned();
    assert_eq!(kind, "text/html; charset=utf-8");
    answer.expect(status).as_str().unwrap().to_owned()
}

#[test]
fn the_page_says_who_gets_the_login_and_asks() {
    let wire = Wire::new();
    let shown = page(open(&wire, &address(CALLBACK)), 200);
    assert!(shown.contains(&format!("<code>{CALLBACK}</code>")));
    for needed in [
        "name=\"email\"",
        "name=\"password\"",
        "name=\"code\"",
        "<button type=\"submit\">Authorize scw</button>",
        "action=\"/authenticate?redirectToUrl=http%3A%2F%2Flocalhost%3A43117%2Fhard-to-guess%2Fcallback\"",
    ] {
        assert!(shown.contains(needed), "{needed}");
    }
    assert_eq!(shown.matches("<script").count(), 1);
}

#[test]
fn a_browser_is_told_to_guard_every_answer() {
    let wire = Wire::new();
    for answer in [
        open(&wire, &address(CALLBACK)),
        open(&wire, "/authenticate"),
        fill_first(&wire, ""),
        fill(&wire, CALLBACK, "x", "y", ""),
    ] {
        let header = |name: &str| answer.headers[name].to_str().unwrap().to_owned();
        assert_eq!(header("referrer-policy"), "no-referrer");
        assert_eq!(header("cache-control"), "no-store");
        assert_eq!(header("x-frame-options"), "DENY");
        let policy = header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; style-src 'self';"));
        let form = if answer.status == 400 {
            "form-action 'none'"
        } else {
            // So that the browser follows the answer of the form to the program.
            "form-action 'self' http://localhost:43117"
        };
        assert!(policy.ends_with(form), "{policy}");
    }
}

#[test]
fn a_password_hands_a_session_to_the_callback() {
    let wire = Wire::new();
    let given = login(&fill_first(&wire, ""));
    let mut names: Vec<&String> = given["jwt"].as_object().unwrap().keys().collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "audienceId",
            "createdAt",
            "expiresAt",
            "ip",
            "issuerId",
            "jti",
            "updatedAt",
            "userAgent"
        ]
    );
    assert_eq!(given["jwt"]["audienceId"], wire.sandbox.info().user_id);
    let token = given["token"].as_str().unwrap();
    let body = json!({"user_id": given["jwt"]["audienceId"]});
    wire.in_session(token, "POST", "/iam/v1alpha1/api-keys", Some(body))
        .expect(200);
    let renew = format!(
        "/iam/v1alpha1/jwts/{}/renew",
        given["jwt"]["jti"].as_str().unwrap()
    );
    let body = json!({"renew_token": given["renewToken"]});
    wire.request_with("POST", &renew, None, Some(body))
        .expect(200);
}

#[test]
fn a_second_factor_is_asked_for_here_too_and_its_codes_work_once() {
    let wire = Wire::new();
    let (secret, codes) = wire.switch_on();
    let asked = page(fill_first(&wire, ""), 401);
    assert!(asked.contains("Two-factor authentication is on"));
    let code = wire.code(&secret);
    login(&fill_first(&wire, &code));
    assert!(page(fill_first(&wire, &code), 401).contains("The code is wrong"));
    wire.log_in_first(&code).expect(400);
    login(&fill_first(&wire, &codes[0]));
    assert!(page(fill_first(&wire, &codes[0]), 401).contains("The code is wrong"));
}

#[test]
fn a_wrong_password_and_an_unknown_address_look_alike() {
    let wire = Wire::new();
    let email = wire.sandbox.info().email.clone();
    let wrong = page(fill(&wire, CALLBACK, &email, "wrong", ""), 401);
    let unknown = page(fill(&wire, CALLBACK, "x@example.com", "wrong", ""), 401);
    // Each form has a token of its own.
    let plain = |page: &str, email: &str| {
        let token = page.split("name=\"form\" value=\"").nth(1).unwrap();
        let token = token.split('"').next().unwrap();
        page.replace(email, "").replace(token, "")
    };
    assert_eq!(plain(&wrong, &email), plain(&unknown, "x@example.com"));
    assert!(wrong.contains(
        "role=\"alert\" id=\"password-problem\">The email address or the password is wrong.</p>"
    ));
    assert!(!wrong.contains("value=\"wrong\""), "no password comes back");
}

#[test]
fn the_lock_is_the_one_of_both_apis() {
    let wire = Wire::seeded(&json!({"organizations": [{"login_attempts": 2,
        "users": [{"email": "ada@example.com"}]}]}));
    page(fill(&wire, CALLBACK, "ada@example.com", "x", ""), 401);
    wire.log_in("ada@example.com", "x", "").expect(401);
    assert!(page(fill_first(&wire, ""), 423).contains("The account is locked"));
    wire.log_in_first("").expect(423);
}

#[test]
fn where_passwords_are_forbidden_the_browser_is_the_way_in() {
    let wire = Wire::seeded(&json!({"organizations": [{"login_password_enabled": false,
        "users": [{"email": "ada@example.com"}]}]}));
    wire.log_in_first("").expect(403);
    login(&fill_first(&wire, ""));
}

#[test]
fn a_target_that_is_not_on_this_machine_gets_neither_a_form_nor_a_login() {
    let wire = Wire::new();
    let info = wire.sandbox.info().clone();
    for target in [
        "https://evil.example/callback",
        "http://evil.example:80/callback",
        "http://localhost.evil.example:80/callback",
        "http://localhost:80@evil.example/callback",
        "http://localhost:80\\@evil.example/callback",
        "//evil.example/callback",
        "javascript:alert(1)//callback",
        "http://localhost:80/\r\nset-cookie: a=b/callback",
        "http://localhost:80/\"><script>alert(1)</script>/callback",
        "http://localhost:80/nowhere",
        "",
    ] {
        let shown = page(open(&wire, &address(target)), 400);
        assert!(
            !shown.contains("<form") && !shown.contains("evil"),
            "{target}"
        );
        assert_eq!(shown.matches("<script").count(), 1, "{target}");
        let posted = fill(&wire, target, &info.email, &info.password, "");
        assert!(!posted.headers.contains_key("location"), "{target}");
        page(posted, 400);
    }
    for path in [
        "/authenticate".to_owned(),
        format!("{}&redirectToUrl=http://evil.example", address(CALLBACK)),
        "/authenticate?redirectToUrl=%FF".to_owned(),
    ] {
        page(open(&wire, &path), 400);
    }
    assert_eq!(wire.sandbox.state().unwrap()["sessions"], 0);
}

#[test]
fn what_was_typed_comes_back_as_text_only() {
    let wire = Wire::new();
    let typed = "\"><script>alert('1')</script>&amp;";
    let shown = page(fill(&wire, CALLBACK, typed, "x", ""), 401);
    assert!(shown.contains("value=\"&quot;&gt;&lt;script&gt;alert('1')&lt;/script&gt;&amp;amp;\""));
    assert_eq!(shown.matches("<script").count(), 1);
}

#[test]
fn a_form_that_did_not_arrive_whole_is_shown_again() {
    let wire = Wire::new();
    let kind = [("content-type", "application/x-www-form-urlencoded")];
    for (kind, form) in [(&kind[..], "email=x"), (&[], "email=x&password=y")] {
        let answer = wire.send("POST", &address(CALLBACK), kind, form).unwrap();
        assert!(page(answer, 400).contains("form is incomplete"));
    }
}

#[test]
fn an_address_of_version_six_is_let_through_by_the_policy() {
    let wire = Wire::new();
    let answer = open(&wire, &address("http://[::1]:8080/callback"));
    let policy = answer.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.ends_with("form-action 'self' http:"), "{policy}");
    assert!(page(answer, 200).contains("<code>http://[::1]:8080/callback</code>"));
}

#[test]
fn a_form_from_another_page_or_sent_before_hands_over_nothing() {
    let wire = Wire::new();
    let info = wire.sandbox.info().clone();
    let page = open(&wire, &address(CALLBACK));
    let (cookie, form) = (page.cookie("scw_visit").unwrap(), page.form());
    let send = |cookie: &str, form: &str| {
        let fields = [
            ("form", form),
            ("email", info.email.as_str()),
            ("password", info.password.as_str()),
        ];
        wire.fill(&address(CALLBACK), cookie, &fields)
    };
    for (cookie, form) in [
        ("", ""),
        ("", form.as_str()),
        (&cookie, "x"),
        ("scw_visit=x", &form),
    ] {
        let refused = send(cookie, form);
        assert_eq!(refused.status, 403);
        assert!(!refused.headers.contains_key("location"));
    }
    login(&send(&cookie, &form));
    assert_eq!(send(&cookie, &form).status, 403);
    assert_eq!(wire.sandbox.state().unwrap()["sessions"], 1);
}
