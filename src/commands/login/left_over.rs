//! Keys that earlier runs left on the server: a login of their user deletes them.

use super::settle;
use crate::{
    api::{Account, ApiError},
    config::Target,
    context::Context,
    credentials::{PendingNote, abandoned},
    error::Result,
    model::{User, UserId},
};

/// Somebody who can look after the keys that earlier runs of theirs left behind.
pub(super) struct LeftOver<'a> {
    pub(super) ctx: &'a Context,
    pub(super) account: &'a dyn Account,
    pub(super) target: &'a Target,
    pub(super) user: &'a User,
    pub(super) organization_id: &'a str,
}

impl LeftOver<'_> {
    /// Deletes the keys that have notes of this user, organization and service. `own` is the note
    /// of this run. What cannot be deleted is said and left to a later login.
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
                            "Deleted the key {key}, which an earlier run of scw left behind"
                        ));
                    }
                    settle(ctx, note);
                }
                // This login does not depend on it.
                Err(err) => {
                    ctx.ui().warn(&format!(
                        "the key {name}, which an earlier run of scw left behind, could not be deleted: {err}"
                    ));
                    note.leave();
                }
            }
        }
        Ok(())
    }
}

/// Deletes the keys of a description, and tells what a person may call them.
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
