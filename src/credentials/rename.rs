//! A login that moves to another profile, in an order that survives a kill at any moment.

use super::{Local, keep::put, resolve::saved};
use crate::{
    config::{Kept, Login, Record},
    error::Result,
    model::{ProfileName, Slot},
};

/// What came of a renaming.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Renamed {
    /// The login has the new name.
    Done,
    /// Both names are the same.
    SameName,
    /// There is no login under the old name.
    NoLogin,
    /// Another login has the new name.
    Taken,
}

/// Moves the login of a profile to a name without one: its secret first, then everything else in one
/// change of the record. What lies in two places meanwhile is on record as abandoned in one of them.
///
/// # Errors
/// What the store or the record says: the login is then still under its old name.
pub(crate) async fn rename(
    local: Local<'_>,
    old: &ProfileName,
    new: &ProfileName,
) -> Result<Renamed> {
    if old == new {
        return Ok(match local.record()?.login(old) {
            Some(_) => Renamed::SameName,
            None => Renamed::NoLogin,
        });
    }
    if let Some(login) = local.record()?.login(old) {
        local.open_early(old, login.kept).await?;
    }
    // Always in this order, so that two runs cannot wait for each other.
    let (first, second) = if old < new { (old, new) } else { (new, old) };
    let first_lock = local
        .lock(Record::profile_lock_path(local.data(), first))
        .await?;
    let second_lock = local
        .lock(Record::profile_lock_path(local.data(), second))
        .await?;
    for (profile, lock) in [(first, &first_lock), (second, &second_lock)] {
        // A place that cannot be reached now is tried again by a later run.
        let _ = local.remove_abandoned(profile, lock).await;
    }
    let record = local.record()?;
    let Some(login) = record.login(old) else {
        return Ok(Renamed::NoLogin);
    };
    if record.login(new).is_some() {
        return Ok(Renamed::Taken);
    }
    let credential = saved(local, old, login).await?;
    let key = local.sealing_key(login.kept.storage).await?;
    let moved = Login {
        kept: Kept {
            storage: login.kept.storage,
            slot: Slot::First,
        },
        ..login.clone()
    };
    let done = async {
        put(local, new, (credential.secret(), key), moved.kept).await?;
        local
            .update_record(|record| record.move_login(old, new, &moved))
            .await
    };
    // A failure of the sync after the rename leaves the login under its new name.
    let outcome = match done.await {
        Err(err) if local.record()?.login(new) != Some(&moved) => Err(err),
        _ => Ok(Renamed::Done),
    };
    for (profile, lock) in [(first, &first_lock), (second, &second_lock)] {
        // What is left here is on record, and the next run removes it.
        let _ = local.remove_abandoned(profile, lock).await;
    }
    outcome
}
