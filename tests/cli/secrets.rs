//! Secrets stay where they belong.

use std::{fs, process::Stdio};

use crate::support::{OATHTOOL, World, files_with};

// Issue 7, 2
#[test]
fn debug_output_holds_no_secret() {
    let world = World::logged_in();
    let uri = world.home.path().join("uri");
    let on = world
        .run(&[
            "-D",
            "2fa",
            "on",
            "--otp-command",
            OATHTOOL,
            "-o",
            "json",
            "--uri-file",
            uri.to_str().unwrap(),
        ])
        .expect(0);
    let whoami = world.run(&["-D", "whoami"]).expect(0);
    let login = world
        .run_with_input(
            &["-D", "login", "--with-token", "--storage", "file"],
            &world.key_lines(),
        )
        .expect(0);
    let uri = fs::read_to_string(uri).unwrap();
    let key = uri
        .split("secret=")
        .nth(1)
        .unwrap()
        .split('&')
        .next()
        .unwrap();
    let printed = on.json();
    let code = printed["backup_codes"][3].as_str().unwrap();
    for text in [
        &on.stderr,
        &whoami.stderr,
        &whoami.stdout,
        &login.stderr,
        &login.stdout,
    ] {
        for secret in [world.info().secret_key.as_str(), key, code] {
            assert!(!text.contains(secret), "{text}");
        }
    }
    assert!(
        on.stderr.contains("POST") && on.stderr.contains("***"),
        "{}",
        on.stderr
    );
    assert!(
        !on.stderr.contains("\"one_time_password\":\"0"),
        "{}",
        on.stderr
    );
}

#[test]
fn while_it_runs_no_secret_is_in_an_argument_and_no_core_can_be_dumped() {
    let world = World::logged_in();
    let flag = world.home.path().join("go");
    let ready = world.home.path().join("ready");
    // The command waits for the test to have looked around.
    let command = format!(
        "cat > {0}.tmp; mv {0}.tmp {0}; while [ ! -e {1} ]; do sleep 0.02; done; {OATHTOOL} < {0}",
        ready.display(),
        flag.display()
    );
    let mut child = world
        .command(&["2fa", "on", "--otp-command", &command])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while !ready.exists() {
        assert!(child.try_wait().unwrap().is_none(), "it ended early");
        crate::support::running::pause();
    }
    let key = fs::read_to_string(&ready).unwrap().trim().to_owned();
    let limits = fs::read_to_string(format!("/proc/{}/limits", child.id())).unwrap();
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"))
        .unwrap();
    assert_eq!(core.split_whitespace().nth(4), Some("0"), "{core}");
    for entry in fs::read_dir("/proc").unwrap() {
        let line = fs::read(entry.unwrap().path().join("cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).into_owned();
        assert!(!line.contains(&key), "{line}");
        assert!(!line.contains(&world.info().secret_key), "{line}");
    }
    fs::write(&flag, "").unwrap();
    assert!(child.wait().unwrap().success());
    let found = files_with(&world.data_dir(), &key);
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn no_flag_takes_a_secret_as_its_value() {
    let world = World::new();
    for arguments in [
        &["login", "--help"][..],
        &["2fa", "on", "--help"],
        &["2fa", "off", "--help"],
        &["--help"],
    ] {
        let help = world.run(arguments).expect(0).stdout;
        for flag in [
            "--password ",
            "--token ",
            "--secret-key ",
            "--otp ",
            "--backup-code <",
        ] {
            assert!(!help.contains(flag), "{flag} in {help}");
        }
    }
}
