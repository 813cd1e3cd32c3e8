//! Signing in, with a password and then a code, and out.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use maud::{Markup, html};
use serde::Deserialize;

use super::{
    cookie,
    field::{Field, Proofs, field, proof_fields, token},
    layout,
    problem::{Problem, Result, told},
    to,
    visitor::{Once, SignedIn, Visitor},
};
use crate::{
    service::Service,
    store::{Attempt, Client, Entry, StoreError},
};

type Shared = State<Arc<Service>>;

/// The fields that begin a sign-in. A problem stands beside the password, since it concerns both.
pub(crate) fn password_fields(email: &str, problem: Option<&str>) -> Markup {
    html! {
        (field(&Field {
            name: "email",
            label: "Email address",
            kind: "email",
            autocomplete: "username",
            value: email,
            focus: problem.is_none(),
            ..Field::default()
        }))
        (field(&Field {
            name: "password",
            label: "Password",
            kind: "password",
            autocomplete: "current-password",
            problem,
            ..Field::default()
        }))
    }
}

/// The page for the password, in a visit.
fn password_page(
    service: &Service,
    visit: &str,
    email: &str,
    problem: Option<(StatusCode, &str)>,
) -> Result<Response> {
    let home = &service.home;
    let form = service.store.new_form(visit, service.now())?;
    let content = html! {
        form.card method="post" action={ (home) "/sign-in" } {
            (token(&form))
            (password_fields(email, problem.map(|(_, text)| text)))
            button type="submit" { "Sign in" }
        }
        p { a href={ (home) "/recovery" } { "I cannot sign in" } }
    };
    let status = problem.map_or(StatusCode::OK, |(status, _)| status);
    let mut answer = layout::answer(status, layout::outside(Some(home), "Sign in", &content));
    cookie::set(answer.headers_mut(), service, cookie::VISIT, visit);
    Ok(answer)
}

pub(super) async fn show(State(service): Shared, headers: HeaderMap) -> Result<Response> {
    if let Some(token) = cookie::own(&headers, &service, cookie::SESSION)
        && service.store.session(token, service.now()).is_ok()
    {
        return Ok(to(&service, ""));
    }
    let known = cookie::own(&headers, &service, cookie::VISIT);
    let visit = service.store.visit(known, service.now())?;
    password_page(&service, &visit, "", None)
}

#[derive(Deserialize)]
pub(super) struct Password {
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
}

pub(super) async fn enter(
    State(service): Shared,
    client: Client,
    Once(Visitor { visit }, typed): Once<Visitor, Password>,
) -> Result<Response> {
    let attempt = Attempt {
        email: &typed.email,
        password: &typed.password,
        proof: None,
        in_browser: true,
    };
    match service
        .store
        .enter(&visit, &attempt, &client, service.now())
    {
        Ok(Entry::Session(issued)) => Ok(signed_in(&service, &issued.token)),
        Ok(Entry::Code(visit)) => {
            let mut answer = to(&service, "/sign-in/code");
            cookie::set(answer.headers_mut(), &service, cookie::VISIT, &visit);
            Ok(answer)
        }
        Err(err @ (StoreError::WrongPassword | StoreError::Locked(_))) => {
            password_page(&service, &visit, &typed.email, Some(told(&err)))
        }
        Err(other) => Err(other.into()),
    }
}

/// Gives the browser its session, and takes the visit away.
fn signed_in(service: &Service, token: &str) -> Response {
    let mut answer = to(service, "");
    cookie::set(answer.headers_mut(), service, cookie::SESSION, token);
    cookie::set(answer.headers_mut(), service, cookie::VISIT, "");
    answer
}

/// The page for the code, in a visit whose password was right.
fn code_page(
    service: &Service,
    visit: &str,
    typed: &Proofs,
    problem: Option<(StatusCode, &str)>,
) -> Result<Response> {
    let home = &service.home;
    let form = service.store.new_form(visit, service.now())?;
    let content = html! {
        form.card method="post" action={ (home) "/sign-in/code" } {
            (token(&form))
            (proof_fields(
                typed,
                "Six-digit code from your authenticator app",
                true,
                problem.map(|(_, text)| text),
            ))
            button type="submit" { "Continue" }
        }
        p { a href={ (home) "/recovery" } { "I have no app and no backup code" } }
    };
    let status = problem.map_or(StatusCode::OK, |(status, _)| status);
    let page = layout::outside(Some(home), "Two-factor authentication", &content);
    Ok(layout::answer(status, page))
}

pub(super) async fn show_code(
    State(service): Shared,
    visitor: std::result::Result<Visitor, Problem>,
) -> Result<Response> {
    let Ok(Visitor { visit }) = visitor else {
        return Err(Problem::SignIn);
    };
    service.store.awaited(&visit, service.now())?;
    code_page(&service, &visit, &Proofs::default(), None)
}

pub(super) async fn enter_with_code(
    State(service): Shared,
    client: Client,
    Once(Visitor { visit }, mut typed): Once<Visitor, Proofs>,
) -> Result<Response> {
    let now = service.now();
    let proof = typed.proof();
    match service.store.enter_with_code(&visit, proof, &client, now) {
        Ok(issued) => Ok(signed_in(&service, &issued.token)),
        Err(err @ (StoreError::WrongCode | StoreError::CodeRequired)) => {
            code_page(&service, &visit, &typed, Some(told(&err)))
        }
        Err(other) => Err(other.into()),
    }
}

pub(super) async fn leave(
    State(service): Shared,
    Once(visitor, ()): Once<SignedIn, ()>,
) -> Result<Response> {
    service.store.leave(&visitor.token)?;
    Ok(signed_out(&service))
}

/// Takes the session's cookie away.
pub(super) fn signed_out(service: &Service) -> Response {
    let mut answer = to(service, "/sign-in");
    cookie::set(answer.headers_mut(), service, cookie::SESSION, "");
    answer
}
