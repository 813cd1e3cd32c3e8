//! The loopback addresses of a login in a browser (RFC 8252 §7.3, §8.3).
//!
//! The browser opens a start page. Every user of the machine can read its address in the browser's
//! arguments, so it works once. It redirects to the account page; only its answer contains the
//! address that the login is sent to. A second visit shows that somebody else knows the address.

mod connections;
mod listener;
mod page;
mod request;

use std::{convert::Infallible, io, time::Duration};

use secrecy::SecretString;
use tokio::{
    net::TcpStream,
    sync::mpsc,
    time::{Instant, timeout, timeout_at},
};

use crate::{
    model::{ApiUrl, Invalid},
    process,
};
use connections::Connections;
use listener::Listeners;
use page::Tone;
use request::{Refusal, Route, Routes};

/// How long the browser may take altogether.
const WAIT: Duration = Duration::from_secs(5 * 60);

/// How long a browser that brought a login may take to open the page that tells the outcome.
const ARRIVAL: Duration = Duration::from_secs(5);
/// How often that page may be opened before the outcome is known. More are refused.
const OPENED: usize = 16;

/// Why no browser login arrived.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallbackError {
    /// No port on loopback can be had.
    #[error("could not listen on a local port: {0}")]
    Listen(#[source] io::Error),
    /// Another program listens on `::1`, wherever this one listens on `127.0.0.1`.
    #[error("another program uses every port that scw tried on ::1")]
    Taken,
    /// The account page's address takes no path.
    #[error(transparent)]
    Page(#[from] Invalid),
    /// Five minutes have passed.
    #[error("the browser sent no login within {} minutes", WAIT.as_secs() / 60)]
    TimedOut,
    /// The start page was opened a second time.
    #[error("the start page was opened twice; somebody else may have seen it")]
    OpenedTwice,
}

/// The start page and the callback of one login.
#[derive(Debug)]
pub(crate) struct Callback {
    connections: Connections,
    routes: Routes,
    /// Where the start page redirects to.
    account_page: String,
    /// Whether the start page was opened.
    started: bool,
    /// Where those go who open the page that tells the outcome of a login.
    outcome: Option<mpsc::Sender<TcpStream>>,
    /// When the wait ends, however many invalid logins arrived.
    until: Instant,
}

/// A browser that sent a login, and waits for the outcome.
#[derive(Debug)]
pub(crate) struct Visitor {
    arriving: mpsc::Receiver<TcpStream>,
    /// The page that the browser waits for; nothing where it did not come for it.
    stream: Option<TcpStream>,
    /// Whether the page has begun already.
    begun: bool,
}

impl Callback {
    /// Starts to listen, for a login on the account page at `account`.
    ///
    /// # Errors
    /// [`CallbackError::Listen`], [`CallbackError::Taken`], [`CallbackError::Page`].
    pub(crate) fn listen(account: &ApiUrl) -> Result<Self, CallbackError> {
        let listeners = Listeners::bind()?;
        let words = std::array::from_fn(|_| process::unguessable());
        let routes = Routes::new(listeners.authority(), words);
        let mut account_page = account.join("/authenticate")?;
        account_page
            .query_pairs_mut()
            .append_pair("redirectToUrl", &routes.callback_url());
        Ok(Self {
            connections: Connections::new(listeners),
            routes,
            account_page: account_page.into(),
            started: false,
            outcome: None,
            until: Instant::now() + WAIT,
        })
    }

    /// The address of the start page. It works once.
    #[must_use]
    pub(crate) fn start_url(&self) -> String {
        self.routes.start_url()
    }

    /// Waits for a login that `accept` takes. Refuses everything else and goes on waiting.
    ///
    /// # Errors
    /// [`CallbackError::TimedOut`], [`CallbackError::OpenedTwice`].
    pub(crate) async fn wait<T>(
        &mut self,
        accept: impl Fn(&SecretString) -> Option<T>,
    ) -> Result<(T, Visitor), CallbackError> {
        timeout_at(self.until, self.first(accept))
            .await
            .unwrap_or(Err(CallbackError::TimedOut))
    }

    /// Waits until the start page is opened once more. The login may then have come from somebody
    /// else who opened the page before the user did.
    pub(crate) async fn opened_again(&mut self) -> CallbackError {
        match self.first(|_| None::<Infallible>).await {
            Ok((never, _)) => match never {},
            Err(err) => err,
        }
    }

    async fn first<T>(
        &mut self,
        accept: impl Fn(&SecretString) -> Option<T>,
    ) -> Result<(T, Visitor), CallbackError> {
        loop {
            let (head, stream) = self.connections.next().await;
            let answer = match self.routes.find(&head, self.started) {
                Ok(Route::Start) if self.started => {
                    page::send(stream, opened_twice()).await;
                    return Err(CallbackError::OpenedTwice);
                }
                Ok(Route::Start) => {
                    self.started = true;
                    self.routes.redirect(&self.account_page, WAIT.as_secs())
                }
                Ok(Route::Callback(token)) => {
                    self.connections.answer(stream, self.routes.to_outcome());
                    if let Some(accepted) = accept(&token) {
                        return Ok((accepted, self.visitor()));
                    }
                    continue;
                }
                Ok(Route::Unclean) => self.routes.to_outcome(),
                Ok(Route::Outcome) => {
                    if let Some(stream) = self.arrived(stream) {
                        let answer = Refusal::BadRequest.page();
                        self.connections.answer(stream, answer);
                    }
                    continue;
                }
                Err(refusal) => refusal.page(),
            };
            self.connections.answer(stream, answer);
        }
    }

    fn visitor(&mut self) -> Visitor {
        let (outcome, arriving) = mpsc::channel(OPENED);
        self.outcome = Some(outcome);
        Visitor {
            arriving,
            stream: None,
            begun: false,
        }
    }

    /// Hands whoever opens the outcome's page to the visitor that waits for it. Gives the connection
    /// back where no login has come.
    fn arrived(&self, stream: TcpStream) -> Option<TcpStream> {
        let Some(outcome) = &self.outcome else {
            return Some(stream);
        };
        outcome.try_send(stream).err().map(|err| match err {
            mpsc::error::TrySendError::Full(stream) | mpsc::error::TrySendError::Closed(stream) => {
                stream
            }
        })
    }
}

impl Visitor {
    /// Waits until the browser asks for the page that tells the outcome. One that does not come is
    /// told nothing. The callback has to be waited on at the same time.
    pub(crate) async fn arrive(&mut self) {
        if let Ok(stream) = timeout(ARRIVAL, self.arriving.recv()).await {
            self.stream = stream;
        }
    }

    /// Sends the user back to the terminal, where a question waits. The outcome of the login follows on
    /// the same page.
    pub(crate) async fn asked(&mut self) {
        if let Some(stream) = &mut self.stream {
            let page = page::beginning("Go back to the terminal", "Confirm this login there.");
            page::begin(stream, &page).await;
            self.begun = true;
        }
    }

    /// Tells the browser that the service rejected the session, and that scw waits for another.
    pub(crate) async fn rejected(self) {
        self.respond(
            "400 Bad Request",
            Tone::Failed,
            "This login is not valid",
            "The service rejected it. scw is still waiting for a login.",
        )
        .await;
    }

    /// Tells the browser that the login worked.
    pub(crate) async fn succeeded(self) {
        self.respond(
            "200 OK",
            Tone::Done,
            "You are logged in",
            "Close this page and go back to the terminal.",
        )
        .await;
    }

    /// Tells the browser that it did not.
    pub(crate) async fn failed(self) {
        self.respond(
            "200 OK",
            Tone::Failed,
            "You are not logged in",
            "The terminal says why. You can close this page.",
        )
        .await;
    }

    async fn respond(mut self, status: &str, tone: Tone, title: &str, text: &str) {
        let whole = || page::page(status, tone, title, text);
        // A page that was loaded again is a connection of its own.
        while let Ok(again) = self.arriving.try_recv() {
            page::send(again, whole()).await;
        }
        let answer = if self.begun {
            page::rest(tone, title, text)
        } else {
            whole()
        };
        if let Some(stream) = self.stream {
            page::send(stream, answer).await;
        }
    }
}

/// The answer to a second visit of the start page.
fn opened_twice() -> String {
    page::page(
        "403 Forbidden",
        Tone::Failed,
        "The login was stopped",
        "This page works once and was opened before. Somebody else may have seen it. \
         The terminal says what to do next.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    // Issue 7, 27
    #[tokio::test]
    async fn a_login_that_nobody_brings_ends_by_itself() {
        assert_eq!(WAIT.as_secs(), 300);
        let account = "http://127.0.0.1:1".parse().unwrap();
        let mut callback = Callback::listen(&account).unwrap();
        let left = callback.until - Instant::now();
        assert!(left <= WAIT && left.as_secs() >= 240, "{left:?}");
        callback.until = Instant::now();
        let waited = callback.wait(|_| Some(()));
        assert!(matches!(waited.await, Err(CallbackError::TimedOut)));
    }
}
