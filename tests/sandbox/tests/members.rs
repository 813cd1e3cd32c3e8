//! The generated members: what their numbers say of them, and how their lists are read.

use std::{
    collections::{BTreeMap, HashSet},
    io::{Read, Write},
    net::TcpStream,
};

use crate::wire::Wire;
use scw_sandbox::{Options, Sandbox};
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};

const USERS: &str = "/iam/v1alpha1/users";
const KEYS: &str = "/iam/v1alpha1/api-keys";

fn with_members(members: u64) -> Wire {
    Wire::with(Options {
        members,
        control: true,
        ..Options::default()
    })
}

/// A page of a list, and how much there is in all.
fn page(wire: &Wire, path: &str, number: usize, query: &str) -> (Vec<Value>, usize) {
    let id = &wire.sandbox.info().organization_id;
    let path = format!("{path}?organization_id={id}&page_size=100&page={number}{query}");
    let mut found = wire.get(&path).expect(200);
    let total = usize::try_from(found["total_count"].as_u64().unwrap()).unwrap();
    let name = if path.starts_with(USERS) {
        "users"
    } else {
        "api_keys"
    };
    (serde_json::from_value(found[name].take()).unwrap(), total)
}

/// All pages of a list.
fn all(wire: &Wire, path: &str, query: &str) -> Vec<Value> {
    let mut found = Vec::new();
    for number in 1.. {
        let (shown, total) = page(wire, path, number, query);
        found.extend(shown);
        if number * 100 >= total {
            assert_eq!(found.len(), total);
            break;
        }
    }
    found
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap()
}

fn at(value: &Value) -> OffsetDateTime {
    OffsetDateTime::parse(value.as_str().unwrap(), &Rfc3339).unwrap()
}

/// The number of a generated member; nothing for the owner.
fn number(user: &Value) -> Option<u64> {
    let rest = text(user, "email").strip_prefix("member-")?;
    rest.strip_suffix("@example.com")?.parse().ok()
}

/// How long ago something was, by the sandbox's clock, in days.
fn days_ago(wire: &Wire, value: &Value) -> i64 {
    let now = OffsetDateTime::from_unix_timestamp(wire.sandbox.now()).unwrap();
    (now - at(value) + Duration::hours(1)).whole_days()
}

// Issue 12, 7
#[test]
fn what_a_member_has_follows_from_its_number() {
    let wire = with_members(360);
    let users = all(&wire, USERS, "&order_by=created_at_asc");
    let members: BTreeMap<u64, &Value> = users
        .iter()
        .filter_map(|user| Some((number(user)?, user)))
        .collect();
    assert_eq!(
        members.keys().copied().collect::<Vec<_>>(),
        (1..=360).collect::<Vec<_>>()
    );
    for (number, user) in &members {
        assert_eq!(user["mfa"], number % 3 == 0, "{number}");
        assert_eq!(user["locked"], number % 25 == 0, "{number}");
        assert_eq!(
            user["username"] != user["email"],
            number % 3 == 1,
            "{number}"
        );
        let signed_in = &user["last_login_at"];
        assert_eq!(signed_in.is_null(), number % 4 == 0, "{number}");
        if !signed_in.is_null() {
            let days = days_ago(&wire, signed_in);
            assert_eq!(days, i64::try_from(number % 90).unwrap() + 1, "{number}");
            assert!(at(signed_in) > at(&user["created_at"]), "{number}");
        }
    }
}

