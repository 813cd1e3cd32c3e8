//! What to do without the phone: for whoever is signed in, and for whoever cannot.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use maud::html;

use super::{
    HOME,
    layout::{answer, inside, outside},
    problem::{Problem, Result},
    visitor::SignedIn,
};
use crate::service::Service;

/// What an administrator and the owner of an account can do is what the sandbox's APIs permit; the
/// last step is a person's work, which no program replaces.
pub(super) async fn show(
    State(service): State<Arc<Service>>,
    visitor: std::result::Result<SignedIn, Problem>,
) -> Result<Response> {
    let content = html! {
        p { "The phone is lost, broken, or new? Take the first of these ways that is open to you." }
        ol.steps {
            li {
                h2 { "Use a backup code" }
                p {
                    "Sign in with your password, choose " strong { "Use a backup code instead" }
                    ", and enter one of the ten. Then disable two-factor authentication with another \
                     one, and enable it again with the new phone."
                }
            }
            li {
                h2 { "Use a machine that is still logged in" }
                p {
                    "Where " code { "scw" } " or an API key of yours still works, "
                    code { "scw 2fa off" } " switches two-factor authentication off without a code."
                }
            }
            li {
                h2 { "Ask an administrator of your organization" }
                p {
                    "An administrator can unlock an account after too many wrong codes, and switch \
                     its two-factor authentication off."
                }
            }
            li {
                h2 { "Write to the support" }
                p {
                    "From the account's own email address. Expect to be asked for proof of who you \
                     are, and to wait: this way is slow on purpose. Nobody who asks you for a code \
                     or a backup code is the support."
                }
            }
        }
        @if visitor.is_err() { p { a.button href={ (HOME) "/sign-in" } { "Go to the sign-in" } } }
    };
    let title = "Lost your phone?";
    let page = match visitor {
        Ok(visitor) => inside(title, &visitor.frame(&service, "/recovery")?, &content),
        Err(_) => outside(title, &content),
    };
    Ok(answer(StatusCode::OK, page))
}
