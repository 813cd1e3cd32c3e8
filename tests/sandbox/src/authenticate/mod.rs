//! The browser login (protocol.md A, "Browser login"): pages on which a person signs in, and from
//! which a program on the same machine gets the session.
//!
//! Each login has pages of its own, below an address that nobody can guess: the cookie of its visit
//! has that path, so that servers on other ports of this machine neither get it nor set it.

mod page;
mod target;

use std::sync::Arc;

use axum::{
    Router,
    extract::{FromRequestParts, Path, Query, State},
    http::{HeaderMap, StatusCode, header, request::Parts, uri::Authority},
    response::Response,
    routing::get,
};
use data_encoding::{BASE64, HEXLOWER};
use serde_json::json;

use crate::{
    panel::{
        self,
        problem::told,
        steps::{self, Arrived, Code, Door, SignIn, Step},
    },
    service::Service,
    store::{Client, Issued, StoreError},
};
use page::Program;
use target::Target;

pub(crate) use target::encode;

type Shared = State<Arc<Service>>;
type Shown = Result<Response, StoreError>;

/// Where browser logins begin.
pub(crate) const START: &str = "/authenticate";

/// The routes of the browser login.
pub(crate) fn routes() -> Router<Arc<Service>> {
    Router::new()
        .route(START, get(begin))
        .route("/authenticate/{login}", get(show).post(enter))
        .route(
            "/authenticate/{login}/code",
            get(show_code).post(enter_with_code),
        )
}

/// The target that an address names, once and well.
fn target(parts: &Parts) -> Option<Target> {
    let named: Vec<String> = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri)
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

impl<S: Sync> FromRequestParts<S> for Target {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        target(parts).ok_or_else(|| {
            page::refusal(
                StatusCode::BAD_REQUEST,
                "The login can only be given to a program on this computer: redirectToUrl must be \
                 like http://localhost:12345/callback.",
            )
        })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Program {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let target = Target::from_request_parts(parts, state).await?;
        let login = Path::<String>::from_request_parts(parts, state).await;
        let login = login.map(|Path(login)| login).unwrap_or_default();
        if HEXLOWER
            .decode(login.as_bytes())
            .is_ok_and(|id| !id.is_empty())
        {
            Ok(Self::new(&login, target))
        } else {
            Err(page::over(&target))
        }
    }
}

/// A page, or what is said where the state failed.
fn or_refusal(shown: Shown) -> Response {
    shown.unwrap_or_else(|err| {
        let (status, text) = told(&err);
        page::refusal(status, text)
    })
}

/// Whether the browser came to an IP address of this machine.
fn is_at_loopback_address(headers: &HeaderMap) -> bool {
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let authority = host.and_then(|host| host.parse::<Authority>().ok());
    authority.is_some_and(|authority| {
        let host = authority.host();
        let host = host.strip_prefix('[').unwrap_or(host);
        let host = host.strip_suffix(']').unwrap_or(host);
        host.parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
    })
}

/// Begins a login: it gets pages and a visit of its own. A browser that came to an IP address is
/// led to `localhost` before, since WebAuthn takes no IP address.
async fn begin(State(service): Shared, headers: HeaderMap, target: Target) -> Response {
    if is_at_loopback_address(&headers) {
        let address = format!(
            "{}{START}?redirectToUrl={}",
            service.origin,
            encode(&target.url())
        );
        return panel::layout::lead(&address);
    }
    let begun = || {
        let visit = service.store.visit(None, service.now())?;
        service.store.new_form(&visit, service.now())?;
        let program = Program::new(&HEXLOWER.encode(&rand::random::<[u8; 16]>()), target);
        let mut answer = program.lead(&program.address(Step::Password));
        let cookie = (panel::VISIT, visit.as_str());
        panel::set_cookie(answer.headers_mut(), &service, program.home(), cookie);
        Ok(answer)
    };
    or_refusal(begun())
}

async fn show(State(service): Shared, program: Program, headers: HeaderMap) -> Response {
    let known = panel::cookie_of(&headers, program.home(), panel::VISIT);
    or_refusal(
        known
            .map_or(Ok(false), |visit| {
                service.store.knows_visit(visit, service.now())
            })
            .and_then(|is_known| {
                if is_known {
                    steps::show_password(&service, &program, &headers, None)
                } else {
                    Ok(page::over(program.target()))
                }
            }),
    )
}

async fn enter(
    State(service): Shared,
    program: Program,
    client: Client,
    headers: HeaderMap,
    form: Arrived<SignIn>,
) -> Response {
    let from = (&client, &headers);
    or_refusal(steps::enter(&service, &program, from, form))
}

async fn show_code(State(service): Shared, program: Program, headers: HeaderMap) -> Response {
    or_refusal(steps::show_code(&service, &program, &headers))
}

async fn enter_with_code(
    State(service): Shared,
    program: Program,
    client: Client,
    headers: HeaderMap,
    form: Arrived<Code>,
) -> Response {
    let from = (&client, &headers);
    or_refusal(steps::enter_with_code(&service, &program, from, form))
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
