//! Enabling two-factor authentication, in three steps.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use maud::html;
use serde::Deserialize;

use super::{
    codes,
    field::{Field, code_field, field, token},
    layout::{answer, below},
    memory::{Refusal, Said},
    problem::Result,
    qr, to,
    visitor::{Once, SignedIn},
};
use crate::{
    service::Service,
    store::{StoreError, TwoFactor},
};

type Shared = State<Arc<Service>>;

/// The page with the steps.
pub(super) const PAGE: &str = "/two-factor/enable";

pub(super) async fn start(
    State(service): Shared,
    Once(visitor, ()): Once<SignedIn, ()>,
) -> Result<Response> {
    let caller = visitor.caller();
    let now = service.now();
    service
        .store
        .start_two_factor(&caller, &visitor.user.id, now)?;
    Ok(to(&service, PAGE))
}

pub(super) async fn show(State(service): Shared, visitor: SignedIn) -> Result<Response> {
    let caller = visitor.caller();
    let Some(key) = service.store.pending_key(&caller, &visitor.user.id)? else {
        return no_key(&service, &visitor);
    };
    let refusal = visitor.refusal(&service, PAGE);
    let frame = visitor.frame(&service, "")?;
    let home = &frame.home;
    let email = &visitor.user.email;
    let content = html! {
        ol.steps {
            li {
                h2 { "Scan the QR code" }
                p { "Use an authenticator app on your phone." }
                @match qr::picture(email, &key) {
                    Some(picture) => (picture),
                    None => p { "Your email address is too long for a QR code. Type the key instead." },
                }
                p { "No camera? Type this key into the app:" }
                p.key { code id="key" { (qr::groups(&key)) } }
                p.actions { button.quiet type="button" hidden data-copy="key" { "Copy the key" } }
                p { "On your phone? " a href=(qr::address(email, &key)) { "Open in an authenticator app" } }
            }
            li {
                h2 { "Enter the code" }
                form method="post" action={ (home) (PAGE) } {
                    (token(&frame.form))
                    (field(&Field {
                        focus: true,
                        hint: Some("The six digits that the app shows. They change every 30 seconds."),
                        ..code_field("Code from the app", Refusal::of(refusal.as_ref(), "code"))
                    }))
                    button type="submit" { "Enable two-factor authentication" }
                }
            }
            li {
                h2 { "Save your backup codes" }
                p { "The next page shows ten codes for when you do not have your phone." }
            }
        }
        p.actions { a.button.quiet href=(home) { "Not now" } }
    };
    let page = below("Enable two-factor authentication", &frame, &content);
    Ok(answer(StatusCode::OK, page))
}

/// Where somebody is led who comes to the steps and has none before them.
fn no_key(service: &Service, visitor: &SignedIn) -> Result<Response> {
    let is_on = service.store.two_factor(&visitor.user.id)?.app == TwoFactor::On;
    let unsaved = is_on && codes::unsaved(service, visitor)?.is_some();
    Ok(to(service, if unsaved { codes::PAGE } else { "" }))
}

#[derive(Deserialize)]
pub(super) struct Confirm {
    #[serde(default)]
    code: String,
}

pub(super) async fn enable(
    State(service): Shared,
    Once(visitor, typed): Once<SignedIn, Confirm>,
) -> Result<Response> {
    let caller = visitor.caller();
    let now = service.now();
    let code: String = typed.code.split_whitespace().collect();
    let confirmed = service
        .store
        .confirm_two_factor(&caller, &visitor.user.id, &code, now);
    match confirmed {
        Ok(made) => {
            service.memory.keep_codes(&visitor.token, made, now);
            let said = "Two-factor authentication is on.";
            Ok(visitor.say(&service, codes::PAGE, Said::Done(said.into())))
        }
        Err(StoreError::WrongCode) => {
            let refusal = Refusal {
                page: PAGE,
                field: "code",
                text: "Wrong code. Check that your phone sets its clock automatically.",
                typed: Vec::new(),
            };
            Ok(visitor.say(&service, PAGE, Said::Refused(refusal)))
        }
        Err(other) => Err(other.into()),
    }
}
