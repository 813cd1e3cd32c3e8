//! How accounts come into the tables: those of a seed, and generated members.

use std::cell::Cell;

use rusqlite::{Connection, OptionalExtension, params};

use super::{
    LoginWays, Passkey, Result, Store, StoreError, hash, organizations::first_project, passkeys,
    password::hash_password,
};
use crate::clock::Instant;

/// How long ago the accounts of a seed were made, in seconds: 400 days. Their members have signed in
/// since.
const SEED_AGE_S: i64 = 400 * 86_400;

/// How many things are made for one generated member at most: itself, two keys, and an application's
/// key.
const PER_MEMBER: i64 = 4;

/// How many members can be generated: they take a few kilobytes each.
const MOST_MEMBERS: u64 = 1_000_000;

/// An organization to be made.
#[derive(Debug, Clone)]
pub(crate) struct NewOrganization {
    pub(crate) id: String,
    /// The ids and names of its projects; the first one is every key's where none is named.
    pub(crate) projects: Vec<(String, String)>,
    pub(crate) name: String,
    pub(crate) requires_two_factor: bool,
    pub(crate) grace_period_s: i64,
    pub(crate) login_attempts: i64,
    pub(crate) max_session_s: i64,
    pub(crate) max_api_key_s: i64,
    pub(crate) ways: LoginWays,
}

/// A person to be made with its first user.
#[derive(Debug, Clone)]
pub(crate) struct NewPerson {
    /// Nothing where the person cannot sign in.
    pub(crate) password: Option<String>,
    pub(crate) otp_secret: Option<Vec<u8>>,
    /// Since when it is without a second factor; nothing for now.
    pub(crate) without_since: Option<Instant>,
    pub(crate) passkeys: Vec<Passkey>,
}

/// A user to be made.
#[derive(Debug, Clone)]
pub(crate) struct NewUser {
    pub(crate) id: String,
    /// The id of the person, which no user has.
    pub(crate) root_user_id: String,
    /// The person where this is its first user; nothing where it is there already.
    pub(crate) person: Option<NewPerson>,
    pub(crate) organization_id: String,
    pub(crate) email: String,
    pub(crate) username: String,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) kind: String,
    pub(crate) admin: bool,
    pub(crate) locked: bool,
    pub(crate) last_login_at: Option<Instant>,
    /// How long the user may be without a second factor, in seconds, where the organization
    /// requires none.
    pub(crate) grace_s: Option<i64>,
}

/// How many generated members there are to be.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Members {
    /// So many with those that were made already, as a data file may hold some. One that was deleted
    /// counts too, so it does not come back.
    InAll(u64),
    /// So many more.
    More(u64),
}

/// What a data file's accounts were made from.
#[derive(Debug)]
pub(crate) struct Planted {
    /// The bytes that every secret is derived from.
    pub(crate) random: Vec<u8>,
    pub(crate) first_user: String,
    /// The first user's secrets, in a form that only these bytes make readable.
    pub(crate) masked_secrets: Vec<u8>,
}

impl Store {
    /// What accounts were made from, when they were made before.
    pub(crate) fn planted(&self) -> Result<Option<Planted>> {
        self.transaction(|db| {
            Ok(db
                .query_row("SELECT * FROM sandbox_seed", [], |row| {
                    Ok(Planted {
                        random: row.get("random")?,
                        first_user: row.get("first_user")?,
                        masked_secrets: row.get("masked_secrets")?,
                    })
                })
                .optional()?)
        })
    }

    /// Makes all accounts in one transaction, so that a half-made data file cannot be.
    pub(crate) fn populate(
        &self,
        work: impl FnOnce(&Maker<'_>) -> Result<()>,
        planted: &Planted,
        now: Instant,
    ) -> Result<()> {
        self.transaction(|db| {
            work(&Maker::new(db, now, now.plus_s(-SEED_AGE_S)))?;
            db.execute(
                "INSERT INTO sandbox_seed (id, random, first_user, masked_secrets)
                 VALUES (1, ?1, ?2, ?3)",
                params![planted.random, planted.first_user, planted.masked_secrets],
            )?;
            Ok(())
        })
    }

    /// Adds generated members to an organization: `work` makes the one with a number. Each has a
    /// later time than all users before.
    ///
    /// The first ones are as old as the organization. Those that come while it is in use have just
    /// joined, and their times lie before `now` unless somebody else joined a moment ago.
    ///
    /// # Errors
    /// `Argument` for more than [`MOST_MEMBERS`].
    pub(crate) fn generate(
        &self,
        organization_id: &str,
        wanted: Members,
        now: Instant,
        work: impl Fn(&Maker<'_>, u64) -> Result<()>,
    ) -> Result<()> {
        self.transaction(|db| {
            let made: u64 = db.query_row("SELECT made FROM generated", [], |row| row.get(0))?;
            let end = match wanted {
                Members::InAll(count) => count,
                Members::More(count) => made.saturating_add(count),
            };
            if end <= made {
                return Ok(());
            }
            if end > MOST_MEMBERS {
                return Err(StoreError::Argument {
                    argument: "members",
                    reason: "constraint",
                    help: format!("are {MOST_MEMBERS} at most"),
                });
            }
            let newest: Option<Instant> = db.query_row(
                "SELECT max(created_at) FROM users WHERE organization_id = ?1",
                [organization_id],
                |row| row.get(0),
            )?;
            let steps = i64::try_from(end - made).unwrap_or(i64::MAX);
            let just_now = now.plus_micros(steps.saturating_mul(-PER_MEMBER));
            let start = match (wanted, newest) {
                (Members::InAll(_), Some(newest)) => newest,
                (Members::More(_), Some(newest)) => newest.max(just_now),
                (_, None) => just_now,
            };
            let maker = Maker::new(db, now, start);
            for number in made + 1..=end {
                work(&maker, number)?;
            }
            db.execute("UPDATE generated SET made = ?1", [end])?;
            Ok(())
        })
    }
}

/// Makes accounts inside one transaction, each thing a microsecond after the one before, so that
/// lists have an order in time.
pub(crate) struct Maker<'a> {
    db: &'a Connection,
    now: Instant,
    /// The time before that of the first thing.
    start: Instant,
    made: Cell<i64>,
}

impl<'a> Maker<'a> {
    fn new(db: &'a Connection, now: Instant, start: Instant) -> Self {
        Self {
            db,
            now,
            start,
            made: Cell::new(0),
        }
    }

