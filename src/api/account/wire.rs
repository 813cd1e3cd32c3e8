//! The JSON of the 2017 API, field by field as protocol.md has it.

use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;
use time::OffsetDateTime;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::model::parse_rfc3339;

/// The answer of `POST /tokens` and `GET /tokens/{token}`.
#[derive(Deserialize)]
pub(super) struct TokenAnswer {
    pub(super) token: Token,
}

/// The answer of `GET /tokens`.
#[derive(Deserialize)]
pub(super) struct TokensAnswer {
    pub(super) tokens: Vec<Token>,
}

/// A token; its id is its secret.
#[derive(Deserialize)]
pub(super) struct Token {
    pub(super) id: SecretString,
    pub(super) user_id: String,
    #[serde(default)]
    pub(super) description: String,
    /// A time, or nothing; old answers have a switch here.
    #[serde(default)]
    expires: Value,
}

impl Token {
    /// When it ends, where the answer tells a time.
    pub(super) fn expires_at(&self) -> Option<OffsetDateTime> {
        parse_rfc3339(self.expires.as_str()?)
    }
}

/// The answer of `GET /users/{id}`.
#[derive(Deserialize)]
pub(super) struct UserAnswer {
    pub(super) user: User,
}

/// A user.
#[derive(Deserialize)]
pub(super) struct User {
    pub(super) id: String,
    #[serde(default)]
    pub(super) email: String,
    #[serde(default)]
    pub(super) organizations: Vec<Organization>,
}

/// The answer of `GET /organizations`.
#[derive(Deserialize)]
pub(super) struct OrganizationsAnswer {
    pub(super) organizations: Vec<Organization>,
}

/// An organization.
#[derive(Deserialize)]
pub(super) struct Organization {
    pub(super) id: String,
    #[serde(default)]
    pub(super) name: String,
}

/// The answer of `GET /users/{id}/2FA`.
#[derive(Deserialize)]
pub(super) struct FactorAnswer {
    #[serde(rename = "2FA")]
    pub(super) factor: Factor,
}

/// Whether it is on.
#[derive(Deserialize)]
pub(super) struct Factor {
    pub(super) enabled: bool,
}

/// The answer of `POST /users/{id}/2FA`.
#[derive(Deserialize)]
pub(super) struct SecretAnswer {
    #[serde(rename = "2FA")]
    pub(super) factor: Secret,
}

/// The key for the app.
#[derive(Deserialize)]
pub(super) struct Secret {
    pub(super) secret: SecretString,
}

/// The answer of `PATCH /users/{id}/2FA`.
#[derive(Deserialize)]
pub(super) struct CodesAnswer {
    #[serde(rename = "2FA")]
    pub(super) factor: Codes,
}

/// The backup codes, this once.
#[derive(Deserialize, Zeroize, ZeroizeOnDrop)]
pub(super) struct Codes {
    pub(super) backup_codes: Vec<String>,
}
