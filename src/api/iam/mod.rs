//! Today's IAM API (protocol.md A).

mod error;
mod events;
mod members;
#[cfg(feature = "security-keys")]
mod passkeys;
mod session;
mod wire;

use async_trait::async_trait;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::{
    Account, ApiError, CreatedKey, FoundKey, NewKey, Page, SignIns, UserKey,
    http::{Answer, Call, Http},
    session::{KeyId, MAX_PAGES},
};
pub(super) use session::sign_in;
pub(crate) use session::web_session;

#[cfg(feature = "security-keys")]
use crate::{
    api::NewPasskey,
    model::{PasskeyCeremony, WebOrigin},
};

use crate::model::{
    AccessKey, ApiKey, BackupCode, BackupCodes, Factors, Member, OrganizationDetails,
    OrganizationId, OtpCode, OtpKey, Passkey, PasskeyId, SecretKey, User, UserFactors, UserId,
    parse_duration, rfc3339,
};

/// The longest lifetime of a key that is used, in seconds: a hundred years. A maximum beyond it is
/// none in practice, and no clock reaches its end.
const LONGEST_KEY_S: u64 = 100 * 365 * 86_400;

/// The IAM dialect.
#[derive(Debug)]
pub(crate) struct Iam {
    http: Http,
}

impl Iam {
    /// Speaks to the IAM API through `http`.
    #[must_use]
    pub(crate) fn new(http: Http) -> Self {
        Self { http }
    }

    async fn call(&self, call: Call) -> Result<Answer, ApiError> {
        self.http.send(call).await?.successful(error::from_answer)
    }

    async fn get(&self, path: &str) -> Result<Answer, ApiError> {
        self.call(Call::get(path)).await
    }

    async fn user_and_answer(&self, id: &UserId) -> Result<(User, bool, Answer), ApiError> {
        let answer = self.get(&user_path(id, "")).await?;
        let (user, mfa) = answer.json::<wire::User>()?.into_model(&answer)?;
        Ok((user, mfa, answer))
    }

    /// Every page of a list: `call` asks for one, `read` adds what it holds and tells how many
    /// entries the page has and how many there are in all.
    async fn every_page(
        &self,
        call: impl Fn() -> Call,
        mut read: impl FnMut(&Answer) -> Result<(usize, u64), ApiError>,
    ) -> Result<(), ApiError> {
        let mut seen = 0;
        let mut page = 1;
        loop {
            let call = call().query("page", &page).query("page_size", &100);
            let answer = self.call(call).await?;
            let (count, total) = read(&answer)?;
            seen += count as u64;
            if count == 0 || seen >= total {
                return Ok(());
            }
            if page == MAX_PAGES {
                return Err(answer.garbage("a list that does not end"));
            }
            page += 1;
        }
    }

    async fn delete_api_key(&self, access_key: &AccessKey) -> Result<(), ApiError> {
        self.call(Call::delete(api_key_path(access_key)))
            .await?
            .without_content()
    }
}

/// The path of a user, or of something below it.
fn user_path(id: &UserId, below: &str) -> String {
    format!("/iam/v1alpha1/users/{id}{below}")
}

fn api_key_path(access_key: &AccessKey) -> String {
    format!("/iam/v1alpha1/api-keys/{access_key}")
}

/// The path of a passkey. Unlike the list it is not below the user, and singular (protocol.md E).
fn passkey_path(id: &PasskeyId) -> String {
    format!("/iam/v1alpha1/webauthn-authenticator/{id}")
}

/// The id of an organization, checked before it becomes a part of a path.
fn organization(id: &str) -> Result<OrganizationId, ApiError> {
    OrganizationId::parse(id).map_err(|err| ApiError::Arguments {
        message: Some(err.to_string()),
    })
}

fn organization_path(id: &OrganizationId) -> String {
    format!("/iam/v1alpha1/organizations/{id}")
}

#[async_trait(?Send)]
impl Account for Iam {
    async fn own_key(&self, access_key: Option<&AccessKey>) -> Result<ApiKey, ApiError> {
        // The secret alone leads nowhere: no call takes it but as the header.
        let access_key = access_key.ok_or(ApiError::OwnerUnknown)?;
        let answer = self.get(&api_key_path(access_key)).await?;
        answer.json::<wire::ApiKey>()?.into_model(&answer)
    }

    async fn user(&self, id: &UserId) -> Result<User, ApiError> {
        Ok(self.user_and_answer(id).await?.0)
    }

