//! The tables, and how accounts come into them.

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, SaltString},
};
use rusqlite::{Connection, OptionalExtension, params};

use super::{Result, Store, StoreError, hash};

/// Times are seconds since 1970. Backup codes, secret keys and tokens are kept as SHA-256 of
/// themselves, which is enough for secrets of 50 bit and more; passwords as Argon2id.
pub(super) const TABLES: &str = "
CREATE TABLE IF NOT EXISTS sandbox_seed (id INTEGER PRIMARY KEY CHECK (id = 1), seed BLOB NOT NULL,
    first_user TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS organizations (id TEXT PRIMARY KEY, name TEXT NOT NULL,
    requires_two_factor INTEGER NOT NULL, enforce_password_renewal INTEGER NOT NULL,
    grace_period_s INTEGER NOT NULL, login_attempts INTEGER NOT NULL,
    max_session_s INTEGER NOT NULL, max_api_key_s INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS projects (id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations(id), name TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS users (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL,
    organization_id TEXT NOT NULL REFERENCES organizations(id), email TEXT NOT NULL,
    first_name TEXT NOT NULL, last_name TEXT NOT NULL, type TEXT NOT NULL, admin INTEGER NOT NULL,
    root_user_id TEXT NOT NULL, password_hash TEXT, created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL, last_login_at INTEGER, locked INTEGER NOT NULL,
    failed_attempts INTEGER NOT NULL DEFAULT 0, without_since INTEGER NOT NULL,
    otp_secret BLOB, otp_last_step INTEGER NOT NULL DEFAULT -1, pending_secret BLOB);
CREATE TABLE IF NOT EXISTS backup_codes (user_id TEXT NOT NULL REFERENCES users(id),
    hash TEXT NOT NULL, used_at INTEGER, PRIMARY KEY (user_id, hash));
CREATE TABLE IF NOT EXISTS api_keys (access_key TEXT PRIMARY KEY, secret_hash TEXT UNIQUE NOT NULL,
    user_id TEXT REFERENCES users(id), application_id TEXT, organization_id TEXT NOT NULL,
    description TEXT NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER,
    default_project_id TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS tokens (hash TEXT PRIMARY KEY, user_id TEXT NOT NULL REFERENCES users(id),
    description TEXT NOT NULL, expires_at INTEGER);
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
    pub(crate) max_api_key_s: i64,
}

/// A user to be made.
#[derive(Debug, Clone)]
pub(crate) struct NewUser {
    pub(crate) id: String,
    pub(crate) organization_id: String,
    pub(crate) email: String,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) kind: String,
    pub(crate) admin: bool,
    pub(crate) password: Option<String>,
    pub(crate) locked: bool,
    pub(crate) otp_secret: Option<Vec<u8>>,
    pub(crate) last_login_at: Option<i64>,
}

impl Store {
    /// The seed of the default account's secrets and the id of the first user, when accounts
    /// were made before.
    pub(crate) fn seed(&self) -> Result<Option<(Vec<u8>, String)>> {
        self.transaction(|db| {
            Ok(db
                .query_row("SELECT seed, first_user FROM sandbox_seed", [], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })
                .optional()?)
        })
    }

    /// Makes all accounts in one transaction, so that a half-made data file cannot be.
    pub(crate) fn populate(
        &self,
        work: impl FnOnce(&Maker<'_>) -> Result<(Vec<u8>, String)>,
        now: i64,
    ) -> Result<()> {
        self.transaction(|db| {
            let (seed, first_user) = work(&Maker { db, now })?;
            db.execute(
                "INSERT INTO sandbox_seed (id, seed, first_user) VALUES (1, ?1, ?2)",
                params![seed, first_user],
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
            "INSERT INTO organizations VALUES (?1, ?2, ?3, 0, ?4, ?5, 3600, ?6)",
            params![
                new.id,
                new.name,
                new.requires_two_factor,
                new.grace_period_s,
                new.login_attempts,
                new.max_api_key_s
            ],
        )?;
        self.db.execute(
            "INSERT INTO projects VALUES (?1, ?2, 'default')",
            params![new.project_id, new.id],
        )?;
        Ok(())
    }

    pub(crate) fn user(&self, new: &NewUser) -> Result<()> {
        let password_hash = new.password.as_deref().map(hash_password).transpose()?;
        self.db.execute(
            "INSERT INTO users (id, organization_id, email, first_name, last_name, type, admin,
                 root_user_id, password_hash, created_at, updated_at, last_login_at, locked,
                 without_since, otp_secret)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?1, ?8, ?9, ?9, ?10, ?11, ?9, ?12)",
            params![
                new.id,
                new.organization_id,
                new.email,
                new.first_name,
                new.last_name,
                new.kind,
                new.admin,
                password_hash,
                self.now,
                new.last_login_at,
                new.locked,
                new.otp_secret
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
            "INSERT INTO tokens VALUES (?1, ?2, 'made with the sandbox', NULL)",
            params![hash(token), user_id],
        )?;
        Ok(())
    }

    /// How many members with a generated name an organization has.
    pub(crate) fn generated(&self, organization_id: &str) -> Result<u64> {
        Ok(self.db.query_row(
            "SELECT count(*) FROM users WHERE organization_id = ?1 AND email LIKE 'member-%'",
            [organization_id],
            |row| row.get(0),
        )?)
    }
}

/// Argon2id, cheap on purpose (8 MiB, one pass): the sandbox guards no real account.
fn hash_password(password: &str) -> Result<String> {
    let failed = |err: &dyn std::fmt::Display| StoreError::Password(err.to_string());
    let params = Params::new(8 * 1024, 1, 1, None).map_err(|err| failed(&err))?;
    let salt = SaltString::encode_b64(&rand::random::<[u8; 16]>()).map_err(|err| failed(&err))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password(password.as_bytes(), &salt)
        .map_err(|err| failed(&err))?
        .to_string())
}
