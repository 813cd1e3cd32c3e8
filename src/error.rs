//! What the user is told when something fails, and the exit code that goes with it.
//!
//! The only place that knows every layer's error.

mod kind;

use std::fmt;

use crate::{
    api::ApiError,
    config::ConfigError,
    env::NotUtf8,
    fsutil::FileError,
    model::{Dialect, Invalid},
    process::ProcessError,
    store::StoreError,
};

pub(crate) use kind::Kind;

/// The result of a command.
pub(crate) type Result<T, E = CliError> = std::result::Result<T, E>;

/// A failure as the user sees it: what was being done, what went wrong, what to do next.
#[derive(Debug)]
pub(crate) struct CliError {
    kind: Kind,
    doing: Option<String>,
    message: String,
    facts: Vec<String>,
    hints: Vec<String>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl CliError {
    /// A failure of this kind; `message` says in the user's words what went wrong.
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            doing: None,
            message: message.into(),
            facts: Vec::new(),
            hints: Vec::new(),
            source: None,
        }
    }

    /// A failure of this kind, with the error of another layer as its message and its source.
    fn of(kind: Kind, err: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self {
            message: err.to_string(),
            source: Some(Box::new(err)),
            ..Self::new(kind, "")
        }
    }

    /// Wrong usage.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    /// Ctrl-C or a request to end.
    #[must_use]
    pub(crate) fn interrupted() -> Self {
        Self::new(Kind::Interrupted, "Cancelled")
    }

    /// The answer to a question was no; `fact` says what is so now.
    #[must_use]
    pub(crate) fn cancelled(fact: &str) -> Self {
        Self::new(Kind::Cancelled, "Cancelled").and(fact)
    }

    /// Adds what the user can do next, unless it is said already.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        let hint = hint.into();
        if !self.hints.contains(&hint) {
            self.hints.push(hint);
        }
        self
    }

    /// Says what was being done, as in "could not `doing`"; the innermost one stays.
    #[must_use]
    pub(crate) fn doing(mut self, doing: impl Into<String>) -> Self {
        self.doing.get_or_insert_with(|| doing.into());
        self
    }

    /// Adds what is so after the failure: a sentence that begins with a capital letter and has no
    /// period at its end.
    #[must_use]
    pub(crate) fn and(mut self, fact: &str) -> Self {
        self.facts.push(fact.to_owned());
        self
    }

    /// Says what to do next instead of what was said so far, where the service does not accept the
    /// key itself.
    #[must_use]
    pub(crate) fn hint_for_refused_key(mut self, hint: &str) -> Self {
        let source = self.source.as_ref().and_then(|err| err.downcast_ref());
        if let Some(ApiError::Authentication { .. }) = source {
            self.hints = vec![hint.to_owned()];
        }
        self
    }

    /// Whether the person wanted it: nothing went wrong.
    #[must_use]
    pub(crate) fn is_wanted(&self) -> bool {
        matches!(self.kind, Kind::Cancelled | Kind::Interrupted)
    }

    /// The kind of failure.
    #[must_use]
    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    /// What to do next, in order.
    #[must_use]
    pub(crate) fn hints(&self) -> &[String] {
        &self.hints
    }
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.doing {
            Some(doing) if !self.is_wanted() => write!(f, "could not {doing}: {}", self.message)?,
            _ => f.write_str(&self.message)?,
        }
        for fact in &self.facts {
            write!(f, ". {fact}")?;
        }
        // Several sentences end like sentences.
        if self.is_wanted() || !self.facts.is_empty() {
            f.write_str(".")?;
        }
        Ok(())
    }
}

impl std::error::Error for CliError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source
            .as_deref()
            .map(|source| source as &(dyn std::error::Error + 'static))
    }
}

/// How to get a login, said wherever one is missing or dead.
pub(crate) const LOGIN_HINT: &str =
    "log in with `scw login`, or with `scw login --with-token` in a script";

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

impl From<ProcessError> for CliError {
    fn from(err: ProcessError) -> Self {
        Self::of(Kind::Other, err)
            .hint("run the command by hand: it gets the key on stdin and prints a six-digit code")
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
            ConfigError::NoHome => Self::of(Kind::LocalFile, err)
                .hint("set `HOME`, or name a folder in `SCW_DATA_DIR`"),
            ConfigError::Malformed { ref path, .. } => {
                let hint = format!("fix {} or move it away", path.display());
                Self::of(Kind::LocalFile, err).hint(hint)
            }
        }
    }
}

