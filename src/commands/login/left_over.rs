//! API keys that interrupted runs left on the server: the next login of their user deletes them.

use super::settle;
use crate::{
    api::{Account, ApiError},
    config::Target,
    context::Context,
    credentials::{PendingNote, abandoned},
    error::Result,
    model::{User, UserId},
};

/// A user whose interrupted runs may have left keys behind.
pub(super) struct LeftOver<'a> {
    pub(super) ctx: &'a Context,
    pub(super) account: &'a dyn Account,
    pub(super) target: &'a Target,
    pub(super) user: &'a User,
    pub(super) organization_id: &'a str,
}

impl LeftOver<'_> {
    /// Deletes the keys with a note for this user, organization and service. `own` is the note of
    /// this run. Warns of a key that cannot be deleted, and leaves it to a later login.
    ///
    /// # Errors
    /// When the record cannot be read.
    pub(super) async fn delete(&self, own: Option<&PendingNote>) -> Result<()> {
        let ctx = self.ctx;
        let notes = abandoned(
            ctx.local()?,
            self.target,
            &self.user.id,
            &self.user.email,
            self.organization_id,
            own,
        )
        .await?;
        for note in notes {
            let name = note.key.shown();
            let described = &note.key.description;
            let user = &self.user.id;
            match delete_described(self.account, user, self.organization_id, described).await {
                Ok(deleted) => {
                    for key in deleted {
                        ctx.ui().note(&format!(
                            "Deleted the API key {key}, left behind by an interrupted scw"
                        ));
                    }
                    settle(ctx, note);
                }
                // This login does not depend on it.
                Err(err) => {
                    ctx.ui().warn(&format!(
                        "could not delete the API key {name}, left behind by an interrupted scw: {err}"
                    ));
                    note.leave();
                }
            }
        }
        Ok(())
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

/// Deletes the key of this run's own note, as [`delete_described`] does.
///
/// # Errors
/// What the API says.
pub(super) async fn delete_noted(
    account: &dyn Account,
    note: &PendingNote,
) -> Result<Vec<String>, ApiError> {
    match (&note.key.user_id, &note.key.organization_id) {
        (Some(user), Some(organization)) => {
            delete_described(account, user, organization, &note.key.description).await
        }
        // Such a note is that of a sign-in, which made no key yet.
        _ => Ok(Vec::new()),
    }
}
