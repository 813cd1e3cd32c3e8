//! The test door (sandbox.md, "The test door"): open with `--control` only.

use std::sync::Arc;

use axum::{
    Extension, Json, Router,
    body::Bytes,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{
    faults::Fault,
    ledger::{Ledger, Seen},
    members,
    service::Service,
    store::{Members, Result, StoreError, TwoFactor},
};

/// Where the door is. Its calls are neither recorded nor subject to faults.
pub(crate) const PREFIX: &str = "/_sandbox/";

pub(crate) fn routes(ledger: &Arc<Ledger>) -> Router<Arc<Service>> {
    Router::new()
        .route("/_sandbox/clock", post(clock))
        .route("/_sandbox/faults", post(faults))
        .route("/_sandbox/requests", get(requests))
        .route("/_sandbox/members", post(more_members))
        .route("/_sandbox/passkeys", post(passkeys))
        .route("/_sandbox/unlock", post(unlock))
        .route("/_sandbox/state", get(state))
        .layer(Extension(Arc::clone(ledger)))
}

/// A failure of the door itself, in its own form: `{"message"}`.
struct DoorError(StatusCode, String);

impl DoorError {
    fn wrong(err: impl std::fmt::Display) -> Self {
        Self(StatusCode::BAD_REQUEST, err.to_string())
    }
}

impl From<StoreError> for DoorError {
    fn from(err: StoreError) -> Self {
        let status = match err {
            StoreError::NotFound(..) => StatusCode::NOT_FOUND,
            StoreError::Argument { .. } => StatusCode::BAD_REQUEST,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self(status, err.to_string())
    }
}

impl IntoResponse for DoorError {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "message": self.1 }))).into_response()
    }
}

type Answer = std::result::Result<Json<Value>, DoorError>;

/// A body of JSON, whatever the request calls it: `curl -d` calls it a form.
fn read<T: DeserializeOwned>(body: &Bytes) -> std::result::Result<T, DoorError> {
    serde_json::from_slice(body).map_err(DoorError::wrong)
}

#[derive(Deserialize)]
struct Advance {
    advance_s: i64,
}

async fn clock(State(service): State<Arc<Service>>, body: Bytes) -> Answer {
    let seconds = read::<Advance>(&body)?.advance_s;
    service.clock.advance(seconds).map_err(DoorError::wrong)?;
    Ok(Json(
        json!({ "offset_s": service.clock.offset_s(), "now": service.now().unix_seconds() }),
    ))
}

async fn faults(Extension(ledger): Extension<Arc<Ledger>>, body: Bytes) -> Answer {
    ledger
        .add(read::<Fault>(&body)?)
        .map_err(DoorError::wrong)?;
    Ok(Json(json!({})))
}

async fn requests(Extension(ledger): Extension<Arc<Ledger>>) -> Json<Vec<Seen>> {
    Json(ledger.seen())
}

#[derive(Deserialize)]
struct More {
    count: u64,
}

async fn more_members(State(service): State<Arc<Service>>, body: Bytes) -> Answer {
    let count = read::<More>(&body)?.count;
    let organization = service.store.first_organization()?;
    members::add(
        &service.store,
        &organization,
        Members::More(count),
        service.now(),
    )?;
    Ok(Json(json!({ "added": count })))
}

/// How passkeys are to count, and one more; what is left out stays as it is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Counting {
    mfa_counts_passkeys: Option<bool>,
    codes_outlive_app: Option<bool>,
    add: Option<NewPasskey>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewPasskey {
    user_id: String,
    name: String,
}

async fn passkeys(State(service): State<Arc<Service>>, body: Bytes) -> Answer {
    let asked: Counting = read(&body)?;
    // First what can be refused: then nothing has changed.
    let id = asked
        .add
        .map(|new| {
            service
                .store
                .add_passkey(&new.user_id, &new.name, service.now())
        })
        .transpose()?;
    let readings = service
        .store
        .change_readings(asked.mfa_counts_passkeys, asked.codes_outlive_app)?;
    let mut answer = json!({
        "mfa_counts_passkeys": readings.mfa_counts_passkeys,
        "codes_outlive_app": readings.codes_outlive_app,
    });
    if let Some(id) = id {
        answer["id"] = json!(id);
    }
    Ok(Json(answer))
}

#[derive(Deserialize)]
struct Unlock {
    user_id: String,
}

async fn unlock(State(service): State<Arc<Service>>, body: Bytes) -> Answer {
    let asked: Unlock = read(&body)?;
    service.store.unlock(&asked.user_id, service.now())?;
    Ok(Json(json!({})))
}

async fn state(State(service): State<Arc<Service>>) -> Answer {
    Ok(Json(describe(&service)?))
}

/// The state for assertions: each user, and the first one again at the top.
pub(crate) fn describe(service: &Service) -> Result<Value> {
    let users: Vec<Value> = service
        .store
        .overview(service.now())?
        .into_iter()
        .map(|seen| {
            let passkeys = seen
                .passkeys
                .iter()
                .map(|passkey| json!({ "id": passkey.id, "name": passkey.name }));
            json!({
                "user_id": seen.user.id,
                "email": seen.user.email,
                "two_factor": seen.app.word(),
                "pending": seen.app == TwoFactor::Pending,
                "backup_codes_unused": seen.unused,
                "passkeys": passkeys.collect::<Vec<_>>(),
                "sessions": seen.sessions,
                "api_keys": seen.access_keys,
                "locked": seen.user.locked,
            })
        })
        .collect();
    let mut state = users.first().cloned().unwrap_or_else(|| json!({}));
    state["clock_offset_s"] = json!(service.clock.offset_s());
    state["users"] = Value::Array(users);
    Ok(state)
}
