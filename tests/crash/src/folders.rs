//! Folders as a whole: copied, emptied, searched.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// A folder for work that need not survive the machine: in memory where there is such a place, so
/// that thousands of syncs cost no disk.
///
/// # Errors
/// When there is none.
pub fn scratch() -> io::Result<tempfile::TempDir> {
    let builder = |folder: &Path| {
        tempfile::Builder::new()
            .prefix("scw-crash-")
            .tempdir_in(folder)
    };
    builder(Path::new("/dev/shm")).or_else(|_| builder(&std::env::temp_dir()))
}

/// Makes `to` the same as `from`, with all that is in it and its permissions.
///
/// # Errors
/// The system's.
pub fn copy(from: &Path, to: &Path) -> io::Result<()> {
    empty(to)?;
    fs::set_permissions(to, fs::metadata(from)?.permissions())?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}

/// Makes a folder, or empties the one that is there.
///
/// # Errors
/// The system's.
pub fn empty(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(err) if err.kind() != io::ErrorKind::NotFound => return Err(err),
        _ => {}
    }
    fs::create_dir_all(folder)
}

/// Every file below a folder.
#[must_use]
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => found.extend(files(&entry.path())),
            Ok(_) => found.push(entry.path()),
            Err(_) => {}
        }
    }
    found.sort();
    found
}

/// Whether a file holds these bytes.
#[must_use]
pub fn holds(file: &Path, bytes: &[u8]) -> bool {
    fs::read(file).is_ok_and(|content| content.windows(bytes.len()).any(|part| part == bytes))
}
