//! The test door: clock, faults, requests, members, state.

use crate::wire::Wire;
use scw_sandbox::Options;
use serde_json::{Value, json};

fn open() -> Wire {
    Wire::with(Options {
        control: true,
        ..Options::default()
    })
}

#[test]
fn the_door_is_shut_unless_it_is_opened() {
    let wire = Wire::new();
    wire.get("/_sandbox/state").expect(404);
    open().get("/_sandbox/state").expect(200);
}

#[test]
fn the_clock_moves_the_date_of_every_answer() {
    let wire = open();
    let date = |wire: &Wire| {
        let answer = wire.get(&wire.user_path(""));
        let text = answer.headers["date"].to_str().unwrap().to_owned();
        assert!(answer.headers.contains_key("x-request-id"));
        httpdate::parse_http_date(&text).unwrap()
    };
    let before = date(&wire);
    wire.post("/_sandbox/clock", json!({"advance_s": 3600}))
        .expect(200);
    let moved = date(&wire).duration_since(before).unwrap().as_secs();
    assert!((3600..3700).contains(&moved), "{moved}");
    let state = wire.get("/_sandbox/state");
    let by_door = httpdate::parse_http_date(state.headers["date"].to_str().unwrap()).unwrap();
    assert!(by_door.duration_since(before).unwrap().as_secs() >= 3600);
    assert_eq!(state.expect(200)["clock_offset_s"], 3600);
}

#[test]
fn each_fault_happens_as_often_as_it_was_asked_for() {
    let wire = open();
    let path = wire.user_path("");
    let key = wire.sandbox.info().secret_key.clone();
    let fault = |action: Value| {
        let mut fault = action;
        fault["path_regex"] = json!("^/iam/v1alpha1/users/[^/]*$");
        wire.post("/_sandbox/faults", fault).expect(200);
    };
    let get = || wire.try_request("GET", &path, Some(&key), None);

    fault(
        json!({"action": "status", "status": 503, "times": 2, "headers": {"retry-after": "7"},
        "body": {"x": 1}}),
    );
    for _ in 0..2 {
        let answer = get().unwrap();
        assert_eq!(answer.headers["retry-after"], "7");
        assert_eq!(answer.expect(503), json!({"x": 1}));
    }
    get().unwrap().expect(200);
    fault(json!({"action": "drop_before"}));
    assert!(get().is_err());
    fault(json!({"action": "truncate", "bytes": 10}));
    assert!(get().is_err());
    fault(json!({"action": "redirect", "to": "https://example.com/"}));
    assert_eq!(get().unwrap().headers["location"], "https://example.com/");
    fault(json!({"action": "delay", "ms": 1}));
    get().unwrap().expect(200);
    fault(json!({"action": "status", "status": 500, "method": "DELETE"}));
    get().unwrap().expect(200);
    let refused = wire.post(
        "/_sandbox/faults",
        json!({"action": "drop_before", "path_regex": "("}),
    );
    assert_eq!(refused.status, 400);
}

// Issue 12, 7
#[test]
fn a_fault_can_hit_each_nth_request_and_leaves_the_others_to_the_next_fault() {
    let wire = open();
    let path = wire.user_path("");
    let fault = |more: Value| {
        let mut fault = json!({"action": "status", "path_regex": "^/iam/"});
        fault
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        wire.post("/_sandbox/faults", fault)
    };
    fault(json!({"status": 503, "every": 3})).expect(200);
    fault(json!({"status": 429, "every": 2, "times": 2})).expect(200);
    let seen: Vec<u16> = (0..12).map(|_| wire.get(&path).status).collect();
    assert_eq!(
        seen,
        [200, 429, 503, 200, 429, 503, 200, 200, 503, 200, 200, 503]
    );
    fault(json!({"status": 500, "every": 0})).expect(400);
    let others = wire.get("/tokens");
    assert_ne!(others.status, 503, "it is of another kind");
}

#[test]
fn a_dropped_answer_was_carried_out_and_a_dropped_request_was_not() {
    let wire = open();
    let key = wire.sandbox.info().secret_key.clone();
    let otp = wire.user_path("/mfa-otp");
    for (action, state) in [("drop_before", "off"), ("drop_after", "pending")] {
        wire.post(
            "/_sandbox/faults",
            json!({"action": action, "path_regex": "mfa-otp$"}),
        )
        .expect(200);
        assert!(
            wire.try_request("POST", &otp, Some(&key), Some(json!({})))
                .is_err()
        );
        let seen = wire.get("/_sandbox/state").expect(200);
        assert_eq!(seen["two_factor"], state);
        assert_eq!(seen["pending"], state == "pending");
    }
}

#[test]
fn requests_are_listed_without_their_secrets() {
    let wire = open();
    let info = wire.sandbox.info().clone();
    wire.get(&wire.user_path("")).expect(200);
    wire.get(&format!("/tokens/{}", info.token));
    let seen = wire.get("/_sandbox/requests").expect(200);
    assert_eq!(
        seen.as_array().unwrap().len(),
        2,
        "the door's own calls are not listed"
    );
    assert_eq!(seen[0]["status"], 200);
    assert!(
        seen[0]["headers"]
            .as_array()
            .unwrap()
            .contains(&json!("x-auth-token"))
    );
    assert!(
        !seen.to_string().contains(&info.token) && !seen.to_string().contains(&info.secret_key)
    );
}

#[test]
fn the_door_takes_json_under_any_name_and_says_what_is_wrong_with_it() {
    let wire = open();
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let send = |path: &str, body: &str| wire.send("POST", path, &form, body).unwrap();
    let moved = send("/_sandbox/clock", r#"{"advance_s": 5}"#).expect(200);
    assert_eq!(moved["offset_s"], 5);
    for (path, body) in [
        ("/_sandbox/clock", "{}"),
        ("/_sandbox/members", "nonsense"),
        ("/_sandbox/members", r#"{"count": 1000001}"#),
        ("/_sandbox/members", r#"{"count": 18446744073709551615}"#),
        (
            "/_sandbox/faults",
            r#"{"path_regex": ".", "action": "dance"}"#,
        ),
    ] {
        let refused = send(path, body).expect(400);
        assert!(!refused["message"].as_str().unwrap().is_empty(), "{path}");
    }
}

#[test]
fn members_can_be_added_while_it_runs() {
    let wire = open();
    wire.post("/_sandbox/members", json!({"count": 3}))
        .expect(200);
    wire.post("/_sandbox/members", json!({"count": 3}))
        .expect(200);
    let state = wire.get("/_sandbox/state").expect(200);
    assert_eq!(state["users"].as_array().unwrap().len(), 7);
    let on = state["users"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|user| user["two_factor"] == "on");
    assert_eq!(on.count(), 2);
}
