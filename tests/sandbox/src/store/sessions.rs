//! Sessions: what a person gets for a password, and what a browser login hands over.

use data_encoding::BASE64URL_NOPAD;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::json;
use uuid::Uuid;

use super::{
    Attempt, Page, Principal, Result, Store, StoreError, User, hash,
    listing::{Conditions, Source},
    organizations, users,
};
use crate::clock::Instant;

/// How long a session lives, and lives on when it is renewed, in seconds (protocol.md A).
const LIFE_S: i64 = 3600;

/// How exactly it is known when a session was used last, in seconds. Not each request that shows it
/// is worth a write.
const USE_S: i64 = 60;

/// How long an expired session is told from an unknown one, in seconds.
const MEMORY_S: i64 = 86_400;

/// A session without its token.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) jti: String,
    pub(crate) user_id: String,
    pub(crate) root_user_id: String,
    pub(crate) created_at: Instant,
    pub(crate) updated_at: Instant,
    pub(crate) expires_at: Instant,
    /// Up to [`USE_S`] before its last use.
    pub(crate) last_used_at: Instant,
    pub(crate) ip: String,
    pub(crate) user_agent: String,
    began_at: Instant,
}

impl Session {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            jti: row.get("jti")?,
            user_id: row.get("user_id")?,
            root_user_id: row.get("root_user_id")?,
            created_at: row.get("created_at")?,
            updated_at: row.get("updated_at")?,
            expires_at: row.get("expires_at")?,
            last_used_at: row.get("last_used_at")?,
            ip: row.get("ip")?,
            user_agent: row.get("user_agent")?,
            began_at: row.get("began_at")?,
        })
    }
}

/// A session with its token and its renew token, which are shown this once.
#[derive(Debug)]
pub(crate) struct Issued {
    pub(crate) session: Session,
    pub(crate) token: String,
    pub(crate) renew_token: String,
}

/// From where a session is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    pub(crate) ip: String,
    pub(crate) user_agent: String,
}

/// A token in the form of a JWT. Its last part is random: nobody checks a signature, the service
/// knows the token by its hash.
fn make_token(session: &Session) -> String {
    let part = |value: &serde_json::Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    let header = part(&json!({ "alg": "HS256", "typ": "JWT" }));
    let claims = part(&json!({
        "jti": session.jti,
        "iss": session.root_user_id,
        "aud": session.user_id,
        "iat": session.updated_at.unix_seconds(),
        "exp": session.expires_at.unix_seconds(),
    }));
    let signature = BASE64URL_NOPAD.encode(&rand::random::<[u8; 32]>());
    format!("{header}.{claims}.{signature}")
}

const SELECT: &str = "SELECT sessions.*, users.root_user_id FROM sessions
     JOIN users ON users.id = sessions.user_id";

fn find(db: &Connection, jti: &str) -> Result<Session> {
    db.query_row(
        &format!("{SELECT} WHERE jti = ?1"),
        [jti],
        Session::from_row,
    )
    .optional()?
    .ok_or_else(|| StoreError::NotFound("jwt", jti.to_owned()))
}

/// When a session that is begun or renewed now ends: after an hour, or earlier where the
/// organization's longest session is over (0: there is none).
fn end(db: &Connection, organization_id: &str, began_at: Instant, now: Instant) -> Result<Instant> {
    let longest = organizations::organization(db, organization_id)?.max_session_s;
    Ok(if longest > 0 {
        now.plus_s(LIFE_S).min(began_at.plus_s(longest))
    } else {
        now.plus_s(LIFE_S)
    })
}

