//! Failures of an enrolment, and what they say about the account.

use crate::error::CliError;

pub(super) fn on_elsewhere(err: CliError) -> CliError {
    err.and("Somebody else turned two-factor authentication on in the meantime. scw left it alone")
        .hint("run `scw 2fa status` to see it")
}

pub(super) fn cannot_undo(err: CliError) -> CliError {
    err.and("scw could not remove the new key from the account. The key is not confirmed, so it opens nothing")
        .hint("run `scw 2fa status` to see what the account has")
}

/// A failed confirmation.
pub(super) struct Failure {
    pub(super) error: CliError,
    /// The service refused the code.
    pub(super) wrong_code: bool,
    /// What the account has is said already, and nothing is to be undone.
    pub(super) settled: bool,
}

impl From<CliError> for Failure {
    fn from(error: CliError) -> Self {
        Self {
            error,
            wrong_code: false,
            settled: false,
        }
    }
}
