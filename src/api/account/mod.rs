//! The account API of 2017 (protocol.md B).

mod error;
mod session;
mod wire;

use async_trait::async_trait;
use serde_json::json;
use time::OffsetDateTime;

use super::{
    Account, ApiError, CreatedKey, FoundKey, NewKey, SignIns,
    http::{Answer, Call, Http},
    session::{KeyId, MAX_PAGES},
};
use crate::model::{
    AccessKey, ApiKey, BackupCode, BackupCodes, Factors, OrganizationDetails, OtpCode, OtpKey,
    Passkey, PasskeyId, SecretKey, User, UserFactors, UserId, clean,
};
#[cfg(feature = "security-keys")]
use crate::{
    api::NewPasskey,
    model::{PasskeyCeremony, WebOrigin},
};

pub(super) use session::sign_in;

/// How many tokens a page has (protocol.md B: what the reference client asks for).
const PER_PAGE: usize = 50;

/// The dialect of 2017. A token's id is its secret, and it has no identifier besides.
#[derive(Debug)]
pub(crate) struct Account2017 {
    http: Http,
}

impl Account2017 {
    /// Speaks to the account service through `http`.
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

    /// `DELETE /tokens/{token}`; that it answers 204 is inferred (protocol.md B).
    async fn delete_token(&self, token: &SecretKey) -> Result<(), ApiError> {
        self.call(Call::delete(token_path(token)))
            .await?
            .without_content()
    }

    /// The token in use, to be put into a path. A secret that has an access key besides is that of
    /// an IAM key, and never stands in a path: paths end in the logs of proxies.
    fn token(&self, access_key: Option<&AccessKey>) -> Result<&SecretKey, ApiError> {
        match access_key {
            None => self.http.key().ok_or(ApiError::OwnerUnknown),
            Some(_) => Err(ApiError::OwnerUnknown),
        }
    }
}

/// The path of a token. Its id is the secret: a UUID, as the type says.
fn token_path(token: &SecretKey) -> String {
    format!("/tokens/{}", token.expose())
}

/// The path of a user's second factor.
fn factor_path(id: &UserId) -> String {
    format!("/users/{id}/2FA")
}

#[async_trait(?Send)]
impl Account for Account2017 {
    async fn own_key(&self, access_key: Option<&AccessKey>) -> Result<ApiKey, ApiError> {
        let answer = self.get(&token_path(self.token(access_key)?)).await?;
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
            locked: false,
            updated_at: None,
        })
    }

    async fn user_factors(&self, id: &UserId) -> Result<UserFactors, ApiError> {
        // The call is inferred (protocol.md B): the user itself does not tell.
        let path = factor_path(id);
        let (user, answer) = tokio::try_join!(self.user(id), self.get(&path))?;
        let factor = answer.json::<wire::FactorAnswer>()?.factor;
        Ok(UserFactors {
            user,
            factors: Factors::of_2017(factor.enabled),
        })
    }

    async fn passkeys(&self, _id: &UserId) -> Result<Vec<Passkey>, ApiError> {
        Err(ApiError::NoPasskeys)
    }

    async fn rename_passkey(&self, _id: &PasskeyId, _name: &str) -> Result<(), ApiError> {
        Err(ApiError::NoPasskeys)
    }

    async fn delete_passkey(&self, _id: &PasskeyId) -> Result<(), ApiError> {
        Err(ApiError::NoPasskeys)
    }

    #[cfg(feature = "security-keys")]
    async fn start_passkey(
        &self,
        _id: &UserId,
        _origin: &WebOrigin,
    ) -> Result<PasskeyCeremony, ApiError> {
        Err(ApiError::NoPasskeys)
    }

    #[cfg(feature = "security-keys")]
    async fn finish_passkey(
        &self,
        _id: &UserId,
        _new: &NewPasskey<'_>,
    ) -> Result<PasskeyId, ApiError> {
        Err(ApiError::NoPasskeys)
    }

    async fn organization(&self, id: &str) -> Result<OrganizationDetails, ApiError> {
        let answer = self.get("/organizations").await?;
        let organizations = answer.json::<wire::OrganizationsAnswer>()?.organizations;
        let name = organizations
            .into_iter()
            .find(|organization| organization.id == id)
            .map(|organization| organization.name)
            .unwrap_or_default();
        Ok(OrganizationDetails { name, ways: None })
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
            .call(Call::post(factor_path(id), json!({})).repeat_safe())
            .await
            .map_err(|err| match err {
                // An empty request has no other fault than that it comes at the wrong time.
                ApiError::Arguments { message } => ApiError::Precondition {
                    message,
                    transient: false,
                },
                err => err,
            })?;
        let secret = answer.json::<wire::SecretAnswer>()?.factor.secret;
        OtpKey::parse(&secret).map_err(|err| answer.garbage(&err.to_string()))
    }

    async fn confirm_otp(&self, id: &UserId, code: &OtpCode) -> Result<BackupCodes, ApiError> {
        let body = json!({ "2FA_token": code.expose() });
        let answer = self.call(Call::patch(factor_path(id), body)).await?;
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
        self.call(Call::delete(factor_path(id)).once())
            .await?
            .without_content()
    }

    async fn delete_own_key(&self, access_key: Option<&AccessKey>) -> Result<(), ApiError> {
        self.delete_token(self.token(access_key)?).await
    }

    async fn find_keys(
        &self,
        user: &UserId,
        _organization_id: &str,
        description: &str,
    ) -> Result<Vec<FoundKey>, ApiError> {
        let mut found = Vec::new();
        if description.is_empty() {
            return Ok(found);
        }
        for page in 1.. {
            let call = Call::get("/tokens")
                .query("page", &page)
                .query("per_page", &PER_PAGE);
            let answer = self.call(call).await?;
            let tokens = answer.json::<wire::TokensAnswer>()?.tokens;
            for token in &tokens {
                if token.description == description
                    && token.user_id.eq_ignore_ascii_case(user.as_str())
                {
                    let id = SecretKey::parse(&token.id)
                        .map_err(|err| answer.garbage(&err.to_string()))?;
                    if self.http.key().is_some_and(|own| own.is_same(&id)) {
                        continue;
                    }
                    found.push(FoundKey {
                        id: KeyId::Token(id),
                        // A token's id is its secret: its description is what may be seen.
                        shown: clean(&token.description),
                    });
                }
            }
            if tokens.len() < PER_PAGE {
                break;
            }
            if page == MAX_PAGES {
                return Err(answer.garbage("a list that does not end"));
            }
        }
        Ok(found)
    }

    async fn delete_key(&self, key: &FoundKey) -> Result<(), ApiError> {
        match &key.id {
            KeyId::Token(token) => self.delete_token(token).await,
            KeyId::AccessKey(_) => Err(ApiError::Arguments {
                message: Some("an access key is not a token of the 2017 API".to_owned()),
            }),
        }
    }

    /// The API of 2017 knows no maximum.
    async fn longest_key_s(&self, _organization_id: &str) -> Result<Option<u64>, ApiError> {
        Ok(None)
    }

    /// A token is made with a password (protocol.md B).
    async fn create_key(&self, _user: &UserId, _new: &NewKey) -> Result<CreatedKey, ApiError> {
        Err(ApiError::NoNewKey)
    }

    async fn sign_ins(
        &self,
        _region: &str,
        _organization_id: &str,
        _since: OffsetDateTime,
    ) -> Result<SignIns, ApiError> {
        Err(ApiError::NoSignIns)
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
