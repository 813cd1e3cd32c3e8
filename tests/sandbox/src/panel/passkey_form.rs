//! The form that a passkey fills in. It carries what the browser asks the passkey for, and the
//! script puts the answer into a hidden field.

use maud::{Markup, html};
use serde::Deserialize;

use super::field::token;
use crate::{service::Service, webauthn::Begun};

/// What the browser is to do.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Asks {
    /// Make a passkey.
    Create,
    /// Use one.
    Get,
}

/// A form for a ceremony that has begun.
pub(crate) struct PasskeyForm<'a> {
    /// Where it is sent to.
    pub(crate) action: &'a str,
    /// The token that makes it work once.
    pub(crate) form: &'a str,
    pub(crate) asks: Asks,
    pub(crate) begun: &'a Begun,
    /// What a person fills in besides.
    pub(crate) fields: Markup,
    pub(crate) button: &'a str,
    /// What was wrong with the last answer.
    pub(crate) problem: Option<&'a str>,
}

impl PasskeyForm<'_> {
    /// The form. Its button is hidden until the script finds that the browser can use passkeys.
    pub(crate) fn show(&self, service: &Service) -> Markup {
        let asks = match self.asks {
            Asks::Create => "create",
            Asks::Get => "get",
        };
        html! {
            form.card method="post" action=(self.action) data-passkey=(asks)
                data-options=(self.begun.options) data-origin=(service.origin) {
                (token(self.form))
                input type="hidden" name="ceremony" value=(self.begun.id);
                input type="hidden" name="answer";
                (self.fields)
                p.hint data-passkey-needs {
                    "Passkeys need JavaScript and a browser that supports them."
                }
                p.problem role=[self.problem.map(|_| "alert")] hidden[self.problem.is_none()]
                    data-passkey-problem {
                    (self.problem.unwrap_or_default())
                }
                button type="submit" hidden { (self.button) }
            }
        }
    }
}

/// What such a form sends.
#[derive(Debug, Deserialize)]
pub(crate) struct Answer {
    /// The ceremony's id.
    #[serde(default)]
    pub(crate) ceremony: String,
    /// `RegistrationResponseJSON` or `AuthenticationResponseJSON` (WebAuthn §5.1).
    #[serde(default)]
    pub(crate) answer: String,
}

impl Answer {
    /// Whether it is one: another form of the same page sends none.
    pub(crate) fn is_given(&self) -> bool {
        !self.ceremony.is_empty()
    }
}
