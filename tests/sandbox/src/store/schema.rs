//! The tables.

/// The number of the tables' form, kept as the file's `user_version`: a file of another form is
/// refused.
pub(super) const VERSION: i64 = 9;

/// Times are microseconds since 1970. Backup codes, secret keys, what proves a session and what
/// proves a form are kept as SHA-256 of themselves, which is enough for secrets of 50 bit and more;
/// passwords as Argon2id. Tokens of the 2017 API are kept as they are: their id is the secret, and that API lists it.
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
/// A list of 100,000 users or keys finds a page in an index that ends with the rowid, which tells
/// rows of one time apart. `users.grace_s` is a grace period that the user has even where the
/// organization requires no second factor: so many seconds from `people.without_since` on.
///
/// A sign-in stays when its user is deleted. It keeps what the audit trail tells of the user.
///
/// `generated` counts the generated members that were ever made, so that a deleted one does not
/// come back.
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
    pending_secret BLOB) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS users (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL,
    organization_id TEXT NOT NULL REFERENCES organizations(id), email TEXT NOT NULL,
    username TEXT NOT NULL,
    first_name TEXT NOT NULL, last_name TEXT NOT NULL, type TEXT NOT NULL, admin INTEGER NOT NULL,
    root_user_id TEXT NOT NULL REFERENCES people(id), created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL, last_login_at INTEGER, locked INTEGER NOT NULL,
    grace_s INTEGER);
CREATE INDEX IF NOT EXISTS users_by_time ON users (organization_id, created_at);
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
CREATE INDEX IF NOT EXISTS keys_by_time ON api_keys (organization_id, created_at);
CREATE INDEX IF NOT EXISTS keys_of_users_by_time ON api_keys (organization_id, created_at)
    WHERE user_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS keys_of_users ON api_keys (user_id);
CREATE INDEX IF NOT EXISTS keys_of_applications ON api_keys (application_id)
    WHERE application_id IS NOT NULL;
CREATE TABLE IF NOT EXISTS tokens (number INTEGER PRIMARY KEY AUTOINCREMENT,
    token TEXT UNIQUE NOT NULL, user_id TEXT NOT NULL REFERENCES users(id),
    description TEXT NOT NULL, expires_at INTEGER);
CREATE INDEX IF NOT EXISTS tokens_of_users ON tokens (user_id);
CREATE TABLE IF NOT EXISTS ssh_keys (number INTEGER PRIMARY KEY AUTOINCREMENT,
    person_id TEXT NOT NULL REFERENCES people(id), key TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS ssh_keys_of_people ON ssh_keys (person_id);
CREATE TABLE IF NOT EXISTS sessions (number INTEGER PRIMARY KEY AUTOINCREMENT,
    jti TEXT UNIQUE NOT NULL, user_id TEXT NOT NULL REFERENCES users(id),
    token_hash TEXT UNIQUE NOT NULL, renew_hash TEXT, began_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, last_used_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL, ip TEXT NOT NULL, user_agent TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS sessions_of_users ON sessions (user_id);
CREATE TABLE IF NOT EXISTS forms (number INTEGER PRIMARY KEY AUTOINCREMENT,
    token_hash TEXT UNIQUE NOT NULL, owner_hash TEXT NOT NULL, expires_at INTEGER NOT NULL,
    used INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS waiting (visit_hash TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users(id), expires_at INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS sign_ins (organization_id TEXT NOT NULL, serial INTEGER NOT NULL,
    sign_in_id TEXT NOT NULL, recorded_at INTEGER NOT NULL, user_id TEXT, email TEXT,
    user_created_at INTEGER, user_updated_at INTEGER, deleted_at INTEGER, ip TEXT NOT NULL, user_agent TEXT NOT NULL, method TEXT NOT NULL, factor TEXT, failure TEXT,
    PRIMARY KEY (organization_id, serial)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sign_ins_by_time ON sign_ins (organization_id, recorded_at, serial);
CREATE INDEX IF NOT EXISTS sign_ins_of_users ON sign_ins (user_id);
CREATE TABLE IF NOT EXISTS generated (id INTEGER PRIMARY KEY CHECK (id = 1),
    made INTEGER NOT NULL DEFAULT 0);
INSERT OR IGNORE INTO generated (id) VALUES (1);
CREATE TABLE IF NOT EXISTS nobody (id INTEGER PRIMARY KEY CHECK (id = 1),
    failed_attempts INTEGER NOT NULL DEFAULT 0);
INSERT OR IGNORE INTO nobody (id) VALUES (1);
";
