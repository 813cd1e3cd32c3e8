//! The 2017 account API (protocol.md B), as far as today's dialect needs it.

use reqwest::{Method, StatusCode};
use serde::Deserialize;

use super::{
    ApiError,
    http::{Http, Repeat},
};
use crate::model::UserId;

#[derive(Deserialize)]
struct TokenAnswer {
    token: Token,
}

#[derive(Deserialize)]
struct Token {
    user_id: String,
}

/// Whose the token of `http` is: `GET /tokens/{token}` (protocol.md B).
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
            .json::<TokenAnswer>()
            .ok()
            .and_then(|found| UserId::parse(&found.token.user_id).ok())
            .ok_or(ApiError::OwnerUnknown),
        StatusCode::UNAUTHORIZED => Err(ApiError::Authentication {
            reason: "it is unknown or was revoked".to_owned(),
        }),
        _ => Err(ApiError::OwnerUnknown),
    }
}
