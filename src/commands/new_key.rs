//! What every key that a command makes has in common: its end, and what to do where the answer with
//! its secret is lost.

use std::time::Duration;

use time::OffsetDateTime;

use super::service_now;
use crate::{
    api::{Account, ApiError},
    context::Context,
    credentials::PendingNote,
    error::{CliError, Result},
    model::{Expiry, UserId, day},
};

/// When a new key is to end: as was asked, or when the organization wants it to at the latest, which
/// is said. `longest_s` is the longest life of a key there, in seconds.
pub(super) fn end_of_key(
    ctx: &Context,
    account: &dyn Account,
    longest_s: Option<u64>,
    asked: Expiry,
) -> Option<OffsetDateTime> {
    let longest = longest_s.map(Duration::from_secs);
    let wanted = match asked {
        Expiry::After(time) => Some(time),
        Expiry::Never => None,
    };
    let life = match (wanted, longest) {
        (Some(wanted), Some(longest)) if wanted > longest => Some(longest),
        // A limit that reaches beyond the calendar limits nothing.
        (None, Some(longest)) if end_of(account, longest).is_some() => Some(longest),
        (wanted, _) => wanted,
    };
    let end = life.and_then(|life| end_of(account, life));
    if let Some(end) = end.filter(|_| life != wanted) {
        ctx.ui().warn(&format!(
            "the organization does not allow a key that lasts `{asked}`; this one expires on {}",
            day(end, Context::now())
        ));
    }
    end
}

/// The end of a key that lives so long from now on, by the service's clock, which decides what is
/// in the future; nothing where it lies beyond the calendar.
fn end_of(account: &dyn Account, life: Duration) -> Option<OffsetDateTime> {
    let life = time::Duration::try_from(life).ok()?;
    service_now(account).checked_add(life)
}

/// The answer with the secret was lost: the key is useless, so scw looks for it and deletes it.
/// `owner` is the user and the organization; `hint` says who deletes a key that was not found.
pub(super) async fn after_lost_answer(
    account: &dyn Account,
    (user, organization_id): (&UserId, &str),
    note: PendingNote,
    err: CliError,
    hint: &str,
) -> CliError {
    let name = note.key.shown();
    match delete_described(account, user, organization_id, &note.key.description).await {
        Ok(deleted) if !deleted.is_empty() => {
            // A note that stays is settled by a later run.
            let _ = note.settle();
            err.and("The service had created the API key, and scw deleted it")
        }
        // The request may still be on its way.
        Ok(_) | Err(_) => {
            note.leave();
            err.and(&format!("The service may have created the API key {name}"))
                .hint(hint)
        }
    }
}

/// Deletes the keys of a description, and returns their names for people.
///
/// # Errors
/// What the API says.
pub(super) async fn delete_described(
    account: &dyn Account,
    user: &UserId,
    organization_id: &str,
    description: &str,
) -> Result<Vec<String>, ApiError> {
    let mut deleted = Vec::new();
    for key in account
        .find_keys(user, organization_id, description)
        .await?
    {
        account.delete_key(&key).await?;
        deleted.push(key.shown);
    }
    Ok(deleted)
}

/// Removes a note. One that stays makes a later run ask the API once more, and harms nothing.
pub(super) fn settle(ctx: &Context, note: PendingNote) {
    if let Err(err) = note.settle() {
        ctx.ui().warn(&err.to_string());
    }
}
