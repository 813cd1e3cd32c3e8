//! Reading what a person names: a folder and its files, or one large file.

use std::{
    ffi::OsString,
    fs::{self, File},
    io::{self, Read},
    path::Path,
};

use super::{FileError, io_error, open_regular};

/// Whether a path leads to a folder.
///
/// # Errors
/// [`FileError::Io`] where nothing is there, or it cannot be looked at.
pub(crate) fn is_folder(path: &Path) -> Result<bool, FileError> {
    fs::metadata(path)
        .map(|found| found.is_dir())
        .map_err(io_error("could not read", path))
}

/// Calls `each` with the name of everything in a folder, in no order, until it says `false`.
///
/// # Errors
/// [`FileError::Io`] where the folder cannot be read.
pub(crate) fn each_name(
    folder: &Path,
    mut each: impl FnMut(OsString) -> bool,
) -> Result<(), FileError> {
    let failed = || io_error("could not read", folder);
    for entry in fs::read_dir(folder).map_err(failed())? {
        if !each(entry.map_err(failed())?.file_name()) {
            break;
        }
    }
    Ok(())
}

/// Opens a regular file that is no symbolic link; nothing where it does not exist.
///
/// # Errors
/// [`FileError::InTheWay`] where something else has this name, and [`FileError::Io`].
pub(crate) fn open_unlinked(path: &Path) -> Result<Option<impl Read + use<>>, FileError> {
    match path.symlink_metadata() {
        Ok(found) if found.is_symlink() => Err(FileError::InTheWay {
            path: path.to_owned(),
            what: "a symbolic link",
        }),
        Ok(found) if found.is_dir() => Err(FileError::InTheWay {
            path: path.to_owned(),
            what: "a folder",
        }),
        Ok(_) => open_regular(path),
        Err(err) if err.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(err) => Err(io_error("could not read", path)(err)),
    }
}

/// Opens a file or a pipe that the user names. The second value is whether it can be opened again
/// and is then the same. Opening a pipe may wait, so it belongs on a thread of its own.
///
/// # Errors
/// [`FileError::Io`].
pub(crate) fn open_named(path: &Path) -> Result<(impl Read + use<>, bool), FileError> {
    let file = File::open(path).map_err(io_error("could not read", path))?;
    let found = file.metadata().map_err(io_error("could not read", path))?;
    Ok((file, found.is_file()))
}
