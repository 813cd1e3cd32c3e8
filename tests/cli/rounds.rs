//! What a person waits for: requests, the rounds of them that follow one another, and connections.
//!
//! A round is what is on its way at the same time: a request that begins after every earlier one has
//! ended begins a new round. The sandbox holds each request back for a moment, so that those that are
//! sent together overlap. TCP and TLS come on top, one round trip each (docs/speed.md).

use std::{collections::BTreeSet, process::Command};

use scw_sandbox::{Options, Seed};

use crate::support::{OATHTOOL, Ran, World, run_with_input};

/// Long enough that requests which leave together overlap on a busy machine too.
const LATENCY_MS: u64 = 150;

/// What one run of a command cost.
#[derive(Debug, PartialEq, Eq)]
struct Cost {
    requests: usize,
    rounds: usize,
    connections: usize,
}

const fn cost(requests: usize, rounds: usize, connections: usize) -> Cost {
    Cost {
        requests,
        rounds,
        connections,
    }
}

fn slow(seed: Option<&str>) -> World {
    World::with(Options {
        latency_ms: LATENCY_MS,
        seed: seed.map(|seed| Seed::parse(seed).unwrap()),
        ..Options::default()
    })
}

/// Runs something, and counts what it asked of the service.
#[track_caller]
fn cost_of(world: &World, run: impl FnOnce() -> Ran) -> Cost {
    let before = world.sandbox.requests().len();
    run().expect(0);
    let seen = world.sandbox.requests().split_off(before);
    let (mut rounds, mut end) = (0, 0);
    for request in &seen {
        if request.began_ms >= end {
            rounds += 1;
        }
        end = end.max(request.ended_ms.unwrap());
    }
    let connections: BTreeSet<_> = seen.iter().map(|request| request.connection).collect();
    Cost {
        requests: seen.len(),
        rounds,
        connections: connections.len(),
    }
}

fn password_login(world: &World, api: &str, more: &[&str]) -> Command {
    world.person(api, &[&["login"], more].concat())
}

/// Runs the commands of a saved login, each of which costs so much.
#[track_caller]
fn expect_costs(world: &World, costs: [Cost; 4]) {
    let on = ["2fa", "on", "--otp-command", OATHTOOL];
    let commands = [
        &["2fa", "status"][..],
        &["whoami"],
        &on,
        &["2fa", "off", "--yes"],
    ];
    for (command, cost) in commands.into_iter().zip(costs) {
        let found = cost_of(world, || world.run(command));
        assert_eq!(found, cost, "{command:?}");
    }
}

// Issue 13, 1
#[test]
fn a_saved_login_asks_everything_at_once() {
    let world = slow(None);
    world.log_in();
    expect_costs(
        &world,
        [cost(3, 1, 3), cost(4, 1, 4), cost(5, 3, 3), cost(6, 3, 3)],
    );
}

// Issue 13, 1
#[test]
fn the_dialect_of_2017_asks_everything_at_once_too() {
    let world = slow(None);
    let login = || Ran::of(password_login(&world, "account", &[]).output().unwrap());
    assert_eq!(cost_of(&world, login), cost(3, 2, 2));
    expect_costs(
        &world,
        [cost(2, 1, 2), cost(4, 1, 4), cost(5, 3, 3), cost(5, 3, 2)],
    );
    let logout = || world.run(&["logout"]);
    assert_eq!(cost_of(&world, logout), cost(1, 1, 1));
}

// Issue 13, 1
#[test]
fn a_login_with_a_password_takes_six_requests_in_five_rounds() {
    let world = slow(None);
    let login = || Ran::of(password_login(&world, "iam", &[]).output().unwrap());
    assert_eq!(cost_of(&world, login), cost(6, 5, 2));
    let logout = || world.run(&["logout"]);
    assert_eq!(cost_of(&world, logout), cost(1, 1, 1));
}

// Issue 13, 1
#[test]
fn a_member_of_one_organization_logs_in_as_fast_as_an_owner() {
    let world = slow(Some(
        r#"{"organizations": [{"users": [{"email": "m@example.com", "type": "member"}]}]}"#,
    ));
    let login = || Ran::of(password_login(&world, "iam", &[]).output().unwrap());
    assert_eq!(cost_of(&world, login), cost(6, 5, 2));
}

// Issue 13, 1
#[test]
fn a_code_adds_one_round_to_a_login() {
    let world = slow(None);
    world.log_in();
    let codes = world.switch_on()["backup_codes"].clone();
    world.run(&["logout"]).expect(0);
    let mut login = password_login(&world, "iam", &["--backup-code-file", "-"]);
    let login = || run_with_input(&mut login, codes[0].as_str().unwrap());
    assert_eq!(cost_of(&world, login), cost(7, 6, 2));
}

// Issue 13, 1
#[test]
fn another_organization_adds_one_round_to_a_login() {
    let world = slow(Some(
        r#"{"organizations": [
            {"name": "Alpha", "users": [{"email": "a@example.com"}]},
            {"name": "Beta", "users": [{"email": "a@example.com"}]}]}"#,
    ));
    let login = |organization| {
        let mut command = password_login(&world, "iam", &["--organization", organization]);
        cost_of(&world, || Ran::of(command.output().unwrap()))
    };
    assert_eq!(login("Alpha"), cost(6, 5, 2));
    world.run(&["logout"]).expect(0);
    // The switch, the user there, and the end of its session come on top.
    assert_eq!(login("Beta"), cost(9, 6, 2));
}

// Issue 13, 1
#[test]
fn a_login_with_a_token_takes_two_rounds() {
    let world = slow(None);
    let login = || {
        let arguments = ["login", "--with-token", "--storage", "file"];
        world.run_with_input(&arguments, &world.key_lines())
    };
    assert_eq!(cost_of(&world, login), cost(3, 2, 2));
}

// Issue 13, 1
#[test]
fn a_key_from_the_environment_costs_one_round_more() {
    let world = slow(None);
    let run = |arguments: &[&str]| {
        let mut command = world.command(arguments);
        command
            .env("SCW_ACCESS_KEY", &world.info().access_key)
            .env("SCW_SECRET_KEY", &world.info().secret_key);
        cost_of(&world, || Ran::of(command.output().unwrap()))
    };
    assert_eq!(run(&["2fa", "status"]), cost(4, 2, 3));
    assert_eq!(run(&["whoami"]), cost(4, 2, 3));
}

// Issue 13, 1: what is removed was read just before.
#[test]
fn an_account_that_was_read_a_while_ago_is_read_again_before_anything_is_removed() {
    let world = World::logged_in();
    world.switch_on();
    world.fault(
        serde_json::json!({"method": "GET", "path_regex": "/grace-periods$", "action": "delay", "ms": 1500}),
    );
    let before = world.sandbox.requests().len();
    world.run(&["2fa", "off", "--yes"]).expect(0);
    let seen = world.sandbox.requests().split_off(before);
    let user = format!("/users/{}", world.info().user_id);
    let reads = seen
        .iter()
        .take_while(|seen| seen.method == "GET")
        .filter(|seen| seen.path.ends_with(&user))
        .count();
    assert_eq!(reads, 2);
}
