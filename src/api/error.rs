//! What a call to an account service can fail with.

use std::time::Duration;

use crate::model::Dialect;

/// A cause from below, kept for whoever looks into the chain of an error.
pub(crate) type Cause = Box<dyn std::error::Error + Send + Sync>;

/// What a call to an account service can fail with.
///
/// Text in it that came from the service is cleaned already.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    /// 401: the key or token is unknown, revoked or expired.
    #[error("the API does not accept this key: {reason}")]
    Authentication {
        /// Why, in words.
        reason: String,
        /// Whether the API named the key as unknown or expired, so that it is of use to nobody.
        gone: bool,
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
    #[error("the API knows no such {resource}{}", beside(.message.as_deref()))]
    NotFound {
        /// What was looked for.
        resource: String,
        /// What the service says, where it names no type.
        message: Option<String>,
        /// Whether the answer has the API's own type for it. One without may come from a gateway
        /// before the API, which knows nothing of the thing.
        named: bool,
    },
    /// 409, 412: the account is in another state than the call needs.
    #[error("the account is in another state than this needs: {message}")]
    Precondition {
        /// What the service says.
        message: String,
        /// Whether that state passes by itself (409 `transient_state`).
        transient: bool,
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
        /// Whether the request may have left before the connection failed.
        sent: bool,
        /// The library's error, without the address.
        source: Cause,
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
    #[error("{host} {}", redirected(.to.as_deref()))]
    Redirect {
        /// The host that answered.
        host: String,
        /// The other origin; nothing where the answer names no address.
        to: Option<String>,
    },
    /// 5xx: the service's own failure, after retries.
    #[error("{host} fails with status {status}{} (request id {request_id})", beside(.message.as_deref()))]
    Failing {
        /// The host.
        host: String,
        /// The HTTP status.
        status: u16,
        /// What the service says.
        message: Option<String>,
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
        /// The library's error.
        source: Cause,
    },
    /// A secret key alone, and no way to learn whose it is: no call of the IAM API tells it
    /// (protocol.md A).
    #[error("a secret key alone does not tell whose it is")]
    OwnerUnknown,
    /// The API of 2017 knows no passkeys.
    #[error("the 2017 API knows no passkeys")]
    NoPasskeys,
    /// The session that a browser handed over is not the one, or not the user's, that was named
    /// beside it.
    #[error("the browser handed over a session of another user than it names")]
    ForeignSession,
    /// The key belongs to an application, not to a user.
    #[error("the key belongs to an application, not to a user")]
    Application,
}

/// What the service itself says, behind what this program says.
fn beside(message: Option<&str>) -> String {
    message.map(|text| format!(": {text}")).unwrap_or_default()
}

/// Where a redirect leads.
fn redirected(to: Option<&str>) -> String {
    to.map_or_else(
        || "answers with a redirect without an address".to_owned(),
        |to| format!("redirects to {to}, where the key was not sent"),
    )
}

impl ApiError {
    /// Whether the call may have been carried out although no usable answer came back.
    #[must_use]
    pub(crate) fn outcome_unknown(&self) -> bool {
        match self {
            Self::Connect { sent, .. } => *sent,
            Self::Garbage { .. } | Self::Redirect { .. } | Self::Failing { .. } => true,
            _ => false,
        }
    }

    /// Whether the service did not carry the call out because of something that passes by itself,
    /// so that the same call may be taken a little later.
    #[must_use]
    pub(crate) fn may_pass(&self) -> bool {
        matches!(
            self,
            Self::Throttled { .. }
                | Self::Precondition {
                    transient: true,
                    ..
                }
        )
    }

    /// Whether a call that the key itself made, like its own deletion, tells that the key is gone:
    /// deleted, revoked or expired.
    ///
    /// Only the API's own words count. A 404 or 401 without them may come from a gateway.
    #[must_use]
    pub(crate) fn key_is_gone(&self) -> bool {
        matches!(
            self,
            Self::NotFound { named: true, .. } | Self::Authentication { gone: true, .. }
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connect(sent: bool) -> ApiError {
        ApiError::Connect {
            host: "h".to_owned(),
            reason: "r".to_owned(),
            sent,
            source: "cause".into(),
        }
    }

    fn not_found(named: bool) -> ApiError {
        ApiError::NotFound {
            resource: "api_key".to_owned(),
            message: Some("no route".to_owned()),
            named,
        }
    }

    fn precondition(transient: bool) -> ApiError {
        ApiError::Precondition {
            message: "m".to_owned(),
            transient,
        }
    }

    fn garbage() -> ApiError {
        ApiError::Garbage {
            host: "h".to_owned(),
            reason: "r".to_owned(),
        }
    }

    // Issue 7, 1
    #[test]
    fn an_outcome_is_unknown_where_the_request_may_have_arrived() {
        let redirect = ApiError::Redirect {
            host: "h".to_owned(),
            to: Some("t".to_owned()),
        };
        for unknown in [connect(true), garbage(), redirect] {
            assert!(unknown.outcome_unknown(), "{unknown}");
        }
        let throttled = ApiError::Throttled {
            host: "h".to_owned(),
            wait: None,
        };
        for known in [connect(false), throttled, not_found(true)] {
            assert!(!known.outcome_unknown(), "{known}");
        }
    }

    // Issue 7, 1
    #[test]
    fn what_passes_by_itself_is_told_and_was_not_carried_out() {
        let throttled = ApiError::Throttled {
            host: "h".to_owned(),
            wait: None,
        };
        for passing in [throttled, precondition(true)] {
            assert!(
                passing.may_pass() && !passing.outcome_unknown(),
                "{passing}"
            );
        }
        for lasting in [
            precondition(false),
            ApiError::Locked,
            garbage(),
            connect(true),
        ] {
            assert!(!lasting.may_pass(), "{lasting}");
        }
    }

    #[test]
    fn a_redirect_without_an_address_is_called_one() {
        let told = |to: Option<&str>| {
            ApiError::Redirect {
                host: "h".to_owned(),
                to: to.map(str::to_owned),
            }
            .to_string()
        };
        assert_eq!(told(None), "h answers with a redirect without an address");
        assert_eq!(
            told(Some("o")),
            "h redirects to o, where the key was not sent"
        );
    }

    // Issue 7, 5
    #[test]
    fn a_key_is_gone_only_where_the_api_itself_says_so() {
        let refused = |gone| ApiError::Authentication {
            reason: "r".to_owned(),
            gone,
        };
        assert!(refused(true).key_is_gone() && not_found(true).key_is_gone());
        let denied = ApiError::Denied {
            message: "m".to_owned(),
        };
        let state = precondition(true);
        for alive in [
            refused(false),
            not_found(false),
            denied,
            state,
            connect(true),
            garbage(),
        ] {
            assert!(!alive.key_is_gone(), "{alive}");
        }
    }

    #[test]
    fn an_error_keeps_its_source() {
        let err = connect(true);
        let source = std::error::Error::source(&err).unwrap();
        assert_eq!(source.to_string(), "cause");
    }
}
