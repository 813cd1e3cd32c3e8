//! Looking at files without changing them: whose they are, who else can read them, and in which
//! lines something stands.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

use zeroize::Zeroizing;

use super::{FileError, io_error, open_regular};

/// How much of one file is searched, in bytes. The history of a shell has a few MiB at most.
const MAX_SEARCH_BYTES: u64 = 16 * 1024 * 1024;

/// How many entries of one folder are looked at.
const MAX_ENTRIES: usize = 10_000;

/// Why a private file or folder is not private.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exposure {
    /// It belongs to another user, who is not the superuser.
    Foreign,
    /// Others can write it; its permission bits.
    Writable(u32),
    /// Others can read or enter it; its permission bits.
    Readable(u32),
}

/// Who else can use a file or folder; nothing where nobody can, or nothing is there.
///
/// # Errors
/// [`FileError::Io`] when it cannot be looked at.
#[cfg(unix)]
pub(crate) fn exposure(path: &Path) -> Result<Option<Exposure>, FileError> {
    use std::os::unix::fs::MetadataExt;

    let found = match fs::metadata(path) {
        Ok(found) => found,
        Err(err) if err.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(err) => return Err(io_error("could not read", path)(err)),
    };
    let mode = found.mode() & 0o777;
    let me = rustix::process::geteuid().as_raw();
    Ok(if found.uid() != me && found.uid() != 0 {
        Some(Exposure::Foreign)
    } else if mode & 0o022 != 0 {
        Some(Exposure::Writable(mode))
    } else if mode & 0o077 != 0 {
        Some(Exposure::Readable(mode))
    } else {
        None
    })
}

/// Windows keeps a user's own folders private by access lists, which are not examined here.
///
/// # Errors
/// None.
#[cfg(not(unix))]
pub(crate) fn exposure(_path: &Path) -> Result<Option<Exposure>, FileError> {
    Ok(None)
}

/// Whether the folders above a path are closed to this process, as a home is under systemd's
/// `ProtectHome=`: what is in it is not for this process.
#[must_use]
pub(crate) fn is_out_of_sight(path: &Path) -> bool {
    let found = path.symlink_metadata();
    found.is_err_and(|err| err.kind() == std::io::ErrorKind::PermissionDenied)
}

/// What is in a folder, sorted, up to a limit; nothing where there is no folder.
#[must_use]
pub(crate) fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .take(MAX_ENTRIES)
        .map(|entry| entry.path())
        .collect();
    found.sort();
    found
}

/// The numbers, from 1, of the lines for which `wanted` holds; none where there is no file.
///
/// # Errors
/// [`FileError`] when it cannot be read or is no regular file.
pub(crate) fn lines_where(
    path: &Path,
    wanted: impl Fn(&[u8]) -> bool,
) -> Result<Vec<usize>, FileError> {
    let Some(file) = open_regular(path)? else {
        return Ok(Vec::new());
    };
    let mut reader = BufReader::new(file.take(MAX_SEARCH_BYTES));
    let mut line = Zeroizing::new(Vec::new());
    let mut found = Vec::new();
    for number in 1.. {
        line.clear();
        let read = reader
            .read_until(b'\n', &mut line)
            .map_err(io_error("could not read", path))?;
        if read == 0 {
            break;
        }
        if wanted(&line) {
            found.push(number);
        }
    }
    Ok(found)
}

/// Whether two paths lead to the same file.
#[cfg(unix)]
#[must_use]
pub(crate) fn same_file(one: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;

    let id = |path: &Path| {
        fs::metadata(path)
            .ok()
            .map(|found| (found.dev(), found.ino()))
    };
    id(one).is_some_and(|one| id(other) == Some(one))
}

/// Whether two paths lead to the same file.
#[cfg(not(unix))]
#[must_use]
pub(crate) fn same_file(one: &Path, other: &Path) -> bool {
    let real = |path: &Path| fs::canonicalize(path).ok();
    real(one).is_some_and(|one| real(other) == Some(one))
}
