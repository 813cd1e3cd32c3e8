//! The file of one user's backup codes.
//!
//! What changes the file takes a [`FileLock`] that the caller holds: [`CodesFile::lock_path`].
//! Reading needs none, since the file is replaced as a whole.

use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use sha1::{Digest, Sha1};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::SavedCodes;
use crate::{
    fsutil::{self, DataDir, FileError, FileLock, LockFile, Reservation},
    model::{BackupCodes, UserId},
    store::{Encryption, Key, StoreError, seal},
};

/// Extension of a file in clear, and of an encrypted one.
const CLEAR: &str = "txt";
const ENCRYPTED: &str = "age";

/// Where the codes of one user lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CodesFile {
    data: DataDir,
    user: UserId,
    path: PathBuf,
}

/// What marking the codes of a second factor that is gone came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Voided {
    /// So many codes were unused and are marked as void now.
    Marked(usize),
    /// The file is encrypted and was not opened, so its codes are void but cannot be marked.
    Encrypted,
    /// No unused codes are saved there.
    Nothing,
}

impl CodesFile {
    /// The usual place below the data folder.
    #[must_use]
    pub(crate) fn usual(data: &DataDir, user: &UserId, encrypted: bool) -> Self {
        let extension = if encrypted { ENCRYPTED } else { CLEAR };
        let path = folder(data).join(format!("{user}.{extension}"));
        Self::at(data, user, path)
    }

    /// A place of the user's choice.
    #[must_use]
    pub(crate) fn at(data: &DataDir, user: &UserId, path: PathBuf) -> Self {
        Self {
            data: data.clone(),
            user: user.clone(),
            path,
        }
    }

    /// The users whose codes lie in the usual place.
    #[must_use]
    pub(crate) fn users(data: &DataDir) -> Vec<UserId> {
        let mut users: Vec<UserId> = [CLEAR, ENCRYPTED]
            .into_iter()
            .flat_map(|extension| fsutil::files_with_extension(&folder(data), extension))
            .filter_map(|path| UserId::parse(path.file_stem()?.to_str()?).ok())
            .collect();
        users.sort();
        users.dedup();
        users
    }

    /// Whose codes they are.
    #[must_use]
    pub(crate) fn user(&self) -> &UserId {
        &self.user
    }

    /// The file.
    #[must_use]
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The lock for every change to this user's codes and second factor on this machine.
    #[must_use]
    pub(crate) fn lock_path(&self) -> LockFile {
        let path = folder(&self.data).join(format!(".{}.lock", self.user));
        LockFile::new(path, "the backup codes")
    }

    /// Whether there is something.
    #[must_use]
    pub(crate) fn exists(&self) -> bool {
        fsutil::exists(&self.path)
    }

