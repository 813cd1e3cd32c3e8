//! Which settings are in force: flag, then environment, then profile, then default (cli.md).

mod official;
mod record;
mod settings;

use std::path::PathBuf;

pub(crate) use official::{OfficialFile, OfficialProfile};
pub(crate) use record::{Kept, Login, Record};
#[cfg(feature = "security-keys")]
pub(crate) use settings::webauthn_origin;
pub(crate) use settings::{Flags, Settings, Target};

use crate::{env::NotUtf8, fsutil::FileError, model::Invalid};

/// What reading or writing the configuration can fail with.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// A value of a wrong form.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// A file.
    #[error(transparent)]
    File(#[from] FileError),
    /// A variable that holds no text.
    #[error(transparent)]
    Variable(#[from] NotUtf8),
    /// A value of a wrong form, from a place other than a flag.
    #[error("{place}: {source}")]
    Setting {
        /// Where it stands: a variable's name or a file's key.
        place: String,
        /// What is wrong with it.
        source: Invalid,
    },
    /// Secret keys that cannot be taken out of the official file without touching more.
    #[error("could not remove the secret keys from {path}{}: {why}", .line.map(|line| format!(" (line {line})")).unwrap_or_default())]
    NotScrubbed {
        /// The file.
        path: PathBuf,
        /// The line, from 1, where one is to blame.
        line: Option<usize>,
        /// What is wrong, as in "it has a tab".
        why: &'static str,
    },
    /// A malformed file. The message quotes nothing of it, since it may hold a secret.
    #[error("could not parse {path}{}", .at.map(|(line, column)| format!(" (line {line}, column {column})")).unwrap_or_default())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Line and column, from 1, where they are known.
        at: Option<(usize, usize)>,
    },
}
