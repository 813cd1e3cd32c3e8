//! A small file that belongs to the run that wrote it for as long as that run lives.

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use zeroize::Zeroizing;

use super::{DataDir, FileError, open_regular, temporary::is_linked};

/// A claim, and what the file holds.
pub(crate) type Claimed = (Claim, Zeroizing<Vec<u8>>);

/// A file that this run wrote, or took over from a run that is gone. Other runs leave it alone
/// until this one ends.
#[derive(Debug)]
pub(crate) struct Claim {
    path: PathBuf,
    _file: File,
}

impl Claim {
    /// Writes a file that other runs leave alone from its first moment on.
    ///
    /// # Errors
    /// [`FileError`] when it cannot be written.
    pub(crate) fn write(data: &DataDir, path: &Path, content: &[u8]) -> Result<Self, FileError> {
        let (path, file) = data.reserve(path)?.commit_and_hold(content)?;
        Ok(Self { path, _file: file })
    }

    /// Takes over the file of a run that is gone, and reads it; nothing where there is no file,
    /// or its run goes on.
    ///
    /// # Errors
    /// [`FileError`] when it cannot be read.
    pub(crate) fn take(path: &Path) -> Result<Option<Claimed>, FileError> {
        super::data_dir::check_owned(path)?;
        let Some(file) = open_regular(path)? else {
            return Ok(None);
        };
        if file.try_lock().is_err() || !is_linked(&file) {
            return Ok(None);
        }
        let Some(content) = super::read_small(path)? else {
            return Ok(None);
        };
        let path = path.to_owned();
        Ok(Some((Self { path, _file: file }, content)))
    }

    /// Where the file is.
    #[must_use]
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Removes the file.
    ///
    /// # Errors
    /// [`FileError::Io`] when it stays.
    pub(crate) fn remove(self) -> Result<(), FileError> {
        super::remove(&self.path).map(drop)
    }
}
