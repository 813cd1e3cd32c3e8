//! What every IAM call has in common: who calls, and how an error looks.

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, Request},
    http::{StatusCode, Uri, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::{
    account,
    service::Service,
    store::{Principal, StoreError},
};

/// A page of a long list.
///
/// It is made for development builds, where a page of 100 users would take three times as long: `json!`
/// would copy the list, and `axum::Json` is compiled here, without optimisation.
pub(super) struct Page {
    /// What the list is called on the wire.
    pub(super) name: &'static str,
    pub(super) shown: Vec<Value>,
    /// How many there are on all pages.
    pub(super) total: u64,
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let mut body = Map::new();
        body.insert(self.name.to_owned(), Value::Array(self.shown));
        body.insert("total_count".to_owned(), self.total.into());
        let json = [(header::CONTENT_TYPE, "application/json")];
        (json, Value::Object(body).to_string()).into_response()
    }
}

/// An error in the shape of protocol.md A, "Errors".
#[derive(Debug)]
pub(super) struct IamError(pub(super) StoreError);

impl From<StoreError> for IamError {
    fn from(err: StoreError) -> Self {
        Self(err)
    }
}

pub(super) type Result<T> = std::result::Result<T, IamError>;

impl IamError {
    /// A request whose argument is not what it should be.
    pub(super) fn argument(argument: &'static str, reason: &'static str, help: &str) -> Self {
        Self(StoreError::Argument {
            argument,
            reason,
            help: help.to_owned(),
        })
    }
}

impl IntoResponse for IamError {
    fn into_response(self) -> Response {
        let (status, body) = match self.0 {
            StoreError::UnknownKey => (StatusCode::UNAUTHORIZED, denied("api_key", "not_found")),
            StoreError::ExpiredKey => (StatusCode::UNAUTHORIZED, denied("api_key", "expired")),
            StoreError::UnknownSession => (StatusCode::UNAUTHORIZED, denied("jwt", "not_found")),
            StoreError::ExpiredSession => (StatusCode::UNAUTHORIZED, denied("jwt", "expired")),
            // Inferred (protocol.md A).
            StoreError::WrongPassword => {
                (StatusCode::UNAUTHORIZED, denied("jwt", "invalid_argument"))
            }
            StoreError::CodeRequired => (
                StatusCode::BAD_REQUEST,
                arguments("2FA_token", "required", "is required"),
            ),
            // Inferred: what an organization with a way of its own to sign in answers.
            err @ StoreError::PasswordLogin => (
                StatusCode::FORBIDDEN,
                json!({
                    "type": "permissions_denied",
                    "message": err.to_string(),
                    "details": [{ "action": "write", "resource": "jwt" }],
                }),
            ),
            StoreError::Denied { action, resource } => (
                StatusCode::FORBIDDEN,
                json!({
                    "type": "permissions_denied",
                    "message": "insufficient permissions",
                    "details": [{ "action": action, "resource": resource }],
                }),
            ),
            StoreError::NotFound(resource, id) => (
                StatusCode::NOT_FOUND,
                json!({
                    "type": "not_found",
                    "message": "resource is not found",
                    "resource": resource,
                    "resource_id": id,
                }),
            ),
            // The status is inferred (protocol.md A).
            StoreError::Locked(id) => (
                StatusCode::LOCKED,
                json!({
                    "type": "locked",
                    "message": "resource is locked",
                    "resource": "user",
                    "resource_id": id,
                }),
            ),
            // Inferred for a second factor that is on already (protocol.md A).
            StoreError::Precondition(help) => (
                StatusCode::PRECONDITION_FAILED,
                json!({
                    "type": "precondition_failed",
                    "message": "precondition is not respected",
                    "precondition": "unknown_precondition",
                    "help_message": help,
                }),
            ),
            // Inferred (protocol.md A).
            StoreError::WrongCode => (
                StatusCode::BAD_REQUEST,
                arguments("one_time_password", "constraint", "the code is wrong"),
            ),
            StoreError::Argument {
                argument,
                reason,
                help,
            } => (StatusCode::BAD_REQUEST, arguments(argument, reason, &help)),
            StoreError::Database(_)
            | StoreError::File(_)
            | StoreError::Password(_)
            | StoreError::OtherVersion => (
                StatusCode::INTERNAL_SERVER_ERROR,
                json!({ "type": "internal", "message": "internal error" }),
            ),
        };
        (status, axum::Json(body)).into_response()
    }
}

