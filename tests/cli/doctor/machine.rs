//! Problems of this machine: files, secrets in plain text, what was left behind, `PATH`.

use std::fs;

use super::{Machine, chmod, write};
use crate::support::Ran;

// Issue 10, 6
#[test]
fn a_secret_that_is_gone_is_missed() {
    let machine = Machine::new();
    machine.is_healthy();
    fs::remove_file(machine.data("secrets/default")).unwrap();
    let (code, found) = machine.findings(|_| {});
    assert_eq!(code, 1);
    assert_eq!(found.len(), 1, "{found:#?}");
    let told = "login problem the secret key of profile `default` is missing from the file";
    assert!(found[0].starts_with(told), "{found:#?}");
    assert!(found[0].contains("`scw login -p default`"), "{found:#?}");
}

// Issue 10, 6
#[test]
fn files_that_others_can_read_or_change_are_named_and_the_hint_closes_them() {
    let machine = Machine::new();
    let codes = format!("backup-codes/{}.txt", machine.world.info().user_id);
    for (path, mode, verb) in [
        ("profiles.toml", 0o640, "can read"),
        ("secrets", 0o755, "can read"),
        (codes.as_str(), 0o604, "can read"),
        ("a file.txt", 0o622, "can change"),
    ] {
        let path = machine.data(path);
        if !path.exists() {
            write(&path, "");
        }
        machine.is_healthy();
        chmod(&path, mode);
        let (_, found) = machine.findings(|_| {});
        let told = found
            .iter()
            .find(|line| line.starts_with("files problem") && line.contains(verb))
            .unwrap_or_else(|| panic!("{path:?}: {found:#?}"));
        assert!(told.contains(path.to_str().unwrap()), "{told}");
        machine.healed_by(told.split('`').rev().nth(1).unwrap());
    }
}

// Issue 10, 6
#[test]
fn codes_in_a_place_of_their_own_are_looked_at_too() {
    let machine = Machine::new();
    let own = machine.path("own/codes.txt");
    let on = ["2fa", "on", "--renew", "--yes", "--otp-command"];
    let on = [
        &on[..],
        &[
            crate::support::OATHTOOL,
            "--codes-file",
            own.to_str().unwrap(),
        ],
    ]
    .concat();
    machine.world.run(&on).expect(0);
    machine.is_healthy();
    chmod(&own, 0o644);
    let (_, found) = machine.findings(|_| {});
    assert!(
        found
            .iter()
            .any(|line| line.starts_with("files problem") && line.contains("own/codes.txt")),
        "{found:#?}"
    );
    fs::remove_file(&own).unwrap();
    machine.has(
        "backup-codes problem",
        &["missing", "own/codes.txt", "`scw 2fa on --renew`"],
    );
}

// Issue 10, 6
#[test]
fn a_data_folder_that_others_can_change_is_a_problem_that_the_hint_solves() {
    let machine = Machine::new();
    machine.is_healthy();
    chmod(machine.data(""), 0o770);
    let (code, found) = machine.findings(|_| {});
    assert_eq!((code, found.len()), (1, 1), "{found:#?}");
    assert!(found[0].starts_with("settings problem"), "{found:#?}");
    assert!(found[0].contains("chmod go-w"), "{found:#?}");
}

// Issue 10, 6
#[test]
fn a_record_that_cannot_be_read_is_a_problem() {
    let machine = Machine::new();
    machine.is_healthy();
    write(&machine.data("profiles.toml"), "profiles = 3");
    let (_, found) = machine.findings(|_| {});
    assert!(
        found[0].starts_with("settings problem could not parse"),
        "{found:#?}"
    );
}

// Issue 10, 6
#[test]
fn secrets_in_plain_text_are_found_by_file_and_line() {
    let machine = Machine::new();
    machine.is_healthy();
    let secret = &machine.world.info().secret_key;
    for (path, text, line) in [
        (".env", "A=1\nSCW_SECRET_KEY=VALUE\n", "(line 2)"),
        (".envrc", "export SCW_SECRET_KEY=\"VALUE\"\n", "(line 1)"),
        ("prod.env", "SCW_SECRET_KEY='VALUE'", "(line 1)"),
        (".bashrc", "\n\nexport SCW_SECRET_KEY=VALUE\n", "(line 3)"),
        (
            ".config/fish/config.fish",
            "set -x SCW_SECRET_KEY VALUE\n",
            "(line 1)",
        ),
        (".s3cfg", "[default]\nsecret_key = VALUE\n", "(line 2)"),
        (
            ".aws/credentials",
            "[default]\naws_access_key_id = SCW1\naws_secret_access_key = VALUE\n",
            "(line 3)",
        ),
    ] {
        let file = machine.path(path);
        write(&file, &text.replace("VALUE", secret));
        machine.has("plain-text warning", &[path, line, "`scw exec -- COMMAND`"]);
        fs::remove_file(file).unwrap();
        machine.is_healthy();
    }
}

