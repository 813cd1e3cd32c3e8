//! The text of a file of saved backup codes: one code a line, so that a person can read and print
//! it.
//!
//! ```text
//! # Backup codes of the Scaleway account jane@example.com
//! # ...
//! abcd-efgh
//! # used 2026-11-24T12:00:00Z ijkl-mnop
//! ```

use std::{fmt::Write as _, path::Path};

use time::OffsetDateTime;
use zeroize::Zeroizing;

use crate::{
    model::{BackupCode, BackupCodes, CodeState, SavedCode, parse_rfc3339, rfc3339},
    store::{Encryption, StoreError},
};

/// How the heading of every file begins; it tells a file of ours from another.
const HEADING: &str = "# Backup codes of the Scaleway account ";
const EXPLANATION: &str = "\
# Each code works once, in place of a one-time password.
# `scw 2fa codes next` prints the next one and marks it used.
";
/// Before each of those that the file is encrypted for: the encryption itself does not name them.
const ENCRYPTED_FOR: &str = "# encrypted for ";
const USED: &str = "# used ";
const VOID: &str = "# void ";
/// Before a code that would look like a comment by itself.
const UNUSED: &str = "# unused ";

/// All codes of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SavedCodes {
    /// The comment lines at the top, kept as they are.
    heading: String,
    /// The codes in the order in which the API sent them.
    pub codes: Vec<SavedCode>,
}

impl SavedCodes {
    /// Whether a file begins like one of saved codes.
    pub(super) fn starts(content: &[u8]) -> bool {
        content.starts_with(HEADING.as_bytes())
    }

    pub(super) fn new(codes: &BackupCodes, account: &str, now: OffsetDateTime) -> Self {
        let account = crate::model::clean(account);
        let made = timestamp(now);
        Self {
            heading: format!("{HEADING}{account}\n# made {made}\n{EXPLANATION}"),
            codes: codes
                .0
                .iter()
                .map(|code| SavedCode {
                    code: code.clone(),
                    state: CodeState::Unused,
                })
                .collect(),
        }
    }

