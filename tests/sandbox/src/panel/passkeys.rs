//! Passkeys: the list on the security page, adding one, renaming one, removing one.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use maud::{Markup, html};
use serde::Deserialize;

use super::{
    field::{Field, field, token},
    layout::{Frame, answer, below},
    memory::{Refusal, Said},
    moment::moment,
    passkey_form::{Answer, Asks, PasskeyForm},
    problem::Result,
    visitor::{Once, SignedIn},
};
use crate::{
    clock::Instant,
    service::Service,
    store::{Passkey, StoreError, passkey_name},
    webauthn::{self, Answered, Wanted},
};

type Shared = State<Arc<Service>>;

/// The place that these pages belong to.
const PLACE: &str = "";

/// The pages with a form, for what is wrong with it.
pub(super) const ADD: &str = "/passkeys/add";
const RENAME: &str = "/passkeys/rename";

fn passkey(passkey: &Passkey, frame: &Frame, now: Instant) -> Markup {
    let page = |what| frame.home.at(&format!("/passkeys/{}/{what}", passkey.id));
    html! {
        li {
            div {
                p.title { (passkey.name) }
                p.hint {
                    "Added " (moment(passkey.created_at, now))
                    @match passkey.last_login_at {
                        Some(at) => { ", last used " (moment(at, now)) },
                        None => ", never used",
                    }
                }
            }
            div.actions {
                a.button.quiet href=(page("rename")) aria-label={ "Rename " (passkey.name) } { "Rename" }
                a.button.quiet.danger href=(page("remove")) aria-label={ "Remove " (passkey.name) } { "Remove" }
            }
        }
    }
}

/// The section of the security page.
pub(super) fn section(passkeys: &[Passkey], frame: &Frame, now: Instant) -> Markup {
    let count = passkeys.len();
    html! {
        section.card aria-labelledby="passkeys" {
            h2 id="passkeys" {
                "Passkeys"
                @if count > 0 { " " span.badge.on { (count) } }
            }
            p {
                "A passkey signs you in with your fingerprint, your face, a PIN or a security key, \
                 without your password and without a code."
            }
            ul.list { @for one in passkeys { (passkey(one, frame, now)) } }
            p.actions { a.button.quiet href={ (frame.home) (ADD) } { "Add a passkey" } }
        }
    }
}

fn name_field<'a>(value: &'a str, problem: Option<&'a str>) -> Markup {
    field(&Field {
        name: "name",
        label: "Name",
        hint: Some("What keeps it, such as “Laptop” or “YubiKey”."),
        kind: "text",
        autocomplete: "off",
        value,
        focus: true,
        problem,
        ..Field::default()
    })
}

/// What is said of a passkey that was not added, or of its name.
fn told(err: StoreError) -> Result<&'static str> {
    match err {
        StoreError::Argument { argument, .. } => Ok(match argument {
            "authenticator_name" => "Enter a name of at most 100 characters.",
            "ceremony_id" => "The page was too old. Try again.",
            "raw_id" => "This passkey belongs to an account already.",
            _ => "The passkey could not be checked. Try again.",
        }),
        other => Err(other.into()),
    }
}

