//! Help: the overview, the help of each command, the topics, and what is said about a mistake.

use std::{collections::BTreeSet, path::Path};

use clap::{Command, CommandFactory, Parser};
use scw::cli::{Cli, topics};
use serde_json::Value;

use crate::support::{OATHTOOL, Ran, World, age_key};

/// Every command with its words, the root first.
fn commands() -> Vec<(Vec<String>, Command)> {
    fn below(command: &Command, words: &[String], into: &mut Vec<(Vec<String>, Command)>) {
        into.push((words.to_vec(), command.clone()));
        for sub in command.get_subcommands() {
            let mut words = words.to_vec();
            words.push(sub.get_name().to_owned());
            below(sub, &words, into);
        }
    }
    let mut root = Cli::command();
    root.build();
    let mut found = Vec::new();
    below(&root, &[], &mut found);
    found
}

fn run(world: &World, words: &[impl AsRef<str>]) -> Ran {
    world.run(&words.iter().map(AsRef::as_ref).collect::<Vec<_>>())
}

/// Runs `scw help` with these words.
fn help(world: &World, words: &[String]) -> String {
    let mut all = vec!["help".to_owned()];
    all.extend_from_slice(words);
    run(world, &all).expect(0).stdout
}

// Issue 9, 1
#[test]
fn the_overview_fits_on_a_screen_and_names_every_command() {
    let world = World::new();
    let overview = world.run(&[]).expect(0);
    assert_eq!(overview.stderr, "");
    let text = overview.stdout;
    for same in [&["--help"][..], &["-h"], &["help"]] {
        assert_eq!(world.run(same).expect(0).stdout, text, "{same:?}");
    }
    // A screen of 24 rows, one of them for the next prompt.
    assert!(text.lines().count() <= 23, "{text}");
    assert!(
        text.lines().all(|line| line.chars().count() <= 80),
        "{text}"
    );
    let root = Cli::command();
    for command in root.get_subcommands() {
        if command.get_name() == "2fa" {
            for below in command.get_subcommands() {
                let name = format!(" 2fa {} ", below.get_name());
                assert!(text.contains(&name), "{name} in {text}");
            }
        } else {
            let name = format!(" {} ", command.get_name());
            assert!(text.contains(&name), "{name} in {text}");
        }
    }
    let (_, examples) = text.split_once("Examples ").unwrap();
    assert_eq!(examples.lines().count(), 3, "{text}");
}

// Issue 9, 1
#[test]
fn the_help_of_a_command_shows_its_own_options_an_example_and_one_line_about_the_others() {
    let world = World::new();
    for (words, command) in commands().into_iter().skip(1) {
        let text = help(&world, &words);
        for flag in ["-h", "--help"] {
            let mut with_flag = words.clone();
            with_flag.push(flag.to_owned());
            assert_eq!(run(&world, &with_flag).expect(0).stdout, text, "{words:?}");
        }
        let usage = format!("Usage: scw {}", words.join(" "));
        assert!(text.contains(&usage), "{text}");
        let flag = |arg: &clap::Arg| arg.get_long().map(|long| format!("--{long}"));
        let (list, examples) = text.split_once("\nExamples:\n").unwrap();
        let list: BTreeSet<&str> = list
            .lines()
            .filter_map(|line| line.trim_start().split(", --").last()?.split(' ').next())
            .map(|word| word.trim_start_matches("--"))
            .collect();
        for arg in command.get_arguments() {
            let Some(flag) = flag(arg) else { continue };
            let own = list.contains(flag.trim_start_matches("--"));
            assert_eq!(own, !arg.is_global_set(), "{flag} of {words:?}: {text}");
        }
        let name = words.join(" ");
        assert!(examples.contains(&format!("scw {name}")), "{text}");
        assert_eq!(text.matches("scw help options").count(), 1, "{text}");
        assert!(
            text.lines().all(|line| line.chars().count() <= 100),
            "{text}"
        );
    }
}

