//! The control panel: the account in a browser, in plain HTML without scripts.

mod access;
mod codes;
mod cookie;
mod field;
pub(crate) mod layout;
pub(crate) mod problem;
mod qr;
mod recovery;
mod security;
mod sign_in;
mod visitor;

use std::sync::Arc;

use axum::{
    Router,
    http::{StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::{any, get, post},
};

use crate::{iam, service::Service};

pub(crate) use cookie::{VISIT, read as read_cookie, set as set_cookie};
pub(crate) use field::{Proofs, proof_fields, token};
pub(crate) use sign_in::password_fields;

/// Where the panel begins; everything of it is below.
pub(crate) const HOME: &str = "/panel";

/// The routes of the panel.
pub(crate) fn routes() -> Router<Arc<Service>> {
    let panel = Router::new()
        .route("/style.css", get(style))
        .route("/sign-in", get(sign_in::show).post(sign_in::enter))
        .route(
            "/sign-in/code",
            get(sign_in::show_code).post(sign_in::enter_with_code),
        )
        .route("/sign-out", post(sign_in::leave))
        .route("/two-factor/start", post(security::start))
        .route(
            "/two-factor/enable",
            get(security::show_enable).post(security::enable),
        )
        .route(
            "/two-factor/disable",
            get(security::show_disable).post(security::disable),
        )
        .route("/backup-codes", post(codes::download))
        .route("/access", get(access::show))
        .route("/access/key", post(access::revoke_key))
        .route("/access/session", post(access::revoke_session))
        .route("/recovery", get(recovery::show))
        .route("/{*rest}", any(async || problem::Problem::NoPage));
    Router::new()
        .nest(HOME, panel)
        .route(HOME, get(security::show))
        .route("/panel/", get(async || Redirect::to(HOME)))
        // What is no page here is a call that no API has.
        .route(
            "/",
            get(async || Redirect::to(HOME)).fallback(iam::no_route),
        )
}

async fn style() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        (header::CACHE_CONTROL, "no-cache"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (StatusCode::OK, headers, include_str!("style.css")).into_response()
}

/// Leads to another page of the panel, with `GET`.
fn to(page: &str) -> Response {
    (
        layout::guards("'self'"),
        Redirect::to(&format!("{HOME}{page}")),
    )
        .into_response()
}
