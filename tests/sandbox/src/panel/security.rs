//! The first page: what protects the account, and what can be done about it.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use maud::{Markup, html};

use super::{
    Home, codes, disable,
    field::token,
    layout::{answer, inside},
    passkeys,
    problem::Result,
    setup,
    visitor::SignedIn,
};
use crate::{
    clock::Instant,
    service::Service,
    store::{AppAndCodes, TwoFactor},
};

pub(super) async fn show(
    State(service): State<Arc<Service>>,
    visitor: SignedIn,
) -> Result<Response> {
    let state = service.store.two_factor(&visitor.user.id)?;
    let unsaved = codes::unsaved(&service, &visitor)?.is_some();
    let known = service.store.passkeys_of(&visitor.user)?;
    let frame = visitor.frame(&service, "")?;
    let home = &frame.home;
    let is_on = state.app == TwoFactor::On;
    let content = html! {
        @if unsaved {
            div.alert role="alert" {
                p { "Your new backup codes are not saved yet. This browser shows them for ten minutes." }
                p { a.button href={ (home) (codes::PAGE) } { "Show the codes" } }
            }
        }
        section.card aria-labelledby="two-factor" {
            h2 id="two-factor" { "Two-factor authentication" }
            (badge(is_on || visitor.user.mfa, state.since))
            @if is_on {
                p { "You enter a code from your authenticator app at every sign-in." }
                (backup_codes(home, &state))
            } @else {
                (without_app(home, &frame.form, state.app, visitor.user.mfa))
            }
        }
        (passkeys::section(&known, &frame, service.now()))
        @if is_on {
            p.actions {
                a.button.quiet.danger href={ (home) (disable::PAGE) } { "Disable two-factor authentication" }
            }
        }
    };
    let page = inside("Account security", &frame, &content);
    Ok(answer(StatusCode::OK, page))
}

/// On or off, and since when.
fn badge(is_on: bool, since: Option<Instant>) -> Markup {
    html! {
        @match (is_on, since) {
            (true, Some(since)) => {
                @let exact = since.whole().rfc3339();
                @let day = exact.split('T').next().unwrap_or_default();
                p.badge.on { "On since " time datetime=(exact) { (day) } }
            }
            (true, None) => p.badge.on { "On" },
            (false, _) => p.badge.off { "Off" },
        }
    }
}

/// What an account without the app is offered. Passkeys may be its second factor (protocol.md E).
fn without_app(home: &Home, form: &str, app: TwoFactor, has_passkey: bool) -> Markup {
    let has_begun = app == TwoFactor::Pending;
    let first = if has_passkey {
        "Add an authenticator app"
    } else {
        "Enable two-factor authentication"
    };
    html! {
        @if has_passkey {
            p { "You use a passkey at every sign-in. An authenticator app is a second way in." }
        } @else {
            p {
                "With it, nobody gets into the account with the password alone: you also enter a \
                 code from your phone, which changes every 30 seconds."
            }
        }
        @if has_begun {
            p { "You have begun to set it up." }
            p.actions { a.button href={ (home) (setup::PAGE) } { "Continue the setup" } }
        }
        form.actions method="post" action={ (home) "/two-factor/start" } {
            (token(form))
            button.quiet[has_begun] type="submit" {
                (if has_begun { "Start again with a new key" } else { first })
            }
        }
    }
}

fn backup_codes(home: &Home, state: &AppAndCodes) -> Markup {
    html! {
        h3 { "Backup codes" }
        p {
            strong { (state.unused) } " backup "
            (if state.unused == 1 { "code is" } else { "codes are" }) " left."
            @if state.unused < 3 { " Get new ones before you need them." }
        }
        p.actions { a.button.quiet href={ (home) (codes::RENEWAL) } { "New codes" } }
    }
}
