//! The test door (sandbox.md, "The test door"): open with `--control` only.

use std::sync::Arc;

use axum::{
    Extension, Json, Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    faults::{Fault, Ledger, Seen},
    seed::add_members,
    service::Service,
    store::Result,
};

/// Where the door is. Its calls are neither recorded nor subject to faults.
pub(crate) const PREFIX: &str = "/_sandbox/";

pub(crate) fn routes(ledger: &Arc<Ledger>) -> Router<Arc<Service>> {
    Router::new()
        .route("/_sandbox/clock", post(clock))
        .route("/_sandbox/faults", post(faults))
        .route("/_sandbox/requests", get(requests))
        .route("/_sandbox/members", post(members))
        .route("/_sandbox/state", get(state))
        .layer(Extension(Arc::clone(ledger)))
}

#[derive(Deserialize)]
struct Advance {
    advance_s: i64,
}

async fn clock(State(service): State<Arc<Service>>, Json(body): Json<Advance>) -> Json<Value> {
    service.clock.advance(body.advance_s);
    Json(json!({ "offset_s": service.clock.offset_s(), "now": service.now() }))
}

async fn faults(Extension(ledger): Extension<Arc<Ledger>>, Json(fault): Json<Fault>) -> Response {
    match ledger.add(fault) {
        Ok(()) => Json(json!({})).into_response(),
        Err(err) => (StatusCode::BAD_REQUEST, err).into_response(),
    }
}

async fn requests(Extension(ledger): Extension<Arc<Ledger>>) -> Json<Vec<Seen>> {
    Json(ledger.seen())
}

#[derive(Deserialize)]
struct Members {
    count: u64,
}

async fn members(State(service): State<Arc<Service>>, Json(body): Json<Members>) -> Response {
    let added = first_organization(&service)
        .and_then(|id| add_members(&service.store, &id, body.count, service.now()));
    match added {
        Ok(()) => Json(json!({ "added": body.count })).into_response(),
        Err(err) => (StatusCode::INTERNAL_SERVER_ERROR, err.to_string()).into_response(),
    }
}

fn first_organization(service: &Service) -> Result<String> {
    let users = service.store.all_users()?;
    Ok(users
        .first()
        .map(|user| user.organization_id.clone())
        .unwrap_or_default())
}

async fn state(State(service): State<Arc<Service>>) -> Response {
    match describe(&service) {
        Ok(state) => Json(state).into_response(),
        Err(err) => (StatusCode::INTERNAL_SERVER_ERROR, err.to_string()).into_response(),
    }
}

/// The state for assertions: each user, and the first one again at the top.
pub(crate) fn describe(service: &Service) -> Result<Value> {
    let mut users = Vec::new();
    for user in service.store.all_users()? {
        let (two_factor, unused) = service.store.two_factor(&user.id)?;
        users.push(json!({
            "user_id": user.id,
            "email": user.email,
            "two_factor": two_factor.word(),
            "backup_codes_unused": unused,
            "sessions": service.store.session_count(&user.id, service.now())?,
            "api_keys": service.store.access_keys(&user.id)?,
            "locked": user.locked,
        }));
    }
    let mut state = users.first().cloned().unwrap_or_else(|| json!({}));
    state["clock_offset_s"] = json!(service.clock.offset_s());
    state["users"] = Value::Array(users);
    Ok(state)
}