    async fn user_factors(&self, id: &UserId) -> Result<UserFactors, ApiError> {
        // Side by side: one does not need the other's answer.
        let passkeys = async {
            match self.passkeys(id).await {
                Ok(passkeys) => Ok(Some(passkeys)),
                // The service does not offer the call, or not to everybody.
                Err(ApiError::Denied { .. } | ApiError::NotFound { .. }) => Ok(None),
                Err(err) => Err(err),
            }
        };
        let ((user, mfa, _), passkeys) = tokio::try_join!(self.user_and_answer(id), passkeys)?;
        Ok(UserFactors {
            user,
            factors: Factors::of_iam(mfa, passkeys),
        })
    }

    async fn passkeys(&self, id: &UserId) -> Result<Vec<Passkey>, ApiError> {
        let path = user_path(id, "/webauthn-authenticators");
        let mut passkeys = Vec::new();
        self.every_page(
            || Call::get(&path),
            |answer| {
                let list = answer.json::<wire::Passkeys>()?;
                let count = list.authenticators.len();
                for passkey in list.authenticators {
                    passkeys.push(passkey.into_model(answer)?);
                }
                Ok((count, list.total_count))
            },
        )
        .await?;
        Ok(passkeys)
    }

    async fn rename_passkey(&self, id: &PasskeyId, name: &str) -> Result<(), ApiError> {
        let body = json!({ "authenticator_name": name });
        let call = Call::patch(passkey_path(id), body).repeat_safe();
        let answer = self.call(call).await?;
        answer.json::<wire::Passkey>()?.into_model(&answer)?;
        Ok(())
    }

    async fn delete_passkey(&self, id: &PasskeyId) -> Result<(), ApiError> {
        self.call(Call::delete(passkey_path(id)).repeat_unsafe())
            .await?
            .without_content()
    }

    #[cfg(feature = "security-keys")]
    async fn start_passkey(
        &self,
        id: &UserId,
        origin: &WebOrigin,
    ) -> Result<PasskeyCeremony, ApiError> {
        passkeys::start(self, id, origin).await
    }

    #[cfg(feature = "security-keys")]
    async fn finish_passkey(
        &self,
        id: &UserId,
        new: &NewPasskey<'_>,
    ) -> Result<PasskeyId, ApiError> {
        passkeys::finish(self, id, new).await
    }

    async fn organization(&self, id: &str) -> Result<OrganizationDetails, ApiError> {
        let answer = self.get(&organization_path(&organization(id)?)).await?;
        let found = answer.json::<wire::Organization>()?;
        Ok(OrganizationDetails {
            ways: found.sign_in_ways(),
            name: found.name,
        })
    }

