//! Connections: plain or TLS, with the faults of the test door on the way.

use std::{
    convert::Infallible, future::poll_fn, io, net::IpAddr, pin::pin, sync::Arc, task::Poll,
    time::Duration,
};

use axum::{
    Json, Router,
    body::{Body, Bytes},
    http::{HeaderName, HeaderValue, Request, Response, StatusCode, header},
    response::IntoResponse,
};
use http_body_util::BodyExt;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::json;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    task::JoinSet,
    time::timeout,
};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;
use uuid::Uuid;

use crate::{
    door,
    faults::Action,
    gate::{Gate, Refusal},
    iam,
    ledger::Ledger,
    limits::Limits,
    service::{Peer, Service},
    shown::Shown,
    stall::Stall,
    stream::{cut, instead, slow},
};

/// How long requests that are under way may take when the service stops.
const GRACE: Duration = Duration::from_millis(500);

/// How long nothing is accepted after the system refused a connection, for want of file descriptors
/// or memory: it would refuse the next one at once, again and again.
const PAUSE: Duration = Duration::from_millis(100);

/// The most that a request may hold, in bytes.
const MAX_BODY_BYTES: usize = 256 * 1024;

/// How much of a longer request is read and thrown away, so that its sender hears the refusal.
const MAX_DISCARDED_BYTES: usize = 16 * 1024 * 1024;

/// The connection is to be closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the connection is closed on purpose")]
struct Dropped;

/// How a server is to be.
#[derive(Debug, Clone)]
pub(crate) struct Manner {
    /// Whether the test door is open.
    pub(crate) control: bool,
    /// Whether other machines may ask.
    pub(crate) remote: bool,
    /// How long each answer is held back.
    pub(crate) latency: Duration,
    /// Whether each request is logged.
    pub(crate) verbose: bool,
    /// How long connections may take, and how many there can be.
    pub(crate) limits: Limits,
}

/// Everything that a connection needs.
#[derive(Clone)]
pub(crate) struct Server {
    router: Router,
    service: Arc<Service>,
    ledger: Arc<Ledger>,
    gate: Gate,
    shown: Arc<Shown>,
    manner: Manner,
}

/// Who is at the other end of a connection, and which one it is.
#[derive(Clone, Copy)]
struct Line {
    peer: Peer,
    number: u64,
}

impl Server {
    /// Puts the dialects, and the test door where it is to be open, on one address.
    pub(crate) fn new(service: &Arc<Service>, ledger: &Arc<Ledger>, manner: Manner) -> Self {
        let mut routes = iam::routes()
            .merge(crate::openapi::routes())
            .merge(crate::account::routes())
            .merge(crate::authenticate::routes())
            .merge(crate::panel::routes(service));
        if manner.control {
            routes = routes.merge(door::routes(ledger));
        }
        Self {
            router: routes.with_state(Arc::clone(service)),
            service: Arc::clone(service),
            ledger: Arc::clone(ledger),
            gate: Gate::new(service.tls, manner.remote),
            shown: Arc::new(Shown::new(&service.home)),
            manner,
        }
    }

    /// Serves connections until `stop` says so, and then lets what is under way come to its end.
    pub(crate) async fn serve(
        self,
        listeners: Vec<TcpListener>,
        tls: Option<TlsAcceptor>,
        mut stop: watch::Receiver<bool>,
    ) {
        let places = Arc::new(Semaphore::new(self.manner.limits.connections));
        let mut connections = JoinSet::new();
        let mut number = 0;
        loop {
            let (stream, address, place) = tokio::select! {
                accepted = accept(&listeners, &places) => accepted,
                // Ends that are not fetched would pile up.
                Some(_) = connections.join_next() => continue,
                () = asked(&mut stop) => break,
            };
            let _ = stream.set_nodelay(true);
            number += 1;
            let line = Line {
                peer: Peer(address),
                number,
            };
            let server = self.clone();
            let tls = tls.clone();
            let stop = stop.clone();
            connections.spawn(async move {
                server.connection(stream, tls, line, stop).await;
                drop(place);
            });
        }
        drop(listeners);
        // What takes longer (a body that drips a byte a second) must not hold the end up.
        let ends = async { while connections.join_next().await.is_some() {} };
        let _ = timeout(GRACE, ends).await;
    }

    async fn connection(
        self,
        stream: TcpStream,
        tls: Option<TlsAcceptor>,
        line: Line,
        stop: watch::Receiver<bool>,
    ) {
        let limits = self.manner.limits.clone();
        let stream = Stall::new(stream, limits.stall);
        match tls {
            None => self.speak(stream, line, stop).await,
            Some(tls) => {
                if let Ok(Ok(stream)) = timeout(limits.handshake, tls.accept(stream)).await {
                    self.speak(stream, line, stop).await;
                }
            }
        }
    }

