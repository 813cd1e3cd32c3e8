//! Files with secrets, locks between runs, and the clean-up after interrupted runs.

mod claim;
mod data_dir;
mod inspect;
mod lock;
mod new_folder;
mod private;
mod read_folder;
mod replace;
mod temporary;

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read},
    path::{Path, PathBuf},
};

use zeroize::Zeroizing;

pub(crate) use claim::Claim;
pub(crate) use data_dir::{DataDir, read_owned};
pub(crate) use inspect::{Exposure, entries, exposure, is_out_of_sight, lines_where, same_file};
pub(crate) use lock::{FileLock, LockFile, is_held};
pub(crate) use new_folder::{NewFile, NewFolder};
pub(crate) use private::{Reservation, check_private, write_public};
pub(crate) use read_folder::{each_name, is_folder, open_named, open_unlinked};
pub(crate) use replace::check_replaceable;

/// The largest file that is read into memory, in bytes.
const MAX_READ_BYTES: u64 = 1024 * 1024;

/// A file or folder that could not be read or written safely.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FileError {
    /// The operating system refused.
    #[error("{what} {path}: {source}")]
    Io {
        /// What failed, as in "could not write".
        what: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The platform names no home for the user.
    #[error("could not find your home folder")]
    NoHome,
    /// Something else is where a file has to be read or written.
    #[error("{path} is {what}; scw did not change it")]
    InTheWay {
        /// The path.
        path: PathBuf,
        /// What is there, as in "a folder".
        what: &'static str,
    },
    /// Users other than the owner can read a secret.
    #[error("other users of this machine can read {path} (mode {mode:04o})")]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Another user could have written a file that decides where secrets go.
    #[error("{path} is not safe to use: {why}")]
    Untrusted {
        /// The file or folder.
        path: PathBuf,
        /// Why, as in "it belongs to another user".
        why: &'static str,
        /// How to fix it.
        fix: String,
    },
    /// A file of the user's cannot be replaced by a new text without loss, or with certainty.
    #[error("scw did not change {path}: {why}")]
    NotReplaced {
        /// The file.
        path: PathBuf,
        /// Why, as in "it is read-only".
        why: &'static str,
        /// What to do about it.
        fix: String,
    },
    /// A new folder has to be empty.
    #[error("scw did not write to {path}: {why}")]
    Taken {
        /// The folder.
        path: PathBuf,
        /// Why, as in "it is not empty".
        why: &'static str,
    },
    /// What was read back is not what was written.
    #[error("{path} does not contain what scw wrote to it")]
    ReadBack {
        /// The file.
        path: PathBuf,
    },
    /// A file that should be small is not.
    #[error("{path} is larger than {} MiB", MAX_READ_BYTES / 1024 / 1024)]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// Another run held a lock for too long.
    #[error("{}", in_use(*.pid, .what))]
    Busy {
        /// What the lock is for, as in "the backup codes".
        what: String,
        /// The run that holds it, where it is known.
        pid: Option<u32>,
    },
}

/// Says which run uses what is needed.
#[must_use]
pub(crate) fn in_use(pid: Option<u32>, what: &str) -> String {
    let process = pid
        .map(|pid| format!(" (process {pid})"))
        .unwrap_or_default();
    format!("another scw{process} is using {what}")
}

impl FileError {
    /// What the user can do about it.
    #[must_use]
    pub(crate) fn hint(&self) -> String {
        match self {
            Self::Io { path, source, .. } => match source.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                    format!("free some space on the disk that holds {}", path.display())
                }
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => format!(
                    "make {} writable for you, or choose another place",
                    path.display()
                ),
                _ => format!("check {}", path.display()),
            },
            Self::NoHome => "run `export HOME=FOLDER` with your home folder".to_owned(),
            Self::InTheWay { .. } => "choose another file".to_owned(),
            Self::Taken { .. } => "choose a folder that does not exist yet".to_owned(),
            Self::Exposed { path, .. } => format!("run `chmod 600 {}`", path.display()),
            Self::Untrusted { fix, .. } | Self::NotReplaced { fix, .. } => fix.clone(),
            Self::ReadBack { .. } => "check the disk, or choose another place".to_owned(),
            Self::TooLarge { .. } => "check that this is the right file".to_owned(),
            Self::Busy { pid: Some(pid), .. } => {
                format!("wait until it ends, or stop it with `kill {pid}`")
            }
            Self::Busy { pid: None, .. } => "wait until it ends, then try again".to_owned(),
        }
    }
}

pub(crate) fn io_error(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> FileError {
    move |source| FileError::Io {
        what,
        path: path.to_owned(),
        source,
    }
}

/// Opens a regular file for reading. A FIFO or a device is refused without waiting for it.
fn open_regular(path: &Path) -> Result<Option<File>, FileError> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        // Opening a FIFO would wait for a writer (open(2)).
        let flags = rustix::fs::OFlags::NONBLOCK;
        options.custom_flags(i32::try_from(flags.bits()).unwrap_or_default());
    }
    let file = match options.open(path) {
        Ok(file) => file,
        Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(err) => return Err(io_error("could not read", path)(err)),
    };
    let kind = file.metadata().map_err(io_error("could not read", path))?;
    if !kind.is_file() {
        return Err(FileError::InTheWay {
            path: path.to_owned(),
            what: "not a regular file",
        });
    }
    Ok(Some(file))
}

