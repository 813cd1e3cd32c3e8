//! Today's IAM API (protocol.md A).

mod error;
mod session;
mod wire;

use async_trait::async_trait;
use reqwest::Method;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::{
    Account, ApiError,
    http::{Answer, Http, Repeat},
    token_owner,
};
pub(super) use session::sign_in;
pub use session::web_session;

use crate::model::{AccessKey, ApiKey, BackupCode, BackupCodes, OtpCode, OtpKey, User, UserId};

/// The IAM dialect.
#[derive(Debug)]
pub struct Iam {
    http: Http,
    /// The 2017 account service, which alone tells whose a token is.
    account: Option<Http>,
}

impl Iam {
    /// Speaks to the IAM API through `http`.
    ///
    /// `account` is the account service, where the key may be shown to it.
    #[must_use]
    pub fn new(http: Http, account: Option<Http>) -> Self {
        Self { http, account }
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        repeat: Repeat,
    ) -> Result<Answer, ApiError> {
        let answer = self.http.send(method, path, body, repeat).await?;
        answer.successful(error::from_answer)
    }

    async fn get(&self, path: &str) -> Result<Answer, ApiError> {
        self.call(Method::GET, path, None, Repeat::Safe).await
    }

    async fn delete_api_key(&self, access_key: &str) -> Result<(), ApiError> {
        let path = api_key_path(access_key);
        self.call(Method::DELETE, &path, None, Repeat::Safe)
            .await
            .map(drop)
    }
}

/// The path of a user, or of something below it.
fn user_path(id: &UserId, below: &str) -> String {
    format!("/iam/v1alpha1/users/{id}{below}")
}

fn api_key_path(access_key: &str) -> String {
    format!("/iam/v1alpha1/api-keys/{access_key}")
}

#[async_trait(?Send)]
impl Account for Iam {
    async fn own_key(&self, access_key: Option<&AccessKey>) -> Result<ApiKey, ApiError> {
        match (access_key, &self.account) {
            (Some(access_key), _) => {
                let answer = self.get(&api_key_path(access_key.as_str())).await?;
                answer.json::<wire::ApiKey>()?.into_model(&answer)
            }
            (None, Some(account)) => Ok(ApiKey {
                access_key: None,
                user_id: token_owner(account).await?,
                expires_at: None,
                default_project_id: None,
            }),
            (None, None) => Err(ApiError::OwnerUnknown),
        }
    }

    async fn user(&self, id: &UserId) -> Result<User, ApiError> {
        let answer = self.get(&user_path(id, "")).await?;
        answer.json::<wire::User>()?.into_model(&answer)
    }

    async fn two_factor_required_by(
        &self,
        id: &UserId,
    ) -> Result<Option<OffsetDateTime>, ApiError> {
        let path = format!("/iam/v1alpha1/grace-periods?user_id={id}");
        let answer = self.get(&path).await?;
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
        let answer = self
            .call(Method::POST, &path, Some(json!({})), Repeat::Safe)
            .await?;
        let secret = answer.json::<wire::Otp>()?.into_secret();
        OtpKey::parse(&secret).map_err(|err| answer.garbage(&err.to_string()))
    }

    async fn confirm_otp(&self, id: &UserId, code: &OtpCode) -> Result<BackupCodes, ApiError> {
        let path = user_path(id, "/validate-mfa-otp");
        let body = json!({ "one_time_password": code.expose() });
        let answer = self
            .call(Method::POST, &path, Some(body), Repeat::Unsafe)
            .await?;
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
        self.call(Method::DELETE, &path, None, Repeat::Safe)
            .await?
            .without_content()
    }

    async fn delete_own_key(&self, access_key: Option<&AccessKey>) -> Result<(), ApiError> {
        match access_key {
            Some(access_key) => self.delete_api_key(access_key.as_str()).await,
            None => Err(ApiError::OwnerUnknown),
        }
    }

    fn clock_ahead_s(&self) -> Option<i64> {
        self.http.clock_ahead_s()
    }
}
