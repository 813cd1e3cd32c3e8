//! What a stream refuses, and what must not be repeated on one.

use std::{fs::File, process::Command};

use crate::support::{OATHTOOL, Ran, World};

/// A command whose stdout is full.
fn into_full(command: &mut Command) -> Ran {
    let full = File::options().write(true).open("/dev/full").unwrap();
    Ran::of(command.stdout(full).output().unwrap())
}

// Issue 7, 22
#[test]
fn a_code_that_nobody_saw_is_as_good_as_before() {
    let world = World::logged_in();
    let on = world.switch_on();
    for format in ["human", "json"] {
        let refused = into_full(&mut world.command(&["2fa", "codes", "next", "-o", format]));
        let refused = refused.expect(1);
        assert!(
            refused.stderr.contains("The backup code is still unused"),
            "{}",
            refused.stderr
        );
        assert_eq!(world.unused(), 10, "{format}");
    }
    let next = world.run(&["2fa", "codes", "next"]).expect(0).stdout;
    assert_eq!(next.trim(), on["backup_codes"][0].as_str().unwrap());
    assert_eq!(world.unused(), 9);
    // A code that was handed out stays marked, whatever happens to the next one.
    into_full(&mut world.command(&["2fa", "codes", "next"])).expect(1);
    assert_eq!(world.unused(), 9);
}

// Issue 7, 22
#[test]
fn a_result_that_stdout_refuses_is_a_failure() {
    let world = World::logged_in();
    for arguments in [
        &["--help"][..],
        &["2fa", "on", "--help"],
        &["--version"],
        &["whoami"],
        &["token"],
        &["2fa", "status"],
        &["2fa", "codes", "path"],
        &["2fa", "recover"],
        &["completion", "bash"],
        &["man"],
    ] {
        let refused = into_full(&mut world.command(arguments)).expect(1);
        assert!(
            refused.stderr.contains("error: ") && refused.stderr.contains("hint: "),
            "{arguments:?}: {}",
            refused.stderr
        );
    }
    // The codes of a new factor are saved, so nothing is lost.
    into_full(&mut world.command(&["2fa", "on", "--otp-command", OATHTOOL])).expect(1);
    assert_eq!(world.unused(), 10);
}

// Issue 7, 22
#[test]
fn a_secret_that_was_pasted_as_an_argument_is_not_repeated() {
    let world = World::logged_in();
    world.switch_on();
    let uuid = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0";
    for secret in [uuid, "hunter2", "abcdef-123456", "SCWlooksLikeAKey"] {
        let token = format!("--token={secret}");
        let short = format!("-t{secret}");
        let dashes = format!("--{secret}{uuid}");
        for arguments in [
            &[secret][..],
            &["login", secret],
            &["login", "--with-token", secret],
            &[&token],
            &["login", &token],
            &["login", "--token", secret],
            &["login", &short],
            &["login", &dashes],
            &["2fa", secret],
            &["2fa", "on", secret],
            &["2fa", "codes", "used", secret],
            &["2fa", "codes", secret],
            &["2fa", "status", "--api", secret],
            &["2fa", "status", "--api-url", secret],
            &["2fa", "status", "--profile", &format!("/{secret}")],
            &["2fa", "status", "-o", secret],
            &["2fa", "status", "--color", secret],
            &["2fa", "off", "--user", secret],
            &["login", "--expires", secret],
            &["login", "--storage", secret],
            &["login", "--email", secret],
            &[
                "login",
                "--email",
                "a@example.com",
                "--password-file",
                secret,
            ],
            &[
                "login",
                "--email",
                "a@example.com",
                "--backup-code-file",
                secret,
            ],
            &["login", "--with-token", "--access-key", secret],
            &[
                "2fa",
                "on",
                "--encrypt-to",
                secret,
                "--otp-command",
                "true",
                "--renew",
            ],
            &["2fa", "on", "--qr", secret],
            &["completion", secret],
        ] {
            for format in ["human", "json"] {
                let mut command = world.command(arguments);
                command.args(["-o", format]).env("SCW_PASSWORD", "password");
                let ran = Ran::of(command.output().unwrap());
                assert_ne!(ran.code, 0, "{arguments:?}");
                let all = ran.stdout + &ran.stderr;
                assert!(!all.contains(secret), "{arguments:?}: {all}");
            }
        }
    }
    for (name, secret) in [
        ("SCW_PROFILE", "/hunter2"),
        ("SCW_API", "hunter2"),
        ("SCW_ACCESS_KEY", "hunter2"),
        ("SCW_KEYRING", "hunter2"),
        ("SCW_API_URL", "https://hunter2@x"),
    ] {
        let mut command = world.command(&["2fa", "codes", "list"]);
        command.env(name, secret);
        let ran = Ran::of(command.output().unwrap()).expect(2).told(name);
        assert!(!ran.stderr.contains("hunter2"), "{}", ran.stderr);
    }
}
