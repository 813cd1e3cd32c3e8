//! A network and a service that fail.

use serde_json::json;

use crate::support::{Ran, World};

/// A fault on the first call of `2fa status`.
fn status_with(fault: serde_json::Value) -> (World, Ran) {
    let world = World::logged_in();
    let mut fault = fault;
    fault["path_regex"] = json!("^/iam/v1alpha1/users/[^/]*$");
    world.fault(fault);
    let ran = world.run(&["2fa", "status"]);
    (world, ran)
}

#[test]
fn a_garbage_answer_is_told_in_a_line_and_never_dumped() {
    let big = "x".repeat(10 * 1024 * 1024);
    for (body, told) in [
        (json!("<html><body>hotel wifi</body></html>"), "not JSON"),
        (json!(""), "an empty body"),
        (json!("{\"id\":"), "cut off"),
        (json!({"id": 3}), "wrong fields"),
        (json!([]), "wrong fields"),
        (json!(big), "more than 2 MiB"),
    ] {
        let (_, ran) = status_with(json!({"action": "status", "status": 200, "body": body}));
        let ran = ran.expect(5).told(told);
        assert!(!ran.stderr.contains("hotel"), "{}", ran.stderr);
    }
    let (_, ran) = status_with(json!({"action": "truncate", "bytes": 30, "times": 3}));
    ran.expect(5).told("could not reach 127.0.0.1");
    let (_, ran) = status_with(json!({"action": "status", "status": 404, "body": "<h1>404</h1>"}));
    ran.expect(5).told("status 404 without JSON");
}

#[test]
fn a_failure_that_passes_is_tried_again_and_one_that_stays_is_told_with_its_id() {
    let (_, ran) = status_with(json!({"action": "status", "status": 503, "times": 2}));
    ran.expect(0);
    let (world, ran) = status_with(json!({"action": "status", "status": 502, "times": 9}));
    ran.expect(5).told("request id");
    assert_eq!(
        world.asked("GET", &world.info().user_id),
        4,
        "the login's and three tries"
    );
    let (_, ran) = status_with(json!({"action": "drop_before"}));
    ran.expect(0);
    let (_, ran) = status_with(json!({"action": "drop_before", "times": 9}));
    ran.expect(5).told("could not reach 127.0.0.1");
}

// Issue 7, 13
#[test]
fn a_service_that_takes_no_more_requests_is_waited_for_within_bounds() {
    let fault = |wait: &str, times: u32| {
        json!({"action": "status", "status": 429, "times": times,
            "headers": {"retry-after": wait}, "body": {"type": "too_many_requests"}})
    };
    let (_, ran) = status_with(fault("0", 2));
    ran.expect(0);
    let (world, ran) = status_with(fault("0", 9));
    ran.expect(5).told("got too many requests");
    assert_eq!(
        world.asked("GET", &world.info().user_id),
        6,
        "the login's and five tries"
    );
    // Nobody waits for an hour in a terminal: it is told at once.
    let (world, ran) = status_with(fault("3600", 9));
    ran.expect(5).told("3600 s");
    assert_eq!(world.asked("GET", &world.info().user_id), 2);
}

#[test]
fn the_key_follows_no_redirect_to_another_origin() {
    let elsewhere = World::new();
    let to = format!("{}/iam/v1alpha1/users/x", elsewhere.info().api_url);
    let (_, ran) = status_with(json!({"action": "redirect", "to": to}));
    ran.expect(5).told("scw did not send the key there");
    assert!(elsewhere.sandbox.requests().is_empty());

    let world = World::logged_in();
    let to = format!("/iam/v1alpha1/users/{}", world.info().user_id);
    world.fault(json!({"path_regex": "users/[^/]*$", "action": "redirect", "to": to}));
    world.run(&["2fa", "status"]).expect(0);
}

#[test]
fn no_network_is_told_with_what_to_check() {
    let world = World::new();
    let at = |url: &str| {
        let mut command = world.command(&["2fa", "status", "--api-url", url]);
        command.env("SCW_SECRET_KEY", &world.info().secret_key);
        command.env("SCW_ACCESS_KEY", &world.info().access_key);
        Ran::of(command.output().unwrap())
    };
    let unused = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", unused.local_addr().unwrap());
    drop(unused);
    at(&url).expect(5).told("HTTPS_PROXY");
    at("https://api.invalid")
        .expect(5)
        .told("could not reach api.invalid");
}

#[test]
fn an_error_without_a_type_or_with_an_unknown_one_still_says_something() {
    for (status, body, code, told) in [
        (
            401,
            json!(""),
            4,
            "the API rejected the key (it gave no reason)",
        ),
        (
            403,
            json!({"message": "no\u{1b}[2J way"}),
            4,
            "no\u{fffd}[2J way",
        ),
        (
            418,
            json!({"type": "teapot", "message": "short and stout"}),
            1,
            "short and stout",
        ),
        (
            404,
            json!({"type": "not_found", "resource": "user"}),
            1,
            "no such user",
        ),
        (
            400,
            json!({"type": "invalid_arguments", "details":
            [{"argument_name": "user_id", "reason": "format", "help_message": "is odd"}]}),
            1,
            "user_id: is odd",
        ),
        (
            403,
            json!({"type": "quotas_exceeded", "message": "quota",
            "details": [{"resource": "iam_keys", "quota": 5, "current": 5}]}),
            4,
            "at most 5",
        ),
        (
            410,
            json!({"type": "resource_expired"}),
            4,
            "it has expired",
        ),
    ] {
        let (_, ran) = status_with(json!({"action": "status", "status": status, "body": body}));
        ran.expect(code).told(told);
    }
}

#[test]
fn tls_is_checked_against_ssl_cert_file() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::with(scw_sandbox::Options {
        tls: Some(folder.path().to_owned()),
        ..scw_sandbox::Options::default()
    });
    world.log_in();
    world.run(&["2fa", "status"]).expect(0);
    let mut command = world.command(&["2fa", "status"]);
    command.env_remove("SSL_CERT_FILE");
    Ran::of(command.output().unwrap())
        .expect(5)
        .told("could not reach 127.0.0.1");
    let mut command = world.command(&["2fa", "status"]);
    command.env("SSL_CERT_FILE", "/nonexistent.pem");
    Ran::of(command.output().unwrap())
        .expect(7)
        .told("SSL_CERT_FILE");
}

// Issue 7, 13
#[test]
fn a_refused_key_of_a_variable_hints_at_the_variable() {
    let world = World::logged_in();
    for body in [
        json!({"type": "denied_authentication", "reason": "not_found"}),
        json!({"type": "denied_authentication", "reason": "expired"}),
        json!(""),
    ] {
        // Twice: the user and the passkeys are asked for side by side.
        let refused = json!({"path_regex": "^/iam/v1alpha1/", "action": "status",
            "status": 401, "body": body, "times": 2});
        for arguments in [
            &["2fa", "status"][..],
            &["2fa", "off", "--yes"],
            &["whoami"],
        ] {
            world.fault(refused.clone());
            let mut command = world.command(arguments);
            command
                .env("SCW_ACCESS_KEY", &world.info().access_key)
                .env("SCW_SECRET_KEY", &world.info().secret_key);
            let ran = Ran::of(command.output().unwrap())
                .expect(4)
                .told("hint: fix or unset `SCW_SECRET_KEY`");
            assert!(!ran.stderr.contains("scw login"), "{}", ran.stderr);
            // A saved key is another matter.
            world.fault(refused.clone());
            world.run(arguments).expect(4).told("scw login");
        }
    }
}