    async fn two_factor_required_by(
        &self,
        id: &UserId,
    ) -> Result<Option<OffsetDateTime>, ApiError> {
        let call = Call::get("/iam/v1alpha1/grace-periods").query("user_id", id);
        let answer = self.call(call).await?;
        let periods = answer.json::<wire::GracePeriods>()?.grace_periods;
        Ok(periods
            .into_iter()
            .filter(|period| period.r#type == "set_mfa")
            .filter_map(|period| period.expires_at)
            .min())
    }

    async fn create_otp(&self, id: &UserId) -> Result<OtpKey, ApiError> {
        let path = user_path(id, "/mfa-otp");
        // A second call only replaces the pending key.
        let answer = self.call(Call::post(path, json!({})).repeat_safe()).await?;
        let secret = answer.json::<wire::Otp>()?.into_secret();
        OtpKey::parse(&secret).map_err(|err| answer.garbage(&err.to_string()))
    }

    async fn confirm_otp(&self, id: &UserId, code: &OtpCode) -> Result<BackupCodes, ApiError> {
        let path = user_path(id, "/validate-mfa-otp");
        let body = json!({ "one_time_password": code.expose() });
        let answer = self.call(Call::post(path, body)).await?;
        let codes = answer.json::<wire::RecoveryCodes>()?;
        Ok(BackupCodes(
            codes
                .recovery_codes
                .iter()
                .filter_map(|code| BackupCode::from_answer(code))
                .collect(),
        ))
    }

    async fn delete_otp(&self, id: &UserId) -> Result<(), ApiError> {
        let path = user_path(id, "/mfa-otp");
        self.call(Call::delete(path).once())
            .await?
            .without_content()
    }

    async fn delete_own_key(&self, access_key: Option<&AccessKey>) -> Result<(), ApiError> {
        let access_key = access_key.ok_or(ApiError::OwnerUnknown)?;
        self.delete_api_key(access_key).await
    }

    /// `GET /iam/v1alpha1/api-keys`: parameters and answer as in scaleway-sdk-go, `ListAPIKeys`.
    async fn find_keys(
        &self,
        user: &UserId,
        organization_id: &str,
        description: &str,
    ) -> Result<Vec<FoundKey>, ApiError> {
        let mut found = Vec::new();
        if description.is_empty() {
            return Ok(found);
        }
        let call = || {
            Call::get("/iam/v1alpha1/api-keys")
                .query("organization_id", &organization_id)
                .query("bearer_id", user)
        };
        self.every_page(call, |answer| {
            let keys = answer.json::<wire::ApiKeys>()?;
            for key in &keys.api_keys {
                if key.description == description {
                    let id = AccessKey::parse(&key.access_key)
                        .map_err(|err| answer.garbage(&err.to_string()))?;
                    found.push(FoundKey {
                        shown: id.to_string(),
                        id: KeyId::AccessKey(id),
                    });
                }
            }
            Ok((keys.api_keys.len(), keys.total_count))
        })
        .await?;
        Ok(found)
    }

    async fn delete_key(&self, key: &FoundKey) -> Result<(), ApiError> {
        match &key.id {
            KeyId::AccessKey(access_key) => self.delete_api_key(access_key).await,
            KeyId::Token(_) => Err(ApiError::Arguments {
                message: Some("a token of the 2017 API is not an API key".to_owned()),
            }),
        }
    }

    async fn longest_key_s(&self, organization_id: &str) -> Result<Option<u64>, ApiError> {
        let path = organization_path(&organization(organization_id)?);
        let answer = match self.get(&format!("{path}/security-settings")).await {
            Ok(answer) => answer,
            // Not every member may read them; the service then says no when a key is too long.
            Err(ApiError::Denied { .. } | ApiError::NotFound { .. }) => return Ok(None),
            Err(err) => return Err(err),
        };
        let settings = answer.json::<wire::SecuritySettings>()?;
        Ok(settings
            .max_api_key_expiration_duration
            .and_then(|text| parse_duration(&text))
            .filter(|longest| !longest.is_zero())
            // Less than a second is a maximum too.
            .map(|longest| longest.as_secs().clamp(1, LONGEST_KEY_S)))
    }

    async fn create_key(&self, user: &UserId, new: &NewKey) -> Result<CreatedKey, ApiError> {
        let mut body = json!({ "user_id": user, "description": new.description });
        if let Some(at) = new.expires_at {
            body["expires_at"] = json!(rfc3339(at));
        }
        if let Some(project) = &new.project_id {
            body["default_project_id"] = json!(project);
        }
        let call = Call::post("/iam/v1alpha1/api-keys", body);
        let answer = self.call(call).await?;
        let key = answer.json::<wire::NewApiKey>()?;
        Ok(CreatedKey {
            secret: SecretKey::parse(&key.secret_key)
                .map_err(|err| answer.garbage(&err.to_string()))?,
            access_key: Some(
                AccessKey::parse(&key.access_key)
                    .map_err(|err| answer.garbage(&err.to_string()))?,
            ),
            expires_at: key.expires_at,
            project_id: key.default_project_id,
        })
    }

    async fn sign_ins(
        &self,
        region: &str,
        organization_id: &str,
        since: OffsetDateTime,
    ) -> Result<SignIns, ApiError> {
        self.sign_ins_of(region, organization_id, since).await
    }

    async fn members(&self, organization_id: &str, page: u32) -> Result<Page<Member>, ApiError> {
        self.members_page(organization_id, page).await
    }

    async fn user_keys(&self, organization_id: &str, page: u32) -> Result<Page<UserKey>, ApiError> {
        self.keys_page(organization_id, page).await
    }

    async fn security_settings(&self, organization_id: &str) -> Result<Value, ApiError> {
        self.settings_as_sent(organization_id).await
    }

    async fn own_organization(&self, access_key: Option<&AccessKey>) -> Result<String, ApiError> {
        self.organization_of_key(access_key).await
    }

    async fn prepare(&self, count: usize) {
        self.http.prepare(count).await;
    }

    fn leave_retries_to_caller(&self) {
        self.http.leave_retries_to_caller();
    }

    fn clock_ahead_s(&self) -> Option<i64> {
        self.http.clock_ahead_s()
    }
}
