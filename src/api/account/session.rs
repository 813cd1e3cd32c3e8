//! Logins of the 2017 API: a token is a session and a key in one.

use async_trait::async_trait;
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::{Account2017, error, wire};
use crate::{
    api::{
        Account, ApiError, Auth, CreatedKey, FoundKey, Http, NewKey, Session, SignIn,
        SignInRequest, http::Repeat,
    },
    model::{Organization, SecondFactor, SecretKey, UserId},
};

/// How many tokens a page has (protocol.md B: what the reference client asks for).
const PER_PAGE: usize = 50;

struct TokenSession {
    account: Account2017,
    user_id: UserId,
    token: wire::Token,
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
    let answer = http
        .send(Method::POST, "/tokens", Some(body), Repeat::Unsafe)
        .await?;
    if !answer.status.is_success() {
        return match error::from_answer(&answer) {
            ApiError::WrongCode if passwords.factor.is_none() => Ok(SignIn::FactorNeeded),
            ApiError::Authentication { .. } => Err(ApiError::WrongPassword),
            err => Err(err),
        };
    }
    let token = answer.json::<wire::TokenAnswer>()?.token;
    let user_id = UserId::parse(&token.user_id).map_err(|err| answer.garbage(&err.to_string()))?;
    let account = Account2017::new(http.with_auth(&Auth::Key(token.id.clone()))?);
    Ok(SignIn::Done(Box::new(TokenSession {
        account,
        user_id,
        token,
    })))
}

impl TokenSession {
    async fn delete_token(&self, token: &SecretString) -> Result<(), ApiError> {
        let path = format!("/tokens/{}", token.expose_secret());
        self.account
            .call(Method::DELETE, &path, None, Repeat::Safe)
            .await
            .map(drop)
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

    async fn organizations(&self) -> Result<Vec<Organization>, ApiError> {
        let answer = self.account.get("/organizations").await?;
        Ok(answer
            .json::<wire::OrganizationsAnswer>()?
            .organizations
            .into_iter()
            .map(|found| Organization {
                id: found.id,
                name: found.name,
            })
            .collect())
    }

    /// A token of 2017 is good for every organization of its user.
    async fn choose(&mut self, _organization: &Organization) -> Result<(), ApiError> {
        Ok(())
    }

    async fn longest_key_s(&self, _organization: &Organization) -> Result<Option<u64>, ApiError> {
        Ok(None)
    }

    /// The token that the login gave is the key.
    async fn create_key(&self, _new: &NewKey) -> Result<CreatedKey, ApiError> {
        Ok(CreatedKey {
            secret: SecretKey::parse(&self.token.id).map_err(|err| ApiError::Arguments {
                message: err.to_string(),
            })?,
            access_key: None,
            expires_at: self.token.expires_at(),
            project_id: None,
        })
    }

    async fn find_keys(&self, marker: &str) -> Result<Vec<FoundKey>, ApiError> {
        let mut found = Vec::new();
        for page in 1.. {
            let path = format!("/tokens?page={page}&per_page={PER_PAGE}");
            let answer = self.account.get(&path).await?;
            let tokens = answer.json::<wire::TokensAnswer>()?.tokens;
            let last = tokens.len() < PER_PAGE;
            found.extend(
                tokens
                    .into_iter()
                    .filter(|token| token.description.contains(marker))
                    .map(|token| FoundKey {
                        // A token's id is its secret: its description is what may be seen.
                        shown: crate::model::clean(&token.description),
                        id: token.id,
                    }),
            );
            if last {
                break;
            }
        }
        Ok(found)
    }

    async fn delete_key(&self, key: &FoundKey) -> Result<(), ApiError> {
        self.delete_token(&key.id).await
    }

    async fn withdraw(&self, _key: &CreatedKey) -> Result<(), ApiError> {
        self.delete_token(&self.token.id).await
    }

    async fn end(&self, key_kept: bool) -> Result<(), ApiError> {
        if key_kept {
            return Ok(());
        }
        self.delete_token(&self.token.id).await
    }
}
