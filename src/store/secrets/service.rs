//! What the Secret Service tells without asking a person (Secret Service specification 0.2).

use std::{collections::HashMap, sync::mpsc, thread, time::Duration};

use zbus::{
    blocking::Connection,
    zvariant::{DynamicType, OwnedObjectPath, OwnedValue},
};

use super::keyring::SERVICE;
use crate::{model::SecretName, store::StoreError};

/// How long a service may take for an answer that needs no user.
pub(super) const PING_TIMEOUT: Duration = Duration::from_secs(2);

/// The service's name on the bus, and the object that answers for all of it.
const NAME: &str = "org.freedesktop.secrets";
const OBJECT: &str = "/org/freedesktop/secrets";

/// What a service answers where it has no such object.
const NOTHING: &str = "/";

/// Whether the service answers at all, so that a slow answer means that it waits for the
/// user (D-Bus specification, `org.freedesktop.DBus.Peer.Ping`).
pub(super) fn is_alive() -> bool {
    within(PING_TIMEOUT, || {
        call(
            &session()?,
            OBJECT,
            "org.freedesktop.DBus.Peer",
            "Ping",
            &(),
        )
    })
    .is_ok()
}

/// Whether the service has a default collection, which new secrets are put into.
pub(super) fn has_default_collection() -> bool {
    // A service that does not answer says nothing about its collections.
    !matches!(
        within(PING_TIMEOUT, || default_collection(&session()?)),
        Ok(None)
    )
}

/// Finds out whether a secret is there and can be read without anybody being asked for the
/// keyring's password.
///
/// # Errors
/// Why it cannot, and [`StoreError::NotFound`] where the keyring is unlocked and has no such entry.
pub(super) fn look(name: &SecretName, limit: Duration) -> Result<(), StoreError> {
    let name = name.as_str().to_owned();
    within(limit, move || {
        let session = session()?;
        let collection = default_collection(&session)?;
        let attributes = HashMap::from([("service", SERVICE), ("username", name.as_str())]);
        let found = call(
            &session,
            OBJECT,
            "org.freedesktop.Secret.Service",
            "SearchItems",
            &attributes,
        )?;
        let (unlocked, locked): (Vec<OwnedObjectPath>, Vec<OwnedObjectPath>) = read(&found)?;
        match (unlocked.is_empty(), locked.is_empty(), collection) {
            (false, _, _) => Ok(()),
            (true, false, _) => Err(StoreError::Locked("the entry is locked".to_owned())),
            (true, true, None) => Err(StoreError::NoCollection(
                "the alias `default` is not set".to_owned(),
            )),
            (true, true, Some(path)) if is_locked(&session, &path)? => Err(StoreError::Locked(
                "its default collection is locked".to_owned(),
            )),
            (true, true, Some(_)) => Err(StoreError::NotFound),
        }
    })
}

fn session() -> Result<Connection, StoreError> {
    Connection::session().map_err(|err| StoreError::NoBus(crate::model::clean(&err.to_string())))
}

/// The collection that new secrets are put into. A service that has none answers with the path `/`
/// (`ReadAlias`).
fn default_collection(session: &Connection) -> Result<Option<OwnedObjectPath>, StoreError> {
    let answer = call(
        session,
        OBJECT,
        "org.freedesktop.Secret.Service",
        "ReadAlias",
        &"default",
    )?;
    let path: OwnedObjectPath = read(&answer)?;
    Ok((path.as_str() != NOTHING).then_some(path))
}

fn is_locked(session: &Connection, collection: &OwnedObjectPath) -> Result<bool, StoreError> {
    let answer = call(
        session,
        collection.as_str(),
        "org.freedesktop.DBus.Properties",
        "Get",
        &("org.freedesktop.Secret.Collection", "Locked"),
    )?;
    let value: OwnedValue = read(&answer)?;
    bool::try_from(value).map_err(|err| StoreError::Failed(err.to_string()))
}

fn read<T>(answer: &zbus::Message) -> Result<T, StoreError>
where
    T: for<'a> serde::Deserialize<'a> + zbus::zvariant::Type,
{
    answer
        .body()
        .deserialize()
        .map_err(|err| StoreError::Failed(err.to_string()))
}

fn call<B>(
    session: &Connection,
    object: &str,
    interface: &str,
    method: &str,
    body: &B,
) -> Result<zbus::Message, StoreError>
where
    B: serde::Serialize + DynamicType,
{
    session
        .call_method(Some(NAME), object, Some(interface), method, body)
        .map_err(|err| {
            let cause = crate::model::clean(&err.to_string());
            if names_no_service(&cause) {
                StoreError::NoService(cause)
            } else {
                StoreError::Failed(cause)
            }
        })
}

/// Whether the cause of a failure is that nothing has the service's name on the bus.
pub(super) fn names_no_service(cause: &str) -> bool {
    cause.contains("ServiceUnknown")
        || cause.contains(NAME)
        || cause.contains("no secret service provider")
        || cause.contains("NameHasNoOwner")
}

/// Does something on a thread of its own, which is left behind when the service hangs.
fn within<T: Send + 'static>(
    limit: Duration,
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        // After a time-out the receiver is gone.
        let _ = sender.send(work());
    });
    receiver
        .recv_timeout(limit)
        .unwrap_or(Err(StoreError::TimedOut(limit)))
}