/// Reads a small regular file; nothing where it does not exist.
///
/// # Errors
/// [`FileError`] when it cannot be read, is no regular file, or is too large to be what it
/// should be.
pub(crate) fn read_small(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, FileError> {
    match open_regular(path)? {
        Some(file) => read_open(file, path).map(Some),
        None => Ok(None),
    }
}

/// Reads a file that the user names: a regular file, or a pipe like `/dev/fd/3`. It may wait for a
/// writer, so it belongs on a thread of its own; nothing where it does not exist.
///
/// # Errors
/// As [`read_small`].
pub(crate) fn read_named(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, FileError> {
    match File::open(path) {
        Ok(file) => read_open(file, path).map(Some),
        Err(err) if err.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(err) => Err(io_error("could not read", path)(err)),
    }
}

fn read_open(file: File, path: &Path) -> Result<Zeroizing<Vec<u8>>, FileError> {
    let mut content = Zeroizing::new(Vec::with_capacity(4096));
    file.take(MAX_READ_BYTES + 1)
        .read_to_end(&mut content)
        .map_err(io_error("could not read", path))?;
    if content.len() as u64 > MAX_READ_BYTES {
        return Err(FileError::TooLarge {
            path: path.to_owned(),
        });
    }
    Ok(content)
}

/// Removes a file; one that is not there counts as removed.
///
/// # Errors
/// [`FileError::Io`] when it stays.
pub(crate) fn remove(path: &Path) -> Result<bool, FileError> {
    match fs::remove_file(path) {
        Ok(()) => {
            if let Some(folder) = path.parent() {
                private::sync_dir(folder)?;
            }
            Ok(true)
        }
        Err(err) if err.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(err) => Err(io_error("could not remove", path)(err)),
    }
}

/// Gives a file another name in its folder, in one step. What has that name already is replaced.
///
/// # Errors
/// [`FileError::Io`]: the file then has its old name.
pub(crate) fn rename(from: &Path, to: &Path) -> Result<(), FileError> {
    fs::rename(from, to).map_err(io_error("could not rename", from))?;
    match to.parent() {
        Some(folder) => private::sync_dir(folder),
        None => Ok(()),
    }
}

/// Whether something stands at `path`.
#[must_use]
pub(crate) fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// The files in a folder that have this extension, sorted; none where there is no folder.
#[must_use]
pub(crate) fn files_with_extension(folder: &Path, extension: &str) -> Vec<PathBuf> {
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

/// Paths in this program's own files: as text, or as bytes where they are not UTF-8.
pub(crate) mod path_text {
    use std::path::PathBuf;

    use data_encoding::HEXLOWER;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    /// What stands before a path that is not UTF-8. A path on record is absolute, so no path
    /// starts so by itself.
    const BYTES: &str = "bytes:";

    /// Writes a path.
    ///
    /// # Errors
    /// The serializer's.
    #[expect(
        clippy::ref_option,
        reason = "serde hands over a reference to the field"
    )]
    pub(crate) fn serialize<S: Serializer>(
        path: &Option<PathBuf>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match path {
            None => serializer.serialize_none(),
            Some(path) => match path.to_str() {
                Some(text) => serializer.serialize_some(text),
                None => serializer.serialize_some(&format!("{BYTES}{}", encode(path))),
            },
        }
    }

    /// Reads a path.
    ///
    /// # Errors
    /// When it is no text, or its bytes are malformed.
    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<PathBuf>, D::Error> {
        let Some(text) = Option::<String>::deserialize(deserializer)? else {
            return Ok(None);
        };
        match text.strip_prefix(BYTES) {
            None => Ok(Some(PathBuf::from(text))),
            Some(hex) => HEXLOWER
                .decode(hex.as_bytes())
                .map(|bytes| Some(decode(bytes)))
                .map_err(D::Error::custom),
        }
    }

    #[cfg(unix)]
    fn encode(path: &std::path::Path) -> String {
        use std::os::unix::ffi::OsStrExt;
        HEXLOWER.encode(path.as_os_str().as_bytes())
    }

    #[cfg(unix)]
    fn decode(bytes: Vec<u8>) -> PathBuf {
        use std::os::unix::ffi::OsStringExt;
        PathBuf::from(std::ffi::OsString::from_vec(bytes))
    }

    #[cfg(not(unix))]
    fn encode(path: &std::path::Path) -> String {
        HEXLOWER.encode(path.to_string_lossy().as_bytes())
    }

    #[cfg(not(unix))]
    fn decode(bytes: Vec<u8>) -> PathBuf {
        PathBuf::from(String::from_utf8_lossy(&bytes).into_owned())
    }
}
