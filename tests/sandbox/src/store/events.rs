//! Sign-ins that were tried, as the audit trail tells of them (protocol.md F).

use data_encoding::BASE64URL_NOPAD;
use rusqlite::{Connection, Row, params, params_from_iter};
use uuid::Uuid;

use super::{Client, Principal, Result, Store, StoreError, User, listing::Conditions, users};
use crate::clock::Instant;

/// How many sign-ins of one organization are kept: the newest ones, and fewer than
/// [`CLEARED_EVERY`] more.
const KEPT: i64 = 100_000;

/// After how many sign-ins of an organization its old ones are deleted. One attempt in a thousand
/// pays for it, so that the time of the others does not tell how many there are.
const CLEARED_EVERY: i64 = 1_000;

/// How much of a client's name is kept, in characters.
const MAX_USER_AGENT: usize = 512;

/// Where sign-ins with an unknown email address are written: no organization has this id.
const NO_ORGANIZATION: &str = "";

/// How somebody showed who they are, before the second factor.
#[derive(Debug, Clone, Copy)]
pub(super) enum Method {
    /// A password.
    Password,
    /// A passkey, which stands for the second factor too.
    Passkey,
}

/// The second factor of a sign-in.
#[derive(Debug, Clone, Copy)]
pub(super) enum Factor {
    /// A one-time password of the app.
    App,
    /// A backup code.
    BackupCode,
    /// A passkey.
    Passkey,
}

/// Why a sign-in failed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Failure {
    /// The password was wrong.
    Password,
    /// The password was right, and the second factor was wrong.
    Factor,
    /// Everything was right, and the user may not sign in so: it is locked, or its organization
    /// forbids passwords.
    Refused,
}

/// A sign-in that is to be written down.
#[derive(Debug, Clone, Copy)]
pub(super) struct NewSignIn<'a> {
    pub(super) client: &'a Client,
    pub(super) method: Method,
    /// The second factor that was shown.
    pub(super) factor: Option<Factor>,
    /// Nothing where the user is signed in.
    pub(super) failure: Option<Failure>,
}

/// Who a sign-in was for. A user that is deleted stays as it was then.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    pub(crate) id: String,
    pub(crate) organization_id: String,
    pub(crate) email: String,
    pub(crate) created_at: Instant,
    pub(crate) updated_at: Instant,
    pub(crate) deleted_at: Option<Instant>,
}

/// A sign-in that was tried.
#[derive(Debug, Clone)]
pub(crate) struct SignIn {
    pub(crate) id: String,
    pub(crate) recorded_at: Instant,
    pub(crate) client: Client,
    /// `password` or `passkey`.
    pub(crate) method: String,
    /// `app`, `backup_code` or `passkey`; nothing where no second factor was shown.
    pub(crate) factor: Option<String>,
    /// `password`, `factor` or `refused`; nothing where it worked.
    pub(crate) failure: Option<String>,
    pub(crate) user: Subject,
    serial: i64,
}

impl SignIn {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get("sign_in_id")?,
            recorded_at: row.get("recorded_at")?,
            client: Client {
                ip: row.get("ip")?,
                user_agent: row.get("user_agent")?,
            },
            method: row.get("method")?,
            factor: row.get("factor")?,
            failure: row.get("failure")?,
            user: Subject {
                id: row.get("user_id")?,
                organization_id: row.get("organization_id")?,
                email: row.get("shown_email")?,
                created_at: row.get("shown_created_at")?,
                updated_at: row.get("shown_updated_at")?,
                deleted_at: row.get("deleted_at")?,
            },
            serial: row.get("serial")?,
        })
    }
}

/// Sign-ins with their users, whether they are there or deleted.
const SHOWN: &str = "SELECT sign_ins.*, coalesce(users.email, sign_ins.email) AS shown_email,
         coalesce(users.created_at, user_created_at) AS shown_created_at,
         coalesce(users.updated_at, user_updated_at) AS shown_updated_at
     FROM sign_ins LEFT JOIN users ON users.id = user_id";

/// Which sign-ins of an organization are asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SignInFilter<'a> {
    /// The earliest and the latest time, both included.
    pub(crate) recorded: (Instant, Instant),
    pub(crate) newest_first: bool,
    /// How many are answered at once, at most.
    pub(crate) size: u32,
    /// The token of the page before.
    pub(crate) after: Option<&'a str>,
}

/// Writes a sign-in down, in the transaction of what comes of it. Every door comes here: nobody
/// signs in unseen.
pub(super) fn record(
    db: &Connection,
    user: &User,
    new: &NewSignIn<'_>,
    now: Instant,
) -> Result<()> {
    let serial = insert(db, &user.organization_id, Some(&user.id), new, now)?;
    if serial % CLEARED_EVERY == 0 {
        db.execute(
            "DELETE FROM sign_ins WHERE organization_id = ?1 AND serial <= ?2",
            params![user.organization_id, serial - KEPT],
        )?;
    }
    Ok(())
}

/// Does for an unknown email address what a wrong password does for a known one: it counts the
/// attempt and writes the sign-in down. A write that reaches the disk takes longer than one that is
/// left out, and would tell which accounts exist.
///
/// One such sign-in is kept, since nobody may read it.
pub(super) fn record_unknown(db: &Connection, client: &Client, now: Instant) -> Result<()> {
    db.execute(
        "UPDATE nobody SET failed_attempts = failed_attempts + 1",
        [],
    )?;
    users::failed_attempt(db, "")?;
    let new = NewSignIn {
        client,
        method: Method::Password,
        factor: None,
        failure: Some(Failure::Password),
    };
    let serial = insert(db, NO_ORGANIZATION, None, &new, now)?;
    db.execute(
        "DELETE FROM sign_ins WHERE organization_id = ?1 AND serial < ?2",
        params![NO_ORGANIZATION, serial],
    )?;
    Ok(())
}