fn denied(method: &str, reason: &str) -> Value {
    json!({
        "type": "denied_authentication",
        "message": "authentication is denied",
        "method": method,
        "reason": reason,
    })
}

fn arguments(argument: &str, reason: &str, help: &str) -> Value {
    json!({
        "type": "invalid_arguments",
        "message": "invalid argument(s)",
        "details": [{ "argument_name": argument, "reason": reason, "help_message": help }],
    })
}

/// An address that no call has, told in the dialect that it belongs to.
pub(crate) async fn no_route(uri: Uri) -> Response {
    if account::owns(uri.path()) {
        return account::no_route();
    }
    IamError(StoreError::NotFound("route", uri.path().to_owned())).into_response()
}

/// A request that is too long, told in the dialect that its address belongs to. The type is inferred.
pub(crate) fn too_large(path: &str) -> Response {
    let help = "the request is too large";
    let body = if account::owns(path) {
        json!({ "type": "invalid_request_error", "message": help, "fields": {} })
    } else {
        arguments("body", "constraint", help)
    };
    (StatusCode::PAYLOAD_TOO_LARGE, axum::Json(body)).into_response()
}

/// Who calls: `X-Auth-Token` names an API key's secret, `X-Session-Token` a session. With both
/// the key counts (inferred).
pub(super) struct Caller(pub(super) Principal);

impl FromRequestParts<Arc<Service>> for Caller {
    type Rejection = IamError;

    async fn from_request_parts(parts: &mut Parts, service: &Arc<Service>) -> Result<Self> {
        let header = |name| {
            parts
                .headers
                .get(name)
                .and_then(|value| value.to_str().ok())
        };
        let now = service.now();
        let principal = match (header("x-auth-token"), header("x-session-token")) {
            (Some(key), _) => service.store.principal(key, now)?,
            (None, Some(token)) => service.store.session_principal(token, now)?,
            (None, None) => return Err(StoreError::UnknownKey.into()),
        };
        Ok(Self(principal))
    }
}

/// What changes in the address. One that is no UTF-8 names nothing, so it is not found.
pub(super) struct Path(pub(super) String);

impl FromRequestParts<Arc<Service>> for Path {
    type Rejection = IamError;

    async fn from_request_parts(parts: &mut Parts, service: &Arc<Service>) -> Result<Self> {
        axum::extract::Path::from_request_parts(parts, service)
            .await
            .map(|axum::extract::Path(name)| Self(name))
            .map_err(|_| StoreError::NotFound("route", parts.uri.path().to_owned()).into())
    }
}

/// A body that is a JSON object; an empty one counts as `{}`, since some clients send none.
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned> axum::extract::FromRequest<Arc<Service>> for Body<T> {
    type Rejection = IamError;

    async fn from_request(request: Request, service: &Arc<Service>) -> Result<Self> {
        let wrong = |help: &str| IamError::argument("body", "format", help);
        let malformed = |err: serde_json::Error| {
            wrong(&format!("is not as it should be: {:?}", err.classify()))
        };
        let bytes = axum::body::Bytes::from_request(request, service)
            .await
            .map_err(|_| wrong("is too large or was cut off"))?;
        let bytes: &[u8] = if bytes.is_empty() { b"{}" } else { &bytes };
        // An object first: serde would take a list for a struct, too.
        let object: Map<String, Value> = serde_json::from_slice(bytes).map_err(malformed)?;
        serde_json::from_value(Value::Object(object))
            .map(Self)
            .map_err(malformed)
    }
}
