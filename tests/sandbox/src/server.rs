//! Connections: plain or TLS, with the faults of the test door on the way.

use std::{convert::Infallible, io, pin::pin, sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes},
    http::{HeaderName, HeaderValue, Request, Response, StatusCode, header},
};
use http_body_util::BodyExt;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    sync::watch,
    task::JoinSet,
};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;
use uuid::Uuid;

use crate::{
    door,
    faults::{Action, Ledger, hide_token},
    iam,
    service::{Peer, Service},
};

/// How long requests that are under way may take when the service stops.
const GRACE: Duration = Duration::from_millis(500);

/// The most that a request may hold, in bytes.
const MAX_BODY_BYTES: usize = 256 * 1024;

/// How much of a longer request is read and thrown away, so that its sender hears the refusal.
const MAX_DISCARDED_BYTES: usize = 16 * 1024 * 1024;

/// The connection is to be closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the connection is closed on purpose")]
struct Dropped;

/// Everything that a connection needs.
#[derive(Clone)]
pub(crate) struct Server {
    router: Router,
    service: Arc<Service>,
    ledger: Arc<Ledger>,
    latency: Duration,
    verbose: bool,
}

impl Server {
    /// Puts the dialects, and the test door where `control` opens it, on one address.
    pub(crate) fn new(
        service: &Arc<Service>,
        ledger: &Arc<Ledger>,
        control: bool,
        latency: Duration,
        verbose: bool,
    ) -> Self {
        let mut routes = iam::routes()
            .merge(crate::openapi::routes())
            .merge(crate::account::routes())
            .merge(crate::authenticate::routes())
            .merge(crate::panel::routes(service));
        if control {
            routes = routes.merge(door::routes(ledger));
        }
        Self {
            router: routes.with_state(Arc::clone(service)),
            service: Arc::clone(service),
            ledger: Arc::clone(ledger),
            latency,
            verbose,
        }
    }

    /// Serves connections until `stop` says so, and then lets what is under way come to its end.
    pub(crate) async fn serve(
        self,
        listener: TcpListener,
        tls: Option<TlsAcceptor>,
        mut stop: watch::Receiver<bool>,
    ) {
        let mut connections = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                // Ends that are not fetched would pile up.
                Some(_) = connections.join_next() => continue,
                () = asked(&mut stop) => break,
            };
            // A connection that broke before it was accepted concerns nobody.
            let Ok((stream, address)) = accepted else {
                continue;
            };
            let _ = stream.set_nodelay(true);
            let server = self.clone();
            let tls = tls.clone();
            let peer = Peer(address.ip());
            let stop = stop.clone();
            connections.spawn(async move {
                match tls {
                    None => server.connection(stream, peer, stop).await,
                    Some(tls) => {
                        if let Ok(stream) = tls.accept(stream).await {
                            server.connection(stream, peer, stop).await;
                        }
                    }
                }
            });
        }
        drop(listener);
        // What takes longer (a body that drips a byte a second) must not hold the end up.
        let ends = async { while connections.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(GRACE, ends).await;
    }

    async fn connection(
        self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        peer: Peer,
        mut stop: watch::Receiver<bool>,
    ) {
        let server = Arc::new(self);
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(peer);
            let server = Arc::clone(&server);
            async move { server.answer(request).await }
        });
        let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        let mut connection = pin!(connection);
        // It ends with an error when a fault closes it, which is the point of that fault.
        tokio::select! {
            _ = connection.as_mut() => {}
            () = asked(&mut stop) => {
                connection.as_mut().graceful_shutdown();
                let _ = connection.await;
            }
        }
    }

    async fn answer(&self, request: Request<Incoming>) -> Result<Response<Body>, Dropped> {
        let method = request.method().clone();
        let path = request.uri().path().to_owned();
        if path.starts_with(door::PREFIX) {
            return Ok(self.stamp(self.usual(request).await));
        }
        let number = self.ledger.record(&method, &path, request.headers());
        let fault = self.ledger.take(&method, &path);
        if !self.latency.is_zero() {
            tokio::time::sleep(self.latency).await;
        }
        let response = match fault {
            Some(Action::DropBefore) => return Err(Dropped),
            Some(Action::Status {
                status,
                headers,
                body,
            }) => instead(status, &headers, &body),
            Some(Action::Redirect { to }) => {
                let headers = [("location".to_owned(), to)].into();
                instead(307, &headers, &serde_json::Value::Null)
            }
            Some(Action::Delay { ms }) => {
                tokio::time::sleep(Duration::from_millis(ms)).await;
                self.usual(request).await
            }
            Some(Action::DropAfter) => {
                self.usual(request).await;
                return Err(Dropped);
            }
            Some(Action::Truncate { bytes }) => cut(self.usual(request).await, bytes).await,
            Some(Action::SlowBody) => slow(self.usual(request).await).await,
            None => self.usual(request).await,
        };
        let response = self.stamp(response);
        self.ledger.answered(number, response.status().as_u16());
        if self.verbose {
            log(&format!(
                "{method} {} {}",
                hide_token(&path),
                response.status().as_u16()
            ));
        }
        Ok(response)
    }

    /// Answers by the routes. The body is read whole first, whatever the call makes of it: a
    /// connection with an unread rest could not be used again.
    async fn usual(&self, request: Request<Incoming>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let Some(body) = read(body).await else {
            return iam::too_large(parts.uri.path());
        };
        let request = Request::from_parts(parts, Body::from(body));
        let answered: Result<_, Infallible> = self.router.clone().oneshot(request).await;
        let mut response = match answered {
            Ok(response) => response,
            Err(never) => match never {},
        };
        // The real service's empty answers say what they are not (protocol.md A).
        if response.status() == StatusCode::NO_CONTENT {
            let json = HeaderValue::from_static("application/json");
            let headers = response.headers_mut();
            headers.entry(header::CONTENT_TYPE).or_insert(json);
        }
        response
    }

    /// Adds what every answer carries (protocol.md A): `Date` by the service's clock, and an id.
    fn stamp(&self, mut response: Response<Body>) -> Response<Body> {
        let now = self.service.clock.now();
        let headers = response.headers_mut();
        if let Ok(date) = HeaderValue::from_str(&httpdate::fmt_http_date(now.into())) {
            headers.insert(header::DATE, date);
        }
        if let Ok(id) = HeaderValue::from_str(&Uuid::new_v4().to_string()) {
            headers.insert(HeaderName::from_static("x-request-id"), id);
        }
        response
    }
}

