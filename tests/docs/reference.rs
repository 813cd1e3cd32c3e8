//! docs/cli.md and the command line say the same.

use std::collections::{BTreeMap, BTreeSet};

use clap::{Arg, Command, CommandFactory, error::ErrorKind};
use scw::cli::{Cli, topics};

use super::pages::{page, pages};

/// Every command that does something, by its words behind `scw`.
pub(crate) fn leaves() -> BTreeMap<String, Command> {
    fn walk(command: &Command, words: &str, into: &mut BTreeMap<String, Command>) {
        for below in command.get_subcommands() {
            let words = format!("{words} {}", below.get_name());
            let words = words.trim_start();
            if below.has_subcommands() {
                walk(below, words, into);
            }
            // One of a group does something by itself.
            if !below.has_subcommands() || below.is_args_conflicts_with_subcommands_set() {
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
    let words = text.split(|c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'));
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

/// The cells of the tables in a section of the reference, without the rows that head them.
fn tables(heading: &str) -> Vec<Vec<String>> {
    let section = page("docs/cli.md").section(heading).unwrap();
    let rows = section.lines().filter(|line| line.starts_with('|'));
    let rows = rows.map(|row| {
        let cells = row.trim_matches('|').split(" | ");
        cells.map(|cell| cell.trim().to_owned()).collect()
    });
    let is_row = |row: &Vec<String>| !row[0].starts_with("---") && !HEADS.contains(&&*row[0]);
    rows.filter(is_row).collect()
}

/// What the first column of a table is called.
const HEADS: [&str; 3] = ["option", "variable", "code"];

// Issue 9, 7
#[test]
fn the_reference_describes_every_global_option_as_the_help_does() {
    let command = Cli::command();
    let wanted: Vec<Vec<String>> = command
        .get_arguments()
        .filter(|arg| arg.is_global_set())
        .filter_map(|arg| {
            let long = arg
                .get_long()
                .filter(|name| !["help", "version"].contains(name))?;
            let short = arg.get_short().map(|short| format!("-{short}, "));
            let value = arg.get_action().takes_values();
            let value = value.then(|| format!(" {}", arg.get_value_names().unwrap()[0]));
            let (short, value) = (short.unwrap_or_default(), value.unwrap_or_default());
            let help = arg.get_help().unwrap().to_string();
            Some(vec![format!("`{short}--{long}{value}`"), help])
        })
        .collect();
    assert_eq!(tables("Global options"), wanted);
}

// Issue 9, 7
#[test]
fn the_reference_describes_every_environment_variable_as_the_help_does() {
    let wanted: Vec<Vec<String>> = topics::environment()
        .flat_map(|(_, variables)| variables)
        .map(|(name, meaning)| vec![format!("`{name}`"), meaning.to_owned()])
        .collect();
    assert_eq!(tables("Environment"), wanted);
}

// Issue 9, 7
#[test]
fn the_reference_describes_every_exit_code_as_the_help_does() {
    let wanted: Vec<Vec<String>> = topics::exit_codes()
        .map(|(code, word, meaning)| {
            let word = if word.is_empty() {
                String::new()
            } else {
                format!("`{word}`")
            };
            vec![code.to_string(), word, meaning.to_owned()]
        })
        .collect();
    assert_eq!(tables("Exit codes"), wanted);
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

/// The command of the official client that the pages take as their example.
const OFFICIAL: &str = "scw instance";

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
            if span.starts_with(OFFICIAL) {
                continue;
            }
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
    let words: Vec<&str> = topics::exit_codes()
        .map(|(_, word, _)| word)
        .filter(|word| !word.is_empty())
        .collect();
    let schema = &super::schemas::of_stderr()["error"];
    let listed = &schema["properties"]["error"]["properties"]["code"]["enum"];
    assert_eq!(*listed, serde_json::json!(words));
}

// Issue 9, 7
#[test]
fn the_help_and_the_schemas_name_the_same_fields() {
    let text = topics::text("json").unwrap();
    let (_, list) = text.split_once("Fields:\n").unwrap();
    // A command begins two columns in; its fields may go on in further lines.
    let list = list.replace("\n   ", " ");
    let mut told = BTreeMap::<String, BTreeSet<String>>::new();
    for line in list.lines() {
        let (name, fields) = line.trim().split_once("  ").unwrap();
        let name = name.split(" --").next().unwrap().to_owned();
        let fields = fields.split(',').map(|field| field.trim().to_owned());
        told.entry(name).or_default().extend(fields);
    }
    let described = super::schemas::of_commands()
        .into_iter()
        .map(|(name, schema)| {
            let one = std::slice::from_ref(&schema);
            let forms = schema["oneOf"].as_array().map_or(one, Vec::as_slice);
            let fields = forms
                .iter()
                // A list of another form has no fields of its own.
                .flat_map(|form| form["properties"].as_object().into_iter().flatten())
                .map(|(field, _)| field);
            (name, fields.cloned().collect())
        });
    assert_eq!(told, described.collect());
}
