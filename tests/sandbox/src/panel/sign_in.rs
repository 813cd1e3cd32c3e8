//! Signing in to the panel, and out.

use std::sync::Arc;

use axum::{
    extract::{RawQuery, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode},
    response::Response,
};
use maud::{Markup, html};

use super::{
    Home, cookie, layout,
    memory::Said,
    problem::{Result, told},
    steps::{self, Arrived, Code, Door, SignIn, Step},
    to,
    visitor::{Once, SignedIn},
};
use crate::{
    service::Service,
    store::{Client, Issued, StoreError},
};

type Shared = State<Arc<Service>>;

/// The queries with which the sign-in page says why it is shown.
const OLD: &str = "old";
const OUT: &str = "out";

/// The panel as what somebody signs in to.
struct Panel<'a>(&'a Service);

impl Door for Panel<'_> {
    fn home(&self) -> &Home {
        &self.0.home
    }

    fn address(&self, step: Step) -> String {
        self.0.home.at(step.page())
    }

    fn introduction(&self) -> Markup {
        html! {}
    }

    fn help(&self, step: Step) -> Markup {
        let text = match step {
            Step::Password => "I cannot sign in",
            Step::Code => "I have no app and no backup code",
        };
        html! { p { a href={ (self.0.home) "/recovery" } { (text) } } }
    }

    fn action(&self) -> &'static str {
        "Sign in"
    }

    fn page(&self, title: &str, content: &Markup) -> Response {
        let page = layout::outside(Some(&self.0.home), title, content);
        layout::answer(StatusCode::OK, page)
    }

    fn lead(&self, address: &str) -> Response {
        layout::lead(address)
    }

    fn too_old(&self) -> Response {
        to(self.0, &format!("{}?{OLD}", Step::Password.page()))
    }

    fn let_in(&self, service: &Service, issued: &Issued) -> Response {
        let mut answer = to(service, "");
        cookie::set(
            answer.headers_mut(),
            service,
            cookie::SESSION,
            &issued.token,
        );
        answer
    }
}

/// What the sign-in page says to a browser whose session is over.
fn why(err: &StoreError) -> Said {
    let text = match err {
        StoreError::ExpiredSession => "Your session has expired. Sign in again.",
        StoreError::Locked(_) => told(err).1,
        _ => "Your session was ended. Sign in again.",
    };
    Said::Failed(text.into())
}

pub(super) async fn show(
    State(service): Shared,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response> {
    let session = cookie::own(&headers, &service, cookie::SESSION)
        .map(|token| service.store.session(token, service.now()));
    let said = match (session, query.as_deref()) {
        (Some(Ok(_)), _) => return Ok(to(&service, "")),
        (Some(Err(err)), _) => Some(why(&err)),
        (None, Some(OLD)) => Some(Said::Failed(
            "The page was too old, or your browser does not keep cookies. Sign in again.".into(),
        )),
        (None, Some(OUT)) => Some(Said::Done("You are signed out.".into())),
        (None, _) => None,
    };
    Ok(steps::show_password(
        &service,
        &Panel(&service),
        &headers,
        said,
    )?)
}

pub(super) async fn enter(
    State(service): Shared,
    client: Client,
    headers: HeaderMap,
    form: Arrived<SignIn>,
) -> Result<Response> {
    let from = (&client, &headers);
    Ok(steps::enter(&service, &Panel(&service), from, form)?)
}

pub(super) async fn show_code(State(service): Shared, headers: HeaderMap) -> Result<Response> {
    Ok(steps::show_code(&service, &Panel(&service), &headers)?)
}

pub(super) async fn enter_with_code(
    State(service): Shared,
    client: Client,
    headers: HeaderMap,
    form: Arrived<Code>,
) -> Result<Response> {
    let from = (&client, &headers);
    Ok(steps::enter_with_code(
        &service,
        &Panel(&service),
        from,
        form,
    )?)
}

pub(super) async fn leave(
    State(service): Shared,
    Once(visitor, ()): Once<SignedIn, ()>,
) -> Result<Response> {
    service.store.leave(&visitor.token)?;
    service.memory.forget(&visitor.token);
    Ok(signed_out(&service))
}

/// Takes the session's cookie away, and the pages that the browser keeps for its back button
/// (W3C Clear Site Data, section 3.1).
pub(super) fn signed_out(service: &Service) -> Response {
    let mut answer = to(service, &format!("{}?{OUT}", Step::Password.page()));
    let headers = answer.headers_mut();
    cookie::set(headers, service, cookie::SESSION, "");
    headers.insert(
        HeaderName::from_static("clear-site-data"),
        HeaderValue::from_static("\"cache\""),
    );
    answer
}
