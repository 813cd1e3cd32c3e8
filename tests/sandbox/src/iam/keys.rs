//! API keys.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    answer::{Body, Caller, IamError, Page, Path, Result},
    query::{Asked, Orders},
};
use crate::{
    clock::Instant,
    seed::access_key,
    service::Service,
    store::{ApiKey, KeyChange, KeyFilter, NewApiKey},
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
        "created_at": key.created_at.rfc3339(),
        "updated_at": key.updated_at.rfc3339(),
        "expires_at": key.expires_at.map(Instant::rfc3339),
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

/// `ListAPIKeysRequestOrderBy` of scaleway-sdk-go. Inferred: a key without an end comes after those
/// that end.
const ORDERS: Orders = &[
    ("created_at_asc", "created_at ASC"),
    ("created_at_desc", "created_at DESC"),
    ("updated_at_asc", "updated_at ASC"),
    ("updated_at_desc", "updated_at DESC"),
    ("expires_at_asc", "expires_at ASC NULLS LAST"),
    ("expires_at_desc", "expires_at DESC NULLS FIRST"),
    ("access_key_asc", "access_key ASC"),
    ("access_key_desc", "access_key DESC"),
];

/// The keys of an organization (scaleway-sdk-go, `ListAPIKeys`). `user_id`, `application_id` and
/// `access_key` are older names of filters, which the SDKs still send.
pub(super) async fn list(
    State(service): Shared,
    Caller(caller): Caller,
    asked: Asked,
) -> Result<Page> {
    let page = asked.page(ORDERS)?;
    let bearers = ["bearer_id", "user_id", "application_id"];
    let bearer_type = asked.word(
        "bearer_type",
        "unknown_bearer_type",
        &["user", "application"],
    )?;
    let filter = KeyFilter {
        bearer_id: bearers.iter().find_map(|name| asked.owned(name)),
        of_users: bearer_type.map(|word| word == "user"),
        access_keys: [asked.all("access_keys"), asked.all("access_key")].concat(),
        description: asked.owned("description"),
        expired: asked.flag("expired")?,
        editable: asked.flag("editable")?,
    };
    let organization_id = asked.required("organization_id")?;
    let (keys, total) =
        service
            .store
            .listed_keys(&caller, organization_id, filter, page, service.now())?;
    Ok(Page {
        name: "api_keys",
        shown: keys.iter().map(|key| key_json(key, None)).collect(),
        total,
    })
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
    check_description(&body.description)?;
    let expires_at = end(body.expires_at.as_deref())?;
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

fn check_description(description: &str) -> Result<()> {
    if description.chars().count() > MAX_DESCRIPTION {
        let help = "is longer than 200 characters";
        return Err(IamError::argument("description", "constraint", help));
    }
    Ok(())
}

fn end(text: Option<&str>) -> Result<Option<Instant>> {
    text.map(|text| {
        Instant::parse(text)
            .ok_or_else(|| IamError::argument("expires_at", "format", "is no RFC 3339 time"))
    })
    .transpose()
}

#[derive(Deserialize)]
pub(super) struct Change {
    description: Option<String>,
    expires_at: Option<String>,
    default_project_id: Option<String>,
}

/// Inferred: what is left out or null stays as it is, so that no call takes an end away.
pub(super) async fn change(
    State(service): Shared,
    Caller(caller): Caller,
    Path(access_key): Path,
    Body(body): Body<Change>,
) -> Result<Json<Value>> {
    check_description(body.description.as_deref().unwrap_or_default())?;
    let change = KeyChange {
        description: body.description.as_deref(),
        expires_at: end(body.expires_at.as_deref())?,
        default_project_id: body.default_project_id.as_deref(),
    };
    let key = service
        .store
        .change_api_key(&caller, &access_key, &change, service.now())?;
    Ok(Json(key_json(&key, None)))
}
