//! What cannot be read is unknown, and never a pass.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::report::{KEYS, MEMBERS, audit, rows, said, truth, with_members};
use crate::support::{Ran, World};

/// An answer to requests for a path, from the request behind these on.
fn answers(world: &World, path: &str, skip: u32, times: u32, status: u16, body: &Value) {
    world.fault(json!({
        "method": "GET", "path_regex": path, "skip": skip, "times": times,
        "action": "status", "status": status, "body": body,
    }));
}

/// Refuses every request for a path, for want of a permission.
fn refused(world: &World, path: &str) {
    let body = json!({
        "type": "permissions_denied", "message": "insufficient permissions",
        "details": [{"resource": "iam", "action": "read"}],
    });
    answers(world, path, 0, 1000, 403, &body);
}

/// Asserts that the run said this on stderr.
#[track_caller]
fn told(ran: &Ran, needle: &str) {
    assert!(
        ran.stderr.contains(needle),
        "no `{needle}` in: {}",
        ran.stderr
    );
}

#[track_caller]
fn code(world: &World, more: &[&str], expected: i32) -> Ran {
    audit(world, more).expect(expected)
}

// Issue 12, 3
#[test]
fn a_condition_that_holds_is_exit_code_8_and_any_other_report_is_0() {
    let world = with_members(12);
    code(&world, &[], 0);
    code(&world, &["--fail-on", "unknown"], 0);
    let checked = code(&world, &["--check"], 8);
    told(
        &checked,
        "9 of 13 members are without two-factor authentication",
    );
    code(&world, &["--fail-on", "without"], 8);
    let keys = code(&world, &["--fail-on", "unknown,key-without-end"], 8);
    told(&keys, "an API key that never expires");
    // Number 10 is 16 days late.
    let late = code(&world, &["--fail-on", "expired-grace"], 8);
    told(&late, "1 member without");
    world.sandbox.advance(-30 * 86_400);
    code(&world, &["--fail-on", "expired-grace"], 0);
    let error = code(&world, &["--check", "--fail-on", "key-without-end"], 8);
    let last = error.stderr.lines().last().unwrap();
    let error: Value = serde_json::from_str(last).unwrap();
    assert_eq!(error["error"]["code"], "without_two_factor");
}

// Issue 12, 2
#[test]
fn an_organization_in_which_everybody_has_it_passes() {
    let world = World::logged_in();
    world.switch_on();
    code(&world, &["--check"], 0);
    code(&world, &["--fail-on", "without,expired-grace,unknown"], 0);
}

// Issue 12, 2
#[test]
fn a_member_whose_second_factor_is_unread_is_unknown_and_no_pass() {
    let world = World::logged_in();
    world.switch_on();
    let info = world.info();
    for mfa in [json!(null), json!("yes"), json!({})] {
        let mut user =
            json!({"id": info.user_id, "email": info.email, "type": "owner", "mfa": mfa});
        if mfa.is_object() {
            user.as_object_mut().unwrap().remove("mfa");
        }
        for (more, expected) in [
            (&[][..], 1),
            (&["--fail-on", "without"], 1),
            (&["--fail-on", "unknown"], 8),
            (&["--check"], 8),
        ] {
            answers(
                &world,
                MEMBERS,
                0,
                1,
                200,
                &json!({"users": [user], "total_count": 1}),
            );
            let ran = code(&world, more, expected);
            told(&ran, "two-factor authentication of 1 member is unknown");
            let row = &rows(&ran)[0];
            assert_eq!(row["two_factor"], "unknown");
            assert_eq!(row["locked"], "unknown");
            assert_eq!(row["email"], *info.email);
        }
    }
}

