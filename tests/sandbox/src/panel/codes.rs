//! Backup codes: the page that shows new ones until they are saved, and how to get new ones.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use maud::html;
use serde::Deserialize;

use super::{
    field::{Proofs, proof_fields, token},
    layout::{answer, below, guards},
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

/// The page of codes that are not saved yet.
pub(super) const PAGE: &str = "/backup-codes";

/// The page that makes new ones.
pub(super) const RENEWAL: &str = "/backup-codes/new";

/// The codes of this session that are not saved yet, as long as others did not take their place.
pub(super) fn unsaved(service: &Service, visitor: &SignedIn) -> Result<Option<Vec<String>>> {
    let Some(codes) = service.memory.codes(&visitor.token, service.now()) else {
        return Ok(None);
    };
    if service.store.are_backup_codes(&visitor.user, &codes)? {
        Ok(Some(codes))
    } else {
        service.memory.forget_codes(&visitor.token);
        Ok(None)
    }
}

pub(super) async fn show(State(service): Shared, visitor: SignedIn) -> Result<Response> {
    let Some(codes) = unsaved(&service, &visitor)? else {
        return Ok(to(&service, ""));
    };
    let refusal = visitor.refusal(&service, PAGE);
    let problem = Refusal::of(refusal.as_ref(), "saved");
    let frame = visitor.frame(&service, "")?;
    let home = &frame.home;
    let content = html! {
        p {
            "Each code works once. Use one when you do not have your phone. "
            strong { "Save them now" }
            ", in a place where the phone is not. This page shows them for ten minutes at most."
        }
        ol.codes id="codes" aria-label="Backup codes" {
            @for code in &codes { li { code { (code) } } }
        }
        p.actions.hide-on-paper {
            button.quiet type="button" hidden data-copy="codes" { "Copy" }
            // With `download`, the browser does not ask whether the page is to be left.
            a.button.quiet href={ (home) "/backup-codes/download" } download="backup-codes.txt" {
                "Download"
            }
            button.quiet type="button" hidden data-print { "Print" }
        }
        form.card.hide-on-paper method="post" action={ (home) "/backup-codes/saved" } data-unsaved {
            (token(&frame.form))
            div.field {
                label {
                    input type="checkbox" name="saved" value="yes" required
                        aria-invalid=[problem.map(|_| "true")]
                        aria-describedby=[problem.map(|_| "saved-problem")];
                    " I have saved these codes"
                }
                @if let Some(problem) = problem {
                    p.problem role="alert" id="saved-problem" { (problem) }
                }
            }
            button type="submit" { "Continue" }
        }
    };
    let page = below("Backup codes", &frame, &content);
    Ok(answer(StatusCode::OK, page))
}

/// The codes of the page, as a file.
pub(super) async fn download(State(service): Shared, visitor: SignedIn) -> Result<Response> {
    let Some(codes) = unsaved(&service, &visitor)? else {
        return Ok(to(&service, ""));
    };
    let mut headers = guards("'none'");
    for (name, value) in [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"backup-codes.txt\"",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    let text = codes
        .iter()
        .fold(String::new(), |text, code| text + code + "\n");
    Ok((headers, text).into_response())
}

#[derive(Deserialize)]
pub(super) struct Saved {
    #[serde(default)]
    saved: String,
}

pub(super) async fn saved(
    State(service): Shared,
    Once(visitor, typed): Once<SignedIn, Saved>,
) -> Result<Response> {
    if typed.saved.is_empty() {
        let refusal = Refusal {
            page: PAGE,
            field: "saved",
            text: "Save the codes first, then say so here.",
            typed: Vec::new(),
        };
        return Ok(visitor.say(&service, PAGE, Said::Refused(refusal)));
    }
    service.memory.forget_codes(&visitor.token);
    let said = "Your backup codes are saved. They are not shown again.";
    Ok(visitor.say(&service, "", Said::Done(said.into())))
}

pub(super) async fn show_renewal(State(service): Shared, visitor: SignedIn) -> Result<Response> {
    if service.store.two_factor(&visitor.user.id)?.app != TwoFactor::On {
        return Ok(to(&service, ""));
    }
    let refusal = visitor.refusal(&service, RENEWAL);
    let frame = visitor.frame(&service, "")?;
    let home = &frame.home;
    let content = html! {
        p {
            "You get ten new codes. "
            strong { "The old ones stop working at once." }
        }
        form.card method="post" action={ (home) (RENEWAL) } {
            (token(&frame.form))
            (proof_fields("Six-digit code from your authenticator app", true, refusal.as_ref()))
            div.actions {
                button type="submit" { "Make new codes" }
                a.button.quiet href=(home) { "Keep the old ones" }
            }
        }
    };
    let page = below("New backup codes", &frame, &content);
    Ok(answer(StatusCode::OK, page))
}

pub(super) async fn renew(
    State(service): Shared,
    Once(visitor, mut typed): Once<SignedIn, Proofs>,
) -> Result<Response> {
    let now = service.now();
    let field = typed.field();
    let renewed = typed
        .proof()
        .ok_or(StoreError::CodeRequired)
        .and_then(|proof| {
            let id = &visitor.user.id;
            service
                .store
                .renew_backup_codes(&visitor.caller(), id, proof, now)
        });
    match renewed {
        Ok(made) => {
            service.memory.keep_codes(&visitor.token, made, now);
            let said = "These are your new backup codes. The old ones no longer work.";
            Ok(visitor.say(&service, PAGE, Said::Done(said.into())))
        }
        Err(err @ (StoreError::WrongCode | StoreError::CodeRequired)) => {
            let refusal = Refusal {
                page: RENEWAL,
                field,
                text: told(&err).1,
                typed: Vec::new(),
            };
            Ok(visitor.say(&service, RENEWAL, Said::Refused(refusal)))
        }
        Err(other) => Err(other.into()),
    }
}
