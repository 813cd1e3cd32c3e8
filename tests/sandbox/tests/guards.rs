//! What keeps the pages of other websites out, and secrets in.

use std::{
    io::{Read, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, TcpStream},
    process::{Command, Stdio},
};

use crate::served::{Served, command};
use crate::wire::Wire;
use scw_sandbox::{Options, Sandbox};
use serde_json::json;

/// The port of an address.
fn port(url: &str) -> u16 {
    let authority = url.split('/').nth(2).unwrap();
    authority.rsplit(':').next().unwrap().parse().unwrap()
}

/// Sends a request as it is written, to one of this machine's addresses.
fn raw(to: IpAddr, port: u16, head: &str, body: &str) -> String {
    let mut stream = TcpStream::connect((to, port)).unwrap();
    let length = body.len();
    let text = format!("{head}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}");
    stream.write_all(text.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fn open(control: bool) -> Sandbox {
    Sandbox::start(Options {
        control,
        ..Options::default()
    })
    .unwrap()
}

/// The status of an answer.
fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or(answer)
}

// Issue 11, 6
#[test]
fn a_name_that_somebody_led_here_reaches_nothing() {
    let sandbox = open(true);
    let info = sandbox.info().clone();
    let at = port(&info.api_url);
    let auth = format!("x-auth-token: {}", info.secret_key);
    let otp = format!("/iam/v1alpha1/users/{}/mfa-otp", info.user_id);
    for host in [
        "evil.example",
        &format!("evil.example:{at}"),
        "x.localhost",
        "10.1.2.3",
    ] {
        for line in [
            format!("POST {otp} HTTP/1.1\r\nhost: {host}\r\n{auth}"),
            format!("POST http://localhost:{at}{otp} HTTP/1.1\r\nhost: {host}\r\n{auth}"),
            format!("POST http://{host}{otp} HTTP/1.1\r\nhost: localhost:{at}\r\n{auth}"),
            format!("GET /_sandbox/state HTTP/1.1\r\nhost: {host}"),
            format!("GET /openapi.json HTTP/1.1\r\nhost: {host}"),
            format!("GET /panel HTTP/1.1\r\nhost: {host}"),
        ] {
            let answer = raw(LOOPBACK, at, &line, "{}");
            assert_eq!(status(&answer), "421", "{line}: {answer}");
            assert!(answer.contains("localhost"), "it says what works: {answer}");
            assert!(!answer.contains("evil"), "{answer}");
        }
    }
    for hosts in [
        "",
        "\r\nhost: localhost\r\nhost: localhost",
        "\r\nhost: local host",
    ] {
        let line = format!("POST {otp} HTTP/1.1\r\n{auth}{hosts}");
        assert_eq!(status(&raw(LOOPBACK, at, &line, "{}")), "400", "{hosts}");
    }
    assert_eq!(sandbox.state().unwrap()["two_factor"], "off");
    for host in [
        format!("localhost:{at}"),
        format!("[::1]:{at}"),
        "127.0.0.1".to_owned(),
    ] {
        let line = format!("POST {otp} HTTP/1.1\r\nhost: {host}\r\n{auth}");
        assert_eq!(status(&raw(LOOPBACK, at, &line, "{}")), "200", "{host}");
    }
}

// Issue 11, 6
#[test]
fn a_page_of_another_origin_changes_nothing_and_reads_nothing() {
    let wire = Wire::with(Options {
        control: true,
        ..Options::default()
    });
    let info = wire.sandbox.info().clone();
    let key = ("x-auth-token", info.secret_key.as_str());
    let own = info.panel_url.split("/panel").next().unwrap();
    let login = json!({"email": info.email, "password": info.password}).to_string();
    let fault = json!({"path_regex": "", "action": "drop_before"}).to_string();
    let otp = wire.user_path("/mfa-otp");
    let foreign = [
        ("origin", "http://evil.example"),
        ("origin", "http://localhost:1"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ];
    for sign in foreign {
        for (method, path, body) in [
            ("POST", "/_sandbox/clock", r#"{"advance_s": 86400}"#),
            ("POST", "/_sandbox/faults", fault.as_str()),
            ("GET", "/_sandbox/state", ""),
            ("POST", otp.as_str(), "{}"),
            ("POST", "/account/v2/login", login.as_str()),
            ("POST", "/tokens", login.as_str()),
            ("POST", "/panel/sign-in", ""),
            ("POST", "/authenticate", ""),
        ] {
            let refused = wire.send(method, path, &[key, sign], body).unwrap();
            let said = refused.body["message"].clone();
            assert_eq!(refused.status, 403, "{method} {path} {sign:?}");
            let said = said.as_str().unwrap();
            assert!(said.contains("page of another website"), "{said}");
        }
    }
    let state = wire.get("/_sandbox/state").expect(200);
    assert_eq!(state["two_factor"], "off");
    assert_eq!(state["sessions"], 0);
    assert_eq!(state["clock_offset_s"], 0);
    for sign in [
        ("origin", own),
        ("sec-fetch-site", "same-origin"),
        ("sec-fetch-site", "none"),
    ] {
        let answer = wire.send("POST", &otp, &[key, sign], "{}").unwrap();
        assert_eq!(answer.status, 200, "{sign:?}");
    }
    // A link on another site may lead to a page.
    let link = [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-mode", "navigate"),
    ];
    let page = wire.send("GET", "/panel/sign-in", &link, "").unwrap();
    assert_eq!(page.status, 200);
}

// Issue 11, 6
#[test]
fn every_answer_is_stored_by_nobody_and_guessed_by_nobody() {
    let wire = Wire::with(Options {
        control: true,
        ..Options::default()
    });
    let info = wire.sandbox.info().clone();
    let fault = json!({"path_regex": "^/users/faulty$", "action": "status", "status": 503});
    wire.post("/_sandbox/faults", fault).expect(200);
    let large = "x".repeat(300_000);
    let key = ("x-auth-token", info.secret_key.as_str());
    for (method, path, headers, body, status) in [
        ("GET", wire.user_path("").as_str(), &[key][..], "", 200),
        ("GET", "/iam/v1alpha1/users/x", &[], "", 401),
        ("GET", "/iam/v1alpha1/nowhere", &[], "", 404),
        ("GET", "/users/faulty", &[], "", 503),
        ("GET", "/tokens", &[], "", 401),
        ("GET", "/tokens/x/y", &[], "", 404),
        ("POST", "/tokens", &[], large.as_str(), 413),
        ("POST", "/tokens", &[("origin", "null")], "", 403),
        (
            "DELETE",
            wire.user_path("/mfa-otp").as_str(),
            &[key],
            "",
            204,
        ),
        ("GET", "/openapi.json", &[], "", 200),
        ("GET", "/_sandbox/state", &[], "", 200),
        ("GET", "/_sandbox/nowhere", &[], "", 404),
        ("GET", "/panel/sign-in", &[], "", 200),
        ("GET", "/panel/nowhere", &[], "", 404),
        ("GET", "/", &[], "", 404),
        ("GET", "/authenticate", &[], "", 400),
    ] {
        if status == 204 {
            wire.switch_on();
        }
        let answer = wire.send(method, path, headers, body).unwrap();
        assert_eq!(answer.status, status, "{method} {path}");
        assert_eq!(answer.headers["cache-control"], "no-store", "{path}");
        assert_eq!(
            answer.headers["x-content-type-options"], "nosniff",
            "{path}"
        );
        assert_eq!(answer.headers.get_all("cache-control").iter().count(), 1);
    }
    let style = wire.open("/assets/style.css", "");
    assert_eq!(style.headers["cache-control"], "no-cache");
    assert_eq!(style.headers["x-content-type-options"], "nosniff");
}

// Issue 11, 6
#[test]
fn no_spelling_of_a_path_brings_a_token_into_the_log_or_the_list_of_requests() {
    let mut child = command(&["--verbose", "--control"]);
    child.stderr(Stdio::piped());
    let mut served = Served::of(&mut child);
    let token = served.text("token").to_owned();
    let home = served
        .text("panel_url")
        .split("/panel/")
        .nth(1)
        .unwrap()
        .to_owned();
    let at = port(served.text("api_url"));
    let spellings = [
        "/tokens/X",
        "//tokens/X",
        "/./tokens/X",
        "/tokens/./X",
        "/tokens//X",
        "/TOKENS/X",
        "/%74okens/X",
        "/tokens%2FX",
        "/tokens/X/",
        "/tokens/X/users",
        "/tokens/X?a=b",
        "/a/../tokens/X",
        "/tokens;a=b/X",
        "/tokens?X",
        "/users/x?token=X",
        "/X",
        "http://localhost/tokens/X",
        "/iam/v1alpha1/tokens/X",
        "/panel/X",
        "/_sandbox/../tokens/X",
        "/tokens/X#a",
    ];
    for spelling in spellings {
        for secret in [&token, &home] {
            let target = spelling.replace('X', secret);
            let line = format!("GET {target} HTTP/1.1\r\nhost: localhost");
            raw(LOOPBACK, at, &line, "");
        }
    }
    let seen = served.door("requests").to_string();
    let user = format!("/users/{}", served.text("user_id"));
    raw(
        LOOPBACK,
        at,
        &format!("GET {user} HTTP/1.1\r\nhost: localhost"),
        "",
    );
    served.terminate();
    let mut log = String::new();
    let mut stderr = served.child.stderr.take().unwrap();
    stderr.read_to_string(&mut log).unwrap();
    for text in [&seen, &log] {
        assert!(!text.contains(&token), "{text}");
        assert!(!text.contains(&home), "{text}");
        assert!(text.contains("/tokens/***"), "{text}");
    }
    assert!(
        log.contains(&format!("GET {user} 401")),
        "a known route is shown: {log}"
    );
    assert!(log.lines().count() > spellings.len());
}

// Issue 11, 6
#[test]
fn localhost_leads_to_the_service_whichever_address_a_browser_takes_it_for() {
    for listen in ["127.0.0.1:0", "[::1]:0", "127.0.0.7:0"] {
        let sandbox = Sandbox::start(Options {
            listen: Some(listen.parse().unwrap()),
            ..Options::default()
        })
        .unwrap();
        let info = sandbox.info();
        let at = port(&info.api_url);
        assert!(
            info.panel_url
                .starts_with(&format!("http://localhost:{at}/panel/"))
        );
        let host = listen.trim_end_matches(":0");
        assert_eq!(info.api_url, format!("http://{host}:{at}"));
        let path = info.panel_url.split_once(&format!(":{at}")).unwrap().1;
        for address in [LOOPBACK, Ipv6Addr::LOCALHOST.into()] {
            let line = format!("GET {path}/sign-in HTTP/1.1\r\nhost: localhost:{at}");
            let page = raw(address, at, &line, "");
            assert_eq!(status(&page), "200", "{listen} {address}");
        }
    }
}

// Issue 11, 6
#[test]
fn a_command_learns_the_origin_of_the_panel() {
    let ran = Command::new(env!("CARGO_BIN_EXE_scw-sandbox"))
        .args(["run", "--", "sh", "-c"])
        .arg("echo \"$SCW_WEBAUTHN_ORIGIN\" \"$SANDBOX_PANEL_URL\"")
        .output()
        .unwrap();
    let told = String::from_utf8(ran.stdout).unwrap();
    let (origin, panel) = told.trim().split_once(' ').unwrap();
    assert!(origin.starts_with("http://localhost:"), "{origin}");
    assert!(panel.starts_with(&format!("{origin}/panel/")), "{panel}");
}

// Issue 11, 6
#[test]
fn a_service_that_other_machines_reach_says_so_and_what_they_can_do() {
    for (arguments, told) in [
        (&[][..], None),
        (&["--control"], None),
        (&["--allow-remote", "--control"], None),
        (
            &["--listen", "0.0.0.0:0", "--allow-remote"],
            Some("other machines can reach"),
        ),
        (
            &["--listen", "0.0.0.0:0", "--allow-remote", "--control"],
            Some("read and change every account without a password"),
        ),
    ] {
        let mut child = command(arguments);
        let mut served = Served::of(child.stderr(Stdio::piped()));
        served.terminate();
        let mut said = String::new();
        let mut stderr = served.child.stderr.take().unwrap();
        stderr.read_to_string(&mut said).unwrap();
        match told {
            Some(told) => assert!(said.contains("warning") && said.contains(told), "{said}"),
            None => assert_eq!(said, "", "{arguments:?}"),
        }
    }
}

// Issue 11, 6
#[test]
fn round_trips_can_be_counted_by_connection_and_time() {
    let wire = Wire::with(Options {
        control: true,
        latency_ms: 5,
        ..Options::default()
    });
    for _ in 0..2 {
        wire.get(&wire.user_path("")).expect(200);
    }
    let at = port(&wire.sandbox.info().api_url);
    raw(LOOPBACK, at, "GET /tokens HTTP/1.1\r\nhost: localhost", "");
    let fault = json!({"path_regex": "^/users/gone$", "action": "drop_before"});
    wire.post("/_sandbox/faults", fault).expect(200);
    raw(
        LOOPBACK,
        at,
        "GET /users/gone HTTP/1.1\r\nhost: localhost",
        "",
    );
    let seen = wire.get("/_sandbox/requests").expect(200);
    let of = |number: usize, name: &str| seen[number][name].as_u64().unwrap();
    assert_eq!(of(0, "connection"), of(1, "connection"), "kept alive");
    assert!(of(1, "connection") < of(2, "connection"));
    for number in 0..4 {
        assert!(
            of(number, "began_ms") + 4 <= of(number, "ended_ms"),
            "{seen}"
        );
    }
    assert!(of(0, "ended_ms") <= of(1, "began_ms"));
    assert!(seen[3]["status"].is_null());
}
