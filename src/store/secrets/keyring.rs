//! The operating system's keyring, through the `keyring` crate.
//!
//! The only file that names it. An entry is found by `service` = [`SERVICE`] and
//! `username` = the secret's name, and holds the secret key alone. A Secret Service shows it by its
//! label; other keyrings take none.

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

/// How long a service may take for an answer that needs no user.
const PING_TIMEOUT: Duration = Duration::from_secs(2);

/// How much longer a service that is alive may take: its window waits for the keyring's password.
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
    let name = name.clone();
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        // After a time-out the receiver is gone.
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

/// Whether the Secret Service answers at all, so that a slow answer means that it waits for the
/// user (D-Bus specification, `org.freedesktop.DBus.Peer.Ping`).
#[cfg(target_os = "linux")]
fn service_is_alive() -> bool {
    ask_service("org.freedesktop.DBus.Peer", "Ping", &()).is_some()
}

/// Other platforms' keyrings show their window themselves and answer when it closes.
#[cfg(not(target_os = "linux"))]
fn service_is_alive() -> bool {
    true
}

/// Whether the Secret Service has a default collection, which new secrets are put into. One that
/// has none answers with the path `/` (Secret Service specification, `ReadAlias`).
#[cfg(target_os = "linux")]
fn has_default_collection() -> bool {
    ask_service("org.freedesktop.Secret.Service", "ReadAlias", &"default")
        .and_then(|answer| {
            answer
                .body()
                .deserialize::<zbus::zvariant::OwnedObjectPath>()
                .ok()
        })
        // A service that does not answer says nothing about its collections.
        .is_none_or(|path| path.as_str() != "/")
}

/// Other platforms' keyrings always have one.
#[cfg(not(target_os = "linux"))]
fn has_default_collection() -> bool {
    true
}

/// Calls a method of the Secret Service; nothing where it fails or takes too long.
#[cfg(target_os = "linux")]
fn ask_service<B>(
    interface: &'static str,
    method: &'static str,
    body: &'static B,
) -> Option<zbus::Message>
where
    B: serde::Serialize + zbus::zvariant::DynamicType + Sync,
{
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let call = || {
            zbus::blocking::Connection::session()?.call_method(
                Some("org.freedesktop.secrets"),
                "/org/freedesktop/secrets",
                Some(interface),
                method,
                body,
            )
        };
        // After a time-out the receiver is gone.
        let _ = sender.send(call().ok());
    });
    receiver.recv_timeout(PING_TIMEOUT).ok().flatten()
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
