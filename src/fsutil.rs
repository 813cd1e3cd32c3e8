//! Files that hold secrets: written whole or not at all, readable by their owner only.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;
use zeroize::Zeroizing;

/// How much room a reservation proves to be there, in bytes. Ten backup codes and their heading
/// take far less.
const RESERVED_BYTES: usize = 16 * 1024;

/// The largest file that is read into memory, in bytes.
const MAX_READ_BYTES: u64 = 1024 * 1024;

/// A file or folder that could not be read or written safely.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The operating system said no.
    #[error("{what} {path}: {source}")]
    Io {
        /// What was being done, as in "cannot write".
        what: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// Something stands in the way of a file that is to be written.
    #[error("{path} exists and is {what}, so it was left alone")]
    InTheWay {
        /// The path.
        path: PathBuf,
        /// What stands there.
        what: &'static str,
    },
    /// Others than the owner could read a secret.
    #[error("{path} can be read by others (mode {mode:04o})")]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// What was read back is not what was written.
    #[error("{path} does not hold what was written to it")]
    ReadBack {
        /// The file.
        path: PathBuf,
    },
    /// A file that should be small is not.
    #[error("{path} is larger than {MAX_READ_BYTES} bytes")]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
}

impl FileError {
    /// What the user can do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Io { path, source, .. } => match source.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                    format!("free some space where {} lies", path.display())
                }
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => format!(
                    "make {} writable for you, or name another place",
                    path.display()
                ),
                _ => format!("check {}", path.display()),
            },
            Self::InTheWay { .. } => "name another file".to_owned(),
            Self::Exposed { path, .. } => format!("run `chmod 600 {}`", path.display()),
            Self::ReadBack { .. } => "check the disk, or name another place".to_owned(),
            Self::TooLarge { .. } => "name the right file".to_owned(),
        }
    }
}

fn io_error(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> FileError {
    move |source| FileError::Io {
        what,
        path: path.to_owned(),
        source,
    }
}

/// A place for a private file, taken and proven writable before anything depends on it.
///
/// The temporary file lies beside the target and holds real blocks, so that a full disk shows
/// here and not after the secret exists. Dropped without [`Reservation::commit`], it vanishes
/// and the target is untouched.
#[derive(Debug)]
pub struct Reservation {
    temporary: NamedTempFile,
    target: PathBuf,
}

impl Reservation {
    /// Takes the place of `target`, making its folder (0700) where it is missing.
    ///
    /// A regular file that is there already is replaced by the commit, anything else refused.
    ///
    /// # Errors
    /// [`FileError`] when the folder or the file cannot be written.
    pub fn take(target: &Path) -> Result<Self, FileError> {
        // A symbolic link is followed to where the file really is, and stays a link.
        let target = match fs::canonicalize(target) {
            Ok(real) => {
                if !real.is_file() {
                    return Err(FileError::InTheWay {
                        path: target.to_owned(),
                        what: "no regular file",
                    });
                }
                real
            }
            Err(_) => std::path::absolute(target).map_err(io_error("cannot find", target))?,
        };
        let folder = target.parent().unwrap_or(Path::new("/"));
        create_private_dir(folder)?;
        let mut temporary = tempfile::Builder::new()
            .prefix(".scw-")
            .tempfile_in(folder)
            .map_err(io_error("cannot write in", folder))?;
        temporary
            .write_all(&[b' '; RESERVED_BYTES])
            .and_then(|()| temporary.as_file().sync_all())
            .map_err(io_error("cannot write in", folder))?;
        Ok(Self { temporary, target })
    }

    /// Where the file will be.
    #[must_use]
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Writes `content`, makes it durable, and reads it back from its final place.
    ///
    /// # Errors
    /// [`FileError`]; the target is then the old file or the whole new one.
    pub fn commit(self, content: &[u8]) -> Result<PathBuf, FileError> {
        use std::io::Seek;

        let Self {
            mut temporary,
            target,
        } = self;
        let failed = || io_error("cannot write", &target);
        // In place, over the blocks that are there already; cut to length last.
        temporary.rewind().map_err(failed())?;
        temporary.write_all(content).map_err(failed())?;
        temporary
            .as_file()
            .set_len(content.len() as u64)
            .and_then(|()| temporary.as_file().sync_all())
            .map_err(failed())?;
        temporary
            .persist(&target)
            .map_err(|err| failed()(err.error))?;
        if let Some(folder) = target.parent() {
            sync_dir(folder)?;
        }
        let back = Zeroizing::new(fs::read(&target).map_err(io_error("cannot read", &target))?);
        if back.as_slice() != content {
            return Err(FileError::ReadBack { path: target });
        }
        Ok(target)
    }
}

/// Writes a private file (0600) whole or not at all: temporary file, sync, rename, sync.
///
/// # Errors
/// [`FileError`]; the old content is then still there.
pub fn write_private(path: &Path, content: &[u8]) -> Result<PathBuf, FileError> {
    Reservation::take(path)?.commit(content)
}

/// Writes a file that holds no secret, with the usual permissions, making its folder.
///
/// # Errors
/// [`FileError::Io`] when it cannot be written.
pub fn write_public(path: &Path, content: &[u8]) -> Result<(), FileError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(io_error("cannot make the folder", folder))?;
    }
    fs::write(path, content).map_err(io_error("cannot write", path))
}

