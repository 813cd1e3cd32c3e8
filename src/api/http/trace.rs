//! An exchange line by line, for `--debug`.

use std::rc::Rc;

use reqwest::{Method, header::HeaderName};
use url::Url;

use super::{
    answer::Answer,
    redact::{HIDDEN, Redaction},
};
use crate::model::Trace;

/// One request and its answers, shown line by line where somebody asked for it.
pub(super) struct Exchange<'a> {
    trace: Option<&'a dyn Trace>,
    redaction: Rc<Redaction>,
}

impl<'a> Exchange<'a> {
    /// Learns the secrets of a request before anything is shown: the credential, what stands in
    /// its path, and the hidden fields of its body, which an answer may echo.
    pub(super) fn new(
        trace: Option<&'a dyn Trace>,
        credential: Option<&str>,
        url: &Url,
        body: Option<&String>,
    ) -> Self {
        let mut redaction = Redaction::default();
        redaction.know(credential.unwrap_or_default());
        redaction.learn_path(url);
        redaction.learn_body(body.map_or(&[][..], |body| body.as_bytes()));
        Self {
            trace,
            redaction: Rc::new(redaction),
        }
    }

    /// The secrets of the request, for whatever quotes its answers.
    pub(super) fn redaction(&self) -> Rc<Redaction> {
        Rc::clone(&self.redaction)
    }

    /// Shows a line that holds no secret.
    pub(super) fn line(&self, line: &str) {
        if let Some(trace) = self.trace {
            trace.line(line);
        }
    }

    /// Shows a request.
    pub(super) fn request(
        &self,
        method: &Method,
        url: &Url,
        credential: Option<&HeaderName>,
        body: Option<&String>,
    ) {
        if self.trace.is_none() {
            return;
        }
        self.line(&format!("> {method} {}", self.redaction.address(url)));
        if let Some(name) = credential {
            self.line(&format!("> {name}: {HIDDEN}"));
        }
        if let Some(body) = body {
            self.line(&format!("> {}", self.redaction.body(body.as_bytes())));
        }
    }

    /// Shows an answer.
    pub(super) fn answer(&self, answer: &Answer) {
        if self.trace.is_none() {
            return;
        }
        let request_id = self.redaction.text(&answer.request_id);
        self.line(&format!("< {} (request id {request_id})", answer.status));
        let body = self.redaction.body(&answer.body);
        if !body.is_empty() {
            self.line(&format!("< {body}"));
        }
    }
}
