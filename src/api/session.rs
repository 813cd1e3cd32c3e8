//! Signing in: from email and password, or from a browser, to a key for this machine.

use async_trait::async_trait;
use time::OffsetDateTime;

use super::{Account, ApiError, Http, account, iam};
use crate::model::{AccessKey, Dialect, Organization, Passwords, SecretKey, User, UserId};

/// The outcome of an attempt to sign in.
pub(crate) enum SignIn {
    /// It worked.
    Done(Box<dyn Session>),
    /// Email and password are right, and the account asks for a second factor.
    FactorNeeded,
}

/// An attempt to sign in.
#[derive(Debug)]
pub(crate) struct SignInRequest<'a> {
    /// Email, password, second factor.
    pub passwords: &'a Passwords,
    /// What the key that may come of it is called; the 2017 API makes it at once.
    pub description: &'a str,
    /// Whether that key is to end by itself soon; the 2017 API knows no date.
    pub expires: bool,
}

/// A key to be made.
#[derive(Debug, Clone)]
pub(crate) struct NewKey {
    /// What it is called, at most 200 characters (protocol.md A).
    pub description: String,
    /// When it ends.
    pub expires_at: Option<OffsetDateTime>,
    /// Its default project; the service chooses one where there is none.
    pub project_id: Option<String>,
}

/// A new key. The service sends its secret only this once.
#[derive(Debug)]
pub(crate) struct CreatedKey {
    /// The secret.
    pub secret: SecretKey,
    /// Its identifier, where the dialect has one.
    pub access_key: Option<AccessKey>,
    /// When it ends.
    pub expires_at: Option<OffsetDateTime>,
    /// The default project.
    pub project_id: Option<String>,
}

/// A key of the user's, found by its description.
#[derive(Debug, Clone)]
pub(crate) struct FoundKey {
    pub(super) id: KeyId,
    /// Its name for people.
    pub shown: String,
}

/// The most pages of a list of keys that are read. A user has some dozens of keys; a list that does
/// not end must not block a login for ever.
pub(super) const MAX_PAGES: u32 = 200;

/// What names a key on the wire.
#[derive(Debug, Clone)]
pub(super) enum KeyId {
    /// An API key's identifier.
    AccessKey(AccessKey),
    /// A token of 2017, whose id is its secret.
    Token(SecretKey),
}

/// A session that the user opened, and that ends with the login.
#[async_trait(?Send)]
pub(crate) trait Session {
    /// The account service, called with the session.
    fn account(&self) -> &dyn Account;

    /// Whose session it is, in the organization chosen.
    fn user_id(&self) -> &UserId;

    /// Makes sure with the service that the session is the user's that was named with it. What a
    /// browser hands over may name anybody.
    ///
    /// [`ApiError::ForeignSession`] where it is another one's, [`ApiError::Authentication`] where
    /// the service does not take it at all.
    async fn prove(&self) -> Result<(), ApiError>;

    /// The user, in the organization chosen. It is asked for once.
    async fn user(&self) -> Result<User, ApiError>;

    /// The organizations that the user is a member of. They are asked for once. `named` tells that
    /// somebody named one of them, so that it may be another than the user's own.
    async fn organizations(&self, named: bool) -> Result<Vec<Organization>, ApiError>;

    /// Chooses one of them.
    async fn choose(&mut self, organization: &Organization) -> Result<(), ApiError>;

    /// The longest life of a key in the organization chosen, as [`Account::longest_key_s`].
    async fn longest_key_s(&self) -> Result<Option<u64>, ApiError>;

    /// Makes the key for this machine.
    async fn create_key(&self, new: &NewKey) -> Result<CreatedKey, ApiError>;

    /// Deletes a key that could not be stored.
    async fn withdraw(&self, key: &CreatedKey) -> Result<(), ApiError>;

    /// Ends the session. `key_kept` tells whether the key that it made is to live on.
    async fn end(&self, key_kept: bool) -> Result<(), ApiError>;
}

/// Signs in with a password, in either dialect. `http` is anonymous.
///
/// # Errors
/// [`ApiError::WrongPassword`], [`ApiError::WrongCode`], [`ApiError::Locked`],
/// [`ApiError::NoPasswordLogin`], and what every call can fail with.
pub(crate) async fn sign_in(
    dialect: Dialect,
    http: &Http,
    request: &SignInRequest<'_>,
) -> Result<SignIn, ApiError> {
    let signing_in = async {
        match dialect {
            Dialect::Iam => iam::sign_in(http, request).await,
            Dialect::Account => account::sign_in(http, request).await,
        }
    };
    // The questions that follow come in pairs.
    let (outcome, ()) = tokio::join!(signing_in, http.prepare(1));
    outcome
}
