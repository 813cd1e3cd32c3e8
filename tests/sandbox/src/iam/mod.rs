//! Today's IAM API (protocol.md A, E and F) on the sandbox's state.

mod answer;
mod call;
mod connections;
mod events;
mod keys;
mod members;
mod organizations;
mod passkeys;
mod query;
mod sessions;
mod users;

use std::sync::Arc;

use axum::Router;

use self::call::{Call, delete, get, patch, post};
use crate::service::Service;

pub(crate) use answer::{no_route, too_large};

/// Every call of the IAM dialect. The router is made of this table, and the OpenAPI document is
/// held against it: a call that stands here needs its description in `openapi/`.
pub(crate) fn calls() -> Vec<Call> {
    vec![
        get("/iam/v1alpha1/users", users::list),
        post("/iam/v1alpha1/users", members::create),
        get("/iam/v1alpha1/users/{id}", users::get),
        delete("/iam/v1alpha1/users/{id}", members::delete),
        post("/iam/v1alpha1/users/{id}/lock", users::lock),
        post("/iam/v1alpha1/users/{id}/unlock", users::unlock),
        get("/iam/v1alpha1/users/{id}/connections", connections::list),
        post("/iam/v1alpha1/users/{id}/mfa-otp", users::create_otp),
        delete("/iam/v1alpha1/users/{id}/mfa-otp", users::delete_otp),
        post(
            "/iam/v1alpha1/users/{id}/validate-mfa-otp",
            users::validate_otp,
        ),
        get(
            "/iam/v1alpha1/users/{id}/webauthn-authenticators",
            passkeys::list,
        ),
        post(
            "/iam/v1alpha1/users/{id}/start-webauthn-registration",
            passkeys::start,
        ),
        post(
            "/iam/v1alpha1/users/{id}/finish-webauthn-registration",
            passkeys::finish,
        ),
        patch(
            "/iam/v1alpha1/webauthn-authenticator/{id}",
            passkeys::rename,
        ),
        delete(
            "/iam/v1alpha1/webauthn-authenticator/{id}",
            passkeys::delete,
        ),
        get("/iam/v1alpha1/grace-periods", users::grace_periods),
        get("/iam/v1alpha1/organizations/{id}", organizations::get),
        get(
            "/iam/v1alpha1/organizations/{id}/security-settings",
            organizations::settings,
        ),
        patch(
            "/iam/v1alpha1/organizations/{id}/security-settings",
            organizations::change_settings,
        ),
        post("/iam/v1alpha1/api-keys", keys::create),
        get("/iam/v1alpha1/api-keys", keys::list),
        get("/iam/v1alpha1/api-keys/{access_key}", keys::get),
        patch("/iam/v1alpha1/api-keys/{access_key}", keys::change),
        delete("/iam/v1alpha1/api-keys/{access_key}", keys::delete),
        get("/iam/v1alpha1/jwts", sessions::list),
        get("/iam/v1alpha1/jwts/{jti}", sessions::get),
        delete("/iam/v1alpha1/jwts/{jti}", sessions::delete),
        post("/iam/v1alpha1/jwts/{jti}/renew", sessions::renew),
        post("/account/v2/login", sessions::log_in),
        get("/account/v2/users/{id}", organizations::person),
        post(
            "/iam-private/v1/jwts/{jti}/switch-organization",
            sessions::switch_organization,
        ),
        get("/account/v3/projects", organizations::projects),
        get("/account/v3/projects/{id}", organizations::project),
        get(
            "/audit-trail/v1alpha1/regions/{region}/authentication-events",
            events::list,
        ),
    ]
}

/// The routes of the IAM dialect.
pub(crate) fn routes() -> Router<Arc<Service>> {
    calls()
        .into_iter()
        .fold(Router::new(), |router, call| {
            router.route(call.path, call.handler)
        })
        .fallback(answer::no_route)
        .method_not_allowed_fallback(answer::no_route)
}
