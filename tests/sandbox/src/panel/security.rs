//! The second factor: its state, switching it on, switching it off.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::{
    Home, codes,
    field::{Field, Keys, Proofs, code_field, field, proof_fields, token},
    layout::{answer, inside},
    problem::{Result, told},
    qr, to,
    visitor::{Once, SignedIn},
};
use crate::{
    service::Service,
    store::{StoreError, TwoFactor},
};

type Shared = State<Arc<Service>>;

/// The word that is typed to switch the second factor off.
const CONFIRMATION: &str = "disable";

pub(super) async fn show(State(service): Shared, visitor: SignedIn) -> Result<Response> {
    let (state, unused) = service.store.two_factor(&visitor.user.id)?;
    let frame = visitor.frame(&service, "")?;
    let content = match state {
        TwoFactor::On => on(&frame.home, unused),
        TwoFactor::Off | TwoFactor::Pending => off(&frame.home, &frame.form),
    };
    let passkeys = service.store.passkeys_of(&visitor.user)?;
    let names: Vec<&str> = passkeys.iter().map(|one| one.name.as_str()).collect();
    let content = html! {
        (content)
        @if !names.is_empty() { p { "Passkeys of this account: " (names.join(", ")) "." } }
    };
    let page = inside("Account security", &frame, &content);
    Ok(answer(StatusCode::OK, page))
}

fn off(home: &Home, form: &str) -> Markup {
    html! {
        section.box aria-labelledby="two-factor" {
            h2 id="two-factor" { "Two-factor authentication is off" }
            p {
                "With it, nobody gets into the account with the password alone: a code from your \
                 phone, which changes every 30 seconds, is asked for as well."
            }
            form method="post" action={ (home) "/two-factor/start" } {
                (token(form))
                button type="submit" { "Enable two-factor authentication" }
            }
        }
    }
}

fn on(home: &Home, unused: u64) -> Markup {
    html! {
        section.card aria-labelledby="two-factor" {
            h2 id="two-factor" { "Two-factor authentication is on" }
            p { "You enter a code from your authenticator app at every sign-in." }
            p { strong { (unused) } " backup " (if unused == 1 { "code is" } else { "codes are" }) " left." }
            @if unused < 3 {
                p { "To get new ones, turn two-factor authentication off and on again." }
            }
            p { a.button.danger href={ (home) "/two-factor/disable" } { "Disable two-factor authentication" } }
        }
    }
}

pub(super) async fn start(
    State(service): Shared,
    Once(visitor, ()): Once<SignedIn, ()>,
) -> Result<Response> {
    let caller = visitor.caller();
    let now = service.now();
    service
        .store
        .start_two_factor(&caller, &visitor.user.id, now)?;
    Ok(to(&service, "/two-factor/enable"))
}

/// The dialog with the key that waits for its confirmation.
fn enable_page(
    service: &Service,
    visitor: &SignedIn,
    key: &str,
    problem: Option<(StatusCode, &str)>,
) -> Result<Response> {
    let frame = visitor.frame(service, "")?;
    let home = &frame.home;
    let content = html! {
        p {
            "Scan the QR code with an authenticator app on your phone, then enter the code that \
             the app shows. From then on, signing in takes your password and such a code."
        }
        div.enable {
            @match qr::picture(&visitor.user.email, key) {
                Some(picture) => (picture),
                None => p { "Your email address is too long for a QR code. Type the key instead." },
            }
            form.card method="post" action={ (home) "/two-factor/enable" } {
                (token(&frame.form))
                p { "No camera? Type this key into the app:" }
                p.key { code { (qr::groups(key)) } }
                (field(&Field {
                    focus: true,
                    hint: Some("Six digits. The code changes every 30 seconds."),
                    ..code_field("Code from the app", problem.map(|(_, text)| text))
                }))
                button type="submit" { "Enable two-factor authentication" }
                p { a href=(home) { "Not now" } }
            }
        }
    };
    let status = problem.map_or(StatusCode::OK, |(status, _)| status);
    let page = inside("Enable two-factor authentication", &frame, &content);
    Ok(answer(status, page))
}

