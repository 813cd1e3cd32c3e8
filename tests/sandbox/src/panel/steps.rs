//! The two steps of a sign-in, the same at every door: the email address and the password, then a
//! code.
//!
//! Every form is answered with a redirect to the step that comes next, or to the same step, whose
//! page then says what was wrong. So a page can be loaded again at any time.

use axum::{Form, extract::rejection::FormRejection, http::HeaderMap, response::Response};
use maud::{Markup, html};
use serde::{Deserialize, de::DeserializeOwned};

use super::{
    Home, cookie,
    field::{Field, Proofs, backup_code_field, field, proof_fields, token},
    memory::{Refusal, Said},
    passkey_form::{Answer, Asks, PasskeyForm},
    problem::told,
    visitor::Sent,
};
use crate::{
    service::Service,
    store::{Attempt, Client, Entry, Issued, StoreError, User},
    webauthn::{self, Begun, Entered},
};

type Result<T> = std::result::Result<T, StoreError>;

/// A step of a sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// The email address and the password.
    Password,
    /// The code, once the password was right.
    Code,
}

impl Step {
    /// The address of the step's page, below what it signs in to.
    pub(crate) fn page(self) -> &'static str {
        match self {
            Self::Password => "/sign-in",
            Self::Code => "/sign-in/code",
        }
    }
}

/// The field that a problem with a passkey is about.
const PASSKEY: &str = "passkey";

/// What somebody signs in to.
pub(crate) trait Door {
    /// The path that the door's cookie of a visit has.
    fn home(&self) -> &Home;
    /// The address of a step.
    fn address(&self, step: Step) -> String;
    /// What stands above the form of both steps.
    fn introduction(&self) -> Markup;
    /// What stands below the form of a step.
    fn help(&self, step: Step) -> Markup;
    /// The word on the button that may be the last one.
    fn action(&self) -> &'static str;
    /// A page with a form.
    fn page(&self, title: &str, content: &Markup) -> Response;
    /// A redirect to an address of this door, with `GET`.
    fn lead(&self, address: &str) -> Response;
    /// The answer to a form whose visit is over.
    fn too_old(&self) -> Response;
    /// The answer to somebody who has signed in; without the visit's cookie.
    fn let_in(&self, service: &Service, issued: &Issued) -> Response;
}

/// A form as it arrived, or not.
pub(crate) type Arrived<T> = std::result::Result<Form<Sent<T>>, FormRejection>;

/// What the first step sends: an email address and a password, or a passkey's answer.
#[derive(Deserialize)]
pub(crate) struct SignIn {
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
    #[serde(flatten)]
    passkey: Answer,
}

/// What the second step sends: a code, or a passkey's answer.
#[derive(Deserialize)]
pub(crate) struct Code {
    #[serde(flatten)]
    proofs: Proofs,
    #[serde(flatten)]
    passkey: Answer,
}

fn set_visit(answer: &mut Response, service: &Service, door: &impl Door, visit: &str) {
    cookie::set_below(
        answer.headers_mut(),
        service,
        door.home(),
        (cookie::VISIT, visit),
    );
}

/// The page of the first step; `why` says what led to it.
pub(crate) fn show_password(
    service: &Service,
    door: &impl Door,
    headers: &HeaderMap,
    why: Option<Said>,
) -> Result<Response> {
    let now = service.now();
    let known = cookie::of(headers, door.home(), cookie::VISIT);
    let visit = service.store.visit(known, now)?;
    let refusal = service
        .memory
        .take_refusal(&visit, Step::Password.page(), now);
    let said = service.memory.take_said(&visit, now).or(why);
    let problem = Refusal::of(refusal.as_ref(), "password");
    let email = service.memory.email(&visit, now).unwrap_or_default();
    let form = service.store.new_form(&visit, now)?;
    let begun = webauthn::begin_sign_in(service, &visit)?;
    let content = html! {
        @if let Some(said) = said.filter(|_| problem.is_none()) { (said) }
        (door.introduction())
        form.card method="post" action=(door.address(Step::Password)) {
            (token(&form))
            (field(&Field {
                name: "email",
                label: "Email address",
                kind: "email",
                autocomplete: "username",
                value: &email,
                focus: email.is_empty() && problem.is_none(),
                ..Field::default()
            }))
            // A problem stands beside the password, since it concerns both.
            (field(&Field {
                name: "password",
                label: "Password",
                kind: "password",
                autocomplete: "current-password",
                focus: !email.is_empty(),
                problem,
                ..Field::default()
            }))
            button type="submit" { (door.action()) }
        }
        (passkey_form(service, (door, Step::Password), (&form, &begun), refusal.as_ref()))
        (door.help(Step::Password))
    };
    let mut answer = door.page("Sign in", &content);
    set_visit(&mut answer, service, door, &visit);
    Ok(answer)
}

