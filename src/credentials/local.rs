//! What a login keeps on this machine: locks, the record, secrets.

use super::Keys;
use crate::{
    config::{Kept, Record},
    error::{CliError, Result},
    fsutil::{DataDir, FileLock, LockFile},
    model::{ProfileName, StorageKind},
    process::Interrupt,
    store::{Key, SecretStore, StoreError, with_store},
    ui::Ui,
};

/// What this program keeps on the machine, with the user interface for waits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Local<'a> {
    ui: &'a Ui,
    data: &'a DataDir,
    interrupt: &'a Interrupt,
    keys: &'a Keys,
}

impl<'a> Local<'a> {
    /// What is kept in this data folder.
    #[must_use]
    pub(crate) fn new(
        ui: &'a Ui,
        data: &'a DataDir,
        interrupt: &'a Interrupt,
        keys: &'a Keys,
    ) -> Self {
        Self {
            ui,
            data,
            interrupt,
            keys,
        }
    }

    /// The data folder.
    #[must_use]
    pub(crate) fn data(&self) -> &'a DataDir {
        self.data
    }

    /// Takes a lock. Says so where it waits for another run; Ctrl-C ends the wait, and a minute
    /// does.
    ///
    /// # Errors
    /// When another run keeps the lock, the user ends the wait, or the file of the lock cannot be
    /// created.
    pub(crate) async fn lock(&self, lock: LockFile) -> Result<FileLock> {
        tokio::select! {
            biased;
            lock = self.lock_uninterruptible(lock) => lock,
            () = self.interrupt.requested() => Err(CliError::interrupted()),
        }
    }

    /// Takes a lock, and waits for it also after Ctrl-C: for a lock that no run holds for long.
    async fn lock_uninterruptible(&self, lock: LockFile) -> Result<FileLock> {
        Ok(FileLock::take(lock, |run| self.ui.waiting_for(run)).await?)
    }

    /// Warns of something that does not stop the command.
    pub(super) fn warn(&self, text: &str) {
        self.ui.warn(text);
    }

    /// The record as it is now.
    ///
    /// # Errors
    /// When it cannot be read or understood.
    pub(crate) fn record(&self) -> Result<Record> {
        Ok(Record::load(self.data)?)
    }

    /// Changes the record.
    ///
    /// # Errors
    /// When it cannot be read or written; it is then unchanged.
    pub(crate) async fn update_record<T>(
        &self,
        change: impl FnOnce(&mut Record) -> T,
    ) -> Result<T> {
        let lock = tokio::select! {
            biased;
            lock = self.lock_uninterruptible(Record::lock_path(self.data)) => lock?,
            () = self.interrupt.requested_again() => return Err(CliError::interrupted()),
        };
        Ok(Record::update(self.data, &lock, change)?)
    }

    /// What opens encrypted files.
    pub(super) fn keys(&self) -> &'a Keys {
        self.keys
    }

    /// The user interface.
    pub(super) fn ui(&self) -> &'a Ui {
        self.ui
    }

    /// Requests to end the program.
    pub(super) fn interrupt(&self) -> &'a Interrupt {
        self.interrupt
    }

    /// Does one thing with a secret store. A keyring may not answer for long, so Ctrl-C ends the
    /// wait. What the keyring still does after that is on record as abandoned. `key` opens an
    /// encrypted file, where the thing needs that.
    ///
    /// # Errors
    /// What the place says, and [`StoreError::Interrupted`].
    pub(crate) async fn with_store<T: Send + 'static>(
        &self,
        kind: StorageKind,
        key: Option<Key>,
        work: impl FnOnce(&dyn SecretStore) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        tokio::select! {
            biased;
            done = with_store(kind, self.data, key, work) => done,
            () = self.interrupt.requested() => Err(StoreError::Interrupted),
        }
    }

    /// Removes what interrupted runs left behind: temporary files, and secrets that no login names.
    /// Says what it removed. Leaves the files of live runs alone, and leaves what it cannot remove to
    /// the next run.
    ///
    /// # Errors
    /// When the record cannot be read.
    pub(crate) async fn sweep(&self) -> Result<()> {
        for path in self.data.sweep() {
            self.ui.note(&format!(
                "Removed {}, left behind by an interrupted scw",
                path.display()
            ));
        }
        let record = self.record()?;
        for profile in record.names() {
            if record
                .profile(&profile)
                .is_none_or(|found| found.abandoned.is_empty())
            {
                continue;
            }
            let path = Record::profile_lock_path(self.data, &profile);
            let Some(lock) = FileLock::try_take(&path)? else {
                continue;
            };
            if let Ok(removed) = self.remove_abandoned(&profile, &lock).await
                && removed > 0
            {
                self.ui.note(&format!(
                    "Removed a secret key of profile `{profile}`, left behind by an interrupted scw"
                ));
            }
        }
        Ok(())
    }

    /// Removes the secrets of a profile that no login names, and tells how many there were.
    ///
    /// # Errors
    /// When a secret stays; it is then still on record.
    pub(super) async fn remove_abandoned(
        &self,
        profile: &ProfileName,
        _lock: &FileLock,
    ) -> Result<usize> {
        let record = self.record()?;
        let Some(found) = record.profile(profile) else {
            return Ok(0);
        };
        let mut removed = 0;
        let in_use = found.login.as_ref().map(|login| login.kept);
        for kept in found.abandoned.iter().filter(|kept| Some(**kept) != in_use) {
            removed += usize::from(self.delete_unasked(profile, *kept).await?);
        }
        if !found.abandoned.is_empty() {
            self.update_record(|record| record.abandoned_are_gone(profile))
                .await?;
        }
        Ok(removed)
    }

    /// As [`Local::delete_secret`], for a secret that nobody asked to remove: it opens no window to
    /// unlock a keyring, and does not wait long for one that does not answer.
    async fn delete_unasked(&self, profile: &ProfileName, kept: Kept) -> Result<bool> {
        let name = kept.name(profile);
        Ok(self
            .with_store(kept.storage, None, move |store| match store.look(&name) {
                Err(err @ (StoreError::Locked(_) | StoreError::TimedOut(_))) => Err(err),
                _ => store.delete(&name),
            })
            .await?)
    }

    /// Removes one secret; `false` where there was none.
    ///
    /// # Errors
    /// What the place says.
    pub(super) async fn delete_secret(&self, profile: &ProfileName, kept: Kept) -> Result<bool> {
        let name = kept.name(profile);
        Ok(self
            .with_store(kept.storage, None, move |store| store.delete(&name))
            .await?)
    }
}
