//! A new folder of private files that is made whole or not at all.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Seek, Write},
    path::{Path, PathBuf},
};

use super::{
    FileError,
    data_dir::check_owned,
    io_error,
    private::{RESERVED_BYTES, make_private_dir, sync_dir},
};

/// A folder that a run fills. Its last file, which [`NewFolder::complete`] writes, says that it is
/// whole. Dropped before that, everything that this run made vanishes, and nothing else.
#[derive(Debug)]
pub(crate) struct NewFolder {
    path: PathBuf,
    /// What this run made, in the order in which it did.
    made: Vec<Made>,
    /// The lock on the first file tells other runs that this one goes on.
    held: Option<File>,
}

/// Something that this run made.
#[derive(Debug)]
enum Made {
    Folder(PathBuf),
    File(PathBuf),
}

impl NewFolder {
    /// Takes a folder that does not exist (it is made, 0700) or is empty, and makes its first file,
    /// which only one of two runs gets. A full disk shows here.
    ///
    /// # Errors
    /// [`FileError::Taken`] where something is there already, any other [`FileError`] where it
    /// cannot be written.
    pub(crate) fn reserve(path: &Path, first: &str) -> Result<(Self, NewFile), FileError> {
        let path = std::path::absolute(path).map_err(io_error("could not find", path))?;
        // Without a slash at its end, which would follow a link.
        let path: PathBuf = path.components().collect();
        let mut folder = Self {
            path,
            made: Vec::new(),
            held: None,
        };
        folder.make_or_check()?;
        let mut file = folder.create(first).map_err(|err| match err {
            FileError::Io { source, .. } if source.kind() == io::ErrorKind::AlreadyExists => {
                folder.taken("another scw began to write there")
            }
            err => err,
        })?;
        let held = file.file.get_ref();
        // Without locks on this file system nobody can tell that this run goes on.
        let _ = held.try_lock();
        folder.held = held.try_clone().ok();
        file.prove_room()?;
        Ok((folder, file))
    }

    /// Where it is: an absolute path.
    #[must_use]
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    fn taken(&self, why: &'static str) -> FileError {
        FileError::Taken {
            path: self.path.clone(),
            why,
        }
    }

    fn make_or_check(&mut self) -> Result<(), FileError> {
        let failed = || io_error("could not read", &self.path);
        match self.path.symlink_metadata() {
            Ok(found) if found.is_symlink() => Err(self.taken("it is a symbolic link")),
            Ok(found) if !found.is_dir() => Err(self.taken("it is not a folder")),
            Ok(_) => {
                check_owned(&self.path)?;
                let mut inside = fs::read_dir(&self.path).map_err(failed())?;
                match inside.next() {
                    None => Ok(()),
                    Some(_) => Err(self.taken("it is not empty")),
                }
            }
            Err(err) if err.kind() == io::ErrorKind::NotFound => self.make(),
            Err(err) => Err(failed()(err)),
        }
    }

    /// Makes the folder and the missing ones above it.
    fn make(&mut self) -> Result<(), FileError> {
        let missing: Vec<PathBuf> = self
            .path
            .ancestors()
            .take_while(|folder| !super::exists(folder))
            .map(Path::to_owned)
            .collect();
        for folder in missing.into_iter().rev() {
            if make_private_dir(&folder)? {
                self.made.push(Made::Folder(folder.clone()));
                folder.parent().map_or(Ok(()), sync_dir)?;
            }
        }
        Ok(())
    }

    /// Makes a file (0600) in the folder.
    ///
    /// # Errors
    /// [`FileError::Io`], also where a file of this name is there.
    pub(crate) fn create(&mut self, name: &str) -> Result<NewFile, FileError> {
        let path = self.path.join(name);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600);
        }
        let file = options
            .open(&path)
            .map_err(io_error("could not create", &path))?;
        self.made.push(Made::File(path.clone()));
        Ok(NewFile {
            file: BufWriter::new(file),
            path,
        })
    }

    /// Makes a file (0600) with this content, and makes it durable.
    ///
    /// # Errors
    /// As [`NewFolder::create`].
    pub(crate) fn write(&mut self, name: &str, content: &[u8]) -> Result<(), FileError> {
        let mut file = self.create(name)?;
        file.write_all(content).map_err(|err| file.failed(err))?;
        file.finish()
    }

    /// Writes the last file in one step, after all that is in the folder is durable. From then on
    /// the folder stays.
    ///
    /// # Errors
    /// As [`NewFolder::create`]; the folder then vanishes.
    pub(crate) fn complete(mut self, name: &str, content: &[u8]) -> Result<(), FileError> {
        let unnamed = format!(".{name}.part");
        self.write(&unnamed, content)?;
        sync_dir(&self.path)?;
        let (from, to) = (self.path.join(unnamed), self.path.join(name));
        // Before it is there: whatever fails from here on removes it first.
        self.made.push(Made::File(to.clone()));
        fs::rename(&from, &to).map_err(io_error("could not write", &to))?;
        sync_dir(&self.path)?;
        self.made.clear();
        Ok(())
    }
}

