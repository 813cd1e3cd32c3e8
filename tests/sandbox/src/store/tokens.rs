//! Tokens of the 2017 API.

use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use super::{Attempt, Client, Principal, Result, Store, StoreError, User, hash, users};
use crate::clock::Instant;

/// How long a token lives that is to expire, in seconds (inferred).
const LIFE_S: i64 = 3600;

/// A token of the 2017 API, or an API key that is shown as one.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) id: String,
    pub(crate) user: User,
    pub(crate) organization_name: String,
    pub(crate) description: String,
    pub(crate) expires_at: Option<Instant>,
}

/// What a new token is to be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewToken<'a> {
    pub(crate) description: &'a str,
    /// Whether it is to expire.
    pub(crate) expires: bool,
}

/// What a token or a key says of itself: its user, its description and its end.
type Found = (String, String, Option<Instant>);

fn token(db: &Connection, id: &str, found: Found) -> Result<Token> {
    let (user_id, description, expires_at) = found;
    let user = users::find(db, &user_id)?;
    Ok(Token {
        id: id.to_owned(),
        organization_name: db.query_row(
            "SELECT name FROM organizations WHERE id = ?1",
            [&user.organization_id],
            |row| row.get(0),
        )?,
        user,
        description,
        expires_at,
    })
}

/// The token that is alive. An IAM secret key counts as a token too (inferred: the services
/// shared one store of keys when the IAM API came).
pub(super) fn find(db: &Connection, id: &str, now: Instant) -> Result<Token> {
    // Letter case does not matter in a UUID.
    let id = id.to_ascii_lowercase();
    let found: Found = db
        .query_row(
            "SELECT user_id, description, expires_at FROM tokens WHERE token = ?1
             UNION ALL
             SELECT user_id, description, expires_at FROM api_keys
                 WHERE secret_hash = ?2 AND user_id IS NOT NULL",
            [&id, &hash(&id)],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .optional()?
        .ok_or(StoreError::UnknownKey)?;
    if found.2.is_some_and(|expires_at| expires_at <= now) {
        return Err(StoreError::ExpiredKey);
    }
    token(db, &id, found)
}

/// The token, when it is the caller's own.
fn own(
    db: &Connection,
    caller: &Principal,
    id: &str,
    action: &'static str,
    now: Instant,
) -> Result<Token> {
    let token = find(db, id, now).map_err(|err| match err {
        // The address of a token is the token: it is not to be repeated.
        StoreError::UnknownKey | StoreError::ExpiredKey => {
            StoreError::NotFound("token", String::new())
        }
        other => other,
    })?;
    if caller.is(&token.user.id) {
        Ok(token)
    } else {
        Err(StoreError::Denied {
            action,
            resource: "token",
        })
    }
}

impl Store {
    /// Makes a token for a person who signs in.
    pub(crate) fn create_token(
        &self,
        attempt: &Attempt<'_>,
        new: NewToken<'_>,
        client: &Client,
        now: Instant,
    ) -> Result<Token> {
        self.sign_in(attempt, client, now, |db, user| {
            let id = Uuid::new_v4().to_string();
            let expires_at = new.expires.then_some(now.plus_s(LIFE_S));
            db.execute(
                "INSERT INTO tokens (token, user_id, description, expires_at)
                     VALUES (?1, ?2, ?3, ?4)",
                params![id, user.id, new.description, expires_at],
            )?;
            find(db, &id, now)
        })
    }

    /// Whose token this is.
    pub(crate) fn token_principal(&self, id: &str, now: Instant) -> Result<Principal> {
        self.transaction(|db| {
            let user = find(db, id, now)?.user;
            if user.locked {
                return Err(StoreError::Locked(user.id));
            }
            Ok(Principal::User(Box::new(user)))
        })
    }

    /// What one of the caller's tokens is.
    pub(crate) fn token(&self, caller: &Principal, id: &str, now: Instant) -> Result<Token> {
        self.transaction(|db| own(db, caller, id, "read", now))
    }

    /// A page of the caller's tokens, and how many there are on all pages. IAM keys are not among
    /// them: their secrets are shown once.
    pub(crate) fn tokens(
        &self,
        user: &User,
        (page, per_page): (u32, u32),
        now: Instant,
    ) -> Result<(Vec<Token>, u64)> {
        /// Which tokens are listed.
        const ALIVE: &str = "FROM tokens WHERE user_id = ?1 AND coalesce(expires_at > ?2, 1)";
        let offset = u64::from(page.saturating_sub(1)) * u64::from(per_page);
        self.transaction(|db| {
            let total = db.query_row(
                &format!("SELECT count(*) {ALIVE}"),
                params![user.id, now],
                |row| row.get(0),
            )?;
            let rows: Vec<(String, Found)> = db
                .prepare(&format!(
                    "SELECT token, user_id, description, expires_at {ALIVE}
                         ORDER BY number LIMIT {per_page} OFFSET {offset}"
                ))?
                .query_map(params![user.id, now], |row| {
                    Ok((row.get(0)?, (row.get(1)?, row.get(2)?, row.get(3)?)))
                })?
                .collect::<rusqlite::Result<_>>()?;
            let tokens = rows.into_iter().map(|(id, found)| token(db, &id, found));
            Ok((tokens.collect::<Result<_>>()?, total))
        })
    }

    /// Deletes one of the caller's tokens, or an IAM key that counts as one.
    pub(crate) fn delete_token(&self, caller: &Principal, id: &str, now: Instant) -> Result<()> {
        self.transaction(|db| {
            let id = own(db, caller, id, "write", now)?.id;
            db.execute("DELETE FROM tokens WHERE token = ?1", [&id])?;
            db.execute("DELETE FROM api_keys WHERE secret_hash = ?1", [hash(&id)])?;
            Ok(())
        })
    }
}