// Issue 10, 6
#[test]
fn a_secret_in_config_yaml_is_found_and_so_is_its_mode() {
    let machine = Machine::new();
    let config = machine.path(".config/scw/config.yaml");
    write(&config, "access_key: SCW1\n");
    chmod(&config, 0o644);
    machine.is_healthy();
    let text = format!(
        "profiles:\n  a:\n    secret_key: {}\n",
        machine.world.info().secret_key
    );
    write(&config, &text);
    machine.has(
        "plain-text warning",
        &["config.yaml", "(line 3)", "--from-config"],
    );
    chmod(&config, 0o644);
    let (code, found) = machine.findings(|_| {});
    assert_eq!(code, 1, "{found:#?}");
    assert!(
        found
            .iter()
            .any(|line| line.starts_with("files problem") && line.contains("config.yaml")),
        "{found:#?}"
    );
}

// Issue 10, 6
#[test]
fn a_secret_in_the_history_of_a_shell_is_found_and_the_hint_removes_it() {
    let machine = Machine::new();
    machine.is_healthy();
    let secret = &machine.world.info().secret_key;
    for (path, text) in [
        (".bash_history", "ls\nSCW_SECRET_KEY=VALUE scw x\nls\n"),
        (
            ".zsh_history",
            ": 1:0;export SCW_SECRET_KEY=VALUE\n: 2:0;ls\n",
        ),
        (
            ".local/share/fish/fish_history",
            "- cmd: set -x SCW_SECRET_KEY VALUE\n  when: 1\n",
        ),
    ] {
        let file = machine.path(path);
        write(&file, &text.replace("VALUE", secret));
        let hint = machine.has("plain-text warning", &[path, "delete that API key"]);
        machine.healed_by(&hint);
        let left = fs::read_to_string(&file).unwrap();
        assert_eq!(left.lines().count(), text.lines().count() - 1);
    }
}

// Issue 10, 6
#[test]
fn a_variable_that_comes_before_every_login_is_told() {
    let machine = Machine::new();
    machine.is_healthy();
    let info = machine.world.info();
    machine.has_with(
        "environment warning",
        &["SCW_SECRET_KEY", "`unset SCW_SECRET_KEY`"],
        |command| {
            command
                .env("SCW_ACCESS_KEY", &info.access_key)
                .env("SCW_SECRET_KEY", &info.secret_key);
        },
    );
}

// Issue 10, 6
#[test]
fn what_cut_runs_left_is_found_and_stays_until_the_hint_is_followed() {
    let machine = Machine::new();
    machine.is_healthy();
    let user = &machine.world.info().user_id;
    let note = machine.data(&format!("backup-codes/{user}.unfinished"));
    write(
        &note,
        "change = \"removing\"\nsince = \"2099-01-01T00:00:00Z\"\n",
    );
    let hint = machine.has("left-over warning", &["did not finish", user]);
    assert!(note.exists(), "the doctor changes nothing");
    machine.healed_by(&hint);

    let record = machine.data("profiles.toml");
    let text = fs::read_to_string(&record).unwrap();
    let abandoned = "\n[[profiles.default.abandoned]]\nstorage = \"file\"\nslot = \"second\"\n";
    write(&record, &format!("{text}{abandoned}"));
    let secret = machine.data("secrets/default~2");
    write(&secret, &machine.world.info().secret_key);
    let hint = machine.has("left-over warning", &["profile `default`", "left behind"]);
    assert!(secret.exists(), "the doctor changes nothing");
    machine.healed_by(&hint);
    assert!(!secret.exists());

    let pending = machine.data("pending-keys/x.toml");
    write(&pending, "");
    machine.has("left-over warning", &["API key", "x.toml", "`scw login`"]);
    assert!(pending.exists(), "the doctor changes nothing");
}

