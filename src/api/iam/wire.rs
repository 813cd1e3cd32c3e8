//! The JSON of the IAM API, field by field as protocol.md has it.

use serde::Deserialize;
use time::OffsetDateTime;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{
    api::{ApiError, http::Answer},
    model::{self, AccessKey, UserId},
};

/// A user; `mfa` is the field to read, `two_factor_enabled` is deprecated.
#[derive(Deserialize)]
pub(super) struct User {
    id: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    organization_id: String,
    mfa: bool,
    #[serde(default)]
    locked: bool,
}

impl User {
    pub(super) fn into_model(self, answer: &Answer) -> Result<model::User, ApiError> {
        Ok(model::User {
            id: UserId::parse(&self.id).map_err(|err| answer.garbage(&err.to_string()))?,
            email: self.email,
            organization_id: self.organization_id,
            two_factor: self.mfa,
            locked: self.locked,
        })
    }
}

/// An API key; `secret_key` is not read here.
#[derive(Deserialize)]
pub(super) struct ApiKey {
    access_key: String,
    #[serde(default)]
    user_id: Option<String>,
    #[serde(default)]
    application_id: Option<String>,
    #[serde(default, with = "time::serde::rfc3339::option")]
    expires_at: Option<OffsetDateTime>,
    #[serde(default)]
    default_project_id: Option<String>,
}

impl ApiKey {
    pub(super) fn into_model(self, answer: &Answer) -> Result<model::ApiKey, ApiError> {
        let user_id = match (self.user_id, self.application_id) {
            (Some(user_id), _) => {
                UserId::parse(&user_id).map_err(|err| answer.garbage(&err.to_string()))?
            }
            (None, Some(_)) => return Err(ApiError::Application),
            (None, None) => return Err(answer.garbage("an API key without an owner")),
        };
        Ok(model::ApiKey {
            access_key: AccessKey::parse(&self.access_key).ok(),
            user_id,
            expires_at: self.expires_at,
            default_project_id: self.default_project_id,
        })
    }
}

/// The answer to the creation of a second factor.
#[derive(Deserialize, Zeroize, ZeroizeOnDrop)]
pub(super) struct Otp {
    secret: String,
}

impl Otp {
    pub(super) fn into_secret(mut self) -> secrecy::SecretString {
        std::mem::take(&mut self.secret).into()
    }
}

/// The answer to its confirmation: the backup codes, which this API calls recovery codes.
#[derive(Deserialize, Zeroize, ZeroizeOnDrop)]
pub(super) struct RecoveryCodes {
    pub(super) recovery_codes: Vec<String>,
}

/// The answer of `grace-periods`.
#[derive(Deserialize)]
pub(super) struct GracePeriods {
    pub(super) grace_periods: Vec<GracePeriod>,
}

/// Until when the organization waits for something of a user.
#[derive(Deserialize)]
pub(super) struct GracePeriod {
    pub(super) r#type: String,
    #[serde(default, with = "time::serde::rfc3339::option")]
    pub(super) expires_at: Option<OffsetDateTime>,
}
