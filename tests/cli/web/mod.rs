//! `scw login --web`: the start page and the callback, with the test as the browser.

mod port;
mod whose;

use std::{
    fs,
    net::TcpStream,
    os::unix::fs::PermissionsExt,
    process::Command,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::support::{
    World,
    browser::{Waiting, handed_over, login_of_first, session_of},
};

#[track_caller]
fn refused(answer: &str, status: &str) {
    assert!(
        answer.starts_with(&format!("HTTP/1.1 {status}")),
        "{answer}"
    );
    assert!(!answer.contains("You are logged in"), "{answer}");
}

#[test]
fn a_login_from_the_browser_ends_with_a_key_and_no_session() {
    let world = World::new();
    let mut waiting = Waiting::start(&world);
    let page = waiting.browser.open_start();
    assert!(page.as_str().starts_with(&world.info().account_url));
    let answer = waiting.browser.bring(&login_of_first(&world));
    assert!(
        answer.starts_with("HTTP/1.1 200") && answer.contains("You are logged in"),
        "{answer}"
    );
    waiting.finish().expect(0);
    let whoami = world.run(&["whoami", "-o", "json"]).expect(0).json();
    assert_eq!(whoami["user_id"], world.info().user_id.as_str());
    assert_eq!(world.sandbox.state().unwrap()["sessions"], 0);
    world.run(&["logout"]).expect(0);
    let keys = world.sandbox.state().unwrap()["api_keys"].clone();
    assert_eq!(keys, json!([world.info().access_key]));
}

#[test]
fn a_forged_callback_is_refused_and_the_true_one_still_works() {
    let world = World::new();
    let mut waiting = Waiting::start(&world);
    let token = login_of_first(&world);
    waiting.browser.open_start();
    let browser = &waiting.browser;
    let path = browser.callback.clone();
    refused(&browser.get(&format!("/callback?token={token}")), "404");
    let guessed = format!("/{}/callback?token={token}", "0".repeat(32));
    refused(&browser.get(&guessed), "404");
    // Issue 7, 27: garbage does not end the wait.
    refused(&browser.bring("junk"), "400");
    refused(&browser.get(&path), "400");
    refused(
        &browser.ask(&format!("POST {path}?token={token}"), ""),
        "405",
    );
    let rebound = format!(
        "GET {path}?token={token} HTTP/1.1\r\nHost: evil.example:{}\r\n\r\n",
        browser.port
    );
    refused(&browser.send(&rebound).unwrap(), "404");
    refused(&browser.send("nonsense\r\n\r\n").unwrap(), "400");

    let listened_on = browser.port;
    browser.bring(&token);
    waiting.finish().expect(0);
    // One use: nobody listens any more.
    for address in ["127.0.0.1", "::1"] {
        assert!(TcpStream::connect((address, listened_on)).is_err());
    }
}

// Issue 7, 27
#[test]
fn a_session_that_the_service_does_not_know_does_not_end_the_wait() {
    let world = World::new();
    let mut waiting = Waiting::start(&world);
    waiting.browser.open_start();
    let forged = json!({
        "jwt": {"jti": world.info().user_id, "audience_id": world.info().user_id, "issuer_id": "y"},
        "token": "a.b.c",
    });
    let answer = waiting.browser.bring(&handed_over(&forged));
    refused(&answer, "400");
    assert!(answer.contains("The service rejected it"), "{answer}");
    let good = login_of_first(&world);
    assert!(waiting.browser.bring(&good).contains("You are logged in"));
    waiting.finish().expect(0);
    assert_eq!(world.sandbox.state().unwrap()["sessions"], 0);
}

// Issue 7, 26
#[test]
fn nothing_in_the_browsers_arguments_or_on_stderr_leads_to_the_callback() {
    let world = World::new();
    let opener = world.home.path().join("open");
    let arguments_seen = world.home.path().join("arguments");
    let script = format!(
        "#!/bin/sh\nprintf '%s\\n' \"$@\" >'{0}.new'\nmv '{0}.new' '{0}'\n",
        arguments_seen.display()
    );
    fs::write(&opener, script).unwrap();
    fs::set_permissions(&opener, fs::Permissions::from_mode(0o700)).unwrap();
    let email = world.info().email.clone();
    let arguments = [
        "-D",
        "login",
        "--web",
        "--storage",
        "file",
        "--email",
        &email,
    ];
    let mut waiting = Waiting::of(world.command(&arguments).env("BROWSER", &opener));
    waiting.browser.open_start();
    let hidden = waiting
        .browser
        .callback
        .split('/')
        .nth(1)
        .unwrap()
        .to_owned();
    assert!(hidden.len() >= 32, "{hidden}");
    let token = login_of_first(&world);
    waiting.browser.bring(&token);
    let said = waiting.said.clone();
    let ran = waiting.finish().expect(0);
    let deadline = Instant::now() + Duration::from_secs(20);
    let seen = loop {
        if let Ok(seen) = fs::read_to_string(&arguments_seen) {
            break seen;
        }
        assert!(Instant::now() < deadline, "no browser was opened");
        crate::support::running::pause();
    };
    assert!(said.contains(seen.trim()), "{said}");
    for text in [&seen, &said, &ran.stderr, &ran.stdout] {
        assert!(!text.contains(&hidden), "{text}");
        assert!(
            !text.contains(&token) && !text.contains("redirectToUrl"),
            "{text}"
        );
    }
    // That was the exchange in full.
    assert!(ran.stderr.contains("GET "), "{}", ran.stderr);
}

// Issue 7, 26
#[test]
fn a_second_visit_to_the_start_page_ends_the_login() {
    let world = World::new();
    let mut waiting = Waiting::start(&world);
    waiting.browser.open_start();
    refused(&waiting.browser.get(&waiting.browser.start), "403");
    let ran = waiting.finish().expect(4);
    let ran = ran.told("the start page was opened twice; somebody else may have seen it");
    assert!(ran.stderr.contains("Nothing was changed"), "{}", ran.stderr);
    world.run(&["whoami"]).expect(3);
}

// Issue 7, 26
#[test]
fn only_a_persons_visit_counts() {
    let world = World::new();
    let mut waiting = Waiting::start(&world);
    let start = format!("GET {}", waiting.browser.start);
    let ask = |waiting: &Waiting, line: &str, status: &str| {
        for headers in [
            "Sec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: image\r\n",
            "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: iframe\r\n",
            "Sec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\n",
            "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\nSec-Purpose: prefetch\r\n",
        ] {
            refused(&waiting.browser.ask(line, headers), status);
        }
    };
    let head = start.replace("GET", "HEAD");
    refused(&waiting.browser.ask(&head, ""), "405");
    refused(&waiting.browser.get("/favicon.ico"), "404");
    ask(&waiting, &start, "403");
    waiting.browser.open_start();
    ask(&waiting, &start, "403");
    refused(&waiting.browser.ask(&head, ""), "405");
    refused(&waiting.browser.get("/favicon.ico"), "404");
    let token = login_of_first(&world);
    let callback = format!("GET {}?token={token}", waiting.browser.callback);
    ask(&waiting, &callback, "403");
    // Another browser was not sent out for this login.
    let cookie = waiting.browser.forget();
    refused(&waiting.browser.bring(&token), "403");
    waiting.browser.remember(cookie);
    assert!(waiting.browser.bring(&token).contains("You are logged in"));
    waiting.finish().expect(0);
}

// Issue 7, 28
#[test]
fn an_id_that_is_a_path_is_not_put_into_one() {
    let world = World::new();
    let mut waiting = Waiting::start(&world);
    waiting.browser.open_start();
    let info = world.info();
    let good = session_of(&world, &info.email, &info.password);
    let forge = |jti: &str, audience: &str| {
        let mut forged = good.clone();
        forged["jwt"]["jti"] = json!(jti);
        forged["jwt"]["audience_id"] = json!(audience);
        handed_over(&forged)
    };
    let key = format!("../api-keys/{}", info.access_key);
    refused(&waiting.browser.bring(&forge(&key, &info.user_id)), "400");
    let jti = good["jwt"]["jti"].as_str().unwrap();
    refused(&waiting.browser.bring(&forge(jti, &key)), "400");
    assert!(
        waiting
            .browser
            .bring(&handed_over(&good))
            .contains("You are logged in")
    );
    waiting.finish().expect(0);
    let deleted: Vec<String> = world
        .sandbox
        .requests()
        .into_iter()
        .filter(|seen| seen.method == "DELETE")
        .map(|seen| seen.path)
        .collect();
    assert_eq!(deleted, [format!("/iam/v1alpha1/jwts/{jti}")]);
    let keys = world.sandbox.state().unwrap()["api_keys"].clone();
    assert!(keys.as_array().unwrap().contains(&json!(info.access_key)));
}

#[test]
fn a_request_to_end_ends_the_wait_at_once() {
    let world = World::new();
    for signal in ["-INT", "-TERM", "-HUP"] {
        let mut waiting = Waiting::start(&world);
        waiting.browser.open_start();
        let began = Instant::now();
        let pid = waiting.child.id().to_string();
        let sent = Command::new("kill").args([signal, &pid]).status().unwrap();
        assert!(sent.success());
        waiting.finish().expect(130);
        assert!(began.elapsed().as_secs() < 3, "{signal}");
    }
}