    async fn speak(
        self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        line: Line,
        mut stop: watch::Receiver<bool>,
    ) {
        let server = Arc::new(self);
        let headers = server.manner.limits.headers;
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(line.peer);
            let server = Arc::clone(&server);
            async move { server.answer(line.number, request).await }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(headers)
            .serve_connection(TokioIo::new(stream), service);
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

    async fn answer(
        &self,
        connection: u64,
        request: Request<Incoming>,
    ) -> Result<Response<Body>, Dropped> {
        let allowed = self.gate.check(&request);
        let method = request.method().clone();
        let path = request.uri().path().to_owned();
        if path.starts_with(door::PREFIX) {
            let response = match allowed {
                Ok(()) => self.usual(request).await,
                Err(refusal) => self.refuse(request, refusal).await,
            };
            return Ok(self.stamp(response));
        }
        let shown = self.shown.path(&path);
        let entry = self
            .ledger
            .record(connection, &method, &shown, request.headers());
        let response = match allowed {
            Ok(()) => self.with_fault(&path, request).await?,
            Err(refusal) => self.refuse(request, refusal).await,
        };
        let response = self.stamp(response);
        let status = response.status().as_u16();
        entry.answered(status);
        if self.manner.verbose {
            log(&format!("{method} {shown} {status}"));
        }
        Ok(response)
    }

    /// A refusal, once the request is read: the connection can be used again then.
    async fn refuse(&self, request: Request<Incoming>, refusal: Refusal) -> Response<Body> {
        match timeout(self.manner.limits.body, read(request.into_body())).await {
            Ok(_) => refusal.into_response(),
            Err(_) => too_slow(),
        }
    }

    /// The usual answer, or what a fault makes of it.
    async fn with_fault(
        &self,
        path: &str,
        request: Request<Incoming>,
    ) -> Result<Response<Body>, Dropped> {
        let fault = self.ledger.take(request.method(), path);
        if !self.manner.latency.is_zero() {
            tokio::time::sleep(self.manner.latency).await;
        }
        Ok(match fault {
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
        })
    }

    /// Answers by the routes. The body is read whole first, whatever the call makes of it: a
    /// connection with an unread rest could not be used again.
    async fn usual(&self, request: Request<Incoming>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let Ok(body) = timeout(self.manner.limits.body, read(body)).await else {
            return too_slow();
        };
        let Some(body) = body else {
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

    /// Adds what every answer carries: `Date` by the service's clock and an id (protocol.md A), and
    /// what keeps browsers from storing it and from guessing what it is.
    fn stamp(&self, mut response: Response<Body>) -> Response<Body> {
        let now = self.service.clock.now();
        let headers = response.headers_mut();
        let no_store = HeaderValue::from_static("no-store");
        headers.entry(header::CACHE_CONTROL).or_insert(no_store);
        let nosniff = HeaderValue::from_static("nosniff");
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, nosniff);
        if let Ok(date) = HeaderValue::from_str(&httpdate::fmt_http_date(now.into())) {
            headers.insert(header::DATE, date);
        }
        if let Ok(id) = HeaderValue::from_str(&Uuid::new_v4().to_string()) {
            headers.insert(HeaderName::from_static("x-request-id"), id);
        }
        response
    }
}

/// The next connection, and a place for it. Where the system refuses one there is a pause.
async fn accept(
    listeners: &[TcpListener],
    places: &Arc<Semaphore>,
) -> (TcpStream, IpAddr, OwnedSemaphorePermit) {
    loop {
        // Nothing is accepted that could not be served.
        let Ok(place) = Arc::clone(places).acquire_owned().await else {
            // It is never closed.
            return std::future::pending().await;
        };
        let accepted = poll_fn(|cx| {
            let mut accepted = listeners.iter().map(|listener| listener.poll_accept(cx));
            accepted.find(Poll::is_ready).unwrap_or(Poll::Pending)
        });
        match accepted.await {
            Ok((stream, address)) => return (stream, address.ip(), place),
            Err(err) if broke_before(&err) => {}
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

/// Whether a connection broke before it was accepted, which concerns nobody.
fn broke_before(err: &io::Error) -> bool {
    matches!(
        err.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::Interrupted
    )
}

/// The answer to a request whose body does not come.
fn too_slow() -> Response<Body> {
    let message = "The body of the request did not come in time.";
    let close = [(header::CONNECTION, "close")];
    let body = Json(json!({ "message": message }));
    (StatusCode::REQUEST_TIMEOUT, close, body).into_response()
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