/// The body of a request; nothing where it is too long or was broken off.
async fn read(mut body: Incoming) -> Option<Bytes> {
    let mut kept = Vec::new();
    let mut seen = 0;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.ok()?.into_data() else {
            continue;
        };
        seen += data.len();
        if seen <= MAX_BODY_BYTES {
            kept.extend_from_slice(&data);
        } else if seen > MAX_DISCARDED_BYTES {
            break;
        }
    }
    (seen <= MAX_BODY_BYTES).then(|| kept.into())
}

/// Waits until the service is to stop.
async fn asked(stop: &mut watch::Receiver<bool>) {
    // An error means that the sandbox is gone, which is as good a reason.
    let _ = stop.wait_for(|stop| *stop).await;
}

/// A line about a request on stderr; it never holds a header or a body.
fn log(line: &str) {
    use io::Write;
    // Where stderr is gone there is nobody to tell.
    let _ = writeln!(io::stderr(), "{line}");
}

fn instead(
    status: u16,
    headers: &std::collections::BTreeMap<String, String>,
    body: &serde_json::Value,
) -> Response<Body> {
    let text = match body {
        serde_json::Value::Null => String::new(),
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let mut response = Response::new(Body::from(text));
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    // An answer without a body has no type of one, as the recorded 429 (protocol.md A).
    if !body.is_string() && !body.is_null() {
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().insert(header::CONTENT_TYPE, json);
    }
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (
            HeaderName::from_bytes(name.as_bytes()),
            HeaderValue::from_str(value),
        ) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// The whole body of an answer, which the sandbox made itself a moment ago.
async fn whole(response: Response<Body>) -> (axum::http::response::Parts, Bytes) {
    let (parts, body) = response.into_parts();
    let bytes = body
        .collect()
        .await
        .map(http_body_util::Collected::to_bytes)
        .unwrap_or_default();
    (parts, bytes)
}

/// Promises the whole body, sends its beginning and then closes the connection.
async fn cut(response: Response<Body>, bytes: usize) -> Response<Body> {
    let (mut parts, body) = whole(response).await;
    let length = HeaderValue::from(body.len() as u64);
    parts.headers.insert(header::CONTENT_LENGTH, length);
    let begun = body.slice(..bytes.min(body.len()));
    let (sender, stream) = crate::stream::channel(body.len() as u64);
    tokio::spawn(async move {
        if sender.send(Ok(begun)).await.is_ok() {
            // The bytes must be on their way before the connection breaks.
            tokio::time::sleep(Duration::from_millis(20)).await;
            let _ = sender
                .send(Err(io::Error::other("cut off on purpose")))
                .await;
        }
    });
    Response::from_parts(parts, Body::new(stream))
}

/// Sends the body a byte a second.
async fn slow(response: Response<Body>) -> Response<Body> {
    let (mut parts, body) = whole(response).await;
    let length = HeaderValue::from(body.len() as u64);
    parts.headers.insert(header::CONTENT_LENGTH, length);
    let (sender, stream) = crate::stream::channel(body.len() as u64);
    tokio::spawn(async move {
        for at in 0..body.len() {
            if sender.send(Ok(body.slice(at..=at))).await.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    });
    Response::from_parts(parts, Body::new(stream))
}
