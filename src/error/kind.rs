//! The kinds of failure, and the exit code of each (cli.md, "Exit codes").

/// The kinds of failure a script can tell apart: one exit code each (cli.md, "Exit codes").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Anything else.
    Other,
    /// Wrong usage, or input is required and there is no prompt.
    Usage,
    /// No login.
    NotLoggedIn,
    /// The service refused: a wrong code, a revoked token, a missing permission, a lock.
    Refused,
    /// The API cannot be reached or keeps failing.
    Unreachable,
    /// The keyring is missing, locked or refused; an encrypted file does not open.
    Keyring,
    /// A local file could not be read or written safely.
    LocalFile,
    /// `--check` found two-factor authentication off, or a condition of `--fail-on` holds.
    WithoutTwoFactor,
    /// The person answered no.
    Cancelled,
    /// The command of `scw exec` is there and cannot be started.
    NotStarted,
    /// The command of `scw exec` does not exist.
    NotFound,
    /// Ctrl-C, or a request to end.
    Interrupted,
}

impl Kind {
    /// Every kind, in the order of the exit codes.
    pub(crate) const ALL: [Self; 12] = [
        Self::Other,
        Self::Cancelled,
        Self::Usage,
        Self::NotLoggedIn,
        Self::Refused,
        Self::Unreachable,
        Self::Keyring,
        Self::LocalFile,
        Self::WithoutTwoFactor,
        Self::NotStarted,
        Self::NotFound,
        Self::Interrupted,
    ];

    /// What it means, for the help and the manual.
    #[must_use]
    pub(crate) fn meaning(self) -> &'static str {
        match self {
            Self::Other => "Any other failure",
            Self::Cancelled => "You answered no to a question",
            Self::Usage => "Wrong usage, or input is required and there is no terminal",
            Self::NotLoggedIn => "Not logged in",
            Self::Refused => {
                "The API refused: wrong password or code, revoked key, missing permission or locked account"
            }
            Self::Unreachable => "The API cannot be reached, or it keeps failing",
            Self::Keyring => {
                "The keyring is missing or locked, or it failed; or the passphrase or identity is wrong"
            }
            Self::LocalFile => "A local file cannot be read or written safely",
            Self::WithoutTwoFactor => {
                "`--check` found that two-factor authentication is off, or a `--fail-on` condition holds"
            }
            Self::NotStarted => "The command of `scw exec COMMAND` cannot be started",
            Self::NotFound => "The command of `scw exec COMMAND` is not found",
            Self::Interrupted => "Interrupted by Ctrl-C or a signal",
        }
    }

    /// The exit code of the process.
    #[must_use]
    pub(crate) fn exit_code(self) -> u8 {
        match self {
            Self::Other | Self::Cancelled => 1,
            Self::Usage => 2,
            Self::NotLoggedIn => 3,
            Self::Refused => 4,
            Self::Unreachable => 5,
            Self::Keyring => 6,
            Self::LocalFile => 7,
            Self::WithoutTwoFactor => 8,
            Self::NotStarted => 126,
            Self::NotFound => 127,
            Self::Interrupted => 130,
        }
    }

    /// The word for it in `-o json`.
    #[must_use]
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Other => "failed",
            Self::Usage => "usage",
            Self::NotLoggedIn => "not_logged_in",
            Self::Refused => "refused",
            Self::Unreachable => "unreachable",
            Self::Keyring => "keyring",
            Self::LocalFile => "local_file",
            Self::WithoutTwoFactor => "without_two_factor",
            Self::Cancelled => "cancelled",
            Self::NotStarted => "command_not_started",
            Self::NotFound => "command_not_found",
            Self::Interrupted => "interrupted",
        }
    }
}
