//! Who asks for a page, and whether a form may be sent.

use std::sync::Arc;

use axum::{
    Form,
    extract::{FromRequest, FromRequestParts, Request},
    http::request::Parts,
};
use serde::{Deserialize, de::DeserializeOwned};

use super::{
    cookie,
    layout::Frame,
    problem::{Problem, Result},
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

    /// The frame of a page, with a fresh token for its forms.
    pub(super) fn frame(&self, service: &Service, place: &'static str) -> Result<Frame> {
        Ok(Frame {
            home: service.home.clone(),
            email: self.user.email.clone(),
            form: service.store.new_form(&self.token, service.now())?,
            place,
        })
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

/// Somebody without a session, who was shown a form.
pub(super) struct Visitor {
    pub(super) visit: String,
}

impl FromRequestParts<Arc<Service>> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, service: &Arc<Service>) -> Result<Self> {
        let visit = cookie::own(&parts.headers, service, cookie::VISIT).ok_or(Problem::Form)?;
        Ok(Self {
            visit: visit.to_owned(),
        })
    }
}

/// Whose forms these are.
pub(super) trait Owner: FromRequestParts<Arc<Service>, Rejection = Problem> + Send {
    /// The secret that the forms are bound to.
    fn secret(&self) -> &str;
}

impl Owner for SignedIn {
    fn secret(&self) -> &str {
        &self.token
    }
}

impl Owner for Visitor {
    fn secret(&self) -> &str {
        &self.visit
    }
}

/// What a form sends: its token and its fields.
#[derive(Deserialize)]
struct Sent<T> {
    form: String,
    #[serde(flatten)]
    fields: T,
}

async fn read<O: Owner, T: DeserializeOwned>(
    request: Request,
    service: &Arc<Service>,
) -> Result<(O, Sent<T>)> {
    let (mut parts, body) = request.into_parts();
    let owner = O::from_request_parts(&mut parts, service).await?;
    let request = Request::from_parts(parts, body);
    let Ok(Form(sent)) = Form::<Sent<T>>::from_request(request, service).await else {
        return Err(Problem::Form);
    };
    Ok((owner, sent))
}

/// A form that was sent for the first time, by the one that it was made for: the only way to
/// anything that changes state.
pub(super) struct Once<O, T>(pub(super) O, pub(super) T);

impl<O: Owner, T: DeserializeOwned> FromRequest<Arc<Service>> for Once<O, T> {
    type Rejection = Problem;

    async fn from_request(request: Request, service: &Arc<Service>) -> Result<Self> {
        let (owner, sent) = read::<O, T>(request, service).await?;
        let now = service.now();
        if service.store.use_form(owner.secret(), &sent.form, now)? {
            Ok(Self(owner, sent.fields))
        } else {
            Err(Problem::Form)
        }
    }
}

/// A form that changes nothing, and may be sent again.
pub(super) struct Often<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<Arc<Service>> for Often<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, service: &Arc<Service>) -> Result<Self> {
        let (owner, sent) = read::<SignedIn, T>(request, service).await?;
        let now = service.now();
        if service.store.knows_form(&owner.token, &sent.form, now)? {
            Ok(Self(sent.fields))
        } else {
            Err(Problem::Form)
        }
    }
}
