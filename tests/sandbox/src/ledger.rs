//! The record of what was asked, and the failures that wait.

use std::{
    collections::VecDeque,
    num::NonZeroU32,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use axum::http::{HeaderMap, Method};
use regex::{Regex, RegexBuilder};
use serde::Serialize;

use crate::faults::{Action, Fault, FaultError};

/// How many requests are remembered; the oldest make room.
const REQUESTS: usize = 10_000;

/// How many faults can wait.
const FAULTS: usize = 1_000;

/// How large a regular expression of a fault can become, in bytes.
const REGEX_BYTES: usize = 256 * 1024;

/// A request as `GET /_sandbox/requests` shows it: never a header's or a body's value.
#[derive(Debug, Clone, Serialize)]
pub struct Seen {
    /// The method.
    pub method: String,
    /// The path, with whatever may be a secret in it shown as `***`.
    pub path: String,
    /// The status of the answer; nothing where the connection was closed instead.
    pub status: Option<u16>,
    /// The names of the headers.
    pub headers: Vec<String>,
    /// The number of the connection, from 1: requests with the same number came over the same one.
    pub connection: u64,
    /// When its headers had come, in milliseconds of real time since the service started.
    pub began_ms: u64,
    /// When its answer was ready or its connection closed, in the same milliseconds; nothing as
    /// long as it is worked on.
    pub ended_ms: Option<u64>,
}

/// The faults that wait, and the newest requests.
#[derive(Debug)]
pub(crate) struct Ledger {
    faults: Mutex<Vec<Waiting>>,
    seen: Mutex<Requests>,
    start: Instant,
}

/// A fault that waits.
#[derive(Debug)]
struct Waiting {
    regex: Regex,
    fault: Fault,
    /// How often it can still happen; nothing for without a limit.
    left: Option<u32>,
    /// How many requests of its kind were let through since it happened last.
    passed: u32,
}

impl Waiting {
    fn is_of(&self, method: &Method, path: &str) -> bool {
        let wanted = self.fault.method.as_ref();
        self.regex.is_match(path)
            && wanted.is_none_or(|wanted| wanted.eq_ignore_ascii_case(method.as_str()))
    }
}

/// The newest requests, by number.
#[derive(Debug, Default)]
struct Requests {
    /// The number of the oldest one.
    first: usize,
    kept: VecDeque<Seen>,
}

/// A lock whose holder panicked guards nothing worse than a list.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Default for Ledger {
    fn default() -> Self {
        Self {
            faults: Mutex::default(),
            seen: Mutex::default(),
            start: Instant::now(),
        }
    }
}

impl Ledger {
    /// Adds a fault.
    ///
    /// # Errors
    /// [`FaultError`].
    pub(crate) fn add(&self, fault: Fault) -> Result<(), FaultError> {
        let regex = RegexBuilder::new(&fault.path_regex)
            .size_limit(REGEX_BYTES)
            .dfa_size_limit(REGEX_BYTES)
            .build()?;
        let mut faults = lock(&self.faults);
        if faults.len() >= FAULTS {
            return Err(FaultError::TooMany(FAULTS));
        }
        let usual = fault.every.is_none().then_some(1);
        let left = fault.times.or(usual);
        if left != Some(0) {
            faults.push(Waiting {
                regex,
                fault,
                left,
                passed: 0,
            });
        }
        Ok(())
    }

    /// What is to happen to a request, if anything; counts it.
    pub(crate) fn take(&self, method: &Method, path: &str) -> Option<Action> {
        let mut faults = lock(&self.faults);
        for (number, waiting) in faults.iter_mut().enumerate() {
            if !waiting.is_of(method, path) {
                continue;
            }
            if waiting.fault.skip > 0 {
                waiting.fault.skip -= 1;
                return None;
            }
            let every = waiting.fault.every.map_or(1, NonZeroU32::get);
            if waiting.passed + 1 < every {
                waiting.passed += 1;
                continue;
            }
            waiting.passed = 0;
            let action = waiting.fault.action.clone();
            waiting.left = waiting.left.map(|left| left - 1);
            if waiting.left == Some(0) {
                faults.remove(number);
            }
            return Some(action);
        }
        None
    }

