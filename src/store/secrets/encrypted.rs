//! Secrets in encrypted files of their own, for machines without a keyring.

use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};

use super::file::text_of;
use crate::{
    fsutil::{self, DataDir},
    model::SecretName,
    store::{Key, SecretStore, StoreError, seal},
};

/// The folder of the files, below the data folder.
const FOLDER: &str = "secrets";

/// The profile whose secret an encrypted file holds; nothing where it is another kind of file.
#[must_use]
pub(crate) fn profile_of(path: &Path) -> Option<&str> {
    let (profile, _) = path.file_stem()?.to_str()?.split_once('~')?;
    (path.parent()?.file_name()? == FOLDER).then_some(profile)
}

/// One encrypted file a secret, below one folder.
#[derive(Debug)]
pub(super) struct EncryptedStore {
    data: DataDir,
    key: Option<Key>,
}

impl EncryptedStore {
    /// Keeps secrets below the data folder. Only reading and keeping them needs a key.
    #[must_use]
    pub(super) fn new(data: &DataDir, key: Option<Key>) -> Self {
        Self {
            data: data.clone(),
            key,
        }
    }

    /// The file of a secret. A tilde stands in front of the extension, since the name of a profile
    /// may end in `.age` and holds no tilde: the file of no other secret has this name.
    #[must_use]
    fn path(&self, name: &SecretName) -> PathBuf {
        let name = name.as_str();
        let slot = if name.contains('~') { "" } else { "~1" };
        self.data.join(FOLDER).join(format!("{name}{slot}.age"))
    }
}

impl SecretStore for EncryptedStore {
    fn get(&self, name: &SecretName) -> Result<SecretString, StoreError> {
        let path = self.path(name);
        let content = fsutil::read_owned(&path)?.ok_or(StoreError::NotFound)?;
        let clear = seal::open(&content, self.key.as_ref(), &path)?;
        text_of(&clear, &path)
    }

    fn get_to_revoke(&self, name: &SecretName) -> Result<SecretString, StoreError> {
        self.get(name)
    }

    fn look(&self, name: &SecretName) -> Result<(), StoreError> {
        match self.get(name) {
            // It is there, and opening it takes a person.
            Ok(_) | Err(StoreError::Encrypted { .. }) => Ok(()),
            Err(err) => Err(err),
        }
    }

    fn set(&self, name: &SecretName, secret: &SecretString) -> Result<(), StoreError> {
        let path = self.path(name);
        let failed = || fsutil::io_error("could not encrypt", &path);
        let key = self
            .key
            .as_ref()
            .ok_or_else(|| failed()(std::io::Error::other("there is no key to encrypt it with")))?;
        let sealed = seal::seal(secret.expose_secret().as_bytes(), key).map_err(failed())?;
        self.data.write(&path, &sealed)?;
        Ok(())
    }

    fn check(&self, _name: &SecretName) -> Result<(), StoreError> {
        Ok(())
    }

    fn location(&self, name: &SecretName) -> String {
        self.path(name).display().to_string()
    }

    fn delete(&self, name: &SecretName) -> Result<bool, StoreError> {
        Ok(fsutil::remove(&self.path(name))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ProfileName, Slot};

    // Issue 10, 7
    #[test]
    fn no_two_secrets_share_a_file_whatever_their_profiles_are_called() {
        let root = tempfile::tempdir().unwrap();
        let data = DataDir::at(root.path().to_owned()).unwrap();
        let encrypted = EncryptedStore::new(&data, None);
        let plain = super::super::FileStore::new(&data);
        let mut seen = std::collections::BTreeSet::new();
        for profile in ["a", "a.age", "a.age.age"] {
            let profile: ProfileName = profile.parse().unwrap();
            for slot in [Slot::First, Slot::Second] {
                let name = SecretName::of(&profile, slot);
                assert!(seen.insert(encrypted.location(&name)));
                assert!(seen.insert(plain.location(&name)));
            }
        }
    }
}
