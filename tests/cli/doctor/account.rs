//! Problems of the account and its key.

use super::Machine;
use crate::support::World;

// Issue 10, 6
#[test]
fn a_key_that_ends_within_two_weeks_and_one_that_has_ended_are_told() {
    const DAY: i64 = 86_400;
    let seed = r#"{"organizations": [{"users": [{"email": "a@example.com", "key_expires_in_s": 1728000}]}]}"#;
    let machine = Machine::of(World::seeded(seed));
    machine.is_healthy();
    machine.world.sandbox.advance(7 * DAY);
    // The service's clock moved alone, so the clocks are apart.
    let (_, found) = machine.findings(|_| {});
    assert!(
        found.iter().any(|line| line.starts_with("clock problem")),
        "{found:#?}"
    );
    machine.world.sandbox.advance(14 * DAY);
    let (code, found) = machine.findings(|_| {});
    assert_eq!(code, 1, "{found:#?}");
    let told = found.iter().find(|line| line.starts_with("key problem"));
    assert!(
        told.is_some_and(|line| line.contains("`scw login`")),
        "{found:#?}"
    );

    let seed = seed.replace("1728000", "1036800");
    let machine = Machine::of(World::seeded(&seed));
    machine.has(
        "key warning",
        &["it ends on", "(in 12 days)", "`scw login --renew`"],
    );
}

// Issue 10, 6
#[test]
fn a_key_of_another_profile_is_judged_by_what_is_on_record() {
    let seed = r#"{"organizations": [{"users": [{"email": "a@example.com", "key_expires_in_s": 1036800}]}]}"#;
    let machine = Machine::of(World::seeded(seed));
    // The key in force is asked about; that of the other profile is only on record.
    let lines = machine.world.key_lines();
    let login = ["login", "-p", "work", "--with-token", "--storage", "file"];
    machine.world.run_with_input(&login, &lines).expect(0);
    machine.world.run(&["whoami", "-p", "work"]).expect(0);
    let (_, found) = machine.findings(|_| {});
    let told = "key warning profile `work`: it ends on";
    assert!(
        found
            .iter()
            .any(|line| line.starts_with(told) && line.contains("`scw login -p work --renew`")),
        "{found:#?}"
    );
    // Without the API, the record tells of both.
    let (_, found) = machine.findings(|command| {
        command.env("SCW_API_URL", "http://127.0.0.1:1");
    });
    let keys = found.iter().filter(|line| line.starts_with("key warning"));
    assert_eq!(keys.count(), 2, "{found:#?}");
}

// Issue 10, 6
#[test]
fn a_key_that_was_deleted_elsewhere_is_a_problem() {
    let machine = Machine::new();
    machine.is_healthy();
    machine.world.fault(serde_json::json!({
        "path_regex": "^/iam/v1alpha1/api-keys/.",
        "action": "status",
        "status": 401,
        "body": {"type": "denied_authentication", "reason": "not_found"},
    }));
    let hint = machine.has("key problem", &["rejected the key"]);
    assert!(hint.starts_with("scw login"), "{hint}");
}

// Issue 10, 6
#[test]
fn a_second_factor_that_is_off_is_told() {
    let machine = Machine::new();
    machine.is_healthy();
    machine.world.run(&["2fa", "off", "--yes"]).expect(0);
    machine.has("two-factor warning", &["is off", "`scw 2fa on`"]);
}

// Issue 10, 6
#[test]
fn few_backup_codes_and_none_are_told() {
    let machine = Machine::new();
    for _ in 0..6 {
        machine.world.run(&["2fa", "codes", "next"]).expect(0);
    }
    machine.is_healthy();
    machine.world.run(&["2fa", "codes", "next"]).expect(0);
    let renew = "`scw 2fa on --renew`";
    machine.has("backup-codes warning", &["only 3", renew]);
    for _ in 0..3 {
        machine.world.run(&["2fa", "codes", "next"]).expect(0);
    }
    machine.has("backup-codes warning", &["no backup code is left", renew]);
    machine
        .world
        .run(&["2fa", "codes", "remove", "--yes"])
        .expect(0);
    machine.has(
        "backup-codes warning",
        &["no backup codes are saved", renew],
    );
}
