//! What every call of the 2017 API has in common: who calls, and how an error looks.

use std::{collections::HashMap, sync::Arc};

use axum::{
    Json,
    extract::{FromRequest, FromRequestParts, Query, Request},
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
            StoreError::Database(_)
            | StoreError::File(_)
            | StoreError::Password(_)
            | StoreError::OtherVersion => (StatusCode::INTERNAL_SERVER_ERROR, "api_error"),
        };
        let message = match &err {
            StoreError::NotFound(resource, _) => format!("no such {resource}"),
            StoreError::Argument { .. } => "the request is not as it should be".to_owned(),
            StoreError::Database(_)
            | StoreError::File(_)
            | StoreError::Password(_)
            | StoreError::OtherVersion => "internal error".to_owned(),
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

/// How many things a page holds where nothing is said, and at most (inferred; the reference client
/// asks for 50).
const PER_PAGE: (u32, u32) = (50, 100);

/// The page of a list that is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct PageOf {
    /// From 1.
    pub(super) number: u32,
    pub(super) size: u32,
}

impl PageOf {
    /// The page of a list that is there whole.
    pub(super) fn of<T>(self, all: &[T]) -> &[T] {
        let size = self.size as usize;
        let begin = (self.number as usize - 1).saturating_mul(size);
        let rest = all.get(begin..).unwrap_or_default();
        &rest[..rest.len().min(size)]
    }
}

/// `page` and `per_page` of a query.
pub(super) struct Pages(pub(super) PageOf);

impl FromRequestParts<Arc<Service>> for Pages {
    type Rejection = AccountError;

    async fn from_request_parts(parts: &mut Parts, service: &Arc<Service>) -> Result<Self> {
        let Query(query) = Query::<HashMap<String, String>>::from_request_parts(parts, service)
            .await
            .map_err(|_| AccountError::field("query", "cannot be read"))?;
        let number = |name: &'static str, usual: u32, most: u32| match query.get(name) {
            None => Ok(usual),
            Some(value) => value
                .parse()
                .ok()
                .filter(|number| (1..=most).contains(number))
                .ok_or_else(|| AccountError::field(name, "is out of range")),
        };
        Ok(Self(PageOf {
            number: number("page", 1, u32::MAX)?,
            size: number("per_page", PER_PAGE.0, PER_PAGE.1)?,
        }))
    }
}

/// The header in which the reference client finds how many pages it has to ask for.
pub(super) type TotalCount = [(&'static str, String); 1];

pub(super) fn total_count(total: u64) -> TotalCount {
    [("x-total-count", total.to_string())]
}
