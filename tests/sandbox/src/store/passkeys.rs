//! Passkeys (protocol.md E), and what they count for.
//!
//! A passkey belongs to the person, as the app does: each of its users shows it (inferred).

use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

use crate::clock::Instant;

use super::{
    Page, Principal, Result, Store, StoreError, User,
    listing::{Conditions, Source},
    two_factor, users,
};

/// What a passkey is called where a caller is refused it, and where there is none.
const RESOURCE: &str = "webauthn_authenticator";

/// How long a passkey's name may be, in characters (inferred).
const LONGEST_NAME: usize = 100;

/// A passkey, as the wire tells of one.
#[derive(Debug, Clone)]
pub(crate) struct Passkey {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) created_at: Instant,
    pub(crate) last_login_at: Option<Instant>,
}

impl Passkey {
    pub(super) fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            name: row.get("name")?,
            created_at: row.get("created_at")?,
            last_login_at: row.get("last_login_at")?,
        })
    }
}

/// What a passkey signs in with, in the forms of `webauthn_rp`.
#[derive(Debug, Clone)]
pub(crate) struct Credential {
    /// The id that its authenticator gave it.
    pub(crate) id: Vec<u8>,
    /// The user whose handle its authenticator keeps.
    pub(crate) user_id: String,
    /// How its authenticator is reached, as a set of bits.
    pub(crate) transports: u8,
    pub(crate) public_key: Vec<u8>,
    /// What changes with its use: the sign count, and whether it is backed up.
    pub(crate) state: [u8; 7],
}

impl Credential {
    pub(super) fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get("credential_id")?,
            user_id: row.get("user_id")?,
            transports: row.get("transports")?,
            public_key: row.get("public_key")?,
            state: row.get("state")?,
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
    let mut insert = db.prepare_cached(
        "INSERT INTO passkeys (id, person_id, name, created_at, last_login_at)
             VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    insert.execute(params![
        passkey.id,
        person_id,
        passkey.name,
        passkey.created_at,
        passkey.last_login_at
    ])?;
    Ok(())
}

fn add(db: &Connection, user: &User, name: &str, now: Instant) -> Result<String> {
    let passkey = Passkey {
        id: Uuid::new_v4().to_string(),
        name: passkey_name(name)?.to_owned(),
        created_at: now,
        last_login_at: None,
    };
    insert(db, &user.root_user_id, &passkey)?;
    two_factor::touch(db, user, now)?;
    Ok(passkey.id)
}

/// What a person's passkeys sign in with, the oldest first.
pub(super) fn credentials_of(db: &Connection, person_id: &str) -> Result<Vec<Credential>> {
    Ok(db
        .prepare_cached(
            "SELECT * FROM passkeys WHERE person_id = ?1 AND credential_id IS NOT NULL
                 ORDER BY created_at, number",
        )?
        .query_map([person_id], Credential::from_row)?
        .collect::<rusqlite::Result<_>>()?)
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

/// A name without what surrounds it.
pub(crate) fn passkey_name(name: &str) -> Result<&str> {
    let name = name.trim();
    let help = if name.is_empty() {
        "is empty".to_owned()
    } else if name.chars().count() > LONGEST_NAME {
        format!("is longer than {LONGEST_NAME} characters")
    } else {
        return Ok(name);
    };
    Err(StoreError::Argument {
        argument: "authenticator_name",
        reason: "constraint",
        help,
    })
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
            let source = Source::one("passkeys", "number");
            conditions.list((db, &self.counts), &source, page, Passkey::from_row)
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
            add(db, &user, name, now)
        })
    }

    /// What the passkeys of a user's person sign in with, the oldest first. Whoever asks for
    /// a registration is the user itself.
    pub(crate) fn credentials(
        &self,
        caller: &Principal,
        user_id: &str,
    ) -> Result<(User, Vec<Credential>)> {
        self.transaction(|db| {
            let user = two_factor::self_only(db, caller, user_id, RESOURCE)?;
            let credentials = credentials_of(db, &user.root_user_id)?;
            Ok((user, credentials))
        })
    }

    /// Gives a user a passkey that a ceremony has made, and returns its id.
    pub(crate) fn register_passkey(
        &self,
        caller: &Principal,
        name: &str,
        credential: &Credential,
        now: Instant,
    ) -> Result<String> {
        self.transaction(|db| {
            let user = two_factor::self_only(db, caller, &credential.user_id, RESOURCE)?;
            let is_known: bool = db.query_row(
                "SELECT EXISTS (SELECT 1 FROM passkeys WHERE credential_id = ?1)",
                [&credential.id],
                |row| row.get(0),
            )?;
            if is_known {
                return Err(StoreError::Argument {
                    argument: "raw_id",
                    reason: "constraint",
                    help: "is registered already".to_owned(),
                });
            }
            let id = add(db, &user, name, now)?;
            db.execute(
                "UPDATE passkeys SET user_id = ?2, credential_id = ?3, transports = ?4,
                     public_key = ?5, state = ?6 WHERE id = ?1",
                params![
                    id,
                    credential.user_id,
                    credential.id,
                    credential.transports,
                    credential.public_key,
                    credential.state
                ],
            )?;
            Ok(id)
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
                [id, passkey_name(name)?],
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