// Issue 12, 2
#[test]
fn pages_that_cannot_be_read_are_named_and_no_pass() {
    let expected = rows(&code(&with_members(450), &[], 0));
    let emails = |rows: &[Value]| -> Vec<Value> { rows.iter().map(said).collect() };
    for (more, expected_code) in [
        (&[][..], 1),
        (&["--fail-on", "unknown"], 8),
        (&["--fail-on", "without"], 8),
        (&["--check"], 8),
    ] {
        let world = with_members(450);
        // The first page is read, the last one and one more; the permission is gone then.
        answers(
            &world,
            MEMBERS,
            3,
            1000,
            403,
            &json!({"type": "permissions_denied"}),
        );
        let ran = code(&world, more, expected_code);
        let found = emails(&rows(&ran));
        assert!((100..=200).contains(&found.len()), "{}", found.len());
        let whole = emails(&expected);
        assert!(found.iter().all(|row| whole.contains(row)));
        if !more.contains(&"without") {
            told(
                &ran,
                &format!("{} members could not be read (numbers ", 451 - found.len()),
            );
            told(&ran, "The last failure was: permission denied");
        }
    }
}

// Issue 12, 2
#[test]
fn a_list_of_nobody_and_one_that_says_that_there_are_more_are_no_pass() {
    for (total, more, expected, said) in [
        (0, &[][..], 1, "lists no member"),
        (0, &["--check"], 8, "lists no member"),
        (
            7,
            &["--fail-on", "without"],
            1,
            "7 members could not be read (numbers 1 to 7",
        ),
        (7, &["--check"], 8, "7 members could not be read"),
    ] {
        let world = World::logged_in();
        answers(
            &world,
            MEMBERS,
            0,
            1000,
            200,
            &json!({"users": [], "total_count": total}),
        );
        let ran = code(&world, more, expected);
        told(&ran, said);
        assert_eq!(ran.stdout, "");
    }
}

// Issue 12, 2
#[test]
fn without_the_list_there_is_no_report() {
    let world = with_members(3);
    refused(&world, MEMBERS);
    let ran = code(&world, &["--check"], 4);
    told(&ran, "could not list the members");
    assert_eq!(ran.stdout, "");
}

// Issue 12, 2
#[test]
fn an_unread_side_column_is_unknown_and_does_not_change_the_exit_code() {
    let world = World::logged_in();
    world.switch_on();
    for path in [KEYS, "/grace-periods$", "/webauthn-authenticators$"] {
        refused(&world, path);
    }
    let ran = code(&world, &["--check", "--grace", "--factors"], 0);
    let row = &rows(&ran)[0];
    for column in ["keys_without_end", "required_by", "factors"] {
        assert_eq!(row[column], "unknown");
    }
    assert_eq!(row["two_factor"], "on");
    for what in ["API keys", "date by which it is required", "passkeys"] {
        assert!(
            ran.stderr.contains(&format!("could not read the {what}")),
            "{what}"
        );
    }
    // Where the column is what was asked about, it is no pass.
    let undecided = code(&world, &["--fail-on", "key-without-end"], 1);
    told(
        &undecided,
        "`key-without-end` could not be checked for 1 member",
    );
}

// Issue 12, 2
#[test]
fn answers_that_are_cut_late_or_failing_end_in_the_right_list() {
    let world = with_members(950);
    let expected = rows(&code(&world, &[], 0));
    for (skip, action) in [
        (1, json!({"action": "status", "status": 503, "times": 2})),
        (4, json!({"action": "truncate", "bytes": 900, "times": 1})),
        (7, json!({"action": "drop_after", "times": 1})),
        (9, json!({"action": "drop_before", "times": 2})),
        (11, json!({"action": "slow_body", "times": 1})),
        (3, json!({"action": "status", "status": 429, "times": 1})),
    ] {
        let mut fault = json!({"path_regex": MEMBERS, "skip": skip});
        for (name, value) in action.as_object().unwrap() {
            fault[name] = value.clone();
        }
        world.fault(fault);
    }
    world.fault(json!({
        "path_regex": KEYS, "skip": 1, "times": 2, "action": "status", "status": 500,
    }));
    refused(&world, "/grace-periods$");
    assert_eq!(rows(&code(&world, &[], 0)), expected);
}

