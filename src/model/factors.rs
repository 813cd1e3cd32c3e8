//! The second factors of a user: the authenticator app and passkeys (protocol.md E).

use serde::{Serialize, Serializer, ser::SerializeSeq};
use time::OffsetDateTime;

use super::{PasskeyId, User, clean, rfc3339};

/// Whether the authenticator app is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppState {
    /// It is.
    On,
    /// It is not.
    Off,
    /// The API does not tell: no call reads it, and `mfa` may be on for a passkey alone
    /// (protocol.md E).
    Unknown,
}

/// A passkey. The name is as the service sent it: not yet cleaned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passkey {
    /// Its id.
    pub id: PasskeyId,
    /// The name that its user gave it.
    pub name: String,
    /// When it was added.
    pub created_at: Option<OffsetDateTime>,
    /// When somebody last signed in with it.
    pub last_used_at: Option<OffsetDateTime>,
}

/// Every second factor of a user.
///
/// It serializes to the list that cli.md describes under `scw 2fa status`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Factors {
    /// The authenticator app.
    pub app: AppState,
    /// The passkeys; nothing where the API did not tell.
    pub passkeys: Option<Vec<Passkey>>,
}

impl Factors {
    /// What the IAM API tells. `mfa` is on for the app, and either for passkeys too or not: which
    /// of the two is not on record (protocol.md E), so only a state that both readings agree on
    /// counts as known.
    #[must_use]
    pub fn of_iam(mfa: bool, passkeys: Option<Vec<Passkey>>) -> Self {
        let app = match (mfa, &passkeys) {
            (false, _) => AppState::Off,
            (true, Some(passkeys)) if passkeys.is_empty() => AppState::On,
            (true, _) => AppState::Unknown,
        };
        Self { app, passkeys }
    }

    /// What the API of 2017 tells: of the app alone. It has no passkeys.
    #[must_use]
    pub fn of_2017(enabled: bool) -> Self {
        Self {
            app: if enabled { AppState::On } else { AppState::Off },
            passkeys: Some(Vec::new()),
        }
    }

    /// Whether there is no second factor: not where the API did not list the passkeys.
    #[must_use]
    pub fn none(&self) -> bool {
        self.app == AppState::Off && self.passkeys.as_ref().is_some_and(Vec::is_empty)
    }

    /// Whether there is any second factor, as far as the API told.
    #[must_use]
    pub fn any(&self) -> bool {
        self.app != AppState::Off || !self.known_passkeys().is_empty()
    }

    /// The passkeys that the API told of.
    #[must_use]
    pub fn known_passkeys(&self) -> &[Passkey] {
        self.passkeys.as_deref().unwrap_or_default()
    }

    /// The same without a passkey.
    #[must_use]
    pub fn without_passkey(self, id: &PasskeyId) -> Self {
        let mut left = self;
        if let Some(passkeys) = &mut left.passkeys {
            passkeys.retain(|passkey| passkey.id != *id);
        }
        left
    }

    /// The same without the app.
    #[must_use]
    pub fn without_app(self) -> Self {
        Self {
            app: AppState::Off,
            ..self
        }
    }
}

impl Serialize for Factors {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        /// One factor in the form of cli.md.
        #[derive(Serialize)]
        struct Entry {
            r#type: &'static str,
            state: &'static str,
            id: Option<String>,
            name: Option<String>,
            created_at: Option<String>,
            last_used_at: Option<String>,
        }

        let mut list = serializer.serialize_seq(None)?;
        let state = match self.app {
            AppState::On => Some("on"),
            AppState::Unknown => Some("unknown"),
            AppState::Off => None,
        };
        if let Some(state) = state {
            list.serialize_element(&Entry {
                r#type: "app",
                state,
                id: None,
                name: None,
                created_at: None,
                last_used_at: None,
            })?;
        }
        if self.passkeys.is_none() {
            list.serialize_element(&Entry {
                r#type: "passkey",
                state: "unknown",
                id: None,
                name: None,
                created_at: None,
                last_used_at: None,
            })?;
        }
        for passkey in self.known_passkeys() {
            list.serialize_element(&Entry {
                r#type: "passkey",
                state: "on",
                id: Some(passkey.id.to_string()),
                name: Some(clean(&passkey.name)),
                created_at: passkey.created_at.map(rfc3339),
                last_used_at: passkey.last_used_at.map(rfc3339),
            })?;
        }
        list.end()
    }
}

/// A user and every second factor of it, as one look at the account found them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserFactors {
    /// The user.
    pub user: User,
    /// Its second factors.
    pub factors: Factors,
}

impl UserFactors {
    /// Whether the authenticator app is known to be on.
    #[must_use]
    pub fn app_is_on(&self) -> bool {
        self.factors.app == AppState::On
    }

    /// Whether nobody changed the account between two looks at it, as far as it tells.
    #[must_use]
    pub fn is_unchanged_since(&self, before: &Self) -> bool {
        self.factors == before.factors && self.user.updated_at == before.user.updated_at
    }

    /// Whether the authenticator app is known to be off.
    #[must_use]
    pub fn app_is_off(&self) -> bool {
        self.factors.app == AppState::Off
    }
}

/// An organization as a question names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationDetails {
    /// Its name, as the service sent it: not yet cleaned.
    pub name: String,
    /// How its users may sign in, where the dialect tells.
    pub ways: Option<SignInWays>,
}

/// How the users of an organization may sign in (protocol.md A, `organizations/{id}`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignInWays {
    /// With a password.
    pub password: bool,
    /// At an identity provider, by SAML or OAuth.
    pub identity_provider: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passkey() -> Passkey {
        Passkey {
            id: PasskeyId::parse("5c9e0a3e-1d0f-4a55-9d6f-0f0e4a6d2b11").unwrap(),
            name: "Key\u{1b}[31m".to_owned(),
            created_at: Some(OffsetDateTime::UNIX_EPOCH),
            last_used_at: None,
        }
    }

    // Issue 8, 1
    #[test]
    fn only_what_both_readings_agree_on_is_known_of_the_app() {
        for (mfa, passkeys, app, any) in [
            (false, Some(vec![]), AppState::Off, false),
            (true, Some(vec![]), AppState::On, true),
            (true, Some(vec![passkey()]), AppState::Unknown, true),
            // A service that counts passkeys would have said `mfa`: this one does not.
            (false, Some(vec![passkey()]), AppState::Off, true),
            (true, None, AppState::Unknown, true),
            (false, None, AppState::Off, false),
        ] {
            let factors = Factors::of_iam(mfa, passkeys);
            assert_eq!((factors.app, factors.any()), (app, any), "{factors:?}");
        }
    }

    // Issue 8, 1
    #[test]
    fn the_list_has_the_form_of_cli_md_and_no_control_characters() {
        let list = serde_json::to_value(Factors::of_iam(true, Some(vec![passkey()]))).unwrap();
        assert_eq!(
            list,
            serde_json::json!([
                {"type": "app", "state": "unknown", "id": null, "name": null,
                 "created_at": null, "last_used_at": null},
                {"type": "passkey", "state": "on", "id": "5c9e0a3e-1d0f-4a55-9d6f-0f0e4a6d2b11",
                 "name": "Key\u{fffd}[31m", "created_at": "1970-01-01T00:00:00Z", "last_used_at": null},
            ])
        );
    }
}
