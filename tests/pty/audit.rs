//! The report in a terminal: a line that says how far it is.

use expectrl::{ControlCode, Expect, Regex};
use scw_sandbox::Options;
use serde_json::json;

use crate::support::World;
use crate::terminal::{finish, in_terminal, terminal, wait_for};

fn organization() -> World {
    let world = World::with(Options {
        members: 400,
        ..Options::default()
    });
    world.log_in();
    // All pages behind the first one and the last one wait for ever.
    world.fault(json!({
        "path_regex": "/iam/v1alpha1/users$", "skip": 2, "times": 1000, "action": "delay",
        "ms": 600_000,
    }));
    world
}

// Issue 12, 1
#[test]
fn a_line_below_the_rows_says_how_many_there_are_how_fast_and_how_long_it_takes() {
    let world = organization();
    let mut session = terminal(&world, &["2fa", "audit"]);
    wait_for(&mut session, "member-99@example.com");
    let line = r"100 of 401 members, [0-9]+ per second, [0-9]+\S* left";
    session.expect(Regex(line)).unwrap();
    session.send(ControlCode::EndOfText).unwrap();
    let (rest, code) = finish(&mut session);
    assert_eq!(code, 130);
    // The line goes before anything else is said.
    let last = rest
        .rsplit('\n')
        .find(|line| line.contains("Cancelled"))
        .unwrap();
    assert!(!last.contains("per second"), "{rest:?}");
}

// Issue 12, 1
#[test]
fn in_a_pipe_under_quiet_and_as_json_there_is_no_such_line() {
    for (script, more) in [
        ("exec \"$0\" \"$@\" 2>err", &["2fa", "audit"][..]),
        ("exec \"$0\" \"$@\"", &["2fa", "audit", "-q"]),
        ("exec \"$0\" \"$@\"", &["2fa", "audit", "-o", "json"]),
    ] {
        let world = organization();
        let mut session = in_terminal(&world, script, more);
        wait_for(&mut session, "member-99@example.com");
        session.send(ControlCode::EndOfText).unwrap();
        let (rest, _) = finish(&mut session);
        assert!(!rest.contains("per second"), "{rest:?}");
        let err = std::fs::read_to_string(world.home.path().join("err")).unwrap_or_default();
        assert!(!err.contains("per second"), "{err:?}");
    }
}
