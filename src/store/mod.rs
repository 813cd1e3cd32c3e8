//! Where secrets are kept on this machine.

mod backup_codes;
mod file;
mod keyring;

use std::{path::PathBuf, time::Duration};

use secrecy::SecretString;

pub use backup_codes::{CodesFile, Encryption, Reserved, SavedCodes};
pub use file::FileStore;
pub use keyring::KeyringStore;

use crate::{fsutil::FileError, model::ProfileName};

/// What a store can fail with. Missing D-Bus, missing service, locked and not found are told
/// apart, since each has another remedy.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
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

/// A place that keeps one secret for each profile.
pub trait SecretStore: Send {
    /// Reads the secret of a profile.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where there is none.
    fn get(&self, profile: &ProfileName) -> Result<SecretString, StoreError>;

    /// Keeps a secret, replacing the one before.
    ///
    /// # Errors
    /// Any [`StoreError`] of the place.
    fn set(&self, profile: &ProfileName, secret: &SecretString) -> Result<(), StoreError>;

    /// Removes the secret; `false` where there was none.
    ///
    /// # Errors
    /// Any [`StoreError`] of the place but [`StoreError::NotFound`].
    fn delete(&self, profile: &ProfileName) -> Result<bool, StoreError>;
}
