//! An answer, read whole, and what its status and form alone tell.

use std::{
    rc::Rc,
    time::{Duration, SystemTime},
};

use reqwest::{
    Response, StatusCode,
    header::{CONTENT_TYPE, HeaderName, LOCATION, RETRY_AFTER},
};
use serde_json::Value;
use url::Url;
use zeroize::Zeroizing;

use super::{redact::Redaction, retry::Outcome};
use crate::{api::ApiError, model::clean};

/// The most of an answer that is read, in bytes. A page of 100 members takes about 60 KiB.
const MAX_ANSWER_BYTES: usize = 2 * 1024 * 1024;
/// The most of a text of the service's that is shown, in characters.
const MAX_MESSAGE_CHARS: usize = 300;

/// An answer, read whole.
pub(in crate::api) struct Answer {
    pub(in crate::api) status: StatusCode,
    pub(in crate::api) body: Zeroizing<Vec<u8>>,
    pub(in crate::api) host: String,
    pub(super) request_id: String,
    pub(super) retry_after: Option<Duration>,
    location: Option<String>,
    content_type: String,
    /// The secrets of the request, which the answer may echo.
    pub(super) redaction: Rc<Redaction>,
    /// Whether a redirect led to it.
    pub(super) redirected: bool,
}

/// What a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Empty,
    Object,
    Xml,
    Other,
}

impl Answer {
    /// Reads an answer up to the limit.
    ///
    /// # Errors
    /// The library's error for an answer that breaks off, else [`ApiError::Garbage`] for one that
    /// is too long.
    pub(super) async fn read(
        mut response: Response,
        host: &str,
    ) -> Result<Result<Self, ApiError>, reqwest::Error> {
        let header = |name: HeaderName| {
            response
                .headers()
                .get(name)
                .and_then(|value| value.to_str().ok())
                .map(clean)
        };
        let mut answer = Self {
            status: response.status(),
            body: Zeroizing::new(Vec::new()),
            host: host.to_owned(),
            request_id: header(HeaderName::from_static("x-request-id"))
                .unwrap_or_else(|| "unknown".to_owned()),
            retry_after: header(RETRY_AFTER).and_then(|value| retry_after(&value)),
            location: header(LOCATION),
            content_type: header(CONTENT_TYPE).unwrap_or_default(),
            redaction: Rc::default(),
            redirected: false,
        };
        while let Some(chunk) = response.chunk().await? {
            if answer.body.len() + chunk.len() > MAX_ANSWER_BYTES {
                let limit = MAX_ANSWER_BYTES / 1024 / 1024;
                return Ok(Err(answer.garbage(&format!("more than {limit} MiB"))));
            }
            answer.body.extend_from_slice(&chunk);
        }
        Ok(Ok(answer))
    }

    /// Where a redirect leads, when it stays in the origin of `from`.
    pub(super) fn next_hop(&self, from: &Url) -> Option<Url> {
        let to = from.join(self.location.as_deref()?).ok()?;
        (self.status.is_redirection() && to.origin() == from.origin()).then_some(to)
    }

    /// What another attempt may depend on.
    pub(super) fn outcome(&self) -> Outcome {
        if self.status == StatusCode::TOO_MANY_REQUESTS {
            Outcome::Busy
        } else if self.status.is_server_error() {
            Outcome::Failing
        } else if self.is_transient() {
            Outcome::Unsettled
        } else {
            Outcome::Final
        }
    }

    /// Whether the state of the account stands in the way, and passes by itself.
    pub(in crate::api) fn is_transient(&self) -> bool {
        self.status == StatusCode::CONFLICT
            && self.text_field("type").as_deref() == Some("transient_state")
    }

