//! The errors of the 2017 API (protocol.md B, "Errors") in this program's words.

use std::collections::BTreeMap;

use reqwest::StatusCode;
use serde::Deserialize;

use crate::{
    api::{ApiError, http::Answer},
    model::{Dialect, clean},
};

#[derive(Deserialize, Default)]
#[serde(default)]
struct Body {
    r#type: Option<String>,
    message: Option<String>,
    fields: BTreeMap<String, Vec<String>>,
}

/// The error that an answer without success stands for; one of an unknown type is told by its
/// status.
pub(super) fn from_answer(answer: &Answer) -> ApiError {
    if let Some(err) = answer.failure_by_status() {
        return err;
    }
    let parsed = serde_json::from_slice::<Body>(&answer.body);
    let is_json = parsed.is_ok();
    let body = parsed.unwrap_or_default();
    let message = body
        .message
        .as_deref()
        .map(clean)
        .filter(|message| !message.is_empty())
        .unwrap_or_else(|| "it says no more".to_owned());
    match (body.r#type.as_deref().unwrap_or(""), answer.status) {
        ("2FA_error", _) => ApiError::WrongCode,
        // Types that only today's API has (protocol.md A).
        ("denied_authentication" | "permissions_denied" | "invalid_arguments" | "not_found", _) => {
            ApiError::OtherDialect {
                host: answer.host.clone(),
                answered: Dialect::Iam,
            }
        }
        ("invalid_auth", _) | (_, StatusCode::UNAUTHORIZED) => {
            ApiError::Authentication { reason: message }
        }
        // Inferred: the service of 2017 had no type of its own for a lock-out.
        ("authorization_required", _) if message.contains("lock") => ApiError::Locked,
        ("authorization_required", _) | (_, StatusCode::FORBIDDEN) => ApiError::Denied { message },
        ("unknown_resource", _) => ApiError::NotFound {
            resource: "thing".to_owned(),
        },
        (_, StatusCode::NOT_FOUND) if is_json => ApiError::NotFound {
            resource: "thing".to_owned(),
        },
        (_, StatusCode::CONFLICT | StatusCode::PRECONDITION_FAILED) => {
            ApiError::Precondition { message }
        }
        _ if is_json => ApiError::Arguments {
            message: with_fields(message, &body.fields),
        },
        _ => answer.garbage(&format!("status {} and no JSON", answer.status.as_u16())),
    }
}

fn with_fields(message: String, fields: &BTreeMap<String, Vec<String>>) -> String {
    let told: Vec<String> = fields
        .iter()
        .map(|(name, problems)| format!("{}: {}", clean(name), clean(&problems.join(", "))))
        .collect();
    if told.is_empty() {
        message
    } else {
        told.join("; ")
    }
}