    /// When the next thing is made.
    fn moment(&self) -> Instant {
        self.made.set(self.made.get() + 1);
        self.start.plus_micros(self.made.get())
    }

    pub(crate) fn organization(&self, new: &NewOrganization) -> Result<()> {
        self.db.execute(
            "INSERT INTO organizations VALUES (?1, ?2, ?3, 0, ?4, ?5, ?6, ?7, ?8, ?9,
                 ?10, ?11)",
            params![
                new.id,
                new.name,
                new.requires_two_factor,
                new.grace_period_s,
                new.login_attempts,
                new.max_session_s,
                new.max_api_key_s,
                new.ways.password,
                new.ways.magic_code,
                new.ways.oauth2,
                new.ways.saml
            ],
        )?;
        for (number, (id, name)) in new.projects.iter().enumerate() {
            let description = match number {
                0 => "made with the organization",
                _ => "",
            };
            self.project(id, &new.id, name, description)?;
        }
        Ok(())
    }

    fn project(
        &self,
        id: &str,
        organization_id: &str,
        name: &str,
        description: &str,
    ) -> Result<()> {
        self.db.execute(
            "INSERT INTO projects VALUES (?1, ?2, ?3, ?4, ?5, ?5)",
            params![id, organization_id, name, description, self.moment()],
        )?;
        Ok(())
    }

    pub(crate) fn user(&self, new: &NewUser) -> Result<()> {
        if let Some(person) = &new.person {
            let password_hash = person.password.as_deref().map(hash_password).transpose()?;
            let since = person.without_since.unwrap_or(self.now);
            self.db
                .prepare_cached(
                    "INSERT INTO people (id, password_hash, without_since, otp_secret, otp_since)
                     VALUES (?1, ?2, ?3, ?4, iif(?4 IS NULL, NULL, ?3))",
                )?
                .execute(params![
                    new.root_user_id,
                    password_hash,
                    since,
                    person.otp_secret
                ])?;
            for passkey in &person.passkeys {
                passkeys::insert(self.db, &new.root_user_id, passkey)?;
            }
        }
        let mut insert = self.db.prepare_cached(
            "INSERT INTO users (id, organization_id, email, username, first_name, last_name, type,
                 admin, root_user_id, created_at, updated_at, last_login_at, locked, grace_s)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10, ?11, ?12, ?13)",
        )?;
        insert.execute(params![
            new.id,
            new.organization_id,
            new.email,
            new.username,
            new.first_name,
            new.last_name,
            new.kind,
            new.admin,
            new.root_user_id,
            self.moment(),
            new.last_login_at,
            new.locked,
            new.grace_s
        ])?;
        Ok(())
    }

    /// An API key of a user, or of an application of the organization.
    pub(crate) fn api_key(
        &self,
        (access_key, secret_key): (&str, &str),
        bearer: (Option<&str>, Option<&str>),
        organization_id: &str,
        expires_at: Option<Instant>,
    ) -> Result<()> {
        let hash = hash(secret_key);
        self.hashed_key((access_key, &hash), bearer, organization_id, expires_at)
    }

    /// An API key that only exists: what is kept as the hash of its secret is the hash of nothing.
    pub(crate) fn lost_key(
        &self,
        access_key: &str,
        bearer: (Option<&str>, Option<&str>),
        organization_id: &str,
        expires_at: Option<Instant>,
    ) -> Result<()> {
        let hash = format!("none of {access_key}");
        self.hashed_key((access_key, &hash), bearer, organization_id, expires_at)
    }

    fn hashed_key(
        &self,
        (access_key, secret_hash): (&str, &str),
        (user_id, application_id): (Option<&str>, Option<&str>),
        organization_id: &str,
        expires_at: Option<Instant>,
    ) -> Result<()> {
        let mut insert = self.db.prepare_cached(
            "INSERT INTO api_keys VALUES (?1, ?2, ?3, ?4, ?5, 'made with the sandbox', ?6, ?6,
                 ?7, ?8)",
        )?;
        insert.execute(params![
            access_key,
            secret_hash,
            user_id,
            application_id,
            organization_id,
            self.moment(),
            expires_at,
            first_project(self.db, organization_id)?
        ])?;
        Ok(())
    }

    pub(crate) fn token(&self, token: &str, user_id: &str) -> Result<()> {
        self.db.execute(
            "INSERT INTO tokens (token, user_id, description)
                 VALUES (?1, ?2, 'made with the sandbox')",
            params![token.to_ascii_lowercase(), user_id],
        )?;
        Ok(())
    }
}
