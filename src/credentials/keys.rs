//! What a run was given to open encrypted files, and what it found out of that.

use std::{cell::RefCell, path::PathBuf};

use secrecy::SecretString;

use crate::{
    env, fsutil,
    store::{Identity, Lock},
    ui::Prompter,
};

/// The passphrase among the credentials of a systemd unit (systemd.exec(5), "Credentials").
const SYSTEMD_CREDENTIAL: &str = "scw-passphrase";

/// What this run was given to open encrypted files.
#[derive(Debug)]
pub(crate) struct Keys {
    pub(super) prompter: Prompter,
    passphrase_file: Option<PathBuf>,
    identity_file: Option<PathBuf>,
    pub(super) passphrase: RefCell<Option<Passphrase>>,
    pub(super) identity: RefCell<Option<Identity>>,
}

/// A passphrase, and whether a person typed it, who may type it again.
#[derive(Debug, Clone)]
pub(super) struct Passphrase {
    pub(super) text: SecretString,
    typed: bool,
}

impl Keys {
    /// What the options of the command line say. Nothing is read yet.
    #[must_use]
    pub(crate) fn new(
        prompter: Prompter,
        passphrase_file: Option<PathBuf>,
        identity_file: Option<PathBuf>,
    ) -> Self {
        Self {
            prompter,
            passphrase_file,
            identity_file,
            passphrase: RefCell::default(),
            identity: RefCell::default(),
        }
    }

    /// The file of the passphrase: option, variable, credential of a systemd unit.
    pub(super) fn passphrase_file(&self) -> Option<PathBuf> {
        let flag = self.passphrase_file.clone();
        flag.or_else(|| env::path(env::PASSPHRASE_FILE))
            .or_else(|| {
                env::path(env::CREDENTIALS_DIRECTORY)
                    .map(|folder| folder.join(SYSTEMD_CREDENTIAL))
                    .filter(|path| fsutil::exists(path))
            })
    }

    /// The file of the age or SSH key: option, variable.
    pub(super) fn identity_file(&self) -> Option<PathBuf> {
        let flag = self.identity_file.clone();
        flag.or_else(|| env::path(env::IDENTITY_FILE))
    }

    /// What encrypts a new file: an option comes before a variable, and the key before the
    /// passphrase, which may be that of the key itself. Where nothing is given, what a person typed to
    /// open the file before: it is to open the new one too.
    pub(super) fn new_lock(&self) -> Lock {
        let is_given = self.passphrase_file().is_some();
        let typed = self.identity.borrow().is_some() && !is_given && !self.was_typed();
        let key = self.identity_file.is_some()
            || (self.passphrase_file.is_none() && self.identity_file().is_some())
            || typed;
        if key { Lock::Key } else { Lock::Passphrase }
    }

    /// Whether a person typed the passphrase that is known.
    pub(super) fn was_typed(&self) -> bool {
        let passphrase = self.passphrase.borrow();
        passphrase.as_ref().is_some_and(|found| found.typed)
    }

    /// Keeps a passphrase for the rest of the run.
    pub(super) fn remember(&self, text: SecretString, typed: bool) -> SecretString {
        *self.passphrase.borrow_mut() = Some(Passphrase {
            text: text.clone(),
            typed,
        });
        text
    }
}
