//! Failures as the user sees them: message, hints and exit code.
//!
//! The only place that knows every layer's error.

mod aimed;
mod hints;
mod kind;
#[cfg(test)]
mod named_commands;
#[cfg(feature = "security-keys")]
mod security_key;
#[cfg(test)]
mod table;

use std::fmt;

use crate::api::ApiError;

pub(crate) use aimed::for_profile;
pub(crate) use hints::{IDENTITY_FLAG, PASSPHRASE_FLAG, prompt_error};
pub(crate) use kind::Kind;

/// The result of a command.
pub(crate) type Result<T, E = CliError> = std::result::Result<T, E>;

/// A failure as the user sees it: what failed, why, and what to do next.
#[derive(Debug)]
pub(crate) struct CliError {
    kind: Kind,
    doing: Option<String>,
    message: String,
    facts: Vec<String>,
    hints: Vec<String>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl CliError {
    /// A failure of this kind; `message` says what went wrong.
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            doing: None,
            message: message.into(),
            facts: Vec::new(),
            hints: Vec::new(),
            source: None,
        }
    }

    /// A failure of this kind, with the error of another layer as its message and its source.
    fn of(kind: Kind, err: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self {
            message: err.to_string(),
            source: Some(Box::new(err)),
            ..Self::new(kind, "")
        }
    }

    /// Wrong usage.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    /// Ctrl-C, SIGTERM or SIGHUP.
    #[must_use]
    pub(crate) fn interrupted() -> Self {
        Self::new(Kind::Interrupted, "Cancelled")
    }

    /// The user answered no; `fact` says what holds now.
    #[must_use]
    pub(crate) fn cancelled(fact: &str) -> Self {
        Self::new(Kind::Cancelled, "Cancelled").and(fact)
    }

    /// Adds what the user can do next. The same hint is not added twice.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        let hint = hint.into();
        if !self.hints.contains(&hint) {
            self.hints.push(hint);
        }
        self
    }

    /// Says what failed, as in "could not `doing`". The first call wins: it is the innermost one.
    #[must_use]
    pub(crate) fn doing(mut self, doing: impl Into<String>) -> Self {
        self.doing.get_or_insert_with(|| doing.into());
        self
    }

    /// Adds a fact that holds after the failure: a sentence with a capital letter at its beginning
    /// and no period at its end.
    #[must_use]
    pub(crate) fn and(mut self, fact: &str) -> Self {
        self.facts.push(fact.to_owned());
        self
    }

    /// Replaces the hints where the service rejected the key itself.
    #[must_use]
    pub(crate) fn hint_for_refused_key(mut self, hint: &str) -> Self {
        let source = self.source.as_ref().and_then(|err| err.downcast_ref());
        if let Some(ApiError::Authentication { .. }) = source {
            self.hints = vec![hint.to_owned()];
        }
        self
    }

    /// Whether the user ended the command: nothing went wrong.
    #[must_use]
    pub(crate) fn is_cancellation(&self) -> bool {
        matches!(self.kind, Kind::Cancelled | Kind::Interrupted)
    }

    /// The kind of failure.
    #[must_use]
    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    /// What to do next, in order.
    #[must_use]
    pub(crate) fn hints(&self) -> &[String] {
        &self.hints
    }
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.doing {
            Some(doing) if !self.is_cancellation() => {
                write!(f, "could not {doing}: {}", self.message)?;
            }
            _ => f.write_str(&self.message)?,
        }
        for fact in &self.facts {
            write!(f, ". {fact}")?;
        }
        // Several sentences end like sentences.
        if self.is_cancellation() || !self.facts.is_empty() {
            f.write_str(".")?;
        }
        Ok(())
    }
}

impl std::error::Error for CliError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source
            .as_deref()
            .map(|source| source as &(dyn std::error::Error + 'static))
    }
}

/// How to log in, for every error about a missing or rejected login.
pub(crate) const LOGIN_HINT: &str =
    "log in with `scw login` (in a script: `scw login --with-token`)";
