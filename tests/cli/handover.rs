//! The official client behind this one: which file it is, what it gets, and that it is never this
//! program itself.

use std::{
    ffi::{OsStr, OsString},
    os::unix::{ffi::OsStrExt, fs::symlink, process::ExitStatusExt},
    path::{Path, PathBuf},
};

use crate::support::{
    Ran,
    official::{Machine, depth, official, official_at, secret_of, vars},
};

// Issue 10, 2
#[test]
fn the_official_client_gets_its_arguments_byte_for_byte() {
    let machine = Machine::new();
    for arguments in [
        &["instance", "server", "list"][..],
        &[
            "instance", "a b", "", "  ", "x=\"y\"", "*", "$HOME", "`id`", "\n",
        ],
        &["instance", "--", "--help", "-p", "nobody"],
        &[
            "instance",
            "-q",
            "--api",
            "account",
            "-V",
            "--version",
            "--help",
        ],
        &["", "first"],
        &["instance", "login", "-o", "yaml", "--no-input"],
        &["instance", "--", "--"],
        &["ÿ\u{1f980}"],
        &["help", "instance", "server"],
        &["instance", "--help"],
        &["config", "set", "secret-key=x"],
    ] {
        let seen = machine.hand_over(arguments);
        let expected: Vec<&OsStr> = arguments.iter().map(OsStr::new).collect();
        assert_eq!(seen.args, expected);
    }
    let odd = [
        OsStr::from_bytes(b"inst\xff"),
        OsStr::from_bytes(b"\xfe=\x80\x01"),
    ];
    assert_eq!(machine.hand_over_os(&odd).args, odd);
}

// Issue 10, 2
#[test]
fn options_before_the_command_go_along_where_the_official_client_knows_them() {
    let machine = Machine::new();
    for (line, expected) in [
        ("-o yaml instance list", "-o yaml instance list"),
        (
            "-o template={{.ID}} instance",
            "-o template={{.ID}} instance",
        ),
        ("-D --output=json instance", "-D --output=json instance"),
        ("-c /nonexistent instance", "-c /nonexistent instance"),
        ("-qDojson instance -q", "-Dojson instance -q"),
        ("--color never --no-input -q instance", "instance"),
        ("--api iam instance --api iam", "instance --api iam"),
        ("-h instance", "-h instance"),
        ("--brand-new instance", "--brand-new instance"),
    ] {
        let arguments: Vec<&str> = line.split(' ').collect();
        let seen = machine.hand_over(&arguments);
        let words: Vec<&str> = expected.split(' ').collect();
        assert_eq!(seen.args, words, "{line}");
    }
    // A value of an option that acts here is checked here.
    machine.forget();
    let ran = machine.run(&["--api", "nothing", "instance"]).expect(2);
    assert!(ran.stderr.contains("'nothing'"), "{}", ran.stderr);
    assert!(!machine.was_called());
}

// Issue 10, 2
#[test]
fn the_credentials_of_the_login_are_in_its_environment_and_its_output_is_untouched() {
    let machine = Machine::logged_in();
    let info = machine.world.info();
    let (seen, ran) = machine.hand_over_and_show(&["instance", "list"]);
    assert_eq!(seen.vars["SCW_SECRET_KEY"], info.secret_key);
    assert_eq!(seen.vars["SCW_ACCESS_KEY"], info.access_key);
    assert_eq!(seen.vars["SCW_API_URL"], info.api_url);
    assert_eq!(
        seen.vars["SCW_DEFAULT_ORGANIZATION_ID"],
        info.organization_id
    );
    assert_eq!(seen.vars["SCW_HANDOVER_DEPTH"], "1");
    assert_eq!(ran.stdout, "official stdout\n");
    assert_eq!(ran.stderr, "official stderr\n");
    assert!(
        !seen
            .args
            .iter()
            .any(|arg| arg.to_string_lossy().contains(&info.secret_key))
    );
}

// Issue 10, 2
#[test]
fn a_secret_key_in_the_environment_is_handed_over_as_it_is() {
    let machine = Machine::logged_in();
    for secret in ["11111111-2222-4333-8444-555555555555", "not a key at all"] {
        let mut command = machine.command(&["-p", "nobody", "instance"]);
        command.env("SCW_SECRET_KEY", secret);
        let (seen, ran) = machine.seen_of(&mut command);
        assert_eq!(seen.vars["SCW_SECRET_KEY"], secret);
        assert!(!seen.vars.contains_key("SCW_ACCESS_KEY"), "{:?}", seen.vars);
        assert_eq!(seen.args, ["-p", "nobody", "instance"]);
        assert_eq!(ran.stderr, "official stderr\n");
    }
}

