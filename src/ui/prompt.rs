//! Prompts. The only file that names dialoguer.

use std::{
    io::{self, IsTerminal, Write},
    sync::atomic::{AtomicBool, Ordering},
};

use dialoguer::{Confirm, Input, Password, Select, console::Term};
use secrecy::SecretString;

use crate::process::on_thread;

/// Why a prompt has no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PromptError {
    /// stdin or stderr is no terminal.
    #[error("this is not a terminal")]
    NotATerminal,
    /// `--no-input` was given.
    #[error("`--no-input` is set")]
    NoInput,
    /// Ctrl-C, or the terminal went away.
    #[error("interrupted")]
    Interrupted,
}

/// Shows prompts at a terminal.
#[derive(Debug, Clone)]
pub(crate) struct Prompter {
    no_input: bool,
}

impl Prompter {
    /// A prompter; with `no_input` every prompt fails.
    #[must_use]
    pub(crate) fn new(no_input: bool) -> Self {
        Self { no_input }
    }

    /// Checks that prompts are possible: both stdin and stderr are terminals, and `--no-input` is not
    /// set.
    ///
    /// # Errors
    /// [`PromptError`], which says why not.
    pub(crate) fn check(&self) -> Result<(), PromptError> {
        if self.no_input {
            Err(PromptError::NoInput)
        } else if io::stdin().is_terminal() && io::stderr().is_terminal() {
            Ok(())
        } else {
            Err(PromptError::NotATerminal)
        }
    }

    /// Whether prompts are possible, as [`Prompter::check`] tells.
    #[must_use]
    pub(crate) fn can_ask(&self) -> bool {
        self.check().is_ok()
    }

    /// Asks for a line of text.
    ///
    /// # Errors
    /// [`PromptError`].
    pub(crate) async fn line(&self, question: &str) -> Result<SecretString, PromptError> {
        let question = question.to_owned();
        self.ask(move || {
            Input::<String>::new()
                .with_prompt(question)
                .allow_empty(true)
                .interact_text_on(&Term::stderr())
                .map(SecretString::from)
        })
        .await
    }

    /// Asks for a line of text as the simplest programs do: nothing that was written is rewritten,
    /// so that a screen reader says it once.
    ///
    /// # Errors
    /// [`PromptError`].
    pub(crate) async fn plain_line(&self, question: &str) -> Result<SecretString, PromptError> {
        let question = question.to_owned();
        self.ask(move || {
            write!(io::stderr(), "{question}: ")?;
            let mut line = String::new();
            match io::stdin().read_line(&mut line)? {
                // The terminal is gone, or Ctrl-D.
                0 => Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
                _ => Ok(SecretString::from(line)),
            }
        })
        .await
    }

    /// Asks for a secret, without showing what is typed.
    ///
    /// # Errors
    /// [`PromptError`].
    pub(crate) async fn hidden(&self, question: &str) -> Result<SecretString, PromptError> {
        let shown = question.to_owned();
        let answer = self.ask(move || {
            Password::new()
                .with_prompt(shown)
                .allow_empty_password(true)
                .report(false)
                .interact_on(&Term::stderr())
                .map(SecretString::from)
        });
        tokio::select! {
            biased;
            answer = answer => answer,
            () = hide_after_a_stop(question) => Err(PromptError::Interrupted),
        }
    }

    /// Asks to choose one of some items, and returns its place in the list.
    ///
    /// # Errors
    /// [`PromptError`].
    pub(crate) async fn select(
        &self,
        question: &str,
        items: Vec<String>,
    ) -> Result<usize, PromptError> {
        let question = question.to_owned();
        self.ask(move || {
            Select::new()
                .with_prompt(question)
                .items(&items)
                .default(0)
                .interact_on(&Term::stderr())
        })
        .await
    }

    /// Asks a question with yes or no as its answer, no by default.
    ///
    /// # Errors
    /// [`PromptError`].
    pub(crate) async fn confirm(&self, question: &str) -> Result<bool, PromptError> {
        let question = question.to_owned();
        self.ask(move || {
            Confirm::new()
                .with_prompt(question)
                .default(false)
                .wait_for_newline(true)
                .interact_on(&Term::stderr())
        })
        .await
    }

    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce() -> dialoguer::Result<T> + Send + 'static,
    ) -> Result<T, PromptError> {
        self.check()?;
        let _restore = RestoreTerminal::now();
        LINE_IS_OPEN.store(true, Ordering::Relaxed);
        match on_thread(question).await {
            Some(Ok(answer)) => {
                LINE_IS_OPEN.store(false, Ordering::Relaxed);
                Ok(answer)
            }
            Some(Err(_)) | None => Err(PromptError::Interrupted),
        }
    }
}

/// Keeps a terminal from showing what is typed, and asks again, whenever this process was stopped and
/// goes on: the shell gives the terminal back as its own needs it, with an echo (termios(3)). Never
/// comes to an end.
async fn hide_after_a_stop(question: &str) {
    #[cfg(unix)]
    {
        use rustix::{
            process::Signal,
            termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr},
        };
        use tokio::signal::unix::{SignalKind, signal};

        let continued = signal(SignalKind::from_raw(Signal::CONT.as_raw()));
        if let Ok(mut continued) = continued {
            while continued.recv().await.is_some() {
                if let Ok(mut modes) = tcgetattr(io::stdin()) {
                    modes.local_modes.remove(LocalModes::ECHO);
                    // A terminal that is gone shows nothing.
                    let _ = tcsetattr(io::stdin(), OptionalActions::Now, &modes);
                    let _ = write!(io::stderr(), "{question}: ");
                }
            }
        }
    }
    #[cfg(not(unix))]
    let _ = question;
    std::future::pending::<()>().await;
}

/// Whether the cursor is on the line of a question without an answer.
static LINE_IS_OPEN: AtomicBool = AtomicBool::new(false);

/// Starts a new line where the cursor is on the line of an abandoned question.
pub(super) fn leave_open_line() {
    if LINE_IS_OPEN.swap(false, Ordering::Relaxed) {
        // A terminal that is gone needs no new line.
        let _ = Term::stderr().write_line("");
    }
}

/// The terminal as it was before the first question.
#[cfg(unix)]
static BEFORE: std::sync::OnceLock<rustix::termios::Termios> = std::sync::OnceLock::new();

/// Puts the terminal back as it was before the first question; nothing where none was asked.
///
/// A question that is abandoned half-way leaves a thread behind that may change the terminal once
/// more: the end of the program calls this again, when nothing else follows.
pub(crate) fn restore_terminal() {
    #[cfg(unix)]
    if let Some(before) = BEFORE.get() {
        use rustix::termios::{OptionalActions, tcsetattr};

        // A terminal that is gone needs no restoring.
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, before);
        let _ = Term::stderr().show_cursor();
    }
}

/// Restores the terminal when a question ends, in whatever way.
struct RestoreTerminal;

impl RestoreTerminal {
    fn now() -> Self {
        #[cfg(unix)]
        if let Ok(before) = rustix::termios::tcgetattr(io::stdin()) {
            BEFORE.get_or_init(|| before);
        }
        Self
    }
}

impl Drop for RestoreTerminal {
    fn drop(&mut self) {
        restore_terminal();
    }
}
