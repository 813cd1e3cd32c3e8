//! docs/cli.md and the command line say the same.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use clap::{Arg, Command, CommandFactory, error::ErrorKind};
use scw::cli::Cli;

use super::pages::{page, pages, root};

/// Every command that does something, by its words behind `scw`.
pub(crate) fn leaves() -> BTreeMap<String, Command> {
    fn walk(command: &Command, words: &str, into: &mut BTreeMap<String, Command>) {
        for below in command.get_subcommands() {
            let words = format!("{words} {}", below.get_name());
            let words = words.trim_start();
            if below.has_subcommands() {
                walk(below, words, into);
            } else {
                into.insert(words.to_owned(), below.clone());
            }
        }
    }
    let mut leaves = BTreeMap::new();
    walk(&Cli::command(), "", &mut leaves);
    leaves
}

/// The long options of a command that are its own.
fn options(command: &Command) -> BTreeSet<String> {
    let own = command.get_arguments().filter(|arg| !arg.is_global_set());
    own.filter_map(Arg::get_long)
        .filter(|name| !["help", "version"].contains(name))
        .map(|name| format!("--{name}"))
        .collect()
}

/// Every long option in a text.
fn options_in(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !(c.is_ascii_lowercase() || c == '-'));
    words
        .filter(|word| word.starts_with("--") && !word.ends_with('-'))
        .map(ToOwned::to_owned)
        .collect()
}

// Issue 9, 7
#[test]
fn the_reference_describes_every_command_with_its_options_and_no_other() {
    let reference = page("docs/cli.md");
    let described: BTreeSet<String> = reference
        .headings()
        .iter()
        .filter_map(|heading| heading.strip_prefix("`scw "))
        .map(|heading| heading.trim_end_matches('`').to_owned())
        .collect();
    let leaves = leaves();
    assert_eq!(described, leaves.keys().cloned().collect());
    let global: BTreeSet<String> = Cli::command()
        .get_arguments()
        .filter_map(Arg::get_long)
        .map(|name| format!("--{name}"))
        .collect();
    for (words, command) in &leaves {
        let section = reference.section(&format!("`scw {words}`")).unwrap();
        let mut named = options_in(&section);
        named.retain(|option| !global.contains(option));
        assert_eq!(named, options(command), "scw {words}");
    }
}

// Issue 9, 7
#[test]
fn the_reference_describes_every_global_option() {
    let command = Cli::command();
    let global = command.get_arguments().filter(|arg| arg.is_global_set());
    let global: BTreeSet<String> = global
        .filter_map(Arg::get_long)
        .map(|name| format!("--{name}"))
        .collect();
    let section = page("docs/cli.md").section("Global options").unwrap();
    assert_eq!(options_in(&section), global);
}

/// The names of environment variables in a text: capitals in double quotes or backticks.
fn variables_in(text: &str, quote: char) -> BTreeSet<String> {
    let parts = text.split(quote).skip(1).step_by(2);
    parts
        .filter(|part| part.len() > 3 || *part == "TERM")
        .filter(|part| part.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
        .map(ToOwned::to_owned)
        .collect()
}

/// Variables that a library reads for us.
const READ_BY_LIBRARIES: [&str; 4] = ["CLICOLOR_FORCE", "HTTPS_PROXY", "NO_COLOR", "NO_PROXY"];

// Issue 9, 7
#[test]
fn the_reference_describes_every_environment_variable() {
    let source = fs::read_to_string(root("src/env.rs")).unwrap();
    let mut read = variables_in(&source, '"');
    read.extend(READ_BY_LIBRARIES.map(ToOwned::to_owned));
    let section = page("docs/cli.md").section("Environment").unwrap();
    let table: String = section
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| line.split(" | ").next().unwrap())
        .collect();
    assert_eq!(variables_in(&table, '`'), read);
}

/// Words that stand for something, and an example of it.
const PLACEHOLDERS: [(&str, &str); 9] = [
    ("…", ""),
    ("|zsh|fish|elvish|powershell", ""),
    ("|ascii|none", ""),
    ("auto|utf8", "auto"),
    ("ID|NAME", "Example"),
    ("TIME", "12h"),
    ("WHERE", "file"),
    ("keyring|file", "file"),
    ("COMMAND", "whoami"),
];

// Issue 9, 7: a command in a sentence or a table is one that the program accepts.
#[test]
fn every_command_that_a_page_mentions_is_accepted() {
    let mut seen = 0;
    for page in pages() {
        if page.name == "CHANGELOG.md" || page.name == "ARCHITECTURE.md" {
            continue;
        }
        for span in page.spans() {
            let Some(mut line) = span.strip_prefix("scw ").map(ToOwned::to_owned) else {
                continue;
            };
            for (placeholder, example) in PLACEHOLDERS {
                line = line.replace(placeholder, example);
            }
            seen += 1;
            let words = std::iter::once("scw").chain(line.split_whitespace());
            let refused = Cli::command().try_get_matches_from(words).err();
            let fine = refused.as_ref().is_none_or(|err| {
                matches!(
                    err.kind(),
                    ErrorKind::DisplayHelp
                        | ErrorKind::DisplayVersion
                        | ErrorKind::MissingRequiredArgument
                        | ErrorKind::MissingSubcommand
                        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
                )
            });
            assert!(fine, "{}: `{span}`: {}", page.name, refused.unwrap());
        }
    }
    assert!(seen > 40, "the commands were not found: {seen}");
}

// Issue 9, 7
#[test]
fn the_schema_of_errors_names_every_kind_of_failure() {
    let source = fs::read_to_string(root("src/error.rs")).unwrap();
    let (_, function) = source.split_once("fn code(self)").unwrap();
    let (function, _) = function.split_once("\n    }\n").unwrap();
    let words: BTreeSet<&str> = function.split('"').skip(1).step_by(2).collect();
    let schema = fs::read_to_string(root("docs/schemas/stderr/error.json")).unwrap();
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    let listed = &schema["properties"]["error"]["properties"]["code"]["enum"];
    let listed: BTreeSet<&str> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|word| word.as_str().unwrap())
        .collect();
    assert_eq!(words, listed);
}
