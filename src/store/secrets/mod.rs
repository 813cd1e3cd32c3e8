//! Where the secrets of logins are kept on this machine.

mod encrypted;
mod file;
mod keyring;
mod patience;
#[cfg(target_os = "linux")]
mod service;

use secrecy::SecretString;

use encrypted::EncryptedStore;
pub(crate) use encrypted::profile_of;
use file::FileStore;
use keyring::KeyringStore;

use super::{Key, StoreError};
use crate::{
    fsutil::DataDir,
    model::{SecretName, StorageKind},
    process::on_thread,
};

/// A place that keeps secrets by name.
pub(crate) trait SecretStore: Send {
    /// Reads a secret.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where there is none.
    fn get(&self, name: &SecretName) -> Result<SecretString, StoreError>;

    /// Reads a secret that is about to be revoked, also one that others could have read: that one
    /// above all.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where there is none.
    fn get_to_revoke(&self, name: &SecretName) -> Result<SecretString, StoreError>;

    /// Finds out whether a secret is there and can be read, as far as that needs no person: a keyring
    /// opens no window to be unlocked.
    ///
    /// # Errors
    /// As [`SecretStore::get`].
    fn look(&self, name: &SecretName) -> Result<(), StoreError> {
        self.get(name).map(drop)
    }

    /// Keeps a secret, replacing the one before.
    ///
    /// # Errors
    /// Any [`StoreError`] of the place.
    fn set(&self, name: &SecretName, secret: &SecretString) -> Result<(), StoreError>;

    /// Checks that a secret can be stored, without storing one.
    ///
    /// # Errors
    /// Any [`StoreError`] of the place but [`StoreError::NotFound`].
    fn check(&self, name: &SecretName) -> Result<(), StoreError>;

    /// Where a secret is, for people: a path, or the label of a keyring entry.
    fn location(&self, name: &SecretName) -> String;

    /// Removes the secret; `false` where there was none.
    ///
    /// # Errors
    /// Any [`StoreError`] of the place but [`StoreError::NotFound`].
    fn delete(&self, name: &SecretName) -> Result<bool, StoreError>;
}

/// Where a secret is, for people: a path, or the label of a keyring entry.
#[must_use]
pub(crate) fn location(kind: StorageKind, data: &DataDir, name: &SecretName) -> String {
    store(kind, data, None).location(name)
}

fn store(kind: StorageKind, data: &DataDir, key: Option<Key>) -> Box<dyn SecretStore> {
    match kind {
        StorageKind::Keyring => Box::new(KeyringStore),
        StorageKind::Encrypted => Box::new(EncryptedStore::new(data, key)),
        StorageKind::File => Box::new(FileStore::new(data)),
    }
}

/// Does one thing with the place of a kind, without blocking the event loop. An encrypted file
/// needs a key to be read or kept.
///
/// # Errors
/// What the place says.
pub(crate) async fn with_store<T: Send + 'static>(
    kind: StorageKind,
    data: &DataDir,
    key: Option<Key>,
    work: impl FnOnce(&dyn SecretStore) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let store = store(kind, data, key);
    on_thread(move || work(&*store))
        .await
        .unwrap_or_else(|| Err(StoreError::Failed("its library crashed".to_owned())))
}
