//! Passkeys (protocol.md E). Registering one is not here yet.

use std::{collections::HashMap, sync::Arc};

use axum::{
    Json,
    extract::{Query, State},
    http::StatusCode,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    answer::{Body, Caller, IamError, Path, Result},
    users::number,
};
use crate::{clock::rfc3339, service::Service, store::Passkey};

type Shared = State<Arc<Service>>;

fn passkey_json(passkey: &Passkey) -> Value {
    json!({
        "id": passkey.id,
        "name": passkey.name,
        "created_at": rfc3339(passkey.created_at),
        "last_login_at": passkey.last_login_at.map(rfc3339),
    })
}

/// The values of `order_by` are those of scaleway-sdk-python,
/// `ListUserWebAuthnAuthenticatorsRequestOrderBy`.
pub(super) async fn list(
    State(service): Shared,
    Caller(caller): Caller,
    Path(id): Path,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Json<Value>> {
    let within = |name: &'static str, usual: u32, most: u32| {
        query
            .get(name)
            .map_or(Ok(usual), |text| number(name, text, most))
    };
    let (page, size) = (within("page", 1, u32::MAX)?, within("page_size", 20, 100)?);
    let is_newest_first = match query.get("order_by").map(String::as_str) {
        None | Some("created_at_asc") => false,
        Some("created_at_desc") => true,
        Some(_) => return Err(IamError::argument("order_by", "format", "is unknown")),
    };
    let mut all = service.store.passkeys(&caller, &id)?;
    if is_newest_first {
        all.reverse();
    }
    let shown: Vec<Value> = all
        .chunks(size as usize)
        .nth(page as usize - 1)
        .unwrap_or_default()
        .iter()
        .map(passkey_json)
        .collect();
    Ok(Json(
        json!({ "authenticators": shown, "total_count": all.len() }),
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
