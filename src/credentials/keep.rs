//! Replacing one login by another, in an order that survives a kill at any moment.
//!
//! A profile has two slots for a secret. A new login uses the slot that the previous one does not
//! use, and the record switches from one to the other in one rename: it never names the secret of
//! another login. A secret that an interrupted run leaves in a slot is on record as abandoned, and
//! the next run removes it.

use secrecy::{ExposeSecret, SecretString};

use super::{Asking, Credential, Local, PendingKey, PendingNote};
use crate::{
    config::{Kept, Login, Record},
    error::{CliError, Kind, Result},
    fsutil::FileLock,
    model::{ProfileName, SecretKey, Slot, StorageKind},
    store::{Key, StoreError},
};

/// What is to become of the key of a login that was replaced.
#[derive(Debug)]
pub(crate) enum Replaced {
    /// There was none, or it was there before its login, or it is the new login's key as well.
    Nothing,
    /// A login of another profile uses it too, so it stays.
    InUse {
        /// That profile.
        by: ProfileName,
    },
    /// No login names it any more.
    Abandoned(Box<AbandonedKey>),
}

/// A key that no login names any more, and that is still alive.
#[derive(Debug)]
pub(crate) struct AbandonedKey {
    /// Its own secret, where it could be read.
    pub credential: Option<Credential>,
    /// Its note.
    pub note: PendingNote,
}

/// Stores a secret and the record of its login. `made` describes the login at its place.
///
/// # Errors
/// What the store or the record says. The login before is then still in force, with its secret.
pub(crate) async fn keep(
    local: Local<'_>,
    profile: &ProfileName,
    secret: &SecretKey,
    storage: StorageKind,
    made: impl FnOnce(Kept) -> Login,
) -> Result<(Login, Replaced)> {
    // A person may be asked for it, and must not keep other runs waiting.
    let key = local.sealing_key(storage).await?;
    let lock = lock_login(local, profile).await?;
    let unproven = async |_| Ok(());
    keep_locked(
        local,
        profile,
        &lock,
        (secret, key),
        storage,
        made,
        unproven,
    )
    .await
}

/// Takes the lock on the login of a profile. What decides about the login is read after that.
///
/// # Errors
/// When another run keeps it, or the user ends the wait.
pub(crate) async fn lock_login(local: Local<'_>, profile: &ProfileName) -> Result<FileLock> {
    local
        .lock(Record::profile_lock_path(local.data(), profile))
        .await
}

/// As [`keep`], with the lock held by the caller. `key` is what the store encrypts with. The new login
/// takes over once `prove` has found that its credential works, as the store gives it back.
///
/// # Errors
/// As [`keep`], and what `prove` says.
pub(crate) async fn keep_locked(
    local: Local<'_>,
    profile: &ProfileName,
    lock: &FileLock,
    (secret, key): (&SecretKey, Option<Key>),
    storage: StorageKind,
    made: impl FnOnce(Kept) -> Login,
    prove: impl AsyncFnOnce(Credential) -> Result<()>,
) -> Result<(Login, Replaced)> {
    // A place that cannot be reached now is tried again by a later run.
    let _ = local.remove_abandoned(profile, lock).await;
    let before = local.record()?.login(profile).cloned();
    let slot = match &before {
        Some(before) if before.kept.storage == storage => before.kept.slot.other(),
        _ => Slot::First,
    };
    let kept = Kept { storage, slot };
    let mut login = made(kept);
    let replaced = match &before {
        Some(before) => replace(local, profile, before, secret, &mut login).await?,
        None => Replaced::Nothing,
    };
    let heir = match &replaced {
        Replaced::InUse { by } => Some(by),
        _ => None,
    };
    let switched = async {
        let back = put(local, profile, (secret, key), login.kept).await?;
        prove(Credential::of_login(&login, back)).await?;
        switch(local, profile, &login, before.as_ref(), heir).await
    };
    if let Err(err) = switched.await {
        // A failure of the sync after the rename leaves the new login in force.
        if local.record()?.login(profile) != Some(&login) {
            let _ = local.remove_abandoned(profile, lock).await;
            if let Replaced::Abandoned(key) = replaced {
                let _ = key.note.settle();
            }
            return Err(err);
        }
    }
    // What is left here is on record, and the next run removes it.
    let _ = local.remove_abandoned(profile, lock).await;
    Ok((login, replaced))
}

