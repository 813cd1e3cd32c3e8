//! The first minute of a newcomer, and `scw-sandbox run` around a script.

use std::{
    process::{Command, Stdio},
    time::Duration,
};

use expectrl::{ControlCode, Expect, Regex, process::unix::WaitStatus};

use crate::support::{OATHTOOL, Ran, binary, terminal::spawn};

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
    // Issue 9, 8: what it knew beforehand is no alarm, and what a step needs is shown.
    let first = ran.stderr.lines().next().unwrap();
    assert!(
        first.contains("The first build takes a few minutes"),
        "{first}"
    );
    for alarm in ["warning", "error", "plain text"] {
        assert!(!ran.stderr.contains(alarm), "{alarm}: {}", ran.stderr);
    }
    for said in [
        "None can be used here: the demo keeps its key in a private temporary file.",
        "    password    ",
        "    secret key  ",
        "scw login --email owner@example.com --backup-code-file - --storage file",
    ] {
        assert!(ran.stderr.contains(said), "{said}: {}", ran.stderr);
    }
    let last = ran.stderr.lines().last().unwrap();
    assert!(last.ends_with("Nothing stays on this machine."), "{last}");
}

// Issue 9, 8
#[test]
fn the_demonstration_ends_with_a_word_when_a_person_leaves_it_on_or_stops() {
    for stop_early in [true, false] {
        let mut demo = sandbox();
        demo.arg("demo")
            .stdin(Stdio::inherit())
            .env_remove("DBUS_SESSION_BUS_ADDRESS");
        let mut session = spawn(demo);
        session.set_expect_timeout(Some(Duration::from_secs(60)));
        let key = session
            .expect(Regex("([A-Z2-7]{4} ){7}[A-Z2-7]{4}"))
            .unwrap();
        let key = String::from_utf8_lossy(key.get(0).unwrap()).replace(' ', "");
        session.expect("Six-digit code").unwrap();
        let closing = if stop_early {
            session.send(ControlCode::EndOfText).unwrap();
            "The demo stopped at step 3."
        } else {
            let code = Command::new("oathtool")
                .args(["--totp", "-b", &key])
                .output();
            let code = String::from_utf8(code.unwrap().stdout).unwrap();
            session.send_line(code.trim()).unwrap();
            session
                .expect("Turn two-factor authentication off")
                .unwrap();
            session.send_line("n").unwrap();
            "You left two-factor authentication on. The demo ends here."
        };
        session.expect(closing).unwrap();
        session.expect("Nothing stays on this machine.").unwrap();
        session.expect(expectrl::Eof).unwrap();
        let ended = session.get_process().wait().unwrap();
        let code = if stop_early { 130 } else { 0 };
        assert!(
            matches!(ended, WaitStatus::Exited(_, found) if found == code),
            "{ended:?}"
        );
    }
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
    let off = "Two-factor authentication is off\n";
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
