//! Users and their second factor.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Value, json};

use super::{
    answer::{Body, Caller, IamError, Page, Path, Result},
    query::{Asked, Orders},
};
use crate::{
    clock::Instant,
    service::Service,
    store::{Principal, StoreError, User, UserFilter},
};

type Shared = State<Arc<Service>>;

/// A user as recorded from the real service (protocol.md A, "User").
pub(super) fn user_json(user: &User) -> Value {
    json!({
        "id": user.id,
        "email": user.email,
        "username": user.username,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "phone_number": "",
        "locale": "en_US",
        "created_at": user.created_at.rfc3339(),
        "updated_at": user.updated_at.rfc3339(),
        "organization_id": user.organization_id,
        "deletable": user.kind != "owner",
        "last_login_at": user.last_login_at.map(Instant::rfc3339),
        "type": user.kind,
        "two_factor_enabled": user.mfa,
        "status": "activated",
        "mfa": user.mfa,
        "account_root_user_id": root_user_id(user),
        "tags": [],
        "locked": user.locked,
    })
}

/// Empty but for owners, as in all recordings (protocol.md A, "User").
fn root_user_id(user: &User) -> &str {
    match user.kind.as_str() {
        "owner" => &user.root_user_id,
        _ => "",
    }
}

pub(super) async fn get(
    State(service): Shared,
    Caller(caller): Caller,
    Path(id): Path,
) -> Result<Json<Value>> {
    Ok(Json(user_json(&service.store.user(&caller, &id)?)))
}

/// `ListUsersRequestOrderBy` of scaleway-sdk-go.
const ORDERS: Orders = &[
    ("created_at_asc", "created_at ASC"),
    ("created_at_desc", "created_at DESC"),
    ("updated_at_asc", "updated_at ASC"),
    ("updated_at_desc", "updated_at DESC"),
    ("email_asc", "email ASC"),
    ("email_desc", "email DESC"),
    ("username_asc", "username ASC"),
    ("username_desc", "username DESC"),
    ("last_login_asc", "last_login_at ASC"),
    ("last_login_desc", "last_login_at DESC"),
];

pub(super) async fn list(
    State(service): Shared,
    Caller(caller): Caller,
    asked: Asked,
) -> Result<Page> {
    let page = asked.page(ORDERS)?;
    let kind = asked.word("type", "unknown_type", &["owner", "member", "guest"])?;
    let filter = UserFilter {
        mfa: asked.flag("mfa")?,
        kind: kind.map(str::to_owned),
        ids: asked.ids("user_ids")?,
        tagged: asked.text("tag").is_some(),
    };
    let organization_id = asked.required("organization_id")?;
    let (users, total) = service
        .store
        .users(&caller, organization_id, filter, page)?;
    Ok(Page {
        name: "users",
        shown: users.iter().map(user_json).collect(),
        total,
    })
}

fn set_locked(
    service: &Service,
    caller: &Principal,
    id: &str,
    locked: bool,
) -> Result<Json<Value>> {
    let user = service
        .store
        .set_locked(caller, id, locked, service.now())?;
    Ok(Json(user_json(&user)))
}

pub(super) async fn lock(
    State(service): Shared,
    Caller(caller): Caller,
    Path(id): Path,
    Body(IgnoredAny): Body<IgnoredAny>,
) -> Result<Json<Value>> {
    set_locked(&service, &caller, &id, true)
}

pub(super) async fn unlock(
    State(service): Shared,
    Caller(caller): Caller,
    Path(id): Path,
    Body(IgnoredAny): Body<IgnoredAny>,
) -> Result<Json<Value>> {
    set_locked(&service, &caller, &id, false)
}

pub(super) async fn create_otp(
    State(service): Shared,
    Caller(caller): Caller,
    Path(id): Path,
    Body(IgnoredAny): Body<IgnoredAny>,
) -> Result<Json<Value>> {
    let secret = service
        .store
        .start_two_factor(&caller, &id, service.now())?;
    Ok(Json(json!({ "secret": secret })))
}

#[derive(Deserialize)]
pub(super) struct Validate {
    one_time_password: Option<String>,
}

pub(super) async fn validate_otp(
    State(service): Shared,
    Caller(caller): Caller,
    Path(id): Path,
    Body(body): Body<Validate>,
) -> Result<Json<Value>> {
    let code = body
        .one_time_password
        .ok_or_else(|| IamError::argument("one_time_password", "required", "is required"))?;
    let codes = service
        .store
        .confirm_two_factor(&caller, &id, &code, service.now())?;
    Ok(Json(json!({ "recovery_codes": codes })))
}

/// Inferred: a 404 where there is neither an app nor a pending key, so that a client learns that
/// from the answer (protocol.md E: no call reads whether the app is on).
pub(super) async fn delete_otp(
    State(service): Shared,
    Caller(caller): Caller,
    Path(id): Path,
) -> Result<StatusCode> {
    if service.store.stop_two_factor(&caller, &id, service.now())? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(StoreError::NotFound("mfa_otp", id).into())
    }
}

/// Inferred: without `user_id` they are the caller's own.
pub(super) async fn grace_periods(
    State(service): Shared,
    Caller(caller): Caller,
    asked: Asked,
) -> Result<Json<Value>> {
    let user_id = match (asked.text("user_id"), &caller) {
        (Some(user_id), _) => user_id,
        (None, Principal::User(user)) => &user.id,
        (None, Principal::Application { .. }) => asked.required("user_id")?,
    };
    let period = service
        .store
        .grace_period(&caller, user_id, service.now())?;
    let periods: Vec<Value> = period
        .iter()
        .map(|(start, end)| {
            json!({
                "type": "set_mfa",
                "created_at": start.rfc3339(),
                "expires_at": end.rfc3339(),
            })
        })
        .collect();
    Ok(Json(json!({ "grace_periods": periods })))
}
