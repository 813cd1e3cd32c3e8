//! The 2017 account API (protocol.md B) on the sandbox's state.

mod answer;
mod tokens;
mod users;

use std::sync::Arc;

use axum::{Router, routing::get};

use crate::service::Service;

pub(crate) use answer::no_route;

const TOKENS: &str = "/tokens";
const TOKEN: &str = "/tokens/{token}";
const ORGANIZATIONS: &str = "/organizations";
const USER: &str = "/users/{id}";
const TWO_FACTOR: &str = "/users/{id}/2FA";

/// The addresses of the 2017 dialect, with `{…}` for what changes.
pub(crate) const PATHS: [&str; 5] = [TOKENS, TOKEN, ORGANIZATIONS, USER, TWO_FACTOR];

/// The routes of the 2017 dialect. Their addresses and those of the IAM API do not meet.
pub(crate) fn routes() -> Router<Arc<Service>> {
    Router::new()
        .route(TOKENS, get(tokens::list).post(tokens::create))
        .route(TOKEN, get(tokens::get).delete(tokens::delete))
        .route(ORGANIZATIONS, get(users::organizations))
        .route(USER, get(users::get).patch(users::change))
        .route(
            TWO_FACTOR,
            get(users::two_factor)
                .post(users::start_two_factor)
                .patch(users::confirm_two_factor)
                .delete(users::stop_two_factor),
        )
        .method_not_allowed_fallback(async || answer::no_route())
}

/// Whether an address that no call has is this dialect's.
pub(crate) fn owns(path: &str) -> bool {
    let first = path.trim_start_matches('/').split('/').next();
    matches!(first, Some("tokens" | "organizations" | "users"))
}
