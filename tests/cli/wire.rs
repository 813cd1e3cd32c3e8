//! What the real service sends, what stands in its place, and what must not leave in an address.

use std::process::Command;

use serde_json::{Value, json};

use crate::support::{OATHTOOL, Ran, World};

/// What a hostile service would have the client put into a path.
const ELSEWHERE: &str = "../api-keys/SCW1234567890ABCDEFG";

/// `scw` as the first person of the world, who signs in with a password.
fn person(world: &World, api: &str, arguments: &[&str]) -> Command {
    let mut command = world.command(arguments);
    command
        .env("SCW_API", api)
        .env("SCW_KEYRING", "file")
        .env("SCW_EMAIL", &world.info().email)
        .env("SCW_PASSWORD", &world.info().password);
    command
}

fn run(command: &mut Command) -> Ran {
    Ran::of(command.output().unwrap())
}

/// `2fa status`, whose first call is answered by this fault.
fn status_with(mut fault: Value) -> Ran {
    let world = World::logged_in();
    fault["path_regex"] = json!("^/iam/v1alpha1/users/[^/]*$");
    world.fault(fault);
    world.run(&["2fa", "status"])
}

/// A fault that answers so to calls with this path.
fn answer(path_regex: &str, status: u16, body: Value) -> Value {
    let mut fault = json!({"path_regex": path_regex, "action": "status", "status": status});
    fault["body"] = body;
    fault
}

// Issue 7, 13
#[test]
fn a_429_without_a_body_is_waited_for_and_said() {
    let busy = json!({"action": "status", "status": 429, "body": "",
        "headers": {"x-envoy-ratelimited": "true"}});
    let started = std::time::Instant::now();
    let ran = status_with(busy).expect(0);
    assert!(started.elapsed().as_millis() >= 750);
    assert!(
        ran.stderr.contains("The API is busy. Trying again in 1 s."),
        "{}",
        ran.stderr
    );
}

// Issue 7, 13
#[test]
fn a_state_that_passes_is_tried_again_whatever_the_call_does() {
    let unsettled = |method: &str, times: u32| {
        json!({"path_regex": "/mfa-otp$", "method": method, "times": times,
            "action": "status", "status": 409, "headers": {"retry-after": "0"},
            "body": {"type": "transient_state", "message": "it is being changed"}})
    };
    let world = World::logged_in();
    world.fault(unsettled("POST", 2));
    world
        .run(&["2fa", "on", "--otp-command", OATHTOOL])
        .expect(0);
    assert_eq!(world.two_factor(), "on");
    let world = World::logged_in();

    world.fault(unsettled("POST", 3));
    world
        .run(&["2fa", "on", "--otp-command", OATHTOOL])
        .expect(1)
        .told("it is being changed");
    assert_eq!(world.asked("POST", "/mfa-otp"), 3);
}

// Issue 7, 13
#[test]
fn the_services_own_message_is_shown_beside_ours() {
    let failing = json!({"action": "status", "status": 503, "times": 9,
        "body": {"message": "maintenance until noon"}});
    status_with(failing)
        .expect(5)
        .told("status 503: maintenance until noon (request id");
    for (body, told) in [
        (
            json!({"message": "no Route matched"}),
            "found no such resource: no Route matched",
        ),
        (json!(""), "found no such resource"),
        (
            json!("<?xml version=\"1.0\"?><Error/>"),
            "found no such resource",
        ),
    ] {
        status_with(json!({"action": "status", "status": 404, "body": body}))
            .expect(1)
            .told(told);
    }
}

// Issue 7, 23
#[test]
fn a_portals_page_is_not_the_apis_refusal() {
    for status in [401, 403] {
        status_with(json!({"action": "status", "status": status, "body": "<html>log in</html>"}))
            .expect(5)
            .told("an unexpected answer");
        status_with(json!({"action": "status", "status": status, "body": ""})).expect(4);
        status_with(json!({"action": "status", "status": status, "body": {"message": "no"}}))
            .expect(4)
            .told("no");
    }
}

// Issue 7, 23
#[test]
fn a_redirect_that_leads_nowhere_is_not_the_apis_refusal() {
    for to in ["/nowhere", "/iam/v1alpha1/api-keys/SCWAAAAAAAAAAAAAAAAA"] {
        status_with(json!({"action": "redirect", "to": to}))
            .expect(5)
            .told("after a redirect");
    }
    let round = "/iam/v1alpha1/users/round";
    status_with(json!({"action": "redirect", "to": round, "times": 9}))
        .expect(5)
        .told("more than 3 redirects");
}

