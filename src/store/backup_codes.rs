//! The file of saved backup codes: one code a line, so that a person can read and print it.
//!
//! ```text
//! # Backup codes of the Scaleway account jane@example.com
//! # ...
//! abcd-efgh
//! # used 2026-11-24T12:00:00Z ijkl-mnop
//! ```

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use age::armor::{ArmoredWriter, Format};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use zeroize::Zeroizing;

use super::StoreError;
use crate::{
    fsutil::{self, FileError, FileLock, Reservation},
    model::{BackupCode, BackupCodes, CodeState, Invalid, SavedCode, UserId},
};

/// The first line of an encrypted file (age armor).
const ARMOR: &[u8] = b"-----BEGIN AGE ENCRYPTED FILE-----";

/// Extension of a file in clear, and of an encrypted one.
const CLEAR: &str = "txt";
const ENCRYPTED: &str = "age";

/// Where the codes of one user lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodesFile {
    path: PathBuf,
    lock: PathBuf,
}

impl CodesFile {
    /// The usual place below the data folder.
    #[must_use]
    pub fn usual(data_dir: &Path, user: &UserId, encrypted: bool) -> Self {
        let extension = if encrypted { ENCRYPTED } else { CLEAR };
        let path = folder(data_dir).join(format!("{user}.{extension}"));
        Self::at(data_dir, user, path)
    }

    /// A place of the user's choice.
    #[must_use]
    pub fn at(data_dir: &Path, user: &UserId, path: PathBuf) -> Self {
        Self {
            path,
            lock: folder(data_dir).join(format!(".{user}.lock")),
        }
    }

    /// The users whose codes lie in the usual place.
    #[must_use]
    pub fn users(data_dir: &Path) -> Vec<UserId> {
        let mut users: Vec<UserId> = [CLEAR, ENCRYPTED]
            .into_iter()
            .flat_map(|extension| fsutil::files_with_extension(&folder(data_dir), extension))
            .filter_map(|path| UserId::parse(path.file_stem()?.to_str()?).ok())
            .collect();
        users.sort();
        users.dedup();
        users
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether there is something.
    #[must_use]
    pub fn exists(&self) -> bool {
        fsutil::exists(&self.path)
    }

    /// Takes the place for new codes, before they exist.
    ///
    /// # Errors
    /// [`StoreError::File`] when it cannot be written, or holds something that is no file of
    /// backup codes.
    pub fn reserve(&self) -> Result<Reserved, StoreError> {
        let lock = FileLock::acquire(&self.lock)?;
        if let Some(content) = fsutil::read_small(&self.path)? {
            let ours = content.starts_with(HEADING.as_bytes()) || content.starts_with(ARMOR);
            if !ours && !content.is_empty() {
                return Err(FileError::InTheWay {
                    path: self.path.clone(),
                    what: "no file of backup codes",
                }
                .into());
            }
        }
        Ok(Reserved {
            place: Reservation::take(&self.path)?,
            _lock: lock,
        })
    }

    /// Reads the codes; nothing where there is no file.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read, is open to others, is encrypted, or is not
    /// understood.
    pub fn load(&self) -> Result<Option<SavedCodes>, StoreError> {
        let Some(content) = fsutil::read_small(&self.path)? else {
            return Ok(None);
        };
        if content.starts_with(ARMOR) {
            return Err(StoreError::Encrypted(self.path.clone()));
        }
        fsutil::check_private(&self.path)?;
        SavedCodes::parse(&content, &self.path).map(Some)
    }

    /// Changes the saved codes while no other process can, and makes the change durable before
    /// it returns what `change` returns. Nothing where there is no file.
    ///
    /// # Errors
    /// As [`CodesFile::load`], and when the file cannot be written; it is then unchanged.
    pub fn update<T>(
        &self,
        change: impl FnOnce(&mut SavedCodes) -> T,
    ) -> Result<Option<T>, StoreError> {
        if !self.exists() {
            return Ok(None);
        }
        let _lock = FileLock::acquire(&self.lock)?;
        let Some(mut codes) = self.load()? else {
            return Ok(None);
        };
        let result = change(&mut codes);
        fsutil::write_private(&self.path, codes.to_text().as_bytes())?;
        Ok(Some(result))
    }

    /// Marks every unused code as void: two-factor authentication was switched off at `now`.
    ///
    /// An encrypted file cannot be changed and is left; `false` then, and where there is no file.
    ///
    /// # Errors
    /// As [`CodesFile::update`].
    pub fn void(&self, now: OffsetDateTime) -> Result<bool, StoreError> {
        match self.update(|codes| codes.void(now)) {
            Ok(done) => Ok(done.is_some()),
            Err(StoreError::Encrypted(_)) => Ok(false),
            Err(err) => Err(err),
        }
    }

    /// Removes the file; `false` where there was none.
    ///
    /// # Errors
    /// [`StoreError::File`] when it stays.
    pub fn remove(&self) -> Result<bool, StoreError> {
        let _lock = FileLock::acquire(&self.lock)?;
        Ok(fsutil::remove(&self.path)?)
    }
}

fn folder(data_dir: &Path) -> PathBuf {
    data_dir.join("backup-codes")
}

/// A place for codes that is proven writable, and locked against other processes.
#[derive(Debug)]
pub struct Reserved {
    place: Reservation,
    _lock: FileLock,
}

impl Reserved {
    /// Where the codes will be.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.place.target()
    }

