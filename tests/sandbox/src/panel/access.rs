//! API keys and sessions, and revoking them.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::{
    field::token,
    layout::{Frame, answer, inside},
    problem::Result,
    sign_in::signed_out,
    to,
    visitor::{Once, SignedIn},
};
use crate::{
    clock::Instant,
    service::Service,
    store::{ApiKey, Session},
};

type Shared = State<Arc<Service>>;

/// The place of these pages.
const PLACE: &str = "/access";

/// A moment for people and for machines.
pub(super) fn moment(at: Instant) -> Markup {
    let exact = at.whole().rfc3339();
    let shown = exact.replace('T', " ").replace('Z', " UTC");
    html! { time datetime=(exact) { (shown) } }
}

/// A button that revokes one thing; `what` tells it from the others for whoever cannot see them.
fn revoke(frame: &Frame, below: &str, name: &str, id: &str, what: &str) -> Markup {
    html! {
        form method="post" action={ (frame.home) (PLACE) (below) } {
            (token(&frame.form))
            input type="hidden" name=(name) value=(id);
            button.quiet.danger type="submit" aria-label={ "Revoke " (what) } { "Revoke" }
        }
    }
}

fn key(key: &ApiKey, frame: &Frame) -> Markup {
    html! {
        li {
            div {
                p { code { (key.access_key) } }
                @if !key.description.is_empty() { p { (key.description) } }
                p.hint {
                    "Made " (moment(key.created_at))
                    @if let Some(end) = key.expires_at { ", ends " (moment(end)) }
                }
            }
            (revoke(frame, "/key", "access_key", &key.access_key, &key.access_key))
        }
    }
}

fn session(session: &Session, own: &str, frame: &Frame) -> Markup {
    let is_own = session.jti == own;
    let what = format!("the session of {}", session.created_at.whole().rfc3339());
    html! {
        li {
            div {
                p {
                    (if session.user_agent.is_empty() { "Unknown program" } else { &session.user_agent })
                    @if is_own { " " strong { "(this one)" } }
                }
                p.hint {
                    "From " (session.ip) ", begun " (moment(session.created_at))
                    ", ends " (moment(session.expires_at))
                }
            }
            (revoke(frame, "/session", "jti", &session.jti, if is_own { "this session" } else { &what }))
        }
    }
}

pub(super) async fn show(State(service): Shared, visitor: SignedIn) -> Result<Response> {
    let caller = visitor.caller();
    let id = &visitor.user.id;
    let keys = service.store.api_keys(&caller, id)?;
    let sessions = service.store.sessions(&caller, id, service.now())?;
    let frame = visitor.frame(&service, PLACE)?;
    let content = html! {
        section aria-labelledby="keys" {
            h2 id="keys" { "API keys" }
            p { "A program that has one of these keys can act for you without a code." }
            @if keys.is_empty() { p { "There are none." } }
            ul.list { @for one in &keys { (key(one, &frame)) } }
        }
        section aria-labelledby="sessions" {
            h2 id="sessions" { "Sessions" }
            p { "Browsers and programs that are signed in with your password." }
            ul.list {
                @for one in &sessions { (session(one, &visitor.session.jti, &frame)) }
            }
        }
    };
    let page = inside("Keys and sessions", &frame, &content);
    Ok(answer(StatusCode::OK, page))
}

#[derive(Deserialize)]
pub(super) struct Key {
    access_key: String,
}

pub(super) async fn revoke_key(
    State(service): Shared,
    Once(visitor, Key { access_key }): Once<SignedIn, Key>,
) -> Result<Response> {
    service
        .store
        .delete_api_key(&visitor.caller(), &access_key)?;
    Ok(to(&service, PLACE))
}

#[derive(Deserialize)]
pub(super) struct Ended {
    jti: String,
}

pub(super) async fn revoke_session(
    State(service): Shared,
    Once(visitor, Ended { jti }): Once<SignedIn, Ended>,
) -> Result<Response> {
    service.store.end_session(&visitor.caller(), &jti)?;
    Ok(if jti == visitor.session.jti {
        signed_out(&service)
    } else {
        to(&service, PLACE)
    })
}
