//! Streams and forms.

use serde_json::Value;

use crate::support::{OATHTOOL, World};

#[test]
fn an_error_in_json_is_one_document_on_stderr() {
    let world = World::new();
    for (arguments, code, word) in [
        (&["2fa", "status", "-o", "json"][..], 3, "not_logged_in"),
        (&["2fa", "nonsense", "--output", "json"], 2, "usage"),
        (&["2fa", "codes", "next", "-ojson"], 1, "failed"),
    ] {
        let ran = world.run(arguments).expect(code);
        assert_eq!(ran.stdout, "");
        let error: Value = serde_json::from_str(&ran.stderr).unwrap();
        assert_eq!(error["error"]["code"], word);
        assert!(!error["error"]["message"].as_str().unwrap().is_empty());
        assert!(!error["error"]["hint"].as_str().unwrap().is_empty());
    }
}

#[test]
fn stdout_holds_the_result_and_nothing_else() {
    let world = World::logged_in();
    for arguments in [
        &["2fa", "status"][..],
        &["2fa", "off", "--yes"],
        &["whoami"],
        &["token"],
        &["logout"],
    ] {
        let mut json = arguments.to_vec();
        json.extend(["-o", "json"]);
        assert!(
            world.run(&json).expect(0).json().is_object(),
            "{arguments:?}"
        );
        if arguments == ["logout"] {
            world.log_in();
        }
    }
    let quiet = world
        .run(&["2fa", "on", "-q", "--otp-command", OATHTOOL])
        .expect(0);
    assert_eq!(quiet.stdout.lines().count(), 10);
    assert_eq!(quiet.stderr, "");
    let off = world.run(&["2fa", "off", "--yes"]).expect(0);
    assert_eq!(off.stdout, "");
    assert!(off.stderr.contains("is off"), "{}", off.stderr);
}

#[test]
fn text_of_the_service_cannot_drive_the_terminal() {
    let world = World::seeded(
        r#"{"organizations": [{"users": [{"email": "\u001b]0;x\u0007e\u202evil\u001b[31m@example.com"}]}]}"#,
    );
    let login = world
        .run_with_input(
            &["login", "--with-token", "--storage", "file"],
            &world.key_lines(),
        )
        .expect(0);
    let whoami = world.run(&["whoami"]).expect(0);
    let debug = world.run(&["whoami", "-D"]).expect(0);
    let on = world
        .run(&["2fa", "on", "--otp-command", OATHTOOL])
        .expect(0);
    for text in [
        login.stderr,
        whoami.stdout,
        debug.stdout,
        debug.stderr,
        on.stderr,
        on.stdout,
    ] {
        let harmless = |c: char| c == '\n' || (!c.is_control() && c != '\u{202e}');
        assert!(text.chars().all(harmless), "{text:?}");
    }
    let file = world.run(&["2fa", "codes", "path"]).stdout;
    let saved = std::fs::read_to_string(file.trim()).unwrap();
    assert!(!saved.contains('\u{1b}'));
}

#[test]
fn colour_is_for_those_who_want_it() {
    let world = World::new();
    let plain = world.run(&["whoami"]).expect(3);
    assert!(!plain.stderr.contains('\u{1b}'));
    let coloured = world.run(&["whoami", "--color", "always"]).expect(3);
    assert!(coloured.stderr.contains('\u{1b}'));
    let mut command = world.command(&["whoami"]);
    command.env("CLICOLOR_FORCE", "1");
    let forced = crate::support::Ran::of(command.output().unwrap());
    assert!(forced.stderr.contains('\u{1b}'));
}

#[test]
fn help_touches_nothing() {
    let world = World::new();
    world.run(&["--help"]).expect(0);
    world.run(&["help", "exit-codes"]).expect(0);
    world.run(&["2fa", "on", "--help"]).expect(0);
    world.run(&["--version"]).expect(0);
    assert_eq!(std::fs::read_dir(world.home.path()).unwrap().count(), 0);
}

#[test]
fn completions_and_manual_pages_come_out_of_the_program() {
    let world = World::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = world.run(&["completion", shell]).expect(0).stdout;
        assert!(script.contains("SCW_COMPLETE"), "{shell}: {script}");
    }
    let folder = world.home.path().join("man1");
    world.run(&["man", folder.to_str().unwrap()]).expect(0);
    assert!(folder.join("scw-2fa-on.1").exists());
    assert!(world.run(&["man"]).expect(0).stdout.contains(".TH SCW 1"));
}

#[test]
fn a_usage_mistake_names_what_is_wrong_and_where_to_look() {
    let world = World::new();
    let ran = world.run(&["completion", "-o", "json"]).expect(2);
    let error: Value = serde_json::from_str(&ran.stderr).unwrap();
    assert!(
        error["error"]["message"]
            .as_str()
            .unwrap()
            .contains("<SHELL>"),
        "{error}"
    );
    let ran = world.run(&["completion"]).expect(2);
    assert!(ran.stderr.contains("hint: "), "{}", ran.stderr);
    world
        .run(&["2fa", "codes", "used"])
        .expect(2)
        .told("CODE-FILE");
}
