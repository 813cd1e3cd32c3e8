//! The account's own sign-ins: whoever lost a phone sees here whether it was used.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use maud::{Markup, html};

use super::{
    access, codes,
    layout::{Frame, answer, inside},
    moment::moment,
    problem::Result,
    program,
    visitor::SignedIn,
};
use crate::{clock::Instant, service::Service, store::SignIn};

/// The place of this page.
pub(super) const PLACE: &str = "/sign-ins";

/// How many sign-ins are shown.
const SHOWN: u32 = 50;

/// What came of a sign-in, in a badge whose words say it without the colour.
fn result(failure: Option<&str>) -> Markup {
    match failure {
        None => html! { span.badge.on { "Signed in" } },
        Some("password") => html! { span.badge.off { "Wrong password" } },
        Some("factor") => html! { span.badge.bad { "Wrong code" } },
        Some("refused") => html! { span.badge.off { "Refused" } },
        Some(_) => html! { span.badge.bad { "Failed" } },
    }
}

/// What was shown at a sign-in.
fn factors(sign_in: &SignIn) -> String {
    let method = &sign_in.method;
    match sign_in.factor.as_deref() {
        None => method.clone(),
        // A passkey is both factors at once.
        Some("passkey") if method == "passkey" => method.clone(),
        Some("app") => format!("{method} and a code from the app"),
        Some("backup_code") => format!("{method} and a backup code"),
        Some("passkey") => format!("{method} and a passkey"),
        Some(other) => format!("{method} and {other}"),
    }
}

fn row(sign_in: &SignIn, now: Instant) -> Markup {
    let client = &sign_in.client;
    html! {
        li {
            div {
                p.title { (program::named(&client.user_agent)) }
                p.hint {
                    (moment(sign_in.recorded_at, now)) " from " (client.ip) " · " (factors(sign_in))
                }
            }
            (result(sign_in.failure.as_deref()))
        }
    }
}

/// What to do about a sign-in of somebody else.
fn advice(frame: &Frame) -> Markup {
    let home = &frame.home;
    html! {
        section.card aria-labelledby="advice" {
            h2 id="advice" { "Is one of them not yours?" }
            ol {
                li { a href={ (home) (access::OTHERS) } { "Sign out other sessions" } "." }
                li { "Change your password." }
                li {
                    a href={ (home) (access::PLACE) } { "Revoke the API keys" }
                    " that you do not recognize."
                }
                li {
                    "Somebody used a backup code? Make "
                    a href={ (home) (codes::RENEWAL) } { "new codes" } "."
                }
            }
        }
    }
}

pub(super) async fn show(
    State(service): State<Arc<Service>>,
    visitor: SignedIn,
) -> Result<Response> {
    let sign_ins = service.store.own_sign_ins(&visitor.user, SHOWN)?;
    let now = service.now();
    let frame = visitor.frame(&service, PLACE)?;
    let wrong_codes = sign_ins
        .iter()
        .filter(|one| one.failure.as_deref() == Some("factor"))
        .count();
    let content = html! {
        @if wrong_codes > 0 {
            p.alert {
                "Your password was right and the code was wrong "
                strong { (if wrong_codes == 1 { "once".to_owned() } else { format!("{wrong_codes} times") }) }
                ". If that was not you, somebody knows your password: change it."
            }
        }
        section.card aria-labelledby="sign-ins" {
            h2 id="sign-ins" { "Latest sign-ins" }
            @if sign_ins.is_empty() {
                p.hint { "There are none yet." }
            } @else {
                ul.list { @for one in &sign_ins { (row(one, now)) } }
            }
        }
        (advice(&frame))
    };
    Ok(answer(StatusCode::OK, inside("Sign-ins", &frame, &content)))
}
