//! The tables, and how accounts come into them.

use std::cell::Cell;

use rusqlite::{Connection, OptionalExtension, params};

use super::{
    LoginWays, Passkey, Result, Store, hash, organizations::first_project, passkeys,
    password::hash_password,
};
use crate::clock::Instant;

/// The number of the tables' form, kept as the file's `user_version`: a file of another form is
/// refused.
pub(super) const VERSION: i64 = 8;

/// Times are microseconds since 1970. Backup codes, secret keys, what proves a session and what proves a form are kept as
/// SHA-256 of themselves, which is enough for secrets of 50 bit and more; passwords as Argon2id.
/// Tokens of the 2017 API are kept as they are: their id is the secret, and that API lists it.
///
/// A person (`people`, whose id the wire calls `account_root_user_id`) has one password, one app and
/// any number of passkeys, and is a user of one organization or several. That the second factors
/// belong to the person, so that switching one on or off for one of its users does so for all, is
/// inferred.
///
/// A passkey that was made without a ceremony has no credential, so nothing signs in with it.
/// `passkeys.user_id` is the user that its authenticator knows.
///
/// `nobody` counts failed attempts for email addresses that no user has, and `users_by_address` finds
/// an address as fast as it finds none: the time of an attempt tells nothing.
///
/// `accounts.app` says that the app is on, `accounts.mfa` what the wire calls `mfa`: it may count
/// passkeys (protocol.md E).
pub(super) const TABLES: &str = "
CREATE TABLE IF NOT EXISTS sandbox_seed (id INTEGER PRIMARY KEY CHECK (id = 1), random BLOB NOT NULL,
    first_user TEXT NOT NULL, masked_secrets BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS organizations (id TEXT PRIMARY KEY, name TEXT NOT NULL,
    requires_two_factor INTEGER NOT NULL, enforce_password_renewal INTEGER NOT NULL,
    grace_period_s INTEGER NOT NULL, login_attempts INTEGER NOT NULL,
    max_session_s INTEGER NOT NULL, max_api_key_s INTEGER NOT NULL,
    password_login INTEGER NOT NULL, magic_code_login INTEGER NOT NULL,
    oauth2_login INTEGER NOT NULL, saml_login INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS projects (id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations(id), name TEXT NOT NULL,
    description TEXT NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS people (id TEXT PRIMARY KEY, password_hash TEXT,
    failed_attempts INTEGER NOT NULL DEFAULT 0, without_since INTEGER NOT NULL,
    otp_secret BLOB, otp_since INTEGER, otp_last_step INTEGER NOT NULL DEFAULT -1,
    pending_secret BLOB);
CREATE TABLE IF NOT EXISTS users (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL,
    organization_id TEXT NOT NULL REFERENCES organizations(id), email TEXT NOT NULL,
    username TEXT NOT NULL,
    first_name TEXT NOT NULL, last_name TEXT NOT NULL, type TEXT NOT NULL, admin INTEGER NOT NULL,
    root_user_id TEXT NOT NULL REFERENCES people(id), created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL, last_login_at INTEGER, locked INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS users_of_people ON users (root_user_id);
CREATE INDEX IF NOT EXISTS users_by_address ON users (email COLLATE NOCASE);
CREATE TABLE IF NOT EXISTS passkeys (number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT UNIQUE NOT NULL, person_id TEXT NOT NULL REFERENCES people(id), name TEXT NOT NULL,
    created_at INTEGER NOT NULL, last_login_at INTEGER, user_id TEXT REFERENCES users(id),
    credential_id BLOB UNIQUE, transports INTEGER, public_key BLOB, state BLOB);
CREATE INDEX IF NOT EXISTS passkeys_of_people ON passkeys (person_id);
CREATE TABLE IF NOT EXISTS passkey_readings (id INTEGER PRIMARY KEY CHECK (id = 1),
    mfa_counts_passkeys INTEGER NOT NULL DEFAULT 1, codes_outlive_app INTEGER NOT NULL DEFAULT 1);
INSERT OR IGNORE INTO passkey_readings (id) VALUES (1);
CREATE VIEW IF NOT EXISTS accounts AS
    SELECT users.*, otp_secret IS NOT NULL AS app, otp_secret IS NOT NULL
        OR (SELECT mfa_counts_passkeys FROM passkey_readings)
            AND EXISTS (SELECT 1 FROM passkeys WHERE person_id = people.id) AS mfa, without_since
    FROM users JOIN people ON people.id = users.root_user_id;
CREATE TABLE IF NOT EXISTS backup_codes (person_id TEXT NOT NULL REFERENCES people(id),
    hash TEXT NOT NULL, used_at INTEGER, PRIMARY KEY (person_id, hash));
CREATE TABLE IF NOT EXISTS api_keys (access_key TEXT PRIMARY KEY, secret_hash TEXT UNIQUE NOT NULL,
    user_id TEXT REFERENCES users(id), application_id TEXT, organization_id TEXT NOT NULL,
    description TEXT NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
    expires_at INTEGER, default_project_id TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS tokens (number INTEGER PRIMARY KEY AUTOINCREMENT,
    token TEXT UNIQUE NOT NULL, user_id TEXT NOT NULL REFERENCES users(id),
    description TEXT NOT NULL, expires_at INTEGER);
CREATE TABLE IF NOT EXISTS ssh_keys (number INTEGER PRIMARY KEY AUTOINCREMENT,
    person_id TEXT NOT NULL REFERENCES people(id), key TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS ssh_keys_of_people ON ssh_keys (person_id);
CREATE TABLE IF NOT EXISTS sessions (number INTEGER PRIMARY KEY AUTOINCREMENT,
    jti TEXT UNIQUE NOT NULL, user_id TEXT NOT NULL REFERENCES users(id),
    token_hash TEXT UNIQUE NOT NULL, renew_hash TEXT, began_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, last_used_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL, ip TEXT NOT NULL, user_agent TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS forms (number INTEGER PRIMARY KEY AUTOINCREMENT,
    token_hash TEXT UNIQUE NOT NULL, owner_hash TEXT NOT NULL, expires_at INTEGER NOT NULL,
    used INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS waiting (visit_hash TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users(id), expires_at INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS sign_ins (organization_id TEXT NOT NULL, serial INTEGER NOT NULL,
    sign_in_id TEXT NOT NULL, recorded_at INTEGER NOT NULL, user_id TEXT REFERENCES users(id),
    ip TEXT NOT NULL, user_agent TEXT NOT NULL, method TEXT NOT NULL, factor TEXT, failure TEXT,
    PRIMARY KEY (organization_id, serial)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sign_ins_by_time ON sign_ins (organization_id, recorded_at, serial);
CREATE TABLE IF NOT EXISTS nobody (id INTEGER PRIMARY KEY CHECK (id = 1),
    failed_attempts INTEGER NOT NULL DEFAULT 0);
INSERT OR IGNORE INTO nobody (id) VALUES (1);
";

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
            work(&Maker::new(db, now))?;
            db.execute(
                "INSERT INTO sandbox_seed (id, random, first_user, masked_secrets)
                 VALUES (1, ?1, ?2, ?3)",
                params![planted.random, planted.first_user, planted.masked_secrets],
            )?;
            Ok(())
        })
    }

    /// Adds accounts to the ones that are there.
    pub(crate) fn add(
        &self,
        now: Instant,
        work: impl FnOnce(&Maker<'_>) -> Result<()>,
    ) -> Result<()> {
        self.transaction(|db| work(&Maker::new(db, now)))
    }
}

/// Makes accounts inside one transaction, each thing a microsecond after the one before, so that
/// lists have an order in time.
pub(crate) struct Maker<'a> {
    db: &'a Connection,
    now: Instant,
    made: Cell<i64>,
}

impl<'a> Maker<'a> {
    fn new(db: &'a Connection, now: Instant) -> Self {
        Self {
            db,
            now,
            made: Cell::new(0),
        }
    }

    /// When the next thing is made. Where many are, that is as far ahead of the clock as they are
    /// microseconds, and making them takes longer.
    fn moment(&self) -> Instant {
        self.made.set(self.made.get() + 1);
        self.now.plus_micros(self.made.get())
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
            self.db.execute(
                "INSERT INTO people (id, password_hash, without_since, otp_secret, otp_since)
                 VALUES (?1, ?2, ?3, ?4, iif(?4 IS NULL, NULL, ?3))",
                params![new.root_user_id, password_hash, self.now, person.otp_secret],
            )?;
            for passkey in &person.passkeys {
                passkeys::insert(self.db, &new.root_user_id, passkey)?;
            }
        }
        self.db.execute(
            "INSERT INTO users (id, organization_id, email, username, first_name, last_name, type,
                 admin, root_user_id, created_at, updated_at, last_login_at, locked)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10, ?11, ?12)",
            params![
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
                new.locked
            ],
        )?;
        Ok(())
    }

    /// An API key of a user, or of an application of the organization.
    pub(crate) fn api_key(
        &self,
        (access_key, secret_key): (&str, &str),
        (user_id, application_id): (Option<&str>, Option<&str>),
        organization_id: &str,
        expires_at: Option<Instant>,
    ) -> Result<()> {
        self.db.execute(
            "INSERT INTO api_keys VALUES (?1, ?2, ?3, ?4, ?5, 'made with the sandbox', ?6, ?6,
                 ?7, ?8)",
            params![
                access_key,
                hash(secret_key),
                user_id,
                application_id,
                organization_id,
                self.moment(),
                expires_at,
                first_project(self.db, organization_id)?
            ],
        )?;
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

    /// How many generated members there are: they alone have no password.
    pub(crate) fn generated(&self) -> Result<u64> {
        Ok(self.db.query_row(
            "SELECT count(*) FROM people WHERE password_hash IS NULL",
            [],
            |row| row.get(0),
        )?)
    }
}
