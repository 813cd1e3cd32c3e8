//! The errors of the IAM API (protocol.md A, "Errors") in this program's words.

use reqwest::StatusCode;
use serde::Deserialize;

use crate::{
    api::{ApiError, http::Answer},
    model::{Dialect, clean},
};

/// The union of all error bodies.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Body {
    r#type: Option<String>,
    message: Option<String>,
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

/// The error that an answer without success stands for. A known type speaks first, then the
/// status, so that a body of an unknown kind still gives a sensible message.
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
        .filter(|message| !message.is_empty());
    match (body.r#type.as_deref().unwrap_or(""), answer.status) {
        ("denied_authentication", _) => authentication(body.reason.as_deref()),
        ("permissions_denied" | "quotas_exceeded", _) => ApiError::Denied {
            message: denied(&body, message),
        },
        ("invalid_arguments", _) => arguments(&body, message),
        ("precondition_failed" | "transient_state", _) => ApiError::Precondition {
            message: body
                .help_message
                .as_deref()
                .map(clean)
                .or(message)
                .unwrap_or_else(|| "it says no more".to_owned()),
        },
        ("locked", _) | (_, StatusCode::LOCKED) => ApiError::Locked,
        ("resource_expired", _) => authentication(Some("expired")),
        ("not_found", _) => not_found(&body),
        // Types that only the API of 2017 has (protocol.md B).
        ("unknown_resource" | "invalid_request_error" | "invalid_auth", _) => {
            ApiError::OtherDialect {
                host: answer.host.clone(),
                answered: Dialect::Account,
            }
        }
        (_, StatusCode::UNAUTHORIZED) => authentication(body.reason.as_deref()),
        (_, StatusCode::FORBIDDEN) => ApiError::Denied {
            message: message.unwrap_or_else(|| "it says no more".to_owned()),
        },
        (_, StatusCode::NOT_FOUND) if is_json => not_found(&body),
        (_, StatusCode::CONFLICT | StatusCode::PRECONDITION_FAILED) => ApiError::Precondition {
            message: message.unwrap_or_else(|| format!("status {}", answer.status)),
        },
        _ if is_json => ApiError::Arguments {
            message: message.unwrap_or_else(|| format!("status {}", answer.status)),
        },
        _ => answer.garbage(&format!("status {} and no JSON", answer.status.as_u16())),
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
    let reason = || {
        body.message
            .as_deref()
            .map(clean)
            .filter(|message| !message.is_empty())
            .unwrap_or_else(|| "it gives no reason".to_owned())
    };
    match (body.r#type.as_deref().unwrap_or(""), answer.status) {
        ("2FA_error", _) => Login::FactorNeeded,
        ("invalid_arguments", _) if asks_for_code => Login::FactorNeeded,
        ("captcha_required", _) => Login::Failed(ApiError::NoPasswordLogin {
            reason: "it asks for a captcha".to_owned(),
        }),
        ("permissions_denied", _) => Login::Failed(ApiError::NoPasswordLogin { reason: reason() }),
        ("denied_authentication", _) | ("", StatusCode::UNAUTHORIZED) => {
            Login::Failed(ApiError::WrongPassword)
        }
        _ => Login::Failed(from_answer(answer)),
    }
}

fn authentication(reason: Option<&str>) -> ApiError {
    ApiError::Authentication {
        reason: match reason {
            Some("not_found") => "it is unknown or was revoked".to_owned(),
            Some("expired") => "it has expired".to_owned(),
            Some("invalid_argument") => "it is malformed".to_owned(),
            Some("unknown_reason") | None => "it gives no reason".to_owned(),
            Some(other) => clean(other),
        },
    }
}

fn denied(body: &Body, message: Option<String>) -> String {
    let missing: Vec<String> = body
        .details
        .iter()
        .filter_map(|detail| {
            let resource = clean(detail.resource.as_deref()?);
            match (&detail.action, detail.quota) {
                (Some(action), _) => Some(format!("{} {resource}", clean(action))),
                (None, Some(quota)) => Some(format!("no more than {quota} {resource}")),
                (None, None) => Some(resource),
            }
        })
        .collect();
    let message = message.unwrap_or_else(|| "it says no more".to_owned());
    if missing.is_empty() {
        message
    } else {
        format!("{message} ({})", missing.join(", "))
    }
}

fn arguments(body: &Body, message: Option<String>) -> ApiError {
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
            let name = clean(detail.argument_name.as_deref()?);
            let help = detail
                .help_message
                .as_deref()
                .or(detail.reason.as_deref())
                .map(clean)
                .unwrap_or_default();
            Some(format!("{name}: {help}"))
        })
        .collect();
    ApiError::Arguments {
        message: if details.is_empty() {
            message.unwrap_or_else(|| "it says no more".to_owned())
        } else {
            details.join(", ")
        },
    }
}

fn not_found(body: &Body) -> ApiError {
    ApiError::NotFound {
        resource: body
            .resource
            .as_deref()
            .map_or_else(|| "thing".to_owned(), clean),
    }
}
