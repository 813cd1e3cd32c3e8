//! Sessions of the IAM API: opened by password or by a browser.
//!
//! A session answers each question once: what it learned is kept until another organization is chosen.

use std::cell::{OnceCell, RefCell};

use async_trait::async_trait;
use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD, Encoding};
use futures_util::future::join_all;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;

use super::{Iam, error, wire};
use crate::{
    api::{
        Account, ApiError, Auth, CreatedKey, Http, NewKey, Session, SignIn, SignInRequest,
        http::{Answer, Call},
    },
    model::{Invalid, Organization, OrganizationId, SessionId, User, UserId},
};

/// A session, in the organization that is chosen.
struct IamSession {
    /// The service without a credential, to call it with another one.
    anonymous: Http,
    account: Iam,
    user_id: UserId,
    /// Who issued the session: the root user (inferred, protocol.md A).
    issuer: Option<UserId>,
    /// The user, with the organization that it belongs to.
    user: OnceCell<(User, OrganizationId)>,
    /// The organizations that may be chosen.
    organizations: OnceCell<Vec<Organization>>,
    /// The longest life of a key, asked for before it was needed.
    longest_key_s: RefCell<Option<LongestKey>>,
    /// The organization that the session is in, once a choice was made.
    organization_id: Option<OrganizationId>,
    /// Sessions to be ended, the newest last.
    open: Vec<(SessionId, SecretString)>,
}

/// What an organization answered about the longest life of a key.
type LongestKey = (OrganizationId, Result<Option<u64>, ApiError>);

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
    let answer = http.send(Call::post("/account/v2/login", body)).await?;
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
    let odd = |err: Invalid| answer.garbage(&err.to_string());
    let user_id = UserId::parse(&found.jwt.audience_id).map_err(odd)?;
    let jti = SessionId::parse(&found.jwt.jti).map_err(odd)?;
    let issuer = found.jwt.issuer();
    IamSession::new(http, user_id, issuer, (jti, found.token))
}

