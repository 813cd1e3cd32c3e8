//! The operating system's keyring, through the `keyring` crate.
//!
//! The only file that names it. An entry is found by `service` = [`SERVICE`] and
//! `username` = the secret's name, and holds the secret key alone. A Secret Service shows it by its
//! label; other keyrings take none.

use std::{
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use keyring::{Entry, Error};
use secrecy::{ExposeSecret, SecretString};

use super::patience;
#[cfg(target_os = "linux")]
use super::service;
use crate::{
    env,
    model::SecretName,
    store::{SecretStore, StoreError},
};

/// The attribute `service` of every entry.
pub(super) const SERVICE: &str = "scw";

/// How long the keyring may take for one operation before it is asked whether it is alive.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(4);

/// How long the keyring may take for one operation altogether. A stopped Secret Service never
/// answers, and every command ends within seven seconds.
const TIMEOUT: Duration = Duration::from_secs(6);

/// How much longer a service that is alive may take: its window waits for the keyring's password.
const UNLOCK_TIMEOUT: Duration = Duration::from_secs(60);

#[cfg(target_os = "linux")]
/// How long a look at the keyring may take, which needs no user.
const LOOK_TIMEOUT: Duration = Duration::from_secs(3);

/// The keyring of the desktop session.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct KeyringStore;

impl SecretStore for KeyringStore {
    fn get(&self, name: &SecretName) -> Result<SecretString, StoreError> {
        with_entry(name, |entry| entry.get_password().map(SecretString::from))
    }

    fn get_to_revoke(&self, name: &SecretName) -> Result<SecretString, StoreError> {
        self.get(name)
    }

    #[cfg(target_os = "linux")]
    fn look(&self, name: &SecretName) -> Result<(), StoreError> {
        let limit = patience::left_of(LOOK_TIMEOUT);
        let found = service::look(name, limit);
        if let Err(StoreError::TimedOut(_)) = found {
            patience::spend(limit);
        }
        found
    }

    fn set(&self, name: &SecretName, secret: &SecretString) -> Result<(), StoreError> {
        let secret = secret.clone();
        with_entry(name, move |entry| {
            entry.set_password(secret.expose_secret())
        })
    }

    fn check(&self, name: &SecretName) -> Result<(), StoreError> {
        match self.get(name) {
            Ok(_) | Err(StoreError::NotFound) if has_default_collection() => Ok(()),
            Ok(_) | Err(StoreError::NotFound) => Err(StoreError::NoCollection(
                "the alias `default` is not set".to_owned(),
            )),
            Err(err) => Err(err),
        }
    }

    #[cfg(target_os = "linux")]
    fn location(&self, name: &SecretName) -> String {
        name.label()
    }

    #[cfg(not(target_os = "linux"))]
    fn location(&self, name: &SecretName) -> String {
        format!("service {SERVICE}, user {}", name.as_str())
    }

    fn delete(&self, name: &SecretName) -> Result<bool, StoreError> {
        match with_entry(name, Entry::delete_credential) {
            Ok(()) => Ok(true),
            Err(StoreError::NotFound) => Ok(false),
            Err(err) => Err(err),
        }
    }
}

/// Does one thing with an entry on a thread of its own, which is left behind when the
/// keyring hangs.
fn with_entry<T: Send + 'static>(
    name: &SecretName,
    work: impl FnOnce(&Entry) -> keyring::Result<T> + Send + 'static,
) -> Result<T, StoreError> {
    let (asked, name) = (name.clone(), name.clone());
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        // After a time-out the receiver is gone.
        let _ = sender.send(attempt(&name, work));
    });
    let began = Instant::now();
    let mut outcome = receiver.recv_timeout(patience::left_of(ANSWER_TIMEOUT));
    let mut waited = TIMEOUT;
    if matches!(outcome, Err(mpsc::RecvTimeoutError::Timeout)) {
        let more = match unlocking(&asked) {
            Unlocking::ByAPerson => {
                waited += UNLOCK_TIMEOUT;
                UNLOCK_TIMEOUT
            }
            Unlocking::ByNobody => {
                return Err(StoreError::Locked(
                    "it waits for its password, and there is no display to ask on".to_owned(),
                ));
            }
            Unlocking::No => Duration::ZERO,
        };
        outcome = receiver.recv_timeout(more);
    }
    match outcome {
        Ok(outcome) => outcome,
        Err(mpsc::RecvTimeoutError::Timeout) => {
            patience::spend(began.elapsed());
            Err(StoreError::TimedOut(waited))
        }
        Err(mpsc::RecvTimeoutError::Disconnected) => {
            Err(StoreError::Failed("its library crashed".to_owned()))
        }
    }
}