/// The visit and the fields of a form that was sent for the first time; else the answer.
fn once<T: DeserializeOwned>(
    service: &Service,
    (door, step): (&impl Door, Step),
    headers: &HeaderMap,
    arrived: Arrived<T>,
) -> Result<std::result::Result<(String, T), Response>> {
    let now = service.now();
    let Some(visit) = cookie::of(headers, door.home(), cookie::VISIT) else {
        return Ok(Err(door.too_old()));
    };
    if let Ok(Form(sent)) = arrived
        && service.store.use_form(visit, &sent.form, now)?
    {
        return Ok(Ok((visit.to_owned(), sent.fields)));
    }
    if !service.store.knows_visit(visit, now)? {
        return Ok(Err(door.too_old()));
    }
    service.memory.say(visit, Said::form_not_taken(), now);
    Ok(Err(door.lead(&door.address(step))))
}

/// Takes the form of the first step.
pub(crate) fn enter(
    service: &Service,
    door: &impl Door,
    (client, headers): (&Client, &HeaderMap),
    arrived: Arrived<SignIn>,
) -> Result<Response> {
    let step = Step::Password;
    let (visit, typed) = match once(service, (door, step), headers, arrived)? {
        Ok(sent) => sent,
        Err(answer) => return Ok(answer),
    };
    if typed.passkey.is_given() {
        return enter_with_passkey(service, (door, step), &visit, &typed.passkey, client);
    }
    let now = service.now();
    let attempt = Attempt {
        email: &typed.email,
        password: &typed.password,
        proof: None,
        in_browser: true,
    };
    match service.store.enter(&visit, &attempt, client, now) {
        Ok(Entry::Session(issued)) => Ok(let_in(service, door, &visit, &issued)),
        Ok(Entry::Code(next)) => {
            service.memory.forget(&visit);
            service.memory.keep_email(&next, &typed.email, now);
            let mut answer = door.lead(&door.address(Step::Code));
            set_visit(&mut answer, service, door, &next);
            Ok(answer)
        }
        Err(err @ (StoreError::WrongPassword | StoreError::Locked(_))) => {
            service.memory.keep_email(&visit, &typed.email, now);
            let told = ("password", told(&err).1);
            Ok(refuse(service, (door, step), &visit, told))
        }
        Err(other) => Err(other),
    }
}

/// The form for a passkey, which stands beside that of a step.
fn passkey_form(
    service: &Service,
    (door, step): (&impl Door, Step),
    (form, begun): (&str, &Begun),
    refusal: Option<&Refusal>,
) -> Markup {
    let form = PasskeyForm {
        action: &door.address(step),
        form,
        asks: Asks::Get,
        begun,
        fields: html! {},
        button: match step {
            Step::Password => "Sign in with a passkey",
            Step::Code => "Use a passkey",
        },
        problem: Refusal::of(refusal, PASSKEY),
    };
    form.show(service)
}

/// Takes a passkey's answer at either step.
fn enter_with_passkey(
    service: &Service,
    (door, step): (&impl Door, Step),
    visit: &str,
    Answer { ceremony, answer }: &Answer,
    client: &Client,
) -> Result<Response> {
    let text = match webauthn::enter(service, visit, ceremony, answer, client) {
        Ok(Entered::Session(issued)) => return Ok(let_in(service, door, visit, &issued)),
        Ok(Entered::Refused) => {
            "This passkey was not accepted. It may have been removed from the account."
        }
        Ok(Entered::TooLate) => "The page was too old. Try again.",
        Err(err) => return start_again(service, door, visit, err),
    };
    Ok(refuse(service, (door, step), visit, (PASSKEY, text)))
}

