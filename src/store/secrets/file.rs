//! Secrets in files of their own, 0600 in a 0700 folder. Only ever on explicit request.

use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};

use crate::{
    fsutil::{self, DataDir, FileError},
    model::SecretName,
    store::{SecretStore, StoreError},
};

/// One file a secret, below one folder.
#[derive(Debug)]
pub(super) struct FileStore {
    data: DataDir,
}

impl FileStore {
    /// Keeps secrets below the data folder.
    #[must_use]
    pub(super) fn new(data: &DataDir) -> Self {
        Self { data: data.clone() }
    }

    /// The file of a secret.
    #[must_use]
    fn path(&self, name: &SecretName) -> PathBuf {
        self.data.join("secrets").join(name.as_str())
    }
}

impl SecretStore for FileStore {
    fn get(&self, name: &SecretName) -> Result<SecretString, StoreError> {
        let path = self.path(name);
        let content = fsutil::read_owned(&path)?.ok_or(StoreError::NotFound)?;
        fsutil::check_private(&path)?;
        text_of(&content, &path)
    }

    fn get_to_revoke(&self, name: &SecretName) -> Result<SecretString, StoreError> {
        let path = self.path(name);
        let content = fsutil::read_small(&path)?.ok_or(StoreError::NotFound)?;
        text_of(&content, &path)
    }

    fn set(&self, name: &SecretName, secret: &SecretString) -> Result<(), StoreError> {
        self.data
            .write(&self.path(name), secret.expose_secret().as_bytes())?;
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

pub(super) fn text_of(content: &[u8], path: &Path) -> Result<SecretString, StoreError> {
    let text = std::str::from_utf8(content).map_err(|_| FileError::InTheWay {
        path: path.to_owned(),
        what: "not a text file",
    })?;
    Ok(SecretString::from(text.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ProfileName, Slot};

    fn store() -> (tempfile::TempDir, FileStore, SecretName) {
        let root = tempfile::tempdir().unwrap();
        let data = DataDir::at(root.path().to_owned()).unwrap();
        let name = SecretName::of(&ProfileName::default(), Slot::Second);
        (root, FileStore::new(&data), name)
    }

    #[test]
    fn a_secret_comes_back_and_goes_away() {
        let (_root, store, name) = store();
        assert!(matches!(store.get(&name), Err(StoreError::NotFound)));
        store.set(&name, &SecretString::from("s3cret")).unwrap();
        assert_eq!(store.get(&name).unwrap().expose_secret(), "s3cret");
        assert!(store.delete(&name).unwrap());
        assert!(!store.delete(&name).unwrap());
    }

    // Issue 7, 19
    #[cfg(unix)]
    #[test]
    fn a_secret_that_others_can_read_is_only_good_for_revoking_its_key() {
        use std::os::unix::fs::PermissionsExt;

        let (_root, store, name) = store();
        store.set(&name, &SecretString::from("s3cret")).unwrap();
        let open = std::fs::Permissions::from_mode(0o644);
        std::fs::set_permissions(store.path(&name), open).unwrap();
        assert!(matches!(store.get(&name), Err(StoreError::File(_))));
        assert_eq!(
            store.get_to_revoke(&name).unwrap().expose_secret(),
            "s3cret"
        );
    }
}
