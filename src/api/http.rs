//! One way of talking HTTP: time-outs, bounded retries, bounded answers, no foreign redirects.

use std::{
    cell::Cell,
    path::Path,
    rc::Rc,
    time::{Duration, SystemTime},
};

use reqwest::{
    Method, Response, StatusCode,
    header::{DATE, HeaderMap, HeaderName, HeaderValue, LOCATION, RETRY_AFTER},
    redirect::Policy,
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use zeroize::Zeroizing;

use super::{ApiError, redact, tls};
use crate::model::{ApiUrl, Trace, clean};

/// The reference client's time-out for a whole request (protocol.md A).
const TIMEOUT: Duration = Duration::from_secs(30);
/// How long a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The most of an answer that is read, in bytes. A page of 100 members takes about 60 KiB.
const MAX_ANSWER_BYTES: usize = 2 * 1024 * 1024;
/// How often a request is sent at most.
const TRIES: u32 = 3;
/// The pause before the second try, where the service names none; it doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// The longest pause that is taken because the service asks for it.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// A connection to one service with one key.
pub struct Http {
    client: reqwest::Client,
    base: ApiUrl,
    auth: Option<Credential>,
    trace: Option<Rc<dyn Trace>>,
    clock_ahead_s: Cell<Option<i64>>,
}

impl std::fmt::Debug for Http {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Http")
            .field("base", &self.base)
            .finish_non_exhaustive()
    }
}

/// What a request identifies itself with (protocol.md A, "Authentication").
#[derive(Debug, Clone)]
pub enum Auth {
    /// Nothing: the call is a login.
    Nobody,
    /// `X-Auth-Token`: the secret of an API key, or a token of 2017.
    Key(SecretString),
    /// `X-Session-Token`: a session's JWT.
    Session(SecretString),
}

/// A header and the secret in it.
struct Credential {
    name: HeaderName,
    value: HeaderValue,
    secret: SecretString,
}

impl Credential {
    fn of(auth: &Auth) -> Result<Option<Self>, ApiError> {
        let (name, secret) = match auth {
            Auth::Nobody => return Ok(None),
            Auth::Key(secret) => ("x-auth-token", secret),
            Auth::Session(secret) => ("x-session-token", secret),
        };
        let mut value =
            HeaderValue::from_str(secret.expose_secret()).map_err(|_| ApiError::Arguments {
                message: "the key holds a character that no header can carry".to_owned(),
            })?;
        value.set_sensitive(true);
        Ok(Some(Self {
            name: HeaderName::from_static(name),
            value,
            secret: secret.clone(),
        }))
    }
}

/// An answer, read whole.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) body: Zeroizing<Vec<u8>>,
    pub(super) host: String,
    request_id: String,
    retry_after: Option<Duration>,
    location: Option<String>,
}

impl Answer {
    /// The answer itself when it is a success, else the error that the dialect makes of it.
    pub(super) fn successful(self, error: fn(&Self) -> ApiError) -> Result<Self, ApiError> {
        if self.status.is_success() {
            Ok(self)
        } else {
            Err(error(&self))
        }
    }

    /// A success that promises no content (204); another one is not the API's.
    pub(super) fn without_content(self) -> Result<(), ApiError> {
        if self.status == StatusCode::NO_CONTENT {
            Ok(())
        } else {
            Err(self.garbage(&format!(
                "status {} where 204 should be",
                self.status.as_u16()
            )))
        }
    }

    /// The body as the type that the call promises.
    pub(super) fn json<T: serde::de::DeserializeOwned>(&self) -> Result<T, ApiError> {
        serde_json::from_slice(&self.body).map_err(|err| {
            // serde's message may quote a value: only its kind is told.
            let reason = match err.classify() {
                serde_json::error::Category::Eof if self.body.is_empty() => "an empty answer",
                serde_json::error::Category::Eof => "an answer that was cut off",
                serde_json::error::Category::Data => {
                    "an answer with other fields than it should have"
                }
                _ => "an answer that is no JSON",
            };
            self.garbage(reason)
        })
    }

    /// The error for an answer that is not the API's.
    pub(super) fn garbage(&self, reason: &str) -> ApiError {
        ApiError::Garbage {
            host: self.host.clone(),
            reason: reason.to_owned(),
        }
    }

    /// The errors that are told by the status alone, whatever the body holds.
    pub(super) fn failure_by_status(&self) -> Option<ApiError> {
        let host = self.host.clone();
        if self.status.is_redirection() {
            return Some(ApiError::Redirect {
                host,
                to: self
                    .location
                    .clone()
                    .unwrap_or_else(|| "nowhere".to_owned()),
            });
        }
        if self.status == StatusCode::TOO_MANY_REQUESTS {
            return Some(ApiError::Throttled {
                host,
                wait: self.retry_after,
            });
        }
        self.status.is_server_error().then(|| ApiError::Failing {
            host,
            status: self.status.as_u16(),
            request_id: self.request_id.clone(),
        })
    }
}

