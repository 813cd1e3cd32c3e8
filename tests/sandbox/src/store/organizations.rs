//! What an organization tells its members of itself.

use rusqlite::{OptionalExtension, Row};

use super::{Principal, Result, Store, StoreError};

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
}