// Issue 7, 23
#[test]
fn only_a_reading_follows_a_redirect() {
    let world = World::logged_in();
    let to = format!("/iam/v1alpha1/users/{}/mfa-otp", world.info().user_id);
    world.fault(
        json!({"path_regex": "/mfa-otp$", "method": "POST", "action": "redirect", "to": to}),
    );
    world
        .run(&["2fa", "on", "--otp-command", OATHTOOL])
        .expect(5)
        .told("redirected to another path");
    assert_eq!(world.asked("POST", "/mfa-otp"), 1);
}

// Issue 7, 5
#[test]
fn a_deletion_that_is_not_answered_by_204_is_none() {
    for (api, path) in [("iam", "/api-keys/SCW"), ("account", "^/tokens/")] {
        let world = World::new();
        run(&mut person(&world, api, &["login"])).expect(0);
        let mut fault = answer(path, 200, json!({}));
        fault["method"] = json!("DELETE");
        world.fault(fault);
        run(&mut person(&world, api, &["logout"]))
            .expect(5)
            .told("status 200 instead of 204");
    }
}

// Issue 7, 2
#[test]
fn debug_output_of_the_2017_api_holds_no_token_password_or_code() {
    let world = World::new();
    let mut shown = String::new();
    let mut debug = |arguments: &[&str], code: Option<&str>, expected: i32| {
        let mut command = person(&world, "account", &[&["-D"], arguments].concat());
        if let Some(code) = code {
            command.env("SCW_OTP", code);
        }
        shown.push_str(&run(&mut command).expect(expected).stderr);
    };
    debug(&["login"], None, 0);
    let first = world.run(&["token"]).expect(0).stdout;
    debug(&["2fa", "on", "--otp-command", OATHTOOL], None, 0);
    // A token whose answer is lost: the next login lists all of them and deletes this one.
    world.fault(json!({"path_regex": "^/tokens$", "method": "POST", "action": "drop_after"}));
    debug(&["login"], Some("000000"), 5);
    debug(&["login"], Some("000000"), 4);
    debug(&["2fa", "off", "--yes"], None, 0);
    world.fault(json!({"path_regex": "^/tokens$", "method": "POST", "action": "drop_after"}));
    debug(&["login"], None, 5);
    debug(&["login"], None, 0);
    let last = world.run(&["token"]).expect(0).stdout;
    debug(&["logout"], None, 0);

    let info = world.info();
    for secret in [
        first.trim(),
        last.trim(),
        &info.token,
        &info.password,
        "000000",
    ] {
        assert!(!secret.is_empty() && !shown.contains(secret), "{shown}");
    }
    for visible in [
        "GET ",
        "/tokens?page=1",
        "DELETE ",
        "/tokens/***",
        &info.email,
    ] {
        assert!(shown.contains(visible), "no {visible} in {shown}");
    }
    let uuid_behind_tokens = shown
        .split("/tokens/")
        .skip(1)
        .any(|rest| !rest.starts_with("***"));
    assert!(!uuid_behind_tokens, "{shown}");
}

// Issue 7, 28
#[test]
fn an_id_of_the_service_cannot_lead_a_request_elsewhere_in_the_iam_api() {
    let user = "5c9e0a3e-1d0f-4a55-9d6f-0f0e4a6d2b11";
    let login =
        |jti: &str, user: &str| json!({"jwt": {"jti": jti, "audience_id": user}, "token": "t"});
    let a_user = json!({"id": user, "email": "a@example.com", "organization_id": "a/../b",
        "mfa": false, "account_root_user_id": ""});
    for faults in [
        vec![answer("/account/v2/login", 200, login(ELSEWHERE, user))],
        vec![answer("/account/v2/login", 200, login("j1", ELSEWHERE))],
        vec![answer(
            "/account/v2/users/",
            200,
            json!({"organizations": [{"id": ELSEWHERE, "name": "x"}]}),
        )],
        vec![
            json!({"path_regex": "^/iam/v1alpha1/users/[^/]*$", "times": 2, "action": "status",
            "status": 200, "body": a_user}),
        ],
    ] {
        let world = World::new();
        for fault in faults {
            world.fault(fault);
        }
        run(&mut person(&world, "iam", &["login"]))
            .expect(5)
            .told("an unexpected answer");
        for seen in world.sandbox.requests() {
            let path = &seen.path;
            assert!(!path.contains("..") && !path.contains("api-keys"), "{path}");
        }
    }
}