// Issue 10, 2
#[test]
fn without_a_login_it_is_handed_over_unchanged_with_one_warning() {
    let machine = Machine::new();
    let ours = vars(&machine.command(&[]));
    for (line, quiet) in [
        ("-p work instance list", false),
        ("-q -p work instance list", true),
    ] {
        let arguments: Vec<&str> = line.split(' ').collect();
        let (seen, ran) = machine.hand_over_and_show(&arguments);
        assert_eq!(seen.args, ["-p", "work", "instance", "list"]);
        assert_eq!(seen.vars, depth(&ours, 1));
        let warning = "warning: the official client gets no key from scw: not logged in (profile `work`); \
             log in with `scw login -p work` (in a script: `scw login --with-token -p work`)\n";
        let expected = if quiet { "" } else { warning };
        assert_eq!(ran.stderr, format!("{expected}official stderr\n"));
    }
    let ran = machine.hand_over_and_show(&["instance", "-o", "json"]).1;
    let warning = ran.stderr.lines().next().unwrap();
    let warning: serde_json::Value = serde_json::from_str(warning).unwrap();
    assert!(
        warning["warning"]
            .as_str()
            .unwrap()
            .contains("not logged in")
    );
}

// Issue 10, 2
#[test]
fn a_profile_name_or_a_variable_that_scw_cannot_take_is_handed_over_with_a_warning() {
    let machine = Machine::logged_in();
    let seen = machine.hand_over(&["-p", "../x", "instance"]);
    assert_eq!(seen.args, ["-p", "../x", "instance"]);
    assert!(!seen.vars.contains_key("SCW_SECRET_KEY"));
    let mut command = machine.command(&["instance"]);
    command.env("SCW_PROFILE", "../x");
    let (seen, ran) = machine.seen_of(&mut command);
    assert_eq!(seen.vars["SCW_PROFILE"], "../x");
    assert_eq!(ran.stderr.matches("warning:").count(), 1, "{}", ran.stderr);
}

// Issue 10, 2
#[test]
fn a_keyring_that_cannot_be_reached_is_one_warning_and_everything_is_handed_over_unchanged() {
    let machine = Machine::logged_in();
    let record = machine.world.data_dir().join("profiles.toml");
    let text = std::fs::read_to_string(&record).unwrap();
    let text = text.replace("storage = \"file\"", "storage = \"keyring\"");
    std::fs::write(&record, text).unwrap();
    let mut command = machine.command(&["-p", "default", "instance"]);
    command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent");
    let ours = vars(&command);
    let (seen, ran) = machine.seen_of(&mut command);
    assert_eq!(seen.args, ["-p", "default", "instance"]);
    assert_eq!(seen.vars, depth(&ours, 1));
    assert_eq!(ran.stderr.matches("warning:").count(), 1, "{}", ran.stderr);
    assert!(ran.stderr.contains("could not reach"), "{}", ran.stderr);
}

// Issue 10, 2
#[test]
fn a_key_in_the_official_file_is_left_there_and_named_as_plain_text() {
    let machine = Machine::new();
    let secret = "11111111-2222-4333-8444-555555555555";
    machine.config(&format!(
        "access_key: SCWAAAAAAAAAAAAAAAAA\nsecret_key: {secret}\n"
    ));
    let (seen, ran) = machine.hand_over_and_show(&["instance"]);
    assert!(!seen.vars.contains_key("SCW_SECRET_KEY"), "{:?}", seen.vars);
    assert_eq!(ran.stderr.matches("warning:").count(), 1, "{}", ran.stderr);
    assert!(ran.stderr.contains("stored unencrypted"), "{}", ran.stderr);
    let quiet = machine.hand_over_and_show(&["-q", "instance"]).1;
    assert_eq!(quiet.stderr, "official stderr\n");
}

// Issue 10, 2
#[test]
fn a_profile_goes_along_only_where_the_official_file_has_it() {
    let machine = Machine::logged_in();
    machine.log_in_as("work");
    let secret = machine.world.info().secret_key.clone();
    let config = "default_region: nl-ams\nprofiles:\n  shared:\n    default_region: pl-waw\n";
    machine.config(config);
    machine.log_in_as("shared");
    for (line, variable, args, kept) in [
        ("-p work instance", None, "instance", None),
        ("-Dp work instance", None, "-D instance", None),
        ("-p shared instance", None, "-p shared instance", None),
        ("-p default instance", None, "-p default instance", None),
        ("instance", Some("work"), "instance", None),
        ("instance", Some("shared"), "instance", Some("shared")),
        // The variable is another profile's, and the option that came before it is taken away.
        ("-p work instance", Some("shared"), "instance", None),
        // Behind the command everything stays, and still chooses the login.
        ("instance -p work", None, "instance -p work", None),
    ] {
        let words: Vec<&str> = line.split(' ').collect();
        let mut command = machine.command(&words);
        if let Some(profile) = variable {
            command.env("SCW_PROFILE", profile);
        }
        let (seen, ran) = machine.seen_of(&mut command);
        let expected: Vec<&str> = args.split(' ').collect();
        assert_eq!(seen.args, expected, "{line} {variable:?}");
        let profile = seen.vars.get("SCW_PROFILE").map(String::as_str);
        assert_eq!(profile, kept, "{line} {variable:?}");
        assert_eq!(secret_of(&seen), secret, "{line} {variable:?}");
        assert_eq!(ran.stderr, "official stderr\n", "{line}");
    }
    // No file at all: no profile in it.
    std::fs::remove_file(machine.config_path()).unwrap();
    assert_eq!(
        machine.hand_over(&["-p", "shared", "instance"]).args,
        ["instance"]
    );
    // Another file, named on the command line.
    let other = machine.world.home.path().join("other.yaml");
    std::fs::write(&other, "profiles: { work: {} }\n").unwrap();
    let words = ["-c", other.to_str().unwrap(), "-p", "work", "instance"];
    assert_eq!(machine.hand_over(&words).args, words);
}

