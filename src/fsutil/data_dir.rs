//! The folder for everything that this program keeps on a machine.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::{
    FileError, Reservation,
    private::{NOWHERE, real_target},
    temporary,
};

/// The folders below the data folder in which private files are written.
const FOLDERS: [&str; 4] = [".", "backup-codes", "secrets", "pending-keys"];

/// The data folder. It may not exist yet; where it does, no other user can write in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DataDir {
    path: PathBuf,
}

impl DataDir {
    /// The data folder at `path`, an absolute path.
    ///
    /// Its files decide where secrets are sent, so a folder that other users can write in, or that
    /// belongs to another user, is refused. A missing folder is not created yet.
    ///
    /// # Errors
    /// [`FileError::Untrusted`], and [`FileError::Io`] when it cannot be looked at.
    pub(crate) fn at(path: PathBuf) -> Result<Self, FileError> {
        let data = Self { path };
        for folder in FOLDERS {
            // Without the dot, which would be shown.
            let folder: PathBuf = data.join(folder).components().collect();
            check_owned(&folder)?;
        }
        Ok(data)
    }

    /// A data folder in which nothing is and nothing can be kept.
    #[must_use]
    pub(crate) fn nowhere() -> Self {
        Self {
            path: Path::new(NOWHERE).join("scw-2fa"),
        }
    }

    /// The path of something below it.
    #[must_use]
    pub(crate) fn join(&self, below: impl AsRef<Path>) -> PathBuf {
        self.path.join(below)
    }

    /// Takes the place of a private file, anywhere on the machine.
    ///
    /// # Errors
    /// [`FileError`] when it cannot be written.
    pub(crate) fn reserve(&self, target: &Path) -> Result<Reservation, FileError> {
        let target = real_target(target)?;
        let inside = target
            .parent()
            .is_some_and(|folder| FOLDERS.iter().any(|name| folder == self.join(name)));
        let notes = self.join(temporary::NOTES);
        Reservation::take(target, (!inside).then_some(notes.as_path()))
    }

    /// Writes a private file (0600) whole or not at all: temporary file, sync, rename, sync.
    ///
    /// # Errors
    /// [`FileError`]; the old content is then still there.
    pub(crate) fn write(&self, target: &Path, content: &[u8]) -> Result<PathBuf, FileError> {
        self.reserve(target)?.commit(content)
    }

    /// Removes the temporary files of interrupted runs, and returns their paths. Those of runs that
    /// go on stay.
    #[must_use]
    pub(crate) fn sweep(&self) -> Vec<PathBuf> {
        let folders = FOLDERS.map(|name| self.join(name));
        temporary::sweep(&folders, &self.join(temporary::NOTES))
    }
}

/// Refuses a file or folder that another user can write, since its content decides where secrets
/// go. One that does not exist is fine.
///
/// # Errors
/// [`FileError::Untrusted`], and [`FileError::Io`] when it cannot be looked at.
#[cfg(unix)]
pub(super) fn check_owned(path: &Path) -> Result<(), FileError> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    let found = match std::fs::metadata(path) {
        Ok(found) => found,
        Err(err) if err.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(err) => return Err(super::io_error("could not read", path)(err)),
    };
    let untrusted = |why, fix| FileError::Untrusted {
        path: path.to_owned(),
        why,
        fix,
    };
    let me = rustix::process::geteuid().as_raw();
    // The superuser can change everything anyway.
    if found.uid() != me && found.uid() != 0 {
        return Err(untrusted(
            "it belongs to another user",
            format!(
                "check who owns {}, then remove it or choose another place",
                path.display()
            ),
        ));
    }
    // Everybody writes into a device like /dev/null, and nothing stays there.
    if !found.is_file() && !found.is_dir() {
        return Err(FileError::InTheWay {
            path: path.to_owned(),
            what: "not a regular file",
        });
    }
    if found.permissions().mode() & 0o022 != 0 {
        return Err(untrusted(
            "other users of this machine can change it",
            format!(
                "check what is in it, then run `chmod go-w {}`",
                path.display()
            ),
        ));
    }
    Ok(())
}

/// Windows keeps a user's own folders private by access lists, which are not examined here.
///
/// # Errors
/// None.
#[cfg(not(unix))]
pub(super) fn check_owned(_path: &Path) -> Result<(), FileError> {
    Ok(())
}

/// Reads a small file that decides where secrets go; nothing where it does not exist.
///
/// # Errors
/// As [`super::read_small`], and [`FileError::Untrusted`] where another user can write it.
pub(crate) fn read_owned(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, FileError> {
    check_owned(path)?;
    super::read_small(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    // Issue 10, 7
    #[test]
    fn without_a_home_nothing_is_found_and_nothing_is_written() {
        let nowhere = DataDir::nowhere();
        let file = nowhere.join("profiles.toml");
        assert!(read_owned(&file).unwrap().is_none());
        assert!(nowhere.sweep().is_empty());
        let refused = nowhere.write(&file, b"x");
        assert!(matches!(refused, Err(FileError::NoHome)), "{refused:?}");
    }
}