    pub(super) fn parse(content: &[u8], path: &Path) -> Result<Self, StoreError> {
        let bad = |line| StoreError::BadCodesFile {
            path: path.to_owned(),
            line,
        };
        let text = std::str::from_utf8(content).map_err(|_| bad(1))?;
        let mut heading = String::new();
        let mut codes = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            let marked = |rest: &str, state: fn(OffsetDateTime) -> CodeState| {
                let (at, code) = rest.split_once(' ')?;
                Some(SavedCode {
                    code: BackupCode::parse(code).ok()?,
                    state: state(parse_rfc3339(at)?),
                })
            };
            let parsed = if let Some(rest) = line.strip_prefix(USED) {
                marked(rest, CodeState::Used)
            } else if let Some(rest) = line.strip_prefix(VOID) {
                marked(rest, CodeState::Void)
            } else if let Some(code) = line.strip_prefix(UNUSED) {
                BackupCode::parse(code).ok().map(|code| SavedCode {
                    code,
                    state: CodeState::Unused,
                })
            } else if line.is_empty() {
                continue;
            } else if line.starts_with('#') {
                heading.push_str(line);
                heading.push('\n');
                continue;
            } else {
                BackupCode::parse(line).ok().map(|code| SavedCode {
                    code,
                    state: CodeState::Unused,
                })
            };
            codes.push(parsed.ok_or_else(|| bad(number + 1))?);
        }
        Ok(Self { heading, codes })
    }

    pub(super) fn to_text(&self) -> Zeroizing<String> {
        // Room enough, so that no grown-out-of copy is left in memory.
        let mut text = Zeroizing::new(String::with_capacity(16 * 1024));
        text.push_str(&self.heading);
        for saved in &self.codes {
            let code = saved.code.expose();
            // Writing to a string cannot fail.
            let _ = match saved.state {
                CodeState::Unused if code.starts_with('#') => writeln!(text, "{UNUSED}{code}"),
                CodeState::Unused => writeln!(text, "{code}"),
                CodeState::Used(at) => writeln!(text, "{USED}{} {code}", timestamp(at)),
                CodeState::Void(at) => writeln!(text, "{VOID}{} {code}", timestamp(at)),
            };
        }
        text
    }

    /// Whom the file is encrypted for, where it says so.
    pub(super) fn encrypted_for(&self) -> Option<Encryption> {
        let recipients: Vec<&str> = self
            .heading
            .lines()
            .filter_map(|line| line.strip_prefix(ENCRYPTED_FOR))
            .collect();
        Encryption::to(&recipients.join("\n")).ok()
    }

    /// Writes down whom the file is encrypted for.
    pub(super) fn set_encrypted_for(&mut self, encryption: Option<&Encryption>) {
        let mut heading: String = self
            .heading
            .split_inclusive('\n')
            .filter(|line| !line.starts_with(ENCRYPTED_FOR))
            .collect();
        for recipient in encryption.into_iter().flat_map(Encryption::texts) {
            heading.extend([ENCRYPTED_FOR, &recipient, "\n"]);
        }
        self.heading = heading;
    }

    /// Whether the file is encrypted for these and nobody else.
    #[must_use]
    pub(crate) fn is_encrypted_for(&self, encryption: &Encryption) -> bool {
        self.encrypted_for()
            .is_some_and(|found| found.texts().eq(encryption.texts()))
    }

    /// How many codes can still be used.
    #[must_use]
    pub(crate) fn unused(&self) -> usize {
        self.codes
            .iter()
            .filter(|saved| saved.state == CodeState::Unused)
            .count()
    }

    /// Takes the next unused code and marks it used.
    pub(crate) fn take_next(&mut self, now: OffsetDateTime) -> Option<BackupCode> {
        let next = self
            .codes
            .iter_mut()
            .find(|saved| saved.state == CodeState::Unused)?;
        next.state = CodeState::Used(now);
        Some(next.code.clone())
    }

    /// Marks one code as used; `None` when it is not among the codes, `false` when it was not
    /// unused any more.
    pub(crate) fn mark_used(&mut self, code: &BackupCode, now: OffsetDateTime) -> Option<bool> {
        let saved = self.codes.iter_mut().find(|saved| saved.code == *code)?;
        let fresh = saved.state == CodeState::Unused;
        if fresh {
            saved.state = CodeState::Used(now);
        }
        Some(fresh)
    }

    /// Removes the mark "used" from a code that was not used after all.
    pub(crate) fn unmark(&mut self, code: &BackupCode) {
        for saved in &mut self.codes {
            if saved.code == *code && matches!(saved.state, CodeState::Used(_)) {
                saved.state = CodeState::Unused;
            }
        }
    }

    /// Marks every unused code as void, and tells how many were.
    pub(super) fn void(&mut self, now: OffsetDateTime) -> usize {
        let unused = self.unused();
        for saved in &mut self.codes {
            if saved.state == CodeState::Unused {
                saved.state = CodeState::Void(now);
            }
        }
        unused
    }
}

/// A time in whole seconds.
fn timestamp(at: OffsetDateTime) -> String {
    rfc3339(at.replace_nanosecond(0).unwrap_or(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_that_looks_like_a_comment_comes_back() {
        let codes = ["#1-x", "# used 2026-01-01T00:00:00Z y", "abcd-efgh"];
        let codes = codes.map(|code| BackupCode::parse(code).unwrap());
        let saved = SavedCodes::new(
            &BackupCodes(codes.to_vec()),
            "a@example.com",
            OffsetDateTime::UNIX_EPOCH,
        );
        let back = SavedCodes::parse(saved.to_text().as_bytes(), Path::new("x")).unwrap();
        assert_eq!(back, saved);
    }
}
