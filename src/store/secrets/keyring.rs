//! The operating system's keyring, through the `keyring` crate.
//!
//! The only file that names it. An entry is found by `service` = [`SERVICE`] and
//! `username` = the secret's name, and holds the secret key alone.

use std::{sync::mpsc, thread, time::Duration};

use keyring::{Entry, Error};
use secrecy::{ExposeSecret, SecretString};

use crate::{
    model::SecretName,
    store::{SecretStore, StoreError},
};

/// The attribute `service` of every entry.
pub(super) const SERVICE: &str = "scw";

/// How long the keyring may take for one operation. A stopped Secret Service never answers.
const TIMEOUT: Duration = Duration::from_secs(6);

/// How long a service may take to say that it is alive.
const PING_TIMEOUT: Duration = Duration::from_secs(2);

/// How much longer a service that is alive may take: it waits for somebody to type the keyring's
/// password into its window.
const UNLOCK_TIMEOUT: Duration = Duration::from_secs(60);

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

    fn set(&self, name: &SecretName, secret: &SecretString) -> Result<(), StoreError> {
        let secret = secret.clone();
        with_entry(name, move |entry| {
            entry.set_password(secret.expose_secret())
        })
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
    let name = name.as_str().to_owned();
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        // Nobody listens any more after a time-out.
        let _ = sender.send(attempt(&name, work));
    });
    let mut outcome = receiver.recv_timeout(TIMEOUT);
    let mut waited = TIMEOUT;
    if matches!(outcome, Err(mpsc::RecvTimeoutError::Timeout)) && service_is_alive() {
        outcome = receiver.recv_timeout(UNLOCK_TIMEOUT);
        waited += UNLOCK_TIMEOUT;
    }
    match outcome {
        Ok(outcome) => outcome,
        Err(mpsc::RecvTimeoutError::Timeout) => Err(StoreError::TimedOut(waited)),
        Err(mpsc::RecvTimeoutError::Disconnected) => {
            Err(StoreError::Failed("its library crashed".to_owned()))
        }
    }
}

fn attempt<T>(
    name: &str,
    work: impl FnOnce(&Entry) -> keyring::Result<T>,
) -> Result<T, StoreError> {
    // `Entry::new` alone would only say that there is no default store.
    if let Err(err) = Entry::store_status() {
        return Err(unavailable(err));
    }
    let entry = Entry::new(SERVICE, name).map_err(|err| refused(&err))?;
    work(&entry).map_err(|err| refused(&err))
}

/// Whether the Secret Service answers at all, so that a slow answer means that it waits for a
/// person (D-Bus specification, `org.freedesktop.DBus.Peer.Ping`).
#[cfg(target_os = "linux")]
fn service_is_alive() -> bool {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let ping = || {
            zbus::blocking::Connection::session()?.call_method(
                Some("org.freedesktop.secrets"),
                "/org/freedesktop/secrets",
                Some("org.freedesktop.DBus.Peer"),
                "Ping",
                &(),
            )
        };
        // Nobody listens any more after a time-out.
        let _ = sender.send(ping().is_ok());
    });
    receiver.recv_timeout(PING_TIMEOUT).unwrap_or(false)
}

/// Other platforms' keyrings show their window themselves and answer when it closes.
#[cfg(not(target_os = "linux"))]
fn service_is_alive() -> bool {
    true
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
    if cause.contains("ServiceUnknown")
        || cause.contains("org.freedesktop.secrets")
        || cause.contains("no secret service provider")
        || cause.contains("NameHasNoOwner")
    {
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
