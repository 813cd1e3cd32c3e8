//! How a request authenticates.

use reqwest::header::{HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

use crate::{api::ApiError, model::SecretKey};

/// How a request authenticates (protocol.md A, "Authentication").
#[derive(Debug, Clone)]
pub(crate) enum Auth {
    /// Nothing: the call is a login.
    Anonymous,
    /// `X-Auth-Token`: the secret of an API key, or a token of 2017.
    Key(SecretKey),
    /// `X-Session-Token`: a session's JWT.
    Session(SecretString),
}

/// A header, and the secret that it is made of.
pub(super) struct Credential {
    pub(super) name: HeaderName,
    pub(super) value: HeaderValue,
    auth: Auth,
}

impl Credential {
    /// The header of a request; nothing for a login.
    ///
    /// # Errors
    /// [`ApiError::Arguments`] when the secret cannot stand in a header.
    pub(super) fn of(auth: &Auth) -> Result<Option<Self>, ApiError> {
        let name = match auth {
            Auth::Anonymous => return Ok(None),
            Auth::Key(_) => "x-auth-token",
            Auth::Session(_) => "x-session-token",
        };
        // The library's error says nothing that the sentence does not.
        let mut value =
            HeaderValue::from_str(secret_of(auth)).map_err(|_| ApiError::Arguments {
                message: Some(
                    "the key contains a character that HTTP headers do not allow".to_owned(),
                ),
            })?;
        value.set_sensitive(true);
        Ok(Some(Self {
            name: HeaderName::from_static(name),
            value,
            auth: auth.clone(),
        }))
    }

    /// The key, where it is one.
    pub(super) fn key(&self) -> Option<&SecretKey> {
        match &self.auth {
            Auth::Key(key) => Some(key),
            Auth::Anonymous | Auth::Session(_) => None,
        }
    }

    /// The secret, so that it can be hidden.
    pub(super) fn secret(&self) -> &str {
        secret_of(&self.auth)
    }
}

fn secret_of(auth: &Auth) -> &str {
    match auth {
        Auth::Anonymous => "",
        Auth::Key(key) => key.expose(),
        Auth::Session(token) => token.expose_secret(),
    }
}
