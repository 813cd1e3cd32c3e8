//! `scw 2fa off`.

use serde_json::json;

use crate::support::World;

#[test]
fn without_a_confirmation_nothing_is_changed() {
    let world = World::logged_in();
    world.switch_on();
    world.run(&["2fa", "off"]).expect(2).told("--yes");
    world.run(&["2fa", "off", "-o", "json"]).expect(2);
    assert_eq!(world.two_factor(), "on");
}

#[test]
fn an_organization_that_requires_it_is_named_with_the_date() {
    let world = World::seeded(
        r#"{"organizations": [{"requires_two_factor": true, "grace_period_s": 86400,
            "users": [{"email": "a@example.com"}]}]}"#,
    );
    world.log_in();
    let status = world.run(&["2fa", "status", "-o", "json"]).expect(0).json();
    assert!(status["required_by"].as_str().unwrap().starts_with("20"));
    let shown = world.run(&["2fa", "status"]).expect(0).stdout;
    assert!(
        shown.contains("requires it by ") && shown.contains("(tomorrow)"),
        "{shown}"
    );
    world.switch_on();
    let off = world.run(&["2fa", "off", "--yes"]).expect(0);
    assert!(off.stderr.contains("is locked out on "), "{}", off.stderr);
}

// Issue 7, 16
#[test]
fn a_lost_answer_is_looked_after() {
    let world = World::logged_in();
    world.switch_on();
    // The connection breaks after each try; the account itself says that it is done.
    world.fault(
        json!({"method": "DELETE", "path_regex": "mfa-otp$", "action": "drop_after",
        "times": 3}),
    );
    world.run(&["2fa", "off", "--yes"]).expect(0);
    assert_eq!(world.two_factor(), "off");
}

#[test]
fn an_administrator_helps_another_member_and_a_member_cannot() {
    let world = World::seeded(
        r#"{"organizations": [{"users": [{"email": "boss@example.com"},
            {"email": "jo@example.com", "id": "5c9e0a3e-1d0f-4a55-9d6f-0f0e4a6d2b11",
             "otp_secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
             "access_key": "SCWMEMBER00000000000", "secret_key": "11111111-2222-4333-8444-555555555555"}]}]}"#,
    );
    world.log_in();
    let member = "5c9e0a3e-1d0f-4a55-9d6f-0f0e4a6d2b11";
    let off = world
        .run(&["2fa", "off", "--yes", "--user", member])
        .expect(0);
    assert!(off.stderr.contains("jo@example.com"), "{}", off.stderr);
    assert_eq!(
        world.sandbox.state().unwrap()["users"][1]["two_factor"],
        "off"
    );

    let mut command = world.command(&["2fa", "off", "--yes", "--user", &world.info().user_id]);
    command
        .env("SCW_ACCESS_KEY", "SCWMEMBER00000000000")
        .env("SCW_SECRET_KEY", "11111111-2222-4333-8444-555555555555");
    crate::support::Ran::of(command.output().unwrap())
        .expect(4)
        .told("insufficient permissions (read user)");
}

#[test]
fn an_answer_that_only_looks_like_success_is_not_believed() {
    for (status, body) in [
        (200, json!("<html>portal</html>")),
        (200, json!("")),
        (204, json!("")),
    ] {
        let world = World::logged_in();
        let on = world.switch_on();
        world.fault(
            json!({"method": "DELETE", "path_regex": "mfa-otp$", "action": "status",
            "status": status, "body": body}),
        );
        world
            .run(&["2fa", "off", "--yes"])
            .expect(5)
            .told("could not turn");
        assert_eq!(world.two_factor(), "on");
        let file = on["backup_codes_file"].as_str().unwrap();
        assert!(!std::fs::read_to_string(file).unwrap().contains("void"));
    }
}

// Issue 7, 10
#[test]
fn a_date_that_cannot_be_read_stops_nothing_and_is_unknown() {
    for (status, body) in [
        (403, json!({"type": "permissions_denied"})),
        (404, json!({"type": "not_found", "resource": "route"})),
        (404, json!("")),
        (500, json!("")),
        (200, json!("<html>portal</html>")),
    ] {
        let world = World::logged_in();
        world.switch_on();
        world.fault(
            json!({"path_regex": "/grace-periods$", "action": "status", "status": status,
            "body": body, "times": 99}),
        );
        let shown = world.run(&["2fa", "status"]).expect(0);
        assert!(
            shown
                .stdout
                .contains("whether your organization requires it"),
            "{status}: {}",
            shown.stdout
        );
        let status = world.run(&["2fa", "status", "-o", "json"]).expect(0).json();
        assert_eq!(status["two_factor"], "on");
        assert_eq!(status["backup_codes_left"], 10);
        assert!(status["required_by"].is_null(), "{status}");
        let off = world.run(&["2fa", "off", "--yes"]).expect(0);
        assert!(
            off.stderr.contains("could not find out whether"),
            "{}",
            off.stderr
        );
        assert_eq!(world.two_factor(), "off");
        world.run(&["2fa", "status", "--check"]).expect(8);
    }
}
