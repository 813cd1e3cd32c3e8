//! How a person is told what went wrong.

use std::sync::Arc;

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use maud::html;

use super::{layout, to};
use crate::{service::Service, store::StoreError};

/// Why there is another page than the one that was asked for.
#[derive(Debug, Clone)]
pub(crate) enum Problem {
    /// Nobody is signed in.
    SignIn,
    /// The form was not made for this visit or session, is too old, or was sent before.
    Form,
    /// There is no such page.
    NoPage,
    /// The state.
    Store(Arc<StoreError>),
}

impl From<StoreError> for Problem {
    fn from(err: StoreError) -> Self {
        match err {
            StoreError::UnknownSession | StoreError::ExpiredSession => Self::SignIn,
            other => Self::Store(Arc::new(other)),
        }
    }
}

pub(super) type Result<T> = std::result::Result<T, Problem>;

impl IntoResponse for Problem {
    /// An answer that carries the problem to [`explain`], which knows where the panel is.
    fn into_response(self) -> Response {
        let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Puts the page into an answer that is a [`Problem`].
pub(super) async fn explain(State(service): State<Arc<Service>>, answer: Response) -> Response {
    let Some(problem) = answer.extensions().get::<Problem>() else {
        return answer;
    };
    let (status, text) = match problem {
        Problem::SignIn => return to(&service, "/sign-in"),
        Problem::Form => (
            StatusCode::FORBIDDEN,
            "This form was sent before, is too old, or comes from another page. Nothing was \
             changed by it.",
        ),
        Problem::NoPage => (StatusCode::NOT_FOUND, "There is no such page."),
        Problem::Store(err) => told(err),
    };
    let home = &service.home;
    let content = html! {
        p.alert role="alert" { (text) }
        p { a.button href=(home) { "Go to the account" } }
    };
    let page = layout::outside(Some(home), "This did not work", &content);
    layout::answer(status, page)
}

/// The status and the text for a failure.
pub(crate) fn told(err: &StoreError) -> (StatusCode, &'static str) {
    match err {
        StoreError::WrongPassword => (
            StatusCode::UNAUTHORIZED,
            "The email address or the password is wrong.",
        ),
        StoreError::CodeRequired => (
            StatusCode::UNAUTHORIZED,
            "Two-factor authentication is on. Enter a code.",
        ),
        StoreError::WrongCode => (
            StatusCode::UNAUTHORIZED,
            "The code is wrong or already used.",
        ),
        StoreError::Locked(_) => (
            StatusCode::LOCKED,
            "The account is locked. An administrator of the organization can unlock it.",
        ),
        StoreError::NotFound(..) => (StatusCode::NOT_FOUND, "It is already gone."),
        StoreError::Precondition(text) => (StatusCode::CONFLICT, text),
        _ => (
            StatusCode::INTERNAL_SERVER_ERROR,
            "Something went wrong in the sandbox.",
        ),
    }
}