/// Says what is to become of the key of the login before, and writes it down where no login will
/// name that key any more. Where it is the new login's key too, the new login takes it over.
async fn replace(
    local: Local<'_>,
    profile: &ProfileName,
    before: &Login,
    secret: &SecretKey,
    login: &mut Login,
) -> Result<Replaced> {
    let Some(description) = &before.created_key else {
        return Ok(Replaced::Nothing);
    };
    // Nobody is asked for the passphrase of a login that ends: a later login deletes its key.
    let credential = credential_to_revoke(local, profile, before, Asking::Nobody)
        .await
        .ok();
    let old_secret = credential.as_ref().map(Credential::secret);
    let same_key = before.access_key.is_some() && before.access_key == login.access_key;
    if same_key || old_secret.is_some_and(|old| old.is_same(secret)) {
        login.created_key = Some(description.clone());
        return Ok(Replaced::Nothing);
    }
    if let Some(by) = used_by(local, profile, before, old_secret).await? {
        return Ok(Replaced::InUse { by });
    }
    let note = PendingNote::write(local, pending(description, before))?;
    Ok(Replaced::Abandoned(Box::new(AbandonedKey {
        credential,
        note,
    })))
}

/// The other profile whose login has the same key.
async fn used_by(
    local: Local<'_>,
    profile: &ProfileName,
    login: &Login,
    secret: Option<&SecretKey>,
) -> Result<Option<ProfileName>> {
    let record = local.record()?;
    for (name, other) in record.others(profile, login) {
        let same = match (&login.access_key, &other.access_key) {
            (Some(own), Some(other)) => own == other,
            // Tokens of the 2017 API differ by their secrets alone.
            _ => match (
                secret,
                credential_to_revoke(local, &name, other, Asking::Nobody).await,
            ) {
                (Some(own), Ok(other)) => own.is_same(other.secret()),
                _ => false,
            },
        };
        if same {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

/// Puts a secret into a place that no login names, and returns it as it is read back. The place is
/// on record as abandoned before it holds anything.
pub(super) async fn put(
    local: Local<'_>,
    profile: &ProfileName,
    (secret, key): (&SecretKey, Option<Key>),
    kept: Kept,
) -> Result<SecretKey> {
    local
        .update_record(|record| record.profile_mut(profile).abandoned.push(kept))
        .await?;
    let name = kept.name(profile);
    let text = SecretString::from(secret.expose());
    let back = local
        .with_store(kept.storage, key, move |store| {
            store.set(&name, &text)?;
            match store.get(&name) {
                Ok(back) if back.expose_secret() == text.expose_secret() => Ok(back),
                Ok(_) => Err(StoreError::Failed(
                    "it does not return what scw stored in it".to_owned(),
                )),
                Err(err) => Err(err),
            }
        })
        .await?;
    Ok(SecretKey::parse(&back)?)
}

/// The record names the secret that is in place from here on, and calls the one before abandoned.
async fn switch(
    local: Local<'_>,
    profile: &ProfileName,
    login: &Login,
    before: Option<&Login>,
    heir: Option<&ProfileName>,
) -> Result<()> {
    let kept = login.kept;
    local
        .update_record(|record| {
            let entry = record.profile_mut(profile);
            entry.login = Some(login.clone());
            entry.user_id = Some(login.user_id.clone());
            entry.abandoned.retain(|other| *other != kept);
            entry.abandoned.extend(before.map(|before| before.kept));
            record.user_mut(&login.user_id).email = Some(login.email.clone());
            if let (Some(heir), Some(before)) = (heir, before) {
                hand_over(record, heir, before);
            }
        })
        .await
}

/// Another profile uses the key of a login that ends: the key is that profile's from now on, and
/// its logout deletes it.
fn hand_over(record: &mut Record, heir: &ProfileName, before: &Login) {
    if let Some(login) = &mut record.profile_mut(heir).login {
        login.created_key.clone_from(&before.created_key);
    }
}

fn pending(description: &str, login: &Login) -> PendingKey {
    PendingKey {
        access_key: login.access_key.clone(),
        ..PendingKey::of_login(description.to_owned(), login)
    }
}

/// The credential of a login that is about to be ended, also where others could read its secret.
///
/// # Errors
/// What the store says, and where the secret is malformed.
pub(crate) async fn credential_to_revoke(
    local: Local<'_>,
    profile: &ProfileName,
    login: &Login,
    asking: Asking,
) -> Result<Credential> {
    let secret = local.secret_to_revoke(profile, login.kept, asking).await?;
    Ok(Credential::of_login(login, SecretKey::parse(&secret)?))
}

/// Asks for what opens the secret of a login whose key is about to be deleted. Somebody who does not
/// have it can log out and keep the key.
async fn open_to_revoke(local: Local<'_>, profile: &ProfileName) -> Result<()> {
    let record = local.record()?;
    let Some(login) = record.login(profile) else {
        return Ok(());
    };
    if login.created_key.is_none() {
        return Ok(());
    }
    match local.open_early(profile, login.kept).await {
        Err(err) if matches!(err.kind(), Kind::Usage | Kind::Keyring) => {
            Err(err.hint("to log out without it, run `scw logout --keep-key`"))
        }
        Err(err) if err.kind() == Kind::Interrupted => Err(err),
        // A secret that is gone or damaged opens with nothing: the logout says what comes of that.
        _ => Ok(()),
    }
}

/// What is to be revoked at a logout.
pub(crate) struct Ending {
    /// The login that ends.
    pub login: Login,
    /// Its credential, or why its secret cannot be read.
    pub credential: Result<Credential>,
    /// Another profile whose login has the same key.
    pub used_by: Option<ProfileName>,
}

/// How a login ended.
#[derive(Debug)]
pub(crate) struct Ended<T> {
    /// What came of its key.
    pub key: T,
    /// Why its secret is still on this machine, where it is.
    pub secret: Result<()>,
}

/// Ends the login of a profile on this machine. `revoke` is asked to delete its key on the server
/// first, unless `keeps_key`, where the login made it, and tells whether nothing is left to do; a key
/// that may still be there gets a note, so that a later login deletes it. `agreed` is the login that
/// the user agreed to end: another one stays.
///
/// Nothing where there was no login.
///
/// # Errors
/// When the keyring or the record cannot be used, and where another run has replaced the login: one
/// is then still in force.
pub(crate) async fn forget<T>(
    local: Local<'_>,
    profile: &ProfileName,
    keeps_key: bool,
    agreed: Option<&Login>,
    revoke: impl AsyncFnOnce(Ending) -> (T, bool),
) -> Result<Option<Ended<T>>> {
    if !keeps_key {
        open_to_revoke(local, profile).await?;
    }
    let lock = lock_login(local, profile).await?;
    let _ = local.remove_abandoned(profile, &lock).await;
    let Some(login) = local.record()?.login(profile).cloned() else {
        return Ok(None);
    };
    if agreed.is_some_and(|agreed| !agreed.is_same(&login)) {
        return Err(CliError::new(
            Kind::Other,
            format!("another scw has logged in to profile `{profile}` meanwhile"),
        )
        .and("That login is unchanged")
        .hint("run the command again to end that login"));
    }
    let credential = match credential_to_revoke(local, profile, &login, Asking::Nobody).await {
        // A keyring that is locked may open later: nothing is ended by halves.
        Err(err)
            if matches!(err.kind(), Kind::Keyring | Kind::Interrupted)
                && login.kept.storage != StorageKind::Encrypted =>
        {
            return Err(err);
        }
        credential => credential,
    };
    let secret = credential.as_ref().ok().map(Credential::secret);
    let used_by = used_by(local, profile, &login, secret).await?;
    let heir = used_by.clone();
    let (key, done) = revoke(Ending {
        login: login.clone(),
        credential,
        used_by,
    })
    .await;
    if let Some(description) = login.created_key.as_deref().filter(|_| !done) {
        PendingNote::write(local, pending(description, &login))?.leave();
    }
    local
        .update_record(|record| {
            let entry = record.profile_mut(profile);
            entry.login = None;
            entry.abandoned.push(login.kept);
            if let Some(heir) = &heir {
                hand_over(record, heir, &login);
            }
        })
        .await
        .map_err(|err| {
            let err = err.doing("remove the login");
            if done && heir.is_none() && login.created_key.is_some() {
                err.and("Its API key is deleted")
                    .hint("run `scw logout` again")
            } else {
                err.hint("run `scw logout` again")
            }
        })?;
    let secret = local
        .delete_secret(profile, login.kept)
        .await
        .map(drop)
        .map_err(|err| {
            err.doing("remove the secret key from this machine")
                .hint("the next `scw` command tries again")
        });
    let _ = local.remove_abandoned(profile, &lock).await;
    Ok(Some(Ended { key, secret }))
}
