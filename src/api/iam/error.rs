//! The errors of the IAM API (protocol.md A, "Errors") in this program's words.

use reqwest::StatusCode;
use serde::Deserialize;

use crate::{
    api::{ApiError, http::Answer},
    model::Dialect,
};

/// The union of all error bodies.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Body {
    r#type: Option<String>,
    reason: Option<String>,
    resource: Option<String>,
    help_message: Option<String>,
    details: Vec<Detail>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Detail {
    argument_name: Option<String>,
    help_message: Option<String>,
    reason: Option<String>,
    resource: Option<String>,
    action: Option<String>,
    quota: Option<f64>,
}

/// The error that a refusal stands for. A known type speaks first, then the status, so that a body
/// of an unknown kind, or none, still gives a sensible message.
pub(super) fn from_answer(answer: &Answer) -> ApiError {
    let body: Body = serde_json::from_slice(&answer.body).unwrap_or_default();
    let message = answer.message();
    let or_status =
        |message: Option<String>| message.or_else(|| Some(format!("status {}", answer.status)));
    match (body.r#type.as_deref().unwrap_or(""), answer.status) {
        ("denied_authentication", _) => authentication(answer, body.reason.as_deref()),
        ("permissions_denied" | "quotas_exceeded", _) => ApiError::Denied {
            message: denied(answer, &body, message),
        },
        ("invalid_arguments", _) => arguments(answer, &body, message),
        ("precondition_failed" | "transient_state", _) => ApiError::Precondition {
            message: body
                .help_message
                .as_deref()
                .map(|help| answer.shown(help))
                .or(message),
            transient: answer.is_transient(),
        },
        ("locked", _) | (_, StatusCode::LOCKED) => ApiError::Locked,
        ("resource_expired", _) => authentication(answer, Some("expired")),
        ("not_found", _) => ApiError::NotFound {
            resource: resource(answer, &body),
            message: None,
            named: true,
        },
        // Types that only the API of 2017 has (protocol.md B).
        ("unknown_resource" | "invalid_request_error" | "invalid_auth", _) => {
            ApiError::OtherDialect {
                host: answer.host.clone(),
                answered: Dialect::Account,
            }
        }
        // Without a type it is not known that the API itself refuses this key.
        (_, StatusCode::UNAUTHORIZED) => ApiError::Authentication {
            reason: message,
            gone: false,
        },
        (_, StatusCode::FORBIDDEN) => ApiError::Denied { message },
        (_, StatusCode::NOT_FOUND) => ApiError::NotFound {
            resource: resource(answer, &body),
            message,
            named: false,
        },
        (_, StatusCode::CONFLICT | StatusCode::PRECONDITION_FAILED) => ApiError::Precondition {
            message: or_status(message),
            transient: false,
        },
        _ if answer.body.is_empty() => answer.garbage(&format!(
            "status {} with an empty body",
            answer.status.as_u16()
        )),
        _ => ApiError::Arguments {
            message: or_status(message),
        },
    }
}

/// What an answer to a login without success means.
pub(super) enum Login {
    /// The password is right; a second factor is missing, or the one that was sent is wrong.
    FactorNeeded,
    /// It failed.
    Failed(ApiError),
}

/// Both shapes that are on record for a missing or wrong code are taken (protocol.md A).
pub(super) fn of_login(answer: &Answer) -> Login {
    let body: Body = serde_json::from_slice(&answer.body).unwrap_or_default();
    let asks_for_code = body
        .details
        .iter()
        .any(|detail| detail.argument_name.as_deref() == Some("2FA_token"));
    match (body.r#type.as_deref().unwrap_or(""), answer.status) {
        ("2FA_error", _) => Login::FactorNeeded,
        ("invalid_arguments", _) if asks_for_code => Login::FactorNeeded,
        ("captcha_required", _) => Login::Failed(ApiError::NoPasswordLogin {
            reason: Some("it asks for a captcha".to_owned()),
        }),
        ("permissions_denied", _) => Login::Failed(ApiError::NoPasswordLogin {
            reason: answer.message(),
        }),
        ("denied_authentication", _) | ("", StatusCode::UNAUTHORIZED) => {
            Login::Failed(ApiError::WrongPassword)
        }
        _ => Login::Failed(from_answer(answer)),
    }
}

fn authentication(answer: &Answer, reason: Option<&str>) -> ApiError {
    let (reason, gone) = match reason {
        Some("not_found") => (Some("it does not exist or was revoked".to_owned()), true),
        Some("expired") => (Some("it has expired".to_owned()), true),
        Some("invalid_argument") => (Some("it is malformed".to_owned()), false),
        Some("unknown_reason") | None => (None, false),
        Some(other) => (Some(answer.shown(other)), false),
    };
    ApiError::Authentication { reason, gone }
}

fn denied(answer: &Answer, body: &Body, message: Option<String>) -> Option<String> {
    let missing: Vec<String> = body
        .details
        .iter()
        .filter_map(|detail| {
            let resource = detail.resource.as_deref()?;
            Some(answer.shown(&match (&detail.action, detail.quota) {
                (Some(action), _) => format!("{action} {resource}"),
                (None, Some(quota)) => format!("at most {quota} {resource}"),
                (None, None) => resource.to_owned(),
            }))
        })
        .collect();
    let missing = (!missing.is_empty()).then(|| missing.join(", "));
    match (message, missing) {
        (Some(message), Some(missing)) => Some(format!("{message} ({missing})")),
        (message, missing) => message.or(missing),
    }
}

