//! The lists of the IAM dialect, with every filter and order that the SDKs document.

use crate::wire::{Wire, encode};
use serde_json::{Value, json};

const MEMBER: &str = "5c9e0a3e-1d0f-4a55-9d6f-0f0e4a6d2b11";
const MEMBER_KEY: &str = "11111111-2222-4333-8444-555555555555";
const ROBOT: &str = "SCWROBOT000000000000";
const ROBOT_KEY: &str = "33333333-2222-4333-8444-555555555555";

fn wire() -> Wire {
    Wire::seeded(&json!({"organizations": [{
        "requires_two_factor": true, "grace_period_s": 600, "projects": ["web", "api"],
        "users": [{"email": "boss@example.com"},
            {"email": "jo@example.com", "id": MEMBER, "secret_key": MEMBER_KEY,
                "access_key": "SCWMEMBER00000000000", "key_expires_in_s": 60}],
        "applications": [{"access_key": ROBOT, "secret_key": ROBOT_KEY}]}]}))
}

/// A list of the organization, as whoever has the key.
fn list_as(wire: &Wire, key: &str, path: &str, query: &str) -> crate::wire::Answer {
    let id = &wire.sandbox.info().organization_id;
    let path = format!("{path}?organization_id={id}{query}");
    wire.request_with("GET", &path, Some(key), None)
}

const KEYS: &str = "/iam/v1alpha1/api-keys";
const USERS: &str = "/iam/v1alpha1/users";
const PROJECTS: &str = "/account/v3/projects";

