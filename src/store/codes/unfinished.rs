//! Changes of a second factor that may have been cut half-way.
//!
//! A run writes down what it is about to ask of the account, and takes the note away when account
//! and saved codes agree again. A note that another run finds, with nobody holding the lock on
//! the codes, tells what has to be settled.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{CodesFile, place::folder};
use crate::{
    fsutil::{self, DataDir, FileLock},
    model::UserId,
    store::StoreError,
};

/// The extension of a note.
const NOTE: &str = "unfinished";

/// What a run was about to ask of the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Change {
    /// To remove the authenticator app.
    Removing,
    /// To remove passkeys alone: saved codes are void only where no factor is left.
    RemovingPasskeys,
    /// To confirm a new one where there was none.
    Confirming,
    /// To confirm a new one while the old one was still on: the answer replaces it.
    Replacing,
}

/// The note of a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Unfinished {
    /// What was about to be asked.
    pub change: Change,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub since: OffsetDateTime,
    /// Where the codes of the new second factor were to be saved.
    #[serde(
        with = "fsutil::path_text",
        skip_serializing_if = "Option::is_none",
        default
    )]
    pub codes_file: Option<PathBuf>,
    /// The digest of what lay there before; nothing where nothing did.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    before: Option<String>,
}

impl Unfinished {
    /// The note of a change that is about to be asked for. `file` is where the codes of a new
    /// second factor will be saved.
    ///
    /// # Errors
    /// [`StoreError::File`] when that file cannot be read.
    pub(crate) fn of(
        change: Change,
        file: &CodesFile,
        now: OffsetDateTime,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            change,
            since: now,
            codes_file: Some(file.path().to_owned()),
            before: file.digest()?,
        })
    }

    /// Writes the note down durably.
    ///
    /// # Errors
    /// [`StoreError::File`].
    pub(crate) fn write(
        &self,
        data: &DataDir,
        user: &UserId,
        _lock: &FileLock,
    ) -> Result<(), StoreError> {
        let path = path(data, user);
        let text = toml::to_string(self).map_err(|err| {
            fsutil::io_error("could not write", &path)(std::io::Error::other(err))
        })?;
        data.write(&path, text.as_bytes())?;
        Ok(())
    }

    /// Reads the note of a user; nothing where no change is unfinished.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be read or understood.
    pub(crate) fn read(data: &DataDir, user: &UserId) -> Result<Option<Self>, StoreError> {
        let path = path(data, user);
        let Some(content) = fsutil::read_owned(&path)? else {
            return Ok(None);
        };
        std::str::from_utf8(&content)
            .ok()
            .and_then(|text| toml::from_str(text).ok())
            .map(Some)
            .ok_or(StoreError::BadCodesFile { path, line: 1 })
    }

    /// Takes the note away: account and saved codes agree.
    ///
    /// # Errors
    /// [`StoreError::File`].
    pub(crate) fn settle(
        data: &DataDir,
        user: &UserId,
        _lock: &FileLock,
    ) -> Result<(), StoreError> {
        fsutil::remove(&path(data, user))?;
        Ok(())
    }

    /// The change that this note was written for has not happened: what an earlier run left open is
    /// as open as before.
    ///
    /// # Errors
    /// [`StoreError::File`].
    pub(crate) fn give_back(
        earlier: Option<&Self>,
        data: &DataDir,
        user: &UserId,
        lock: &FileLock,
    ) -> Result<(), StoreError> {
        match earlier {
            Some(earlier) => earlier.write(data, user, lock),
            None => Self::settle(data, user, lock),
        }
    }

    /// The users with an unfinished change.
    #[must_use]
    pub(crate) fn users(data: &DataDir) -> Vec<UserId> {
        fsutil::files_with_extension(&folder(data), NOTE)
            .into_iter()
            .filter_map(|path| UserId::parse(path.file_stem()?.to_str()?).ok())
            .collect()
    }

    /// Whether new codes were saved since: the file holds something else than before.
    ///
    /// # Errors
    /// [`StoreError::File`] when it cannot be read.
    pub(crate) fn codes_were_saved(&self, file: &CodesFile) -> Result<bool, StoreError> {
        let now = file.digest()?;
        Ok(now.is_some() && now != self.before)
    }
}

fn path(data: &DataDir, user: &UserId) -> PathBuf {
    folder(data).join(format!("{user}.{NOTE}"))
}
