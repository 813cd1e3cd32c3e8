//! Passkeys (protocol.md E), and what they count for.
//!
//! A passkey belongs to the person, as the app does: each of its users shows it (inferred).

use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

use crate::clock::Instant;

use super::{
    Page, Principal, Result, Store, StoreError, User, listing::Conditions, two_factor, users,
};

/// What a passkey is called where a caller is refused it, and where there is none.
const RESOURCE: &str = "webauthn_authenticator";

/// A passkey, as the wire tells of one. There is no ceremony yet, so nothing signs in with it.
#[derive(Debug, Clone)]
pub(crate) struct Passkey {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) created_at: Instant,
    pub(crate) last_login_at: Option<Instant>,
}

impl Passkey {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            name: row.get("name")?,
            created_at: row.get("created_at")?,
            last_login_at: row.get("last_login_at")?,
        })
    }
}

/// What is not on record of the real service (protocol.md E), as this sandbox answers it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Readings {
    /// Whether `mfa` is true of a user with a passkey alone.
    pub(crate) mfa_counts_passkeys: bool,
    /// Whether recovery codes stay when the app goes and a passkey is left.
    pub(crate) codes_outlive_app: bool,
}

pub(super) fn readings(db: &Connection) -> Result<Readings> {
    Ok(db.query_row("SELECT * FROM passkey_readings", [], |row| {
        Ok(Readings {
            mfa_counts_passkeys: row.get("mfa_counts_passkeys")?,
            codes_outlive_app: row.get("codes_outlive_app")?,
        })
    })?)
}

/// A person's passkeys, the oldest first.
pub(super) fn of(db: &Connection, person_id: &str) -> Result<Vec<Passkey>> {
    Ok(db
        .prepare_cached("SELECT * FROM passkeys WHERE person_id = ?1 ORDER BY created_at, number")?
        .query_map([person_id], Passkey::from_row)?
        .collect::<rusqlite::Result<_>>()?)
}

/// Gives a person a passkey.
pub(super) fn insert(db: &Connection, person_id: &str, passkey: &Passkey) -> Result<()> {
    db.execute(
        "INSERT INTO passkeys (id, person_id, name, created_at, last_login_at)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        params![
            passkey.id,
            person_id,
            passkey.name,
            passkey.created_at,
            passkey.last_login_at
        ],
    )?;
    Ok(())
}

/// The user whose passkey this is, when the caller may change it: itself, or an administrator of
/// its organization (inferred).
fn owner(db: &Connection, caller: &Principal, id: &str) -> Result<User> {
    let user: String = db
        .query_row(
            "SELECT users.id FROM users JOIN passkeys ON person_id = root_user_id
                 WHERE passkeys.id = ?1 AND organization_id = ?2",
            [id, caller.organization_id()],
            |row| row.get(0),
        )
        .optional()?
        .ok_or_else(|| StoreError::NotFound(RESOURCE, id.to_owned()))?;
    users::reachable(db, caller, &user, "write", RESOURCE)
}

fn named(name: &str) -> Result<&str> {
    let name = name.trim();
    if name.is_empty() {
        return Err(StoreError::Argument {
            argument: "authenticator_name",
            reason: "constraint",
            help: "is empty".to_owned(),
        });
    }
    Ok(name)
}

impl Store {
    /// A page of a user's passkeys, and how many there are on all pages.
    pub(crate) fn passkeys(
        &self,
        caller: &Principal,
        user_id: &str,
        page: Page,
    ) -> Result<(Vec<Passkey>, u64)> {
        self.transaction(|db| {
            let user = users::reachable(db, caller, user_id, "read", RESOURCE)?;
            let mut conditions = Conditions::default();
            conditions.with("person_id = ?", user.root_user_id);
            conditions.list(db, "passkeys", "number", page, Passkey::from_row)
        })
    }

    /// The passkeys of a user, without a caller: for the sandbox itself.
    pub(crate) fn passkeys_of(&self, user: &User) -> Result<Vec<Passkey>> {
        self.transaction(|db| of(db, &user.root_user_id))
    }

    /// Gives a user a passkey without a ceremony, and returns its id.
    pub(crate) fn add_passkey(&self, user_id: &str, name: &str, now: Instant) -> Result<String> {
        self.transaction(|db| {
            let user = users::find(db, user_id)?;
            let passkey = Passkey {
                id: Uuid::new_v4().to_string(),
                name: named(name)?.to_owned(),
                created_at: now,
                last_login_at: None,
            };
            insert(db, &user.root_user_id, &passkey)?;
            two_factor::touch(db, &user, now)?;
            Ok(passkey.id)
        })
    }

    /// Gives one of the caller's own passkeys another name.
    pub(crate) fn rename_passkey(
        &self,
        caller: &Principal,
        id: &str,
        name: &str,
        now: Instant,
    ) -> Result<Passkey> {
        self.transaction(|db| {
            let user = owner(db, caller, id)?;
            two_factor::self_only(db, caller, &user.id, RESOURCE)?;
            db.execute(
                "UPDATE passkeys SET name = ?2 WHERE id = ?1",
                [id, named(name)?],
            )?;
            two_factor::touch(db, &user, now)?;
            Ok(db.query_row(
                "SELECT * FROM passkeys WHERE id = ?1",
                [id],
                Passkey::from_row,
            )?)
        })
    }

    /// Deletes a passkey. The recovery codes go with the last factor.
    pub(crate) fn delete_passkey(&self, caller: &Principal, id: &str, now: Instant) -> Result<()> {
        self.transaction(|db| {
            let user = owner(db, caller, id)?;
            db.execute("DELETE FROM passkeys WHERE id = ?1", [id])?;
            let is_any_left = user.app || !of(db, &user.root_user_id)?.is_empty();
            two_factor::lost(db, &user, is_any_left, now)
        })
    }

    /// Changes how passkeys count where something is given, and tells how they do.
    pub(crate) fn change_readings(
        &self,
        mfa_counts_passkeys: Option<bool>,
        codes_outlive_app: Option<bool>,
    ) -> Result<Readings> {
        self.transaction(|db| {
            db.execute(
                "UPDATE passkey_readings SET
                     mfa_counts_passkeys = coalesce(?1, mfa_counts_passkeys),
                     codes_outlive_app = coalesce(?2, codes_outlive_app)",
                params![mfa_counts_passkeys, codes_outlive_app],
            )?;
            readings(db)
        })
    }
}
