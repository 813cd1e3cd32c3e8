//! The topics of `scw help`, and the lists that the manual shares with them.

use std::fmt::Write;

use super::json::DOCUMENTS;
use crate::{env, error::Kind};

/// The topics: the word for it, and what it is about. `options` is shown by [`super::help`].
pub const TOPICS: [(&str, &str); 4] = [
    ("options", "Options that every command takes"),
    ("environment", "Environment variables"),
    ("exit-codes", "Exit codes"),
    ("json", "Output of `-o json`"),
];

/// Columns of a topic's text.
const WIDTH: usize = 80;

/// A file or folder that `scw` uses.
#[derive(Debug)]
pub struct File {
    /// Its path. Words in capitals stand for names.
    pub path: &'static str,
    /// What is in it.
    pub meaning: &'static str,
    /// The commands whose pages name it, by their first words. The main page names every file.
    pub commands: &'static [&'static str],
}

const fn file(
    path: &'static str,
    meaning: &'static str,
    commands: &'static [&'static str],
) -> File {
    File {
        path,
        meaning,
        commands,
    }
}

/// The data folder on Linux, as the manual writes it.
pub const DATA_DIR: &str = "~/.local/share/scw-2fa";

const LOGINS: &[&str] = &[
    "login", "logout", "whoami", "token", "profile", "exec", "2fa",
];

/// Every file that `scw` reads or writes without being told its name (ARCHITECTURE.md, "What `scw`
/// keeps on a machine").
pub const FILES: &[File] = &[
    file(
        "~/.config/scw/config.yaml",
        "Configuration of the official client. Only `scw login --from-config --scrub` changes it",
        LOGINS,
    ),
    file("profiles.toml", "Logins, without their secret keys", LOGINS),
    file(
        "secrets/PROFILE",
        "Secret key, if it is stored with `--storage file`",
        LOGINS,
    ),
    file(
        "secrets/PROFILE~2",
        "Secret key of the next login: it does not overwrite the one before",
        &[],
    ),
    file(
        "secrets/PROFILE~1.age",
        "Secret key, if it is stored with `--storage encrypted`",
        LOGINS,
    ),
    file(
        "secrets/PROFILE~2.age",
        "Encrypted secret key of the next login",
        &[],
    ),
    file("backup-codes/USER.txt", "Backup codes", &["2fa"]),
    file("backup-codes/USER.age", "Encrypted backup codes", &["2fa"]),
    file(
        "backup-codes/USER.unfinished",
        "A change that is not finished. The next command finishes it",
        &["2fa"],
    ),
    file(
        "pending-keys/KEY.toml",
        "API key to delete: that of a command by the next command, others by the next login",
        &["login", "logout", "profile", "exec"],
    ),
    file(
        "temporary/NAME.note",
        "Path of a temporary file in another folder",
        &[],
    ),
    file(
        ".config.lock",
        "Lock for changes of the official config.yaml",
        &[],
    ),
    file(".profiles.lock", "Lock for profiles.toml", &[]),
    file(
        ".PROFILE.login.lock",
        "Lock for the login of a profile",
        &[],
    ),
    file("backup-codes/.USER.lock", "Lock for backup codes", &[]),
];

/// Every environment variable with its meaning, by the heading that it stands under.
pub fn environment() -> impl Iterator<Item = (&'static str, Vec<(&'static str, &'static str)>)> {
    env::VARIABLES.iter().map(|group| {
        let variables = group
            .variables
            .iter()
            .map(|(name, meaning)| (*name, meaning.trim()));
        (group.title, variables.collect())
    })
}

/// Every exit code, with the word for it in an error of `-o json` and its meaning.
pub fn exit_codes() -> impl Iterator<Item = (u8, &'static str, &'static str)> {
    let done = (0, "", "Done, or there was nothing to do");
    let kinds = Kind::ALL.map(|kind| (kind.exit_code(), kind.code(), kind.meaning()));
    std::iter::once(done).chain(kinds)
}

/// The text of a topic; nothing for `options`, and for what is no topic.
#[must_use]
pub fn text(topic: &str) -> Option<String> {
    match topic {
        "environment" => Some(environment_text()),
        "exit-codes" => Some(exit_codes_text()),
        "json" => Some(json_text()),
        _ => None,
    }
}

fn environment_text() -> String {
    let mut text = "Environment variables\n\n\
        An option comes before a variable, and a variable before the profile. An empty\n\
        variable counts as not set.\n"
        .to_owned();
    for (title, variables) in environment() {
        let _ = write!(text, "\n{title}:\n");
        table(&mut text, &variables);
    }
    text
}

fn exit_codes_text() -> String {
    let mut text = "Exit codes\n\n\
        With `-o json`, an error also names its kind in the field `code`.\n\n"
        .to_owned();
    let rows: Vec<_> = exit_codes()
        .map(|(code, word, meaning)| (format!("{code:<5}{word}"), meaning))
        .collect();
    table(&mut text, &rows);
    text
}

fn json_text() -> String {
    let mut text = "Output of `-o json`\n\n\
        A command prints one JSON object to stdout. `scw login --from-config --all`\n\
        prints a list of them, and `scw 2fa audit` one a member, each on its own line.\n\
        Times are in RFC 3339. A field whose value is not known is null.\n\
        The commands that are not listed below print text.\n\n\
        Errors go to stderr: {\"error\": {\"code\", \"message\", \"hint\"}}. The codes are in\n\
        `scw help exit-codes`. Warnings and notes are objects with the field\n\
        `warning` or `note`.\n\n\
        Fields:\n"
        .to_owned();
    let rows: Vec<_> = DOCUMENTS
        .iter()
        .map(|document| (document.command, document.fields.join(", ")))
        .collect();
    table(&mut text, &rows);
    text
}

/// Writes rows of two columns, the second one wrapped.
pub(super) fn table(into: &mut String, rows: &[(impl AsRef<str>, impl AsRef<str>)]) {
    let names = rows.iter().map(|(name, _)| name.as_ref().chars().count());
    let left = names.max().unwrap_or_default() + 4;
    for (name, meaning) in rows {
        let mut line = format!("  {}", name.as_ref());
        let mut at = line.chars().count();
        let pad = |line: &mut String, at: usize| line.push_str(&" ".repeat(left - at));
        pad(&mut line, at);
        at = left;
        for word in meaning.as_ref().split_whitespace() {
            if at > left && at + 1 + word.chars().count() > WIDTH {
                line.push('\n');
                pad(&mut line, 0);
                at = left;
            }
            if at > left {
                line.push(' ');
                at += 1;
            }
            line.push_str(word);
            at += word.chars().count();
        }
        into.push_str(&line);
        into.push('\n');
    }
}
