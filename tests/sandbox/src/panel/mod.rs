//! The control panel: the account in a browser, in plain HTML. One script adds what HTML cannot do,
//! such as copying; every page works without it.

mod access;
mod codes;
mod cookie;
mod disable;
mod field;
mod home;
pub(crate) mod layout;
mod memory;
mod moment;
mod passkey_form;
mod passkeys;
pub(crate) mod problem;
mod program;
mod qr;
mod recovery;
mod security;
mod setup;
mod sign_in;
mod sign_ins;
pub(crate) mod steps;
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

pub(crate) use cookie::{VISIT, of as cookie_of, set_below as set_cookie};
pub(crate) use home::Home;
pub(crate) use memory::Memory;

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
        .route("/two-factor/start", post(setup::start))
        .route(setup::PAGE, get(setup::show).post(setup::enable))
        .route(disable::PAGE, get(disable::show).post(disable::disable))
        .route(codes::PAGE, get(codes::show))
        .route("/backup-codes/download", get(codes::download))
        .route("/backup-codes/saved", post(codes::saved))
        .route(codes::RENEWAL, get(codes::show_renewal).post(codes::renew))
        .route(passkeys::ADD, get(passkeys::show_add).post(passkeys::add))
        .route(
            "/passkeys/{id}/rename",
            get(passkeys::show_rename).post(passkeys::rename),
        )
        .route(
            "/passkeys/{id}/remove",
            get(passkeys::show_remove).post(passkeys::remove),
        )
        .route(access::PLACE, get(access::show))
        .route(access::KEY, get(access::ask_key).post(access::revoke_key))
        .route(
            access::SESSION,
            get(access::ask_session).post(access::end_session),
        )
        .route(
            access::OTHERS,
            get(access::ask_others).post(access::end_others),
        )
        .route(sign_ins::PLACE, get(sign_ins::show))
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
        .layer(middleware::from_fn_with_state(
            Arc::clone(service),
            problem::explain,
        ))
        .route(&format!("{ASSETS}/style.css"), get(style))
        .route(&format!("{ASSETS}/script.js"), get(script))
        .route("/panel", get(elsewhere))
        // What is no page here is a call that no API has.
        .route("/", get(elsewhere).fallback(iam::no_route))
}

/// The answer to a person who opens the address of the service itself.
async fn elsewhere() -> Response {
    layout::not_found(None)
}

async fn style() -> Response {
    file("text/css; charset=utf-8", include_str!("style.css"))
}

/// The one script: its parts stand behind each other, and each keeps its names to itself.
async fn script() -> Response {
    file(
        "text/javascript; charset=utf-8",
        concat!(
            include_str!("script/page.js"),
            include_str!("script/passkeys.js")
        ),
    )
}

/// A file of the pages. Browsers ask each time whether it is still the same.
fn file(kind: &'static str, text: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "no-cache"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (StatusCode::OK, headers, text).into_response()
}

/// Leads to another place of the panel, with `GET`.
fn to(service: &Service, place: &str) -> Response {
    layout::lead(&service.home.at(place))
}
