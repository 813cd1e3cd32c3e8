//! The account services on the wire.
//!
//! Commands use [`Account`] and do not know which dialect answers.

mod account;
mod callback;
mod error;
mod http;
mod iam;
mod probe;
mod session;
mod tls;

use async_trait::async_trait;
use serde_json::Value;
use time::OffsetDateTime;

pub(crate) use account::Account2017;
pub(crate) use callback::{Callback, CallbackError, Visitor};
pub(crate) use error::{ApiError, Cause};
pub(crate) use http::{Auth, Http};
pub(crate) use iam::{Iam, web_session};
pub(crate) use probe::{connect, proxy_place};
pub(crate) use session::{CreatedKey, FoundKey, NewKey, Session, SignIn, SignInRequest, sign_in};

use crate::model::{
    AccessKey, ApiKey, BackupCodes, KeyEnd, Member, OrganizationDetails, OtpCode, OtpKey, Passkey,
    PasskeyId, SignInEvent, User, UserFactors, UserId,
};
#[cfg(feature = "security-keys")]
use crate::model::{PasskeyAnswer, PasskeyCeremony, WebOrigin};

/// A passkey that a security key made for a registration.
#[cfg(feature = "security-keys")]
#[derive(Debug)]
pub(crate) struct NewPasskey<'a> {
    /// The id of the registration.
    pub ceremony: &'a str,
    /// The site that it was started for.
    pub origin: &'a WebOrigin,
    /// The name for it.
    pub name: &'a str,
    /// What the security key answered.
    pub answer: &'a PasskeyAnswer,
}

/// The regions that keep sign-ins (protocol.md F).
pub(crate) const SIGN_IN_REGIONS: [&str; 2] = ["fr-par", "nl-ams"];

/// Sign-ins that were read.
#[derive(Debug)]
pub(crate) struct SignIns {
    /// The newest first.
    pub events: Vec<SignInEvent>,
    /// Whether these are all; else the oldest are missing.
    pub complete: bool,
}

/// A page of a list.
#[derive(Debug)]
pub(crate) struct Page<T> {
    /// Its entries in their order; nothing for one that cannot be read.
    pub entries: Vec<Option<T>>,
    /// How many entries the whole list has.
    pub total: u64,
}

/// An API key of an organization, as far as a report needs it.
#[derive(Debug)]
pub(crate) struct UserKey {
    /// Its identifier.
    pub access_key: AccessKey,
    /// The user that it belongs to; nothing for an application's.
    pub user_id: Option<UserId>,
    /// When it was made.
    pub created_at: Option<OffsetDateTime>,
    /// Whether it stops working by itself.
    pub end: KeyEnd,
}

/// One account service, in either dialect, called with one key.
#[async_trait(?Send)]
pub(crate) trait Account {
    /// The key in use. Fails with [`ApiError::OwnerUnknown`] without its access key where the dialect
    /// has access keys, and with one where it has none.
    async fn own_key(&self, access_key: Option<&AccessKey>) -> Result<ApiKey, ApiError>;

    /// A user.
    async fn user(&self, id: &UserId) -> Result<User, ApiError>;

    /// A user and its second factors. Where the service does not let this caller list passkeys the
    /// answer has none of them, and the state of the app may be unknown.
    async fn user_factors(&self, id: &UserId) -> Result<UserFactors, ApiError>;

    /// The passkeys of a user. [`ApiError::NoPasskeys`] where the dialect knows none.
    async fn passkeys(&self, id: &UserId) -> Result<Vec<Passkey>, ApiError>;

    /// Gives a passkey another name.
    async fn rename_passkey(&self, id: &PasskeyId, name: &str) -> Result<(), ApiError>;

    /// Removes a passkey. The request is not repeated where the answer is lost, so
    /// [`ApiError::NotFound`] means that another client removed it.
    async fn delete_passkey(&self, id: &PasskeyId) -> Result<(), ApiError>;

    /// Starts the registration of a passkey for a site. [`ApiError::NoPasskeys`] where the dialect
    /// knows none.
    #[cfg(feature = "security-keys")]
    async fn start_passkey(
        &self,
        id: &UserId,
        origin: &WebOrigin,
    ) -> Result<PasskeyCeremony, ApiError>;

    /// Finishes it: the passkey is on the account, and its id comes back. The request is not repeated
    /// where the answer is lost.
    #[cfg(feature = "security-keys")]
    async fn finish_passkey(
        &self,
        id: &UserId,
        new: &NewPasskey<'_>,
    ) -> Result<PasskeyId, ApiError>;