/// The words of a shell command, up to a pipe, a comment or a redirection.
fn shell_words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    for c in line.chars() {
        match (c, quote) {
            ('\'' | '"', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            (' ', None) => words.push(std::mem::take(&mut word)),
            ('|' | '>' | '<' | '#' | ')', None) => break,
            _ => word.push(c),
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

// Issue 9, 1
#[test]
fn every_example_is_a_command_line_that_scw_takes() {
    let mut tried = 0;
    for (_, command) in commands() {
        let examples = command.get_after_help().unwrap().to_string();
        for line in examples.lines().skip(1) {
            assert!(line.len() <= 80, "{line}");
            let start = line.find("scw ").unwrap_or_else(|| panic!("{line}"));
            let words = shell_words(&line[start..]);
            if let Err(err) = Cli::try_parse_from(&words) {
                panic!("{line}: {err}");
            }
            tried += 1;
        }
    }
    assert!(tried > 30, "{tried}");
}

// Issue 9, 1
#[test]
fn the_topics_name_every_variable_exit_code_and_global_option() {
    let world = World::new();
    let variables = world.run(&["help", "environment"]).expect(0).stdout;
    for (_, group) in topics::environment() {
        for (name, meaning) in group {
            assert!(variables.contains(&format!("\n  {name} ")), "{name}");
            assert!(!meaning.is_empty());
        }
    }
    let codes = world.run(&["help", "exit-codes"]).expect(0).stdout;
    for code in ["0", "1", "2", "3", "4", "5", "6", "7", "8", "130"] {
        assert!(codes.contains(&format!("\n  {code} ")), "{code}: {codes}");
    }
    let options = world.run(&["help", "options"]).expect(0).stdout;
    for arg in Cli::command().get_arguments() {
        let flag = format!("--{}", arg.get_long().unwrap());
        assert!(options.contains(&flag), "{flag}: {options}");
    }
    let json = world.run(&["help", "json"]).expect(0).stdout;
    for text in [variables, codes, json] {
        assert!(
            text.lines().all(|line| line.chars().count() <= 80),
            "{text}"
        );
    }
}

// Issue 9, 1
#[test]
fn the_topic_json_names_the_fields_that_the_commands_print() {
    let world = World::new();
    let topic = world.run(&["help", "json"]).expect(0).stdout;
    let (_, list) = topic.split_once("Fields:\n").unwrap();
    let mut told = Vec::<(String, BTreeSet<String>)>::new();
    for line in list.lines() {
        let (name, fields) = line.trim_start().split_once("  ").unwrap_or(("", line));
        if !line.starts_with("   ") {
            told.push((name.to_owned(), BTreeSet::new()));
        }
        let fields = if line.starts_with("   ") {
            line
        } else {
            fields
        };
        let fields = fields
            .split(',')
            .map(str::trim)
            .filter(|field| !field.is_empty());
        told.last_mut().unwrap().1.extend(fields.map(str::to_owned));
    }
    let code = world.home.path().join("code");
    let mut seen = BTreeSet::new();
    let mut compare = |name: &str, printed: &Value| {
        let (_, fields) = told.iter().find(|(told, _)| told == name).unwrap();
        let printed: BTreeSet<String> = printed.as_object().unwrap().keys().cloned().collect();
        assert_eq!(*fields, printed, "{name}");
        seen.insert(name.to_owned());
    };
    let login = ["login", "--with-token", "--storage", "file", "-ojson"];
    let login = world.run_with_input(&login, &world.key_lines()).expect(0);
    compare("login", &login.json());
    let ran = |name: &str, more: &[&str]| {
        let mut words: Vec<&str> = name.split(' ').collect();
        words.extend_from_slice(more);
        words.push("-ojson");
        world.run(&words).expect(0).json()
    };
    compare("whoami", &ran("whoami", &[]));
    compare("whoami --all", &ran("whoami --all", &[]));
    compare("profile list", &ran("profile list", &[]));
    compare("profile use", &ran("profile use", &["default"]));
    compare("profile remove", &ran("profile remove", &["work", "--yes"]));
    compare(
        "profile rename",
        &ran("profile rename", &["default", "default"]),
    );
    compare("token", &ran("token", &[]));
    compare("token --access-key", &ran("token --access-key", &[]));
    let on = ran("2fa on", &["--otp-command", OATHTOOL]);
    std::fs::write(&code, on["backup_codes"][3].as_str().unwrap()).unwrap();
    compare("2fa on", &on);
    for name in ["2fa status", "2fa recover", "2fa keys list", "2fa events"] {
        compare(name, &ran(name, &[]));
    }
    let evidence: &str = &format!("{}/evidence", world.home.path().display());
    // The organization has one member, who has a second factor by now.
    for (name, more) in [
        ("2fa audit", &["--evidence", evidence][..]),
        ("2fa audit --factors --grace", &[]),
        ("2fa audit verify", &[evidence]),
        ("2fa audit diff", &[evidence, evidence]),
    ] {
        compare(name, &ran(name, more));
    }
    for name in ["list", "next", "path"] {
        let name = format!("2fa codes {name}");
        compare(&name, &ran(&name, &[]));
    }
    compare(
        "2fa codes used",
        &ran("2fa codes used", &[code.to_str().unwrap()]),
    );
    compare(
        "2fa codes export",
        &ran("2fa codes export", &["--to-command", "cat >/dev/null"]),
    );
    let (identity, to) = age_key(&world);
    let name = "2fa codes encrypt";
    compare(name, &ran(name, &["--to", &to]));
    let name = "2fa codes decrypt";
    compare(name, &ran(name, &["--yes", "--identity", &identity]));
    let user = &world.info().user_id;
    world.sandbox.add_passkey(user, "phone").unwrap();
    compare(
        "2fa keys rename",
        &ran("2fa keys rename", &["phone", "tablet"]),
    );
    compare(
        "2fa keys remove",
        &ran("2fa keys remove", &["tablet", "--yes"]),
    );
    compare("2fa off", &ran("2fa off", &["--yes"]));
    compare("2fa audit --remind", &ran("2fa audit --remind", &[]));
    compare("2fa codes remove", &ran("2fa codes remove", &["--yes"]));
    compare("logout", &ran("logout", &[]));
    compare("logout --all", &ran("logout --all", &[]));
    // It finds problems by now, and says so in the same document.
    let doctor = world.run(&["doctor", "-o", "json"]);
    compare("doctor", &serde_json::from_str(&doctor.stdout).unwrap());
    // It needs a security key: its unit test compares it.
    seen.insert("2fa keys add".to_owned());
    let all: BTreeSet<String> = told.iter().map(|(name, _)| name.clone()).collect();
    assert_eq!(seen, all);
}

// Issue 9, 1
#[test]
fn a_mistake_gets_the_hint_that_fits() {
    let world = World::new();
    let official =
        "for commands of the official client, install it: https://github.com/scaleway/scaleway-cli";
    let elsewhere = format!("did you mean `scw 2fa on`?; {official}");
    let close = format!("did you mean `scw login`?; {official}");
    for (words, message, hint) in [
        ("staus", "'staus'", official),
        ("logn", "'logn'", &close),
        ("2fa staus", "'staus'", "did you mean `scw 2fa status`?"),
        ("on", "'on'", &elsewhere),
        ("instance server list", "'instance'", official),
        ("-o yaml instance", "'instance'", official),
        ("-q 0f1e2d3c-4b5a-6978", "'***'", official),
        (
            "2fa codes foo",
            "'foo'",
            "run `scw 2fa codes --help` to see what it accepts",
        ),
        ("2fa status --chek", "'--chek'", "did you mean `--check`?"),
        ("2fa on --qr asci", "'asci'", "did you mean `ascii`?"),
        (
            "-p login 2fa codes used a b",
            "'b'",
            "run `scw 2fa codes used --help` to see what it accepts",
        ),
        (
            "logout 123456",
            "'***'",
            "run `scw logout --help` to see what it accepts",
        ),
        (
            "completion",
            "<SHELL>",
            "run `scw completion --help` to see what it accepts",
        ),
        (
            "help nothing",
            "no command or help topic",
            "run `scw help` to see the commands and the topics",
        ),
    ] {
        let words: Vec<&str> = words.split(' ').collect();
        let ran = world.run(&words).expect(2).told(message);
        let hints: Vec<&str> = ran
            .stderr
            .lines()
            .filter(|line| line.contains("hint:"))
            .collect();
        let expected: Vec<String> = hint
            .split("; ")
            .map(|hint| format!("hint: {hint}"))
            .collect();
        assert_eq!(hints, expected, "{words:?}");
        assert!(
            !ran.stderr.contains("For more information"),
            "{}",
            ran.stderr
        );
        let mut json = words.clone();
        json.push("-ojson");
        let ran = world.run(&json).expect(2);
        let error: Value = serde_json::from_str(&ran.stderr).unwrap();
        assert_eq!(error["error"]["hint"], *hint, "{words:?}");
    }
}

// Issue 9, 1
#[test]
fn a_group_of_commands_alone_shows_its_help() {
    let world = World::new();
    for words in [&["2fa"][..], &["2fa", "codes"], &["2fa", "keys"]] {
        let alone = run(&world, words).expect(0);
        let mut asked = words.to_vec();
        asked.push("--help");
        assert_eq!(alone.stdout, run(&world, &asked).expect(0).stdout);
    }
}

/// Every file below a folder, by its path from there.
fn files_below(folder: &Path, root: &Path, into: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_below(&path, root, into);
        } else {
            let path = path.strip_prefix(root).unwrap();
            into.insert(path.to_str().unwrap().to_owned());
        }
    }
}

// Issue 9, 2
#[test]
fn every_file_that_scw_makes_is_in_the_manual() {
    let world = World::logged_in();
    world.log_in();
    world.switch_on();
    let mut found = BTreeSet::new();
    files_below(&world.data_dir(), &world.data_dir(), &mut found);
    assert!(found.len() >= 6, "{found:?}");
    let user = world.info().user_id.clone();
    for path in found {
        let form = path.replace(&user, "USER").replace("default", "PROFILE");
        let told = topics::FILES.iter().any(|file| file.path == form);
        assert!(told, "{form}");
    }
}
