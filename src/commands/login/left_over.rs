//! API keys that interrupted runs left on the server: the next login of their user deletes them.

use crate::{
    api::Account,
    commands::new_key::{delete_described, settle},
    config::Target,
    context::Context,
    credentials::{PendingNote, abandoned},
    error::Result,
    model::User,
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
