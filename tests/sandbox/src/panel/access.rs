//! Sessions and API keys, and revoking them: a page asks first.

use std::sync::Arc;

use axum::{
    extract::{Query, State, rejection::QueryRejection},
    http::StatusCode,
    response::Response,
};
use maud::{Markup, html};
use serde::Deserialize;

use super::{
    field::token,
    layout::{Frame, answer, below, inside},
    memory::Said,
    moment::moment,
    problem::{Problem, Result},
    program, to,
    visitor::{Once, SignedIn},
};
use crate::{
    clock::Instant,
    service::Service,
    store::{ApiKey, Session, StoreError},
};

type Shared = State<Arc<Service>>;

/// The place of these pages, and those that ask.
pub(super) const PLACE: &str = "/access";
pub(super) const KEY: &str = "/access/key";
pub(super) const SESSION: &str = "/access/session";
pub(super) const OTHERS: &str = "/access/other-sessions";

/// The API key that is named.
#[derive(Deserialize)]
pub(super) struct Key {
    access_key: String,
}

/// The session that is named.
#[derive(Deserialize)]
pub(super) struct Named {
    jti: String,
}

type Asked<T> = std::result::Result<Query<T>, QueryRejection>;

/// The API key of the visitor's that is named.
fn own_key(service: &Service, visitor: &SignedIn, access_key: &str) -> Result<ApiKey> {
    let keys = service
        .store
        .api_keys(&visitor.caller(), &visitor.user.id)?;
    keys.into_iter()
        .find(|key| key.access_key == access_key)
        .ok_or_else(|| StoreError::NotFound("api_key", access_key.to_owned()).into())
}

/// The session of the visitor's that is named.
fn own_session(service: &Service, visitor: &SignedIn, jti: &str) -> Result<Session> {
    sessions(service, visitor)?
        .into_iter()
        .find(|session| session.jti == jti)
        .ok_or_else(|| StoreError::NotFound("jwt", jti.to_owned()).into())
}

/// The visitor's sessions: the one of this page first, then the one that was used last.
fn sessions(service: &Service, visitor: &SignedIn) -> Result<Vec<Session>> {
    let now = service.now();
    let caller = visitor.caller();
    let mut sessions = service.store.sessions(&caller, &visitor.user.id, now)?;
    sessions.sort_by_key(|session| {
        let is_own = session.jti == visitor.session.jti;
        (!is_own, std::cmp::Reverse(session.last_used_at))
    });
    Ok(sessions)
}

fn key_row(key: &ApiKey, frame: &Frame, now: Instant) -> Markup {
    html! {
        li {
            div {
                p.title {
                    @if key.description.is_empty() { "No description" } @else { (key.description) }
                    @if key.expires_at.is_some_and(|end| end <= now) { " " span.badge.off { "Expired" } }
                }
                p { code { (key.access_key) } }
                p.hint { (times_of(key, now)) }
            }
            a.button.quiet.danger href={ (frame.home) (KEY) "?access_key=" (key.access_key) }
                aria-label={ "Revoke the API key " (key.access_key) } { "Revoke" }
        }
    }
}

fn times_of(key: &ApiKey, now: Instant) -> Markup {
    html! {
        "Made " (moment(key.created_at, now)) " · "
        @match key.expires_at {
            Some(end) if end <= now => { "expired " (moment(end, now)) }
            Some(end) => { "expires " (moment(end, now)) }
            None => "does not expire",
        }
    }
}

fn session_row(session: &Session, own: &str, frame: &Frame, now: Instant) -> Markup {
    let is_own = session.jti == own;
    let address = format!("{}{SESSION}?jti={}", frame.home.path(), session.jti);
    let name = program::name(&session.user_agent);
    html! {
        li {
            div {
                p.title {
                    (program::named(&session.user_agent))
                    @if is_own { " " span.badge.on { "This session" } }
                }
                p.hint {
                    @if is_own {
                        "Signed in "
                    } @else {
                        "Last used " (moment(session.last_used_at, now)) " · signed in "
                    }
                    (moment(session.created_at, now)) " from " (session.ip)
                    " · ends " (moment(session.expires_at, now))
                }
            }
            @if is_own {
                form method="post" action={ (frame.home) "/sign-out" } {
                    (token(&frame.form))
                    button.quiet type="submit" { "Sign out" }
                }
            } @else {
                a.button.quiet.danger href=(address)
                    aria-label={ "Sign out " (name) " from " (session.ip) } { "Sign out" }
            }
        }
    }
}

pub(super) async fn show(State(service): Shared, visitor: SignedIn) -> Result<Response> {
    let now = service.now();
    let keys = service
        .store
        .api_keys(&visitor.caller(), &visitor.user.id)?;
    let sessions = sessions(&service, &visitor)?;
    let frame = visitor.frame(&service, PLACE)?;
    let content = html! {
        section.card aria-labelledby="sessions" {
            h2 id="sessions" { "Sessions" }
            p { "Browsers and programs that are signed in to your account. Sign out what you do not recognize." }
            ul.list {
                @for one in &sessions { (session_row(one, &visitor.session.jti, &frame, now)) }
            }
            @if sessions.len() > 1 {
                div.actions {
                    a.button.quiet.danger href={ (frame.home) (OTHERS) } { "Sign out other sessions" }
                }
            }
        }
        section.card aria-labelledby="keys" {
            h2 id="keys" { "API keys" }
            p { "A program that has one of these keys can act for you without your password and without a code." }
            @if keys.is_empty() {
                p.hint { "You have no API keys." }
            } @else {
                ul.list { @for one in &keys { (key_row(one, &frame, now)) } }
            }
        }
    };
    let page = inside("Sessions and keys", &frame, &content);
    Ok(answer(StatusCode::OK, page))
}