    /// Passes a success on, and a refusal that has the form of the API's. Everything else is told
    /// by status and form alone, in either dialect.
    ///
    /// # Errors
    /// [`ApiError::Redirect`], [`ApiError::Throttled`], [`ApiError::Failing`], and
    /// [`ApiError::Garbage`] for a refusal that is not the API's: a portal's page, or what a redirect
    /// led to.
    pub(super) fn checked(self) -> Result<Self, ApiError> {
        let status = self.status.as_u16();
        let host = self.host.clone();
        if self.status.is_success() {
            Ok(self)
        } else if self.status.is_redirection() {
            Err(ApiError::Redirect {
                host,
                to: self
                    .location
                    .as_deref()
                    .map(|to| self.shown(&origin_of(to))),
            })
        } else if self.status == StatusCode::TOO_MANY_REQUESTS {
            Err(ApiError::Throttled {
                host,
                wait: self.retry_after,
            })
        } else if self.status.is_server_error() {
            Err(ApiError::Failing {
                host,
                status,
                message: self.message(),
                request_id: self.shown(&self.request_id),
            })
        } else if self.redirected {
            Err(self.garbage(&format!("status {status} after a redirect")))
        } else {
            match (self.form(), self.status) {
                (Form::Empty | Form::Object, _) | (Form::Xml, StatusCode::NOT_FOUND) => Ok(self),
                _ => Err(self.garbage(&format!("status {status} without JSON"))),
            }
        }
    }

    /// The answer itself when it is a success, else the error that the dialect makes of it.
    pub(in crate::api) fn successful(self, error: fn(&Self) -> ApiError) -> Result<Self, ApiError> {
        if self.status.is_success() {
            Ok(self)
        } else {
            Err(error(&self))
        }
    }

    /// A success that promises no content (204); another one is not the API's.
    pub(in crate::api) fn without_content(self) -> Result<(), ApiError> {
        if self.status == StatusCode::NO_CONTENT {
            Ok(())
        } else {
            Err(self.garbage(&format!("status {} instead of 204", self.status.as_u16())))
        }
    }

    /// The body as the type that the call promises.
    pub(in crate::api) fn json<T: serde::de::DeserializeOwned>(&self) -> Result<T, ApiError> {
        serde_json::from_slice(&self.body).map_err(|err| {
            // serde's message may quote a value: only its kind is told, and it is no source.
            let reason = match err.classify() {
                serde_json::error::Category::Eof if self.body.is_empty() => "an empty body",
                serde_json::error::Category::Eof => "a body that is cut off",
                serde_json::error::Category::Data => "a body with the wrong fields",
                _ => "a body that is not JSON",
            };
            self.garbage(reason)
        })
    }

    /// The error for an answer that the API does not give.
    pub(in crate::api) fn garbage(&self, reason: &str) -> ApiError {
        ApiError::Garbage {
            host: self.host.clone(),
            reason: reason.to_owned(),
        }
    }

    /// What the service says for people, as [`Self::shown`] has it.
    pub(in crate::api) fn message(&self) -> Option<String> {
        let message = self.shown(&self.text_field("message")?);
        (!message.is_empty()).then_some(message)
    }

    /// A text of the service for the terminal: without the secrets of the request, cleaned,
    /// and cut to a line's length. No other text of an answer goes into an error.
    pub(in crate::api) fn shown(&self, text: &str) -> String {
        clean(&self.redaction.text(text))
            .chars()
            .take(MAX_MESSAGE_CHARS)
            .collect()
    }

    fn text_field(&self, name: &str) -> Option<String> {
        let body: Value = serde_json::from_slice(&self.body).ok()?;
        body.get(name)?.as_str().map(str::to_owned)
    }

    fn form(&self) -> Form {
        let body = self.body.trim_ascii();
        if body.is_empty() {
            Form::Empty
        } else if matches!(serde_json::from_slice(body), Ok(Value::Object(_))) {
            Form::Object
        } else if self.content_type.contains("/xml") || body.starts_with(b"<?xml") {
            Form::Xml
        } else {
            Form::Other
        }
    }
}

/// Seconds or a date (RFC 9110 §10.2.3).
fn retry_after(value: &str) -> Option<Duration> {
    value.parse().map(Duration::from_secs).ok().or_else(|| {
        let at = httpdate::parse_http_date(value).ok()?;
        Some(at.duration_since(SystemTime::now()).unwrap_or_default())
    })
}

/// The origin alone: the path of a redirect may contain secrets.
fn origin_of(location: &str) -> String {
    Url::parse(location).map_or_else(
        |_| "another path".to_owned(),
        |url| url.origin().ascii_serialization(),
    )
}

#[cfg(test)]
pub(in crate::api) mod tests {
    use super::*;

