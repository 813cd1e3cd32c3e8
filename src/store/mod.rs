//! Where secrets are kept on this machine.

mod codes;
mod identity;
mod seal;
mod secrets;

use std::{path::PathBuf, time::Duration};

pub(crate) use codes::{Change, CodesFile, Reserved, SavedCodes, Unfinished, Voided};
pub(crate) use identity::{FoundIdentity, Identity, LockedIdentity};
pub(crate) use seal::{Encryption, Key, Lock};
pub(crate) use secrets::{SecretStore, location, profile_of, with_store};

use crate::fsutil::FileError;

/// What a store can fail with. Each variant has its own remedy.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    /// There is no entry.
    #[error("no secret key is stored for this profile")]
    NotFound,
    /// There is no session bus to reach a keyring through.
    #[error("could not reach the keyring: there is no D-Bus session bus ({0})")]
    NoBus(String),
    /// There is a bus, but no keyring service on it.
    #[error("could not reach the keyring: no keyring service is running ({0})")]
    NoService(String),
    /// The keyring is locked and was not unlocked.
    #[error("the keyring is locked ({0})")]
    Locked(String),
    /// The service has no place for a secret.
    #[error("the keyring has no default collection ({0})")]
    NoCollection(String),
    /// The keyring did not answer in time.
    #[error("the keyring did not answer within {} s", .0.as_secs())]
    TimedOut(Duration),
    /// The user ended the program during the wait for the keyring.
    #[error("interrupted")]
    Interrupted,
    /// Any other failure of the keyring.
    #[error("the keyring failed: {0}")]
    Failed(String),
    /// A file of the store.
    #[error(transparent)]
    File(#[from] FileError),
    /// A malformed line in the file of backup codes.
    #[error("line {line} of {path} is malformed")]
    BadCodesFile {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// A file is encrypted, and nothing was given that could open it.
    #[error("{path} is encrypted {}", match .with {
        Lock::Passphrase => "with a passphrase",
        Lock::Key => "for an age or SSH key",
    })]
    Encrypted {
        /// The file.
        path: PathBuf,
        /// What opens it.
        with: Lock,
    },
    /// What was given does not open an encrypted file.
    #[error("the {} does not open {path}", match .with {
        Lock::Passphrase => "passphrase",
        Lock::Key => "identity",
    })]
    Unopened {
        /// The file.
        path: PathBuf,
        /// What opens it.
        with: Lock,
    },
    /// An encrypted file that is cut, changed, or takes more work than one of ours.
    #[error("{} is damaged: scw cannot decrypt it", .0.display())]
    Damaged(PathBuf),
}
