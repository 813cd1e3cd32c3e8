//! Sessions of the IAM API: opened by password or by a browser.

use async_trait::async_trait;
use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD, Encoding};
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{Iam, error, wire};
use crate::{
    api::{
        Account, ApiError, Auth, CreatedKey, FoundKey, Http, NewKey, Session, SignIn,
        SignInRequest,
        http::{Answer, Repeat},
    },
    model::{AccessKey, Organization, SecretKey, UserId, clean},
};

/// A session, in the organization that is chosen.
struct IamSession {
    /// The service without a credential, to call it with another one.
    nobody: Http,
    account: Iam,
    user_id: UserId,
    /// The organization that the session is in, once a choice was made.
    organization_id: Option<String>,
    /// Sessions to be ended, the newest last.
    open: Vec<(String, SecretString)>,
}

/// `POST /account/v2/login` (protocol.md A).
pub(crate) async fn sign_in(http: &Http, request: &SignInRequest<'_>) -> Result<SignIn, ApiError> {
    let passwords = request.passwords;
    let mut body = json!({
        "email": passwords.email,
        "password": passwords.password.expose_secret(),
    });
    if let Some(factor) = &passwords.factor {
        // Inferred (protocol.md A): a backup code goes into the same field.
        body["otp"] = json!(factor.expose());
    }
    let answer = http
        .send(
            Method::POST,
            "/account/v2/login",
            Some(body),
            Repeat::Unsafe,
        )
        .await?;
    if answer.status.is_success() {
        let found = answer.json::<wire::LoginAnswer>()?;
        return Ok(SignIn::Done(Box::new(open(http, found, &answer)?)));
    }
    match error::of_login(&answer) {
        error::Login::FactorNeeded if passwords.factor.is_some() => Err(ApiError::WrongCode),
        error::Login::FactorNeeded => Ok(SignIn::FactorNeeded),
        error::Login::Failed(err) => Err(err),
    }
}

fn open(http: &Http, found: wire::LoginAnswer, answer: &Answer) -> Result<IamSession, ApiError> {
    let user_id =
        UserId::parse(&found.jwt.audience_id).map_err(|err| answer.garbage(&err.to_string()))?;
    IamSession::new(http, user_id, found.jwt.jti, found.token)
}

/// The session that a browser handed over: base64 of JSON (protocol.md A, "Browser login").
///
/// # Errors
/// [`ApiError::Arguments`] when it is not of that form.
pub fn web_session(http: &Http, token: &SecretString) -> Result<Box<dyn Session>, ApiError> {
    let wrong = || ApiError::Arguments {
        message: "the browser did not hand over a login".to_owned(),
    };
    let bytes = decode_base64(token.expose_secret()).ok_or_else(wrong)?;
    let found: wire::LoginAnswer = serde_json::from_slice(&bytes).map_err(|_| wrong())?;
    let user_id = UserId::parse(&found.jwt.audience_id).map_err(|_| wrong())?;
    // It goes into a path. Ids are UUIDs (protocol.md).
    uuid::Uuid::try_parse(&found.jwt.jti).map_err(|_| wrong())?;
    Ok(Box::new(IamSession::new(
        http,
        user_id,
        found.jwt.jti,
        found.token,
    )?))
}

/// Base64 in either alphabet, with or without padding: the page that makes it is not ours.
fn decode_base64(text: &str) -> Option<Vec<u8>> {
    // In a query a plus sign may arrive as the space that it stands for there.
    let text = text.replace(' ', "+");
    let encodings: [&Encoding; 4] = [&BASE64, &BASE64URL, &BASE64_NOPAD, &BASE64URL_NOPAD];
    encodings
        .into_iter()
        .find_map(|encoding| encoding.decode(text.as_bytes()).ok())
}

/// The `jti` in a JWT's payload (RFC 7519 §4.1.7); nothing where it cannot be read.
fn jti_of(token: &SecretString) -> Option<String> {
    #[derive(Deserialize)]
    struct Payload {
        jti: String,
    }
    let payload = token.expose_secret().split('.').nth(1)?;
    let bytes = BASE64URL_NOPAD.decode(payload.as_bytes()).ok()?;
    serde_json::from_slice::<Payload>(&bytes)
        .ok()
        .map(|payload| payload.jti)
}

impl IamSession {
    fn new(
        http: &Http,
        user_id: UserId,
        jti: String,
        token: SecretString,
    ) -> Result<Self, ApiError> {
        let nobody = http.with_auth(&Auth::Nobody)?;
        let account = Iam::new(http.with_auth(&Auth::Session(token.clone()))?, None);
        Ok(Self {
            nobody,
            account,
            user_id,
            organization_id: None,
            open: vec![(jti, token)],
        })
    }

    async fn organization_id(&self) -> Result<String, ApiError> {
        match &self.organization_id {
            Some(id) => Ok(id.clone()),
            None => Ok(self.account.user(&self.user_id).await?.organization_id),
        }
    }
}

#[async_trait(?Send)]
impl Session for IamSession {
    fn account(&self) -> &dyn Account {
        &self.account
    }

    fn user_id(&self) -> &UserId {
        &self.user_id
    }

    async fn organizations(&self) -> Result<Vec<Organization>, ApiError> {
        let user = self.account.user(&self.user_id).await?;
        let root = user.root_id.as_ref().unwrap_or(&user.id);
        let answer = self
            .account
            .get(&format!("/account/v2/users/{root}"))
            .await?;
        Ok(answer
            .json::<wire::RootUser>()?
            .organizations
            .into_iter()
            .map(|found| Organization {
                id: found.id,
                name: found.name,
            })
            .collect())
    }

