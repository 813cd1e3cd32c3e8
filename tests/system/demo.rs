//! The first minute of a newcomer, and `scw-sandbox run` around a script.

use std::process::{Command, Stdio};

use crate::support::{OATHTOOL, Ran, binary};

/// The sandbox's binary lies beside the client's.
fn sandbox() -> Command {
    let path = std::path::Path::new(binary()).with_file_name("scw-sandbox");
    assert!(
        path.exists(),
        "build it first: cargo build --workspace (tests/run does)"
    );
    let mut command = Command::new(path);
    command.stdin(Stdio::null());
    command
}

#[test]
fn the_demonstration_plays_the_main_job_to_its_end() {
    let mut demo = sandbox();
    demo.args(["demo", "--auto"])
        .env_remove("DBUS_SESSION_BUS_ADDRESS");
    let ran = Ran::of(demo.output().unwrap()).expect(0);
    assert!(
        ran.stderr.contains("Two-factor authentication is on"),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stderr.contains("That was the main job"),
        "{}",
        ran.stderr
    );
}

#[test]
fn the_demonstration_without_a_terminal_names_its_other_form() {
    let ran = Ran::of(sandbox().arg("demo").output().unwrap()).expect(2);
    assert!(ran.stderr.contains("--auto"), "{}", ran.stderr);
}

#[test]
fn a_script_runs_with_a_sandbox_around_it() {
    let home = tempfile::tempdir().unwrap();
    let script = format!(
        "set -eu
printf 'SCW_ACCESS_KEY=%s\\nSCW_SECRET_KEY=%s\\n' $SANDBOX_ACCESS_KEY $SANDBOX_SECRET_KEY |
    scw login --with-token --storage file -q
scw 2fa status
scw 2fa on --otp-command '{OATHTOOL}' -o json >on.json
curl -sf $SCW_API_URL/_sandbox/state | grep -q '\"two_factor\":\"on\"'
scw 2fa off --yes -q
scw 2fa status
exit 42"
    );
    let path = std::path::Path::new(binary()).parent().unwrap();
    let mut run = sandbox();
    run.args(["run", "--control", "--", "sh", "-c", &script])
        .env_clear()
        .env(
            "PATH",
            format!("{}:{}", path.display(), std::env::var("PATH").unwrap()),
        )
        .env("HOME", home.path())
        .env("SCW_SECRET_KEY", "a developer's own key")
        .current_dir(home.path());
    let ran = Ran::of(run.output().unwrap()).expect(42);
    let off = "two-factor authentication is off\n";
    assert_eq!(ran.stdout, format!("{off}{off}"));
    let on: serde_json::Value =
        serde_json::from_slice(&std::fs::read(home.path().join("on.json")).unwrap()).unwrap();
    assert_eq!(on["backup_codes"].as_array().unwrap().len(), 10);
}

#[test]
fn a_command_that_cannot_be_found_ends_as_in_a_shell() {
    let ran = Ran::of(
        sandbox()
            .args(["run", "--", "no-such-command"])
            .output()
            .unwrap(),
    );
    ran.expect(127);
    let ran = Ran::of(
        sandbox()
            .args(["run", "--", "sh", "-c", "kill -9 $$"])
            .output()
            .unwrap(),
    );
    ran.expect(137);
    let ran = Ran::of(
        sandbox()
            .args(["serve", "--listen", "0.0.0.0:0"])
            .output()
            .unwrap(),
    )
    .expect(2);
    assert!(ran.stderr.contains("--allow-remote"), "{}", ran.stderr);
}
