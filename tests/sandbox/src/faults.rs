//! Failures on demand.

use std::{collections::BTreeMap, num::NonZeroU32};

use serde::Deserialize;

/// A fault that is not taken.
#[derive(Debug, thiserror::Error)]
pub enum FaultError {
    /// It can never happen.
    #[error("path_regex is no regular expression: {0}")]
    Regex(#[from] regex::Error),
    /// Too many wait already.
    #[error("{0} faults are waiting, and there can be no more")]
    TooMany(usize),
}

/// A failure to be made, as `POST /_sandbox/faults` takes it.
#[derive(Debug, Clone, Deserialize)]
pub struct Fault {
    /// Which method; every one where it is left out.
    #[serde(default)]
    pub method: Option<String>,
    /// Which paths, as a regular expression over the path without its query.
    pub path_regex: String,
    /// How often; once where it is left out, or without a limit where `every` is there.
    #[serde(default)]
    pub times: Option<u32>,
    /// How many requests of the kind are let through first.
    #[serde(default)]
    pub skip: u32,
    /// Of how many requests of the kind, after those that are let through, the last one fails: each
    /// third one with 3. Each one where it is left out. The others can have another fault.
    #[serde(default)]
    pub every: Option<NonZeroU32>,
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
