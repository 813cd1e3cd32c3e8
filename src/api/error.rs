//! What a call to an account service can fail with.

use std::time::Duration;

use crate::model::Dialect;

/// The error of a library, for the chain of sources.
pub(crate) type Cause = Box<dyn std::error::Error + Send + Sync>;

/// What a call to an account service can fail with.
///
/// Text in it that came from the service is cleaned already.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    /// 401: the key or token is unknown, revoked or expired.
    #[error("the API rejected the key{}", because(.reason.as_deref()))]
    Authentication {
        /// Why, where the API says so.
        reason: Option<String>,
        /// Whether the API named the key as unknown or expired, so that it is useless.
        gone: bool,
    },
    /// The email is unknown or the password is wrong; the service does not tell which.
    #[error("wrong email or password")]
    WrongPassword,
    /// The service does not let this account in by password.
    #[error("the service refused the password login{}", because(.reason.as_deref()))]
    NoPasswordLogin {
        /// Why, where the service says so.
        reason: Option<String>,
    },
    /// The address belongs to the other API.
    #[error("{host} answered with the {}", name_of(*.answered))]
    OtherDialect {
        /// The host.
        host: String,
        /// Which API answered.
        answered: Dialect,
    },
    /// 403: the key is good and lacks a permission, or a quota is used up.
    #[error("permission denied by the API{}", because(.message.as_deref()))]
    Denied {
        /// What is missing, where the API says so.
        message: Option<String>,
    },
    /// The user is locked out.
    #[error("the account is locked")]
    Locked,
    /// The service refused a one-time password or backup code.
    #[error("the code is wrong, expired or already used")]
    WrongCode,
    /// 404: it does not exist, or this key may not see it.
    #[error("the API found no such {resource}{}", beside(.message.as_deref()))]
    NotFound {
        /// What was looked for.
        resource: String,
        /// What the service says, where it names no type.
        message: Option<String>,
        /// Whether the answer has the API's own type for it. One without may come from a gateway
        /// in front of the API.
        named: bool,
    },
    /// 409, 412: the account is in another state than the call needs.
    #[error("the account does not allow this in its current state{}", because(.message.as_deref()))]
    Precondition {
        /// What the service says.
        message: Option<String>,
        /// Whether that state ends by itself (409 `transient_state`).
        transient: bool,
    },
    /// 400 and other refusals of a request's form.
    #[error("the API rejected the request{}", because(.message.as_deref()))]
    Arguments {
        /// What the service says.
        message: Option<String>,
    },
    /// No answer: DNS, TCP, TLS or a time-out.
    #[error("could not reach {host}: {reason}")]
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
    /// An answer that the API does not give.
    #[error("{host} sent an unexpected answer: {reason}")]
    Garbage {
        /// The host.
        host: String,
        /// What is unexpected about it; nothing of its content.
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
    #[error("{host} failed with status {status}{} (request id {request_id})", beside(.message.as_deref()))]
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
    #[error("{host} got too many requests{}", retry_in(*.wait))]
    Throttled {
        /// The host.
        host: String,
        /// What `Retry-After` says.
        wait: Option<Duration>,
    },
    /// The certificate authorities could not be loaded.
    #[error("could not load the certificate authorities: {reason}")]
    Certificates {
        /// Why.
        reason: String,
        /// The library's error.
        source: Cause,
    },
    /// No call of the IAM API tells whose a secret key is (protocol.md A): its access key is needed.
    #[error("the access key of this secret key is missing")]
    OwnerUnknown,
    /// The 2017 API has no passkeys.
    #[error("the 2017 API does not support passkeys")]
    NoPasskeys,
    /// The 2017 API has no list of sign-ins.
    #[error("the 2017 API does not list sign-ins")]
    NoSignIns,
    /// The 2017 API has no list of members.
    #[error("the 2017 API does not list the members of an organization")]
    NoMembers,
    /// This dialect has no key that makes another one.
    #[error("the 2017 API makes a token for a password only")]
    NoNewKey,
    /// The session that a browser sent belongs to another user, or has another id, than the data
    /// sent with it says.
    #[error("the browser sent the session of another user")]
    ForeignSession,
    /// The key belongs to an application, not to a user.
    #[error("the key belongs to an application, not to a user")]
    Application,
}

/// The service's reason, or that it gave none.
fn because(reason: Option<&str>) -> String {
    reason.map_or_else(
        || " (it gave no reason)".to_owned(),
        |reason| format!(": {reason}"),
    )
}

/// What people call an API.
fn name_of(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Iam => "IAM API",
        Dialect::Account => "2017 account API",
    }
}

/// The service's own words, after this program's.
fn beside(message: Option<&str>) -> String {
    message.map(|text| format!(": {text}")).unwrap_or_default()
}

/// When the service wants the next request.
fn retry_in(wait: Option<Duration>) -> String {
    wait.filter(|wait| !wait.is_zero())
        .map(|wait| format!(" (retry in {} s)", wait.as_secs()))
        .unwrap_or_default()
}

/// Where a redirect leads.
fn redirected(to: Option<&str>) -> String {
    to.map_or_else(
        || "sent a redirect without an address".to_owned(),
        |to| format!("redirected to {to}; scw did not send the key there"),
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

    /// Whether the service did not carry the call out for a passing reason, so that the same call may
    /// succeed a little later.
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

    /// Whether the error of a call made with a key, such as its deletion, shows that the key is gone:
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
            message: Some("m".to_owned()),
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
        assert_eq!(told(None), "h sent a redirect without an address");
        assert_eq!(
            told(Some("o")),
            "h redirected to o; scw did not send the key there"
        );
    }

    // Issue 7, 5
    #[test]
    fn a_key_is_gone_only_where_the_api_itself_says_so() {
        let refused = |gone| ApiError::Authentication {
            reason: Some("r".to_owned()),
            gone,
        };
        assert!(refused(true).key_is_gone() && not_found(true).key_is_gone());
        let denied = ApiError::Denied {
            message: Some("m".to_owned()),
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