// Issue 10, 6
#[test]
fn a_note_that_a_run_holds_is_no_left_over() {
    let machine = Machine::new();
    let pending = machine.data("pending-keys/x.toml");
    write(&pending, "");
    let held = fs::File::open(&pending).unwrap();
    held.lock().unwrap();
    machine.is_healthy();
    drop(held);
    machine.has("left-over warning", &["x.toml"]);
}

// Issue 10, 6
#[test]
fn another_scw_that_comes_first_and_a_missing_second_name_are_told() {
    let machine = Machine::new();
    machine.is_healthy();
    let other = machine.path("other");
    write(&other.join("scw"), "#!/bin/sh\n");
    chmod(other.join("scw"), 0o755);
    let with_other = |first: &std::path::Path, then: &std::path::Path| {
        format!("{}:{}", first.display(), then.display())
    };
    let path = with_other(&machine.bin, &other);
    let (_, found) = machine.findings(|command| {
        command.env("PATH", &path);
    });
    assert_eq!(found.len(), 1, "ours comes first: {found:#?}");
    let said = Ran::of(
        machine
            .command(&["doctor"])
            .env("PATH", &path)
            .output()
            .unwrap(),
    );
    let official = other.join("scw");
    let told = format!(
        "hands other commands to the official client, {}\n",
        official.display()
    );
    assert!(said.stdout.contains(&told), "{}", said.stdout);
    // A copy is no other program.
    let copies = machine.path("copies");
    fs::create_dir(&copies).unwrap();
    fs::copy(crate::support::binary(), copies.join("scw")).unwrap();
    for path in [
        with_other(&copies, &machine.bin),
        with_other(&machine.bin, &copies),
    ] {
        let (_, found) = machine.findings(|command| {
            command.env("PATH", &path);
        });
        assert_eq!(found.len(), 1, "{found:#?}");
    }
    machine.has_with("path problem", &["SCW_HANDOVER"], |command| {
        command.env("SCW_HANDOVER", "maybe");
    });
    let path = with_other(&other, &machine.bin);
    machine.has_with(
        "path warning",
        &["other/scw, and not this program", "`scw-2fa`"],
        |command| {
            command.env("PATH", &path);
        },
    );
    machine.has_with("path warning", &["is not in PATH", "scw-2fa"], |command| {
        fs::remove_file(machine.bin.join("scw-2fa")).unwrap();
        command.env("PATH", &machine.bin);
    });
}

// Issue 10, 6
#[test]
fn a_hint_is_for_the_profile_that_was_asked_about() {
    let machine = Machine::new();
    let ran = Ran::of(machine.command(&["doctor", "-p", "nope"]).output().unwrap());
    let told =
        "hint: log in with `scw login -p nope` (in a script: `scw login --with-token -p nope`)";
    assert!(ran.stdout.contains(told), "{}", ran.stdout);
    let ran = machine.world.run(&["token", "-p", "nope"]).expect(3);
    assert!(ran.stderr.contains(told), "{}", ran.stderr);
}

// Issue 10, 6
#[test]
fn an_encrypted_secret_is_checked_where_something_opens_it_and_nobody_is_asked() {
    let machine = Machine::new();
    let passphrase = machine.path("passphrase");
    write(&passphrase, "correct horse battery staple\n");
    let encrypted = |arguments: &[&str], input: &str| {
        let mut command = machine.command(arguments);
        command.env("SCW_PASSPHRASE_FILE", &passphrase);
        crate::support::run_with_input(&mut command, input).expect(0)
    };
    let login = ["login", "--with-token", "--storage", "encrypted"];
    encrypted(&login, &machine.world.key_lines());
    let (code, found) = machine.findings(|_| {});
    assert_eq!((code, found.len()), (0, 0), "{found:#?}");
    let closed = Ran::of(machine.command(&["doctor"]).output().unwrap()).stdout;
    assert!(
        closed.contains("to check it too, use `--passphrase-file`"),
        "{closed}"
    );
    assert!(!closed.contains("ok       key "), "{closed}");
    let opened = encrypted(&["doctor"], "").stdout;
    assert!(
        opened.contains("is encrypted, and could be opened"),
        "{opened}"
    );
    assert!(opened.contains("ok       key "), "{opened}");
    write(&passphrase, "wrong\n");
    let (_, found) = machine.findings(|command| {
        command.env("SCW_PASSPHRASE_FILE", &passphrase);
    });
    assert!(
        found[0].starts_with("storage problem the passphrase does not open"),
        "{found:#?}"
    );
}