    pub(in crate::api) fn answer(status: u16, body: &str) -> Answer {
        Answer {
            status: StatusCode::from_u16(status).unwrap(),
            body: Zeroizing::new(body.as_bytes().to_vec()),
            host: "api.example".to_owned(),
            request_id: "r1".to_owned(),
            retry_after: None,
            location: None,
            content_type: String::new(),
            redaction: Rc::default(),
            redirected: false,
        }
    }

    /// An answer to a request that holds these secrets.
    pub(in crate::api) fn answer_to(secrets: &[&str], status: u16, body: &str) -> Answer {
        let mut redaction = Redaction::default();
        for secret in secrets {
            redaction.know(secret);
        }
        Answer {
            redaction: Rc::new(redaction),
            ..answer(status, body)
        }
    }

    // Issue 7, 2
    #[test]
    fn what_is_told_of_a_failing_service_hides_the_requests_secrets() {
        let mut failing = answer_to(&["s3cret"], 503, r#"{"message":"no S3CRET"}"#);
        failing.request_id = "r-s3cret".to_owned();
        let told = failing.checked().err().unwrap().to_string();
        assert!(told.ends_with("503: no *** (request id r-***)"), "{told}");
        let mut led = answer_to(&["s3cret"], 307, "");
        led.location = Some("https://S3cret.example/x".to_owned());
        let told = led.checked().err().unwrap().to_string();
        assert!(
            told.contains("redirected to https://***.example;"),
            "{told}"
        );
    }

    // Issue 7, 23
    #[test]
    fn a_page_of_a_portal_is_not_the_apis_refusal() {
        for status in [400, 401, 403, 404, 409, 423] {
            for page in ["<html>log in</html>", "Forbidden", "[]", "\"no\""] {
                let err = answer(status, page).checked().err().unwrap();
                assert!(
                    matches!(err, ApiError::Garbage { .. }),
                    "{status} {page}: {err}"
                );
            }
            assert!(answer(status, "").checked().is_ok(), "{status}");
            assert!(answer(status, "{}").checked().is_ok(), "{status}");
        }
    }

    // Issue 7, 13
    #[test]
    fn an_xml_page_says_that_something_is_missing_and_nothing_else() {
        let xml = "<?xml version=\"1.0\"?><Error/>";
        assert!(answer(404, xml).checked().is_ok());
        assert!(answer(403, xml).checked().is_err());
        let mut told = answer(404, "<Error/>");
        told.content_type = "application/xml".to_owned();
        assert!(told.checked().is_ok());
    }

    // Issue 7, 23
    #[test]
    fn what_stands_where_a_redirect_led_is_not_the_apis_refusal() {
        for status in [401, 403, 404] {
            let mut led = answer(status, r#"{"type":"not_found"}"#);
            led.redirected = true;
            let err = led.checked().err().unwrap();
            assert!(err.to_string().contains("after a redirect"), "{err}");
        }
    }

    #[test]
    fn a_redirect_is_followed_within_its_origin_only() {
        let from: Url = "https://api.example/a".parse().unwrap();
        let to = |location: &str| {
            let mut led = answer(307, "");
            led.location = Some(location.to_owned());
            led.next_hop(&from).map(String::from)
        };
        assert_eq!(to("/b").as_deref(), Some("https://api.example/b"));
        for foreign in [
            "//evil.example/b",
            "http://api.example/b",
            "https://api.example:8/b",
        ] {
            assert_eq!(to(foreign), None, "{foreign}");
        }
    }

    // Issue 7, 13
    #[test]
    fn the_services_own_message_is_cleaned_and_cut() {
        let long = format!(r#"{{"message":"a\u001b[2J{}"}}"#, "x".repeat(1000));
        let message = answer(503, &long).message().unwrap();
        assert!(message.starts_with("a\u{fffd}[2J"), "{message}");
        assert_eq!(message.chars().count(), MAX_MESSAGE_CHARS);
        assert_eq!(answer(503, r#"{"message":""}"#).message(), None);
    }

    // Issue 7, 5
    #[test]
    fn a_success_that_deletes_nothing_is_not_the_apis() {
        assert!(answer(204, "").without_content().is_ok());
        for status in [200, 202] {
            assert!(answer(status, "{}").without_content().is_err());
        }
    }
}
