//! The browser login (protocol.md A, "Browser login"): a page on which a person signs in, and from
//! which a program on the same machine gets the session.

mod page;
mod target;

use std::sync::Arc;

use axum::{
    Form, Router,
    extract::{
        Query, State,
        rejection::{FormRejection, QueryRejection},
    },
    http::StatusCode,
    response::Response,
    routing::get,
};
use data_encoding::BASE64;
use serde::Deserialize;
use serde_json::json;

use crate::{
    clock::rfc3339,
    service::Service,
    store::{Attempt, Client, Issued, Proof, StoreError},
};
use target::Target;

/// The routes of the browser login.
pub(crate) fn routes() -> Router<Arc<Service>> {
    Router::new().route("/authenticate", get(show).post(sign_in))
}

type Pairs = Result<Query<Vec<(String, String)>>, QueryRejection>;

/// The target that the address names, once and well.
fn target(pairs: Pairs) -> Option<Target> {
    let named: Vec<String> = pairs
        .map(|Query(pairs)| pairs)
        .unwrap_or_default()
        .into_iter()
        .filter_map(|(name, value)| (name == "redirectToUrl").then_some(value))
        .collect();
    match named.as_slice() {
        [one] => Target::parse(one),
        _ => None,
    }
}

fn no_target() -> Response {
    page::refusal(
        StatusCode::BAD_REQUEST,
        "The login can only be given to a program on this computer: redirectToUrl must be like \
         http://localhost:12345/callback.",
    )
}

async fn show(pairs: Pairs) -> Response {
    target(pairs).map_or_else(no_target, |target| {
        page::form(StatusCode::OK, &target, "", None)
    })
}

#[derive(Deserialize)]
struct Filled {
    email: String,
    password: String,
    #[serde(default)]
    code: String,
}

async fn sign_in(
    State(service): State<Arc<Service>>,
    client: Client,
    pairs: Pairs,
    form: Result<Form<Filled>, FormRejection>,
) -> Response {
    let Some(target) = target(pairs) else {
        return no_target();
    };
    let Ok(Form(filled)) = form else {
        let problem = Some("The form did not arrive whole. Please fill it in again.");
        return page::form(StatusCode::BAD_REQUEST, &target, "", problem);
    };
    let attempt = Attempt {
        email: &filled.email,
        password: &filled.password,
        proof: Proof::typed(&filled.code),
        in_browser: true,
    };
    match service.store.log_in(&attempt, &client, service.now()) {
        Ok(issued) => page::hand_over(&target, &login(&issued)),
        Err(err) => {
            let (status, problem) = told(&err);
            page::form(status, &target, &filled.email, Some(problem))
        }
    }
}

/// How a person is told what went wrong.
fn told(err: &StoreError) -> (StatusCode, &'static str) {
    match err {
        StoreError::WrongPassword => (
            StatusCode::UNAUTHORIZED,
            "The email address or the password is wrong.",
        ),
        StoreError::CodeRequired => (
            StatusCode::UNAUTHORIZED,
            "Two-factor authentication is on: please enter a code as well.",
        ),
        StoreError::WrongCode => (
            StatusCode::UNAUTHORIZED,
            "The code is wrong, or was used before.",
        ),
        StoreError::Locked(_) => (
            StatusCode::LOCKED,
            "The account is locked. An administrator of the organization can unlock it.",
        ),
        _ => (
            StatusCode::INTERNAL_SERVER_ERROR,
            "Something went wrong in the sandbox.",
        ),
    }
}

/// The session as the official client reads it from the callback: base64 (inferred: the usual
/// alphabet, with padding) of JSON with camel-case names.
fn login(issued: &Issued) -> String {
    let session = &issued.session;
    let value = json!({
        "jwt": {
            "audienceId": session.user_id,
            "issuerId": session.root_user_id,
            "jti": session.jti,
            "createdAt": rfc3339(session.created_at),
            "expiresAt": rfc3339(session.expires_at),
            "updatedAt": rfc3339(session.updated_at),
            "ip": session.ip,
            "userAgent": session.user_agent,
        },
        "token": issued.token,
        "renewToken": issued.renew_token,
    });
    BASE64.encode(value.to_string().as_bytes())
}