impl From<StoreError> for CliError {
    fn from(err: StoreError) -> Self {
        let err = match err {
            StoreError::File(err) => return err.into(),
            StoreError::Interrupted => return Self::interrupted(),
            err => err,
        };
        let (kind, hint) = match &err {
            // Taken care of above.
            StoreError::File(file) => (Kind::LocalFile, file.hint()),
            StoreError::Interrupted => (Kind::Interrupted, String::new()),
            StoreError::NotFound => (Kind::NotLoggedIn, LOGIN_HINT.to_owned()),
            StoreError::NoBus(_) => (
                Kind::Keyring,
                "start a session bus (`dbus-run-session -- …`), set `SCW_SECRET_KEY`, or log in with `--storage file`"
                    .to_owned(),
            ),
            StoreError::NoService(_) => (
                Kind::Keyring,
                "install and start a Secret Service (gnome-keyring, KWallet, KeePassXC), set `SCW_SECRET_KEY`, or log in with `--storage file`"
                    .to_owned(),
            ),
            StoreError::Locked(_) => (
                Kind::Keyring,
                "unlock the keyring in your desktop session and try again".to_owned(),
            ),
            StoreError::NoCollection(_) => (
                Kind::Keyring,
                "create a default keyring (log in to the desktop once, or use Seahorse) and try again"
                    .to_owned(),
            ),
            StoreError::TimedOut(_) => (
                Kind::Keyring,
                "see whether the Secret Service hangs or waits for its password in a window, then try again"
                    .to_owned(),
            ),
            StoreError::Failed(_) => (
                Kind::Keyring,
                "try again; if it stays, set `SCW_SECRET_KEY` or log in with `--storage file`"
                    .to_owned(),
            ),
            StoreError::BadCodesFile { .. } => (
                Kind::LocalFile,
                "open the file and take the code from it by hand".to_owned(),
            ),
            StoreError::Encrypted(path) => (
                Kind::LocalFile,
                format!("decrypt it: `age --decrypt --identity KEY-FILE {}`", path.display()),
            ),
        };
        Self::of(kind, err).hint(hint)
    }
}

impl From<ApiError> for CliError {
    fn from(err: ApiError) -> Self {
        let kind = match &err {
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
            ApiError::OwnerUnknown | ApiError::NoPasskeys => Kind::Usage,
            ApiError::OtherDialect { .. }
            | ApiError::NotFound { .. }
            | ApiError::Precondition { .. }
            | ApiError::Arguments { .. }
            | ApiError::Application => Kind::Other,
        };
        let hint = match &err {
            ApiError::Authentication { .. } => LOGIN_HINT,
            ApiError::Denied { .. } => {
                "ask an administrator of the organization for the permission"
            }
            ApiError::WrongPassword => "type it again, or reset the password in the console",
            ApiError::NoPasswordLogin { .. } => "log in with `scw login --web`",
            ApiError::OtherDialect {
                answered: Dialect::Iam,
                ..
            } => "leave out `--api account` and `SCW_API`, or name the address of the 2017 API",
            ApiError::OtherDialect {
                answered: Dialect::Account,
                ..
            } => "use `--api account`, or name the address of the IAM API",
            ApiError::Locked => "ask an administrator of the organization to unlock the user",
            ApiError::Connect { .. } => {
                "check the network, the proxy (`HTTPS_PROXY`) and `--api-url`, then try again"
            }
            ApiError::Garbage { .. } | ApiError::Redirect { .. } => {
                "check that `--api-url` or `SCW_API_URL` names the API and no proxy or portal answers in its place"
            }
            ApiError::Failing { .. } => {
                "try again later; the request id helps Scaleway's support to find it"
            }
            ApiError::Throttled { .. } => "wait and try again",
            ApiError::Certificates { .. } => "check `SSL_CERT_FILE`, or unset it",
            ApiError::WrongCode => "check that the clock of the device with the app is right",
            ApiError::NotFound { .. } => "check the id, and which organization the key belongs to",
            ApiError::Precondition { .. } | ApiError::Arguments { .. } => {
                "run it again with `--debug` to see the exchange"
            }
            ApiError::ForeignSession => {
                "try again; if it happens again, somebody else has a hand in this login"
            }
            ApiError::OwnerUnknown => {
                "name its access key with `--access-key`, or in `SCW_ACCESS_KEY`; the 2017 API takes its own tokens alone, without an access key"
            }
            ApiError::NoPasskeys => "use today's API with `--api iam`",
            ApiError::Application => {
                "use the API key of a user: an application has no second factor"
            }
        };
        Self::of(kind, err).hint(hint)
    }
}
