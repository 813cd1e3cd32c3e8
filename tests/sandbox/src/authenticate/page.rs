//! The pages, in the panel's frame.

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use maud::{Markup, html};

use super::{
    START, login,
    target::{Target, encode},
};
use crate::{
    panel::{
        Home, layout,
        steps::{Door, Step},
    },
    service::Service,
    store::Issued,
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

/// Leads to an address.
fn lead(target: &Target, address: &str) -> Response {
    let mut headers = guards(Some(target));
    match HeaderValue::from_str(address) {
        Ok(address) => {
            headers.insert(header::LOCATION, address);
            (StatusCode::SEE_OTHER, headers).into_response()
        }
        Err(_) => refusal(
            StatusCode::INTERNAL_SERVER_ERROR,
            "The program's address is not valid.",
        ),
    }
}

/// A program that waits for the session of the person who signs in.
pub(super) struct Program {
    home: Home,
    target: Target,
}

impl Program {
    /// The program at a target, with the pages of a login.
    pub(super) fn new(login: &str, target: Target) -> Self {
        let home = Home::of(format!("{START}/{login}"));
        Self { home, target }
    }

    pub(super) fn target(&self) -> &Target {
        &self.target
    }
}

impl Door for Program {
    fn home(&self) -> &Home {
        &self.home
    }

    fn address(&self, step: Step) -> String {
        let place = match step {
            Step::Password => "",
            Step::Code => "/code",
        };
        let target = encode(&self.target.url());
        format!("{}?redirectToUrl={target}", self.home.at(place))
    }

    fn introduction(&self) -> Markup {
        html! {
            p { "A program on this computer wants to log in to your account. It gets the login at" }
            p.key { code { (self.target.url()) } }
            p { "Continue only if you just started this program." }
        }
    }

    fn help(&self, step: Step) -> Markup {
        html! {
            @if step == Step::Code {
                p { "No app and no backup code? Close this page, and ask an administrator of your \
                     organization to turn your two-factor authentication off." }
            }
        }
    }

    fn action(&self) -> &'static str {
        "Log the program in"
    }

    fn page(&self, title: &str, content: &Markup) -> Response {
        answer(StatusCode::OK, Some(&self.target), title, content)
    }

    fn lead(&self, address: &str) -> Response {
        lead(&self.target, address)
    }

    fn too_old(&self) -> Response {
        self.lead(&self.address(Step::Password))
    }

    /// Leads the browser to the callback, with the login.
    fn let_in(&self, _: &Service, issued: &Issued) -> Response {
        let url = self.target.url();
        self.lead(&format!("{url}?token={}", encode(&login(issued))))
    }
}

/// The page of a login that was handed over, or that took too long.
pub(super) fn over(target: &Target) -> Response {
    let again = format!("{START}?redirectToUrl={}", encode(&target.url()));
    let content = html! {
        p {
            "This page logged a program in already, or it is too old, or your browser does not keep \
             cookies. If the program has its login, close this page."
        }
        p { a.button href=(again) { "Start again" } }
    };
    answer(StatusCode::OK, Some(target), "This login is over", &content)
}

/// A page that says why there is no form.
pub(super) fn refusal(status: StatusCode, text: &str) -> Response {
    let content = html! { p.alert role="alert" { (text) } };
    answer(status, None, "This did not work", &content)
}