/// Leads back to a step, whose page says what is wrong with a field.
fn refuse(
    service: &Service,
    (door, step): (&impl Door, Step),
    visit: &str,
    (field, text): (&'static str, &'static str),
) -> Response {
    let refusal = Refusal {
        page: step.page(),
        field,
        text,
        typed: Vec::new(),
    };
    let now = service.now();
    service.memory.say(visit, Said::Refused(refusal), now);
    door.lead(&door.address(step))
}

fn let_in(service: &Service, door: &impl Door, visit: &str, issued: &Issued) -> Response {
    service.memory.forget(visit);
    let mut answer = door.let_in(service, issued);
    set_visit(&mut answer, service, door, "");
    answer
}

/// The page of the second step; where no code is awaited, a redirect to the first one.
pub(crate) fn show_code(
    service: &Service,
    door: &impl Door,
    headers: &HeaderMap,
) -> Result<Response> {
    let Some(visit) = cookie::of(headers, door.home(), cookie::VISIT) else {
        return Ok(door.lead(&door.address(Step::Password)));
    };
    match service.store.awaited(visit, service.now()) {
        Ok(user) => code_page(service, door, visit, &user),
        Err(err) => start_again(service, door, visit, err),
    }
}

fn code_page(service: &Service, door: &impl Door, visit: &str, user: &User) -> Result<Response> {
    let now = service.now();
    let form = service.store.new_form(visit, now)?;
    let refusal = service.memory.take_refusal(visit, Step::Code.page(), now);
    let refusal = refusal.as_ref();
    let begun = webauthn::begin_second_factor(service, visit)?;
    let by_passkey = html! {
        @if let Some(begun) = &begun {
            (passkey_form(service, (door, Step::Code), (&form, begun), refusal))
        }
    };
    let content = html! {
        @if let Some(said) = service.memory.take_said(visit, now) { (said) }
        (door.introduction())
        // The usual way stands first.
        @if !user.app { (by_passkey) }
        form.card method="post" action=(door.address(Step::Code)) {
            (token(&form))
            p.hint {
                "You sign in as " strong { (user.email) } ". "
                a href=(door.address(Step::Password)) { "Use another account" }
            }
            @if user.app {
                (proof_fields("Six-digit code from your authenticator app", true, refusal))
            } @else {
                @let of_code = Refusal::of(refusal, "code");
                (backup_code_field(Refusal::of(refusal, "backup_code").or(of_code)))
            }
            button type="submit" { (door.action()) }
        }
        @if user.app { (by_passkey) }
        (door.help(Step::Code))
    };
    Ok(door.page("Two-factor authentication", &content))
}

/// Leads to the first step, which says why no code is awaited any more.
fn start_again(
    service: &Service,
    door: &impl Door,
    visit: &str,
    err: StoreError,
) -> Result<Response> {
    let why = match err {
        StoreError::UnknownSession => None,
        StoreError::ExpiredSession => {
            Some("You did not enter a code within ten minutes. Enter your password again.")
        }
        StoreError::Locked(_) => Some(told(&err).1),
        other => return Err(other),
    };
    if let Some(why) = why {
        let said = Said::Failed(why.into());
        service.memory.say(visit, said, service.now());
    }
    Ok(door.lead(&door.address(Step::Password)))
}

/// Takes the form of the second step.
pub(crate) fn enter_with_code(
    service: &Service,
    door: &impl Door,
    (client, headers): (&Client, &HeaderMap),
    arrived: Arrived<Code>,
) -> Result<Response> {
    let step = Step::Code;
    let (visit, typed) = match once(service, (door, step), headers, arrived)? {
        Ok(sent) => sent,
        Err(answer) => return Ok(answer),
    };
    if typed.passkey.is_given() {
        return enter_with_passkey(service, (door, step), &visit, &typed.passkey, client);
    }
    let mut typed = typed.proofs;
    let now = service.now();
    let proof = typed.proof();
    match service.store.enter_with_code(&visit, proof, client, now) {
        Ok(issued) => Ok(let_in(service, door, &visit, &issued)),
        Err(err @ (StoreError::WrongCode | StoreError::CodeRequired)) => {
            let told = (typed.field(), told(&err).1);
            Ok(refuse(service, (door, step), &visit, told))
        }
        Err(other) => start_again(service, door, &visit, other),
    }
}
