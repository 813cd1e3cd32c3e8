//! The loopback address that a browser brings a login to (RFC 8252 §7.3).
//!
//! It listens on loopback only, its path holds a part that nobody can guess, and it is used once:
//! a page that the user did not come from cannot bring its own login here.

use std::{io, net::SocketAddr, time::Duration};

use secrecy::SecretString;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};
use zeroize::Zeroizing;

/// How long the browser may take altogether.
const WAIT: Duration = Duration::from_secs(5 * 60);
/// How long one connection may take to send its request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);
/// The most of a request that is read, in bytes.
const MAX_REQUEST_BYTES: usize = 32 * 1024;

/// Nobody brought a login.
#[derive(Debug, thiserror::Error)]
pub enum CallbackError {
    /// No port on loopback can be had.
    #[error("no port on this machine can be listened on: {0}")]
    Listen(io::Error),
    /// Five minutes have passed.
    #[error("the browser brought no login within {} minutes", WAIT.as_secs() / 60)]
    TimedOut,
}

/// An address that waits for one login.
#[derive(Debug)]
pub struct Callback {
    listener: TcpListener,
    address: SocketAddr,
    path: String,
}

/// A browser that waits to be told what came of the login that it brought.
#[derive(Debug)]
pub struct Visitor {
    stream: TcpStream,
}

impl Callback {
    /// Starts to listen. `secret` is the part of the path that nobody can guess.
    ///
    /// # Errors
    /// [`CallbackError::Listen`].
    pub async fn listen(secret: &str) -> Result<Self, CallbackError> {
        let listener = TcpListener::bind(("127.0.0.1", 0))
            .await
            .map_err(CallbackError::Listen)?;
        let address = listener.local_addr().map_err(CallbackError::Listen)?;
        Ok(Self {
            listener,
            address,
            // The page requires the path to end so (protocol.md A, "Browser login").
            path: format!("/{secret}/callback"),
        })
    }

    /// The address for the browser to come back to.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://localhost:{}{}", self.address.port(), self.path)
    }

    /// Waits for a login that `accept` takes; everything else is refused and waited on past.
    /// Nobody else can bring one after that: the address is gone.
    ///
    /// # Errors
    /// [`CallbackError::TimedOut`].
    pub async fn wait<T>(
        self,
        accept: impl Fn(&SecretString) -> Option<T>,
    ) -> Result<(T, Visitor), CallbackError> {
        timeout(WAIT, self.first(accept))
            .await
            .map_err(|_| CallbackError::TimedOut)
    }

    async fn first<T>(self, accept: impl Fn(&SecretString) -> Option<T>) -> (T, Visitor) {
        loop {
            // A connection that broke before it was accepted brought nothing.
            let Ok((mut stream, _)) = self.listener.accept().await else {
                continue;
            };
            let outcome = match timeout(REQUEST_TIMEOUT, read_head(&mut stream)).await {
                Ok(Some(head)) => self.token_of(&head),
                Ok(None) | Err(_) => Err(Refusal::BadRequest),
            };
            let refusal = match outcome {
                Ok(token) => match accept(&token) {
                    Some(accepted) => return (accepted, Visitor { stream }),
                    None => Refusal::BadRequest,
                },
                Err(refusal) => refusal,
            };
            Visitor { stream }
                .answer(
                    refusal.status(),
                    "Nothing was done",
                    "This address takes one login, and this was none.",
                )
                .await;
        }
    }

    /// The token in a request's query, when the request is the one that is waited for.
    fn token_of(&self, head: &[u8]) -> Result<SecretString, Refusal> {
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut request = httparse::Request::new(&mut headers);
        match request.parse(head) {
            Ok(httparse::Status::Complete(_)) => {}
            Ok(httparse::Status::Partial) | Err(_) => return Err(Refusal::BadRequest),
        }
        // A page whose name was bound to this machine sends its own name (DNS rebinding).
        let port = self.address.port();
        let ours = [format!("localhost:{port}"), format!("127.0.0.1:{port}")];
        let host = request
            .headers
            .iter()
            .find(|header| header.name.eq_ignore_ascii_case("host"))
            .and_then(|header| std::str::from_utf8(header.value).ok());
        if !host.is_some_and(|host| ours.iter().any(|own| own == host)) {
            return Err(Refusal::NotFound);
        }
        let target = request.path.unwrap_or_default();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        if path != self.path {
            return Err(Refusal::NotFound);
        }
        if request.method != Some("GET") {
            return Err(Refusal::Method);
        }
        url::form_urlencoded::parse(query.as_bytes())
            .find(|(name, _)| name == "token")
            .map(|(_, value)| SecretString::from(value.into_owned()))
            .ok_or(Refusal::BadRequest)
    }
}

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    BadRequest,
    NotFound,
    Method,
}

impl Refusal {
    fn status(self) -> &'static str {
        match self {
            Self::BadRequest => "400 Bad Request",
            Self::NotFound => "404 Not Found",
            Self::Method => "405 Method Not Allowed",
        }
    }
}

/// The head of a request; nothing where it is too long or breaks off.
async fn read_head(stream: &mut TcpStream) -> Option<Zeroizing<Vec<u8>>> {
    let mut head = Zeroizing::new(Vec::with_capacity(MAX_REQUEST_BYTES));
    while head.len() < MAX_REQUEST_BYTES {
        let room = MAX_REQUEST_BYTES - head.len();
        let read = stream.take(room as u64).read_buf(&mut *head).await.ok()?;
        if read == 0 {
            return None;
        }
        if head.windows(4).any(|window| window == b"\r\n\r\n") {
            return Some(head);
        }
    }
    None
}

impl Visitor {
    /// Tells the browser that the login worked.
    pub async fn succeeded(self) {
        self.answer(
            "200 OK",
            "You are logged in",
            "You can close this page and go back to the terminal.",
        )
        .await;
    }

    /// Tells the browser that it did not.
    pub async fn failed(self) {
        self.answer(
            "200 OK",
            "The login did not work",
            "The terminal says why. You can close this page.",
        )
        .await;
    }

    async fn answer(mut self, status: &str, title: &str, text: &str) {
        let page = format!(
            "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width\">\
             <title>scw: {title}</title><h1>{title}</h1><p>{text}</p></html>\n"
        );
        let answer = format!(
            "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\n\
             Content-Length: {}\r\nConnection: close\r\nCache-Control: no-store\r\n\
             Referrer-Policy: no-referrer\r\n\
             Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n\r\n{page}",
            page.len()
        );
        // A browser that went away needs no answer.
        let _ = self.stream.write_all(answer.as_bytes()).await;
        let _ = self.stream.shutdown().await;
    }
}
