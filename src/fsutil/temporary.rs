//! Temporary files, and their removal when the run that made them was cut.
//!
//! Each temporary file is locked by the run that makes it, so that another run can tell one that
//! is in use from one that is left over. One that lies outside the data folder is named in a note
//! inside it, which is locked in the same way.

use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;

use super::{FileError, io_error, open_regular, private::create_private_dir};

/// How the name of every temporary file begins.
const PREFIX: &str = ".scw-";
/// The folder of the notes, below the data folder.
pub(super) const NOTES: &str = "temporary";
/// The extension of a note.
const NOTE: &str = "note";

/// A temporary file, and the note that names it where one is needed. Both vanish on drop.
#[derive(Debug)]
pub(super) struct Temporary {
    pub(super) file: NamedTempFile,
    /// Behind the file, so that it is dropped last.
    pub(super) note: Option<NamedTempFile>,
}

impl Temporary {
    /// Makes a temporary file (0600) in `folder`, with a note in `notes` where that is given.
    pub(super) fn make(folder: &Path, notes: Option<&Path>) -> Result<Self, FileError> {
        loop {
            let name = format!("{PREFIX}{}", uuid::Uuid::new_v4().simple());
            let note = notes
                .map(|notes| write_note(notes, &folder.join(&name)))
                .transpose()?;
            let file = tempfile::Builder::new()
                .prefix(&name)
                .rand_bytes(0)
                .tempfile_in(folder)
                .map_err(io_error("could not write in", folder))?;
            if lock_made(file.as_file()) {
                return Ok(Self { file, note });
            }
        }
    }
}

/// Writes down where a temporary file is about to be.
fn write_note(notes: &Path, path: &Path) -> Result<NamedTempFile, FileError> {
    create_private_dir(notes)?;
    loop {
        let mut note = tempfile::Builder::new()
            .prefix("")
            .suffix(&format!(".{NOTE}"))
            .tempfile_in(notes)
            .map_err(io_error("could not write in", notes))?;
        if !lock_made(note.as_file()) {
            continue;
        }
        note.write_all(&path_bytes(path))
            .map_err(io_error("could not write in", notes))?;
        return Ok(note);
    }
}

/// Locks a file that was just made. `false` where another run took it for a left-over one in the
/// moment between, and removed it.
fn lock_made(file: &File) -> bool {
    // A file system without locks has no sweeping runs either.
    match file.try_lock() {
        Ok(()) => is_linked(file),
        Err(fs::TryLockError::WouldBlock) => false,
        Err(fs::TryLockError::Error(_)) => true,
    }
}

/// Whether a file still has a name.
#[cfg(unix)]
pub(super) fn is_linked(file: &File) -> bool {
    use std::os::unix::fs::MetadataExt;
    file.metadata().is_ok_and(|found| found.nlink() > 0)
}

/// Whether a file still has a name.
#[cfg(not(unix))]
pub(super) fn is_linked(_file: &File) -> bool {
    true
}

/// Removes the temporary files of runs that are gone: those in `folders`, and those that the
/// notes in `notes` name. Returns what was removed. What cannot be looked at is left for later.
pub(super) fn sweep(folders: &[PathBuf], notes: &Path) -> Vec<PathBuf> {
    let mut removed = Vec::new();
    for folder in folders {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            if is_temporary(&entry.path()) && remove_abandoned(&entry.path()).is_some() {
                removed.push(entry.path());
            }
        }
    }
    for note in super::files_with_extension(notes, NOTE) {
        let Ok(Some(file)) = open_regular(&note) else {
            continue;
        };
        if file.try_lock().is_err() {
            continue;
        }
        let named = fs::read(&note).ok().map(bytes_path);
        if let Some(path) = named.filter(|path| is_temporary(path)) {
            if remove_abandoned(&path).is_some() {
                removed.push(path);
            } else if super::exists(&path) {
                continue;
            }
        }
        let _ = fs::remove_file(&note);
    }
    removed
}

fn is_temporary(path: &Path) -> bool {
    path.file_name()
        .and_then(|name| name.to_str())
        .is_some_and(|name| {
            name.strip_prefix(PREFIX)
                .is_some_and(|rest| rest.len() == 32 && rest.bytes().all(|b| b.is_ascii_hexdigit()))
        })
}

/// Removes a temporary file that no run holds.
fn remove_abandoned(path: &Path) -> Option<()> {
    let file = open_regular(path).ok()??;
    file.try_lock().ok()?;
    fs::remove_file(path).ok()
}

#[cfg(unix)]
fn path_bytes(path: &Path) -> Vec<u8> {
    use std::os::unix::ffi::OsStrExt;
    path.as_os_str().as_bytes().to_vec()
}

#[cfg(unix)]
fn bytes_path(bytes: Vec<u8>) -> PathBuf {
    use std::os::unix::ffi::OsStringExt;
    PathBuf::from(std::ffi::OsString::from_vec(bytes))
}

#[cfg(not(unix))]
fn path_bytes(path: &Path) -> Vec<u8> {
    path.to_string_lossy().into_owned().into_bytes()
}

#[cfg(not(unix))]
fn bytes_path(bytes: Vec<u8>) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(&bytes).into_owned())
}
