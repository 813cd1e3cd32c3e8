//! The JSON of the IAM API, field by field as protocol.md has it.

use secrecy::SecretString;
use serde::Deserialize;
use time::OffsetDateTime;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{
    api::{ApiError, http::Answer},
    model::{self, AccessKey, OrganizationId, PasskeyId, SignInWays, UserId},
};

/// A user; `mfa` is the field to read, `two_factor_enabled` is deprecated.
#[derive(Deserialize)]
pub(super) struct User {
    id: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    organization_id: String,
    #[serde(default)]
    account_root_user_id: Option<String>,
    mfa: bool,
    #[serde(default)]
    locked: bool,
    #[serde(default)]
    updated_at: Option<String>,
}

impl User {
    /// The user, and whether "MFA is enabled" for it (protocol.md A).
    pub(super) fn into_model(self, answer: &Answer) -> Result<(model::User, bool), ApiError> {
        let user = model::User {
            id: UserId::parse(&self.id).map_err(|err| answer.garbage(&err.to_string()))?,
            email: self.email,
            organization_id: self.organization_id,
            root_id: self
                .account_root_user_id
                .and_then(|id| UserId::parse(&id).ok()),
            locked: self.locked,
            updated_at: self.updated_at.as_deref().and_then(model::parse_rfc3339),
        };
        Ok((user, self.mfa))
    }
}

/// A page of passkeys (protocol.md E).
#[derive(Deserialize)]
pub(super) struct Passkeys {
    pub(super) authenticators: Vec<Passkey>,
    pub(super) total_count: u64,
}

/// A passkey.
#[derive(Deserialize)]
pub(super) struct Passkey {
    id: String,
    #[serde(default)]
    name: String,
    #[serde(default, with = "crate::model::optional_rfc3339")]
    created_at: Option<OffsetDateTime>,
    #[serde(default, with = "crate::model::optional_rfc3339")]
    last_login_at: Option<OffsetDateTime>,
}

impl Passkey {
    pub(super) fn into_model(self, answer: &Answer) -> Result<model::Passkey, ApiError> {
        Ok(model::Passkey {
            id: PasskeyId::parse(&self.id).map_err(|err| answer.garbage(&err.to_string()))?,
            name: self.name,
            created_at: self.created_at,
            last_used_at: self.last_login_at,
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
    #[serde(default, with = "crate::model::optional_rfc3339")]
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
    #[serde(default, with = "crate::model::optional_rfc3339")]
    pub(super) expires_at: Option<OffsetDateTime>,
}

/// The answer to a login, and what a browser hands over (there in camel case).
#[derive(Deserialize)]
pub(super) struct LoginAnswer {
    pub(super) jwt: Jwt,
    pub(super) token: SecretString,
}

/// What a session tells of itself.
#[derive(Deserialize)]
pub(super) struct Jwt {
    pub(super) jti: String,
    #[serde(alias = "audienceId")]
    pub(super) audience_id: String,
    #[serde(alias = "issuerId", default)]
    issuer_id: Option<String>,
}

impl Jwt {
    /// Who issued the session, where that is a user.
    pub(super) fn issuer(&self) -> Option<UserId> {
        UserId::parse(self.issuer_id.as_deref()?).ok()
    }
}

/// The answer to a change of organization.
#[derive(Deserialize)]
pub(super) struct Switched {
    pub(super) token: SecretString,
    pub(super) user_id: String,
}

/// The root user behind the users of several organizations.
#[derive(Deserialize)]
pub(super) struct RootUser {
    pub(super) organizations: Vec<Organization>,
}

/// One of them, also as `GET /iam/v1alpha1/organizations/{id}` gives it.
#[derive(Deserialize)]
pub(super) struct Organization {
    pub(super) id: String,
    #[serde(default)]
    pub(super) name: String,
    login_password_enabled: Option<bool>,
    #[serde(default)]
    login_oauth2_enabled: bool,
    #[serde(default)]
    login_saml_enabled: bool,
}

impl Organization {
    /// How its users may sign in, where the answer tells.
    pub(super) fn sign_in_ways(&self) -> Option<SignInWays> {
        Some(SignInWays {
            password: self.login_password_enabled?,
            identity_provider: self.login_oauth2_enabled || self.login_saml_enabled,
        })
    }

    pub(super) fn into_model(self, answer: &Answer) -> Result<model::Organization, ApiError> {
        Ok(model::Organization {
            id: OrganizationId::parse(&self.id).map_err(|err| answer.garbage(&err.to_string()))?,
            name: self.name,
        })
    }
}

/// An organization's security settings, as far as a login needs them.
#[derive(Deserialize)]
pub(super) struct SecuritySettings {
    #[serde(default)]
    pub(super) max_api_key_expiration_duration: Option<String>,
}

/// A new key, whose secret is told this once.
#[derive(Deserialize)]
pub(super) struct NewApiKey {
    pub(super) access_key: String,
    pub(super) secret_key: SecretString,
    #[serde(default, with = "crate::model::optional_rfc3339")]
    pub(super) expires_at: Option<OffsetDateTime>,
    #[serde(default)]
    pub(super) default_project_id: Option<String>,
}

/// A page of keys (scaleway-sdk-go, `ListAPIKeysResponse`).
#[derive(Deserialize)]
pub(super) struct ApiKeys {
    pub(super) api_keys: Vec<ListedKey>,
    pub(super) total_count: u64,
}

/// A key in a list.
#[derive(Deserialize)]
pub(super) struct ListedKey {
    pub(super) access_key: String,
    #[serde(default)]
    pub(super) description: String,
}
