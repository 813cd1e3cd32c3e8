//! Every layer's error as a failure with an exit code and hints.

use super::{CliError, Kind, LOGIN_HINT};
use crate::{
    api::ApiError,
    config::ConfigError,
    env::NotUtf8,
    fsutil::FileError,
    model::{Dialect, Invalid},
    process::{OfficialError, ProcessError},
    store::{Lock, StoreError},
    ui::PromptError,
};

/// The simplest way out where no keyring can be used.
const ENCRYPTED_HINT: &str =
    "run `scw login --storage encrypted` to keep the secret key in an encrypted file instead";
/// What opens a file that is encrypted with a passphrase.
pub(crate) const PASSPHRASE_FLAG: &str = "`--passphrase-file` or `SCW_PASSPHRASE_FILE`";
/// What opens a file that is encrypted for a key.
pub(crate) const IDENTITY_FLAG: &str = "`--identity` or `SCW_IDENTITY_FILE`";

/// The error for a prompt without an answer, as in "a password is required, but …". `flag` is what
/// would have answered it.
#[must_use]
pub(crate) fn prompt_error(err: &PromptError, wanted: &str, flag: &str) -> CliError {
    match err {
        PromptError::NotATerminal | PromptError::NoInput => {
            CliError::usage(format!("{wanted} required, but {err}")).hint(format!("use {flag}"))
        }
        PromptError::Interrupted => CliError::interrupted(),
    }
}

impl From<Invalid> for CliError {
    fn from(err: Invalid) -> Self {
        Self::usage(err.to_string()).hint("run the command with `--help` to see what it accepts")
    }
}

impl From<NotUtf8> for CliError {
    fn from(err: NotUtf8) -> Self {
        let hint = format!("fix or unset `{}`", err.0);
        Self::of(Kind::Usage, err).hint(hint)
    }
}

impl From<FileError> for CliError {
    fn from(err: FileError) -> Self {
        let hint = err.hint();
        let kind = match err {
            FileError::Busy { .. } => Kind::Other,
            _ => Kind::LocalFile,
        };
        Self::of(kind, err).hint(hint)
    }
}

impl From<OfficialError> for CliError {
    fn from(err: OfficialError) -> Self {
        let (kind, hint) = match &err {
            OfficialError::Unusable { .. } => (
                Kind::Usage,
                "set `SCW_OFFICIAL` to the file of the official client, or unset it",
            ),
            OfficialError::Loop { .. } => (
                Kind::Usage,
                "set `SCW_OFFICIAL` to the file of the official client itself",
            ),
            OfficialError::NotRun { .. } => (
                Kind::Other,
                "check that file, or set `SCW_OFFICIAL` to another one",
            ),
        };
        Self::of(kind, err).hint(hint)
    }
}

impl From<ProcessError> for CliError {
    fn from(err: ProcessError) -> Self {
        let hint = match &err {
            ProcessError::Start(_) => "check that the shell `sh` is installed",
            ProcessError::Talk(_) | ProcessError::Failed(_) | ProcessError::NoCode => {
                "run the command by hand: it has to print a code on its first line"
            }
        };
        Self::of(Kind::Other, err).hint(hint)
    }
}

impl From<ConfigError> for CliError {
    fn from(err: ConfigError) -> Self {
        match err {
            ConfigError::Invalid(err) => err.into(),
            ConfigError::File(err) => err.into(),
            ConfigError::Variable(err) => err.into(),
            ConfigError::Setting { ref place, .. } => {
                let hint = format!("fix or unset {place}");
                Self::of(Kind::Usage, err).hint(hint)
            }
            ConfigError::NotScrubbed { ref path, .. } => {
                let hint = format!(
                    "fix {} in an editor, then run the command again",
                    path.display()
                );
                Self::of(Kind::LocalFile, err)
                    .and("Nothing changed")
                    .hint(hint)
            }
            ConfigError::Malformed { ref path, .. } => {
                let hint = format!("fix {} or move it away", path.display());
                Self::of(Kind::LocalFile, err).hint(hint)
            }
        }
    }
}

