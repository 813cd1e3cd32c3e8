//! Organizations and projects.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    answer::{Body, Caller, IamError, Path, Result},
    query::{Asked, Orders},
};
use crate::{
    service::Service,
    store::{
        DURATIONS_S, LOGIN_ATTEMPTS, Organization, OrganizationProfile, Project, ProjectFilter,
    },
};

type Shared = State<Arc<Service>>;

fn settings_json(settings: &Organization) -> Value {
    json!({
        "enforce_password_renewal": settings.enforce_password_renewal,
        "grace_period_duration": format!("{}s", settings.grace_period_s),
        "login_attempts_before_locked": settings.login_attempts,
        "max_login_session_duration": format!("{}s", settings.max_session_s),
        "max_api_key_expiration_duration": format!("{}s", settings.max_api_key_s),
    })
}

/// An organization as scaleway-sdk-go has it (protocol.md A). Inferred: every member may read its
/// own one.
pub(super) async fn get(
    State(service): Shared,
    Caller(caller): Caller,
    Path(id): Path,
) -> Result<Json<Value>> {
    let OrganizationProfile { name, ways } = service.store.organization_profile(&caller, &id)?;
    Ok(Json(json!({
        "id": id,
        "name": name,
        "alias": "",
        "login_password_enabled": ways.password,
        "login_magic_code_enabled": ways.magic_code,
        "login_oauth2_enabled": ways.oauth2,
        "login_saml_enabled": ways.saml,
    })))
}

pub(super) async fn settings(
    State(service): Shared,
    Caller(caller): Caller,
    Path(id): Path,
) -> Result<Json<Value>> {
    Ok(Json(settings_json(
        &service.store.organization(&caller, &id)?,
    )))
}

#[derive(Deserialize)]
pub(super) struct Change {
    enforce_password_renewal: Option<bool>,
    grace_period_duration: Option<String>,
    login_attempts_before_locked: Option<i64>,
    max_login_session_duration: Option<String>,
    max_api_key_expiration_duration: Option<String>,
}

pub(super) async fn change_settings(
    State(service): Shared,
    Caller(caller): Caller,
    Path(id): Path,
    Body(body): Body<Change>,
) -> Result<Json<Value>> {
    let grace = duration(
        "grace_period_duration",
        body.grace_period_duration.as_deref(),
    )?;
    let session = duration(
        "max_login_session_duration",
        body.max_login_session_duration.as_deref(),
    )?;
    let api_key = duration(
        "max_api_key_expiration_duration",
        body.max_api_key_expiration_duration.as_deref(),
    )?;
    let attempts = body.login_attempts_before_locked;
    if attempts.is_some_and(|attempts| !LOGIN_ATTEMPTS.contains(&attempts)) {
        return Err(IamError::argument(
            "login_attempts_before_locked",
            "constraint",
            "is out of range",
        ));
    }
    let changed = service
        .store
        .change_organization(&caller, &id, |settings| {
            settings.enforce_password_renewal = body
                .enforce_password_renewal
                .unwrap_or(settings.enforce_password_renewal);
            settings.grace_period_s = grace.unwrap_or(settings.grace_period_s);
            settings.login_attempts = attempts.unwrap_or(settings.login_attempts);
            settings.max_session_s = session.unwrap_or(settings.max_session_s);
            settings.max_api_key_s = api_key.unwrap_or(settings.max_api_key_s);
            Ok(())
        })?;
    Ok(Json(settings_json(&changed)))
}

/// Seconds with an `s` behind them, as protobuf writes a duration in JSON; reference clients write
/// nine decimals (protocol.md A).
fn duration(argument: &'static str, text: Option<&str>) -> Result<Option<i64>> {
    text.map(|text| {
        text.strip_suffix('s')
            .map(|seconds| seconds.strip_suffix(".000000000").unwrap_or(seconds))
            .and_then(|seconds| seconds.parse::<i64>().ok())
            .filter(|seconds| DURATIONS_S.contains(seconds))
            .ok_or_else(|| IamError::argument(argument, "format", "is seconds like `86400s`"))
    })
    .transpose()
}

/// A project as scaleway-sdk-go and scaleway-sdk-python have it (`account/v3`).
fn project_json(project: &Project) -> Value {
    json!({
        "id": project.id,
        "name": project.name,
        "organization_id": project.organization_id,
        "description": project.description,
        "status": "active",
        "created_at": project.created_at.rfc3339(),
        "updated_at": project.updated_at.rfc3339(),
        "qualification": null,
    })
}

pub(super) async fn project(
    State(service): Shared,
    Caller(caller): Caller,
    Path(id): Path,
) -> Result<Json<Value>> {
    Ok(Json(project_json(&service.store.project(&caller, &id)?)))
}

/// `ListProjectsRequestOrderBy` of scaleway-sdk-go.
const ORDERS: Orders = &[
    ("created_at_asc", "created_at ASC"),
    ("created_at_desc", "created_at DESC"),
    ("name_asc", "name ASC"),
    ("name_desc", "name DESC"),
];

pub(super) async fn projects(
    State(service): Shared,
    Caller(caller): Caller,
    asked: Asked,
) -> Result<Json<Value>> {
    let page = asked.page(ORDERS)?;
    let organization_id = asked.required("organization_id")?;
    let filter = ProjectFilter {
        name: asked.owned("name"),
        ids: asked.ids("project_ids")?,
    };
    let (projects, total) = service
        .store
        .projects(&caller, organization_id, filter, page)?;
    let projects: Vec<Value> = projects.iter().map(project_json).collect();
    Ok(Json(json!({ "projects": projects, "total_count": total })))
}

/// The person behind the caller, and the organizations that it has a user in. Inferred: another
/// person does not exist for the caller.
pub(super) async fn person(
    State(service): Shared,
    Caller(caller): Caller,
    Path(id): Path,
) -> Result<Json<Value>> {
    let (email, organizations) = service.store.person(&caller, &id)?;
    let organizations: Vec<Value> = organizations
        .iter()
        .map(|(id, name)| json!({ "id": id, "name": name }))
        .collect();
    Ok(Json(
        json!({ "id": id, "email": email, "organizations": organizations }),
    ))
}