impl Drop for NewFolder {
    fn drop(&mut self) {
        // What stays has no last file, and so does not count as whole.
        for made in self.made.drain(..).rev() {
            let _ = match made {
                Made::File(path) => fs::remove_file(path),
                // One that somebody else put something into stays.
                Made::Folder(path) => fs::remove_dir(path),
            };
        }
    }
}

/// A file of a new folder, while it is written.
#[derive(Debug)]
pub(crate) struct NewFile {
    file: BufWriter<File>,
    path: PathBuf,
}

impl NewFile {
    /// Proves that the disk has room.
    fn prove_room(&mut self) -> Result<(), FileError> {
        let file = self.file.get_mut();
        file.write_all(&[b' '; RESERVED_BYTES])
            .and_then(|()| file.sync_all())
            .and_then(|()| file.set_len(0))
            .and_then(|()| file.rewind())
            .map_err(|err| self.failed(err))
    }

    /// What a failed write means.
    #[must_use]
    pub(crate) fn failed(&self, source: io::Error) -> FileError {
        io_error("could not write", &self.path)(source)
    }

    /// Makes the content durable.
    ///
    /// # Errors
    /// [`FileError::Io`].
    pub(crate) fn finish(mut self) -> Result<(), FileError> {
        self.file
            .flush()
            .and_then(|()| self.file.get_ref().sync_all())
            .map_err(|err| self.failed(err))
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    fn why(path: &Path) -> &'static str {
        match NewFolder::reserve(path, "first") {
            Err(FileError::Taken { why, .. }) => why,
            other => panic!("{other:?}"),
        }
    }

    // Issue 12, 4
    #[test]
    fn a_folder_is_whole_and_private_or_leaves_nothing() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("a/b");
        let (folder, _file) = NewFolder::reserve(&path, "first").unwrap();
        assert!(path.join("first").exists());
        drop(folder);
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);

        let (mut folder, mut file) = NewFolder::reserve(&path, "first").unwrap();
        file.write_all(b"1").unwrap();
        file.finish().unwrap();
        folder.write("second", b"2").unwrap();
        folder.complete("last", b"3").unwrap();
        for (name, content) in [("first", "1"), ("second", "2"), ("last", "3")] {
            assert_eq!(fs::read_to_string(path.join(name)).unwrap(), content);
            assert_eq!(mode(&path.join(name)), 0o600);
        }
        assert_eq!(fs::read_dir(&path).unwrap().count(), 3);
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o700, 0o700));
    }

    // Issue 12, 4
    #[test]
    fn what_is_there_already_is_refused_and_stays() {
        let root = tempfile::tempdir().unwrap();
        let (full, file, link) = (
            root.path().join("full"),
            root.path().join("file"),
            root.path().join("link"),
        );
        fs::create_dir(&full).unwrap();
        fs::write(full.join("note"), "mine").unwrap();
        fs::write(&file, "mine").unwrap();
        let empty = root.path().join("empty");
        fs::create_dir(&empty).unwrap();
        std::os::unix::fs::symlink(&empty, &link).unwrap();
        assert_eq!(why(&full), "it is not empty");
        assert_eq!(why(&file), "it is not a folder");
        assert_eq!(why(&link), "it is a symbolic link");
        assert_eq!(why(&link.join("")), "it is a symbolic link");
        assert_eq!(fs::read(full.join("note")).unwrap(), b"mine");
        assert_eq!(fs::read(&file).unwrap(), b"mine");

        // An empty folder is kept, whoever made it.
        drop(NewFolder::reserve(&empty, "first").unwrap());
        assert!(empty.exists());
        fs::set_permissions(&empty, fs::Permissions::from_mode(0o777)).unwrap();
        let refused = NewFolder::reserve(&empty, "first");
        assert!(matches!(refused, Err(FileError::Untrusted { .. })));
    }

    // Issue 12, 4
    #[test]
    fn one_of_two_runs_gets_the_folder_and_the_other_removes_nothing_of_it() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("new");
        let (winner, file) = NewFolder::reserve(&path, "first").unwrap();
        assert!(crate::fsutil::is_held(&path.join("first")));
        assert_eq!(why(&path), "it is not empty");

        // The other run saw the folder while it was empty.
        let mut late = NewFolder {
            path: path.clone(),
            made: Vec::new(),
            held: None,
        };
        assert!(late.create("first").is_err());
        drop(late);
        file.finish().unwrap();
        winner.complete("last", b"").unwrap();
        assert_eq!(fs::read_dir(&path).unwrap().count(), 2);
        assert!(!crate::fsutil::is_held(&path.join("first")));
    }
}
