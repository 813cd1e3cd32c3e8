//! Every command and option that a sentence of this program names exists.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use clap::{CommandFactory, Parser};

use crate::cli::Cli;

/// What stands in a sentence for a value of the user's choice, and such a value.
const PLACEHOLDERS: [(&str, &str); 4] = [
    ("NAME", "work"),
    ("KEY", "SCW1234567890ABCDEFG"),
    ("FILE", "file"),
    ("ID", "5c9e0a3e-1d0f-4a55-9d6f-0f0e4a6d2b11"),
];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// What stands between backticks in the code of this program, where it begins with `begin`: in its
/// sentences, that is. Comments are left out, and so are the tests at the ends of files.
fn quoted(begin: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for path in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let text = fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests").next().unwrap();
        for line in code
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
        {
            found.extend(
                line.split('`')
                    .skip(1)
                    .step_by(2)
                    .filter(|quoted| quoted.starts_with(begin))
                    .map(|quoted| (path.display().to_string(), quoted.to_owned())),
            );
        }
    }
    found
}

// Issue 9, 4
#[test]
fn every_command_that_a_sentence_names_is_one_of_ours() {
    let named = quoted("scw ");
    assert!(named.len() > 20, "{named:?}");
    for (path, command) in named {
        let words = command.split_whitespace().map(|word| {
            let value = PLACEHOLDERS.iter().find(|(name, _)| *name == word);
            match value {
                Some((_, value)) => value,
                // A value that the program puts in.
                None if word.starts_with('{') => "5c9e0a3e-1d0f-4a55-9d6f-0f0e4a6d2b11",
                None => word,
            }
        });
        let parsed = Cli::try_parse_from(words).map(drop);
        // The help is an error to clap, and so is a group of commands named alone.
        let parsed = parsed.or_else(|err| match err.kind() {
            clap::error::ErrorKind::DisplayHelp
            | clap::error::ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => Ok(()),
            _ => Err(err),
        });
        assert!(parsed.is_ok(), "{path}: `{command}`: {parsed:?}");
    }
}

// Issue 9, 4
#[test]
fn every_option_that_a_sentence_names_is_one_of_ours() {
    fn collect(command: &clap::Command, into: &mut BTreeSet<String>) {
        into.extend(
            command
                .get_arguments()
                .filter_map(|argument| Some(format!("--{}", argument.get_long()?))),
        );
        for below in command.get_subcommands() {
            collect(below, into);
        }
    }
    let mut known = BTreeSet::from(["--help".to_owned(), "--version".to_owned()]);
    collect(&Cli::command(), &mut known);
    let named = quoted("--");
    assert!(named.len() > 20, "{named:?}");
    for (path, option) in named {
        let name = option.split([' ', '=']).next().unwrap();
        assert!(known.contains(name), "{path}: `{option}`");
    }
}
