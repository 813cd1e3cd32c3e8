//! Secrets in files of their own, 0600 in a 0700 folder. Only ever on explicit request.

use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};

use super::{SecretStore, StoreError};
use crate::{fsutil, model::ProfileName};

/// One file a profile, below one folder.
#[derive(Debug)]
pub struct FileStore {
    folder: PathBuf,
}

impl FileStore {
    /// Keeps secrets below `data_dir`.
    #[must_use]
    pub fn new(data_dir: &Path) -> Self {
        Self {
            folder: data_dir.join("secrets"),
        }
    }

    /// The file of a profile.
    #[must_use]
    pub fn path(&self, profile: &ProfileName) -> PathBuf {
        self.folder.join(profile.as_str())
    }
}

impl SecretStore for FileStore {
    fn get(&self, profile: &ProfileName) -> Result<SecretString, StoreError> {
        let path = self.path(profile);
        let content = fsutil::read_small(&path)?.ok_or(StoreError::NotFound)?;
        fsutil::check_private(&path)?;
        let text = std::str::from_utf8(&content)
            .map_err(|_| StoreError::Failed("the file holds no text".to_owned()))?;
        Ok(SecretString::from(text.trim()))
    }

    fn set(&self, profile: &ProfileName, secret: &SecretString) -> Result<(), StoreError> {
        fsutil::write_private(&self.path(profile), secret.expose_secret().as_bytes())?;
        Ok(())
    }

    fn delete(&self, profile: &ProfileName) -> Result<bool, StoreError> {
        Ok(fsutil::remove(&self.path(profile))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_comes_back_and_goes_away() {
        let root = tempfile::tempdir().unwrap();
        let store = FileStore::new(root.path());
        let profile = ProfileName::default();
        assert!(matches!(store.get(&profile), Err(StoreError::NotFound)));
        store.set(&profile, &SecretString::from("s3cret")).unwrap();
        assert_eq!(store.get(&profile).unwrap().expose_secret(), "s3cret");
        assert!(store.delete(&profile).unwrap());
        assert!(!store.delete(&profile).unwrap());
    }

    #[cfg(unix)]
    #[test]
    fn a_secret_that_others_can_read_is_not_used() {
        use std::os::unix::fs::PermissionsExt;

        let root = tempfile::tempdir().unwrap();
        let store = FileStore::new(root.path());
        let profile = ProfileName::default();
        store.set(&profile, &SecretString::from("s3cret")).unwrap();
        let open = std::fs::Permissions::from_mode(0o644);
        std::fs::set_permissions(store.path(&profile), open).unwrap();
        assert!(matches!(store.get(&profile), Err(StoreError::File(_))));
    }
}
