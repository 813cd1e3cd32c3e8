//! The 2017 account API (protocol.md B) on the sandbox's state, as far as it is built.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::{Value, json};

use crate::{
    clock::rfc3339,
    service::Service,
    store::{Result, StoreError},
};

/// The routes of the 2017 dialect. Their addresses and those of the IAM API do not meet.
pub(crate) fn routes() -> Router<Arc<Service>> {
    Router::new().route("/tokens/{token}", get(token))
}

/// Whose token this is. The caller is the same user.
async fn token(
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
    Path(token): Path<String>,
) -> Response {
    let caller = headers
        .get("x-auth-token")
        .and_then(|value| value.to_str().ok());
    match describe(&service, caller, &token) {
        Ok(body) => Json(body).into_response(),
        Err(err) => error(&err),
    }
}

fn describe(service: &Service, caller: Option<&str>, token: &str) -> Result<Value> {
    let now = service.now();
    let caller = service
        .store
        .token(caller.ok_or(StoreError::UnknownKey)?, now)?;
    let found = service.store.token(token, now).map_err(|err| match err {
        StoreError::UnknownKey => StoreError::NotFound("token", String::new()),
        other => other,
    })?;
    if found.user_id != caller.user_id {
        return Err(StoreError::Denied {
            action: "read",
            resource: "token",
        });
    }
    Ok(json!({ "token": {
        "id": token,
        "user_id": found.user_id,
        "description": found.description,
        "expires": found.expires_at.map(rfc3339),
        "inherits_user_perms": true,
        "roles": { "organization": { "id": found.organization_id, "name": "" }, "role": "manager" },
    }}))
}

/// An error in the shape of protocol.md B, "Errors".
fn error(err: &StoreError) -> Response {
    let (status, kind) = match err {
        StoreError::UnknownKey
        | StoreError::ExpiredKey
        | StoreError::UnknownSession
        | StoreError::ExpiredSession
        | StoreError::WrongPassword => (StatusCode::UNAUTHORIZED, "invalid_auth"),
        StoreError::Denied { .. } | StoreError::Locked(_) | StoreError::PasswordLogin => {
            (StatusCode::FORBIDDEN, "authorization_required")
        }
        StoreError::NotFound(..) => (StatusCode::NOT_FOUND, "unknown_resource"),
        StoreError::WrongCode | StoreError::CodeRequired => (StatusCode::FORBIDDEN, "2FA_error"),
        StoreError::Precondition(_) | StoreError::Argument { .. } => {
            (StatusCode::BAD_REQUEST, "invalid_request_error")
        }
        StoreError::Database(_) | StoreError::Password(_) => {
            (StatusCode::INTERNAL_SERVER_ERROR, "api_error")
        }
    };
    let message = match err {
        StoreError::NotFound(resource, _) => format!("no such {resource}"),
        other => other.to_string(),
    };
    let body = json!({ "type": kind, "message": message, "fields": {} });
    (status, Json(body)).into_response()
}
