//! API keys.

use std::{collections::HashMap, sync::Arc};

use axum::{
    Json,
    extract::{Query, State},
    http::StatusCode,
};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::answer::{Body, Caller, IamError, Path, Result};
use crate::{
    clock::{parse_rfc3339, rfc3339},
    seed::access_key,
    service::Service,
    store::{ApiKey, NewApiKey},
};

type Shared = State<Arc<Service>>;

/// The longest description, in characters (protocol.md A).
const MAX_DESCRIPTION: usize = 200;

/// A key as recorded from the real service (protocol.md A, `APIKey`). The secret is shown once.
fn key_json(key: &ApiKey, secret_key: Option<&str>) -> Value {
    let mut value = json!({
        "access_key": key.access_key,
        "secret_key": secret_key,
        "description": key.description,
        "created_at": rfc3339(key.created_at),
        "updated_at": rfc3339(key.created_at),
        "expires_at": key.expires_at.map(rfc3339),
        "default_project_id": key.default_project_id,
        "editable": true,
        "deletable": true,
        "managed": false,
        "creation_ip": "127.0.0.1",
    });
    let (name, owner) = match (&key.user_id, &key.application_id) {
        (Some(user_id), _) => ("user_id", user_id),
        (None, Some(application_id)) => ("application_id", application_id),
        (None, None) => return value,
    };
    value[name] = json!(owner);
    value
}

pub(super) async fn get(
    State(service): Shared,
    Caller(caller): Caller,
    Path(access_key): Path,
) -> Result<Json<Value>> {
    let key = service.store.api_key(&caller, &access_key)?;
    Ok(Json(key_json(&key, None)))
}

/// The keys of one bearer (scaleway-sdk-go, `ListAPIKeys`: parameters and `api_keys`,
/// `total_count` of its answer).
pub(super) async fn list(
    State(service): Shared,
    Caller(caller): Caller,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Json<Value>> {
    let number = |name: &'static str, default: usize, most: usize| match query.get(name) {
        None => Ok(default),
        Some(text) => text
            .parse()
            .ok()
            .filter(|number| (1..=most).contains(number))
            .ok_or_else(|| IamError::argument(name, "constraint", "is out of range")),
    };
    let (page, size) = (number("page", 1, 1_000_000)?, number("page_size", 20, 100)?);
    let bearer = query
        .get("bearer_id")
        .ok_or_else(|| IamError::argument("bearer_id", "required", "is required here"))?;
    let all = service.store.api_keys(&caller, bearer)?;
    let shown: Vec<Value> = all
        .iter()
        .skip((page - 1) * size)
        .take(size)
        .map(|key| key_json(key, None))
        .collect();
    Ok(Json(json!({ "api_keys": shown, "total_count": all.len() })))
}

pub(super) async fn delete(
    State(service): Shared,
    Caller(caller): Caller,
    Path(access_key): Path,
) -> Result<StatusCode> {
    service.store.delete_api_key(&caller, &access_key)?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
pub(super) struct Create {
    user_id: Option<String>,
    #[serde(default)]
    description: String,
    expires_at: Option<String>,
    default_project_id: Option<String>,
}

pub(super) async fn create(
    State(service): Shared,
    Caller(caller): Caller,
    Body(body): Body<Create>,
) -> Result<Json<Value>> {
    let user_id = body
        .user_id
        .ok_or_else(|| IamError::argument("user_id", "required", "is required"))?;
    if body.description.chars().count() > MAX_DESCRIPTION {
        return Err(IamError::argument(
            "description",
            "constraint",
            "is longer than 200 characters",
        ));
    }
    let expires_at = body
        .expires_at
        .map(|text| {
            parse_rfc3339(&text)
                .ok_or_else(|| IamError::argument("expires_at", "format", "is no RFC 3339 time"))
        })
        .transpose()?;
    let secret_key = Uuid::new_v4().to_string();
    let key = service.store.create_api_key(
        &caller,
        &NewApiKey {
            access_key: &access_key(&rand::random::<[u8; 17]>()),
            secret_key: &secret_key,
            user_id: &user_id,
            description: &body.description,
            expires_at,
            default_project_id: body.default_project_id.as_deref(),
        },
        service.now(),
    )?;
    Ok(Json(key_json(&key, Some(&secret_key))))
}
