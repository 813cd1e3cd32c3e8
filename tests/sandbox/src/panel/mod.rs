//! The control panel: the account in a browser, in plain HTML without scripts.

mod access;
mod codes;
mod cookie;
mod field;
mod home;
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
    middleware,
    response::{IntoResponse, Redirect, Response},
    routing::{any, get, post},
};

use crate::{iam, service::Service};

pub(crate) use cookie::{VISIT, read as read_cookie, set_below as set_cookie};
pub(crate) use field::{Proofs, proof_fields, token};
pub(crate) use home::Home;
pub(crate) use sign_in::password_fields;

/// Where the files of the pages are, which hold no secret.
const ASSETS: &str = "/assets";

/// The routes of the panel.
pub(crate) fn routes(service: &Arc<Service>) -> Router<Arc<Service>> {
    let home = service.home.path();
    let panel = Router::new()
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
    let to_home = {
        let home = home.to_owned();
        async move || Redirect::to(&home)
    };
    Router::new()
        .nest(home, panel)
        .route(home, get(security::show))
        .route(&format!("{home}/"), get(to_home))
        .layer(middleware::map_response_with_state(
            Arc::clone(service),
            problem::explain,
        ))
        .route(&format!("{ASSETS}/style.css"), get(style))
        .route("/panel", get(elsewhere))
        // What is no page here is a call that no API has.
        .route("/", get(elsewhere).fallback(iam::no_route))
}

/// The answer to a person who opens the address of the service itself.
async fn elsewhere() -> Response {
    let content = maud::html! {
        p { "The control panel has an address that nobody can guess." }
        p { "Open the " code { "panel_url" } " that " code { "scw-sandbox serve" } " prints." }
    };
    let page = layout::outside(None, "Not found", &content);
    layout::answer(StatusCode::NOT_FOUND, page)
}

async fn style() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        (header::CACHE_CONTROL, "no-cache"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (StatusCode::OK, headers, include_str!("style.css")).into_response()
}

/// Leads to another place of the panel, with `GET`.
fn to(service: &Service, place: &str) -> Response {
    (
        layout::guards("'self'"),
        Redirect::to(&service.home.at(place)),
    )
        .into_response()
}
