//! What to do without the phone: for whoever is signed in, and for whoever cannot.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use maud::{Markup, html};

use super::{
    layout::{answer, inside, outside},
    problem::{Problem, Result},
    visitor::SignedIn,
};
use crate::service::Service;

/// What an administrator and the owner of an account can do is what the sandbox's APIs permit; the
/// last step is a person's work, which no program replaces.
fn ways() -> Markup {
    html! {
        p { "Is your phone lost, broken or new? Use the first of these ways that works for you." }
        ol.steps {
            li {
                h2 { "Use a passkey or a backup code" }
                p {
                    "Sign in with your passkey. Or sign in with your password, choose "
                    strong { "Use a backup code instead" } ", and enter one of your codes."
                }
                p {
                    "Then disable two-factor authentication with another code, and enable it again \
                     with the new phone."
                }
            }
            li {
                h2 { "Use a computer where " code { "scw" } " is logged in" }
                p { "Run " code { "scw 2fa off" } " there. It needs no code. Then enable it again." }
            }
            li {
                h2 { "Ask an administrator of your organization" }
                p {
                    "An administrator can unlock your account after too many wrong codes, and turn its \
                     two-factor authentication off."
                }
            }
            li {
                h2 { "Contact support" }
                p {
                    "Write from the email address of your account. Support asks for proof of who you \
                     are, so this takes time. Support never asks for your codes."
                }
            }
        }
    }
}

pub(super) async fn show(
    State(service): State<Arc<Service>>,
    visitor: std::result::Result<SignedIn, Problem>,
) -> Result<Response> {
    let title = "Lost your phone?";
    let page = if let Ok(visitor) = visitor {
        let content = html! { div.card { (ways()) } };
        inside(title, &visitor.frame(&service, "/recovery")?, &content)
    } else {
        let home = &service.home;
        let content = html! {
            div.card { (ways()) }
            p { a.button href={ (home) "/sign-in" } { "Go to the sign-in page" } }
        };
        outside(Some(home), title, &content)
    };
    Ok(answer(StatusCode::OK, page))
}
