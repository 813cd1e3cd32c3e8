//! A connection to one service with one credential.

use std::{
    cell::Cell,
    path::Path,
    rc::Rc,
    time::{Duration, SystemTime},
};

use reqwest::{
    Method,
    header::{DATE, HeaderMap},
    redirect::Policy,
};
use url::Url;
use zeroize::Zeroizing;

use super::{
    Call, Repeat,
    answer::Answer,
    auth::{Auth, Credential},
    flag::Flag,
    retry::{Outcome, Turn, Verdict, decide},
    spare::{KeepSpare, prepare},
    trace::Exchange,
};
use crate::{
    api::{ApiError, tls},
    model::{ApiUrl, Notices, SecretKey, Trace, clean},
    process::chance,
};

/// The reference client's time-out for a whole request (protocol.md A).
const TIMEOUT: Duration = Duration::from_secs(30);
/// How long a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How many redirects are followed.
const MAX_REDIRECTS: usize = 3;

/// A connection to one service with one key.
pub(crate) struct Http {
    client: reqwest::Client,
    base: ApiUrl,
    auth: Option<Credential>,
    trace: Option<Rc<dyn Trace>>,
    notices: Rc<dyn Notices>,
    clock_ahead_s: Cell<Option<i64>>,
    /// Whether a call waits for its next attempt right now.
    waiting: Cell<bool>,
    /// Whether each call is sent once, whatever comes of it.
    once: Cell<bool>,
}

impl std::fmt::Debug for Http {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Http")
            .field("base", &self.base)
            .finish_non_exhaustive()
    }
}

/// What came of one attempt.
struct Attempt {
    outcome: Outcome,
    asked: Option<Duration>,
    answer: Result<Answer, ApiError>,
}

impl Attempt {
    fn answered(answer: Answer) -> Self {
        Self {
            outcome: answer.outcome(),
            asked: answer.retry_after,
            answer: answer.checked(),
        }
    }

    fn failed(error: ApiError) -> Self {
        Self {
            outcome: Outcome::Final,
            asked: None,
            answer: Err(error),
        }
    }

    /// A connection that broke, or was never made; only the first kind is worth another attempt.
    fn unanswered(host: &str, err: reqwest::Error) -> Self {
        let made = !err.is_connect() && !err.is_builder();
        Self {
            outcome: if made && !err.is_timeout() {
                Outcome::Broken
            } else {
                Outcome::Final
            },
            asked: None,
            answer: Err(unreachable(host, err, made)),
        }
    }
}