/// Makes a folder that only its owner can enter (0700), and its parents. One that exists is
/// left as it is.
///
/// # Errors
/// [`FileError::Io`] when it cannot be made.
pub fn create_private_dir(path: &Path) -> Result<(), FileError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder
        .create(path)
        .map_err(io_error("cannot make the folder", path))
}

#[cfg(unix)]
fn sync_dir(path: &Path) -> Result<(), FileError> {
    File::open(path)
        .and_then(|folder| folder.sync_all())
        .map_err(io_error("cannot sync", path))
}

#[cfg(not(unix))]
fn sync_dir(_path: &Path) -> Result<(), FileError> {
    Ok(())
}

/// Reads a small file; nothing where it does not exist.
///
/// # Errors
/// [`FileError`] when it cannot be read or is too large to be what it should be.
pub fn read_small(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, FileError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(err) => return Err(io_error("cannot read", path)(err)),
    };
    let mut content = Zeroizing::new(Vec::with_capacity(4096));
    file.take(MAX_READ_BYTES + 1)
        .read_to_end(&mut content)
        .map_err(io_error("cannot read", path))?;
    if content.len() as u64 > MAX_READ_BYTES {
        return Err(FileError::TooLarge {
            path: path.to_owned(),
        });
    }
    Ok(Some(content))
}

/// Refuses a file that others than its owner can read or write.
///
/// # Errors
/// [`FileError::Exposed`] when it is open to others, [`FileError::Io`] when it cannot be asked.
#[cfg(unix)]
pub fn check_private(path: &Path) -> Result<(), FileError> {
    use std::os::unix::fs::PermissionsExt;

    let mode = fs::metadata(path)
        .map_err(io_error("cannot read", path))?
        .permissions()
        .mode()
        & 0o777;
    let open_to_others = mode & 0o077;
    if open_to_others != 0 {
        return Err(FileError::Exposed {
            path: path.to_owned(),
            mode,
        });
    }
    Ok(())
}

/// Windows keeps a user's own folders private by access lists, which are not examined here.
///
/// # Errors
/// None.
#[cfg(not(unix))]
pub fn check_private(_path: &Path) -> Result<(), FileError> {
    Ok(())
}

/// Removes a file; one that is not there counts as removed.
///
/// # Errors
/// [`FileError::Io`] when it stays.
pub fn remove(path: &Path) -> Result<bool, FileError> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(err) if err.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(err) => Err(io_error("cannot remove", path)(err)),
    }
}

/// Whether something stands at `path`.
#[must_use]
pub fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// The files in a folder that have this extension, sorted; none where there is no folder.
#[must_use]
pub fn files_with_extension(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    files.sort();
    files
}

/// Holds an exclusive lock between processes for as long as it lives.
#[derive(Debug)]
pub struct FileLock {
    _file: File,
}

impl FileLock {
    /// Waits for the lock that the file at `path` stands for, making it where it is missing.
    ///
    /// # Errors
    /// [`FileError::Io`] when the file cannot be made or locked.
    pub fn acquire(path: &Path) -> Result<Self, FileError> {
        if let Some(folder) = path.parent() {
            create_private_dir(folder)?;
        }
        let mut options = OpenOptions::new();
        options.create(true).write(true).truncate(false);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600);
        }
        let file = options.open(path).map_err(io_error("cannot open", path))?;
        file.lock().map_err(io_error("cannot lock", path))?;
        Ok(Self { _file: file })
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_private_file_is_0600_in_a_folder_of_0700_and_leaves_nothing_beside_it() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("a/b/codes.txt");
        write_private(&path, b"one").unwrap();
        write_private(&path, b"two, longer").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two, longer");
        let modes = [&path, path.parent().unwrap()]
            .map(|path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777);
        assert_eq!(modes, [0o600, 0o700]);
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_reservation_that_is_dropped_leaves_the_old_file() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("codes.txt");
        write_private(&path, b"old").unwrap();
        drop(Reservation::take(&path).unwrap());
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_device_or_folder_in_the_way_is_left_alone() {
        let root = tempfile::tempdir().unwrap();
        for path in [Path::new("/dev/full"), root.path()] {
            assert!(matches!(
                Reservation::take(path),
                Err(FileError::InTheWay { .. })
            ));
        }
    }

    #[test]
    fn a_file_open_to_others_is_told() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("secret");
        write_private(&path, b"x").unwrap();
        assert!(check_private(&path).is_ok());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(
            check_private(&path),
            Err(FileError::Exposed { mode: 0o640, .. })
        ));
    }
}
