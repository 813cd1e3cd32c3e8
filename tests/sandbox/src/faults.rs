//! Failures on demand, and the record of what was asked.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use axum::http::{HeaderMap, Method};
use regex::Regex;
use serde::{Deserialize, Serialize};

/// A fault that can never happen.
#[derive(Debug, thiserror::Error)]
#[error("path_regex is no regular expression: {0}")]
pub struct FaultError(#[from] regex::Error);

/// How often a fault happens when nothing is said.
fn once() -> u32 {
    1
}

/// A failure to be made, as `POST /_sandbox/faults` takes it.
#[derive(Debug, Clone, Deserialize)]
pub struct Fault {
    /// Which method; every one where it is left out.
    #[serde(default)]
    pub method: Option<String>,
    /// Which paths, as a regular expression over the path without its query.
    pub path_regex: String,
    /// How often.
    #[serde(default = "once")]
    pub times: u32,
    /// How many requests of the kind are let through first.
    #[serde(default)]
    pub skip: u32,
    /// What happens.
    #[serde(flatten)]
    pub action: Action,
}

/// What happens instead of the usual answer.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Action {
    /// The connection is closed and nothing is done.
    DropBefore,
    /// The request is carried out and the connection closed before the answer.
    DropAfter,
    /// Another answer; nothing is done.
    Status {
        /// The status.
        status: u16,
        /// Headers of the answer.
        #[serde(default)]
        headers: BTreeMap<String, String>,
        /// Body of the answer: a text as it is, anything else as JSON.
        #[serde(default)]
        body: serde_json::Value,
    },
    /// The answer comes later.
    Delay {
        /// By how many milliseconds.
        ms: u64,
    },
    /// The answer's body is cut off, and the connection closed.
    Truncate {
        /// After how many bytes.
        bytes: usize,
    },
    /// A redirect (307); nothing is done.
    Redirect {
        /// Where to.
        to: String,
    },
    /// The answer's body comes a byte a second.
    SlowBody,
}

/// A request as `GET /_sandbox/requests` shows it: never a header's or a body's value.
#[derive(Debug, Clone, Serialize)]
pub struct Seen {
    /// The method.
    pub method: String,
    /// The path, with a secret in it shown as `***`.
    pub path: String,
    /// The status of the answer; nothing where the connection was closed instead.
    pub status: Option<u16>,
    /// The names of the headers.
    pub headers: Vec<String>,
}

/// The faults that wait, and the requests so far.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    faults: Mutex<Vec<(Regex, Fault)>>,
    seen: Mutex<Vec<Seen>>,
}

/// A lock whose holder panicked guards nothing worse than a list.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Ledger {
    /// Adds a fault.
    ///
    /// # Errors
    /// [`FaultError`].
    pub(crate) fn add(&self, fault: Fault) -> Result<(), FaultError> {
        let regex = Regex::new(&fault.path_regex)?;
        lock(&self.faults).push((regex, fault));
        Ok(())
    }

    /// What is to happen to a request, if anything; counts it.
    pub(crate) fn take(&self, method: &Method, path: &str) -> Option<Action> {
        let mut faults = lock(&self.faults);
        let (_, fault) = faults.iter_mut().find(|(regex, fault)| {
            fault.times > 0
                && regex.is_match(path)
                && fault
                    .method
                    .as_ref()
                    .is_none_or(|wanted| wanted.eq_ignore_ascii_case(method.as_str()))
        })?;
        if fault.skip > 0 {
            fault.skip -= 1;
            return None;
        }
        fault.times -= 1;
        let action = fault.action.clone();
        faults.retain(|(_, fault)| fault.times > 0);
        Some(action)
    }

    /// Records a request and returns its number.
    pub(crate) fn record(&self, method: &Method, path: &str, headers: &HeaderMap) -> usize {
        let mut seen = lock(&self.seen);
        seen.push(Seen {
            method: method.to_string(),
            path: hide_token(path),
            status: None,
            headers: headers.keys().map(ToString::to_string).collect(),
        });
        seen.len() - 1
    }

    /// Adds the status to a recorded request.
    pub(crate) fn answered(&self, number: usize, status: u16) {
        if let Some(seen) = lock(&self.seen).get_mut(number) {
            seen.status = Some(status);
        }
    }

    /// Every request so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        lock(&self.seen).clone()
    }
}

/// In the 2017 API the address of a token holds the token.
pub(crate) fn hide_token(path: &str) -> String {
    match path.strip_prefix("/tokens/") {
        Some(_) => "/tokens/***".to_owned(),
        None => path.to_owned(),
    }
}