// Issue 12, 7
#[test]
fn some_members_have_a_grace_period_though_the_organization_requires_nothing() {
    let wire = with_members(60);
    let now = OffsetDateTime::from_unix_timestamp(wire.sandbox.now()).unwrap();
    let mut expired = 0;
    for user in all(&wire, USERS, "&type=member") {
        let number = number(&user).unwrap();
        let path = format!("/iam/v1alpha1/grace-periods?user_id={}", text(&user, "id"));
        let periods = wire.get(&path).expect(200)["grace_periods"].clone();
        let has_one = number.is_multiple_of(5) && !number.is_multiple_of(3);
        assert_eq!(
            periods.as_array().unwrap().len(),
            usize::from(has_one),
            "{number}"
        );
        if has_one {
            assert_eq!(periods[0]["type"], "set_mfa");
            let (start, end) = (at(&periods[0]["created_at"]), at(&periods[0]["expires_at"]));
            assert_eq!((end - start).whole_days(), 14);
            assert_eq!(end <= now, number.is_multiple_of(10), "{number}");
            expired += i32::from(end <= now);
        }
    }
    assert_eq!(expired, 4, "10, 20, 40, 50");
    let own = format!(
        "/iam/v1alpha1/grace-periods?user_id={}",
        wire.sandbox.info().user_id
    );
    assert_eq!(wire.get(&own).expect(200)["grace_periods"], json!([]));
}

// Issue 12, 7
#[test]
fn the_last_digit_of_a_member_tells_its_keys() {
    let wire = with_members(40);
    let numbers: BTreeMap<String, u64> = all(&wire, USERS, "&type=member")
        .iter()
        .map(|user| (text(user, "id").to_owned(), number(user).unwrap()))
        .collect();
    let mut found: BTreeMap<u64, Vec<&str>> = BTreeMap::new();
    let keys = all(&wire, KEYS, "&bearer_type=user");
    for key in &keys {
        let Some(number) = numbers.get(text(key, "user_id")) else {
            assert_eq!(key["user_id"], wire.sandbox.info().user_id.as_str());
            continue;
        };
        let end = match &key["expires_at"] {
            Value::Null => "none",
            end if days_ago(&wire, end) == -89 => "ends",
            end if days_ago(&wire, end) == 10 => "ended",
            other => panic!("{number}: {other}"),
        };
        found.entry(*number).or_default().push(end);
    }
    for number in 1..=40 {
        let expected: &[&str] = match number % 10 {
            1 => &["ends"],
            2 => &["none"],
            3 => &["none", "none"],
            4 => &["ended"],
            5 => &["ends", "none"],
            _ => &[],
        };
        assert_eq!(
            found.remove(&number).unwrap_or_default(),
            expected,
            "{number}"
        );
    }
    let of_applications = all(&wire, KEYS, "&bearer_type=application");
    let generated = of_applications
        .iter()
        .filter(|key| text(key, "access_key").starts_with("SCWAPP"));
    assert_eq!(generated.count(), 2, "20 and 40");
    let mut users_and_applications = keys.len() + of_applications.len();
    for key in keys.iter().chain(&of_applications) {
        users_and_applications -= 1;
        let whole = text(key, "access_key");
        assert_eq!((whole.len(), &whole[..3]), (20, "SCW"));
    }
    assert_eq!(users_and_applications, 0);
    assert_eq!(
        all(&wire, KEYS, "").len(),
        keys.len() + of_applications.len()
    );
}

// Issue 12, 7
#[test]
fn members_were_made_in_the_past_and_new_ones_come_last() {
    let wire = with_members(30);
    let add = |count: u64| {
        let answer = wire.post("/_sandbox/members", json!({"count": count}));
        answer.expect(200);
    };
    add(20);
    let joined = json!({"organization_id": wire.sandbox.info().organization_id,
        "email": "guest@example.com"});
    wire.post(USERS, joined).expect(200);
    add(5);
    let users = all(&wire, USERS, "&order_by=created_at_asc");
    let order: Vec<Option<u64>> = users.iter().map(number).collect();
    let expected: Vec<Option<u64>> = [None]
        .into_iter()
        .chain((1..=50).map(Some))
        .chain([None])
        .chain((51..=55).map(Some))
        .collect();
    assert_eq!(order, expected);
    let times: Vec<OffsetDateTime> = users.iter().map(|user| at(&user["created_at"])).collect();
    assert!(times.is_sorted());
    assert_eq!(times.iter().collect::<HashSet<_>>().len(), times.len());
    assert!(*times.last().unwrap() <= OffsetDateTime::now_utc());
}