    fn content(&self) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
        Ok(fsutil::read_small(&self.path)?)
    }

    /// Tells one content of the file from another; nothing where there is no file.
    ///
    /// # Errors
    /// [`StoreError::File`] when it cannot be read.
    pub(crate) fn digest(&self) -> Result<Option<String>, StoreError> {
        Ok(self
            .content()?
            .map(|content| HEXLOWER.encode(&Sha1::digest(content.as_slice()))))
    }

    /// Takes the place for new codes, before they exist.
    ///
    /// # Errors
    /// [`StoreError::File`] when it cannot be written, or holds something that is no file of
    /// backup codes.
    pub(crate) fn reserve(&self, _lock: &FileLock) -> Result<Reserved, StoreError> {
        if let Some(content) = self.content()? {
            let ours = SavedCodes::starts(&content) || seal::is_sealed(&content);
            if !ours && !content.is_empty() {
                return Err(FileError::InTheWay {
                    path: self.path.clone(),
                    what: "not a file of backup codes",
                }
                .into());
            }
        }
        Ok(Reserved {
            place: self.data.reserve(&self.path)?,
        })
    }

    /// Reads the codes, opened with `key` where they are encrypted; nothing where there is no file.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read or opened, is open to others, or is not
    /// understood.
    pub(crate) fn load(&self, key: Option<&Key>) -> Result<Option<SavedCodes>, StoreError> {
        Ok(self.read(key)?.map(|(codes, _)| codes))
    }

    /// Whether the codes are encrypted.
    ///
    /// # Errors
    /// [`StoreError::File`] when the file cannot be read.
    pub(crate) fn is_encrypted(&self) -> Result<bool, StoreError> {
        Ok(self
            .content()?
            .is_some_and(|content| seal::is_sealed(&content)))
    }

    /// The codes, with the key that has to seal them again.
    fn read<'k>(
        &self,
        key: Option<&'k Key>,
    ) -> Result<Option<(SavedCodes, Option<&'k Key>)>, StoreError> {
        let Some(content) = self.content()? else {
            return Ok(None);
        };
        if seal::is_sealed(&content) {
            let clear = seal::open(&content, key, &self.path)?;
            return Ok(Some((SavedCodes::parse(&clear, &self.path)?, key)));
        }
        fsutil::check_private(&self.path)?;
        Ok(Some((SavedCodes::parse(&content, &self.path)?, None)))
    }

    /// Writes the codes, for those that they were encrypted for before. A file that does not name
    /// them is encrypted for the key that opened it.
    fn write(&self, mut codes: SavedCodes, key: Option<&Key>) -> Result<(), StoreError> {
        let failed = || fsutil::io_error("could not encrypt", &self.path);
        let content = match key {
            None => codes.to_text().as_bytes().to_vec().into(),
            Some(key) => {
                if let Key::Identity(identity) = key
                    && codes.encrypted_for().is_none()
                {
                    let encryption = identity.encryption();
                    let encryption =
                        encryption.map_err(|err| failed()(std::io::Error::other(err)))?;
                    codes.set_encrypted_for(Some(&encryption));
                }
                let text = codes.to_text();
                let sealed = match codes.encrypted_for() {
                    Some(encryption) => encryption.seal(text.as_bytes()),
                    None => seal::seal(text.as_bytes(), key),
                };
                Zeroizing::new(sealed.map_err(failed())?)
            }
        };
        self.data.write(&self.path, &content)?;
        Ok(())
    }

    /// Changes the saved codes, and makes the change durable before it returns what `change`
    /// returns. Nothing where there is no file.
    ///
    /// # Errors
    /// As [`CodesFile::load`], and when the file cannot be written; it is then unchanged.
    pub(crate) fn update<T>(
        &self,
        _lock: &FileLock,
        key: Option<&Key>,
        change: impl FnOnce(&mut SavedCodes) -> T,
    ) -> Result<Option<T>, StoreError> {
        let Some((mut codes, key)) = self.read(key)? else {
            return Ok(None);
        };
        let before = codes.clone();
        let result = change(&mut codes);
        if codes != before {
            self.write(codes, key)?;
        }
        Ok(Some(result))
    }

    /// Encrypts the codes for others, or for nobody any more where `encryption` is nothing, and
    /// tells where they are then; nothing where there is no file. The content is replaced in one
    /// step and renamed after it, so that the codes have a name at every moment.
    ///
    /// # Errors
    /// As [`CodesFile::update`].
    pub(crate) fn change_encryption(
        &self,
        _lock: &FileLock,
        key: Option<&Key>,
        encryption: Option<&Encryption>,
    ) -> Result<Option<Self>, StoreError> {
        let Some((mut codes, _)) = self.read(key)? else {
            return Ok(None);
        };
        codes.set_encrypted_for(encryption);
        let text = codes.to_text();
        match encryption {
            None => self.data.write(&self.path, text.as_bytes())?,
            Some(encryption) => {
                let sealed = encryption
                    .seal(text.as_bytes())
                    .map_err(fsutil::io_error("could not encrypt", &self.path))?;
                self.data.write(&self.path, &sealed)?
            }
        };
        self.with_usual_name(encryption.is_some()).map(Some)
    }

    /// Gives a file in the usual place the extension that says whether it is encrypted.
    fn with_usual_name(&self, encrypted: bool) -> Result<Self, StoreError> {
        let other = Self::usual(&self.data, &self.user, !encrypted);
        if *self != other {
            return Ok(self.clone());
        }
        let named = Self::usual(&self.data, &self.user, encrypted);
        fsutil::rename(&self.path, &named.path)?;
        Ok(named)
    }

    /// Marks every unused code as void: the second factor that they belong to is gone since `now`.
    ///
    /// # Errors
    /// As [`CodesFile::update`].
    pub(crate) fn void(
        &self,
        lock: &FileLock,
        key: Option<&Key>,
        now: OffsetDateTime,
    ) -> Result<Voided, StoreError> {
        match self.update(lock, key, |codes| codes.void(now)) {
            Ok(None | Some(0)) => Ok(Voided::Nothing),
            Ok(Some(marked)) => Ok(Voided::Marked(marked)),
            Err(StoreError::Encrypted { .. }) => Ok(Voided::Encrypted),
            Err(err) => Err(err),
        }
    }

    /// Removes the file; `false` where there was none.
    ///
    /// # Errors
    /// [`StoreError::File`] when it stays.
    pub(crate) fn remove(&self, _lock: &FileLock) -> Result<bool, StoreError> {
        Ok(fsutil::remove(&self.path)?)
    }
}

/// The folder of saved codes, and of what is known of changes to a second factor that were cut.
pub(super) fn folder(data: &DataDir) -> PathBuf {
    data.join("backup-codes")
}

/// A place for codes that is proven writable.
#[derive(Debug)]
pub(crate) struct Reserved {
    place: Reservation,
}

impl Reserved {
    /// Where the codes will be.
    #[must_use]
    pub(crate) fn path(&self) -> &Path {
        self.place.target()
    }

    /// Writes the codes durably, encrypted where asked, and reads them back.
    ///
    /// # Errors
    /// [`StoreError`] when they cannot be kept; what was there before is then still there.
    pub(crate) fn save(
        self,
        codes: &BackupCodes,
        account: &str,
        now: OffsetDateTime,
        encryption: Option<&Encryption>,
    ) -> Result<PathBuf, StoreError> {
        let mut saved = SavedCodes::new(codes, account, now);
        saved.set_encrypted_for(encryption);
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
                    .map_err(fsutil::io_error("could not encrypt", self.place.target()))?;
                self.place.commit(&sealed)?
            }
        })
    }
}