/// Keeps what the audit trail tells of a user that is about to be deleted.
pub(super) fn keep(db: &Connection, user: &User, now: Instant) -> Result<()> {
    db.execute(
        "UPDATE sign_ins SET email = ?2, user_created_at = ?3, user_updated_at = ?4,
             deleted_at = ?5 WHERE user_id = ?1",
        params![user.id, user.email, user.created_at, user.updated_at, now],
    )?;
    Ok(())
}

/// Adds a sign-in: its number in the organization.
fn insert(
    db: &Connection,
    organization_id: &str,
    user_id: Option<&str>,
    new: &NewSignIn<'_>,
    now: Instant,
) -> Result<i64> {
    let method = match new.method {
        Method::Password => "password",
        Method::Passkey => "passkey",
    };
    let factor = new.factor.map(|factor| match factor {
        Factor::App => "app",
        Factor::BackupCode => "backup_code",
        Factor::Passkey => "passkey",
    });
    let failure = new.failure.map(|failure| match failure {
        Failure::Password => "password",
        Failure::Factor => "factor",
        Failure::Refused => "refused",
    });
    let user_agent: String = new.client.user_agent.chars().take(MAX_USER_AGENT).collect();
    Ok(db
        .prepare_cached(
            "INSERT INTO sign_ins (organization_id, serial, sign_in_id, recorded_at, user_id, ip,
                 user_agent, method, factor, failure)
             VALUES (?1, 1 + coalesce(
                 (SELECT max(serial) FROM sign_ins WHERE organization_id = ?1), 0),
                 ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
             RETURNING serial",
        )?
        .query_row(
            params![
                organization_id,
                Uuid::new_v4().to_string(),
                now,
                user_id,
                new.client.ip,
                user_agent,
                method,
                factor,
                failure
            ],
            |row| row.get(0),
        )?)
}

/// The place behind a sign-in in a list, for the page that comes next.
fn page_token(last: &SignIn) -> String {
    let place = format!("{} {}", last.recorded_at.rfc3339(), last.serial);
    BASE64URL_NOPAD.encode(place.as_bytes())
}

/// The place that a token names.
fn place(token: &str) -> Result<(Instant, i64)> {
    let read = || {
        let place = BASE64URL_NOPAD.decode(token.as_bytes()).ok()?;
        let place = String::from_utf8(place).ok()?;
        let (recorded_at, serial) = place.split_once(' ')?;
        Some((Instant::parse(recorded_at)?, serial.parse().ok()?))
    };
    read().ok_or_else(|| StoreError::Argument {
        argument: "page_token",
        reason: "format",
        help: "is none that this service gave".to_owned(),
    })
}

impl Store {
    /// The newest sign-ins of a user, as many as are asked for.
    pub(crate) fn own_sign_ins(&self, user: &User, count: u32) -> Result<Vec<SignIn>> {
        self.transaction(|db| {
            Ok(db
                .prepare_cached(&format!(
                    "{SHOWN} WHERE sign_ins.organization_id = ?1 AND user_id = ?2
                         ORDER BY recorded_at DESC, serial DESC LIMIT ?3",
                ))?
                .query_map(
                    params![user.organization_id, user.id, count],
                    SignIn::from_row,
                )?
                .collect::<rusqlite::Result<_>>()?)
        })
    }

    /// A page of an organization's sign-ins, and the token of the next page where there is one.
    /// Inferred: its administrators alone may read them.
    pub(crate) fn sign_ins(
        &self,
        caller: &Principal,
        organization_id: &str,
        filter: &SignInFilter<'_>,
    ) -> Result<(Vec<SignIn>, Option<String>)> {
        caller.administers(organization_id, "read", "authentication_event")?;
        let mut conditions = Conditions::default();
        conditions.with("sign_ins.organization_id = ?", organization_id.to_owned());
        conditions.with("recorded_at BETWEEN ? AND ?", filter.recorded.0);
        conditions.value(filter.recorded.1);
        let (behind, order) = if filter.newest_first {
            ("<", "DESC")
        } else {
            (">", "ASC")
        };
        if let Some(token) = filter.after {
            let (recorded_at, serial) = place(token)?;
            conditions.with(
                &format!("(recorded_at, serial) {behind} (?, ?)"),
                recorded_at,
            );
            conditions.value(serial);
        }
        let (clauses, values) = conditions.parts();
        // One more than the page holds tells whether there is a next one.
        let query = format!(
            "{SHOWN} WHERE {clauses} ORDER BY recorded_at {order}, serial {order} LIMIT {}",
            u64::from(filter.size) + 1
        );
        self.transaction(|db| {
            let mut found: Vec<SignIn> = db
                .prepare_cached(&query)?
                .query_map(params_from_iter(values), SignIn::from_row)?
                .collect::<rusqlite::Result<_>>()?;
            let is_more = found.len() > filter.size as usize;
            found.truncate(filter.size as usize);
            let next = found.last().filter(|_| is_more).map(page_token);
            Ok((found, next))
        })
    }
}
