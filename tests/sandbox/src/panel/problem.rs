//! How a person is told what went wrong.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{Method, StatusCode},
    middleware::Next,
    response::{IntoResponse, Response},
};
use maud::html;

use super::{codes, cookie, layout, memory::Said, steps::Step, to};
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
            // The sign-in page says which it is.
            StoreError::UnknownSession | StoreError::ExpiredSession | StoreError::Locked(_) => {
                Self::SignIn
            }
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
///
/// A form that was refused is answered with a redirect, like every other form: the page that it
/// leads to says why. A failure of the sandbox itself is no refusal, and may be sent again.
pub(super) async fn explain(
    State(service): State<Arc<Service>>,
    request: Request,
    next: Next,
) -> Response {
    let is_form = request.method() == Method::POST;
    let path = request.uri().path().to_owned();
    let session = cookie::own(request.headers(), &service, cookie::SESSION).map(str::to_owned);
    let answer = next.run(request).await;
    let Some(problem) = answer.extensions().get::<Problem>() else {
        return answer;
    };
    let (status, text) = match problem {
        Problem::SignIn => return to(&service, Step::Password.page()),
        Problem::NoPage => return layout::not_found(Some(&service.home)),
        Problem::Form => (StatusCode::FORBIDDEN, None),
        Problem::Store(err) => {
            let (status, text) = told(err);
            (status, Some(text))
        }
    };
    let is_refusal = is_form && !status.is_server_error();
    if let Some(session) = session.filter(|_| is_refusal) {
        let said = text.map_or_else(Said::form_not_taken, |text| Said::Failed(text.into()));
        let place = page_of(&service, &session, &path);
        service.memory.say(&session, said, service.now());
        return to(&service, place);
    }
    let home = &service.home;
    let content = html! {
        p.alert role="alert" { (text.unwrap_or_default()) }
        p { a.button href=(home) { "Go to the account" } }
    };
    let page = layout::outside(Some(home), "This did not work", &content);
    layout::answer(status, page)
}

/// The page that shows what a form was about.
fn page_of(service: &Service, session: &str, path: &str) -> &'static str {
    let below = path.strip_prefix(service.home.path()).unwrap_or_default();
    let is_about_factor = ["/two-factor/", codes::PAGE]
        .iter()
        .any(|start| below.starts_with(start));
    if is_about_factor && service.memory.codes(session, service.now()).is_some() {
        return codes::PAGE;
    }
    let places = layout::PLACES.iter().map(|(place, _)| *place);
    places
        .filter(|place| below.starts_with(place))
        .max_by_key(|place| place.len())
        .unwrap_or_default()
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