fn attempt<T>(
    name: &SecretName,
    work: impl FnOnce(&Entry) -> keyring::Result<T>,
) -> Result<T, StoreError> {
    // `Entry::new` alone would only say that there is no default store.
    if let Err(err) = Entry::store_status() {
        return Err(unavailable(err));
    }
    let entry = entry(name).map_err(|err| refused(&err))?;
    work(&entry).map_err(|err| refused(&err))
}

/// The label is given to an entry when it is made (zbus-secret-service-keyring-store, `Store::build`).
#[cfg(target_os = "linux")]
fn entry(name: &SecretName) -> keyring::Result<Entry> {
    let label = name.label();
    let modifiers = std::collections::HashMap::from([("label", label.as_str())]);
    keyring_core::Entry::new_with_modifiers(SERVICE, name.as_str(), &modifiers)
        .map(|inner| Entry { inner })
}

#[cfg(not(target_os = "linux"))]
fn entry(name: &SecretName) -> keyring::Result<Entry> {
    Entry::new(SERVICE, name.as_str())
}

/// Why a keyring has not answered yet.
enum Unlocking {
    /// Its window may be open.
    ByAPerson,
    /// It is locked, and no window can open.
    ByNobody,
    /// It does not answer anything, or is slow.
    No,
}

#[cfg(target_os = "linux")]
fn unlocking(name: &SecretName) -> Unlocking {
    if env::has_display() {
        return if service::is_alive() {
            Unlocking::ByAPerson
        } else {
            Unlocking::No
        };
    }
    match service::look(name, service::PING_TIMEOUT) {
        Err(StoreError::Locked(_)) => Unlocking::ByNobody,
        _ => Unlocking::No,
    }
}

/// Other platforms' keyrings show their window themselves and answer when it closes.
#[cfg(not(target_os = "linux"))]
fn unlocking(_name: &SecretName) -> Unlocking {
    Unlocking::ByAPerson
}

#[cfg(target_os = "linux")]
use service::{has_default_collection, names_no_service};

/// Other platforms' keyrings always have one.
#[cfg(not(target_os = "linux"))]
fn has_default_collection() -> bool {
    true
}

/// Other platforms' keyrings are part of the system.
#[cfg(not(target_os = "linux"))]
fn names_no_service(_cause: &str) -> bool {
    false
}

/// The innermost cause, which names what is missing.
fn cause(err: &Error) -> String {
    let mut cause: &dyn std::error::Error = err;
    while let Some(source) = cause.source() {
        cause = source;
    }
    crate::model::clean(&cause.to_string())
}

/// Why the keyring could not be reached at all.
fn unavailable(err: &Error) -> StoreError {
    let cause = cause(err);
    if names_no_service(&cause) {
        return StoreError::NoService(cause);
    }
    StoreError::NoBus(cause)
}

/// Why the keyring did not do one thing.
fn refused(err: &Error) -> StoreError {
    match err {
        Error::NoEntry => StoreError::NotFound,
        Error::NoStorageAccess(_) => {
            let cause = cause(err);
            // secret-service has no public way to tell this one: it is the text of `NoResult`.
            if cause.contains("result not returned") {
                StoreError::NoCollection(cause)
            } else {
                StoreError::Locked(cause)
            }
        }
        Error::NoDefaultStore => unavailable(err),
        // The library's text would list the entries.
        Error::Ambiguous(entries) => {
            StoreError::Failed(format!("it has {} entries of the same name", entries.len()))
        }
        Error::BadEncoding(_) | Error::BadDataFormat(..) => {
            StoreError::Failed("the entry is not text".to_owned())
        }
        _ => {
            let cause = cause(err);
            if cause.to_ascii_lowercase().contains("locked") {
                StoreError::Locked(cause)
            } else {
                StoreError::Failed(cause)
            }
        }
    }
}
