//! One login takes the place of another, in an order that no kill can spoil.
//!
//! Each of a profile's two slots holds one secret. A new login is put into the slot that the one
//! before does not use, and the record switches from the one to the other in one rename: it never
//! names a secret of another login. What a run that was cut leaves in a slot is on record as
//! abandoned, and the next run removes it.

use secrecy::{ExposeSecret, SecretString};

use super::{Credential, Local, PendingKey, PendingNote};
use crate::{
    config::{Kept, Login, Record, Target},
    error::{CliError, Kind, Result},
    model::{ProfileName, SecretKey, Slot, StorageKind},
    store::StoreError,
};

/// A login whose place another one took: its key, where that login made it, is still alive.
#[derive(Debug)]
pub struct Replaced {
    /// The key's own secret, where it could be read.
    pub credential: Option<Credential>,
    /// The note of the key.
    pub note: PendingNote,
}

/// Keeps a secret and the record of its login. `made` describes the login but for its place.
///
/// # Errors
/// What the store or the record says. The login before is then still in force, with its secret.
pub async fn keep(
    local: Local<'_>,
    profile: &ProfileName,
    secret: &SecretKey,
    storage: StorageKind,
    made: impl FnOnce(Kept) -> Login,
) -> Result<(Login, Option<Replaced>)> {
    let path = Record::profile_lock_path(local.data(), profile);
    let lock = local.lock(path).await?;
    // A place that cannot be reached now is tried again by a later run.
    let _ = local.remove_abandoned(profile, &lock).await;
    let before = local.record()?.login(profile).cloned();
    let slot = match &before {
        Some(before) if before.kept.storage == storage => before.kept.slot.other(),
        _ => Slot::First,
    };
    let kept = Kept { storage, slot };
    let login = made(kept);
    let replaced = match &before {
        Some(before) => note_of(local, profile, before).await?,
        None => None,
    };
    let outcome = switch(local, profile, secret, &login, before.as_ref()).await;
    if let Err(err) = outcome {
        // A failure after the rename, of the sync behind it, leaves the new login in force.
        if local.record()?.login(profile) != Some(&login) {
            let _ = local.remove_abandoned(profile, &lock).await;
            if let Some(replaced) = replaced {
                let _ = replaced.note.settle();
            }
            return Err(err);
        }
    }
    // What is left here is on record, and the next run removes it.
    let _ = local.remove_abandoned(profile, &lock).await;
    Ok((login, replaced))
}

/// Secret first, record second; what may be left over is on record before it is.
async fn switch(
    local: Local<'_>,
    profile: &ProfileName,
    secret: &SecretKey,
    login: &Login,
    before: Option<&Login>,
) -> Result<()> {
    let kept = login.kept;
    local
        .update_record(|record| record.profile_mut(profile).abandoned.push(kept))
        .await?;
    let name = kept.name(profile);
    let text = SecretString::from(secret.expose());
    local
        .with_store(kept.storage, move |store| {
            store.set(&name, &text)?;
            match store.get(&name) {
                Ok(back) if back.expose_secret() == text.expose_secret() => Ok(()),
                Ok(_) => Err(StoreError::Failed(
                    "it does not give back what it was given".to_owned(),
                )),
                Err(err) => Err(err),
            }
        })
        .await?;
    local
        .update_record(|record| {
            let entry = record.profile_mut(profile);
            entry.login = Some(login.clone());
            entry.user_id = Some(login.user_id.clone());
            entry.abandoned.retain(|other| *other != kept);
            entry.abandoned.extend(before.map(|before| before.kept));
            record.user_mut(&login.user_id).email = Some(login.email.clone());
        })
        .await
}

/// Writes down that the key of a login is about to be one that no login names; nothing where that
/// login did not make its key.
async fn note_of(
    local: Local<'_>,
    profile: &ProfileName,
    before: &Login,
) -> Result<Option<Replaced>> {
    let Some(description) = &before.created_key else {
        return Ok(None);
    };
    let credential = credential_to_revoke(local, profile, before).await.ok();
    let note = PendingNote::write(local, pending(description, before))?;
    Ok(Some(Replaced { credential, note }))
}

fn pending(description: &str, login: &Login) -> PendingKey {
    let target = Target {
        dialect: login.api,
        origin: login.api_url.clone(),
    };
    PendingKey {
        email: Some(login.email.clone()),
        user_id: Some(login.user_id.clone()),
        organization_id: Some(login.organization_id.clone()),
        access_key: login.access_key.clone(),
        ..PendingKey::new(description.to_owned(), &target)
    }
}

/// The credential of a login that is about to be ended, also where others could read its secret.
async fn credential_to_revoke(
    local: Local<'_>,
    profile: &ProfileName,
    login: &Login,
) -> Result<Credential> {
    let name = login.kept.name(profile);
    let secret = local
        .with_store(login.kept.storage, move |store| store.get_to_revoke(&name))
        .await?;
    Ok(Credential::of_login(login, SecretKey::parse(&secret)?))
}

/// Ends the login of a profile on this machine. `revoke` is asked to delete its key on the server
/// first, where the login made it, and tells whether the key is gone; a key that is not gets a
/// note, so that a later login deletes it.
///
/// Returns what `revoke` returned; nothing where nobody was logged in.
///
/// # Errors
/// When the keyring or the record cannot be used: the login is then still in force.
pub async fn forget<T>(
    local: Local<'_>,
    profile: &ProfileName,
    revoke: impl AsyncFnOnce(&Login, Result<Credential>) -> (T, bool),
) -> Result<Option<T>> {
    let path = Record::profile_lock_path(local.data(), profile);
    let lock = local.lock(path).await?;
    let _ = local.remove_abandoned(profile, &lock).await;
    let Some(login) = local.record()?.login(profile).cloned() else {
        return Ok(None);
    };
    let credential = match credential_to_revoke(local, profile, &login).await {
        // A keyring that is locked may open later: nothing is ended by halves.
        Err(err) if err.kind() == Kind::Keyring => return Err(err),
        credential => credential,
    };
    let (outcome, gone) = revoke(&login, credential).await;
    if let Some(description) = login.created_key.as_deref().filter(|_| !gone) {
        PendingNote::write(local, pending(description, &login))?.leave();
    }
    local
        .update_record(|record| {
            let entry = record.profile_mut(profile);
            entry.login = None;
            entry.abandoned.push(login.kept);
        })
        .await?;
    if local.delete_secret(profile, login.kept).await.is_err() {
        return Err(CliError::new(
            Kind::Keyring,
            format!("the secret key is still in the {}", login.kept.storage),
        )
        .doing("remove the secret key from this machine")
        .hint("the next `scw` command tries again"));
    }
    let _ = local.remove_abandoned(profile, &lock).await;
    Ok(Some(outcome))
}