    async fn choose(&mut self, organization: &Organization) -> Result<(), ApiError> {
        if self.organization_id().await? != organization.id {
            let Some((jti, _)) = self.open.last() else {
                return Ok(());
            };
            let path = format!("/iam-private/v1/jwts/{jti}/switch-organization");
            let body = json!({ "organization_id": organization.id });
            let answer = self
                .account
                .call(Method::POST, &path, Some(body), Repeat::Unsafe)
                .await?;
            let switched = answer.json::<wire::Switched>()?;
            self.user_id =
                UserId::parse(&switched.user_id).map_err(|err| answer.garbage(&err.to_string()))?;
            let auth = Auth::Session(switched.token.clone());
            self.account = Iam::new(self.nobody.with_auth(&auth)?, None);
            if let Some(jti) = jti_of(&switched.token) {
                self.open.push((jti, switched.token));
            }
        }
        self.organization_id = Some(organization.id.clone());
        Ok(())
    }

    async fn longest_key_s(&self, organization: &Organization) -> Result<Option<u64>, ApiError> {
        let path = format!(
            "/iam/v1alpha1/organizations/{}/security-settings",
            organization.id
        );
        let answer = match self.account.get(&path).await {
            Ok(answer) => answer,
            // Not every member may read them; the service then says no when a key is too long.
            Err(ApiError::Denied { .. } | ApiError::NotFound { .. }) => return Ok(None),
            Err(err) => return Err(err),
        };
        let settings = answer.json::<wire::SecuritySettings>()?;
        Ok(settings
            .max_api_key_expiration_duration
            .and_then(|text| text.strip_suffix('s')?.parse().ok())
            .filter(|seconds| *seconds > 0))
    }

    async fn create_key(&self, new: &NewKey) -> Result<CreatedKey, ApiError> {
        let mut body = json!({ "user_id": self.user_id, "description": new.description });
        if let Some(at) = new.expires_at {
            body["expires_at"] = json!(rfc3339(at));
        }
        let answer = self
            .account
            .call(
                Method::POST,
                "/iam/v1alpha1/api-keys",
                Some(body),
                Repeat::Unsafe,
            )
            .await?;
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

    /// `GET /iam/v1alpha1/api-keys`: parameters and answer as in scaleway-sdk-go, `ListAPIKeys`.
    async fn find_keys(&self, marker: &str) -> Result<Vec<FoundKey>, ApiError> {
        let organization_id = self.organization_id().await?;
        let mut found = Vec::new();
        let mut seen = 0;
        for page in 1.. {
            let path = format!(
                "/iam/v1alpha1/api-keys?organization_id={organization_id}&bearer_id={}\
                 &page={page}&page_size=100",
                self.user_id
            );
            let answer = self.account.get(&path).await?;
            let keys = answer.json::<wire::ApiKeys>()?;
            seen += keys.api_keys.len() as u64;
            let last = keys.api_keys.is_empty() || seen >= keys.total_count;
            found.extend(
                keys.api_keys
                    .into_iter()
                    .filter(|key| key.description.contains(marker))
                    .map(|key| FoundKey {
                        shown: clean(&key.access_key),
                        id: key.access_key.into(),
                    }),
            );
            if last {
                break;
            }
        }
        Ok(found)
    }

    async fn delete_key(&self, key: &FoundKey) -> Result<(), ApiError> {
        let access_key =
            AccessKey::parse(key.id.expose_secret()).map_err(|err| ApiError::Arguments {
                message: err.to_string(),
            })?;
        self.account.delete_api_key(access_key.as_str()).await
    }

    async fn withdraw(&self, key: &CreatedKey) -> Result<(), ApiError> {
        self.account.delete_own_key(key.access_key.as_ref()).await
    }

    async fn end(&self, _key_kept: bool) -> Result<(), ApiError> {
        for (jti, token) in self.open.iter().rev() {
            let service = Iam::new(self.nobody.with_auth(&Auth::Session(token.clone()))?, None);
            let path = format!("/iam/v1alpha1/jwts/{jti}");
            match service
                .call(Method::DELETE, &path, None, Repeat::Safe)
                .await
            {
                // One that is gone already is ended.
                Ok(_) | Err(ApiError::NotFound { .. } | ApiError::Authentication { .. }) => {}
                Err(err) => return Err(err),
            }
        }
        Ok(())
    }
}

fn rfc3339(at: OffsetDateTime) -> String {
    at.to_offset(time::UtcOffset::UTC)
        .format(&Rfc3339)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_of_either_alphabet_is_read() {
        // Bytes whose encodings differ between the alphabets, with and without padding.
        let bytes = [0xfb, 0xff, 0xfe, 0x01];
        for encoding in [&BASE64, &BASE64URL, &BASE64_NOPAD, &BASE64URL_NOPAD] {
            let text = encoding.encode(&bytes);
            assert_eq!(decode_base64(&text).unwrap(), bytes);
            assert_eq!(decode_base64(&text.replace('+', " ")).unwrap(), bytes);
        }
        assert!(decode_base64("%%%").is_none());
    }

    #[test]
    fn the_id_of_a_session_is_read_from_its_token() {
        let payload = BASE64URL_NOPAD.encode(br#"{"jti":"abc"}"#);
        let token = SecretString::from(format!("x.{payload}.y"));
        assert_eq!(jti_of(&token).as_deref(), Some("abc"));
        assert_eq!(jti_of(&SecretString::from("opaque")), None);
    }
}