// Issue 7, 28
#[test]
fn an_id_of_the_service_cannot_lead_a_request_elsewhere_in_the_2017_api() {
    let user = "5c9e0a3e-1d0f-4a55-9d6f-0f0e4a6d2b11";
    let token = |id: &str, user: &str| json!({"token": {"id": id, "user_id": user}});
    let good = "11111111-2222-4333-8444-555555555555";
    for fault in [
        answer("^/tokens$", 201, token("../users/x", user)),
        answer("^/tokens$", 201, token(good, "../x")),
        answer(
            "^/organizations$",
            200,
            json!({"organizations": [{"id": "a/b", "name": "x"}]}),
        ),
    ] {
        let world = World::new();
        let own = format!("/users/{}", world.info().user_id);
        world.fault(fault);
        run(&mut person(&world, "account", &["login"]))
            .expect(5)
            .told("an unexpected answer");
        for seen in world.sandbox.requests() {
            let path = &seen.path;
            assert!(
                // The user of a good token is asked for beside the organizations.
                !path.contains("..") && (!path.starts_with("/users") || *path == own),
                "{path}"
            );
        }
    }
}

// Issue 7, 4
#[test]
fn a_list_of_keys_without_an_end_does_not_hold_a_login_up_for_ever() {
    for (api, path, page) in [
        (
            "iam",
            "/iam/v1alpha1/api-keys$",
            json!({"total_count": u64::MAX, "api_keys": [{"access_key": "SCW1234567890ABCDEFG"}]}),
        ),
        (
            "account",
            "^/tokens$",
            json!({"tokens": vec![json!({"id": "x", "user_id": "y"}); 50]}),
        ),
    ] {
        let world = World::new();
        // A login whose answer is lost, and that cannot look for the key at once, leaves a key that
        // the next one looks for.
        let mut fault = answer(path, 200, page);
        fault["method"] = json!("GET");
        fault["times"] = json!(100_000);
        world.fault(fault);
        world.fault(json!({"path_regex": path, "method": "POST", "action": "drop_after"}));
        run(&mut person(&world, api, &["login"])).expect(5);
        // The login itself does not depend on it.
        let login = run(&mut person(&world, api, &["login"])).expect(0);
        assert!(
            login.stderr.contains("a list that does not end"),
            "{}",
            login.stderr
        );
    }
}

// Issue 7, 9
#[test]
fn a_member_logs_in_by_password_without_an_id_of_the_person() {
    for kind in ["member", "guest"] {
        let seed = json!({"organizations": [
            {"name": "Example", "users": [
                {"email": "owner@example.com"},
                {"email": "jo@example.com", "password": "correct horse", "type": kind}]}]});
        let world = World::seeded(&seed.to_string());
        let login = |world: &World| {
            let mut command = person(world, "iam", &["login", "-o", "json"]);
            command
                .env("SCW_EMAIL", "jo@example.com")
                .env("SCW_PASSWORD", "correct horse");
            run(&mut command).expect(0).json()
        };
        let found = login(&world);
        assert_eq!(
            found["organization_id"],
            world.info().organization_id.as_str()
        );
        assert_eq!(world.asked("GET", &world.info().organization_id), 1);
        // Its name is a nicety.
        let mut fault = answer(
            "/organizations/[^/]+$",
            403,
            json!({"type": "permissions_denied"}),
        );
        fault["times"] = json!(2);
        world.fault(fault);
        login(&world);
    }
}

// Issue 7, 9
#[test]
fn an_owner_whose_person_cannot_be_read_logs_in_to_the_organization_of_the_session() {
    for status in [403, 404] {
        let world = World::new();
        world.fault(answer(
            "/account/v2/users/",
            status,
            json!({"message": "no"}),
        ));
        let login = run(&mut person(&world, "iam", &["login", "-o", "json"]));
        assert_eq!(
            login.expect(0).json()["organization_id"],
            world.info().organization_id.as_str()
        );
    }
}

// Issue 7, 12
#[test]
fn a_maximum_life_of_keys_is_read_in_either_form_and_a_huge_one_does_no_harm() {
    for (longest, shortened) in [
        ("86400s", true),
        ("86400.000000000s", true),
        ("0.000000000s", false),
        ("315576000000.000000000s", false),
        ("99999999999999999999999999s", false),
        ("nonsense", false),
    ] {
        let world = World::new();
        world.fault(answer(
            "/security-settings$",
            200,
            json!({"max_api_key_expiration_duration": longest}),
        ));
        let login = run(&mut person(&world, "iam", &["login"])).expect(0);
        let told = login.stderr.contains("does not allow a key that lasts");
        assert_eq!(told, shortened, "{longest}: {}", login.stderr);
        world.fault(answer(
            "/security-settings$",
            200,
            json!({"max_api_key_expiration_duration": longest}),
        ));
        run(&mut person(&world, "iam", &["login", "--expires", "never"])).expect(0);
    }
}
