//! Requests to end the program: Ctrl-C, SIGTERM, SIGHUP.

use std::cell::RefCell;

use tokio::sync::watch;

/// Requests to end the program.
///
/// While a command holds a [`Protected`], such a request does not end it at once: the command
/// asks [`Interrupt::requested`] where it can stop without harm.
#[derive(Debug, Default)]
pub(crate) struct Interrupt {
    requested: watch::Sender<bool>,
    requests: watch::Sender<u32>,
    protected: watch::Sender<usize>,
    doing: RefCell<String>,
}

impl Interrupt {
    /// Listens for the signals until the program ends. `tell` gets what to say where the end has to
    /// wait: after the first signal, and again after each further one.
    ///
    /// # Errors
    /// The system's, when a signal cannot be listened for.
    pub(crate) async fn listen(&self, tell: impl Fn(&str)) -> std::io::Result<()> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};

            let mut int = signal(SignalKind::interrupt())?;
            let mut term = signal(SignalKind::terminate())?;
            let mut hup = if super::ignores_hangup() {
                None
            } else {
                Some(signal(SignalKind::hangup())?)
            };
            loop {
                let hangup = async {
                    match &mut hup {
                        Some(hup) => hup.recv().await,
                        None => std::future::pending().await,
                    }
                };
                tokio::select! {
                    _ = int.recv() => {}
                    _ = term.recv() => {}
                    _ = hangup => {}
                }
                self.request(&tell);
            }
        }
        #[cfg(not(unix))]
        loop {
            tokio::signal::ctrl_c().await?;
            self.request(&tell);
        }
    }

    fn request(&self, tell: &impl Fn(&str)) {
        let again = self.requested.send_replace(true);
        self.requests
            .send_modify(|count| *count = count.saturating_add(1));
        let doing = self.doing.borrow();
        if *self.protected.borrow() > 0 && !doing.is_empty() {
            tell(&if again {
                format!("scw is still {doing}.")
            } else {
                format!("Interrupted. scw is {doing}.")
            });
        }
    }

    /// Sets what a signal is answered with: what scw does before it ends, as in "saving the backup
    /// codes". Empty where the end does not have to wait.
    pub(crate) fn now(&self, doing: &str) {
        doing.clone_into(&mut self.doing.borrow_mut());
    }

    /// Whether the end was asked for.
    #[must_use]
    pub(crate) fn is_requested(&self) -> bool {
        *self.requested.borrow()
    }

    /// Waits for a further request, whatever was requested before: the first one does not stop a
    /// clean-up, the next one does.
    pub(crate) async fn requested_again(&self) {
        // The sender lives as long as `self`, so the wait cannot fail.
        let _ = self.requests.subscribe().changed().await;
    }

    /// Waits until the user asks the program to end.
    pub(crate) async fn requested(&self) {
        let mut requested = self.requested.subscribe();
        // The sender lives as long as `self`, so the wait cannot fail.
        let _ = requested.wait_for(|requested| *requested).await;
    }

    /// Waits until the user asks for the end and no command is protected.
    pub(crate) async fn may_end(&self) {
        self.requested().await;
        let mut protected = self.protected.subscribe();
        let _ = protected.wait_for(|count| *count == 0).await;
    }

    /// Keeps the program alive until the guard is dropped. `doing` completes "Interrupted. scw is
    /// …": what scw does before it ends, as in "deleting the API key". It is empty while a prompt
    /// waits, since that ends at once.
    #[must_use]
    pub(crate) fn protect(&self, doing: &str) -> Protected<'_> {
        self.protected.send_modify(|count| *count += 1);
        let before = self.doing.replace(doing.to_owned());
        Protected {
            interrupt: self,
            before,
        }
    }
}

/// While it lives, a request to end the program waits.
#[derive(Debug)]
pub(crate) struct Protected<'a> {
    interrupt: &'a Interrupt,
    before: String,
}

impl Protected<'_> {
    /// As [`Interrupt::now`].
    pub(crate) fn now(&self, doing: &str) {
        self.interrupt.now(doing);
    }
}

impl Drop for Protected<'_> {
    fn drop(&mut self) {
        *self.interrupt.doing.borrow_mut() = std::mem::take(&mut self.before);
        self.interrupt
            .protected
            .send_modify(|count| *count = count.saturating_sub(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Issue 7, 24
    #[test]
    fn a_request_that_has_to_wait_is_answered_at_once_and_again() {
        let interrupt = Interrupt::default();
        let said = RefCell::new(Vec::new());
        let tell = |text: &str| said.borrow_mut().push(text.to_owned());
        let uninterruptible = interrupt.protect("creating the API key");
        interrupt.request(&tell);
        uninterruptible.now("deleting the API key again");
        interrupt.request(&tell);
        drop(uninterruptible);
        interrupt.request(&tell);
        let said = said.into_inner();
        assert_eq!(said.len(), 2, "{said:?}");
        assert_eq!(said[0], "Interrupted. scw is creating the API key.");
        assert_eq!(said[1], "scw is still deleting the API key again.");
    }
}
