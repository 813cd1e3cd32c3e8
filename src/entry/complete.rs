//! Answers the completion scripts of the shells (`completions/`), which call `scw` with the words
//! typed so far. It reads `profiles.toml` and nothing else: no network, no keyring, no lock. Only
//! behind a command of the official client, that one is asked.

mod official;

use std::{ffi::OsString, process::ExitCode};

use clap::{Command, CommandFactory};
use clap_complete::{
    engine::{ArgValueCandidates, CompletionCandidate},
    env::Shells,
};

use crate::{
    cli::{Cli, topics},
    config::{Flags, Record, Settings},
    env,
    model::{OrganizationId, ProfileName, clean},
    ui::print_raw,
};

/// Answers a completion script; nothing where none asks.
pub(super) fn answer() -> Option<ExitCode> {
    // A shell that cannot read the answer shows no candidates, so nothing is said about a mistake.
    let shell = env::text(env::COMPLETE).ok().flatten()?;
    let words = env::args().skip_while(|arg| arg != "--").skip(1);
    let words: Vec<OsString> = words.collect();
    if let Some(text) = official::candidates(&shell, &words) {
        return Some(printed(print_raw(&text).is_ok()));
    }
    let words = with_values_apart(words);
    let shells = Shells::builtins();
    let shell = shells.completer(&shell).filter(|_| !words.is_empty());
    let candidates = shell.and_then(|shell| {
        let mut text = Vec::new();
        let mut command = command(is_option(&words));
        let cwd = env::current_dir();
        let done = shell.write_complete(&mut command, words, cwd.as_deref(), &mut text);
        done.ok().and_then(|()| String::from_utf8(text).ok())
    });
    Some(printed(
        candidates.is_some_and(|text| print_raw(&text).is_ok()),
    ))
}

fn printed(all: bool) -> ExitCode {
    if all {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// The words without the `=` between an option and its value, which bash makes a word of its own.
///
/// The shell counts the words, so that a flag without a meaning takes the place of each.
fn with_values_apart(words: Vec<OsString>) -> Vec<OsString> {
    let mut apart: Vec<OsString> = Vec::with_capacity(words.len());
    for word in words {
        let behind_option = apart
            .last()
            .is_some_and(|last| last.to_string_lossy().starts_with("--"));
        if word == "=" && behind_option {
            apart.insert(1, "--quiet".into());
        } else {
            apart.push(word);
        }
    }
    apart
}

/// Whether the last word, which is the one to complete in most cases, begins an option.
fn is_option(words: &[OsString]) -> bool {
    words
        .last()
        .is_some_and(|word| word.to_string_lossy().starts_with('-'))
}

/// The command line with the candidates that depend on this machine. The global options are offered
/// only where an option has begun: they would hide the commands.
fn command(with_global: bool) -> Command {
    let mut command = Cli::command()
        .mut_args(|arg| arg.hide(!with_global))
        .mut_arg("profile", |arg| arg.add(ArgValueCandidates::new(profiles)))
        .mut_subcommand("profile", |profile| {
            [("use", "name"), ("remove", "name"), ("rename", "old_name")]
                .into_iter()
                .fold(profile, |profile, (command, arg)| {
                    profile.mut_subcommand(command, |command| {
                        command.mut_arg(arg, |arg| arg.add(ArgValueCandidates::new(profiles)))
                    })
                })
        })
        .mut_subcommand("login", |login| {
            login.mut_arg("organization", |arg| {
                arg.add(ArgValueCandidates::new(organizations))
            })
        })
        .mut_subcommand("help", |help| {
            help.mut_arg("about", |arg| arg.add(ArgValueCandidates::new(help_words)))
        });
    command.build();
    command
}

fn record() -> Option<Record> {
    let settings = Settings::resolve(&Flags::default()).ok()?;
    Record::load(&settings.data).ok()
}

fn profiles() -> Vec<CompletionCandidate> {
    let record = record().unwrap_or_default();
    let with_help = |name: ProfileName| {
        let email = record.login(&name).map(|login| login.email.clone());
        candidate(name.as_str(), email)
    };
    record.names().map(with_help).collect()
}

fn organizations() -> Vec<CompletionCandidate> {
    let record = record().unwrap_or_default();
    let mut found: Vec<_> = record
        .names()
        .filter_map(|name| record.login(&name))
        .map(|login| (&login.organization_id, &login.email))
        .collect();
    found.sort();
    found.dedup_by_key(|(id, _)| *id);
    found
        .into_iter()
        // An id of another form would need quotes in the shell.
        .filter(|(id, _)| OrganizationId::parse(id).is_ok())
        .map(|(id, email)| candidate(id, Some(email.clone())))
        .collect()
}

/// A candidate with a word about it, which came from a service once.
fn candidate(value: &str, help: Option<String>) -> CompletionCandidate {
    CompletionCandidate::new(value.to_owned()).help(help.map(|help| clean(&help).into()))
}

/// What `scw help` takes first. The commands below a command are not offered.
fn help_words() -> Vec<CompletionCandidate> {
    let commands = Cli::command();
    let commands = commands.get_subcommands().map(|command| {
        let about = command.get_about().cloned();
        CompletionCandidate::new(command.get_name().to_owned()).help(about)
    });
    let topics = topics::TOPICS
        .into_iter()
        .map(|(name, about)| CompletionCandidate::new(name).help(Some(about.into())));
    commands.chain(topics).collect()
}