/// Begins a session; `from` is the one that it continues in another organization.
pub(super) fn begin(
    db: &Connection,
    user: &User,
    client: &Client,
    from: Option<&Session>,
    now: Instant,
) -> Result<Issued> {
    db.execute(
        "DELETE FROM sessions WHERE expires_at < ?1",
        [now.plus_s(-MEMORY_S)],
    )?;
    let began_at = from.map_or(now, |session| session.began_at);
    let session = Session {
        jti: Uuid::new_v4().to_string(),
        user_id: user.id.clone(),
        root_user_id: user.root_user_id.clone(),
        created_at: now,
        updated_at: now,
        expires_at: end(db, &user.organization_id, began_at, now)?,
        last_used_at: now,
        ip: client.ip.clone(),
        user_agent: client.user_agent.clone(),
        began_at,
    };
    let token = make_token(&session);
    let renew_token = Uuid::new_v4().to_string();
    db.execute(
        "INSERT INTO sessions (jti, user_id, token_hash, renew_hash, began_at, created_at,
             updated_at, last_used_at, expires_at, ip, user_agent)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?6, ?7, ?8, ?9)",
        params![
            session.jti,
            session.user_id,
            hash(&token),
            hash(&renew_token),
            began_at,
            now,
            session.expires_at,
            session.ip,
            session.user_agent
        ],
    )?;
    Ok(Issued {
        session,
        token,
        renew_token,
    })
}

/// The session, when the caller may do `action` to it: its user, or an administrator.
fn reachable(
    db: &Connection,
    caller: &Principal,
    jti: &str,
    action: &'static str,
) -> Result<Session> {
    let session = find(db, jti)?;
    match users::reachable(db, caller, &session.user_id, action, "jwt") {
        Ok(_) => Ok(session),
        Err(StoreError::NotFound(..)) => Err(StoreError::NotFound("jwt", jti.to_owned())),
        Err(other) => Err(other),
    }
}

impl Store {
    /// Signs a person in.
    pub(crate) fn log_in(
        &self,
        attempt: &Attempt<'_>,
        client: &Client,
        now: Instant,
    ) -> Result<Issued> {
        self.sign_in(attempt, client, now, |db, user| {
            begin(db, user, client, None, now)
        })
    }

    /// Whose session token this is.
    pub(crate) fn session_principal(&self, token: &str, now: Instant) -> Result<Principal> {
        let (_, user) = self.session(token, now)?;
        Ok(Principal::User(Box::new(user)))
    }

    /// The session that a token proves, and its user. This is a use of the session.
    pub(crate) fn session(&self, token: &str, now: Instant) -> Result<(Session, User)> {
        self.transaction(|db| {
            let session = db
                .query_row(
                    &format!("{SELECT} WHERE token_hash = ?1"),
                    [hash(token)],
                    Session::from_row,
                )
                .optional()?
                .ok_or(StoreError::UnknownSession)?;
            if session.expires_at <= now {
                return Err(StoreError::ExpiredSession);
            }
            let user = users::find(db, &session.user_id)?;
            if user.locked {
                return Err(StoreError::Locked(user.id));
            }
            if session.last_used_at <= now.plus_s(-USE_S) {
                db.execute(
                    "UPDATE sessions SET last_used_at = ?2 WHERE jti = ?1",
                    params![session.jti, now],
                )?;
            }
            Ok((session, user))
        })
    }

    /// The sessions of a user that are not over, the oldest first.
    pub(crate) fn sessions(
        &self,
        caller: &Principal,
        user_id: &str,
        now: Instant,
    ) -> Result<Vec<Session>> {
        self.transaction(|db| {
            users::reachable(db, caller, user_id, "read", "jwt")?;
            Ok(db
                .prepare(&format!(
                    "{SELECT} WHERE user_id = ?1 AND expires_at > ?2 ORDER BY sessions.number"
                ))?
                .query_map(params![user_id, now], Session::from_row)?
                .collect::<rusqlite::Result<_>>()?)
        })
    }

    /// A page of a user's sessions, and how many there are on all pages: those that are over (which
    /// are remembered for a day), or those that are not.
    pub(crate) fn listed_sessions(
        &self,
        caller: &Principal,
        user_id: &str,
        expired: bool,
        page: Page,
        now: Instant,
    ) -> Result<(Vec<Session>, u64)> {
        self.transaction(|db| {
            users::reachable(db, caller, user_id, "read", "jwt")?;
            let mut conditions = Conditions::default();
            conditions.with("user_id = ?", user_id.to_owned());
            conditions.with("(expires_at <= ?) = ?", now);
            conditions.value(i64::from(expired));
            let from = format!("({SELECT})");
            conditions.list(
                (db, &self.counts),
                &Source::one(&from, "number"),
                page,
                Session::from_row,
            )
        })
    }