/// Leads back to a form, which says what is wrong.
fn refuse(
    service: &Service,
    visitor: &SignedIn,
    (page, address): (&'static str, &str),
    (text, name): (&'static str, &str),
) -> Response {
    let refusal = Refusal {
        page,
        field: "name",
        text,
        typed: vec![("name", name.to_owned())],
    };
    visitor.say(service, address, Said::Refused(refusal))
}

pub(super) async fn show_add(State(service): Shared, visitor: SignedIn) -> Result<Response> {
    let refusal = visitor.refusal(&service, ADD);
    let frame = visitor.frame(&service, PLACE)?;
    let caller = visitor.caller();
    let (user, known) = service.store.credentials(&caller, &visitor.user.id)?;
    let begun = webauthn::begin(&service, &user, &known, Wanted::Passkey)?;
    let name = Refusal::typed(refusal.as_ref(), "name");
    let form = PasskeyForm {
        action: &frame.home.at(ADD),
        form: &frame.form,
        asks: Asks::Create,
        begun: &begun,
        fields: name_field(name, Refusal::of(refusal.as_ref(), "name")),
        button: "Continue",
        problem: None,
    };
    let content = html! {
        p { "Your browser asks where to keep the passkey: on this device, on your phone, or on a security key." }
        (form.show(&service))
    };
    Ok(answer(
        StatusCode::OK,
        below("Add a passkey", &frame, &content),
    ))
}

#[derive(Deserialize)]
pub(super) struct New {
    #[serde(default)]
    name: String,
    #[serde(flatten)]
    answer: Answer,
}

pub(super) async fn add(
    State(service): Shared,
    Once(visitor, new): Once<SignedIn, New>,
) -> Result<Response> {
    let caller = visitor.caller();
    let added = passkey_name(&new.name).and_then(|name| {
        let answered = Answered::from_json(&new.answer.answer)?;
        let credential =
            webauthn::finish(&service, &visitor.user, &new.answer.ceremony, &answered)?;
        let store = &service.store;
        store.register_passkey(&caller, name, &credential, service.now())
    });
    match added {
        Ok(_) => Ok(visitor.say(&service, PLACE, Said::Done("The passkey was added.".into()))),
        Err(err) => Ok(refuse(
            &service,
            &visitor,
            (ADD, ADD),
            (told(err)?, &new.name),
        )),
    }
}

/// One of the person's passkeys.
fn find(service: &Service, visitor: &SignedIn, id: &str) -> Result<Passkey> {
    let mut passkeys = service.store.passkeys_of(&visitor.user)?.into_iter();
    let found = passkeys.find(|passkey| passkey.id == id);
    Ok(found.ok_or_else(|| StoreError::NotFound("passkey", id.to_owned()))?)
}

pub(super) async fn show_rename(
    State(service): Shared,
    Path(id): Path<String>,
    visitor: SignedIn,
) -> Result<Response> {
    let passkey = find(&service, &visitor, &id)?;
    let refusal = visitor.refusal(&service, RENAME);
    let frame = visitor.frame(&service, PLACE)?;
    let problem = Refusal::of(refusal.as_ref(), "name");
    let name = match problem {
        Some(_) => Refusal::typed(refusal.as_ref(), "name"),
        None => &passkey.name,
    };
    let content = html! {
        form.card method="post" action={ (frame.home) "/passkeys/" (id) "/rename" } {
            (token(&frame.form))
            (name_field(name, problem))
            button type="submit" { "Rename" }
        }
    };
    Ok(answer(
        StatusCode::OK,
        below("Rename a passkey", &frame, &content),
    ))
}

#[derive(Deserialize)]
pub(super) struct Name {
    #[serde(default)]
    name: String,
}

pub(super) async fn rename(
    State(service): Shared,
    Path(id): Path<String>,
    Once(visitor, Name { name }): Once<SignedIn, Name>,
) -> Result<Response> {
    let caller = visitor.caller();
    let store = &service.store;
    match store.rename_passkey(&caller, &id, &name, service.now()) {
        Ok(_) => Ok(visitor.say(
            &service,
            PLACE,
            Said::Done("The passkey was renamed.".into()),
        )),
        Err(err) => {
            let address = format!("/passkeys/{id}/rename");
            Ok(refuse(
                &service,
                &visitor,
                (RENAME, &address),
                (told(err)?, &name),
            ))
        }
    }
}

pub(super) async fn show_remove(
    State(service): Shared,
    Path(id): Path<String>,
    visitor: SignedIn,
) -> Result<Response> {
    let passkey = find(&service, &visitor, &id)?;
    let is_last = service.store.passkeys_of(&visitor.user)?.len() == 1 && !visitor.user.app;
    let frame = visitor.frame(&service, PLACE)?;
    let content = html! {
        p { "“" (passkey.name) "” will no longer sign you in." }
        @if is_last {
            p {
                "It is your only second factor. Without it your password alone opens the account, \
                 and your backup codes no longer work."
            }
        }
        p.hint { "Your device keeps its part of the passkey until you delete it there." }
        form.actions method="post" action={ (frame.home) "/passkeys/" (id) "/remove" } {
            (token(&frame.form))
            button.danger type="submit" { "Remove the passkey" }
            a.button.quiet href=(frame.home) { "Keep it" }
        }
    };
    Ok(answer(
        StatusCode::OK,
        below("Remove a passkey", &frame, &content),
    ))
}

pub(super) async fn remove(
    State(service): Shared,
    Path(id): Path<String>,
    Once(visitor, ()): Once<SignedIn, ()>,
) -> Result<Response> {
    let caller = visitor.caller();
    service.store.delete_passkey(&caller, &id, service.now())?;
    Ok(visitor.say(
        &service,
        PLACE,
        Said::Done("The passkey was removed.".into()),
    ))
}
