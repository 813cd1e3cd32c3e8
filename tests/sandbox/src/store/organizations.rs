//! What an organization tells its members of itself.

use rusqlite::{OptionalExtension, Row};

use super::{Principal, Result, Store, StoreError, User, users};

/// How an organization's users may sign in, as the wire tells it (protocol.md A).
#[derive(Debug, Clone, Copy)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the wire has one for each way, and any of them go together"
)]
pub(crate) struct LoginWays {
    pub(crate) password: bool,
    pub(crate) magic_code: bool,
    pub(crate) oauth2: bool,
    pub(crate) saml: bool,
}

/// An organization by its name, and how its users may sign in.
#[derive(Debug)]
pub(crate) struct Profile {
    pub(crate) name: String,
    pub(crate) ways: LoginWays,
}

impl Profile {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            name: row.get("name")?,
            ways: LoginWays {
                password: row.get("password_login")?,
                magic_code: row.get("magic_code_login")?,
                oauth2: row.get("oauth2_login")?,
                saml: row.get("saml_login")?,
            },
        })
    }
}

impl Store {
    /// The caller's own organization.
    pub(crate) fn profile(&self, caller: &Principal, id: &str) -> Result<Profile> {
        self.transaction(|db| {
            db.query_row(
                "SELECT * FROM organizations WHERE id = ?1 AND id = ?2",
                [id, caller.organization_id()],
                Profile::from_row,
            )
            .optional()?
            .ok_or_else(|| StoreError::NotFound("organization", id.to_owned()))
        })
    }

    /// The other users of a user's person, each with the name of its organization, the first one
    /// first.
    pub(crate) fn connections(
        &self,
        caller: &Principal,
        user_id: &str,
    ) -> Result<Vec<(String, User)>> {
        self.transaction(|db| {
            let user = users::reachable(db, caller, user_id, "read", "user")?;
            Ok(db
                .prepare(
                    "SELECT accounts.*, organizations.name AS organization_name FROM accounts
                         JOIN organizations ON organizations.id = organization_id
                         WHERE root_user_id = ?1 AND accounts.id <> ?2 ORDER BY number",
                )?
                .query_map([&user.root_user_id, user_id], |row| {
                    Ok((row.get("organization_name")?, User::from_row(row)?))
                })?
                .collect::<rusqlite::Result<_>>()?)
        })
    }
}
