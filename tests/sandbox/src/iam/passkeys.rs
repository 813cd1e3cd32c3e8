//! Passkeys (protocol.md E).

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use data_encoding::{BASE64, BASE64URL_NOPAD};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    answer::{Body, Caller, IamError, Path, Result},
    query::{Asked, Orders},
};
use crate::{
    clock::Instant,
    service::Service,
    store::{self, Passkey},
    webauthn::{self, Answered, Parts, Wanted},
};

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

/// Refuses an origin that is not the panel's. Which ones the real service accepts is not on record.
fn accepted(service: &Service, origin: &str) -> Result<()> {
    if origin == service.origin {
        Ok(())
    } else {
        let help = format!("is not allowed here: passkeys are for {}", service.origin);
        Err(IamError::argument("origin", "constraint", &help))
    }
}

/// Begins to register a passkey of the caller. Inferred: no other user may.
pub(super) async fn start(
    State(service): Shared,
    Caller(caller): Caller,
    Path(id): Path,
    asked: Asked,
) -> Result<Json<Value>> {
    let (user, known) = service.store.credentials(&caller, &id)?;
    accepted(&service, asked.required("origin")?)?;
    let begun = webauthn::begin(&service, &user, &known, Wanted::Authenticator)?;
    let options = begun.options;
    let challenge = options["challenge"].as_str().unwrap_or_default();
    // `webauthn_rp` has just written it.
    let challenge = BASE64URL_NOPAD
        .decode(challenge.as_bytes())
        .unwrap_or_default();
    let algorithms = options["pubKeyCredParams"].as_array();
    let algorithms = algorithms.into_iter().flatten().map(|one| &one["alg"]);
    let known = known.iter().map(|credential| BASE64.encode(&credential.id));
    Ok(Json(json!({
        "ceremony_id": begun.id,
        "challenge": BASE64.encode(&challenge),
        "public_key_algorithms": algorithms.collect::<Vec<_>>(),
        "timeout": format!("{}.000000000s", Wanted::Authenticator.seconds()),
        "exclude_credentials": known.collect::<Vec<_>>(),
    })))
}

/// What an authenticator made; bytes are in standard base64 (protocol.md E).
#[derive(Deserialize)]
pub(super) struct Registration {
    ceremony_id: Option<String>,
    authenticator_name: Option<String>,
    origin: Option<String>,
    raw_id: Option<String>,
    client_data_json: Option<String>,
    authenticator_data: Option<String>,
    attestation_object: Option<String>,
    public_key: Option<String>,
    public_key_algorithm: Option<i64>,
}

fn required<T>(argument: &'static str, value: Option<T>) -> Result<T> {
    value.ok_or_else(|| IamError::argument(argument, "required", "is required"))
}

fn bytes(argument: &'static str, value: Option<String>) -> Result<Vec<u8>> {
    BASE64
        .decode(required(argument, value)?.as_bytes())
        .map_err(|_| IamError::argument(argument, "format", "is no standard base64"))
}

/// Ends a registration. Inferred: what is wrong with it is told by the argument's name.
pub(super) async fn finish(
    State(service): Shared,
    Caller(caller): Caller,
    Path(id): Path,
    Body(body): Body<Registration>,
) -> Result<Json<Value>> {
    let (user, _) = service.store.credentials(&caller, &id)?;
    let ceremony_id = required("ceremony_id", body.ceremony_id)?;
    let name = required("authenticator_name", body.authenticator_name)?;
    let name = store::passkey_name(&name)?;
    accepted(&service, &required("origin", body.origin)?)?;
    let answered = Answered::from_parts(&Parts {
        raw_id: bytes("raw_id", body.raw_id)?,
        client_data_json: bytes("client_data_json", body.client_data_json)?,
        authenticator_data: bytes("authenticator_data", body.authenticator_data)?,
        attestation_object: bytes("attestation_object", body.attestation_object)?,
        public_key: bytes("public_key", body.public_key)?,
        public_key_algorithm: required("public_key_algorithm", body.public_key_algorithm)?,
    })?;
    let credential = webauthn::finish(&service, &user, &ceremony_id, &answered)?;
    let id = service
        .store
        .register_passkey(&caller, name, &credential, service.now())?;
    Ok(Json(json!({ "authenticator_id": id })))
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
