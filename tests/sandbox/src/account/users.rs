//! Users, their organizations and their second factor.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{AccountError, Body, Caller, Pages, Result, TotalCount, total_count};
use crate::{
    service::Service,
    store::{Profile, Role, TwoFactor},
};

type Shared = State<Arc<Service>>;

/// The word for what somebody is in an organization (inferred).
pub(super) fn role(administrator: bool) -> &'static str {
    if administrator { "manager" } else { "user" }
}

/// Inferred: an organization shows its id and name.
fn organization_json(role: &Role) -> Value {
    json!({ "id": role.organization_id, "name": role.organization_name })
}

/// A user whole. Inferred: a role shows its organization and its word.
fn user_json(profile: &Profile) -> Value {
    let user = &profile.user;
    let organizations: Vec<Value> = profile.roles.iter().map(organization_json).collect();
    let roles = profile.roles.iter().map(|found| {
        json!({ "organization": organization_json(found), "role": role(found.administrator) })
    });
    let roles: Vec<Value> = roles.collect();
    let keys = profile.ssh_keys.iter();
    let keys: Vec<Value> = keys.map(|key| json!({ "key": key })).collect();
    let fullname = format!("{} {}", user.first_name, user.last_name);
    json!({
        "id": user.id,
        "email": user.email,
        "firstname": user.first_name,
        "lastname": user.last_name,
        "fullname": fullname.trim(),
        "organizations": organizations,
        "roles": roles,
        "ssh_public_keys": keys,
    })
}

/// The person's organizations by page, each with its users whole: the reference client takes the
/// organization from its own one of these users (protocol.md B).
pub(super) async fn organizations(
    State(service): Shared,
    caller: Caller,
    Pages(pages): Pages,
) -> Result<(TotalCount, Json<Value>)> {
    let organizations = service.store.organizations(&caller.user)?;
    let shown: Vec<Value> = pages
        .of(&organizations)
        .iter()
        .map(|(id, name, users)| {
            let users: Vec<Value> = users.iter().map(user_json).collect();
            json!({ "id": id, "name": name, "users": users })
        })
        .collect();
    Ok((
        total_count(organizations.len() as u64),
        Json(json!({ "organizations": shown })),
    ))
}

pub(super) async fn get(
    State(service): Shared,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>> {
    let profile = service.store.profile(&caller.principal, &id)?;
    Ok(Json(json!({ "user": user_json(&profile) })))
}

/// An SSH key. A fingerprint that a client sends along is no fact of its own.
#[derive(Deserialize)]
struct SshKey {
    key: String,
}

#[derive(Deserialize)]
pub(super) struct Change {
    ssh_public_keys: Option<Vec<SshKey>>,
}

/// Keeps SSH keys, as the reference client asks at the login (protocol.md B; the answer is
/// inferred). What is left out stays.
pub(super) async fn change(
    State(service): Shared,
    caller: Caller,
    Path(id): Path<String>,
    Body(body): Body<Change>,
) -> Result<Json<Value>> {
    if let Some(keys) = body.ssh_public_keys {
        let keys: Vec<String> = keys.into_iter().map(|key| key.key).collect();
        if keys.iter().any(|key| key.trim().is_empty()) {
            return Err(AccountError::field("ssh_public_keys", "holds an empty key"));
        }
        service
            .store
            .replace_ssh_keys(&caller.principal, &id, &keys, service.now())?;
    }
    let profile = service.store.profile(&caller.principal, &id)?;
    Ok(Json(json!({ "user": user_json(&profile) })))
}

/// Inferred (protocol.md B): the call and its answer.
pub(super) async fn two_factor(
    State(service): Shared,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>> {
    let user = service.store.user(&caller.principal, &id)?;
    let state = service.store.two_factor(&user.id)?.app;
    Ok(Json(
        json!({ "2FA": { "enabled": state == TwoFactor::On } }),
    ))
}

/// Inferred (protocol.md B): the call and its answer, and 400 where it is on already.
pub(super) async fn start_two_factor(
    State(service): Shared,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<Value>)> {
    let secret = service
        .store
        .start_two_factor(&caller.principal, &id, service.now())?;
    let body = json!({ "2FA": { "secret": secret } });
    Ok((StatusCode::CREATED, Json(body)))
}

#[derive(Deserialize)]
pub(super) struct Confirm {
    #[serde(rename = "2FA_token")]
    code: Option<String>,
}

/// Inferred (protocol.md B): the call and its answer.
pub(super) async fn confirm_two_factor(
    State(service): Shared,
    caller: Caller,
    Path(id): Path<String>,
    Body(body): Body<Confirm>,
) -> Result<Json<Value>> {
    let code = body
        .code
        .ok_or_else(|| AccountError::field("2FA_token", "is required"))?;
    let codes = service
        .store
        .confirm_two_factor(&caller.principal, &id, &code, service.now())?;
    Ok(Json(
        json!({ "2FA": { "enabled": true, "backup_codes": codes } }),
    ))
}

/// The call of the 2017 announcement. Its status is inferred (protocol.md B), as is that it is the
/// same where nothing was on: deleting twice is as good as once.
pub(super) async fn stop_two_factor(
    State(service): Shared,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode> {
    service
        .store
        .stop_two_factor(&caller.principal, &id, service.now())?;
    Ok(StatusCode::NO_CONTENT)
}
