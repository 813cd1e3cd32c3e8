//! Users, their organizations and their second factor.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{AccountError, Body, Caller, Result};
use crate::{
    service::Service,
    store::{TwoFactor, User},
};

type Shared = State<Arc<Service>>;

/// What a user is in its organization (inferred: the words).
pub(super) fn role(user: &User) -> &'static str {
    if user.kind == "owner" || user.admin {
        "manager"
    } else {
        "user"
    }
}

pub(super) async fn organizations(State(service): Shared, caller: Caller) -> Result<Json<Value>> {
    let organizations = service.store.organizations(&caller.user)?;
    let organizations: Vec<Value> = organizations
        .iter()
        .map(|(id, name, users)| {
            let users: Vec<Value> = users
                .iter()
                .map(|user| json!({ "id": user.id, "email": user.email }))
                .collect();
            json!({ "id": id, "name": name, "users": users })
        })
        .collect();
    Ok(Json(json!({ "organizations": organizations })))
}

/// Inferred: an organization shows its id and name, a role these and its word; the sandbox keeps
/// no SSH keys.
pub(super) async fn get(
    State(service): Shared,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>> {
    let user = service.store.user(&caller.principal, &id)?;
    let roles = service.store.roles(&user)?;
    let organizations: Vec<Value> = roles
        .iter()
        .map(|(id, name, _)| json!({ "id": id, "name": name }))
        .collect();
    let roles: Vec<Value> = roles
        .iter()
        .map(|(id, name, user)| {
            json!({ "organization": { "id": id, "name": name }, "role": role(user) })
        })
        .collect();
    let fullname = format!("{} {}", user.first_name, user.last_name);
    Ok(Json(json!({ "user": {
        "id": user.id,
        "email": user.email,
        "firstname": user.first_name,
        "lastname": user.last_name,
        "fullname": fullname.trim(),
        "organizations": organizations,
        "roles": roles,
        "ssh_public_keys": [],
    }})))
}

/// Inferred (protocol.md B): the call and its answer.
pub(super) async fn two_factor(
    State(service): Shared,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>> {
    let user = service.store.user(&caller.principal, &id)?;
    let (state, _) = service.store.two_factor(&user.id)?;
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