/// The access keys of a list.
fn keys(wire: &Wire, query: &str) -> Vec<String> {
    let key = wire.sandbox.info().secret_key.clone();
    let found = list_as(wire, &key, KEYS, query).expect(200);
    let shown: Vec<String> = found["api_keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| key["access_key"].as_str().unwrap().to_owned())
        .collect();
    if !query.contains("page") {
        assert_eq!(found["total_count"], shown.len());
    }
    shown
}

/// Asserts that a value was refused by its name.
#[track_caller]
fn refused(answer: crate::wire::Answer, argument: &str) {
    let body = answer.expect(400);
    assert_eq!(body["type"], "invalid_arguments", "{body}");
    assert_eq!(body["details"][0]["argument_name"], argument, "{body}");
}

// Issue 8, 3: `GET api-keys` without `bearer_id`, as recorded with `bearer_type=unknown_bearer_type`.
#[test]
fn all_keys_of_an_organization_are_listed_without_a_bearer() {
    let wire = wire();
    let own = wire.sandbox.info().access_key.clone();
    let all = [own.as_str(), "SCWMEMBER00000000000", ROBOT];
    assert_eq!(keys(&wire, ""), all);
    assert_eq!(keys(&wire, "&bearer_type=unknown_bearer_type"), all);
    // What an SDK leaves empty says nothing.
    assert_eq!(keys(&wire, "&bearer_id=&description="), all);
    refused(wire.get(KEYS), "organization_id");
    let other = format!("{KEYS}?organization_id={MEMBER}");
    assert_eq!(wire.get(&other).expect(403)["type"], "permissions_denied");
}

// Issue 8, 3: each documented filter of `GET api-keys`.
#[test]
fn keys_are_filtered_by_bearer_name_description_and_end() {
    let wire = wire();
    let own = wire.sandbox.info().access_key.clone();
    let made = json!({"user_id": MEMBER, "description": "for the build"});
    let made = wire.post(KEYS, made).expect(200);
    let made = made["access_key"].as_str().unwrap();
    let member = "SCWMEMBER00000000000";
    assert_eq!(keys(&wire, &format!("&bearer_id={MEMBER}")), [member, made]);
    assert_eq!(keys(&wire, &format!("&user_id={MEMBER}")), [member, made]);
    assert_eq!(keys(&wire, "&bearer_type=user"), [&own, member, made]);
    assert_eq!(keys(&wire, "&bearer_type=application"), [ROBOT]);
    let two = format!("&access_keys={ROBOT}&access_keys={own}");
    assert_eq!(keys(&wire, &two), [&own, ROBOT]);
    assert_eq!(keys(&wire, &format!("&access_key={ROBOT}")), [ROBOT]);
    assert_eq!(keys(&wire, "&description=for%20the%20build"), [made]);
    assert_eq!(keys(&wire, "&editable=false"), [""; 0]);
    assert_eq!(keys(&wire, "&editable=True").len(), 4);
    assert_eq!(keys(&wire, "&expired=true"), [""; 0]);
    wire.sandbox.advance(61);
    assert_eq!(keys(&wire, "&expired=true"), [member]);
    assert_eq!(keys(&wire, "&expired=false"), [&own, ROBOT, made]);
    assert_eq!(keys(&wire, "&bearer_type=user&expired=true"), [member]);
}

// Issue 8, 3: orders and pages of `GET api-keys`.
#[test]
fn keys_come_in_every_order_and_by_page() {
    let wire = wire();
    let own = wire.sandbox.info().access_key.clone();
    let member = "SCWMEMBER00000000000";
    wire.request(
        "PATCH",
        &format!("{KEYS}/{own}"),
        Some(json!({"description": "mine"})),
    )
    .expect(200);
    let mut by_name = vec![own.as_str(), member, ROBOT];
    by_name.sort_unstable();
    for (order, expected) in [
        ("created_at", vec![own.as_str(), member, ROBOT]),
        ("updated_at", vec![member, ROBOT, &own]),
        ("access_key", by_name),
    ] {
        assert_eq!(
            keys(&wire, &format!("&order_by={order}_asc")),
            expected,
            "{order}"
        );
        let expected: Vec<&str> = expected.into_iter().rev().collect();
        assert_eq!(
            keys(&wire, &format!("&order_by={order}_desc")),
            expected,
            "{order}"
        );
    }
    assert_eq!(keys(&wire, "&order_by=expires_at_asc")[0], member);
    assert_eq!(keys(&wire, "&order_by=expires_at_desc")[2], member);
    assert_eq!(keys(&wire, "&page=2&page_size=2"), [ROBOT]);
    assert_eq!(keys(&wire, "&page=3&page_size=2"), [""; 0]);
}

// Issue 8, 3: application keys.
#[test]
fn an_application_s_key_names_the_application_and_no_user() {
    // The organization that everybody starts with has one too.
    for wire in [wire(), Wire::new()] {
        let key = wire.sandbox.info().secret_key.clone();
        let found = list_as(&wire, &key, KEYS, "&bearer_type=application").expect(200);
        let shown = found["api_keys"][0].as_object().unwrap();
        let application = shown["application_id"].as_str().unwrap();
        assert!(!shown.contains_key("user_id"));
        assert_eq!(keys(&wire, &format!("&bearer_id={application}")).len(), 1);
        assert_eq!(
            keys(&wire, &format!("&application_id={application}")).len(),
            1
        );
    }
}

#[test]
fn whoever_is_no_administrator_lists_its_own_keys_only() {
    let wire = wire();
    for (key, own) in [(MEMBER_KEY, "SCWMEMBER00000000000"), (ROBOT_KEY, ROBOT)] {
        let found = list_as(&wire, key, KEYS, "").expect(200);
        assert_eq!(found["total_count"], 1);
        assert_eq!(found["api_keys"][0]["access_key"], own);
        let boss = format!("&bearer_id={}", wire.sandbox.info().user_id);
        list_as(&wire, key, KEYS, &boss).expect(403);
    }
}

// Issue 8, 3: `PATCH api-keys/{k}`.
#[test]
fn a_key_s_description_project_and_end_are_changed() {
    let wire = wire();
    let own = format!("{KEYS}/{}", wire.sandbox.info().access_key);
    let patch = |body: Value| wire.request("PATCH", &own, Some(body));
    let before = wire.get(&own).expect(200);
    let key = wire.sandbox.info().secret_key.clone();
    let web = list_as(&wire, &key, PROJECTS, "&name=web").expect(200)["projects"][0]["id"].clone();
    let change = json!({"description": "laptop", "default_project_id": web,
        "expires_at": "2099-01-02T03:04:05.678901Z"});
    let after = patch(change.clone()).expect(200);
    for (name, value) in change.as_object().unwrap() {
        assert_eq!(&after[name], value);
    }
    assert_eq!(after["created_at"], before["created_at"]);
    assert_ne!(after["updated_at"], before["updated_at"]);
    assert!(after["secret_key"].is_null());
    // What is left out stays, and `null` counts as left out.
    let same = patch(json!({"description": "desk", "expires_at": null})).expect(200);
    assert_eq!(same["expires_at"], change["expires_at"]);
    assert_eq!(same["default_project_id"], web);
    assert_eq!(wire.get(&own).expect(200), same);

    let unknown = patch(json!({"default_project_id": MEMBER})).expect(404);
    assert_eq!(unknown["resource"], "project_id");
    for (body, argument) in [
        (json!({"description": "é".repeat(201)}), "description"),
        (json!({"expires_at": "2001-01-01T00:00:00Z"}), "expires_at"),
        (json!({"expires_at": "tomorrow"}), "expires_at"),
    ] {
        refused(patch(body), argument);
    }
    patch(json!({"description": "é".repeat(200)})).expect(200);
    let foreign = wire.request_with("PATCH", &own, Some(MEMBER_KEY), Some(json!({})));
    foreign.expect(403);
    let nobody = wire.request(
        "PATCH",
        &format!("{KEYS}/SCWNOBODY00000000000"),
        Some(json!({})),
    );
    assert_eq!(nobody.expect(404)["resource"], "access_key");
}

// Issue 8, 3: `jwts?expired=`, with orders and pages.
#[test]
fn sessions_are_listed_by_whether_they_are_over() {
    let wire = wire();
    let user_id = wire.sandbox.info().user_id.clone();
    let list = |query: &str| wire.get(&format!("/iam/v1alpha1/jwts?audience_id={user_id}{query}"));
    let ids = |query: &str| -> Vec<Value> {
        let found = list(query).expect(200);
        let jwts = found["jwts"].as_array().unwrap().iter();
        jwts.map(|jwt| jwt["jti"].clone()).collect()
    };
    let begun = || wire.log_in_first("").expect(200)["jwt"]["jti"].clone();
    let over = begun();
    wire.sandbox.advance(3601);
    let (first, second) = (begun(), begun());
    assert_eq!(ids(""), [first.clone(), second.clone()]);
    assert_eq!(ids("&expired=false"), ids(""));
    assert_eq!(ids("&expired=true"), [over]);
    for order in ["created_at", "updated_at"] {
        assert_eq!(ids(&format!("&order_by={order}_asc"))[0], first, "{order}");
        assert_eq!(
            ids(&format!("&order_by={order}_desc"))[0],
            second,
            "{order}"
        );
    }
    assert_eq!(ids("&page=2&page_size=1"), [second]);
    assert_eq!(list("&page_size=1").expect(200)["total_count"], 2);
}

// Issue 8, 3: `GET /account/v3/projects`, and one project with all its fields.
#[test]
fn projects_are_listed_and_each_has_every_field() {
    let wire = wire();
    let info = wire.sandbox.info().clone();
    let list = |query: &str| list_as(&wire, &info.secret_key, PROJECTS, query).expect(200);
    let names = |query: &str| -> Vec<String> {
        let found = list(query);
        let projects = found["projects"].as_array().unwrap().iter();
        projects
            .map(|project| project["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names(""), ["default", "web", "api"]);
    assert_eq!(
        names("&order_by=created_at_desc"),
        ["api", "web", "default"]
    );
    assert_eq!(names("&order_by=name_asc"), ["api", "default", "web"]);
    assert_eq!(names("&order_by=name_desc"), ["web", "default", "api"]);
    assert_eq!(names("&name=web"), ["web"]);
    assert_eq!(
        names(&format!("&project_ids={}", info.project_id)),
        ["default"]
    );
    assert_eq!(names("&page=2&page_size=2"), ["api"]);
    assert_eq!(list("&page_size=2")["total_count"], 3);

    let project = wire
        .get(&format!("{PROJECTS}/{}", info.project_id))
        .expect(200);
    assert_eq!(project, list("")["projects"][0]);
    let mut fields: Vec<&String> = project.as_object().unwrap().keys().collect();
    fields.sort_unstable();
    let times = ["created_at", "description", "id", "name", "organization_id"];
    assert_eq!(fields[..5], times);
    assert_eq!(fields[5..], ["qualification", "status", "updated_at"]);
    assert_eq!(project["organization_id"], info.organization_id.as_str());
    assert_eq!(project["status"], "active");
    let unknown = wire.get(&format!("{PROJECTS}/{MEMBER}")).expect(404);
    assert_eq!(
        (&unknown["resource"], &unknown["resource_id"]),
        (&json!("project_id"), &json!(MEMBER))
    );
    let member = list_as(&wire, MEMBER_KEY, PROJECTS, "").expect(200);
    assert_eq!(member["total_count"], 3);
}

// Issue 8, 3: `grace-periods` without `user_id`.
#[test]
fn grace_periods_are_the_caller_s_own_where_no_user_is_named() {
    let wire = wire();
    let path = "/iam/v1alpha1/grace-periods";
    let own = wire
        .request_with("GET", path, Some(MEMBER_KEY), None)
        .expect(200);
    assert_eq!(own["grace_periods"][0]["type"], "set_mfa");
    let named = wire.request_with(
        "GET",
        &format!("{path}?user_id={MEMBER}"),
        Some(MEMBER_KEY),
        None,
    );
    assert_eq!(named.expect(200), own);
    let robot = wire.request_with("GET", path, Some(ROBOT_KEY), None);
    refused(robot, "user_id");
}

// Issue 8, 3: `type=nonsense` is a 400, and so is every other senseless value of a list.
#[test]
fn a_senseless_value_of_a_list_is_refused_by_its_name() {
    let wire = wire();
    let id = wire.sandbox.info().organization_id.clone();
    let jwts = format!(
        "/iam/v1alpha1/jwts?audience_id={}",
        wire.sandbox.info().user_id
    );
    let lists = [
        (format!("{USERS}?organization_id={id}"), vec!["type", "mfa"]),
        (
            format!("{KEYS}?organization_id={id}"),
            vec!["bearer_type", "expired", "editable"],
        ),
        (format!("{PROJECTS}?organization_id={id}"), vec![]),
        (jwts, vec!["expired"]),
    ];
    for (path, arguments) in lists {
        for argument in ["order_by", "page", "page_size"]
            .into_iter()
            .chain(arguments)
        {
            for value in ["nonsense", "-1", "é\"'"] {
                let asked = format!("{path}&{argument}={}", encode(value));
                refused(wire.get(&asked), argument);
            }
        }
        for bad in ["page=0", "page_size=0", "page_size=101", "page=99999999999"] {
            refused(
                wire.get(&format!("{path}&{bad}")),
                bad.split('=').next().unwrap(),
            );
        }
    }
    refused(wire.get("/iam/v1alpha1/jwts"), "audience_id");
    refused(wire.get(PROJECTS), "organization_id");
    let unknown = format!("{USERS}?organization_id={id}&type=unknown_type");
    assert_eq!(wire.get(&unknown).expect(200)["total_count"], 2);
}
