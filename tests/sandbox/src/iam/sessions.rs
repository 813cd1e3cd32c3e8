//! Sessions: signing in with a password, and what becomes of it.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    answer::{Body, Caller, IamError, Path, Result},
    query::{Asked, Orders},
};
use crate::{
    service::Service,
    store::{Attempt, Client, Issued, Proof, Session, StoreError},
};

type Shared = State<Arc<Service>>;

/// A session as the official client has it (protocol.md A, `jwt`). Inferred: the issuer is the
/// person, which is the user itself unless the session was switched to another organization.
fn session_json(session: &Session) -> Value {
    json!({
        "jti": session.jti,
        "issuer_id": session.root_user_id,
        "audience_id": session.user_id,
        "created_at": session.created_at.rfc3339(),
        "updated_at": session.updated_at.rfc3339(),
        "expires_at": session.expires_at.rfc3339(),
        "ip": session.ip,
        "user_agent": session.user_agent,
    })
}

fn issued_json(issued: &Issued) -> Json<Value> {
    Json(json!({
        "jwt": session_json(&issued.session),
        "token": issued.token,
        "renew_token": issued.renew_token,
    }))
}

fn required<T>(argument: &'static str, value: Option<T>) -> Result<T> {
    value.ok_or_else(|| IamError::argument(argument, "required", "is required"))
}

#[derive(Deserialize)]
pub(super) struct LogIn {
    email: Option<String>,
    password: Option<String>,
    otp: Option<String>,
}

pub(super) async fn log_in(
    State(service): Shared,
    client: Client,
    Body(body): Body<LogIn>,
) -> Result<Json<Value>> {
    let attempt = Attempt {
        email: &required("email", body.email)?,
        password: &required("password", body.password)?,
        proof: Proof::typed(body.otp.as_deref().unwrap_or_default()),
        in_browser: false,
    };
    let issued = service
        .store
        .log_in(&attempt, &client, service.now())
        .map_err(|err| match err {
            // Inferred (protocol.md A): the same shape as where the code is missing.
            StoreError::WrongCode => {
                IamError::argument("2FA_token", "constraint", "the code is wrong")
            }
            other => IamError(other),
        })?;
    Ok(issued_json(&issued))
}

/// `ListJWTsRequestOrderBy` of scaleway-sdk-go.
const ORDERS: Orders = &[
    ("created_at_asc", "created_at ASC"),
    ("created_at_desc", "created_at DESC"),
    ("updated_at_asc", "updated_at ASC"),
    ("updated_at_desc", "updated_at DESC"),
];

/// Inferred: sessions that are over are listed with `expired=true` alone.
pub(super) async fn list(
    State(service): Shared,
    Caller(caller): Caller,
    asked: Asked,
) -> Result<Json<Value>> {
    let page = asked.page(ORDERS)?;
    let expired = asked.flag("expired")?.unwrap_or(false);
    let user_id = asked.required("audience_id")?;
    let (sessions, total) =
        service
            .store
            .listed_sessions(&caller, user_id, expired, page, service.now())?;
    let jwts: Vec<Value> = sessions.iter().map(session_json).collect();
    Ok(Json(json!({ "jwts": jwts, "total_count": total })))
}

pub(super) async fn get(
    State(service): Shared,
    Caller(caller): Caller,
    Path(jti): Path,
) -> Result<Json<Value>> {
    let session = service.store.session_named(&caller, &jti)?;
    Ok(Json(session_json(&session)))
}

pub(super) async fn delete(
    State(service): Shared,
    Caller(caller): Caller,
    Path(jti): Path,
) -> Result<StatusCode> {
    service.store.end_session(&caller, &jti)?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
pub(super) struct Renew {
    renew_token: Option<String>,
}

pub(super) async fn renew(
    State(service): Shared,
    Path(jti): Path,
    Body(body): Body<Renew>,
) -> Result<Json<Value>> {
    let renew_token = required("renew_token", body.renew_token)?;
    let now = service.now();
    let issued = service.store.renew_session(&jti, &renew_token, now)?;
    Ok(issued_json(&issued))
}

#[derive(Deserialize)]
pub(super) struct Switch {
    organization_id: Option<String>,
}

pub(super) async fn switch_organization(
    State(service): Shared,
    Caller(caller): Caller,
    Path(jti): Path,
    Body(body): Body<Switch>,
) -> Result<Json<Value>> {
    let organization_id = required("organization_id", body.organization_id)?;
    let issued =
        service
            .store
            .switch_organization(&caller, &jti, &organization_id, service.now())?;
    Ok(Json(json!({
        "token": issued.token,
        "user_id": issued.session.user_id,
    })))
}
