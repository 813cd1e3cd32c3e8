//! The backup codes, which are shown once.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use maud::html;
use serde::Deserialize;

use super::{
    field::token,
    layout::{answer, guards, inside},
    problem::{Problem, Result},
    visitor::{Often, SignedIn},
};
use crate::service::Service;

/// The answer to the right code: the one page with the backup codes.
pub(super) fn page(service: &Service, visitor: &SignedIn, codes: &[String]) -> Result<Response> {
    let frame = visitor.frame(service, "")?;
    let content = html! {
        p role="status" { "Two-factor authentication is on." }
        p {
            "Each code works once. Use one when you do not have your phone. "
            strong { "They are shown only now, so save them" }
            ", in a place where the phone is not."
        }
        ol.codes aria-label="Backup codes" {
            @for code in codes { li { code { (code) } } }
        }
        form.hide-on-paper method="post" action={ (frame.home) "/backup-codes" } {
            (token(&frame.form))
            input type="hidden" name="codes" value=(codes.join(" "));
            button type="submit" { "Download as a text file" }
        }
        ul.hide-on-paper {
            li { "To copy the codes, click the list and press Ctrl+C or ⌘C." }
            li { "To print the codes, press Ctrl+P or ⌘P. Only the codes are printed." }
        }
        p.hide-on-paper { a.button.quiet href=(frame.home) { "I have saved these codes" } }
    };
    let page = inside("Backup codes", &frame, &content);
    Ok(answer(StatusCode::OK, page))
}

#[derive(Deserialize)]
pub(super) struct Shown {
    codes: String,
}

/// The codes that a page shows, as a file. The service knows them by their hashes only, so the
/// page brings them along, in a body and not in an address.
pub(super) async fn download(
    State(service): State<Arc<Service>>,
    visitor: SignedIn,
    Often(shown): Often<Shown>,
) -> Result<Response> {
    let codes: Vec<&str> = shown.codes.split(' ').collect();
    if !service.store.are_backup_codes(&visitor.user, &codes)? {
        return Err(Problem::Form);
    }
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