/// Something that goes wrong, with a path and how many requests are let through.
#[derive(Debug, Clone)]
struct Trouble {
    path: &'static str,
    skip: u32,
    action: Value,
}

fn trouble() -> impl Strategy<Value = Trouble> {
    let path = prop_oneof![
        3 => Just(MEMBERS),
        1 => Just(KEYS),
        1 => Just("/grace-periods$"),
        1 => Just("/webauthn-authenticators$"),
    ];
    let denied = |times: u32| {
        json!({"action": "status", "status": 403, "times": times,
            "body": {"type": "permissions_denied"}})
    };
    let action = prop_oneof![
        (1_u32..4).prop_map(denied),
        Just(denied(1000)),
        Just(json!({"action": "status", "status": 404, "times": 1, "body": {"type": "not_found"}})),
        Just(json!({"action": "status", "status": 401, "times": 1,
            "body": {"type": "denied_authentication", "reason": "expired"}})),
        Just(json!({"action": "status", "status": 503, "times": 1})),
        Just(json!({"action": "status", "status": 200, "times": 1, "body": "<html>"})),
        Just(json!({"action": "truncate", "bytes": 300, "times": 1})),
        Just(json!({"action": "drop_after", "times": 1})),
    ];
    (path, 0_u32..6, action).prop_map(|(path, skip, action)| Trouble { path, skip, action })
}

fn conditions() -> impl Strategy<Value = Vec<&'static str>> {
    let all = ["without", "expired-grace", "unknown", "key-without-end"];
    prop::sample::subsequence(all.to_vec(), 0..=4)
}

/// The codes that a report with these conditions may end with where everything is read.
fn holds(members: u64, condition: &str) -> bool {
    (1..=members).any(|number| match condition {
        "without" => number % 3 != 0,
        "expired-grace" => number % 3 != 0 && number % 10 == 0,
        "key-without-end" => [2, 3, 5].contains(&(number % 10)),
        _ => false,
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 25, failure_persistence: None, max_shrink_iters: 20, ..ProptestConfig::default()
    })]

    // Issue 12, 2
    #[test]
    fn whatever_fails_nothing_passes_that_is_not_known(
        troubles in prop::collection::vec(trouble(), 0..4),
        chosen in conditions(),
        asks in prop::sample::subsequence(vec!["--grace", "--factors"], 0..=2),
    ) {
        const MANY: u64 = 220;
        let world = with_members(MANY);
        for trouble in &troubles {
            let mut fault = trouble.action.clone();
            fault["path_regex"] = json!(trouble.path);
            fault["skip"] = json!(trouble.skip);
            world.fault(fault);
        }
        let list = chosen.join(",");
        let mut words = asks.clone();
        if !chosen.is_empty() {
            words.extend(["--fail-on", &list]);
        }
        let ran = audit(&world, &words);
        let code = ran.code;
        let found = rows(&ran);
        let by_email: BTreeMap<&str, &Value> = found
            .iter()
            .map(|row| (row["email"].as_str().unwrap(), row))
            .collect();
        prop_assert_eq!(by_email.len(), found.len(), "somebody is listed twice");
        let mut known = 0;
        for number in 1..=MANY {
            let expected = truth(number);
            let Some(row) = by_email.get(expected["email"].as_str().unwrap()) else {
                continue;
            };
            let told = said(row);
            for (column, value) in expected.as_object().unwrap() {
                let is_unknown = told[column] == "unknown";
                prop_assert!(is_unknown || told[column] == *value, "{}: {}", column, told);
            }
            known += u64::from(told["two_factor"] != "unknown");
        }
        match code {
            0 => {
                prop_assert_eq!(known, MANY, "a member is missing, and it passed");
                for condition in &chosen {
                    prop_assert!(!holds(MANY, condition), "{} holds, and it passed", condition);
                }
            }
            8 => prop_assert!(!chosen.is_empty()),
            1 | 4 | 5 => prop_assert!(ran.stderr.contains("error"), "{}", ran.stderr),
            code => prop_assert!(false, "exit code {}: {}", code, ran.stderr),
        }
    }
}
