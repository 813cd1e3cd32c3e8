//! The page of the browser login.

use crate::wire::{
    Answer, Wire, encode,
    way::{Way, address},
};
use data_encoding::BASE64;
use serde_json::{Value, json};

const CALLBACK: &str = "http://localhost:43117/hard-to-guess/callback";

fn open(wire: &Wire, path: &str) -> Answer {
    Way::new(wire).open(path)
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
    let mut way = Way::new(&wire);
    let shown = page(way.open(&address(CALLBACK)), 200);
    assert!(shown.contains(&format!("<code>{CALLBACK}</code>")));
    let (path, query) = way.at.split_once('?').unwrap();
    let login = path.strip_prefix("/authenticate/").unwrap();
    assert!(login.len() == 32 && login.bytes().all(|letter| letter.is_ascii_hexdigit()));
    let target = "redirectToUrl=http%3A%2F%2Flocalhost%3A43117%2Fhard-to-guess%2Fcallback";
    assert_eq!(query, target);
    for needed in [
        "A program on this computer wants to log in",
        "name=\"email\"",
        "name=\"password\"",
        "<button type=\"submit\">Log the program in</button>",
        &format!("action=\"{}\"", way.at),
    ] {
        assert!(shown.contains(needed), "{needed}");
    }
    assert!(!shown.contains("name=\"code\""), "the code comes later");
    assert_eq!(shown.matches("<script").count(), 1);
}

// Issue 11, 6: the cookie of a login has a path and a name that other servers on this host, and
// other logins, do not know.
#[test]
fn a_login_has_a_path_and_a_cookie_of_its_own() {
    let wire = Wire::new();
    let (mut one, mut other) = (Way::begun(&wire, CALLBACK), Way::begun(&wire, CALLBACK));
    assert_ne!(one.at, other.at);
    let set = one.reload().headers["set-cookie"]
        .to_str()
        .unwrap()
        .to_owned();
    let path = one.at.split('?').next().unwrap().to_owned();
    assert!(
        set.ends_with(&format!("; Path={path}; HttpOnly; SameSite=Lax")),
        "{set}"
    );
    assert!(!set.starts_with("scw_visit="), "{set}");
    // The cookie of one login opens no other.
    let (name, value) = one.cookies[0].split_once('=').unwrap();
    assert!(value.len() > 40 && !other.cookies[0].starts_with(name));
    other.cookies.clone_from(&one.cookies);
    let shown = page(other.reload(), 200);
    assert!(shown.contains("This login is over") && !shown.contains("<form"));
}

// Issue 11, 1: WebAuthn takes no IP address, so the pages are at `localhost`.
#[test]
fn a_browser_that_came_to_an_ip_address_is_led_to_localhost() {
    let wire = Wire::new();
    let answer = wire.send_as_is("GET", &address(CALLBACK), &[], "").unwrap();
    assert_eq!(answer.status, 303);
    let to = answer.headers["location"].to_str().unwrap();
    let rest = to.strip_prefix(&wire.origin()).unwrap();
    assert!(rest.starts_with("/authenticate?redirectToUrl=http%3A%2F%2Flocalhost%3A43117"));
    assert!(!answer.headers.contains_key("set-cookie"));
}

