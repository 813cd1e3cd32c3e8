//! Passkeys (protocol.md E). Registering one is not here yet.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    answer::{Body, Caller, IamError, Path, Result},
    query::{Asked, Orders},
};
use crate::{clock::Instant, service::Service, store::Passkey};

type Shared = State<Arc<Service>>;

fn passkey_json(passkey: &Passkey) -> Value {
    json!({
        "id": passkey.id,
        "name": passkey.name,
        "created_at": passkey.created_at.rfc3339(),
        "last_login_at": passkey.last_login_at.map(Instant::rfc3339),
    })
}

/// `ListUserWebAuthnAuthenticatorsRequestOrderBy` of scaleway-sdk-python.
const ORDERS: Orders = &[
    ("created_at_asc", "created_at ASC"),
    ("created_at_desc", "created_at DESC"),
];

pub(super) async fn list(
    State(service): Shared,
    Caller(caller): Caller,
    Path(id): Path,
    asked: Asked,
) -> Result<Json<Value>> {
    let page = asked.page(ORDERS)?;
    let (passkeys, total) = service.store.passkeys(&caller, &id, page)?;
    let passkeys: Vec<Value> = passkeys.iter().map(passkey_json).collect();
    Ok(Json(
        json!({ "authenticators": passkeys, "total_count": total }),
    ))
}

#[derive(Deserialize)]
pub(super) struct Rename {
    authenticator_name: Option<String>,
}

/// Inferred: its user alone may do it, and a name is not empty.
pub(super) async fn rename(
    State(service): Shared,
    Caller(caller): Caller,
    Path(id): Path,
    Body(body): Body<Rename>,
) -> Result<Json<Value>> {
    let name = body
        .authenticator_name
        .ok_or_else(|| IamError::argument("authenticator_name", "required", "is required"))?;
    let passkey = service
        .store
        .rename_passkey(&caller, &id, &name, service.now())?;
    Ok(Json(passkey_json(&passkey)))
}

pub(super) async fn delete(
    State(service): Shared,
    Caller(caller): Caller,
    Path(id): Path,
) -> Result<StatusCode> {
    service.store.delete_passkey(&caller, &id, service.now())?;
    Ok(StatusCode::NO_CONTENT)
}