impl From<StoreError> for CliError {
    fn from(err: StoreError) -> Self {
        let kind = match err {
            StoreError::File(err) => return err.into(),
            StoreError::Interrupted => return Self::interrupted(),
            StoreError::NotFound => Kind::NotLoggedIn,
            StoreError::NoBus(_)
            | StoreError::NoService(_)
            | StoreError::Locked(_)
            | StoreError::NoCollection(_)
            | StoreError::TimedOut(_)
            | StoreError::Failed(_)
            | StoreError::Unopened { .. } => Kind::Keyring,
            StoreError::Encrypted { .. } => Kind::Usage,
            StoreError::BadCodesFile { .. } | StoreError::Damaged(_) => Kind::LocalFile,
        };
        // The simplest remedy comes first.
        let hints = match &err {
            // They have returned already.
            StoreError::File(_) | StoreError::Interrupted => Vec::new(),
            StoreError::NotFound => vec![LOGIN_HINT.to_owned()],
            StoreError::NoBus(_) => vec![
                ENCRYPTED_HINT.to_owned(),
                "or start a session bus: `dbus-run-session -- bash`".to_owned(),
            ],
            StoreError::NoService(_) => vec![
                ENCRYPTED_HINT.to_owned(),
                "or install and start a keyring: gnome-keyring, KWallet or KeePassXC".to_owned(),
            ],
            StoreError::Locked(_) => {
                vec![
                    "unlock the keyring in your desktop session, then try again".to_owned(),
                    format!("without a desktop session, {ENCRYPTED_HINT}"),
                ]
            }
            StoreError::NoCollection(_) => vec![
                ENCRYPTED_HINT.to_owned(),
                "or create a default keyring, for example with Seahorse".to_owned(),
            ],
            StoreError::TimedOut(_) => vec![
                "check whether the keyring asks for its password in a window, then try again"
                    .to_owned(),
                format!("or {ENCRYPTED_HINT}"),
            ],
            StoreError::Failed(_) => vec![
                "try again".to_owned(),
                format!("if it fails again, {ENCRYPTED_HINT}"),
            ],
            StoreError::BadCodesFile { .. } => {
                vec!["open the file and fix or remove that line".to_owned()]
            }
            StoreError::Encrypted { with, .. } => {
                let flag = match with {
                    Lock::Passphrase => PASSPHRASE_FLAG,
                    Lock::Key => IDENTITY_FLAG,
                };
                vec![format!("use {flag}")]
            }
            StoreError::Unopened { with, .. } => vec![match with {
                Lock::Passphrase => "check the passphrase, then try again".to_owned(),
                Lock::Key => {
                    format!("give the key that the file is encrypted for: {IDENTITY_FLAG}")
                }
            }],
            StoreError::Damaged(_) => vec![
                "restore the file from a copy".to_owned(),
                "if it holds a secret key, run `scw login`".to_owned(),
            ],
        };
        hints.into_iter().fold(Self::of(kind, err), Self::hint)
    }
}

impl From<ApiError> for CliError {
    fn from(err: ApiError) -> Self {
        let kind = kind_of(&err);
        let hint = hint_of(&err);
        let more = match &err {
            ApiError::OwnerUnknown => {
                Some("with a token of the 2017 API, use `--api account` and no access key")
            }
            _ => None,
        };
        let failure = Self::of(kind, err).hint(hint);
        match more {
            Some(more) => failure.hint(more),
            None => failure,
        }
    }
}

fn kind_of(err: &ApiError) -> Kind {
    match err {
        ApiError::Authentication { .. }
        | ApiError::Denied { .. }
        | ApiError::Locked
        | ApiError::WrongCode
        | ApiError::WrongPassword
        | ApiError::ForeignSession
        | ApiError::NoPasswordLogin { .. } => Kind::Refused,
        ApiError::Connect { .. }
        | ApiError::Garbage { .. }
        | ApiError::Redirect { .. }
        | ApiError::Failing { .. }
        | ApiError::Throttled { .. } => Kind::Unreachable,
        ApiError::Certificates { .. } => Kind::LocalFile,
        ApiError::OwnerUnknown
        | ApiError::NoPasskeys
        | ApiError::NoSignIns
        | ApiError::NoMembers
        | ApiError::NoNewKey => Kind::Usage,
        ApiError::OtherDialect { .. }
        | ApiError::NotFound { .. }
        | ApiError::Precondition { .. }
        | ApiError::Arguments { .. }
        | ApiError::Application => Kind::Other,
    }
}

fn hint_of(err: &ApiError) -> &'static str {
    match err {
        ApiError::Authentication { .. } => LOGIN_HINT,
        ApiError::Denied { .. } => "ask an administrator of the organization for the permission",
        ApiError::WrongPassword => {
            "run the command again; with single sign-on, run `scw login --web`"
        }
        ApiError::NoPasswordLogin { .. } => "log in with `scw login --web`",
        ApiError::OtherDialect {
            answered: Dialect::Iam,
            ..
        } => "use `--api iam`, or pass the address of the 2017 API in `--api-url`",
        ApiError::OtherDialect {
            answered: Dialect::Account,
            ..
        } => "use `--api account`, or pass the address of the IAM API in `--api-url`",
        ApiError::Locked => "ask an administrator of the organization to unlock the account",
        ApiError::Connect { .. } => {
            "check your network, the proxy (`HTTPS_PROXY`) and `--api-url`, then try again"
        }
        ApiError::Garbage { .. } | ApiError::Redirect { .. } => {
            "check `--api-url` and `SCW_API_URL`; a proxy or a login page may answer instead of the API"
        }
        ApiError::Failing { .. } => {
            "try again later; if it keeps failing, give the request id to Scaleway support"
        }
        ApiError::Throttled { .. } => "wait, then try again",
        ApiError::Certificates { .. } => "fix or unset `SSL_CERT_FILE`",
        ApiError::WrongCode => {
            "try a new code; if it is wrong too, set the clock of your phone to automatic"
        }
        ApiError::NotFound { .. } => "check the id, and the organization of your key",
        ApiError::Precondition { .. } | ApiError::Arguments { .. } => {
            "run the command again with `--debug` to see the requests"
        }
        ApiError::ForeignSession => {
            "try again; if it happens again, somebody may be tampering with your login"
        }
        ApiError::OwnerUnknown => "pass it with `--access-key` or in `SCW_ACCESS_KEY`",
        ApiError::NoPasskeys | ApiError::NoSignIns | ApiError::NoMembers => "use `--api iam`",
        ApiError::NoNewKey => "log in again with `scw login`: it replaces the token",
        ApiError::Application => "use the API key of a user; an application has no second factor",
    }
}