    /// A session by its id.
    pub(crate) fn session_named(&self, caller: &Principal, jti: &str) -> Result<Session> {
        self.transaction(|db| reachable(db, caller, jti, "read"))
    }

    pub(crate) fn end_session(&self, caller: &Principal, jti: &str) -> Result<()> {
        self.transaction(|db| {
            reachable(db, caller, jti, "write")?;
            db.execute("DELETE FROM sessions WHERE jti = ?1", [jti])?;
            Ok(())
        })
    }

    /// Ends the sessions of a user but one. Says how many of them were not over.
    pub(crate) fn end_other_sessions(&self, own: &Session, now: Instant) -> Result<usize> {
        self.transaction(|db| {
            Ok(db.execute(
                "DELETE FROM sessions WHERE user_id = ?1 AND jti <> ?2 AND expires_at > ?3",
                params![own.user_id, own.jti, now],
            )?)
        })
    }

    /// Gives a session another hour, and new tokens in place of the old ones.
    ///
    /// Inferred: that the renew token proves enough by itself and works once, that a session that
    /// is over stays so, and that the `jti` stays the same.
    pub(crate) fn renew_session(
        &self,
        jti: &str,
        renew_token: &str,
        now: Instant,
    ) -> Result<Issued> {
        self.transaction(|db| {
            let found = db
                .query_row(
                    &format!("{SELECT} WHERE jti = ?1 AND renew_hash = ?2"),
                    [jti, &hash(renew_token)],
                    Session::from_row,
                )
                .optional()?
                .ok_or(StoreError::UnknownSession)?;
            if found.expires_at <= now {
                return Err(StoreError::ExpiredSession);
            }
            let user = users::find(db, &found.user_id)?;
            if user.locked {
                return Err(StoreError::Locked(user.id));
            }
            let session = Session {
                updated_at: now,
                expires_at: end(db, &user.organization_id, found.began_at, now)?,
                ..found
            };
            let token = make_token(&session);
            let renew_token = Uuid::new_v4().to_string();
            db.execute(
                "UPDATE sessions SET token_hash = ?2, renew_hash = ?3, updated_at = ?4,
                     expires_at = ?5 WHERE jti = ?1",
                params![
                    jti,
                    hash(&token),
                    hash(&renew_token),
                    now,
                    session.expires_at
                ],
            )?;
            Ok(Issued {
                session,
                token,
                renew_token,
            })
        })
    }

    /// Begins a session for the same person's user in another organization.
    ///
    /// Inferred: any live session of the person may be the one that is named, whichever of the
    /// person's sessions the caller shows, and the named one stays.
    pub(crate) fn switch_organization(
        &self,
        caller: &Principal,
        jti: &str,
        organization_id: &str,
        now: Instant,
    ) -> Result<Issued> {
        self.transaction(|db| {
            let session = find(db, jti)?;
            let is_own = matches!(caller, Principal::User(user)
                if user.root_user_id == session.root_user_id);
            if !is_own || session.expires_at <= now {
                return Err(StoreError::NotFound("jwt", jti.to_owned()));
            }
            let id: String = db
                .query_row(
                    "SELECT id FROM users WHERE root_user_id = ?1 AND organization_id = ?2",
                    [&session.root_user_id, organization_id],
                    |row| row.get(0),
                )
                .optional()?
                .ok_or_else(|| StoreError::NotFound("organization", organization_id.to_owned()))?;
            let user = users::find(db, &id)?;
            if user.locked {
                return Err(StoreError::Locked(user.id));
            }
            let client = Client {
                ip: session.ip.clone(),
                user_agent: session.user_agent.clone(),
            };
            begin(db, &user, &client, Some(&session), now)
        })
    }
}
