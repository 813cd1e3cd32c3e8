//! Replacing a file that another program owns too, at its own place: the official `config.yaml`.

use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
};

use super::{
    DataDir, FileError, io_error,
    private::real_target,
    private::sync_dir,
    read_small,
    temporary::{NOTES, Temporary},
};

impl DataDir {
    /// Replaces the text `old` of a file by `new`, whole or not at all; mode and group stay, and so
    /// does a link that leads to it. No copy of the old text is made.
    ///
    /// # Errors
    /// [`FileError::NotReplaced`] where [`check_replaceable`] says so, or where the file does not
    /// hold `old` any more, and any other [`FileError`]. Only a failure to make the new name
    /// durable, or to read it back, comes after the change.
    pub(crate) fn replace(&self, path: &Path, old: &[u8], new: &[u8]) -> Result<(), FileError> {
        let target = check_replaceable(path)?;
        let folder = target.parent().unwrap_or(Path::new("/"));
        let failed = || io_error("could not write in", folder);
        let mut temporary = Temporary::make(folder, Some(&self.join(NOTES)))?;
        temporary.file.write_all(new).map_err(failed())?;
        take_access(temporary.file.as_file(), &target).map_err(failed())?;
        temporary.file.as_file().sync_all().map_err(failed())?;
        // As late as it can be: no lock keeps the official client from writing.
        let is_same = check_replaceable(path)? == target
            && read_small(&target)?.is_some_and(|now| now.as_slice() == old);
        if !is_same {
            return Err(FileError::NotReplaced {
                path: path.to_owned(),
                why: "it changed while scw was working",
                fix: "run the command again".to_owned(),
            });
        }
        // The note of the temporary file goes last, at the end of this function.
        let Temporary { file, note: _note } = temporary;
        file.persist(&target)
            .map_err(|err| io_error("could not write", &target)(err.error))?;
        sync_dir(folder)?;
        if read_small(&target)?.is_some_and(|now| now.as_slice() == new) {
            Ok(())
        } else {
            Err(FileError::ReadBack { path: target })
        }
    }
}

/// Checks that a file can be replaced and the old text is then nowhere, and returns its real path.
///
/// # Errors
/// [`FileError::NotReplaced`] where it has another name, belongs to another user, or is
/// read-only; [`FileError`] when it cannot be looked at.
#[cfg(unix)]
pub(crate) fn check_replaceable(path: &Path) -> Result<PathBuf, FileError> {
    use std::os::unix::fs::MetadataExt;

    let target = real_target(path)?;
    let found = fs::symlink_metadata(&target).map_err(io_error("could not read", path))?;
    let shown = target.display();
    let (why, fix) = if found.nlink() > 1 {
        (
            "it has another name (a hard link), which would keep the old text",
            format!("run `find -L ~ -samefile {shown}` to find it, and remove one of the two"),
        )
    } else if found.uid() != rustix::process::geteuid().as_raw() {
        (
            "it belongs to another user",
            format!("run the command as the owner of {shown}"),
        )
    } else if found.mode() & 0o200 == 0 {
        ("it is read-only", format!("run `chmod u+w {shown}`"))
    } else {
        return Ok(target);
    };
    Err(FileError::NotReplaced {
        path: path.to_owned(),
        why,
        fix,
    })
}

/// Checks that a file can be replaced, and returns its real path.
///
/// # Errors
/// [`FileError`] when it cannot be looked at.
#[cfg(not(unix))]
pub(crate) fn check_replaceable(path: &Path) -> Result<PathBuf, FileError> {
    real_target(path)
}

/// Gives a new file the mode and the group of the one that it is to replace.
#[cfg(unix)]
fn take_access(new: &File, old: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::{MetadataExt, fchown};

    let old = fs::metadata(old)?;
    if old.gid() != new.metadata()?.gid() {
        fchown(new, None, Some(old.gid()))?;
    }
    new.set_permissions(old.permissions())
}

/// A new file takes its access list from its folder.
#[cfg(not(unix))]
fn take_access(_new: &File, _old: &Path) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn names(folder: &Path) -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        names.sort();
        names
    }

    // Issue 10, 3
    #[test]
    fn a_file_is_replaced_whole_and_only_while_it_is_what_was_read() {
        let (root, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let data = DataDir::at(data.path().to_owned()).unwrap();
        let path = root.path().join("config.yaml");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o604)).unwrap();
        let err = data.replace(&path, b"older", b"new").unwrap_err();
        assert!(matches!(err, FileError::NotReplaced { .. }), "{err}");
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(names(root.path()), std::slice::from_ref(&path));

        data.replace(&path, b"old", b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o604);
        assert_eq!(names(root.path()), [path]);
        assert!(names(&data.join(NOTES)).is_empty());
    }

    // Issue 10, 3
    #[test]
    fn a_file_of_another_name_or_without_the_right_to_write_is_not_replaced() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("config.yaml");
        let why = || match check_replaceable(&path) {
            Err(FileError::NotReplaced { why, .. }) => why,
            other => panic!("{other:?}"),
        };
        fs::write(&path, "old").unwrap();
        let second = root.path().join("second");
        fs::hard_link(&path, &second).unwrap();
        assert!(why().contains("another name"));
        fs::remove_file(&second).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
        assert!(why().contains("read-only"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(
            check_replaceable(&path).unwrap(),
            fs::canonicalize(&path).unwrap()
        );
        // Only the superuser can give a file away.
        if rustix::process::geteuid().is_root() {
            std::os::unix::fs::chown(&path, Some(12345), None).unwrap();
            assert!(why().contains("another user"));
        }
    }
}
