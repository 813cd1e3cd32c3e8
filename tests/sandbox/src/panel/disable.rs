//! Disabling two-factor authentication.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use maud::html;
use serde::Deserialize;

use super::{
    field::{Field, Keys, Proofs, field, proof_fields, token},
    layout::{answer, below},
    memory::{Refusal, Said},
    problem::{Result, told},
    to,
    visitor::{Once, SignedIn},
};
use crate::{
    service::Service,
    store::{StoreError, TwoFactor},
};

type Shared = State<Arc<Service>>;

/// The page that asks.
pub(super) const PAGE: &str = "/two-factor/disable";

/// The word that is typed to confirm.
const CONFIRMATION: &str = "disable";

pub(super) async fn show(State(service): Shared, visitor: SignedIn) -> Result<Response> {
    if service.store.two_factor(&visitor.user.id)?.app != TwoFactor::On {
        return Ok(to(&service, ""));
    }
    let has_passkeys = !service.store.passkeys_of(&visitor.user)?.is_empty();
    let refusal = visitor.refusal(&service, PAGE);
    let refusal = refusal.as_ref();
    let problem = Refusal::of(refusal, "confirmation");
    let frame = visitor.frame(&service, "")?;
    let home = &frame.home;
    let hint = format!("Type the word {CONFIRMATION}.");
    let content = html! {
        p {
            @if has_passkeys {
                "After this, the entry in your authenticator app no longer works. Your passkeys stay."
            } @else {
                "After this, the password alone opens the account. The entry in your authenticator \
                 app and your backup codes no longer work."
            }
        }
        form.card method="post" action={ (home) (PAGE) } {
            (token(&frame.form))
            (field(&Field {
                name: "confirmation",
                label: "Are you sure?",
                hint: Some(&hint),
                kind: "text",
                autocomplete: "off",
                value: Refusal::typed(refusal, "confirmation"),
                keys: Keys::Code,
                focus: refusal.is_none(),
                problem,
                ..Field::default()
            }))
            (proof_fields("Six-digit code from your authenticator app", false, refusal))
            div.actions {
                button.danger type="submit" { "Disable two-factor authentication" }
                a.button.quiet href=(home) { "Keep it on" }
            }
        }
    };
    let page = below("Disable two-factor authentication", &frame, &content);
    Ok(answer(StatusCode::OK, page))
}

#[derive(Deserialize)]
pub(super) struct Disable {
    #[serde(default)]
    confirmation: String,
    #[serde(flatten)]
    proofs: Proofs,
}

pub(super) async fn disable(
    State(service): Shared,
    Once(visitor, typed): Once<SignedIn, Disable>,
) -> Result<Response> {
    let Disable {
        confirmation,
        mut proofs,
    } = typed;
    let refuse = |field, text| {
        let refusal = Refusal {
            page: PAGE,
            field,
            text,
            typed: vec![("confirmation", confirmation.clone())],
        };
        Ok(visitor.say(&service, PAGE, Said::Refused(refusal)))
    };
    if !confirmation.trim().eq_ignore_ascii_case(CONFIRMATION) {
        return refuse("confirmation", "Type the word to confirm.");
    }
    let field = proofs.field();
    let disabled = proofs
        .proof()
        .ok_or(StoreError::CodeRequired)
        .and_then(|proof| {
            let id = &visitor.user.id;
            service
                .store
                .disable_two_factor(&visitor.caller(), id, proof, service.now())
        });
    match disabled {
        Ok(()) => {
            let said = "Two-factor authentication is off.";
            Ok(visitor.say(&service, "", Said::Done(said.into())))
        }
        Err(err @ (StoreError::WrongCode | StoreError::CodeRequired)) => {
            refuse(field, told(&err).1)
        }
        Err(other) => Err(other.into()),
    }
}
