//! What `scw doctor` finds.

use serde::Serialize;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// Nothing to do.
    Ok,
    /// It works, and something should be done.
    Warning,
    /// Something does not work, or a secret is open to others.
    Problem,
}

/// One finding of one check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The check, as in `keyring`.
    pub name: &'static str,
    /// How bad it is.
    pub state: Health,
    /// What was found; no secret is in it.
    pub message: String,
    /// What to do next; nothing where nothing has to be done.
    pub hint: Option<String>,
}

impl Finding {
    /// All is well.
    #[must_use]
    pub fn ok(name: &'static str, message: impl Into<String>) -> Self {
        Self {
            name,
            state: Health::Ok,
            message: message.into(),
            hint: None,
        }
    }

    /// It works, and `hint` should be done.
    #[must_use]
    pub fn warning(
        name: &'static str,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self {
            name,
            state: Health::Warning,
            message: message.into(),
            hint: Some(hint.into()),
        }
    }

    /// It does not work until `hint` is done.
    #[must_use]
    pub fn problem(
        name: &'static str,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self {
            state: Health::Problem,
            ..Self::warning(name, message, hint)
        }
    }
}
