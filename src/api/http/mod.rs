//! One way of talking HTTP: time-outs, bounded retries, bounded answers, no foreign redirects.

mod answer;
mod auth;
mod client;
mod flag;
mod redact;
mod retry;
mod spare;
mod trace;

use reqwest::Method;
use serde_json::Value;

pub(super) use answer::Answer;
pub(crate) use auth::Auth;
pub(crate) use client::Http;

/// Whether a request may be sent again after it may have been carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Repeat {
    /// A second time changes nothing.
    Safe,
    /// A second time would do it again.
    Unsafe,
    /// Not even where it was not carried out: what it would do may be wrong after a pause.
    Never,
}

/// A request to be sent.
pub(super) struct Call {
    method: Method,
    path: String,
    query: Vec<(&'static str, String)>,
    body: Option<Value>,
    repeat: Repeat,
}

impl Call {
    fn new(method: Method, path: impl Into<String>, body: Option<Value>, repeat: Repeat) -> Self {
        Self {
            method,
            path: path.into(),
            query: Vec::new(),
            body,
            repeat,
        }
    }

    /// Reads something.
    pub(super) fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path, None, Repeat::Safe)
    }

    /// Makes or does something, once.
    pub(super) fn post(path: impl Into<String>, body: Value) -> Self {
        Self::new(Method::POST, path, Some(body), Repeat::Unsafe)
    }

    /// Starts something that another start replaces; there is no body.
    #[cfg(feature = "security-keys")]
    pub(super) fn start(path: impl Into<String>) -> Self {
        Self::new(Method::POST, path, None, Repeat::Safe)
    }

    /// Changes something, once.
    pub(super) fn patch(path: impl Into<String>, body: Value) -> Self {
        Self::new(Method::PATCH, path, Some(body), Repeat::Unsafe)
    }

    /// Removes something; what is removed already stays so.
    pub(super) fn delete(path: impl Into<String>) -> Self {
        Self::new(Method::DELETE, path, None, Repeat::Safe)
    }

    /// Adds to the query; the value is encoded.
    pub(super) fn query(mut self, name: &'static str, value: &impl ToString) -> Self {
        self.query.push((name, value.to_string()));
        self
    }

    /// Says that a second time changes nothing.
    pub(super) fn repeat_safe(mut self) -> Self {
        self.repeat = Repeat::Safe;
        self
    }

    /// Says that it is not sent again after it may have been carried out: the caller looks first.
    pub(super) fn repeat_unsafe(mut self) -> Self {
        self.repeat = Repeat::Unsafe;
        self
    }

    /// Sends it once, whatever the outcome: another client may change in a pause what
    /// it is about.
    pub(super) fn once(mut self) -> Self {
        self.repeat = Repeat::Never;
        self
    }
}

#[cfg(test)]
pub(super) use answer::tests;
