//! Where secrets are kept on this machine.

mod codes;
mod secrets;

use std::{path::PathBuf, time::Duration};

pub(crate) use codes::{Change, CodesFile, Encryption, Reserved, SavedCodes, Unfinished, Voided};
pub(crate) use secrets::{SecretStore, with_store};

use crate::fsutil::FileError;

/// What a store can fail with. Missing D-Bus, missing service, locked and not found are told
/// apart, since each has another remedy.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    /// There is no entry.
    #[error("no secret is kept for this profile")]
    NotFound,
    /// There is no session bus to reach a keyring through.
    #[error("the keyring cannot be reached: there is no D-Bus session bus ({0})")]
    NoBus(String),
    /// The bus works and no keyring service answers on it.
    #[error("no keyring service answers on the D-Bus session bus ({0})")]
    NoService(String),
    /// The keyring is locked and was not unlocked.
    #[error("the keyring is locked ({0})")]
    Locked(String),
    /// The service is there and has nowhere to keep a secret.
    #[error("the keyring has no default collection to keep a secret in ({0})")]
    NoCollection(String),
    /// The keyring did not answer in time.
    #[error("the keyring did not answer within {} s", .0.as_secs())]
    TimedOut(Duration),
    /// The end of the program was asked for while the keyring was silent.
    #[error("interrupted")]
    Interrupted,
    /// Any other failure of the keyring.
    #[error("the keyring refused: {0}")]
    Failed(String),
    /// A file of the store.
    #[error(transparent)]
    File(#[from] FileError),
    /// A line in the file of backup codes that cannot be understood.
    #[error("line {line} of {path} is not understood")]
    BadCodesFile {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// The backup codes are encrypted, and only their owner's key opens them.
    #[error("the backup codes in {} are encrypted", .0.display())]
    Encrypted(PathBuf),
}