fn arguments(answer: &Answer, body: &Body, message: Option<String>) -> ApiError {
    // Inferred (protocol.md A): a wrong code comes back as this argument with any reason.
    if body
        .details
        .iter()
        .any(|detail| detail.argument_name.as_deref() == Some("one_time_password"))
    {
        return ApiError::WrongCode;
    }
    let details: Vec<String> = body
        .details
        .iter()
        .filter_map(|detail| {
            let name = detail.argument_name.as_deref()?;
            let help = detail
                .help_message
                .as_deref()
                .or(detail.reason.as_deref())
                .unwrap_or_default();
            Some(answer.shown(&format!("{name}: {help}")))
        })
        .collect();
    ApiError::Arguments {
        message: if details.is_empty() {
            message
        } else {
            Some(details.join(", "))
        },
    }
}

fn resource(answer: &Answer, body: &Body) -> String {
    body.resource
        .as_deref()
        .map_or_else(|| "resource".to_owned(), |named| answer.shown(named))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::http::tests::{answer, answer_to};

    // Issue 7, 2
    #[test]
    fn no_text_of_the_service_shows_a_secret_of_the_request() {
        for (status, body) in [
            (404, r#"{"type":"not_found","resource":"S3cret"}"#),
            (404, r#"{"message":"S3CRET is unknown"}"#),
            (401, r#"{"type":"denied_authentication","reason":"s3cret"}"#),
            (401, r#"{"message":"s3cret"}"#),
            (403, r#"{"message":"s3cret"}"#),
            (403, r#"{"type":"permissions_denied","message":"s3cret"}"#),
            (
                403,
                r#"{"type":"quotas_exceeded","details":[{"resource":"s3cret","quota":1}]}"#,
            ),
            (
                403,
                r#"{"type":"permissions_denied","details":[{"resource":"r","action":"s3cret"}]}"#,
            ),
            (400, r#"{"type":"invalid_arguments","message":"S3CRET"}"#),
            (
                400,
                r#"{"type":"invalid_arguments","details":[{"argument_name":"a","help_message":"s3cret"}]}"#,
            ),
            (
                400,
                r#"{"type":"invalid_arguments","details":[{"argument_name":"s3cret","reason":"s3cret"}]}"#,
            ),
            (409, r#"{"type":"transient_state","message":"s3cret"}"#),
            (
                412,
                r#"{"type":"precondition_failed","help_message":"s3cret"}"#,
            ),
            (418, r#"{"message":"s3cret"}"#),
        ] {
            let told = from_answer(&answer_to(&["s3cret"], status, body)).to_string();
            assert!(told.contains("***"), "{told}");
            assert!(!told.to_lowercase().contains("s3cret"), "{told}");
        }
    }

    // Issue 7, 1
    #[test]
    fn a_state_that_passes_is_told() {
        for (status, body, passes) in [
            (409, r#"{"type":"transient_state"}"#, true),
            (409, r#"{"type":"conflict"}"#, false),
            (409, "", false),
            (412, r#"{"type":"precondition_failed"}"#, false),
        ] {
            assert_eq!(told(status, body).0.may_pass(), passes, "{status} {body}");
        }
    }

    fn told(status: u16, body: &str) -> (ApiError, String) {
        let err = from_answer(&answer(status, body));
        let text = err.to_string();
        (err, text)
    }

    // Issue 7, 13
    #[test]
    fn a_404_without_a_type_tells_what_the_service_says_and_proves_nothing() {
        let (err, text) = told(404, r#"{"message":"no Route matched"}"#);
        assert_eq!(text, "the API found no such resource: no Route matched");
        assert!(!err.key_is_gone());
        for empty in ["", "<?xml version=\"1.0\"?><Error/>"] {
            let (err, text) = told(404, empty);
            assert_eq!(text, "the API found no such resource");
            assert!(!err.key_is_gone());
        }
    }

    // Issue 7, 5
    #[test]
    fn a_key_is_gone_where_the_api_names_it_unknown_or_expired() {
        for (status, body, gone) in [
            (
                401,
                r#"{"type":"denied_authentication","reason":"not_found"}"#,
                true,
            ),
            (
                401,
                r#"{"type":"denied_authentication","reason":"expired"}"#,
                true,
            ),
            (404, r#"{"type":"not_found","resource":"access_key"}"#, true),
            (410, r#"{"type":"resource_expired"}"#, true),
            (
                401,
                r#"{"type":"denied_authentication","reason":"invalid_argument"}"#,
                false,
            ),
            (401, "", false),
            (403, r#"{"type":"permissions_denied"}"#, false),
            (409, r#"{"type":"transient_state"}"#, false),
            (412, r#"{"type":"precondition_failed"}"#, false),
        ] {
            let (err, _) = told(status, body);
            assert_eq!(err.key_is_gone(), gone, "{status} {body}");
            assert!(!err.outcome_unknown(), "{status} {body}");
        }
    }

    // Issue 7, 23
    #[test]
    fn an_empty_refusal_is_still_a_refusal() {
        assert!(matches!(told(401, "").0, ApiError::Authentication { .. }));
        assert!(matches!(told(403, "").0, ApiError::Denied { .. }));
        assert!(matches!(told(400, "").0, ApiError::Garbage { .. }));
    }
}