#[test]
fn a_browser_is_told_to_guard_every_answer() {
    let wire = Wire::new();
    let mut way = Way::begun(&wire, CALLBACK);
    let form = way.reload().form();
    for answer in [
        way.reload(),
        open(&wire, "/authenticate"),
        way.post(&form, &[("email", "x"), ("password", "y")]),
        way.password_of_first(),
        way.reload(),
    ] {
        let header = |name: &str| answer.headers[name].to_str().unwrap().to_owned();
        assert_eq!(header("referrer-policy"), "same-origin");
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
    let given = login(&Way::begun(&wire, CALLBACK).password_of_first());
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

// Issue 11, 1: the same two steps as in the panel; a failed code stays at the code.
#[test]
fn a_second_factor_is_asked_for_here_too_and_its_codes_work_once() {
    let wire = Wire::new();
    let (secret, codes) = wire.switch_on();
    let code = wire.code(&secret);
    for (field, code) in [("code", &code), ("backup_code", &codes[0])] {
        let mut way = Way::begun(&wire, CALLBACK);
        let asked = page(way.password_of_first(), 200);
        assert!(asked.contains("Two-factor authentication") && asked.contains(CALLBACK));
        assert!(way.at.contains("/code?redirectToUrl=http"), "{}", way.at);
        let refused = page(way.fill(&[("code", "000000")]), 200);
        assert!(refused.contains("id=\"code-problem\">The code is wrong"));
        assert!(!page(way.reload(), 200).contains("code-problem"));
        login(&way.fill(&[(field, code)]));

        let mut way = Way::begun(&wire, CALLBACK);
        way.password_of_first();
        let refused = page(way.fill(&[(field, code)]), 200);
        assert!(refused.contains("The code is wrong or already used"));
    }
    wire.log_in_first(&code).expect(400);
}

// Issue 11, 1: an expired wait says so, and keeps the email address and the target.
#[test]
fn a_login_waits_ten_minutes_for_its_code() {
    let wire = Wire::new();
    let (secret, _) = wire.switch_on();
    let mut way = Way::begun(&wire, CALLBACK);
    way.password_of_first();
    let form = way.reload().form();
    wire.sandbox.advance(600);
    let answer = way.post(&form, &[("code", &wire.code(&secret))]);
    let to = answer.headers["location"].to_str().unwrap().to_owned();
    let shown = page(way.open(&to), 200);
    assert!(shown.contains("You did not enter a code within ten minutes"));
    let email = wire.sandbox.info().email.clone();
    assert!(shown.contains(&format!("value=\"{email}\"")) && shown.contains(CALLBACK));
    way.password_of_first();
    login(&way.fill(&[("code", &wire.code(&secret))]));
}

#[test]
fn a_wrong_password_and_an_unknown_address_look_alike() {
    let wire = Wire::new();
    let email = wire.sandbox.info().email.clone();
    let mut way = Way::begun(&wire, CALLBACK);
    let wrong = page(way.password(&email, "wrong"), 200);
    let unknown = page(way.password("x@example.com", "wrong"), 200);
    // Each page has a token and a ceremony of its own.
    let plain = |page: &str, email: &str| {
        let starts = [
            "name=\"form\" value=\"",
            "name=\"ceremony\" value=\"",
            "&quot;challenge&quot;:&quot;",
        ];
        starts.iter().fold(page.replace(email, ""), |plain, start| {
            let own = page.split(start).nth(1).unwrap();
            let own = own.split(['"', '&']).next().unwrap();
            plain.replace(own, "")
        })
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
    let mut way = Way::begun(&wire, CALLBACK);
    page(way.password("ada@example.com", "x"), 200);
    wire.log_in("ada@example.com", "x", "").expect(401);
    assert!(page(way.password_of_first(), 200).contains("The account is locked"));
    wire.log_in_first("").expect(423);
}

#[test]
fn where_passwords_are_forbidden_the_browser_is_the_way_in() {
    let wire = Wire::seeded(&json!({"organizations": [{"login_password_enabled": false,
        "users": [{"email": "ada@example.com"}]}]}));
    wire.log_in_first("").expect(403);
    login(&Way::begun(&wire, CALLBACK).password_of_first());
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
        // Not even in a login that was begun with a good one.
        let mut way = Way::begun(&wire, CALLBACK);
        let form = way.reload().form();
        let path = way.at.split('?').next().unwrap();
        way.at = format!("{path}?redirectToUrl={}", encode(target));
        let fields = [
            ("email", info.email.as_str()),
            ("password", info.password.as_str()),
        ];
        let posted = way.post(&form, &fields);
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
    let shown = page(Way::begun(&wire, CALLBACK).password(typed, "x"), 200);
    assert!(shown.contains("value=\"&quot;&gt;&lt;script&gt;alert('1')&lt;/script&gt;&amp;amp;\""));
    assert_eq!(shown.matches("<script").count(), 1);
}

#[test]
fn a_form_that_did_not_arrive_whole_is_shown_again() {
    let wire = Wire::new();
    let mut way = Way::begun(&wire, CALLBACK);
    let at = way.at.clone();
    let answer = way.send("POST", &at, "email=x&password=y");
    assert_eq!(answer.status, 303);
    assert_eq!(answer.headers["location"], at.as_str());
    let shown = page(way.reload(), 200);
    assert!(shown.contains("Nothing was changed by it") && shown.contains("<form"));
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
    let fields = [
        ("email", info.email.as_str()),
        ("password", info.password.as_str()),
    ];
    let mut way = Way::begun(&wire, CALLBACK);
    let form = way.reload().form();
    let own = way.cookies.clone();
    let (name, _) = own[0].split_once('=').unwrap();
    for (cookie, form) in [
        (None, ""),
        (None, form.as_str()),
        (own.first().cloned(), "x"),
        (Some(format!("{name}=x")), form.as_str()),
    ] {
        way.cookies = cookie.into_iter().collect();
        let refused = way.post(form, &fields);
        assert_eq!(refused.headers["location"], way.at.as_str());
    }
    way.cookies.clone_from(&own);
    login(&way.post(&form, &fields));
    assert!(way.cookies.is_empty(), "{:?}", way.cookies);
    // From the back button: the page says that the login is over, and the form leads there.
    for cookies in [Vec::new(), own] {
        way.cookies = cookies;
        assert_eq!(
            way.post(&form, &fields).headers["location"],
            way.at.as_str()
        );
        let shown = page(way.reload(), 200);
        assert!(shown.contains("This login is over") && !shown.contains("<form"));
    }
    assert_eq!(wire.sandbox.state().unwrap()["sessions"], 1);
}
