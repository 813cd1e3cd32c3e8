//! The SSH keys that a person keeps in its account (protocol.md B).

use rusqlite::{Connection, params};

use super::{Principal, Result, Store, StoreError, users};
use crate::clock::Instant;

/// A person's SSH keys in the order in which they were given.
pub(super) fn of(db: &Connection, person_id: &str) -> Result<Vec<String>> {
    Ok(db
        .prepare_cached("SELECT key FROM ssh_keys WHERE person_id = ?1 ORDER BY number")?
        .query_map([person_id], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?)
}

impl Store {
    /// Replaces the caller's own SSH keys (inferred: nobody changes another's).
    pub(crate) fn replace_ssh_keys(
        &self,
        caller: &Principal,
        user_id: &str,
        keys: &[String],
        now: Instant,
    ) -> Result<()> {
        self.transaction(|db| {
            let user = users::reachable(db, caller, user_id, "write", "user")?;
            if !caller.is(user_id) {
                return Err(StoreError::Denied {
                    action: "write",
                    resource: "user",
                });
            }
            db.execute(
                "DELETE FROM ssh_keys WHERE person_id = ?1",
                [&user.root_user_id],
            )?;
            for key in keys {
                db.execute(
                    "INSERT INTO ssh_keys (person_id, key) VALUES (?1, ?2)",
                    params![user.root_user_id, key],
                )?;
            }
            db.execute(
                "UPDATE users SET updated_at = ?2 WHERE root_user_id = ?1",
                params![user.root_user_id, now],
            )?;
            Ok(())
        })
    }
}