/// The session that a browser handed over: base64 of JSON (protocol.md A, "Browser login"). Whose
/// it is, is not known before [`Session::prove`].
///
/// # Errors
/// [`ApiError::Arguments`] when it is not of that form.
pub(crate) fn web_session(http: &Http, token: &SecretString) -> Result<Box<dyn Session>, ApiError> {
    let wrong = || ApiError::Arguments {
        message: Some("the browser did not send a login".to_owned()),
    };
    let bytes = decode_base64(token.expose_secret()).ok_or_else(wrong)?;
    let found: wire::LoginAnswer = serde_json::from_slice(&bytes).map_err(|_| wrong())?;
    let user_id = UserId::parse(&found.jwt.audience_id).map_err(|_| wrong())?;
    let named = SessionId::parse(&found.jwt.jti).map_err(|_| wrong())?;
    // The service signs what the token itself says, and not what stands beside it.
    let jti = match jti_of(&found.token) {
        Some(own) => SessionId::parse(&own).map_err(|_| wrong())?,
        None => named,
    };
    let issuer = found.jwt.issuer();
    let session = IamSession::new(http, user_id, issuer, (jti, found.token))?;
    Ok(Box::new(session))
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
        issuer: Option<UserId>,
        (jti, token): (SessionId, SecretString),
    ) -> Result<Self, ApiError> {
        let anonymous = http.with_auth(&Auth::Anonymous)?;
        let account = Iam::new(http.with_auth(&Auth::Session(token.clone()))?);
        Ok(Self {
            anonymous,
            account,
            user_id,
            issuer,
            user: OnceCell::new(),
            organizations: OnceCell::new(),
            longest_key_s: RefCell::default(),
            organization_id: None,
            open: vec![(jti, token)],
        })
    }

    /// The user, with the organization that it belongs to.
    async fn known_user(&self) -> Result<&(User, OrganizationId), ApiError> {
        if let Some(known) = self.user.get() {
            return Ok(known);
        }
        let (user, _, answer) = self.account.user_and_answer(&self.user_id).await?;
        let organization_id = OrganizationId::parse(&user.organization_id)
            .map_err(|err| answer.garbage(&err.to_string()))?;
        Ok(self.user.get_or_init(|| (user, organization_id)))
    }

    /// The organizations of a root user, who may have a user in each of several organizations;
    /// nothing where the service does not tell.
    async fn organizations_of(
        &self,
        root_id: &UserId,
    ) -> Result<Option<Vec<Organization>>, ApiError> {
        let path = format!("/account/v2/users/{root_id}");
        match self.account.get(&path).await {
            Ok(answer) => answer
                .json::<wire::RootUser>()?
                .organizations
                .into_iter()
                .map(|found| found.into_model(&answer))
                .collect::<Result<_, _>>()
                .map(Some),
            Err(ApiError::Denied { .. } | ApiError::NotFound { .. }) => Ok(None),
            Err(err) => Err(err),
        }
    }

    /// The organization that the session is in. Its name is a nicety: where it cannot be read, the
    /// id has to do.
    async fn own_organization(&self, id: &OrganizationId) -> Organization {
        let name = self
            .account
            .get(&super::organization_path(id))
            .await
            .and_then(|answer| answer.json::<wire::Organization>())
            .map(|found| found.name)
            .unwrap_or_default();
        let name = if name.is_empty() {
            id.to_string()
        } else {
            name
        };
        Organization {
            id: id.clone(),
            name,
        }
    }

    async fn learn_longest_key(&self, id: &OrganizationId) {
        let longest = self.account.longest_key_s(id.as_str()).await;
        self.longest_key_s.replace(Some((id.clone(), longest)));
    }

    /// The organizations that may be chosen, as [`Session::organizations`] says.
    ///
    /// `account_root_user_id` is empty for every recorded member (protocol.md A).
    async fn choices(&self, named: bool) -> Result<Vec<Organization>, ApiError> {
        let guess = self
            .issuer
            .as_ref()
            .filter(|issuer| named && **issuer != self.user_id);
        let early = async {
            match guess {
                Some(issuer) => self.organizations_of(issuer).await.ok().flatten(),
                None => None,
            }
        };
        let (known, early) = tokio::join!(self.known_user(), early);
        let (user, own) = known?;
        if let Some(all) = early.filter(|_| user.root_id.as_ref() == guess) {
            return Ok(all);
        }
        let all = async {
            let listed = match &user.root_id {
                Some(root_id) => self.organizations_of(root_id).await?,
                None => None,
            };
            Ok(match listed {
                Some(all) => all,
                None => vec![self.own_organization(own).await],
            })
        };
        // The own organization is chosen nearly always.
        let (all, ()) = tokio::join!(all, self.learn_longest_key(own));
        all
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

    async fn prove(&self) -> Result<(), ApiError> {
        let Some((jti, _)) = self.open.last() else {
            return Ok(());
        };
        let path = format!("/iam/v1alpha1/jwts/{jti}");
        match self.account.get(&path).await {
            Ok(answer) => {
                let jwt = answer.json::<wire::Jwt>()?;
                let same = |told: &str, known: &str| told.eq_ignore_ascii_case(known);
                if same(&jwt.jti, jti.as_str()) && same(&jwt.audience_id, self.user_id.as_str()) {
                    Ok(())
                } else {
                    Err(ApiError::ForeignSession)
                }
            }
            // This session has another id.
            Err(ApiError::NotFound { named: true, .. }) => Err(ApiError::ForeignSession),
            // The service does not offer the call, or not to everybody: all that is left to see is
            // whether the session lives.
            Err(ApiError::NotFound { .. } | ApiError::Denied { .. }) => {
                self.account.user(&self.user_id).await.map(drop)
            }
            Err(err) => Err(err),
        }
    }

    async fn user(&self) -> Result<User, ApiError> {
        Ok(self.known_user().await?.0.clone())
    }

    async fn organizations(&self, named: bool) -> Result<Vec<Organization>, ApiError> {
        if let Some(known) = self.organizations.get() {
            return Ok(known.clone());
        }
        let all = self.choices(named).await?;
        Ok(self.organizations.get_or_init(|| all).clone())
    }

    async fn choose(&mut self, organization: &Organization) -> Result<(), ApiError> {
        if self.known_user().await?.1 != organization.id {
            let Some((jti, _)) = self.open.last() else {
                return Ok(());
            };
            let path = format!("/iam-private/v1/jwts/{jti}/switch-organization");
            let body = json!({ "organization_id": organization.id });
            let answer = self.account.call(Call::post(path, body)).await?;
            let odd = |err: Invalid| answer.garbage(&err.to_string());
            let switched = answer.json::<wire::Switched>()?;
            let jti = jti_of(&switched.token)
                .map(|jti| SessionId::parse(&jti).map_err(odd))
                .transpose()?;
            self.user_id = UserId::parse(&switched.user_id).map_err(odd)?;
            let auth = Auth::Session(switched.token.clone());
            self.account = Iam::new(self.anonymous.with_auth(&auth)?);
            if let Some(jti) = jti {
                self.open.push((jti, switched.token));
            }
            self.user = OnceCell::new();
            let (user, ()) =
                tokio::join!(self.known_user(), self.learn_longest_key(&organization.id));
            user?;
        }
        self.organization_id = Some(organization.id.clone());
        Ok(())
    }

    async fn longest_key_s(&self) -> Result<Option<u64>, ApiError> {
        let (_, own) = self.known_user().await?;
        let id = self.organization_id.as_ref().unwrap_or(own);
        match self.longest_key_s.take() {
            Some((asked, longest)) if asked == *id => longest,
            _ => self.account.longest_key_s(id.as_str()).await,
        }
    }

    async fn create_key(&self, new: &NewKey) -> Result<CreatedKey, ApiError> {
        self.account.create_key(&self.user_id, new).await
    }

    async fn withdraw(&self, key: &CreatedKey) -> Result<(), ApiError> {
        self.account.delete_own_key(key.access_key.as_ref()).await
    }

    async fn end(&self, _key_kept: bool) -> Result<(), ApiError> {
        // Side by side: each is ended with its own token.
        let ended = self.open.iter().map(async |(jti, token)| {
            let service = Iam::new(self.anonymous.with_auth(&Auth::Session(token.clone()))?);
            let path = format!("/iam/v1alpha1/jwts/{jti}");
            let ended = service.call(Call::delete(path)).await;
            match ended.and_then(Answer::without_content) {
                Err(err) if !err.key_is_gone() => Err(err),
                // One that is gone already is ended.
                Ok(()) | Err(_) => Ok(()),
            }
        });
        join_all(ended).await.into_iter().collect()
    }
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

    struct Silent;

    impl crate::model::Notices for Silent {
        fn waiting(&self, _text: &str) {}
    }

    // Issue 7, 28
    #[test]
    fn what_a_browser_hands_over_cannot_name_another_thing_than_a_session() {
        let base = "http://127.0.0.1:1".parse().unwrap();
        let http = Http::new(base, &Auth::Anonymous, None, None, std::rc::Rc::new(Silent)).unwrap();
        let hand_over = |jti: &str| {
            let user = "5c9e0a3e-1d0f-4a55-9d6f-0f0e4a6d2b11";
            let json = json!({"jwt": {"jti": jti, "audienceId": user}, "token": "t"});
            web_session(&http, &BASE64.encode(json.to_string().as_bytes()).into())
        };
        assert!(hand_over("8e9f0a3e-1d0f-4a55-9d6f-0f0e4a6d2b11").is_ok());
        for bad in ["../api-keys/SCW1234567890ABCDEFG", "", "a/b", "a?b"] {
            let err = hand_over(bad).err().unwrap();
            assert!(matches!(err, ApiError::Arguments { .. }), "{bad}: {err}");
        }
    }

    #[test]
    fn the_id_of_a_session_is_read_from_its_token() {
        let payload = BASE64URL_NOPAD.encode(br#"{"jti":"abc"}"#);
        let token = SecretString::from(format!("x.{payload}.y"));
        assert_eq!(jti_of(&token).as_deref(), Some("abc"));
        assert_eq!(jti_of(&SecretString::from("opaque")), None);
    }
}
