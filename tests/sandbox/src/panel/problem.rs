//! How a person is told what went wrong.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use maud::html;

use super::{HOME, layout, to};
use crate::store::StoreError;

/// Why there is another page than the one that was asked for.
#[derive(Debug)]
pub(crate) enum Problem {
    /// Nobody is signed in.
    SignIn,
    /// The form was not made for this visit or session, is too old, or was sent before.
    Form,
    /// There is no such page.
    NoPage,
    /// The state.
    Store(StoreError),
}

impl From<StoreError> for Problem {
    fn from(err: StoreError) -> Self {
        match err {
            StoreError::UnknownSession | StoreError::ExpiredSession => Self::SignIn,
            other => Self::Store(other),
        }
    }
}

pub(super) type Result<T> = std::result::Result<T, Problem>;

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, text) = match &self {
            Self::SignIn => return to("/sign-in"),
            Self::Form => (
                StatusCode::FORBIDDEN,
                "This form was sent before, is too old, or comes from another page. Nothing was \
                 changed by it.",
            ),
            Self::NoPage => (StatusCode::NOT_FOUND, "There is no such page."),
            Self::Store(err) => told(err),
        };
        let content = html! {
            p.alert role="alert" { (text) }
            p { a.button href=(HOME) { "Go to the account" } }
        };
        layout::answer(status, layout::outside("This did not work", &content))
    }
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
