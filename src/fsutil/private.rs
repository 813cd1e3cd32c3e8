//! Private files: reserved first, then written whole or not at all, readable by their owner only.

use std::{
    fs::{self, File},
    io::{self, Seek, Write},
    path::{Path, PathBuf},
};

use zeroize::Zeroizing;

use super::{FileError, io_error, temporary::Temporary};

/// How much room a reservation proves to be there, in bytes. Ten backup codes and their heading
/// take far less.
pub(super) const RESERVED_BYTES: usize = 16 * 1024;

/// A folder that no system has (Debian Policy, 9.2.3), and that nothing here makes.
pub(super) const NOWHERE: &str = "/nonexistent";

/// A place for a private file, taken and proven writable before anything depends on it.
///
/// The temporary file lies beside the target and holds real blocks, so that a full disk shows
/// here and not after the secret exists. Dropped without [`Reservation::commit`], it vanishes
/// and the target is untouched.
#[derive(Debug)]
pub(crate) struct Reservation {
    temporary: Temporary,
    target: PathBuf,
}

impl Reservation {
    /// Takes the place of `target`, a real path, making its folder (0700) where it is missing. `notes` is
    /// where a temporary file outside the data folder is written down.
    ///
    /// # Errors
    /// [`FileError`] when the folder or the file cannot be written.
    pub(super) fn take(target: PathBuf, notes: Option<&Path>) -> Result<Self, FileError> {
        let folder = target.parent().unwrap_or(Path::new("/"));
        create_private_dir(folder)?;
        let mut temporary = Temporary::make(folder, notes)?;
        temporary
            .file
            .write_all(&[b' '; RESERVED_BYTES])
            .and_then(|()| temporary.file.as_file().sync_all())
            .map_err(io_error("could not write in", folder))?;
        Ok(Self { temporary, target })
    }

    /// Where the file will be.
    #[must_use]
    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    /// Writes `content`, makes it durable, and reads it back from its final place.
    ///
    /// # Errors
    /// [`FileError`]; the target is then the old file or the whole new one.
    pub(crate) fn commit(self, content: &[u8]) -> Result<PathBuf, FileError> {
        self.commit_and_hold(content).map(|(path, _)| path)
    }

    /// As [`Reservation::commit`], and keeps the lock on the file: other runs see that this one
    /// goes on for as long as the handle lives.
    pub(super) fn commit_and_hold(self, content: &[u8]) -> Result<(PathBuf, File), FileError> {
        let Self {
            mut temporary,
            target,
        } = self;
        let failed = || io_error("could not write", &target);
        // In place, over the blocks that are there already; cut to length last.
        temporary.file.rewind().map_err(failed())?;
        temporary.file.write_all(content).map_err(failed())?;
        temporary
            .file
            .as_file()
            .set_len(content.len() as u64)
            .and_then(|()| temporary.file.as_file().sync_all())
            .map_err(failed())?;
        // The note of the temporary file goes last, at the end of this function.
        let Temporary { file, note: _note } = temporary;
        let held = file.persist(&target).map_err(|err| failed()(err.error))?;
        if let Some(folder) = target.parent() {
            sync_dir(folder)?;
        }
        let back = Zeroizing::new(fs::read(&target).map_err(io_error("could not read", &target))?);
        if back.as_slice() != content {
            return Err(FileError::ReadBack { path: target });
        }
        Ok((target, held))
    }
}

/// Where a file really is. A symbolic link is followed and stays a link; a broken one is refused.
pub(super) fn real_target(target: &Path) -> Result<PathBuf, FileError> {
    let in_the_way = |what| FileError::InTheWay {
        path: target.to_owned(),
        what,
    };
    match fs::canonicalize(target) {
        Ok(real) if real.is_file() => Ok(real),
        Ok(_) => Err(in_the_way("not a regular file")),
        Err(_) if super::exists(target) => Err(in_the_way("a broken link")),
        Err(_) => std::path::absolute(target).map_err(io_error("could not find", target)),
    }
}

/// Writes a file that holds no secret, with the usual permissions, making its folder.
///
/// # Errors
/// [`FileError::Io`] when it cannot be written.
pub(crate) fn write_public(path: &Path, content: &[u8]) -> Result<(), FileError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(io_error("could not create the folder", folder))?;
    }
    fs::write(path, content).map_err(io_error("could not write", path))
}

/// Makes a folder that only its owner can enter (0700), and its parents, each of them durable
/// before the next. One that exists is left as it is.
pub(super) fn create_private_dir(path: &Path) -> Result<(), FileError> {
    if path.is_dir() {
        return Ok(());
    }
    if path == Path::new(NOWHERE) {
        return Err(FileError::NoHome);
    }
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    if let Some(parent) = parent {
        create_private_dir(parent)?;
    }
    match parent {
        Some(parent) if make_private_dir(path)? => sync_dir(parent),
        Some(_) => Ok(()),
        None => make_private_dir(path).map(drop),
    }
}

/// Makes a folder that only its owner can enter (0700). `false` where another run made it in the
/// meantime. Its name is not durable yet.
pub(super) fn make_private_dir(path: &Path) -> Result<bool, FileError> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    match builder.create(path) {
        Ok(()) => Ok(true),
        Err(err) if err.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(false),
        Err(err) => Err(io_error("could not create the folder", path)(err)),
    }
}

/// Makes the names in a folder durable.
#[cfg(unix)]
pub(super) fn sync_dir(path: &Path) -> Result<(), FileError> {
    File::open(path)
        .and_then(|folder| folder.sync_all())
        .map_err(io_error("could not sync", path))
}

/// Windows has no such call; its file systems keep names in a journal of their own.
#[cfg(not(unix))]
pub(super) fn sync_dir(_path: &Path) -> Result<(), FileError> {
    Ok(())
}

/// Refuses a file that others than its owner can read or write.
///
/// # Errors
/// [`FileError::Exposed`] when it is open to others, [`FileError::Io`] when it cannot be asked.
#[cfg(unix)]
pub(crate) fn check_private(path: &Path) -> Result<(), FileError> {
    use std::os::unix::fs::PermissionsExt;

    let mode = fs::metadata(path)
        .map_err(io_error("could not read", path))?
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
