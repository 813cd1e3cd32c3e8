//! The evidence of a two-factor report: its files, the list of their digests, and the record of
//! how it was made.

use std::{collections::HashSet, fmt::Write, ops::RangeInclusive};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::Tally;

/// The members, one object a line.
pub const MEMBERS: &str = "members.jsonl";
/// The organization's security settings, as the API told them.
pub const SETTINGS: &str = "security-settings.json";
/// The record of how the report was made.
pub const RECORD: &str = "audit.json";
/// The digests of the other files, as `sha256sum` writes and reads them.
pub const MANIFEST: &str = "SHA256SUMS";

/// The files that the manifest lists, in the order in which it does.
pub const LISTED: [&str; 3] = [RECORD, MEMBERS, SETTINGS];

/// How a report was made: the content of `audit.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRecord {
    /// The organization's id.
    pub organization_id: String,
    /// Its name; empty where the API does not tell it.
    pub organization_name: String,
    /// When the report began, by the service's clock.
    #[serde(with = "time::serde::rfc3339")]
    pub began_at: OffsetDateTime,
    /// When it ended, by the service's clock.
    #[serde(with = "time::serde::rfc3339")]
    pub ended_at: OffsetDateTime,
    /// When it began, by the clock of the machine.
    #[serde(with = "time::serde::rfc3339")]
    pub machine_began_at: OffsetDateTime,
    /// When it ended, by the clock of the machine.
    #[serde(with = "time::serde::rfc3339")]
    pub machine_ended_at: OffsetDateTime,
    /// The command line. No option takes a secret as its value (cli.md, "Rules").
    pub command: Vec<String>,
    /// The version of this program.
    pub version: String,
    /// What the members come to.
    pub counts: Counts,
    /// Which members could not be read: their places in the list by age, from 1.
    pub unread: Vec<Places>,
    /// What changed while the report was made, in sentences.
    pub meanwhile: Vec<String>,
}

/// How many members there are of each kind, as [`Tally`] counts them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Members that were read.
    pub members: u64,
    /// Members with a second factor.
    pub on: u64,
    /// Members without one.
    pub off: u64,
    /// Members of whom it could not be read.
    pub unknown: u64,
    /// Members without one after the date by which it is required; nothing where the dates were not
    /// asked for.
    pub overdue: Option<u64>,
    /// Members without one whose date could not be read; nothing where the dates were not asked for.
    pub unknown_date: Option<u64>,
    /// Members with an API key that never expires.
    pub key_without_end: u64,
    /// Members whose keys could not be read.
    pub unknown_keys: u64,
    /// Members that are locked.
    pub locked: u64,
}

impl Counts {
    /// The counts of a report; `with_grace` says whether the dates were asked for.
    #[must_use]
    pub fn of(tally: &Tally, with_grace: bool) -> Self {
        Self {
            members: tally.members,
            on: tally.with,
            off: tally.without,
            unknown: tally.unknown,
            overdue: with_grace.then_some(tally.overdue),
            unknown_date: with_grace.then_some(tally.unknown_grace),
            key_without_end: tally.with_endless_key,
            unknown_keys: tally.unknown_keys,
            locked: tally.locked,
        }
    }
}

/// Places in the list of members, by age, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Places {
    /// The first, from 1.
    pub from: u64,
    /// The last.
    pub to: u64,
}

impl Places {
    /// The places as a record holds them.
    #[must_use]
    pub fn of(places: &RangeInclusive<u64>) -> Self {
        Self {
            from: *places.start(),
            to: *places.end(),
        }
    }
}

/// A line of the manifest: a file and its SHA-256 (FIPS 180-4) in lower-case hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The name of the file in the folder.
    pub name: String,
    /// Its digest.
    pub digest: String,
}

/// The manifest as `sha256sum --check` reads it: digest, two spaces, name (coreutils' manual,
/// "md5sum invocation").
#[must_use]
pub fn manifest(files: &[Listed]) -> String {
    let mut text = String::new();
    for file in files {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}  {}", file.digest, file.name);
    }
    text
}

/// The files that a manifest lists, and the numbers of the lines, from 1, that are malformed, name
/// nothing in the folder itself, or repeat a name.
#[must_use]
pub fn parse_manifest(bytes: &[u8]) -> (Vec<Listed>, Vec<usize>) {
    let (mut files, mut wrong) = (Vec::new(), Vec::new());
    let mut names = HashSet::new();
    let text = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    for (line, number) in text.split(|byte| *byte == b'\n').zip(1..) {
        match parse_line(line) {
            Some(file) if names.insert(file.name.clone()) => files.push(file),
            _ => wrong.push(number),
        }
    }
    (files, wrong)
}

/// One line of a manifest.
fn parse_line(line: &[u8]) -> Option<Listed> {
    let (digest, name) = std::str::from_utf8(line).ok()?.split_once("  ")?;
    let is_digest = digest.len() == 64
        && digest
            .bytes()
            .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    let is_name = !name.is_empty()
        && name != "."
        && name != ".."
        && name != MANIFEST
        && !name.contains(['/', '\\'])
        && !name.chars().any(char::is_control);
    (is_digest && is_name).then(|| Listed {
        name: name.to_owned(),
        digest: digest.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn parsed(text: &str) -> (Vec<String>, Vec<usize>) {
        let (files, wrong) = parse_manifest(text.as_bytes());
        (files.into_iter().map(|file| file.name).collect(), wrong)
    }

    // Issue 12, 4
    #[test]
    fn a_manifest_is_read_as_it_was_written() {
        let files = LISTED.map(|name| Listed {
            name: name.to_owned(),
            digest: DIGEST.to_owned(),
        });
        let text = manifest(&files);
        assert_eq!(text.lines().count(), 3);
        assert_eq!(
            parse_manifest(text.as_bytes()),
            (files.to_vec(), Vec::new())
        );
    }

    // Issue 12, 4
    #[test]
    fn a_line_that_leads_out_of_the_folder_or_is_malformed_lists_nothing() {
        for name in [
            "",
            ".",
            "..",
            "../x",
            "/etc/passwd",
            "a/b",
            "a\\b",
            "a\x1b[2J",
            MANIFEST,
        ] {
            let text = format!("{DIGEST}  {name}\n{DIGEST}  good\n");
            assert_eq!(parsed(&text), (vec!["good".to_owned()], vec![1]), "{name}");
        }
        for line in [
            "",
            "x",
            DIGEST,
            &format!("{DIGEST} one-space"),
            &format!("{}  upper", DIGEST.to_uppercase()),
            &format!("{}  short", &DIGEST[1..]),
        ] {
            assert_eq!(parsed(line), (Vec::new(), vec![1]), "{line}");
        }
        let twice = format!("{DIGEST}  a\n{DIGEST}  a\n");
        assert_eq!(parsed(&twice), (vec!["a".to_owned()], vec![2]));
        assert_eq!(parse_manifest(b"\xff\n").1, [1]);
    }
}