// Issue 10, 2
#[test]
fn a_profile_behind_the_command_chooses_its_own_login() {
    let machine = Machine::logged_in();
    // Nothing of the default login may go to a command that names another profile.
    let (seen, ran) = machine.hand_over_and_show(&["instance", "--profile=other"]);
    assert!(!seen.vars.contains_key("SCW_SECRET_KEY"), "{:?}", seen.vars);
    assert!(ran.stderr.contains("profile `other`"), "{}", ran.stderr);
}

// Issue 10, 2
#[test]
fn exit_codes_and_signals_of_the_official_client_are_its_own() {
    let machine = Machine::new();
    for code in [0, 1, 3, 42, 255] {
        official(&machine.bin("real"), &format!("exit {code}"));
        machine.run(&["-q", "instance"]).expect(code);
    }
    official(&machine.bin("real"), "kill -TERM $$");
    let status = machine.command(&["-q", "instance"]).status().unwrap();
    assert_eq!(status.signal(), Some(15));
}

// Issue 10, 2
#[test]
fn the_file_is_looked_for_behind_scw_on_the_path_then_before_it_then_where_a_package_put_it() {
    let machine = Machine::new();
    let own = machine.bin("own");
    symlink(crate::support::binary(), own.join("scw")).unwrap();
    let (first, second) = (machine.bin("first"), machine.bin("second"));
    official(&first, "echo first");
    official(&second, "echo second");
    let packaged = own.join("scw.distrib");
    official_at(&packaged, "echo packaged");
    let folder = machine.bin("folder");
    std::fs::create_dir(folder.join("scw")).unwrap();
    let not_executable = machine.bin("not-executable");
    std::fs::write(not_executable.join("scw"), "#!/bin/sh\necho wrong").unwrap();
    let found = |path: &[&Path], current: &Path| {
        let path = std::env::join_paths(path).unwrap();
        let mut command = machine.command(&["-q", "instance"]);
        command.env("PATH", path).current_dir(current);
        Ran::of(command.output().unwrap()).stdout
    };
    let home = machine.world.home.path();
    assert_eq!(found(&[&first, &own, &second], home), "second\n");
    assert_eq!(found(&[&first, &own], home), "first\n");
    assert_eq!(found(&[&second, &first], home), "second\n");
    assert_eq!(
        found(&[&own, &folder, &not_executable, &first], home),
        "first\n"
    );
    assert_eq!(found(&[&own, &folder, &not_executable], home), "packaged\n");
    // Where the user stands is no place for programs.
    let (empty, relative) = (PathBuf::new(), PathBuf::from("."));
    assert_eq!(
        found(&[&own, &empty, &relative, &second], &first),
        "second\n"
    );
    assert_eq!(found(&[&own, &empty, &relative], &first), "packaged\n");
}

// Issue 10, 2
#[test]
fn a_named_file_comes_first_and_one_that_cannot_be_used_is_an_error() {
    let machine = Machine::new();
    let other = machine.bin("other");
    official(&other, "echo other");
    let run = |file: &OsStr| {
        let mut command = machine.command(&["-q", "instance"]);
        command.env("SCW_OFFICIAL", file).current_dir(&other);
        Ran::of(command.output().unwrap())
    };
    assert_eq!(
        run(other.join("scw").as_os_str()).expect(0).stdout,
        "other\n"
    );
    assert_eq!(run(OsStr::new("scw")).expect(0).stdout, "other\n");
    std::fs::write(other.join("text"), "x").unwrap();
    let broken = other.join("broken");
    official_at(&broken, "");
    std::fs::write(&broken, "#!/nonexistent/shell\n").unwrap();
    for (file, code, message) in [
        (other.join("nothing"), 2, "it does not exist"),
        (other.clone(), 2, "it is not a file"),
        (other.join("text"), 2, "it is not executable"),
        (crate::support::binary().into(), 2, "it is this program"),
        (broken, 1, "could not run the official client"),
    ] {
        run(file.as_os_str())
            .expect(code)
            .told(message)
            .told("SCW_OFFICIAL");
    }
    // It is for what is handed over alone.
    let mut command = machine.command(&["help"]);
    command.env("SCW_OFFICIAL", OsString::from("/nonexistent"));
    Ran::of(command.output().unwrap()).expect(0);
}
