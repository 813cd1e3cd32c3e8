//! Who asks for a page, and whether a form may be sent.

use std::sync::Arc;

use axum::{
    Form,
    extract::{FromRequest, FromRequestParts, Request},
    http::request::Parts,
    response::Response,
};
use serde::{Deserialize, de::DeserializeOwned};

use super::{
    cookie,
    layout::Frame,
    memory::{Refusal, Said},
    problem::{Problem, Result},
    to,
};
use crate::{
    service::Service,
    store::{Principal, Session, User},
};

/// Somebody with a session; everybody else is led to the sign-in.
pub(super) struct SignedIn {
    pub(super) token: String,
    pub(super) session: Session,
    pub(super) user: User,
}

impl SignedIn {
    /// The caller of the store's operations.
    pub(super) fn caller(&self) -> Principal {
        Principal::User(Box::new(self.user.clone()))
    }

    /// The frame of a page, with a fresh token for its forms and what is to be said on it.
    pub(super) fn frame(&self, service: &Service, place: &'static str) -> Result<Frame> {
        let now = service.now();
        Ok(Frame {
            home: service.home.clone(),
            email: self.user.email.clone(),
            form: service.store.new_form(&self.token, now)?,
            place,
            said: service.memory.take_said(&self.token, now),
        })
    }

    /// Leads to a place of the panel that says something.
    pub(super) fn say(&self, service: &Service, place: &str, said: Said) -> Response {
        service.memory.say(&self.token, said, service.now());
        to(service, place)
    }

    /// What was wrong with the form of a page, this once.
    pub(super) fn refusal(&self, service: &Service, page: &str) -> Option<Refusal> {
        let now = service.now();
        service.memory.take_refusal(&self.token, page, now)
    }
}

impl FromRequestParts<Arc<Service>> for SignedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, service: &Arc<Service>) -> Result<Self> {
        let token = cookie::own(&parts.headers, service, cookie::SESSION).ok_or(Problem::SignIn)?;
        let (session, user) = service.store.session(token, service.now())?;
        Ok(Self {
            token: token.to_owned(),
            session,
            user,
        })
    }
}

/// What a form sends: its token and its fields.
#[derive(Deserialize)]
pub(crate) struct Sent<T> {
    pub(super) form: String,
    #[serde(flatten)]
    pub(super) fields: T,
}

/// A form that was sent for the first time, by the one that it was made for: the only way to
/// anything that changes state.
pub(super) struct Once<O, T>(pub(super) O, pub(super) T);

impl<T: DeserializeOwned> FromRequest<Arc<Service>> for Once<SignedIn, T> {
    type Rejection = Problem;

    async fn from_request(request: Request, service: &Arc<Service>) -> Result<Self> {
        let (mut parts, body) = request.into_parts();
        let visitor = SignedIn::from_request_parts(&mut parts, service).await?;
        let request = Request::from_parts(parts, body);
        let Ok(Form(sent)) = Form::<Sent<T>>::from_request(request, service).await else {
            return Err(Problem::Form);
        };
        let now = service.now();
        if service.store.use_form(&visitor.token, &sent.form, now)? {
            Ok(Self(visitor, sent.fields))
        } else {
            Err(Problem::Form)
        }
    }
}
