//! The data file: its owner's alone, and one server's at a time.

use std::{
    fs::{self, File, OpenOptions, Permissions, TryLockError},
    io::{self, Read, Seek, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

/// What may be read and written by the owner alone.
const PRIVATE: u32 = 0o600;

/// What the mode of a file says about everybody but its owner.
const OTHERS: u32 = 0o077;

/// The data file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It cannot be made or opened.
    #[error("{}: the data file cannot be opened: {source}", path.display())]
    Open {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Others can read it, and that cannot be changed.
    #[error("{}: others can read this file, and its mode cannot be changed to 0600: {source}", path.display())]
    Mode {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It is something else, such as a text file or a device. It was left as it is.
    #[error("{}: this is not a data file", path.display())]
    Other {
        /// Which file.
        path: PathBuf,
    },
    /// It has several names (hard links). Each name would have a lock and a log of its own.
    #[error("{}: this data file has several names (hard links)", path.display())]
    Linked {
        /// Which file.
        path: PathBuf,
    },
    /// Another server works with it.
    #[error("{}: another scw-sandbox is using this data file{}", path.display(), named(*process))]
    InUse {
        /// Which file.
        path: PathBuf,
        /// The other server's process id, where it could be read.
        process: Option<u32>,
    },
}

fn named(process: Option<u32>) -> String {
    process.map_or_else(String::new, |id| format!(" (process {id})"))
}

/// A data file that is this server's as long as this lives.
///
/// The system gives the lock back however the process ends. The lock is a file of its own: SQLite
/// loses its locks when a process closes the data file that it also opened itself
/// (<https://sqlite.org/howtocorrupt.html>, 2.2). That file stays: whoever removed it could remove
/// it from under a server that has just locked it.
#[derive(Debug)]
pub(super) struct DataFile {
    /// The file by its own name, which links lead to.
    pub(super) path: PathBuf,
    /// What was changed about files that were there, for the person.
    pub(super) notes: Vec<String>,
    lock: File,
}

impl DataFile {
    /// Makes the file where it is missing, and locks it. Its mode is 0600 from the beginning, and
    /// SQLite gives the files beside it the same one. A file that others can read is changed, and
    /// so are those beside it.
    ///
    /// # Errors
    /// [`FileError`].
    pub(super) fn take(path: &Path) -> Result<Self, FileError> {
        // Nothing is held open: see above. An empty file is a new database.
        open(path)?;
        // Two names of one file lead to one lock.
        let path = fs::canonicalize(path).map_err(|err| cannot_open(path, err))?;
        check(&path)?;
        let lock = lock(&path)?;
        let mut notes = Vec::new();
        for suffix in ["", "-wal", "-shm", "-journal"] {
            notes.extend(keep_to_owner(&beside(&path, suffix))?);
        }
        Ok(Self { path, notes, lock })
    }
}

impl Drop for DataFile {
    /// Gives the lock back at once. A program that this process starts just now has a copy of the
    /// open file until it runs, and the lock would last as long as that.
    fn drop(&mut self) {
        // The system gives it back at the end of the process in any case.
        let _ = self.lock.unlock();
    }
}

fn cannot_open(path: &Path, source: io::Error) -> FileError {
    FileError::Open {
        path: path.to_owned(),
        source,
    }
}

/// Refuses what is no data file before anything about it is changed.
fn check(path: &Path) -> Result<(), FileError> {
    /// How a data file begins (<https://sqlite.org/fileformat.html>, 1.3).
    const START: &[u8] = b"SQLite format 3\0";

    let failed = |err| cannot_open(path, err);
    let metadata = fs::metadata(path).map_err(failed)?;
    let mut start = Vec::new();
    if metadata.is_file() {
        let file = File::open(path).map_err(failed)?;
        file.take(16).read_to_end(&mut start).map_err(failed)?;
    }
    let path = path.to_owned();
    if !metadata.is_file() || !(start.is_empty() || start == START) {
        Err(FileError::Other { path })
    } else if metadata.nlink() > 1 {
        Err(FileError::Linked { path })
    } else {
        Ok(())
    }
}

/// The name of a file beside another.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Opens a file to be read and written, or makes it.
fn open(path: &Path) -> Result<File, FileError> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(PRIVATE)
        .open(path)
        .map_err(|err| cannot_open(path, err))
}

fn lock(path: &Path) -> Result<File, FileError> {
    let lock_path = beside(path, ".lock");
    let mut file = open(&lock_path)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut text = String::new();
            // Without an id the refusal is as good.
            let _ = file.read_to_string(&mut text);
            return Err(FileError::InUse {
                path: path.to_owned(),
                process: text.trim().parse().ok(),
            });
        }
        Err(TryLockError::Error(err)) => return Err(cannot_open(&lock_path, err)),
    }
    // The id is for people: a full disk does not keep a server from its file.
    let _ = file
        .set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| writeln!(file, "{}", std::process::id()));
    Ok(file)
}

/// Takes everybody's but the owner's rights to a file away, and says so.
fn keep_to_owner(path: &Path) -> Result<Option<String>, FileError> {
    let mode = match fs::metadata(path) {
        Ok(metadata) => metadata.permissions().mode(),
        Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(err) => return Err(cannot_open(path, err)),
    };
    if mode & OTHERS == 0 {
        return Ok(None);
    }
    fs::set_permissions(path, Permissions::from_mode(PRIVATE)).map_err(|source| {
        FileError::Mode {
            path: path.to_owned(),
            source,
        }
    })?;
    Ok(Some(format!(
        "{}: others could read this file; its mode is 0600 now",
        path.display()
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    // Issue 11, 6: a file that is let go can be taken at once, though a program that was just
    // started still has the open lock.
    #[test]
    fn a_lock_that_a_started_program_has_inherited_keeps_nobody_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sandbox.db");
        let first = DataFile::take(&path).unwrap();
        let inherited = first.lock.try_clone().unwrap();
        assert!(DataFile::take(&path).is_err());
        drop(first);
        DataFile::take(&path).unwrap();
        drop(inherited);
    }

    // Issue 11, 6: a file that is no data file was made private, and got a lock beside it.
    #[test]
    fn a_file_that_is_no_data_file_or_has_two_names_is_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let text = folder.path().join("notes.txt");
        fs::write(&text, "not a database").unwrap();
        fs::set_permissions(&text, Permissions::from_mode(0o644)).unwrap();
        let refused = DataFile::take(&text).unwrap_err();
        assert!(matches!(refused, FileError::Other { .. }), "{refused}");
        assert_eq!(fs::metadata(&text).unwrap().mode() & 0o777, 0o644);
        assert!(!folder.path().join("notes.txt.lock").exists());

        let data = folder.path().join("sandbox.db");
        fs::write(&data, "").unwrap();
        fs::hard_link(&data, folder.path().join("second.db")).unwrap();
        let refused = DataFile::take(&data).unwrap_err();
        assert!(matches!(refused, FileError::Linked { .. }), "{refused}");
    }
}