/// A page that asks before something is ended: what it is, what follows, and the form.
fn question(
    frame: &Frame,
    title: &str,
    (path, named): (&str, Option<(&str, &str)>),
    (what, verb): (&Markup, &str),
) -> Response {
    let content = html! {
        div.card {
            (what)
            form.actions method="post" action={ (frame.home) (path) } {
                (token(&frame.form))
                @if let Some((name, value)) = named { input type="hidden" name=(name) value=(value); }
                button.danger type="submit" { (verb) }
                a.button.quiet href={ (frame.home) (PLACE) } { "Cancel" }
            }
        }
    };
    answer(StatusCode::OK, below(title, frame, &content))
}

pub(super) async fn ask_key(
    State(service): Shared,
    visitor: SignedIn,
    asked: Asked<Key>,
) -> Result<Response> {
    let Query(Key { access_key }) = asked.map_err(|_| Problem::NoPage)?;
    let key = own_key(&service, &visitor, &access_key)?;
    let frame = visitor.frame(&service, PLACE)?;
    let what = html! {
        dl.facts {
            dt { "Key" } dd { code { (key.access_key) } }
            @if !key.description.is_empty() { dt { "Description" } dd { (key.description) } }
            dt { "Valid" } dd { (times_of(&key, service.now())) }
        }
        p { "Programs that use this key stop working at once. You cannot undo this." }
    };
    let form = (KEY, Some(("access_key", key.access_key.as_str())));
    Ok(question(
        &frame,
        "Revoke this API key?",
        form,
        (&what, "Revoke the key"),
    ))
}

pub(super) async fn revoke_key(
    State(service): Shared,
    Once(visitor, Key { access_key }): Once<SignedIn, Key>,
) -> Result<Response> {
    let key = own_key(&service, &visitor, &access_key)?;
    service
        .store
        .delete_api_key(&visitor.caller(), &key.access_key)?;
    let text = format!("The API key {} was revoked.", key.access_key);
    Ok(visitor.say(&service, PLACE, Said::Done(text.into())))
}

pub(super) async fn ask_session(
    State(service): Shared,
    visitor: SignedIn,
    asked: Asked<Named>,
) -> Result<Response> {
    let Query(Named { jti }) = asked.map_err(|_| Problem::NoPage)?;
    let session = own_session(&service, &visitor, &jti)?;
    let now = service.now();
    let frame = visitor.frame(&service, PLACE)?;
    let what = html! {
        dl.facts {
            dt { "Program" } dd { (program::name(&session.user_agent)) }
            @if !session.user_agent.is_empty() {
                dt { "It calls itself" } dd { (program::whole(&session.user_agent)) }
            }
            dt { "Address" } dd { (session.ip) }
            dt { "Signed in" } dd { (moment(session.created_at, now)) }
            dt { "Last used" } dd { (moment(session.last_used_at, now)) }
        }
        p { "Whoever uses this session has to sign in again." }
        p {
            "Did somebody else sign in? Change your password, and revoke the API keys that you do \
             not recognize."
        }
    };
    let form = (SESSION, Some(("jti", session.jti.as_str())));
    Ok(question(
        &frame,
        "Sign out this session?",
        form,
        (&what, "Sign out the session"),
    ))
}

pub(super) async fn end_session(
    State(service): Shared,
    Once(visitor, Named { jti }): Once<SignedIn, Named>,
) -> Result<Response> {
    let session = own_session(&service, &visitor, &jti)?;
    service.store.end_session(&visitor.caller(), &session.jti)?;
    let name = program::name(&session.user_agent);
    let text = format!("The session of {name} from {} was signed out.", session.ip);
    Ok(visitor.say(&service, PLACE, Said::Done(text.into())))
}

pub(super) async fn ask_others(State(service): Shared, visitor: SignedIn) -> Result<Response> {
    let others = sessions(&service, &visitor)?.len().saturating_sub(1);
    if others == 0 {
        return Ok(to(&service, PLACE));
    }
    let frame = visitor.frame(&service, PLACE)?;
    let what = html! {
        p {
            (counted(others)) " will be signed out. You stay signed in here. Your API keys still work."
        }
    };
    let verb = "Sign out other sessions";
    Ok(question(
        &frame,
        "Sign out other sessions?",
        (OTHERS, None),
        (&what, verb),
    ))
}

pub(super) async fn end_others(
    State(service): Shared,
    Once(visitor, ()): Once<SignedIn, ()>,
) -> Result<Response> {
    let now = service.now();
    let ended = service.store.end_other_sessions(&visitor.session, now)?;
    let were = if ended == 1 { "was" } else { "were" };
    let text = format!("{} {were} signed out.", counted(ended));
    Ok(visitor.say(&service, PLACE, Said::Done(text.into())))
}

/// So many other sessions, at the beginning of a sentence.
fn counted(others: usize) -> String {
    match others {
        1 => "One other session".to_owned(),
        many => format!("{many} other sessions"),
    }
}
