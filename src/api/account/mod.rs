//! The account API of 2017 (protocol.md B).

mod error;
mod session;
mod wire;

use async_trait::async_trait;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::{
    Account, ApiError,
    http::{Answer, Http, Repeat},
};
use crate::model::{AccessKey, ApiKey, BackupCode, BackupCodes, OtpCode, OtpKey, User, UserId};

pub(super) use session::sign_in;

/// The dialect of 2017. A token's id is its secret, and it has no identifier besides.
#[derive(Debug)]
pub struct Account2017 {
    http: Http,
}

impl Account2017 {
    /// Speaks to the account service through `http`.
    #[must_use]
    pub fn new(http: Http) -> Self {
        Self { http }
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
}

/// The path of a user's second factor.
fn factor_path(id: &UserId) -> String {
    format!("/users/{id}/2FA")
}

#[async_trait(?Send)]
impl Account for Account2017 {
    async fn own_key(&self, _access_key: Option<&AccessKey>) -> Result<ApiKey, ApiError> {
        let answer = self.get(&format!("/tokens/{}", self.http.token())).await?;
        let token = answer.json::<wire::TokenAnswer>()?.token;
        Ok(ApiKey {
            access_key: None,
            user_id: UserId::parse(&token.user_id)
                .map_err(|err| answer.garbage(&err.to_string()))?,
            expires_at: token.expires_at(),
            default_project_id: None,
        })
    }

    async fn user(&self, id: &UserId) -> Result<User, ApiError> {
        let answer = self.get(&format!("/users/{id}")).await?;
        let user = answer.json::<wire::UserAnswer>()?.user;
        // The call is inferred (protocol.md B): the user itself does not tell.
        let factor = self.get(&factor_path(id)).await?;
        let factor = factor.json::<wire::FactorAnswer>()?.factor;
        Ok(User {
            id: UserId::parse(&user.id).map_err(|err| answer.garbage(&err.to_string()))?,
            email: user.email,
            organization_id: user
                .organizations
                .into_iter()
                .next()
                .map(|organization| organization.id)
                .unwrap_or_default(),
            root_id: None,
            two_factor: factor.enabled,
            locked: false,
        })
    }

    /// The API of 2017 knows no date.
    async fn two_factor_required_by(
        &self,
        _id: &UserId,
    ) -> Result<Option<OffsetDateTime>, ApiError> {
        Ok(None)
    }

    /// Inferred (protocol.md B), as are the confirmation and the state.
    async fn create_otp(&self, id: &UserId) -> Result<OtpKey, ApiError> {
        let answer = self
            .call(
                Method::POST,
                &factor_path(id),
                Some(json!({})),
                Repeat::Safe,
            )
            .await
            .map_err(|err| match err {
                // An empty request has no other fault than that it comes at the wrong time.
                ApiError::Arguments { message } => ApiError::Precondition { message },
                err => err,
            })?;
        let secret = answer.json::<wire::SecretAnswer>()?.factor.secret;
        OtpKey::parse(&secret).map_err(|err| answer.garbage(&err.to_string()))
    }

    async fn confirm_otp(&self, id: &UserId, code: &OtpCode) -> Result<BackupCodes, ApiError> {
        let body = json!({ "2FA_token": code.expose() });
        let answer = self
            .call(Method::PATCH, &factor_path(id), Some(body), Repeat::Unsafe)
            .await?;
        let codes = answer.json::<wire::CodesAnswer>()?.factor;
        Ok(BackupCodes(
            codes
                .backup_codes
                .iter()
                .filter_map(|code| BackupCode::from_answer(code))
                .collect(),
        ))
    }

    async fn delete_otp(&self, id: &UserId) -> Result<(), ApiError> {
        self.call(Method::DELETE, &factor_path(id), None, Repeat::Safe)
            .await
            .map(drop)
    }

    async fn delete_own_key(&self, _access_key: Option<&AccessKey>) -> Result<(), ApiError> {
        let path = format!("/tokens/{}", self.http.token());
        self.call(Method::DELETE, &path, None, Repeat::Safe)
            .await
            .map(drop)
    }

    fn clock_ahead_s(&self) -> Option<i64> {
        self.http.clock_ahead_s()
    }
}

/// Whose the token of `http` is: `GET /tokens/{token}`.
///
/// # Errors
/// [`ApiError::Authentication`] for a token that the service does not take, and
/// [`ApiError::OwnerUnknown`] where it answers anything but this API's answer.
pub async fn token_owner(http: &Http) -> Result<UserId, ApiError> {
    let path = format!("/tokens/{}", http.token());
    let answer = http.send(Method::GET, &path, None, Repeat::Safe).await?;
    if let Some(err) = answer.failure_by_status() {
        return Err(err);
    }
    match answer.status {
        StatusCode::OK => answer
            .json::<wire::TokenAnswer>()
            .ok()
            .and_then(|found| UserId::parse(&found.token.user_id).ok())
            .ok_or(ApiError::OwnerUnknown),
        StatusCode::UNAUTHORIZED => Err(error::from_answer(&answer)),
        _ => Err(ApiError::OwnerUnknown),
    }
}
