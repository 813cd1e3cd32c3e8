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
    time::{Instant, timeout_at},
};

use crate::{
    model::{ApiUrl, Invalid},
    process,
};
use connections::Connections;
use listener::Listeners;
use request::{Refusal, Route, Routes};

/// How long the browser may take altogether.
const WAIT: Duration = Duration::from_secs(5 * 60);

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
    /// When the wait ends, however many invalid logins arrived.
    until: Instant,
}

/// A browser that sent a login, and waits for the outcome.
#[derive(Debug)]
pub(crate) struct Visitor {
    stream: TcpStream,
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
            let refusal = match self.routes.find(&head, self.started) {
                Ok(Route::Start) if self.started => {
                    Visitor::new(stream).opened_twice().await;
                    return Err(CallbackError::OpenedTwice);
                }
                Ok(Route::Start) => {
                    self.started = true;
                    let answer = self.routes.redirect(&self.account_page, WAIT.as_secs());
                    self.connections.answer(stream, answer);
                    continue;
                }
                Ok(Route::Callback(token)) => match accept(&token) {
                    Some(accepted) => return Ok((accepted, Visitor::new(stream))),
                    None => Refusal::BadRequest,
                },
                Err(refusal) => refusal,
            };
            self.connections.answer(stream, refusal.page());
        }
    }
}

impl Visitor {
    fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            begun: false,
        }
    }

    /// Sends the user back to the terminal, where a question waits. The outcome of the login follows on
    /// the same page.
    pub(crate) async fn asked(&mut self) {
        let page = page::beginning("Go back to the terminal", "Confirm this login there.");
        page::begin(&mut self.stream, &page).await;
        self.begun = true;
    }

    /// Tells the browser that the service rejected the session, and that scw waits for another.
    pub(crate) async fn rejected(self) {
        self.respond(
            "400 Bad Request",
            "This login is not valid",
            "The service rejected it. scw is still waiting for a login.",
        )
        .await;
    }

    /// Tells the browser that the login worked.
    pub(crate) async fn succeeded(self) {
        self.respond(
            "200 OK",
            "You are logged in",
            "Close this page and go back to the terminal.",
        )
        .await;
    }

    /// Tells the browser that it did not.
    pub(crate) async fn failed(self) {
        self.respond(
            "200 OK",
            "You are not logged in",
            "The terminal says why. You can close this page.",
        )
        .await;
    }

    async fn opened_twice(self) {
        self.respond(
            "403 Forbidden",
            "The login was stopped",
            "This page works once and was opened before. Somebody else may have seen it. \
             The terminal says what to do next.",
        )
        .await;
    }

    async fn respond(self, status: &str, title: &str, text: &str) {
        let answer = if self.begun {
            page::rest(title, text)
        } else {
            page::page(status, title, text)
        };
        page::send(self.stream, answer).await;
    }
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