pub(super) async fn show_enable(State(service): Shared, visitor: SignedIn) -> Result<Response> {
    let caller = visitor.caller();
    let pending = service.store.pending_key(&caller, &visitor.user.id)?;
    match pending {
        Some(key) => enable_page(&service, &visitor, &key, None),
        None => Ok(to(&service, "")),
    }
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
    let id = &visitor.user.id;
    let code: String = typed.code.split_whitespace().collect();
    let confirmed = service
        .store
        .confirm_two_factor(&caller, id, &code, service.now());
    match confirmed {
        Ok(codes) => codes::page(&service, &visitor, &codes),
        Err(StoreError::WrongCode) => match service.store.pending_key(&caller, id)? {
            Some(key) => {
                let problem = "Wrong code. Check that your phone sets its clock automatically.";
                let problem = Some((StatusCode::UNPROCESSABLE_ENTITY, problem));
                enable_page(&service, &visitor, &key, problem)
            }
            None => Ok(to(&service, "")),
        },
        Err(other) => Err(other.into()),
    }
}

/// What the form for switching off holds, and what is wrong with it.
#[derive(Default)]
struct Refusal {
    confirmation: Option<&'static str>,
    code: Option<(StatusCode, &'static str)>,
}

fn disable_page(
    service: &Service,
    visitor: &SignedIn,
    typed: &Disable,
    refusal: &Refusal,
) -> Result<Response> {
    let frame = visitor.frame(service, "")?;
    let home = &frame.home;
    let hint = format!("Type the word {CONFIRMATION}.");
    let has_passkeys = !service.store.passkeys_of(&visitor.user)?.is_empty();
    let content = html! {
        p {
            @if has_passkeys {
                "After this, the entry in your authenticator app no longer works. Your passkeys stay."
            } @else {
                "Afterwards the password alone opens the account, the key in your authenticator app \
                 is of no use any more, and the backup codes are gone."
            }
        }
        form.card method="post" action={ (home) "/two-factor/disable" } {
            (token(&frame.form))
            (field(&Field {
                name: "confirmation",
                label: "Are you sure?",
                hint: Some(&hint),
                kind: "text",
                autocomplete: "off",
                value: &typed.confirmation,
                keys: Keys::Code,
                focus: refusal.code.is_none(),
                problem: refusal.confirmation,
                ..Field::default()
            }))
            (proof_fields(
                &typed.proofs,
                "Six-digit code from your authenticator app",
                false,
                refusal.code.map(|(_, text)| text),
            ))
            button.danger type="submit" { "Disable two-factor authentication" }
            p { a href=(home) { "Keep it on" } }
        }
    };
    let status = match refusal {
        Refusal {
            code: Some((status, _)),
            ..
        } => *status,
        Refusal {
            confirmation: Some(_),
            ..
        } => StatusCode::UNPROCESSABLE_ENTITY,
        Refusal { .. } => StatusCode::OK,
    };
    let page = inside("Disable two-factor authentication", &frame, &content);
    Ok(answer(status, page))
}

pub(super) async fn show_disable(State(service): Shared, visitor: SignedIn) -> Result<Response> {
    let (state, _) = service.store.two_factor(&visitor.user.id)?;
    if state == TwoFactor::On {
        disable_page(&service, &visitor, &Disable::default(), &Refusal::default())
    } else {
        Ok(to(&service, ""))
    }
}

#[derive(Deserialize, Default)]
pub(super) struct Disable {
    #[serde(default)]
    confirmation: String,
    #[serde(flatten)]
    proofs: Proofs,
}

pub(super) async fn disable(
    State(service): Shared,
    Once(visitor, mut typed): Once<SignedIn, Disable>,
) -> Result<Response> {
    let is_sure = typed.confirmation.trim().eq_ignore_ascii_case(CONFIRMATION);
    if !is_sure {
        let refusal = Refusal {
            confirmation: Some("Type the word to confirm."),
            code: None,
        };
        return disable_page(&service, &visitor, &typed, &refusal);
    }
    let disabled = match typed.proofs.proof() {
        None => Err(StoreError::CodeRequired),
        Some(proof) => {
            let caller = visitor.caller();
            let now = service.now();
            service
                .store
                .disable_two_factor(&caller, &visitor.user.id, proof, now)
        }
    };
    match disabled {
        Ok(()) => Ok(to(&service, "")),
        Err(err @ (StoreError::WrongCode | StoreError::CodeRequired)) => {
            let (_, text) = told(&err);
            let refusal = Refusal {
                confirmation: None,
                code: Some((StatusCode::UNPROCESSABLE_ENTITY, text)),
            };
            disable_page(&service, &visitor, &typed, &refusal)
        }
        Err(other) => Err(other.into()),
    }
}