/// Whether a request may be sent again after it may have been carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeat {
    /// A second time changes nothing.
    Safe,
    /// A second time would do it again.
    Unsafe,
}

impl Http {
    /// Prepares a client for the service at `base`; nothing is sent yet.
    ///
    /// # Errors
    /// [`ApiError::Certificates`] when the certificate authorities cannot be loaded, and
    /// [`ApiError::Arguments`] when the token cannot stand in a header.
    pub fn new(
        base: ApiUrl,
        auth: &Auth,
        extra_authorities: Option<&Path>,
        trace: Option<Rc<dyn Trace>>,
    ) -> Result<Self, ApiError> {
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("scw-2fa/", env!("CARGO_PKG_VERSION")))
            .timeout(TIMEOUT)
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(same_origin_only());
        if base.is_loopback() {
            // A proxy would see what must not leave this machine.
            builder = builder.no_proxy();
        }
        if base.to_string().starts_with("https:") {
            builder = builder.tls_backend_preconfigured(tls::config(extra_authorities)?);
        } else {
            builder = builder.tls_backend_preconfigured(tls::none()?);
        }
        let client = builder.build().map_err(|err| ApiError::Certificates {
            reason: innermost(&err),
        })?;
        Ok(Self {
            client,
            base,
            auth: Credential::of(auth)?,
            trace,
            clock_ahead_s: Cell::new(None),
        })
    }

    /// The same service, called with another credential. The connections are shared.
    pub(super) fn with_auth(&self, auth: &Auth) -> Result<Self, ApiError> {
        Ok(Self {
            client: self.client.clone(),
            base: self.base.clone(),
            auth: Credential::of(auth)?,
            trace: self.trace.clone(),
            clock_ahead_s: self.clock_ahead_s.clone(),
        })
    }

    /// The secret that every request carries; empty for a login.
    pub(super) fn token(&self) -> &str {
        self.auth
            .as_ref()
            .map_or("", |credential| credential.secret.expose_secret())
    }

    /// How far the service's clock is ahead, in whole seconds, from the last `Date` header.
    pub(super) fn clock_ahead_s(&self) -> Option<i64> {
        self.clock_ahead_s.get()
    }

    /// Sends a request and reads the answer, whatever its status.
    pub(super) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        repeat: Repeat,
    ) -> Result<Answer, ApiError> {
        let url = self.base.join(path).map_err(|err| ApiError::Arguments {
            message: err.to_string(),
        })?;
        let body = body.map(|body| Zeroizing::new(body.to_string()));
        let mut pause = FIRST_PAUSE;
        let mut tried = 0;
        loop {
            tried += 1;
            self.show_request(&method, url.as_str(), body.as_ref().map(|b| b.as_bytes()));
            let outcome = self.once(&method, &url, body.as_deref()).await;
            let wait = match &outcome {
                Ok(answer) if answer.status == StatusCode::TOO_MANY_REQUESTS => {
                    Some(answer.retry_after.unwrap_or(pause))
                }
                Ok(answer) if answer.status.is_server_error() && repeat == Repeat::Safe => {
                    Some(answer.retry_after.unwrap_or(pause))
                }
                Err(failure) if failure.transient && repeat == Repeat::Safe => Some(pause),
                _ => None,
            };
            match wait.filter(|wait| tried < TRIES && *wait <= LONGEST_PAUSE) {
                Some(wait) => {
                    self.show(&format!("* again in {} ms", wait.as_millis()));
                    tokio::time::sleep(wait).await;
                    pause *= 2;
                }
                None => return outcome.map_err(|failure| failure.error),
            }
        }
    }

    async fn once(
        &self,
        method: &Method,
        url: &url::Url,
        body: Option<&String>,
    ) -> Result<Answer, Failure> {
        let mut request = self
            .client
            .request(method.clone(), url.clone())
            .header("accept", "application/json");
        if let Some(credential) = &self.auth {
            request = request.header(&credential.name, &credential.value);
        }
        if let Some(body) = body {
            request = request
                .header("content-type", "application/json")
                .body(body.clone());
        }
        let host = url.host_str().unwrap_or("the API").to_owned();
        let response = request
            .send()
            .await
            .map_err(|err| Failure::of(&host, &err))?;
        self.note_clock(response.headers());
        let answer = read(response, host).await?;
        self.show_answer(&answer);
        Ok(answer)
    }

    fn note_clock(&self, headers: &HeaderMap) {
        let Some(service) = headers
            .get(DATE)
            .and_then(|date| date.to_str().ok())
            .and_then(|date| httpdate::parse_http_date(date).ok())
        else {
            return;
        };
        // `Date` has no fractions: the service's time is on average half a second later.
        let now = SystemTime::now();
        let seconds = match (service + Duration::from_millis(500)).duration_since(now) {
            Ok(ahead) => ahead.as_secs_f64(),
            Err(behind) => -behind.duration().as_secs_f64(),
        };
        let ahead = time::Duration::seconds_f64(seconds.round()).whole_seconds();
        self.clock_ahead_s.set(Some(ahead));
    }

    fn show(&self, line: &str) {
        if let Some(trace) = &self.trace {
            trace.line(line);
        }
    }

    fn show_request(&self, method: &Method, url: &str, body: Option<&[u8]>) {
        if self.trace.is_none() {
            return;
        }
        let secrets = [self.token()];
        self.show(&format!("> {method} {}", redact::text(url, &secrets)));
        if let Some(credential) = &self.auth {
            self.show(&format!("> {}: ***", credential.name));
        }
        if let Some(body) = body {
            self.show(&format!("> {}", redact::body(body, &secrets)));
        }
    }

    fn show_answer(&self, answer: &Answer) {
        if self.trace.is_none() {
            return;
        }
        self.show(&format!(
            "< {} (request id {})",
            answer.status, answer.request_id
        ));
        let body = redact::body(&answer.body, &[self.token()]);
        if !body.is_empty() {
            self.show(&format!("< {body}"));
        }
    }
}

