//! Locks between runs: tried first, waited for visibly, given up in the end.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read, Seek, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use super::{FileError, io_error, private::create_private_dir};

/// How long a run waits for another one (cli.md, "Two at once are safe").
pub(crate) const GIVE_UP: Duration = Duration::from_secs(60);

/// How often a lock that is taken is tried again.
const PAUSE: Duration = Duration::from_millis(50);

/// Holds an exclusive lock between processes for as long as it lives. The system frees it when
/// the process ends, in whatever way.
#[derive(Debug)]
pub(crate) struct FileLock {
    _file: File,
}

impl FileLock {
    /// Takes the lock that the file at `path` stands for, making the file where it is missing;
    /// nothing where another run has it.
    ///
    /// # Errors
    /// [`FileError::Io`] when the file cannot be made or locked.
    pub(crate) fn try_take(path: &Path) -> Result<Option<Self>, FileError> {
        if let Some(folder) = path.parent() {
            create_private_dir(folder)?;
        }
        let mut options = OpenOptions::new();
        options.create(true).read(true).write(true).truncate(false);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600);
        }
        let mut file = options.open(path).map_err(io_error("cannot open", path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(err)) => return Err(io_error("cannot lock", path)(err)),
        }
        // Only so that whoever waits can name this run: a disk that is full changes nothing.
        let _ = write_pid(&mut file);
        Ok(Some(Self { _file: file }))
    }

    /// Takes the lock, waiting up to [`GIVE_UP`] for the run that has it. `waiting` is called
    /// once, with that run's process id where it is known, when there is something to wait for.
    ///
    /// The wait is a future: dropping it ends it at once.
    ///
    /// # Errors
    /// [`FileError::Busy`] after the time is up, [`FileError::Io`] as [`FileLock::try_take`].
    pub(crate) async fn take(
        path: PathBuf,
        waiting: impl FnOnce(Option<u32>),
    ) -> Result<Self, FileError> {
        if let Some(lock) = Self::try_take(&path)? {
            return Ok(lock);
        }
        waiting(holder(&path));
        let deadline = tokio::time::Instant::now() + GIVE_UP;
        while tokio::time::Instant::now() < deadline {
            tokio::time::sleep(PAUSE).await;
            if let Some(lock) = Self::try_take(&path)? {
                return Ok(lock);
            }
        }
        Err(FileError::Busy {
            pid: holder(&path),
            path,
        })
    }
}

fn write_pid(file: &mut File) -> std::io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    write!(file, "{}", std::process::id())
}

/// The process that took the lock last.
fn holder(path: &Path) -> Option<u32> {
    let mut text = String::new();
    File::open(path)
        .ok()?
        .take(16)
        .read_to_string(&mut text)
        .ok()?;
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    // Issue 7, 20
    #[tokio::test(start_paused = true)]
    async fn a_lock_that_stays_taken_is_given_up_after_a_minute_and_its_holder_named() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("lock");
        let held = FileLock::try_take(&path).unwrap().unwrap();
        assert!(FileLock::try_take(&path).unwrap().is_none());

        let start = tokio::time::Instant::now();
        let mut told = None;
        let refused = FileLock::take(path.clone(), |pid| told = Some(pid)).await;
        assert!(start.elapsed() >= GIVE_UP && start.elapsed() < GIVE_UP * 2);
        assert_eq!(told, Some(Some(std::process::id())));
        assert!(matches!(refused, Err(FileError::Busy { pid: Some(_), .. })));

        drop(held);
        let mut told = false;
        FileLock::take(path, |_| told = true).await.unwrap();
        assert!(!told, "nothing is said where nobody waits");
    }
}
