//! What every call of the 2017 API has in common: who calls, and how an error looks.

use std::sync::Arc;

use axum::{
    Json,
    extract::{FromRequest, FromRequestParts, Request},
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Response},
};
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::{
    service::Service,
    store::{Principal, StoreError, User},
};

/// An error in the shape of protocol.md B, "Errors". Most of the types are inferred.
#[derive(Debug)]
pub(super) struct AccountError(pub(super) StoreError);

impl From<StoreError> for AccountError {
    fn from(err: StoreError) -> Self {
        Self(err)
    }
}

pub(super) type Result<T> = std::result::Result<T, AccountError>;

impl AccountError {
    /// A request with a field that is not what it should be.
    pub(super) fn field(name: &'static str, help: &str) -> Self {
        Self(StoreError::Argument {
            argument: name,
            reason: "constraint",
            help: help.to_owned(),
        })
    }
}

impl IntoResponse for AccountError {
    fn into_response(self) -> Response {
        let err = self.0;
        let (status, kind) = match &err {
            StoreError::UnknownKey
            | StoreError::ExpiredKey
            | StoreError::UnknownSession
            | StoreError::ExpiredSession
            | StoreError::WrongPassword => (StatusCode::UNAUTHORIZED, "invalid_auth"),
            StoreError::Denied { .. } | StoreError::Locked(_) | StoreError::PasswordLogin => {
                (StatusCode::FORBIDDEN, "authorization_required")
            }
            StoreError::NotFound(..) => (StatusCode::NOT_FOUND, "unknown_resource"),
            StoreError::WrongCode | StoreError::CodeRequired => {
                (StatusCode::FORBIDDEN, "2FA_error")
            }
            StoreError::Precondition(_) | StoreError::Argument { .. } => {
                (StatusCode::BAD_REQUEST, "invalid_request_error")
            }
            StoreError::Database(_) | StoreError::Password(_) | StoreError::OtherVersion => {
                (StatusCode::INTERNAL_SERVER_ERROR, "api_error")
            }
        };
        let message = match &err {
            StoreError::NotFound(resource, _) => format!("no such {resource}"),
            StoreError::Argument { .. } => "the request is not as it should be".to_owned(),
            StoreError::Database(_) | StoreError::Password(_) | StoreError::OtherVersion => {
                "internal error".to_owned()
            }
            other => other.to_string(),
        };
        let fields = match &err {
            StoreError::Argument { argument, help, .. } => json!({ *argument: [help] }),
            _ => json!({}),
        };
        let body = json!({ "type": kind, "message": message, "fields": fields });
        (status, Json(body)).into_response()
    }
}

/// The answer for an address of this dialect that no call has.
pub(crate) fn no_route() -> Response {
    AccountError(StoreError::NotFound("resource", String::new())).into_response()
}

/// Who calls: `X-Auth-Token` is a token, which is always a user's.
pub(super) struct Caller {
    pub(super) user: User,
    pub(super) principal: Principal,
}

impl FromRequestParts<Arc<Service>> for Caller {
    type Rejection = AccountError;

    async fn from_request_parts(parts: &mut Parts, service: &Arc<Service>) -> Result<Self> {
        let token = parts
            .headers
            .get("x-auth-token")
            .and_then(|value| value.to_str().ok())
            .ok_or(StoreError::UnknownKey)?;
        let principal = service.store.token_principal(token, service.now())?;
        match &principal {
            Principal::User(user) => Ok(Self {
                user: user.as_ref().clone(),
                principal,
            }),
            Principal::Application { .. } => Err(StoreError::UnknownKey.into()),
        }
    }
}

/// A body of JSON; an empty one counts as `{}`.
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<Arc<Service>> for Body<T> {
    type Rejection = AccountError;

    async fn from_request(request: Request, service: &Arc<Service>) -> Result<Self> {
        let bytes = axum::body::Bytes::from_request(request, service)
            .await
            .map_err(|_| AccountError::field("body", "is too large or was cut off"))?;
        let bytes: &[u8] = if bytes.is_empty() { b"{}" } else { &bytes };
        serde_json::from_slice(bytes)
            .map(Self)
            .map_err(|_| AccountError::field("body", "is not the JSON that is expected"))
    }
}
