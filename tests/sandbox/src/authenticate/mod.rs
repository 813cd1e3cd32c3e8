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
    http::{HeaderMap, StatusCode},
    response::Response,
    routing::get,
};
use data_encoding::BASE64;
use serde::Deserialize;
use serde_json::json;

use crate::{
    panel::{self, Proofs, problem::told},
    service::Service,
    store::{Attempt, Client, Issued, StoreError},
};
use page::{Typed, Wrong};
use target::Target;

pub(crate) use target::encode;

type Shared = State<Arc<Service>>;

/// The address of the page.
pub(crate) const PATH: &str = "/authenticate";

/// The routes of the browser login.
pub(crate) fn routes() -> Router<Arc<Service>> {
    Router::new().route(PATH, get(show).post(sign_in))
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

async fn show(State(service): Shared, headers: HeaderMap, pairs: Pairs) -> Response {
    let Some(target) = target(pairs) else {
        return no_target();
    };
    let typed = Typed::default();
    shown(&service, &headers, &target, &typed, (StatusCode::OK, None))
}

/// The form for a target, with a token that works once.
fn shown(
    service: &Service,
    headers: &HeaderMap,
    target: &Target,
    typed: &Typed<'_>,
    wrong: (StatusCode, Option<Wrong>),
) -> Response {
    let now = service.now();
    let known = panel::read_cookie(headers, panel::VISIT);
    let made = service.store.visit(known, now).and_then(|visit| {
        let token = service.store.new_form(&visit, now)?;
        Ok((visit, token))
    });
    match made {
        Ok((visit, token)) => page::form(service, target, (&visit, &token), typed, wrong),
        Err(err) => {
            let (status, text) = told(&err);
            page::refusal(status, text)
        }
    }
}

#[derive(Deserialize)]
struct Filled {
    #[serde(default)]
    form: String,
    email: String,
    password: String,
    #[serde(flatten)]
    proofs: Proofs,
}

async fn sign_in(
    State(service): Shared,
    client: Client,
    headers: HeaderMap,
    pairs: Pairs,
    form: Result<Form<Filled>, FormRejection>,
) -> Response {
    let Some(target) = target(pairs) else {
        return no_target();
    };
    let Ok(Form(mut filled)) = form else {
        let text = "The form is incomplete. Fill it in again.";
        let wrong = (StatusCode::BAD_REQUEST, Some(Wrong::Form(text)));
        return shown(&service, &headers, &target, &Typed::default(), wrong);
    };
    let now = service.now();
    let visit = panel::read_cookie(&headers, panel::VISIT).unwrap_or_default();
    match service.store.use_form(visit, &filled.form, now) {
        Ok(true) => {}
        Ok(false) => {
            let text = "The form was sent before, or comes from another page. Please fill it in \
                        again.";
            let wrong = (StatusCode::FORBIDDEN, Some(Wrong::Form(text)));
            return shown(&service, &headers, &target, &Typed::default(), wrong);
        }
        Err(err) => {
            let (status, text) = told(&err);
            return page::refusal(status, text);
        }
    }
    let attempt = Attempt {
        email: &filled.email,
        password: &filled.password,
        proof: filled.proofs.proof(),
        in_browser: true,
    };
    match service.store.log_in(&attempt, &client, now) {
        Ok(issued) => page::hand_over(&target, &login(&issued)),
        Err(err) => {
            let (status, text) = told(&err);
            let wrong = match err {
                StoreError::WrongPassword => Wrong::Password(text),
                StoreError::CodeRequired | StoreError::WrongCode => Wrong::Code(text),
                _ => Wrong::Form(text),
            };
            let typed = Typed {
                email: &filled.email,
                proofs: filled.proofs,
            };
            shown(&service, &headers, &target, &typed, (status, Some(wrong)))
        }
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
            "createdAt": session.created_at.rfc3339(),
            "expiresAt": session.expires_at.rfc3339(),
            "updatedAt": session.updated_at.rfc3339(),
            "ip": session.ip,
            "userAgent": session.user_agent,
        },
        "token": issued.token,
        "renewToken": issued.renew_token,
    });
    BASE64.encode(value.to_string().as_bytes())
}
