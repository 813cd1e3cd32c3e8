//! Locks between runs: a run that has to wait says so, and gives up after a minute.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read, Seek, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use super::{FileError, in_use, io_error, private::create_private_dir};

/// How long a run waits for another one (cli.md, "Two at once are safe").
pub(crate) const GIVE_UP: Duration = Duration::from_secs(60);

/// How often a lock that is taken is tried again.
const PAUSE: Duration = Duration::from_millis(50);

/// The file of a lock, and what the lock is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LockFile {
    path: PathBuf,
    what: String,
}

impl LockFile {
    /// The lock at `path`. `what` completes "another scw is using …", as in "the backup codes".
    #[must_use]
    pub(crate) fn new(path: PathBuf, what: impl Into<String>) -> Self {
        Self {
            path,
            what: what.into(),
        }
    }
}

/// Whether a run holds the lock on a file at this moment. One that cannot be looked at counts as
/// free.
#[must_use]
pub(crate) fn is_held(path: &Path) -> bool {
    File::open(path)
        .is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

impl LockFile {
    /// Whether a run holds the lock at this moment.
    #[must_use]
    pub(crate) fn is_held(&self) -> bool {
        is_held(&self.path)
    }
}

/// Holds an exclusive lock between processes for as long as it lives. The system frees it when
/// the process ends, in whatever way.
#[derive(Debug)]
pub(crate) struct FileLock {
    _file: File,
}

impl FileLock {
    /// Takes a lock, and creates its file where it is missing; nothing where another run has it.
    ///
    /// # Errors
    /// [`FileError::Io`] when the file cannot be created or locked.
    pub(crate) fn try_take(lock: &LockFile) -> Result<Option<Self>, FileError> {
        let path = &lock.path;
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
        let mut file = options
            .open(path)
            .map_err(io_error("could not open", path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(err)) => return Err(io_error("could not lock", path)(err)),
        }
        // Only for the message of a run that waits: a full disk does no harm.
        let _ = write_pid(&mut file);
        Ok(Some(Self { _file: file }))
    }

    /// Takes a lock, and waits up to [`GIVE_UP`] for the run that has it. `waiting` is called once,
    /// before the wait, with what that run is doing.
    ///
    /// The wait is a future: dropping it ends it at once.
    ///
    /// # Errors
    /// [`FileError::Busy`] after the time is up, [`FileError::Io`] as [`FileLock::try_take`].
    pub(crate) async fn take(
        lock: LockFile,
        waiting: impl FnOnce(&str),
    ) -> Result<Self, FileError> {
        if let Some(taken) = Self::try_take(&lock)? {
            return Ok(taken);
        }
        waiting(&in_use(holder(&lock.path), &lock.what));
        let deadline = tokio::time::Instant::now() + GIVE_UP;
        while tokio::time::Instant::now() < deadline {
            tokio::time::sleep(PAUSE).await;
            if let Some(taken) = Self::try_take(&lock)? {
                return Ok(taken);
            }
        }
        Err(FileError::Busy {
            pid: holder(&lock.path),
            what: lock.what,
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
        let lock = LockFile::new(root.path().join("lock"), "the lamp");
        let held = FileLock::try_take(&lock).unwrap().unwrap();
        assert!(FileLock::try_take(&lock).unwrap().is_none());

        let start = tokio::time::Instant::now();
        let mut told = String::new();
        let refused = FileLock::take(lock.clone(), |what| what.clone_into(&mut told)).await;
        assert!(start.elapsed() >= GIVE_UP && start.elapsed() < GIVE_UP * 2);
        let told_now = format!(
            "another scw (process {}) is using the lamp",
            std::process::id()
        );
        assert_eq!(told, told_now);
        assert!(matches!(refused, Err(FileError::Busy { pid: Some(_), .. })));

        drop(held);
        let mut told = false;
        FileLock::take(lock, |_| told = true).await.unwrap();
        assert!(!told, "a lock that is free is taken without a word");
    }
}
