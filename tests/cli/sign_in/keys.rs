//! The key that a login makes: its end, its organization, and that none is left behind.

use std::process::Stdio;

use scw_sandbox::Options;
use serde_json::json;

use super::{DIALECTS, Person, sessions};
use crate::support::{Ran, World, run_with_input};

#[test]
fn the_key_ends_when_it_was_told_to_and_no_later_than_the_organization_allows() {
    let world = World::new();
    let person = Person::new(&world, "iam");
    let days = |ran: Ran| {
        let login = ran.expect(0).json();
        let text = login["expires_at"].as_str()?.to_owned();
        let end =
            time::OffsetDateTime::parse(&text, &time::format_description::well_known::Rfc3339);
        Some((end.unwrap().unix_timestamp() - world.sandbox.now() + 60) / 86_400)
    };
    assert_eq!(days(person.run(&["login", "-o", "json"])), Some(90));
    assert_eq!(
        days(person.run(&["login", "-o", "json", "--expires", "48h"])),
        Some(2)
    );
    assert_eq!(
        days(person.run(&["login", "-o", "json", "--expires", "never"])),
        None
    );
    person.run(&["login", "--expires", "soon"]).expect(2);

    let strict = World::seeded(
        r#"{"organizations": [{"max_api_key_s": 86400, "users": [{"email": "a@example.com"}]}]}"#,
    );
    let person = Person::new(&strict, "iam");
    for wanted in ["never", "90d"] {
        let login = person.run(&["login", "--expires", wanted]).expect(0);
        assert!(
            login.stderr.contains("does not allow a key that lasts"),
            "{}",
            login.stderr
        );
    }
    let login = person.run(&["login", "--expires", "1h"]).expect(0);
    assert!(
        !login.stderr.contains("does not allow a key"),
        "{}",
        login.stderr
    );
}

const TWO: &str = r#"{"organizations": [
    {"name": "Alpha", "users": [{"email": "a@example.com"}]},
    {"name": "Beta", "users": [{"email": "a@example.com"}]}]}"#;

#[test]
fn one_of_several_organizations_is_chosen_by_id_or_name() {
    let world = World::seeded(TWO);
    let person = Person::new(&world, "iam");
    let asked = person.run(&["login"]).expect(2).told("--organization");
    assert!(
        asked.stderr.contains("Alpha") && asked.stderr.contains("Beta"),
        "{}",
        asked.stderr
    );
    assert_eq!(
        sessions(&world),
        0,
        "a login that ends early leaves no session"
    );
    person
        .run(&["login", "--organization", "Gamma"])
        .expect(2)
        .told("Alpha");
    let alpha = person
        .run(&["login", "-o", "json", "--organization", "alpha"])
        .expect(0)
        .json();
    assert_eq!(
        alpha["organization_id"],
        world.info().organization_id.as_str()
    );
    let beta = person
        .run(&["login", "-o", "json", "--organization", "Beta"])
        .expect(0)
        .json();
    assert_ne!(beta["organization_id"], alpha["organization_id"]);
    assert_ne!(beta["user_id"], alpha["user_id"]);
    let whoami = person.run(&["whoami", "-o", "json"]).expect(0).json();
    assert_eq!(whoami["organization_id"], beta["organization_id"]);
}

// Issue 7, 3
#[test]
fn a_key_that_cannot_be_kept_is_deleted_again() {
    for api in DIALECTS {
        let world = World::new();
        let person = Person::new(&world, api);
        // Something else is where the secret has to go.
        let place = world.data_dir().join("secrets/default");
        std::fs::create_dir_all(&place).unwrap();
        let failed = person.run(&["login"]).expect(7);
        let failed = failed.told("scw deleted the new API key");
        assert!(
            failed.stderr.contains(place.to_str().unwrap()),
            "{}",
            failed.stderr
        );
        let state = world.sandbox.state().unwrap();
        assert_eq!(state["api_keys"], json!([world.info().access_key]), "{api}");
        assert_eq!(state["sessions"], 0);
        person.run(&["whoami"]).expect(3);
    }
}

// Issue 7, 4
#[test]
fn a_login_killed_after_any_of_its_requests_leaves_no_key_that_the_next_one_does_not_remove() {
    for api in DIALECTS {
        let whole = World::new();
        Person::new(&whole, api).run(&["login"]).expect(0);
        let requests = whole.sandbox.requests().len();
        assert!(requests >= 3, "{requests}");
        for after in 1..=requests {
            // Each request is held back for a moment, which is when the client is killed.
            let world = World::with(Options {
                latency_ms: 50,
                ..Options::default()
            });
            let person = Person::new(&world, api);
            let mut child = person
                .command(&["login"])
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let carried_out = || {
                let seen = world.sandbox.requests();
                seen.iter().filter(|seen| seen.status.is_some()).count()
            };
            while carried_out() < after && child.try_wait().unwrap().is_none() {
                std::thread::yield_now();
            }
            child.kill().unwrap();
            child.wait().unwrap();

            person.run(&["login", "-o", "json"]).expect(0);
            assert_eq!(
                person.keys(),
                2,
                "{api}, killed after request {after}: the seed's and one"
            );
            person.run(&["logout"]).expect(0);
            assert_eq!(person.keys(), 1, "{api}, killed after request {after}");
        }
    }
}

// Issue 7, 4
#[test]
fn a_new_login_takes_the_place_of_the_one_before_on_the_server_too() {
    for api in DIALECTS {
        let world = World::new();
        let person = Person::new(&world, api);
        for _ in 0..3 {
            person.run(&["login"]).expect(0);
            assert_eq!(person.keys(), 2, "{api}");
        }
        // A key that was there before belongs to somebody: it stays.
        let key = match api {
            "iam" => world.key_lines(),
            _ => world.info().token.clone(),
        };
        run_with_input(&mut person.command(&["login", "--with-token"]), &key).expect(0);
        assert_eq!(person.keys(), 1, "{api}");
    }
}