/// A request that got no whole answer.
struct Failure {
    error: ApiError,
    /// Whether a second try is worth it: a broken connection, not a missing one.
    transient: bool,
}

impl Failure {
    fn of(host: &str, err: &reqwest::Error) -> Self {
        let reason = if err.is_timeout() && !err.is_connect() {
            format!("no answer within {} s", TIMEOUT.as_secs())
        } else if err.is_timeout() {
            format!("no connection within {} s", CONNECT_TIMEOUT.as_secs())
        } else {
            innermost(err)
        };
        Self {
            error: ApiError::Connect {
                host: host.to_owned(),
                reason,
            },
            transient: !err.is_timeout() && !err.is_connect(),
        }
    }
}

/// Reads an answer up to the limit.
async fn read(mut response: Response, host: String) -> Result<Answer, Failure> {
    let header = |name: HeaderName| {
        response
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
            .map(clean)
    };
    let status = response.status();
    let request_id =
        header(HeaderName::from_static("x-request-id")).unwrap_or_else(|| "unknown".to_owned());
    let retry_after = header(RETRY_AFTER).and_then(|value| retry_after(&value));
    let location = header(LOCATION).map(|to| origin_of(&to));
    let mut body = Zeroizing::new(Vec::new());
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > MAX_ANSWER_BYTES => {
                return Err(Failure {
                    error: ApiError::Garbage {
                        host,
                        reason: format!("more than {} MiB", MAX_ANSWER_BYTES / 1024 / 1024),
                    },
                    transient: false,
                });
            }
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => break,
            Err(err) => return Err(Failure::of(&host, &err)),
        }
    }
    Ok(Answer {
        status,
        body,
        host,
        request_id,
        retry_after,
        location,
    })
}

/// Seconds or a date (RFC 9110 §10.2.3).
fn retry_after(value: &str) -> Option<Duration> {
    value.parse().map(Duration::from_secs).ok().or_else(|| {
        let at = httpdate::parse_http_date(value).ok()?;
        Some(at.duration_since(SystemTime::now()).unwrap_or_default())
    })
}

/// The origin alone: a redirect's path may carry what nobody should see.
fn origin_of(location: &str) -> String {
    url::Url::parse(location).map_or_else(
        |_| "another path".to_owned(),
        |url| url.origin().ascii_serialization(),
    )
}

/// Follows a redirect only within the origin that the key was meant for.
fn same_origin_only() -> Policy {
    Policy::custom(|attempt| {
        let same = attempt
            .previous()
            .first()
            .is_some_and(|first| first.origin() == attempt.url().origin());
        if same && attempt.previous().len() <= 3 {
            attempt.follow()
        } else {
            attempt.stop()
        }
    })
}

/// The last link of an error's chain, which is the one that says something.
fn innermost(err: &reqwest::Error) -> String {
    let mut reason: &dyn std::error::Error = err;
    while let Some(source) = reason.source() {
        reason = source;
    }
    clean(&reason.to_string())
}
