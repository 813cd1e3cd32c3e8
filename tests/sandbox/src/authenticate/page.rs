//! The pages, in the panel's frame.

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use maud::{Markup, html};

use super::target::{Target, encode};
use crate::{
    panel::{self, Proofs, layout},
    service::Service,
};

/// What guards a page. A browser applies `form-action` to where the answer of a form leads, too.
fn guards(target: Option<&Target>) -> HeaderMap {
    let form_action = target.map_or_else(
        || "'none'".to_owned(),
        |target| format!("'self' {}", target.policy_source()),
    );
    layout::guards(&form_action)
}

fn answer(status: StatusCode, target: Option<&Target>, title: &str, content: &Markup) -> Response {
    let page = layout::outside(None, title, content).into_string();
    (status, guards(target), Html(page)).into_response()
}

/// What is wrong with what was typed, and where it is told.
#[derive(Debug, Clone, Copy)]
pub(super) enum Wrong {
    /// Beside the password.
    Password(&'static str),
    /// Beside the code.
    Code(&'static str),
    /// Above the form.
    Form(&'static str),
}

/// What was typed, to be shown again: no password.
#[derive(Debug, Default)]
pub(super) struct Typed<'a> {
    pub(super) email: &'a str,
    pub(super) proofs: Proofs,
}

/// The form, in a visit, with what went wrong the last time.
pub(super) fn form(
    service: &Service,
    target: &Target,
    (visit, token): (&str, &str),
    typed: &Typed<'_>,
    (status, wrong): (StatusCode, Option<Wrong>),
) -> Response {
    let at = |place: fn(Wrong) -> Option<&'static str>| wrong.and_then(place);
    let content = html! {
        @if let Some(problem) = at(|wrong| match wrong { Wrong::Form(text) => Some(text), _ => None }) {
            p.alert role="alert" { (problem) }
        }
        p { "A program on this computer wants to log in to your account. It gets the login at" }
        p.key { code { (target.url()) } }
        p { "Continue only if you just started this program." }
        form.card method="post"
            action={ "/authenticate?redirectToUrl=" (encode(&target.url())) } {
            (panel::token(token))
            (panel::password_fields(
                typed.email,
                at(|wrong| match wrong { Wrong::Password(text) => Some(text), _ => None }),
            ))
            (panel::proof_fields(
                &typed.proofs,
                "Code from your authenticator app (only with two-factor authentication)",
                false,
                at(|wrong| match wrong { Wrong::Code(text) => Some(text), _ => None }),
            ))
            button type="submit" { "Authorize scw" }
        }
    };
    let mut answer = answer(status, Some(target), "Authorize a program", &content);
    let cookie = ("/authenticate", panel::VISIT);
    panel::set_cookie(answer.headers_mut(), service, cookie, visit);
    answer
}

/// A page that says why there is no form.
pub(super) fn refusal(status: StatusCode, text: &str) -> Response {
    let content = html! { p.alert role="alert" { (text) } };
    answer(status, None, "This did not work", &content)
}

/// Leads the browser to the callback, with the login.
pub(super) fn hand_over(target: &Target, login: &str) -> Response {
    let to = format!("{}?token={}", target.url(), encode(login));
    let mut headers = guards(Some(target));
    match HeaderValue::from_str(&to) {
        Ok(to) => {
            headers.insert(header::LOCATION, to);
            (StatusCode::SEE_OTHER, headers).into_response()
        }
        Err(_) => refusal(
            StatusCode::INTERNAL_SERVER_ERROR,
            "The program's address is not valid.",
        ),
    }
}
