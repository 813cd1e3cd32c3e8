//! What an organization tells its members of itself.

use rusqlite::OptionalExtension;

use super::{Principal, Result, Store, StoreError};

impl Store {
    /// The name of the caller's own organization, and whether its users may sign in with a password.
    pub(crate) fn organization_name(&self, caller: &Principal, id: &str) -> Result<(String, bool)> {
        self.transaction(|db| {
            db.query_row(
                "SELECT name, password_login FROM organizations WHERE id = ?1 AND id = ?2",
                [id, caller.organization_id()],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()?
            .ok_or_else(|| StoreError::NotFound("organization", id.to_owned()))
        })
    }
}
