//! Users that come and go (protocol.md A, "User").

use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use super::{
    Principal, Result, Store, StoreError, User, events, passkeys, password::hash_password,
    two_factor, users,
};
use crate::clock::Instant;

/// What a member has that a guest has not: a guest brings its own account.
#[derive(Debug)]
pub(crate) struct NewMember<'a> {
    pub(crate) username: &'a str,
    /// Nothing where the member cannot sign in yet.
    pub(crate) password: Option<&'a str>,
    pub(crate) first_name: &'a str,
    pub(crate) last_name: &'a str,
}

/// A user that is to join an organization.
#[derive(Debug)]
pub(crate) struct Joining<'a> {
    pub(crate) organization_id: &'a str,
    pub(crate) email: &'a str,
    /// Nothing for a guest.
    pub(crate) member: Option<NewMember<'a>>,
}

/// An argument with a value that cannot be.
fn refused(argument: &'static str, help: &str) -> StoreError {
    StoreError::Argument {
        argument,
        reason: "constraint",
        help: help.to_owned(),
    }
}

/// The person with an email address, if there is one.
fn person_with(db: &Connection, email: &str) -> Result<Option<String>> {
    Ok(db
        .prepare_cached(
            "SELECT root_user_id FROM users WHERE email = ?1 COLLATE NOCASE ORDER BY number",
        )?
        .query_row([email], |row| row.get(0))
        .optional()?)
}

/// Makes a person without a second factor: its id.
fn new_person(db: &Connection, password_hash: Option<&str>, now: Instant) -> Result<String> {
    let id = Uuid::new_v4().to_string();
    db.prepare_cached("INSERT INTO people (id, password_hash, without_since) VALUES (?1, ?2, ?3)")?
        .execute(params![id, password_hash, now])?;
    Ok(id)
}

/// Whether an organization has a user with the value of a condition.
fn is_taken(
    db: &Connection,
    condition: &str,
    organization_id: &str,
    value: &str,
) -> rusqlite::Result<bool> {
    db.prepare_cached(&format!(
        "SELECT 1 FROM users WHERE organization_id = ?1 AND {condition}"
    ))?
    .exists([organization_id, value])
}

impl Store {
    /// Lets a user join the caller's organization.
    ///
    /// Inferred: administrators alone may do that; an organization has an email address once; a
    /// guest whose address somebody has is that person, and a member is always a person of its own.
    ///
    /// # Errors
    /// `Denied`, and `Argument` for an email address or a user name that is taken.
    pub(crate) fn create_user(
        &self,
        caller: &Principal,
        new: &Joining<'_>,
        now: Instant,
    ) -> Result<User> {
        let organization_id = new.organization_id;
        caller.administers(organization_id, "write", "user")?;
        let member = new.member.as_ref();
        // Outside of the transaction, since it takes long.
        let password_hash = member
            .and_then(|member| member.password)
            .map(hash_password)
            .transpose()?;
        self.transaction(|db| {
            if is_taken(db, "email = ?2 COLLATE NOCASE", organization_id, new.email)? {
                return Err(refused("email", "is that of a user of the organization"));
            }
            // Unique in an organization (protocol.md A).
            let username = member.map_or(new.email, |member| member.username);
            if is_taken(db, "username = ?2", organization_id, username)? {
                return Err(refused("username", "is taken"));
            }
            let known = person_with(db, new.email)?;
            if known.is_some() && member.is_some() {
                return Err(refused("email", "has an account, which can be a guest"));
            }
            let person_id =
                known.map_or_else(|| new_person(db, password_hash.as_deref(), now), Ok)?;
            let id = Uuid::new_v4().to_string();
            db.prepare_cached(
                "INSERT INTO users (id, organization_id, email, username, first_name, last_name,
                     type, admin, root_user_id, created_at, updated_at, locked)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, FALSE, ?8, ?9, ?9, FALSE)",
            )?
            .execute(params![
                id,
                organization_id,
                new.email,
                username,
                member.map_or("", |member| member.first_name),
                member.map_or("", |member| member.last_name),
                if member.is_some() { "member" } else { "guest" },
                person_id,
                now
            ])?;
            users::find(db, &id)
        })
    }

    /// Deletes a user with its keys, tokens and sessions. Its sign-ins stay in the audit trail. Its
    /// person goes with its last user.
    ///
    /// Inferred: administrators alone may do that, and an owner is refused with a 412. The user that
    /// the sandbox prints stays too, whatever it is: it could not start again without it.
    ///
    /// # Errors
    /// `NotFound`, `Denied`, `Precondition`.
    pub(crate) fn delete_user(&self, caller: &Principal, id: &str, now: Instant) -> Result<()> {
        self.transaction(|db| {
            let user = users::reachable(db, caller, id, "write", "user")?;
            caller.administers(&user.organization_id, "write", "user")?;
            if user.kind == "owner" {
                return Err(StoreError::Precondition("an owner cannot be deleted"));
            }
            let is_first = db
                .prepare_cached("SELECT 1 FROM sandbox_seed WHERE first_user = ?1")?
                .exists([id])?;
            if is_first {
                return Err(StoreError::Precondition(
                    "the first user of the sandbox cannot be deleted",
                ));
            }
            remove(db, &user, now)
        })
    }
}

/// Deletes a user, and its person where it has no other one.
fn remove(db: &Connection, user: &User, now: Instant) -> Result<()> {
    events::keep(db, user, now)?;
    let other: Option<String> = db
        .prepare_cached("SELECT id FROM users WHERE root_user_id = ?1 AND id <> ?2")?
        .query_row([&user.root_user_id, &user.id], |row| row.get(0))
        .optional()?;
    for of_user in [
        "DELETE FROM forms WHERE owner_hash IN
             (SELECT token_hash FROM sessions WHERE user_id = ?1)",
        "DELETE FROM sessions WHERE user_id = ?1",
        "DELETE FROM waiting WHERE user_id = ?1",
        "DELETE FROM tokens WHERE user_id = ?1",
        "DELETE FROM api_keys WHERE user_id = ?1",
    ] {
        db.prepare_cached(of_user)?.execute([&user.id])?;
    }
    // The device of a passkey knows one user. Without that user nobody can sign in with it.
    let before = other.map(|other| users::find(db, &other)).transpose()?;
    let lost = db
        .prepare_cached("DELETE FROM passkeys WHERE user_id = ?1")?
        .execute([&user.id])?;
    db.prepare_cached("DELETE FROM users WHERE id = ?1")?
        .execute([&user.id])?;
    let Some(before) = before else {
        for of_person in [
            "DELETE FROM passkeys WHERE person_id = ?1",
            "DELETE FROM backup_codes WHERE person_id = ?1",
            "DELETE FROM ssh_keys WHERE person_id = ?1",
            "DELETE FROM people WHERE id = ?1",
        ] {
            db.prepare_cached(of_person)?
                .execute([&user.root_user_id])?;
        }
        return Ok(());
    };
    if lost > 0 {
        let is_any_left = before.app || !passkeys::of(db, &before.root_user_id)?.is_empty();
        two_factor::lost(db, &before, is_any_left, now)?;
    }
    Ok(())
}