    /// The name of an organization, and how its users may sign in.
    async fn organization(&self, id: &str) -> Result<OrganizationDetails, ApiError>;

    /// By when the organization requires a second factor of this user; nothing where it does not.
    async fn two_factor_required_by(&self, id: &UserId)
    -> Result<Option<OffsetDateTime>, ApiError>;

    /// Makes a new key for an authenticator app, pending until it is confirmed.
    /// [`ApiError::Precondition`] where an app is on already (inferred, protocol.md A).
    async fn create_otp(&self, id: &UserId) -> Result<OtpKey, ApiError>;

    /// Confirms the pending key with a code: the second factor is on, and the backup codes come
    /// back, this once.
    async fn confirm_otp(&self, id: &UserId, code: &OtpCode) -> Result<BackupCodes, ApiError>;

    /// Removes the app, or a pending key: passkeys stay. It is sent once, whatever comes of it: in a
    /// pause somebody else may turn on another factor. Where [`ApiError::may_pass`] is true the
    /// caller may look at the account again and repeat it.
    async fn delete_otp(&self, id: &UserId) -> Result<(), ApiError>;

    /// Deletes the key in use; its identifier is needed where the dialect has one. Of a failure
    /// [`ApiError::key_is_gone`] tells whether there was nothing left to delete, and
    /// [`ApiError::outcome_unknown`] whether it may be deleted all the same; else it was refused.
    async fn delete_own_key(&self, access_key: Option<&AccessKey>) -> Result<(), ApiError>;

    /// The keys of this user, in this organization, that are called exactly so, without the token
    /// of 2017 that asks; none for an empty description.
    async fn find_keys(
        &self,
        user: &UserId,
        organization_id: &str,
        description: &str,
    ) -> Result<Vec<FoundKey>, ApiError>;

    /// Deletes a key that was found.
    async fn delete_key(&self, key: &FoundKey) -> Result<(), ApiError>;

    /// The longest life of a key that an organization allows, in seconds and at most a hundred
    /// years; nothing where it sets none, or the user may not see it.
    async fn longest_key_s(&self, organization_id: &str) -> Result<Option<u64>, ApiError>;

    /// Makes a key for a user. The 2017 dialect makes one at a login alone, and refuses with
    /// [`ApiError::NoNewKey`]. Of a failure [`ApiError::outcome_unknown`] tells whether the key may
    /// be there all the same.
    async fn create_key(&self, user: &UserId, new: &NewKey) -> Result<CreatedKey, ApiError>;

    /// The sign-ins to an organization since then that one of [`SIGN_IN_REGIONS`] keeps.
    /// [`ApiError::NoSignIns`] where the dialect knows none.
    async fn sign_ins(
        &self,
        region: &str,
        organization_id: &str,
        since: OffsetDateTime,
    ) -> Result<SignIns, ApiError>;

    /// A page of an organization's members, from 1, the oldest member first.
    /// [`ApiError::NoMembers`] where the dialect has no such list.
    async fn members(&self, _organization_id: &str, _page: u32) -> Result<Page<Member>, ApiError> {
        Err(ApiError::NoMembers)
    }

    /// A page of an organization's API keys, from 1, the oldest key first. [`ApiError::NoMembers`]
    /// where the dialect has no such list.
    async fn user_keys(
        &self,
        _organization_id: &str,
        _page: u32,
    ) -> Result<Page<UserKey>, ApiError> {
        Err(ApiError::NoMembers)
    }

    /// An organization's security settings, as the service sent them. [`ApiError::NoMembers`] where
    /// the dialect has none.
    async fn security_settings(&self, _organization_id: &str) -> Result<Value, ApiError> {
        Err(ApiError::NoMembers)
    }

    /// The organization that the key in use belongs to. [`ApiError::NoMembers`] where the dialect
    /// has no list of its members anyway.
    async fn own_organization(&self, _access_key: Option<&AccessKey>) -> Result<String, ApiError> {
        Err(ApiError::NoMembers)
    }

    /// Opens `count` connections more for calls that will come side by side, while the call before
    /// them waits for its own: poll the two together, that call first.
    async fn prepare(&self, count: usize);

    /// From here on each request is sent once: the caller decides what to send again, and when.
    fn leave_retries_to_caller(&self);

    /// How far the service's clock is ahead of this machine's, in seconds, as the `Date` header
    /// of its last answer told; nothing before the first.
    fn clock_ahead_s(&self) -> Option<i64>;
}
