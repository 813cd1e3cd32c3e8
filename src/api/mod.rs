//! The account services on the wire.
//!
//! [`Account`] is the seam: commands speak to it and do not know which dialect answers.

mod account;
mod callback;
mod http;
mod iam;
mod redact;
mod session;
mod tls;

use std::time::Duration;

use async_trait::async_trait;
use time::OffsetDateTime;

pub use account::{Account2017, token_owner};
pub use callback::{Callback, CallbackError, Visitor};
pub use http::{Auth, Http};
pub use iam::{Iam, web_session};
pub use session::{CreatedKey, FoundKey, NewKey, Session, SignIn, SignInRequest, sign_in};

use crate::model::{AccessKey, ApiKey, BackupCodes, Dialect, OtpCode, OtpKey, User, UserId};

/// What a call to an account service can fail with.
///
/// Text in it that came from the service is cleaned already.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// 401: the key or token is unknown, revoked or expired.
    #[error("the API does not accept this key: {reason}")]
    Authentication {
        /// Why, in words.
        reason: String,
    },
    /// The email is unknown or the password is wrong; the service does not tell which.
    #[error("the email or the password is wrong")]
    WrongPassword,
    /// The service does not let this account in by password.
    #[error("the service does not take a password login here: {reason}")]
    NoPasswordLogin {
        /// Why, in words.
        reason: String,
    },
    /// The address belongs to the other API.
    #[error("{host} answers as the {answered} API")]
    OtherDialect {
        /// The host.
        host: String,
        /// Which API answered.
        answered: Dialect,
    },
    /// 403: the key is good and lacks a permission, or a quota is used up.
    #[error("the API refuses: {message}")]
    Denied {
        /// What is missing.
        message: String,
    },
    /// The user is locked out.
    #[error("the user is locked")]
    Locked,
    /// A one-time password or backup code that the service did not take.
    #[error("the code is wrong, expired or already used")]
    WrongCode,
    /// 404: there is no such thing, or this key may not see it.
    #[error("the API knows no such {resource}")]
    NotFound {
        /// What was looked for.
        resource: String,
    },
    /// 409, 412: the account is in another state than the call needs.
    #[error("the account is in another state than this needs: {message}")]
    Precondition {
        /// What the service says.
        message: String,
    },
    /// 400 and other refusals of a request's form.
    #[error("the API did not take the request: {message}")]
    Arguments {
        /// What the service says.
        message: String,
    },
    /// No answer: DNS, TCP, TLS or a time-out.
    #[error("{host} cannot be reached: {reason}")]
    Connect {
        /// The host.
        host: String,
        /// The innermost cause.
        reason: String,
    },
    /// An answer that is none of the API's.
    #[error("{host} gave an answer that is not the API's: {reason}")]
    Garbage {
        /// The host.
        host: String,
        /// In what way; nothing of its content.
        reason: String,
    },
    /// A redirect to somewhere the key must not go.
    #[error("{host} redirects to {to}, where the key was not sent")]
    Redirect {
        /// The host that answered.
        host: String,
        /// The other origin.
        to: String,
    },
    /// 5xx: the service's own failure, after retries.
    #[error("{host} fails with status {status} (request id {request_id})")]
    Failing {
        /// The host.
        host: String,
        /// The HTTP status.
        status: u16,
        /// `X-Request-Id` of the answer, or `unknown`.
        request_id: String,
    },
    /// 429, after retries.
    #[error("{host} takes no more requests for now{}", .wait.map(|wait| format!("; it asks to wait {} s", wait.as_secs())).unwrap_or_default())]
    Throttled {
        /// The host.
        host: String,
        /// What `Retry-After` says.
        wait: Option<Duration>,
    },
    /// The certificate authorities could not be loaded.
    #[error("the certificate authorities could not be loaded: {reason}")]
    Certificates {
        /// Why.
        reason: String,
    },
    /// A secret key alone, and no way to learn whose it is.
    #[error("a secret key alone does not tell whose it is")]
    OwnerUnknown,
    /// The key belongs to an application, not to a user.
    #[error("the key belongs to an application, not to a user")]
    Application,
}

impl ApiError {
    /// Whether the key in use is revoked, has ended or never was: the service does not know it.
    #[must_use]
    pub fn key_is_gone(&self) -> bool {
        matches!(self, Self::NotFound { .. } | Self::Authentication { .. })
    }

    /// Whether the call may have been carried out although no usable answer came back.
    #[must_use]
    pub fn outcome_unknown(&self) -> bool {
        matches!(
            self,
            Self::Connect { .. } | Self::Garbage { .. } | Self::Failing { .. }
        )
    }
}

/// One account service, in either dialect, called with one key.
#[async_trait(?Send)]
pub trait Account {
    /// What the service knows of the key in use. Its identifier is needed where the dialect has
    /// one and no other way leads to the key.
    async fn own_key(&self, access_key: Option<&AccessKey>) -> Result<ApiKey, ApiError>;

    /// A user.
    async fn user(&self, id: &UserId) -> Result<User, ApiError>;

    /// By when the organization requires a second factor of this user; nothing where it does not.
    async fn two_factor_required_by(&self, id: &UserId)
    -> Result<Option<OffsetDateTime>, ApiError>;

    /// Makes a new key for an authenticator app, pending until it is confirmed.
    async fn create_otp(&self, id: &UserId) -> Result<OtpKey, ApiError>;

    /// Confirms the pending key with a code: the second factor is on, and the backup codes come
    /// back, this once.
    async fn confirm_otp(&self, id: &UserId, code: &OtpCode) -> Result<BackupCodes, ApiError>;

    /// Removes the second factor, or a pending key.
    async fn delete_otp(&self, id: &UserId) -> Result<(), ApiError>;

    /// Deletes the key in use; its identifier is needed where the dialect has one.
    async fn delete_own_key(&self, access_key: Option<&AccessKey>) -> Result<(), ApiError>;

    /// How far the service's clock is ahead of this machine's, in seconds, as the `Date` header
    /// of its last answer told; nothing before the first.
    fn clock_ahead_s(&self) -> Option<i64>;
}
