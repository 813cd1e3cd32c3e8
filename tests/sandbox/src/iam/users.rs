//! Users and their second factor.

use std::{collections::HashMap, sync::Arc};

use axum::{
    Json,
    extract::{Query, State},
    http::StatusCode,
};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Value, json};
use uuid::Uuid;

use super::answer::{Body, Caller, IamError, Path, Result};
use crate::{
    clock::rfc3339,
    service::Service,
    store::{Principal, StoreError, User, UserFilter},
};

type Shared = State<Arc<Service>>;

/// A user as recorded from the real service (protocol.md A, "User").
fn user_json(user: &User) -> Value {
    json!({
        "id": user.id,
        "email": user.email,
        "username": user.email,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "phone_number": "",
        "locale": "en_US",
        "created_at": rfc3339(user.created_at),
        "updated_at": rfc3339(user.updated_at),
        "organization_id": user.organization_id,
        "deletable": user.kind != "owner",
        "last_login_at": user.last_login_at.map(rfc3339),
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

/// The query of `GET users`; repeated names come as a list of pairs.
type Pairs = Query<Vec<(String, String)>>;

pub(super) async fn list(
    State(service): Shared,
    Caller(caller): Caller,
    Query(pairs): Pairs,
) -> Result<Json<Value>> {
    let mut filter = UserFilter {
        order: "created_at ASC",
        page: 1,
        page_size: 20,
        ..UserFilter::default()
    };
    let mut organization_id = None;
    for (name, value) in pairs {
        match name.as_str() {
            "organization_id" => organization_id = Some(value),
            "page" => filter.page = number("page", &value, u32::MAX)?,
            "page_size" => filter.page_size = number("page_size", &value, 100)?,
            "order_by" => filter.order = order(&value)?,
            "mfa" => {
                let help = "is true or false";
                let value = value.to_ascii_lowercase().parse();
                filter.mfa = Some(value.map_err(|_| IamError::argument("mfa", "format", help))?);
            }
            "type" if value != "unknown_type" => filter.kind = Some(value),
            "user_ids" => filter.ids.extend(ids(&value)?),
            "tag" => filter.tagged = true,
            _ => {}
        }
    }
    let organization_id = organization_id
        .ok_or_else(|| IamError::argument("organization_id", "required", "is required"))?;
    let (users, total) = service.store.users(&caller, &organization_id, &filter)?;
    let users: Vec<Value> = users.iter().map(user_json).collect();
    Ok(Json(json!({ "users": users, "total_count": total })))
}

/// Ids with commas between them.
fn ids(value: &str) -> Result<Vec<String>> {
    value
        .split(',')
        .map(|id| {
            Uuid::try_parse(id)
                .map(|id| id.to_string())
                .map_err(|_| IamError::argument("user_ids", "format", "holds what is no UUID"))
        })
        .collect()
}

/// A number from 1 to `most` in a query.
pub(super) fn number(argument: &'static str, value: &str, most: u32) -> Result<u32> {
    value
        .parse()
        .ok()
        .filter(|number| (1..=most).contains(number))
        .ok_or_else(|| IamError::argument(argument, "constraint", "is out of range"))
}

/// `ListUsersRequestOrderBy` of scaleway-sdk-go.
fn order(value: &str) -> Result<&'static str> {
    Ok(match value {
        "created_at_asc" => "created_at ASC",
        "created_at_desc" => "created_at DESC",
        "updated_at_asc" => "updated_at ASC",
        "updated_at_desc" => "updated_at DESC",
        "email_asc" | "username_asc" => "email ASC",
        "email_desc" | "username_desc" => "email DESC",
        "last_login_asc" => "last_login_at ASC",
        "last_login_desc" => "last_login_at DESC",
        _ => return Err(IamError::argument("order_by", "format", "is unknown")),
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

pub(super) async fn grace_periods(
    State(service): Shared,
    Caller(caller): Caller,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Json<Value>> {
    let user_id = query
        .get("user_id")
        .ok_or_else(|| IamError::argument("user_id", "required", "is required"))?;
    let period = service
        .store
        .grace_period(&caller, user_id, service.now())?;
    let periods: Vec<Value> = period
        .iter()
        .map(|(start, end)| {
            json!({
                "type": "set_mfa",
                "created_at": rfc3339(*start),
                "expires_at": rfc3339(*end),
            })
        })
        .collect();
    Ok(Json(json!({ "grace_periods": periods })))
}
