//! Attempts to sign in: what a refused one tells, and what is kept of it.

use std::path::Path;

use crate::wire::{
    Answer, Wire,
    browser::Browser,
    trail::{MEMBER, OWNER, PASSWORD, seed, shorts},
    way::Way,
};
use scw_sandbox::{Options, Seed};
use serde_json::json;

const CALLBACK: &str = "http://localhost:43117/hard-to-guess/callback";

/// Signs in with an email address and a password.
type Door = fn(&Wire, &str, &str) -> (u16, String);

/// A sign-in through each of the four doors, and what its answer shows: the status and the body,
/// without what differs from one answer to the next.
const DOORS: [(&str, Door); 4] = [
    ("iam", |wire, email, password| {
        let answer = wire.log_in(email, password, "");
        (answer.status, answer.body.to_string())
    }),
    ("2017", |wire, email, password| {
        let body = json!({"email": email, "password": password});
        let answer = wire.request_with("POST", "/tokens", None, Some(body));
        (answer.status, answer.body.to_string())
    }),
    ("panel", |wire, email, password| {
        let mut browser = Browser::new(wire);
        let sign_in = "/panel/sign-in";
        let fields = [("email", email), ("password", password)];
        let answer = browser.fill(sign_in, sign_in, &fields);
        let answer = match answer.status {
            303 => browser.open(sign_in),
            _ => answer,
        };
        plain(&answer, email)
    }),
    ("browser login", |wire, email, password| {
        let answer = Way::begun(wire, CALLBACK).password(email, password);
        plain(&answer, email)
    }),
];

/// A page without what is random on it, and without the address that was typed.
fn plain(answer: &Answer, email: &str) -> (u16, String) {
    let random =
        r#"(type="hidden" name="\w+" value="|challenge&quot;:&quot;|/authenticate/)[^"&?]*"#;
    let random = regex::Regex::new(random).unwrap();
    let page = answer.html().replace(email, "");
    (answer.status, random.replace_all(&page, "$1").into_owned())
}

/// The size of the file to which each change is written first.
fn written(data: &Path) -> u64 {
    let log = data.with_extension("db-wal");
    std::fs::metadata(log).unwrap().len()
}

/// Whether an answer or a page says that the password is wrong.
fn is_wrong((status, shown): &(u16, String)) -> bool {
    *status == 401 || shown.contains("The email address or the password is wrong.")
}

/// Whether an answer or a page says that the user is locked.
fn is_locked((status, shown): &(u16, String)) -> bool {
    [403, 423].contains(status) || shown.contains("The account is locked.")
}

// Issue 11, 5
#[test]
fn each_door_records_a_wrong_password_and_a_locked_user() {
    for (door, sign_in) in DOORS {
        let wire = Wire::seeded(&seed());
        sign_in(&wire, MEMBER, "wrong");
        let recorded = shorts(&wire);
        let expected = ["failure invalid_password password - bob@example.com"];
        assert_eq!(recorded, expected, "{door}");
        sign_in(&wire, MEMBER, "wrong");
        sign_in(&wire, MEMBER, "wrong");
        let answer = sign_in(&wire, MEMBER, PASSWORD);
        assert!(is_locked(&answer), "{door}: {answer:?}");
        // The password was right: whoever looks is told that it was no wrong password.
        assert_eq!(
            shorts(&wire)[0],
            "failure - password - bob@example.com",
            "{door}"
        );
    }
}

// Issue 11, 6: a locked account was told from an unknown one, by the answer and by the time.
#[test]
fn a_wrong_password_is_answered_alike_for_a_user_a_locked_one_and_nobody_and_costs_the_same_writes()
{
    for (door, sign_in) in DOORS {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("sandbox.db");
        let wire = Wire::with(Options {
            data: Some(data.clone()),
            seed: Some(Seed::parse(&seed().to_string()).unwrap()),
            ..Options::default()
        });
        for _ in 0..3 {
            wire.log_in(MEMBER, "wrong", "").expect(401);
        }
        // Not the very first of each, which may add a page to the file.
        for email in [OWNER, MEMBER, "nobody@example.com"] {
            sign_in(&wire, email, "wrong");
        }
        let [known, locked, nobody] = [OWNER, MEMBER, "nobody@example.com"].map(|email| {
            let before = written(&data);
            let shown = sign_in(&wire, email, "wrong");
            (shown, written(&data) - before)
        });
        assert_eq!(known, nobody, "{door}");
        assert_eq!(locked, nobody, "{door}");
        assert!(is_wrong(&known.0), "{door}: {known:?}");
        assert!(known.1 > 0, "{door}: nothing was written");
        let right = sign_in(&wire, MEMBER, PASSWORD);
        assert!(is_locked(&right), "{door}: {right:?}");
    }
}

// Issue 11, 6: attempts with unknown addresses must not fill the file.
#[test]
fn sign_ins_of_nobody_leave_one_line_whatever_their_number() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("sandbox.db");
    let wire = Wire::with(Options {
        data: Some(data.clone()),
        seed: Some(Seed::parse(&seed().to_string()).unwrap()),
        ..Options::default()
    });
    for number in 0..5 {
        wire.log_in(&format!("nobody{number}@example.com"), "wrong", "")
            .expect(401);
    }
    assert_eq!(shorts(&wire), [] as [&str; 0]);
    drop(wire);
    let database = rusqlite::Connection::open(&data).unwrap();
    let count = |query: &str| -> i64 { database.query_row(query, [], |row| row.get(0)).unwrap() };
    assert_eq!(count("SELECT count(*) FROM sign_ins"), 1);
    assert_eq!(count("SELECT failed_attempts FROM nobody"), 5);
}

// Issue 11, 5: what is kept has an end.
#[test]
fn the_oldest_sign_ins_of_an_organization_make_room_after_a_hundred_thousand() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("sandbox.db");
    let start = || {
        Wire::with(Options {
            data: Some(data.clone()),
            seed: Some(Seed::parse(&seed().to_string()).unwrap()),
            ..Options::default()
        })
    };
    let wire = start();
    for _ in 0..4 {
        wire.log_in(OWNER, PASSWORD, "").expect(200);
    }
    drop(wire);
    // As if there had been many in between.
    let change = |change: &str| {
        let database = rusqlite::Connection::open(&data).unwrap();
        database.execute(change, []).unwrap()
    };
    change(
        "UPDATE sign_ins SET serial = CASE serial WHEN 1 THEN 1 WHEN 2 THEN 1000
                WHEN 3 THEN 1001 ELSE 100999 END",
    );
    let wire = start();
    assert_eq!(shorts(&wire).len(), 4);
    wire.log_in(OWNER, PASSWORD, "").expect(200);
    assert_eq!(shorts(&wire).len(), 3, "100999, 101000 and 1001");
}
