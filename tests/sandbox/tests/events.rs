//! Sign-ins, as the audit trail tells of them (protocol.md F).

use crate::wire::{
    Wire,
    browser::Browser,
    encode,
    trail::{MEMBER, OWNER, PASSWORD, events, path, seed, shorts},
};
use serde_json::{Value, json};

// Issue 11, 5
#[test]
fn every_door_records_the_sign_ins_that_work_and_those_that_fail() {
    let wire = Wire::seeded(&seed());
    let (key, codes) = wire.switch_on();
    wire.log_in(MEMBER, PASSWORD, "").expect(200);
    wire.log_in(MEMBER, "wrong", "").expect(401);
    // Not finished yet: nothing is recorded.
    wire.log_in(OWNER, PASSWORD, "").expect(400);
    wire.log_in(OWNER, PASSWORD, "000000").expect(400);
    wire.log_in(OWNER, PASSWORD, &wire.code(&key)).expect(200);
    wire.log_in(OWNER, PASSWORD, &codes[0]).expect(200);
    let token = json!({"email": MEMBER, "password": PASSWORD});
    wire.request_with("POST", "/tokens", None, Some(token))
        .expect(201);
    let mut browser = Browser::new(&wire);
    browser.password();
    browser.code("backup_code", &codes[1]);
    wire.log_in("nobody@example.com", PASSWORD, "").expect(401);
    wire.log_in("eve@example.com", PASSWORD, "").expect(200);
    assert_eq!(
        shorts(&wire),
        [
            "success - password totp ada@example.com",
            "success - password - bob@example.com",
            "success - password totp ada@example.com",
            "success - password totp ada@example.com",
            "failure invalid_mfa password totp ada@example.com",
            "failure invalid_password password - bob@example.com",
            "success - password - bob@example.com",
        ]
    );
}

// Issue 11, 5
#[test]
fn an_event_has_the_fields_that_are_on_record() {
    let wire = Wire::seeded(&seed());
    let agent = format!("curl/8 {}", "x".repeat(2000));
    let headers = [
        ("content-type", "application/json"),
        ("user-agent", agent.as_str()),
    ];
    let body = json!({"email": OWNER, "password": PASSWORD}).to_string();
    wire.send("POST", "/account/v2/login", &headers, &body)
        .unwrap()
        .expect(200);
    let event = &events(&wire, "")[0];
    let info = wire.sandbox.info();
    let mut names: Vec<&String> = event.as_object().unwrap().keys().collect();
    names.sort();
    assert_eq!(
        names,
        [
            "country_code",
            "failure_reason",
            "id",
            "method",
            "mfa_type",
            "organization_id",
            "origin",
            "recorded_at",
            "resources",
            "result",
            "source_ip",
            "user_agent",
        ]
    );
    assert_eq!(event["organization_id"], *info.organization_id);
    assert_eq!(event["source_ip"], "127.0.0.1");
    assert_eq!(event["origin"], "public_api");
    assert_eq!(event["resources"][0]["id"], *info.user_id);
    assert_eq!(event["resources"][0]["type"], "iam_user");
    // A client chooses its name: what is kept of it has an end.
    let kept = event["user_agent"].as_str().unwrap();
    assert!(agent.starts_with(kept) && kept.len() == 512, "{kept}");
}

