//! The errors of the 2017 API (protocol.md B, "Errors") in this program's words.

use std::collections::BTreeMap;

use reqwest::StatusCode;
use serde::Deserialize;

use crate::{
    api::{ApiError, http::Answer},
    model::Dialect,
};

#[derive(Deserialize, Default)]
#[serde(default)]
struct Body {
    r#type: Option<String>,
    fields: BTreeMap<String, Vec<String>>,
}

/// The error that a refusal stands for; one of an unknown type is told by its status.
pub(super) fn from_answer(answer: &Answer) -> ApiError {
    let body: Body = serde_json::from_slice(&answer.body).unwrap_or_default();
    let message = answer.message();
    let missing = |message, named| ApiError::NotFound {
        resource: "resource".to_owned(),
        message,
        named,
    };
    match (body.r#type.as_deref().unwrap_or(""), answer.status) {
        ("2FA_error", _) => ApiError::WrongCode,
        ("locked", _) | (_, StatusCode::LOCKED) => ApiError::Locked,
        // Types that only today's API has (protocol.md A).
        ("denied_authentication" | "permissions_denied" | "invalid_arguments" | "not_found", _) => {
            ApiError::OtherDialect {
                host: answer.host.clone(),
                answered: Dialect::Iam,
            }
        }
        // Without a type it is not known that the API itself refuses this token.
        (kind @ "invalid_auth", _) | (kind, StatusCode::UNAUTHORIZED) => ApiError::Authentication {
            reason: message,
            gone: kind == "invalid_auth",
        },
        // Inferred: the service of 2017 had no type of its own for a lock-out.
        ("authorization_required", _)
            if message.as_deref().is_some_and(|said| said.contains("lock")) =>
        {
            ApiError::Locked
        }
        ("authorization_required", _) | (_, StatusCode::FORBIDDEN) => ApiError::Denied { message },
        ("unknown_resource", _) => missing(None, true),
        (_, StatusCode::NOT_FOUND) => missing(message, false),
        (_, StatusCode::CONFLICT | StatusCode::PRECONDITION_FAILED) => ApiError::Precondition {
            message,
            transient: answer.is_transient(),
        },
        _ if answer.body.is_empty() => answer.garbage(&format!(
            "status {} with an empty body",
            answer.status.as_u16()
        )),
        _ => ApiError::Arguments {
            message: with_fields(answer, message, &body.fields),
        },
    }
}

fn with_fields(
    answer: &Answer,
    message: Option<String>,
    fields: &BTreeMap<String, Vec<String>>,
) -> Option<String> {
    let told: Vec<String> = fields
        .iter()
        .map(|(name, problems)| answer.shown(&format!("{name}: {}", problems.join(", "))))
        .collect();
    if told.is_empty() {
        message
    } else {
        Some(told.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::http::tests::{answer, answer_to};

    // Issue 7, 13
    #[test]
    fn a_lock_is_told_by_status_or_type() {
        for (status, body) in [
            (423, ""),
            (423, r#"{"message":"later"}"#),
            (403, r#"{"type":"locked"}"#),
            (401, r#"{"type":"locked"}"#),
        ] {
            let err = from_answer(&answer(status, body));
            assert!(matches!(err, ApiError::Locked), "{status} {body}: {err}");
        }
    }

    // Issue 7, 1
    #[test]
    fn a_state_that_passes_is_told() {
        for (status, body, passes) in [
            (409, r#"{"type":"transient_state","message":"m"}"#, true),
            (409, r#"{"type":"conflict"}"#, false),
            (412, "", false),
        ] {
            let err = from_answer(&answer(status, body));
            assert_eq!(err.may_pass(), passes, "{status} {body}");
        }
    }

    // Issue 7, 2
    #[test]
    fn no_text_of_the_service_shows_a_secret_of_the_request() {
        for (status, body) in [
            (404, r#"{"message":"token S3cret is unknown"}"#),
            (401, r#"{"type":"invalid_auth","message":"no S3CRET"}"#),
            (403, r#"{"message":"s3cret may not"}"#),
            (412, r#"{"message":"s3cret"}"#),
            (400, r#"{"message":"s3cret"}"#),
            (400, r#"{"fields":{"S3CRET":["no s3cret","or s3cret"]}}"#),
        ] {
            let told = from_answer(&answer_to(&["s3cret"], status, body)).to_string();
            assert!(told.contains("***"), "{told}");
            assert!(!told.to_lowercase().contains("s3cret"), "{told}");
        }
    }

    // Issue 7, 5
    #[test]
    fn a_token_is_gone_where_the_api_names_it_unknown() {
        for (status, body, gone) in [
            (
                401,
                r#"{"type":"invalid_auth","message":"unknown token"}"#,
                true,
            ),
            (404, r#"{"type":"unknown_resource"}"#, true),
            (401, "", false),
            (404, r#"{"message":"no route"}"#, false),
            (404, "", false),
            (403, r#"{"type":"authorization_required"}"#, false),
        ] {
            let err = from_answer(&answer(status, body));
            assert_eq!(err.key_is_gone(), gone, "{status} {body}");
            assert!(!err.outcome_unknown(), "{status} {body}");
        }
        let err = from_answer(&answer(404, r#"{"message":"no route"}"#));
        assert!(err.to_string().ends_with(": no route"), "{err}");
    }
}