impl Http {
    /// Prepares a client for the service at `base`; nothing is sent yet. `notices` gets what a
    /// person should know while it waits.
    ///
    /// # Errors
    /// [`ApiError::Certificates`] when the certificate authorities cannot be loaded, and
    /// [`ApiError::Arguments`] when the token cannot stand in a header.
    pub(crate) fn new(
        base: ApiUrl,
        auth: &Auth,
        extra_authorities: Option<&Path>,
        trace: Option<Rc<dyn Trace>>,
        notices: Rc<dyn Notices>,
    ) -> Result<Self, ApiError> {
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("scw-2fa/", env!("CARGO_PKG_VERSION")))
            .timeout(TIMEOUT)
            .connect_timeout(CONNECT_TIMEOUT)
            .connector_layer(KeepSpare)
            // Redirects are followed here, where it is known what may go where.
            .redirect(Policy::none());
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
            source: err.into(),
        })?;
        Ok(Self {
            client,
            base,
            auth: Credential::of(auth)?,
            trace,
            notices,
            clock_ahead_s: Cell::new(None),
            waiting: Cell::new(false),
            once: Cell::new(false),
        })
    }

    /// The same service, called with another credential. The connections are shared.
    pub(in crate::api) fn with_auth(&self, auth: &Auth) -> Result<Self, ApiError> {
        Ok(Self {
            client: self.client.clone(),
            base: self.base.clone(),
            auth: Credential::of(auth)?,
            trace: self.trace.clone(),
            notices: Rc::clone(&self.notices),
            waiting: Cell::new(false),
            once: self.once.clone(),
            clock_ahead_s: self.clock_ahead_s.clone(),
        })
    }

    /// The key that every request carries; nothing for a login and for a session.
    pub(in crate::api) fn key(&self) -> Option<&SecretKey> {
        self.auth.as_ref()?.key()
    }

    /// From here on each call is sent once: the caller decides what to send again.
    pub(in crate::api) fn leave_retries_to_caller(&self) {
        self.once.set(true);
    }

    /// As [`Account::prepare`](crate::api::Account::prepare).
    pub(in crate::api) async fn prepare(&self, count: usize) {
        tokio::task::yield_now().await;
        if let Ok(url) = self.base.join("/") {
            prepare(&self.client, &url, count);
        }
    }

    /// How far the service's clock is ahead, in whole seconds, from the last `Date` header.
    pub(crate) fn clock_ahead_s(&self) -> Option<i64> {
        self.clock_ahead_s.get()
    }

    /// Sends a request, again where that helps, and reads the answer: a success, or a refusal in
    /// the form of the API's.
    ///
    /// # Errors
    /// As [`Answer::checked`], [`ApiError::Connect`], and [`ApiError::Arguments`] for a path that
    /// is none.
    pub(in crate::api) async fn send(&self, call: Call) -> Result<Answer, ApiError> {
        let mut url = self
            .base
            .join(&call.path)
            .map_err(|err| ApiError::Arguments {
                message: Some(err.to_string()),
            })?;
        if !call.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&call.query);
        }
        let body = call
            .body
            .as_ref()
            .map(|body| Zeroizing::new(body.to_string()));
        let secret = self.auth.as_ref().map(Credential::secret);
        let exchange = Exchange::new(self.trace.as_deref(), secret, &url, body.as_deref());
        let mut turn = Turn {
            attempt: 0,
            waited: Duration::ZERO,
            repeat: if self.once.get() {
                Repeat::Never
            } else {
                call.repeat
            },
        };
        let mut lost = None;
        loop {
            turn.attempt += 1;
            let made = self
                .attempt(&call.method, &url, body.as_deref(), &exchange)
                .await;
            let Verdict::Wait(pause) = decide(turn, made.outcome, made.asked, chance()) else {
                return made.answer.map_err(|err| surest(err, lost));
            };
            lost = made.answer.err().filter(ApiError::outcome_unknown).or(lost);
            // Of two calls side by side that wait, one says so.
            let first = Flag::raise(&self.waiting);
            if first.is_some() {
                self.say(made.outcome, pause);
            }
            exchange.line(&format!("* again in {} ms", pause.as_millis()));
            tokio::time::sleep(pause).await;
            drop(first);
            turn.waited += pause;
        }
    }

    /// Says that it waits, where the wait is long enough to notice.
    fn say(&self, outcome: Outcome, pause: Duration) {
        let seconds = pause.as_secs_f64().round();
        if seconds < 1.0 {
            return;
        }
        let what = match outcome {
            Outcome::Busy | Outcome::Unsettled => "is busy",
            Outcome::Failing | Outcome::Broken | Outcome::Final => "is failing",
        };
        self.notices
            .waiting(&format!("The API {what}. Trying again in {seconds} s."));
    }

    /// One attempt: a request, and the redirects that a reading may follow. Anything else is not
    /// sent to another place than it was meant for.
    async fn attempt(
        &self,
        method: &Method,
        url: &Url,
        body: Option<&String>,
        exchange: &Exchange<'_>,
    ) -> Attempt {
        let host = host_of(url);
        let mut url = url.clone();
        for hop in 0..=MAX_REDIRECTS {
            exchange.request(
                method,
                &url,
                self.auth.as_ref().map(|with| &with.name),
                body,
            );
            let mut answer = match self.once(method, &url, body, &host).await {
                Ok(Ok(answer)) => answer,
                Ok(Err(err)) => return Attempt::failed(err),
                Err(err) => return Attempt::unanswered(&host, err),
            };
            exchange.answer(&answer);
            answer.redaction = exchange.redaction();
            answer.redirected = hop > 0;
            match answer.next_hop(&url) {
                Some(next) if *method == Method::GET => url = next,
                _ => return Attempt::answered(answer),
            }
        }
        Attempt::failed(ApiError::Garbage {
            host,
            reason: format!("more than {MAX_REDIRECTS} redirects"),
        })
    }

    async fn once(
        &self,
        method: &Method,
        url: &Url,
        body: Option<&String>,
        host: &str,
    ) -> Result<Result<Answer, ApiError>, reqwest::Error> {
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
        let response = request.send().await?;
        self.note_clock(response.headers());
        Answer::read(response, host).await
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
}

/// What is told when the attempts are over. A last refusal to take the request says nothing of an
/// attempt before it that may have been carried out.
fn surest(last: ApiError, earlier: Option<ApiError>) -> ApiError {
    match (last, earlier) {
        (ApiError::Connect { sent: false, .. }, Some(earlier)) => earlier,
        (last, Some(earlier)) if last.may_pass() => earlier,
        (last, _) => last,
    }
}

fn host_of(url: &Url) -> String {
    url.host_str().unwrap_or("the API").to_owned()
}

fn unreachable(host: &str, err: reqwest::Error, sent: bool) -> ApiError {
    let reason = if err.is_timeout() && sent {
        format!("no answer within {} s", TIMEOUT.as_secs())
    } else if err.is_timeout() {
        format!("no connection within {} s", CONNECT_TIMEOUT.as_secs())
    } else {
        innermost(&err)
    };
    ApiError::Connect {
        host: host.to_owned(),
        reason,
        sent,
        // The address may hold a token of 2017.
        source: err.without_url().into(),
    }
}

/// The last link of an error's chain, which is the one that says something.
fn innermost(err: &reqwest::Error) -> String {
    let mut reason: &dyn std::error::Error = err;
    while let Some(source) = reason.source() {
        reason = source;
    }
    clean(&reason.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    // Issue 7, 1
    #[test]
    fn an_attempt_that_may_have_been_carried_out_is_not_forgotten_for_a_later_one_that_was_not() {
        let lost = || ApiError::Garbage {
            host: "h".to_owned(),
            reason: "lost".to_owned(),
        };
        let throttled = ApiError::Throttled {
            host: "h".to_owned(),
            wait: None,
        };
        let unsettled = ApiError::Precondition {
            message: Some("m".to_owned()),
            transient: true,
        };
        for refusal in [throttled, unsettled] {
            assert!(surest(refusal, Some(lost())).outcome_unknown());
        }
        assert!(matches!(
            surest(ApiError::Locked, Some(lost())),
            ApiError::Locked
        ));
    }
}