// Issue 12, 7
#[test]
fn the_first_members_are_the_same_however_many_there_are() {
    let shown = |members: u64| {
        let wire = with_members(members);
        let users = all(&wire, USERS, "&type=member&order_by=created_at_asc");
        let keys = all(&wire, KEYS, "&bearer_type=user&order_by=created_at_asc");
        let names = ["id", "email", "username", "first_name", "mfa", "locked"];
        let users = users
            .iter()
            .take(12)
            .map(|user| names.map(|name| user[name].clone()));
        // The first key is the owner's, which is another one each time.
        let keys = keys
            .iter()
            .skip(1)
            .take(8)
            .map(|key| key["access_key"].clone());
        (users.collect::<Vec<_>>(), keys.collect::<Vec<_>>())
    };
    let few = shown(12);
    assert_eq!(few, shown(150));
    // As in all versions so far.
    assert_eq!(few.0[0][0], "c51b9994-255e-4403-a0d5-513308a86cb1");
    assert_eq!(few.1[0], "SCWMEMBER000000001K0");
}

// Issue 12, 7
#[test]
fn the_pages_of_a_list_hold_each_row_once_and_stay_as_they_are() {
    let wire = with_members(1234);
    for path in [USERS, KEYS] {
        let key = if path == USERS { "id" } else { "access_key" };
        let keys = |query: &str| -> Vec<String> {
            let found = all(&wire, path, query);
            found.iter().map(|row| text(row, key).to_owned()).collect()
        };
        let ascending = keys("&order_by=created_at_asc");
        let different: HashSet<&String> = ascending.iter().collect();
        assert_eq!(different.len(), ascending.len());
        assert_eq!(keys("&order_by=created_at_asc"), ascending);
        let mut descending = keys("&order_by=created_at_desc");
        descending.reverse();
        assert_eq!(descending, ascending);
        // Rows that are equal in the order are told apart too.
        for order in ["expires_at", "last_login"] {
            if (order == "last_login") != (path == USERS) {
                continue;
            }
            let there = keys(&format!("&order_by={order}_asc"));
            let mut back = keys(&format!("&order_by={order}_desc"));
            back.reverse();
            assert_eq!(there, back);
            assert_eq!(there.iter().collect::<HashSet<_>>(), different);
        }
        let (beyond, total) = page(&wire, path, 4000, "");
        assert_eq!((beyond.len(), total), (0, ascending.len()));
    }
}

// Issue 12, 7: the ledger says who overlapped whom; how long it took does not matter.
#[test]
fn requests_that_are_held_back_wait_side_by_side() {
    const REQUESTS: usize = 8;
    let sandbox = Sandbox::start(Options {
        latency_ms: 300,
        ..Options::default()
    })
    .unwrap();
    let address = sandbox
        .info()
        .api_url
        .strip_prefix("http://")
        .unwrap()
        .to_owned();
    let mut lines: Vec<TcpStream> = (0..REQUESTS)
        .map(|_| TcpStream::connect(&address).unwrap())
        .collect();
    for line in &mut lines {
        line.write_all(
            format!("GET {USERS} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n")
                .as_bytes(),
        )
        .unwrap();
    }
    for mut line in lines {
        line.read_to_string(&mut String::new()).unwrap();
    }
    let seen = sandbox.requests();
    let began = seen.iter().map(|seen| seen.began_ms).max();
    let ended = seen.iter().map(|seen| seen.ended_ms.unwrap()).min();
    assert_eq!(seen.len(), REQUESTS);
    assert!(
        began < ended,
        "the last one began before the first one ended: {seen:?}"
    );
}
