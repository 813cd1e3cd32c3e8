//! Tokens: made with a password, listed, deleted.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    answer::{AccountError, Body, Caller, Pages, Result, TotalCount, total_count},
    users::role,
};
use crate::{
    clock::Instant,
    service::Service,
    store::{Attempt, Client, NewToken, Proof, Token},
};

type Shared = State<Arc<Service>>;

/// A token as the reference client reads it. Inferred: `expires` is a time, or null.
fn token_json(token: &Token) -> Value {
    json!({
        "id": token.id,
        "user_id": token.user.id,
        "description": token.description,
        "expires": token.expires_at.map(Instant::rfc3339),
        "inherits_user_perms": true,
        "roles": {
            "organization": {
                "id": token.user.organization_id,
                "name": token.organization_name,
            },
            "role": role(token.user.is_administrator()),
        },
    })
}

#[derive(Deserialize)]
pub(super) struct Create {
    email: Option<String>,
    password: Option<String>,
    #[serde(default)]
    description: String,
    #[serde(default)]
    expires: bool,
    #[serde(rename = "2FA_token", default)]
    code: String,
    #[serde(rename = "2FA_backup_code", default)]
    backup_code: String,
}

/// Inferred: where both kinds of code come, the backup code is left unspent.
pub(super) async fn create(
    State(service): Shared,
    client: Client,
    Body(body): Body<Create>,
) -> Result<(StatusCode, Json<Value>)> {
    let required = |name| AccountError::field(name, "is required");
    let code = Some(body.code.trim()).filter(|code| !code.is_empty());
    let backup_code = Some(body.backup_code.trim()).filter(|code| !code.is_empty());
    let attempt = Attempt {
        email: &body.email.ok_or_else(|| required("email"))?,
        password: &body.password.ok_or_else(|| required("password"))?,
        proof: code
            .map(Proof::Code)
            .or_else(|| backup_code.map(Proof::BackupCode)),
        in_browser: false,
    };
    let new = NewToken {
        description: &body.description,
        expires: body.expires,
    };
    let token = service
        .store
        .create_token(&attempt, new, &client, service.now())?;
    let body = json!({ "token": token_json(&token) });
    Ok((StatusCode::CREATED, Json(body)))
}

/// A page of the caller's own tokens. `HEAD` answers the same without the body.
pub(super) async fn list(
    State(service): Shared,
    caller: Caller,
    Pages(page): Pages,
) -> Result<(TotalCount, Json<Value>)> {
    let (tokens, total) =
        service
            .store
            .tokens(&caller.user, (page.number, page.size), service.now())?;
    let tokens: Vec<Value> = tokens.iter().map(token_json).collect();
    Ok((total_count(total), Json(json!({ "tokens": tokens }))))
}

/// Whose token this is. The caller is the same user.
pub(super) async fn get(
    State(service): Shared,
    caller: Caller,
    Path(token): Path<String>,
) -> Result<Json<Value>> {
    let token = service
        .store
        .token(&caller.principal, &token, service.now())?;
    Ok(Json(json!({ "token": token_json(&token) })))
}

pub(super) async fn delete(
    State(service): Shared,
    caller: Caller,
    Path(token): Path<String>,
) -> Result<StatusCode> {
    service
        .store
        .delete_token(&caller.principal, &token, service.now())?;
    Ok(StatusCode::NO_CONTENT)
}