    /// Records a request; `path` is as it may be shown.
    pub(crate) fn record(
        &self,
        connection: u64,
        method: &Method,
        path: &str,
        headers: &HeaderMap,
    ) -> Entry<'_> {
        let mut seen = lock(&self.seen);
        seen.kept.push_back(Seen {
            method: short(method.as_str(), 32),
            path: short(path, 1024),
            status: None,
            headers: headers
                .keys()
                .map(|name| short(name.as_str(), 64))
                .collect(),
            connection,
            began_ms: self.now_ms(),
            ended_ms: None,
        });
        let number = seen.first + seen.kept.len() - 1;
        if seen.kept.len() > REQUESTS {
            seen.kept.pop_front();
            seen.first += 1;
        }
        Entry {
            ledger: self,
            number,
            status: None,
        }
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// The newest requests, the oldest of them first.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        lock(&self.seen).kept.iter().cloned().collect()
    }
}

/// A request that is worked on. Its end is when this goes, with an answer or without.
pub(crate) struct Entry<'a> {
    ledger: &'a Ledger,
    number: usize,
    status: Option<u16>,
}

impl Entry<'_> {
    /// Ends it with an answer.
    pub(crate) fn answered(mut self, status: u16) {
        self.status = Some(status);
    }
}

impl Drop for Entry<'_> {
    fn drop(&mut self) {
        let ended_ms = self.ledger.now_ms();
        let mut seen = lock(&self.ledger.seen);
        // One that was pushed out is forgotten.
        let at = self.number.checked_sub(seen.first);
        if let Some(seen) = at.and_then(|at| seen.kept.get_mut(at)) {
            seen.status = self.status;
            seen.ended_ms = Some(ended_ms);
        }
    }
}

/// At most so many letters of a text: what is kept of a request has a bound, too.
fn short(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    // Issue 11, 6: a request of any length takes a bounded place.
    #[test]
    fn of_long_paths_methods_and_headers_the_beginning_is_remembered() {
        let ledger = Ledger::default();
        let long = "x".repeat(60_000);
        let method = Method::from_bytes(long.as_bytes()).unwrap();
        let name = axum::http::HeaderName::from_bytes(long.as_bytes()).unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(name, axum::http::HeaderValue::from_static("x"));
        drop(ledger.record(1, &method, &format!("/{long}"), &headers));
        let seen = &ledger.seen()[0];
        let lengths = (seen.method.len(), seen.path.len(), seen.headers[0].len());
        assert_eq!(lengths, (32, 1024, 64));
    }

    // Issue 11, 6
    #[test]
    fn the_newest_requests_are_remembered_and_each_keeps_its_own_status() {
        let ledger = Ledger::default();
        let ask = |number: usize| {
            let path = format!("/{number}");
            ledger.record(1, &Method::GET, &path, &HeaderMap::new())
        };
        let (early, late) = (ask(0), ask(1));
        for number in 2..=REQUESTS {
            ask(number).answered(200);
        }
        early.answered(500);
        late.answered(404);
        let seen = ledger.seen();
        assert_eq!(seen.len(), REQUESTS);
        assert_eq!((seen[0].path.as_str(), seen[0].status), ("/1", Some(404)));
        assert_eq!(seen[1].status, Some(200));
        drop(ask(REQUESTS + 1));
        let seen = ledger.seen();
        let last = seen.last().unwrap();
        assert_eq!((seen.len(), last.status), (REQUESTS, None));
        assert!(last.ended_ms.is_some(), "its connection was closed");
    }

    // Issue 11, 6
    #[test]
    fn only_so_many_faults_wait() {
        let ledger = Ledger::default();
        let fault = |times| Fault {
            method: None,
            path_regex: "x".to_owned(),
            times: Some(times),
            skip: 0,
            every: None,
            action: Action::DropBefore,
        };
        for _ in 0..FAULTS {
            ledger.add(fault(0)).unwrap();
            ledger.add(fault(1)).unwrap();
        }
        let refused = ledger.add(fault(1)).unwrap_err().to_string();
        assert!(refused.contains("1000"), "{refused}");
        ledger.take(&Method::GET, "/x").unwrap();
        ledger.add(fault(1)).unwrap();
        let large = Fault {
            path_regex: "\\w{1000}{1000}".to_owned(),
            ..fault(1)
        };
        ledger.take(&Method::GET, "/x").unwrap();
        ledger.add(large).unwrap_err();
    }
}
