//! The state behind both APIs: one SQLite database, every change in one transaction.

mod events;
mod file;
mod keys;
mod listing;
mod login;
mod maker;
mod membership;
mod organizations;
mod overview;
mod panel;
mod passkey_login;
mod passkeys;
mod password;
mod profiles;
mod schema;
mod sessions;
mod ssh_keys;
mod tokens;
mod two_factor;
mod users;

use std::{path::Path, sync::Mutex};

use rusqlite::{Connection, TransactionBehavior};
use sha2::{Digest, Sha256};

pub(crate) use events::{SignIn, SignInFilter};
use file::DataFile;
pub use file::FileError;
pub(crate) use keys::{ApiKey, KeyChange, KeyFilter, NewApiKey};
use listing::Counts;
pub(crate) use listing::Page;
pub(crate) use login::{Attempt, Proof};
pub(crate) use maker::{Maker, Members, NewOrganization, NewPerson, NewUser, Planted};
pub(crate) use membership::{Joining, NewMember};
pub(crate) use organizations::{
    DURATIONS_S, LOGIN_ATTEMPTS, LoginWays, Organization, OrganizationProfile, Project,
    ProjectFilter,
};
pub(crate) use panel::Entry;
pub(crate) use passkey_login::Step;
pub(crate) use passkeys::{Credential, Passkey, passkey_name};
pub(crate) use profiles::{Profile, Role};
pub(crate) use sessions::{Client, Issued, Session};
pub(crate) use tokens::{NewToken, Token};
pub(crate) use two_factor::{AppAndCodes, TwoFactor, totp_at};
pub(crate) use users::{Principal, User, UserFilter};

/// How many statements stay prepared.
const STATEMENTS: usize = 128;

/// How much of a data file is kept in memory, in KiB, if there is so much.
const CACHE_KIB: i64 = 256 * 1024;

/// What an operation on the state can fail with.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database.
    #[error("the database failed: {0}")]
    Database(#[from] rusqlite::Error),
    /// The data file.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file's tables are those of another version.
    #[error("the data file is of another version of the sandbox, or of another program")]
    OtherVersion,
    /// The password hash could not be made.
    #[error("the password could not be hashed: {0}")]
    Password(String),
    /// No such thing, or none that the caller may see.
    #[error("no such {0}: {1}")]
    NotFound(&'static str, String),
    /// The key is unknown.
    #[error("the key is unknown")]
    UnknownKey,
    /// The key has expired.
    #[error("the key has expired")]
    ExpiredKey,
    /// The session is unknown, or was ended.
    #[error("the session is unknown")]
    UnknownSession,
    /// The session has expired.
    #[error("the session has expired")]
    ExpiredSession,
    /// No account has this email address and this password.
    #[error("the email address or the password is wrong")]
    WrongPassword,
    /// The account has a second factor, and no code came.
    #[error("a code of the second factor is required")]
    CodeRequired,
    /// The organization lets nobody sign in with a password outside a browser.
    #[error("the organization forbids logging in with a password; log in through a browser")]
    PasswordLogin,
    /// The caller lacks a permission.
    #[error("no permission to {action} {resource}")]
    Denied {
        /// What was to be done.
        action: &'static str,
        /// With what.
        resource: &'static str,
    },
    /// The user is locked.
    #[error("the user {0} is locked")]
    Locked(String),
    /// The account is in another state than the call needs.
    #[error("{0}")]
    Precondition(&'static str),
    /// The one-time password is wrong, old or used.
    #[error("the one-time password is wrong")]
    WrongCode,
    /// An argument.
    #[error("{argument}: {help}")]
    Argument {
        /// Its name on the wire.
        argument: &'static str,
        /// `required`, `format` or `constraint`.
        reason: &'static str,
        /// What is wrong.
        help: String,
    },
}

/// What an operation on the state gives.
pub(crate) type Result<T> = std::result::Result<T, StoreError>;

/// The state.
#[derive(Debug)]
pub(crate) struct Store {
    connection: Mutex<Connection>,
    counts: Counts,
    /// The file, where it is kept in one. It comes after the connection, which is closed first.
    file: Option<DataFile>,
}

impl Store {
    /// Opens the database in a file, or a fresh one in memory.
    ///
    /// With a file, a change is on the disk before it is answered (`synchronous=FULL`).
    ///
    /// The file gives secrets away to whoever can read it: tokens of 2017, keys of apps, and the
    /// bytes that the first user's password is derived from. It is the owner's alone, and the help
    /// of `--data` says so. A key for it would have to lie beside it.
    pub(crate) fn open(file: Option<&Path>) -> Result<Self> {
        let file = file.map(DataFile::take).transpose()?;
        let connection = match &file {
            Some(file) => Connection::open(&file.path)?,
            None => Connection::open_in_memory()?,
        };
        let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        let is_new: bool =
            connection.query_row("SELECT count(*) = 0 FROM sqlite_schema", [], |row| {
                row.get(0)
            })?;
        if !is_new && version != schema::VERSION {
            return Err(StoreError::OtherVersion);
        }
        connection.execute_batch(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
        )?;
        // Every statement of the lists stays prepared, and a file of 100,000 members in memory.
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
        connection.execute_batch(&format!(
            "BEGIN IMMEDIATE; {} PRAGMA user_version={}; COMMIT;",
            schema::TABLES,
            schema::VERSION
        ))?;
        Ok(Self {
            connection: Mutex::new(connection),
            counts: Counts::default(),
            file,
        })
    }

    /// What was changed about the data file when it was opened, in sentences for the person.
    pub(crate) fn notes(&self) -> Vec<String> {
        self.file
            .as_ref()
            .map_or_else(Vec::new, |file| file.notes.clone())
    }

    /// Runs `work` in one transaction: all of it happens or none. It begins as one that writes: one
    /// that began by reading fails at its first change when another program wrote in between.
    ///
    /// A refusal that must be remembered (a failed attempt) is a value of `T`, not an error.
    fn transaction<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        // A panic in another request rolled its transaction back: the connection is good.
        let mut connection = self
            .connection
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let result = work(&transaction)?;
        transaction.commit()?;
        Ok(result)
    }
}

/// The hash under which a secret of high entropy is kept.
pub(crate) fn hash(secret: &str) -> String {
    let digest = Sha256::digest(secret.trim().as_bytes());
    digest.iter().fold(String::new(), |mut hex, byte| {
        use std::fmt::Write;
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