    /// Writes the codes durably, encrypted where asked, and reads them back.
    ///
    /// # Errors
    /// [`StoreError`] when they cannot be kept; what was there before is then still there.
    pub fn save(
        self,
        codes: &BackupCodes,
        account: &str,
        now: OffsetDateTime,
        encryption: Option<&Encryption>,
    ) -> Result<PathBuf, StoreError> {
        let saved = SavedCodes::new(codes, account, now);
        let text = saved.to_text();
        // A code that the file's form cannot carry would be lost silently: read it back first.
        let back = SavedCodes::parse(text.as_bytes(), self.path())?;
        if back.codes != saved.codes {
            return Err(FileError::ReadBack {
                path: self.path().to_owned(),
            }
            .into());
        }
        Ok(match encryption {
            None => self.place.commit(text.as_bytes())?,
            Some(encryption) => {
                let sealed = encryption
                    .seal(text.as_bytes())
                    .map_err(|err| StoreError::Failed(err.to_string()))?;
                self.place.commit(&sealed)?
            }
        })
    }
}

/// To whom the codes are encrypted.
pub struct Encryption {
    recipient: Box<dyn age::Recipient + Send>,
}

impl std::fmt::Debug for Encryption {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Encryption")
    }
}

impl Encryption {
    /// Takes an age recipient (`age1…`) or an SSH public key (`ssh-ed25519 …`, `ssh-rsa …`).
    ///
    /// # Errors
    /// [`Invalid`] when it is neither.
    pub fn to(recipient: &str) -> Result<Self, Invalid> {
        let recipient = recipient.trim();
        if let Ok(found) = recipient.parse::<age::x25519::Recipient>() {
            return Ok(Self {
                recipient: Box::new(found),
            });
        }
        match recipient.parse::<age::ssh::Recipient>() {
            Ok(found) => Ok(Self {
                recipient: Box::new(found),
            }),
            Err(_) => Err(Invalid(
                "a recipient is an age public key (`age1…`) or an SSH public key (`ssh-ed25519 …` or `ssh-rsa …`)"
                    .to_owned(),
            )),
        }
    }

    fn seal(&self, clear: &[u8]) -> std::io::Result<Vec<u8>> {
        use std::io::Write as _;

        let recipient: &dyn age::Recipient = &*self.recipient;
        let encryptor = age::Encryptor::with_recipients(std::iter::once(recipient))
            .map_err(std::io::Error::other)?;
        let armor = ArmoredWriter::wrap_output(Vec::new(), Format::AsciiArmor)?;
        let mut writer = encryptor.wrap_output(armor)?;
        writer.write_all(clear)?;
        writer.finish()?.finish()
    }
}

/// How the heading of every file begins; it tells a file of ours from another.
const HEADING: &str = "# Backup codes of the Scaleway account ";
const EXPLANATION: &str = "\
# Each code works once, in place of a one-time password.
# `scw 2fa codes next` prints the next one and marks it used.
";
const USED: &str = "# used ";
const VOID: &str = "# void ";

/// All codes of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedCodes {
    /// The comment lines at the top, kept as they are.
    heading: String,
    /// The codes in the order in which the API sent them.
    pub codes: Vec<SavedCode>,
}

impl SavedCodes {
    fn new(codes: &BackupCodes, account: &str, now: OffsetDateTime) -> Self {
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

    fn parse(content: &[u8], path: &Path) -> Result<Self, StoreError> {
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
                    state: state(OffsetDateTime::parse(at, &Rfc3339).ok()?),
                })
            };
            let parsed = if let Some(rest) = line.strip_prefix(USED) {
                marked(rest, CodeState::Used)
            } else if let Some(rest) = line.strip_prefix(VOID) {
                marked(rest, CodeState::Void)
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

    fn to_text(&self) -> Zeroizing<String> {
        // Room enough, so that no grown-out-of copy is left in memory.
        let mut text = Zeroizing::new(String::with_capacity(16 * 1024));
        text.push_str(&self.heading);
        for saved in &self.codes {
            let code = saved.code.expose();
            // Writing to a string cannot fail.
            let _ = match saved.state {
                CodeState::Unused => writeln!(text, "{code}"),
                CodeState::Used(at) => writeln!(text, "{USED}{} {code}", timestamp(at)),
                CodeState::Void(at) => writeln!(text, "{VOID}{} {code}", timestamp(at)),
            };
        }
        text
    }

    /// How many codes can still be used.
    #[must_use]
    pub fn unused(&self) -> usize {
        self.codes
            .iter()
            .filter(|saved| saved.state == CodeState::Unused)
            .count()
    }

    /// Takes the next unused code and marks it used.
    pub fn take_next(&mut self, now: OffsetDateTime) -> Option<BackupCode> {
        let next = self
            .codes
            .iter_mut()
            .find(|saved| saved.state == CodeState::Unused)?;
        next.state = CodeState::Used(now);
        Some(next.code.clone())
    }

    /// Marks one code as used; `None` when it is not among the codes, `false` when it was not
    /// unused any more.
    pub fn mark_used(&mut self, code: &BackupCode, now: OffsetDateTime) -> Option<bool> {
        let saved = self.codes.iter_mut().find(|saved| saved.code == *code)?;
        let fresh = saved.state == CodeState::Unused;
        if fresh {
            saved.state = CodeState::Used(now);
        }
        Some(fresh)
    }

    fn void(&mut self, now: OffsetDateTime) {
        for saved in &mut self.codes {
            if saved.state == CodeState::Unused {
                saved.state = CodeState::Void(now);
            }
        }
    }
}

/// A time in RFC 3339, UTC, whole seconds.
fn timestamp(at: OffsetDateTime) -> String {
    at.to_offset(time::UtcOffset::UTC)
        .replace_nanosecond(0)
        .ok()
        .and_then(|at| at.format(&Rfc3339).ok())
        .unwrap_or_else(|| "1970-01-01T00:00:00Z".to_owned())
}