// Issue 11, 5
#[test]
fn a_list_is_asked_for_by_time_by_order_and_by_page() {
    let wire = Wire::seeded(&seed());
    let mut times = Vec::new();
    for _ in 0..5 {
        wire.log_in(OWNER, PASSWORD, "").expect(200);
        times.push(events(&wire, "")[0]["recorded_at"].clone());
        wire.sandbox.advance(1000);
    }
    let recorded = |more: &str| -> Vec<Value> {
        let found = events(&wire, more);
        let at = found.iter().map(|event| event["recorded_at"].clone());
        at.collect()
    };
    let newest_first: Vec<Value> = times.iter().rev().cloned().collect();
    // The last hour alone where nothing is said.
    assert_eq!(recorded(""), newest_first[..3]);
    let since = format!("&recorded_after={}", encode(times[0].as_str().unwrap()));
    assert_eq!(recorded(&since), newest_first);
    assert_eq!(
        recorded(&format!("{since}&order_by=recorded_at_desc")),
        newest_first
    );
    assert_eq!(
        recorded(&format!("{since}&order_by=recorded_at_asc")),
        times
    );
    let until = encode(times[2].as_str().unwrap());
    assert_eq!(
        recorded(&format!("{since}&recorded_before={until}")),
        newest_first[2..]
    );
    // As Python writes a time.
    let spaced = times[1]
        .as_str()
        .unwrap()
        .replace('T', " ")
        .replace('Z', "+00:00");
    let after = encode(&spaced);
    assert_eq!(
        recorded(&format!("&recorded_after={after}")),
        newest_first[..4]
    );
    // A page is followed by its token, and a sign-in between two pages moves nothing.
    let organization = &wire.sandbox.info().organization_id;
    for (order, expected) in [("desc", &newest_first), ("asc", &times)] {
        let mut paged = Vec::new();
        let mut token = String::new();
        loop {
            let query = format!(
                "organization_id={organization}{since}&page_size=2&page_token={token}\
                 &order_by=recorded_at_{order}&recorded_before={}",
                encode(times[4].as_str().unwrap())
            );
            let page = wire.get(&path("fr-par", &query)).expect(200);
            let found = page["events"].as_array().unwrap();
            assert!((1..=2).contains(&found.len()), "{page}");
            paged.extend(found.iter().map(|event| event["recorded_at"].clone()));
            wire.log_in(MEMBER, PASSWORD, "").expect(200);
            match page["next_page_token"].as_str() {
                Some(next) => token = next.to_owned(),
                None => break,
            }
        }
        assert_eq!(&paged, expected, "{order}");
    }
}

// Issue 11, 5
#[test]
fn the_other_region_has_none_and_an_unknown_one_is_not_found() {
    let wire = Wire::seeded(&seed());
    wire.log_in(OWNER, PASSWORD, "").expect(200);
    let query = format!("organization_id={}", wire.sandbox.info().organization_id);
    let empty = wire.get(&path("nl-ams", &query)).expect(200);
    assert_eq!(empty, json!({"events": [], "next_page_token": null}));
    let unknown = wire.get(&path("us-east", &query)).expect(404);
    assert_eq!(unknown["resource"], "region");
}

// Issue 11, 5
#[test]
fn administrators_of_the_organization_alone_may_read_it_and_a_senseless_query_is_refused_by_name() {
    let wire = Wire::seeded(&seed());
    let organization = wire.sandbox.info().organization_id.clone();
    let member = wire.log_in(MEMBER, PASSWORD, "").expect(200)["token"].clone();
    let eve = wire.log_in("eve@example.com", PASSWORD, "").expect(200)["token"].clone();
    for region in ["fr-par", "nl-ams"] {
        let query = format!("organization_id={organization}");
        for token in [&member, &eve] {
            let token = token.as_str().unwrap();
            let refused = wire.in_session(token, "GET", &path(region, &query), None);
            let detail = json!({"resource": "authentication_event", "action": "read"});
            assert_eq!(refused.expect(403)["details"][0], detail);
        }
    }
    for (query, argument) in [
        (String::new(), "organization_id"),
        (
            format!("organization_id={organization}&recorded_after=yesterday"),
            "recorded_after",
        ),
        (
            format!("organization_id={organization}&recorded_before=1"),
            "recorded_before",
        ),
        (
            format!("organization_id={organization}&page_token=xyz"),
            "page_token",
        ),
        (
            format!("organization_id={organization}&page_size=101"),
            "page_size",
        ),
        (
            format!("organization_id={organization}&order_by=id"),
            "order_by",
        ),
    ] {
        let refused = wire.get(&path("fr-par", &query)).expect(400);
        assert_eq!(refused["details"][0]["argument_name"], argument, "{query}");
    }
}
