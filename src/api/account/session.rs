//! Logins of the 2017 API: a token is a session and a key in one.

use std::cell::OnceCell;

use async_trait::async_trait;
use secrecy::ExposeSecret;
use serde_json::json;
use time::OffsetDateTime;

use super::{Account2017, error, wire};
use crate::{
    api::{
        Account, ApiError, Auth, CreatedKey, Http, NewKey, Session, SignIn, SignInRequest,
        http::Call,
    },
    model::{Invalid, Organization, OrganizationId, SecondFactor, SecretKey, User, UserId},
};

struct TokenSession {
    account: Account2017,
    user_id: UserId,
    token: SecretKey,
    expires_at: Option<OffsetDateTime>,
    user: OnceCell<User>,
}

/// `POST /tokens` (protocol.md B).
pub(crate) async fn sign_in(http: &Http, request: &SignInRequest<'_>) -> Result<SignIn, ApiError> {
    let passwords = request.passwords;
    let mut body = json!({
        "email": passwords.email,
        "password": passwords.password.expose_secret(),
        "description": request.description,
        "expires": request.expires,
    });
    match &passwords.factor {
        Some(SecondFactor::Otp(code)) => body["2FA_token"] = json!(code.expose()),
        Some(SecondFactor::Backup(code)) => body["2FA_backup_code"] = json!(code.expose()),
        None => {}
    }
    let answer = http.send(Call::post("/tokens", body)).await?;
    if !answer.status.is_success() {
        return match error::from_answer(&answer) {
            ApiError::WrongCode if passwords.factor.is_none() => Ok(SignIn::FactorNeeded),
            ApiError::Authentication { .. } => Err(ApiError::WrongPassword),
            // Nobody is signed in yet, so this is no missing permission.
            ApiError::Denied { message } => Err(ApiError::NoPasswordLogin { reason: message }),
            err => Err(err),
        };
    }
    let found = answer.json::<wire::TokenAnswer>()?.token;
    let odd = |err: Invalid| answer.garbage(&err.to_string());
    let user_id = UserId::parse(&found.user_id).map_err(odd)?;
    let token = SecretKey::parse(&found.id).map_err(odd)?;
    let account = Account2017::new(http.with_auth(&Auth::Key(token.clone()))?);
    Ok(SignIn::Done(Box::new(TokenSession {
        account,
        user_id,
        token,
        expires_at: found.expires_at(),
        user: OnceCell::new(),
    })))
}

impl TokenSession {
    async fn all_organizations(&self) -> Result<Vec<Organization>, ApiError> {
        let answer = self.account.get("/organizations").await?;
        answer
            .json::<wire::OrganizationsAnswer>()?
            .organizations
            .into_iter()
            .map(|found| {
                Ok(Organization {
                    id: OrganizationId::parse(&found.id)
                        .map_err(|err| answer.garbage(&err.to_string()))?,
                    name: found.name,
                })
            })
            .collect()
    }
}

#[async_trait(?Send)]
impl Session for TokenSession {
    fn account(&self) -> &dyn Account {
        &self.account
    }

    fn user_id(&self) -> &UserId {
        &self.user_id
    }

    /// The answer that gave the token named the user.
    async fn prove(&self) -> Result<(), ApiError> {
        Ok(())
    }

    async fn user(&self) -> Result<User, ApiError> {
        if let Some(user) = self.user.get() {
            return Ok(user.clone());
        }
        let user = self.account.user(&self.user_id).await?;
        Ok(self.user.get_or_init(|| user).clone())
    }

    async fn organizations(&self, _named: bool) -> Result<Vec<Organization>, ApiError> {
        // Side by side: a login needs both. A failure of the second is told by who asks for it.
        let (all, _) = tokio::join!(self.all_organizations(), self.user());
        all
    }

    /// A token of 2017 is good for every organization of its user.
    async fn choose(&mut self, _organization: &Organization) -> Result<(), ApiError> {
        Ok(())
    }

    /// The API of 2017 knows no maximum.
    async fn longest_key_s(&self) -> Result<Option<u64>, ApiError> {
        Ok(None)
    }

    /// The token that the login gave is the key.
    async fn create_key(&self, _new: &NewKey) -> Result<CreatedKey, ApiError> {
        Ok(CreatedKey {
            secret: self.token.clone(),
            access_key: None,
            expires_at: self.expires_at,
            project_id: None,
        })
    }

    async fn withdraw(&self, _key: &CreatedKey) -> Result<(), ApiError> {
        self.account.delete_token(&self.token).await
    }

    async fn end(&self, key_kept: bool) -> Result<(), ApiError> {
        if key_kept {
            return Ok(());
        }
        self.account.delete_token(&self.token).await
    }
}
