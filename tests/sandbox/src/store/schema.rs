//! The tables, and how accounts come into them.

use rusqlite::{Connection, OptionalExtension, params};

use super::{LoginWays, Passkey, Result, Store, hash, passkeys, password::hash_password};

/// The number of the tables' form, kept as the file's `user_version`: a file of another form is
/// refused.
pub(super) const VERSION: i64 = 6;

/// Times are seconds since 1970. Backup codes, secret keys, what proves a session and what proves a form are kept as
/// SHA-256 of themselves, which is enough for secrets of 50 bit and more; passwords as Argon2id.
/// Tokens of the 2017 API are kept as they are: their id is the secret, and that API lists it.
///
/// A person (`people`, whose id the wire calls `account_root_user_id`) has one password, one app and
/// any number of passkeys, and is a user of one organization or several. That the second factors
/// belong to the person, so that switching one on or off for one of its users does so for all, is
/// inferred.
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
    organization_id TEXT NOT NULL REFERENCES organizations(id), name TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS people (id TEXT PRIMARY KEY, password_hash TEXT,
    failed_attempts INTEGER NOT NULL DEFAULT 0, without_since INTEGER NOT NULL,
    otp_secret BLOB, otp_last_step INTEGER NOT NULL DEFAULT -1, pending_secret BLOB);
CREATE TABLE IF NOT EXISTS users (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL,
    organization_id TEXT NOT NULL REFERENCES organizations(id), email TEXT NOT NULL,
    first_name TEXT NOT NULL, last_name TEXT NOT NULL, type TEXT NOT NULL, admin INTEGER NOT NULL,
    root_user_id TEXT NOT NULL REFERENCES people(id), created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL, last_login_at INTEGER, locked INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS users_of_people ON users (root_user_id);
CREATE TABLE IF NOT EXISTS passkeys (number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT UNIQUE NOT NULL, person_id TEXT NOT NULL REFERENCES people(id), name TEXT NOT NULL,
    created_at INTEGER NOT NULL, last_login_at INTEGER);
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
    description TEXT NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER,
    default_project_id TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS tokens (number INTEGER PRIMARY KEY AUTOINCREMENT,
    token TEXT UNIQUE NOT NULL, user_id TEXT NOT NULL REFERENCES users(id),
    description TEXT NOT NULL, expires_at INTEGER);
CREATE TABLE IF NOT EXISTS sessions (number INTEGER PRIMARY KEY AUTOINCREMENT,
    jti TEXT UNIQUE NOT NULL, user_id TEXT NOT NULL REFERENCES users(id),
    token_hash TEXT UNIQUE NOT NULL, renew_hash TEXT, began_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
    ip TEXT NOT NULL, user_agent TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS forms (number INTEGER PRIMARY KEY AUTOINCREMENT,
    token_hash TEXT UNIQUE NOT NULL, owner_hash TEXT NOT NULL, expires_at INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS waiting (visit_hash TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users(id), expires_at INTEGER NOT NULL);
";

/// An organization to be made.
#[derive(Debug, Clone)]
pub(crate) struct NewOrganization {
    pub(crate) id: String,
    pub(crate) project_id: String,
    pub(crate) name: String,
    pub(crate) requires_two_factor: bool,
    pub(crate) grace_period_s: i64,
    pub(crate) login_attempts: i64,
    pub(crate) max_session_s: i64,
    pub(crate) max_api_key_s: i64,
    pub(crate) ways: LoginWays,
}

/// A user to be made.
#[derive(Debug, Clone)]
pub(crate) struct NewUser {
    pub(crate) id: String,
    /// The id of the same person's first user; nothing where this is the first.
    pub(crate) root_user_id: Option<String>,
    pub(crate) organization_id: String,
    pub(crate) email: String,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) kind: String,
    pub(crate) admin: bool,
    /// The person's; without meaning for a user that is not the person's first.
    pub(crate) password: Option<String>,
    pub(crate) locked: bool,
    /// The person's, like the password.
    pub(crate) otp_secret: Option<Vec<u8>>,
    /// The person's too.
    pub(crate) passkeys: Vec<Passkey>,
    pub(crate) last_login_at: Option<i64>,
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
        now: i64,
    ) -> Result<()> {
        self.transaction(|db| {
            work(&Maker { db, now })?;
            db.execute(
                "INSERT INTO sandbox_seed (id, random, first_user, masked_secrets)
                 VALUES (1, ?1, ?2, ?3)",
                params![planted.random, planted.first_user, planted.masked_secrets],
            )?;
            Ok(())
        })
    }

    /// Adds accounts to the ones that are there.
    pub(crate) fn add(&self, now: i64, work: impl FnOnce(&Maker<'_>) -> Result<()>) -> Result<()> {
        self.transaction(|db| work(&Maker { db, now }))
    }
}

/// Makes accounts inside one transaction.
pub(crate) struct Maker<'a> {
    db: &'a Connection,
    now: i64,
}

impl Maker<'_> {
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
        self.db.execute(
            "INSERT INTO projects VALUES (?1, ?2, 'default')",
            params![new.project_id, new.id],
        )?;
        Ok(())
    }

    pub(crate) fn user(&self, new: &NewUser) -> Result<()> {
        if new.root_user_id.is_none() {
            let password_hash = new.password.as_deref().map(hash_password).transpose()?;
            self.db.execute(
                "INSERT INTO people (id, password_hash, without_since, otp_secret)
                 VALUES (?1, ?2, ?3, ?4)",
                params![new.id, password_hash, self.now, new.otp_secret],
            )?;
            for passkey in &new.passkeys {
                passkeys::insert(self.db, &new.id, passkey)?;
            }
        }
        self.db.execute(
            "INSERT INTO users (id, organization_id, email, first_name, last_name, type, admin,
                 root_user_id, created_at, updated_at, last_login_at, locked)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9, ?10, ?11)",
            params![
                new.id,
                new.organization_id,
                new.email,
                new.first_name,
                new.last_name,
                new.kind,
                new.admin,
                new.root_user_id.as_ref().unwrap_or(&new.id),
                self.now,
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
        expires_at: Option<i64>,
    ) -> Result<()> {
        self.db.execute(
            "INSERT INTO api_keys VALUES (?1, ?2, ?3, ?4, ?5, 'made with the sandbox', ?6, ?7,
                 (SELECT id FROM projects WHERE organization_id = ?5))",
            params![
                access_key,
                hash(secret_key),
                user_id,
                application_id,
                organization_id,
                self.now,
                expires_at
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
