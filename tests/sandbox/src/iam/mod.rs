//! Today's IAM API (protocol.md A) on the sandbox's state.

mod answer;
mod keys;
mod organizations;
mod query;
mod sessions;
mod users;

use std::sync::Arc;

use axum::{
    Router,
    routing::{get, post},
};

use crate::service::Service;

pub(crate) use answer::{no_route, too_large};

/// The routes of the IAM dialect.
pub(crate) fn routes() -> Router<Arc<Service>> {
    let iam = Router::new()
        .route("/users", get(users::list))
        .route("/users/{id}", get(users::get))
        .route("/users/{id}/lock", post(users::lock))
        .route("/users/{id}/unlock", post(users::unlock))
        .route(
            "/users/{id}/mfa-otp",
            post(users::create_otp).delete(users::delete_otp),
        )
        .route("/users/{id}/validate-mfa-otp", post(users::validate_otp))
        .route(
            "/users/{id}/webauthn-authenticators",
            get(users::authenticators),
        )
        .route("/grace-periods", get(users::grace_periods))
        .route("/organizations/{id}", get(organizations::get))
        .route(
            "/organizations/{id}/security-settings",
            get(organizations::settings).patch(organizations::change_settings),
        )
        .route("/api-keys", post(keys::create).get(keys::list))
        .route(
            "/api-keys/{access_key}",
            get(keys::get).patch(keys::change).delete(keys::delete),
        )
        .route("/jwts", get(sessions::list))
        .route("/jwts/{jti}", get(sessions::get).delete(sessions::delete))
        .route("/jwts/{jti}/renew", post(sessions::renew));
    Router::new()
        .nest("/iam/v1alpha1", iam)
        .route("/account/v2/login", post(sessions::log_in))
        .route("/account/v2/users/{id}", get(organizations::person))
        .route(
            "/iam-private/v1/jwts/{jti}/switch-organization",
            post(sessions::switch_organization),
        )
        .route("/account/v3/projects", get(organizations::projects))
        .route("/account/v3/projects/{id}", get(organizations::project))
        .fallback(answer::no_route)
        .method_not_allowed_fallback(answer::no_route)
}
