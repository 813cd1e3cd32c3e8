//! The lists behind the two-factor report: users and their API keys (protocol.md A).
//!
//! An entry that lacks a field, or has it in another form, is no reason to refuse the page: what
//! cannot be read is unknown.

use serde::{Deserialize, de::IgnoredAny};
use serde_json::Value;

use super::{Iam, organization, organization_path};
use crate::{
    api::{
        ApiError, Page, UserKey,
        http::{Answer, Call},
    },
    model::{AccessKey, Column, KeyEnd, Member, UNKNOWN, UserId, parse_rfc3339},
};

/// How many entries a page has: the most that the API gives (protocol.md A).
const PAGE_SIZE: u32 = 100;

/// A field in the form that it should have, or in another one.
#[derive(Deserialize)]
#[serde(untagged)]
enum Field<T> {
    Read(T),
    Other(IgnoredAny),
}

impl<T> Field<T> {
    fn read(self) -> Option<T> {
        match self {
            Self::Read(value) => Some(value),
            Self::Other(_) => None,
        }
    }
}

/// A text that may be null.
type Text = Field<Option<String>>;

/// What a missing text counts as.
fn none() -> Text {
    Field::Read(None)
}

/// What a missing text counts as where null says something.
fn absent() -> Text {
    Field::Other(IgnoredAny)
}

/// A time that may be null or empty: known, known to be none, or unknown.
fn time(field: Text) -> Column<Option<time::OffsetDateTime>> {
    match field.read() {
        None => Column::Unknown,
        Some(None) => Column::Known(None),
        Some(Some(text)) if text.is_empty() => Column::Known(None),
        Some(Some(text)) => parse_rfc3339(&text).map(Some).into(),
    }
}

/// A page of users. What is no object is an entry all the same: it takes a place in the list.
#[derive(Deserialize)]
struct Users {
    users: Vec<Field<User>>,
    total_count: u64,
}

/// A user in a list.
#[derive(Deserialize)]
struct User {
    #[serde(default = "none")]
    id: Text,
    #[serde(default = "none")]
    email: Text,
    #[serde(default = "none")]
    username: Text,
    #[serde(default = "none")]
    first_name: Text,
    #[serde(default = "none")]
    created_at: Text,
    /// Missing is not "never signed in".
    #[serde(default = "absent")]
    last_login_at: Text,
    #[serde(default = "none", rename = "type")]
    kind: Text,
    mfa: Option<Field<bool>>,
    locked: Option<Field<bool>>,
}

impl User {
    fn into_member(self, answer: &Answer) -> Option<Member> {
        let shown = |field: Text| answer.shown(&field.read().flatten().unwrap_or_default());
        let flag = |field: Option<Field<bool>>| field.and_then(Field::read).into();
        let kind = shown(self.kind);
        Some(Member {
            user_id: UserId::parse(&self.id.read().flatten()?).ok()?,
            email: shown(self.email),
            username: shown(self.username),
            first_name: shown(self.first_name),
            kind: if kind.is_empty() || kind == "unknown_type" {
                UNKNOWN.to_owned()
            } else {
                kind
            },
            created_at: time(self.created_at).known().copied().flatten(),
            two_factor: flag(self.mfa),
            last_login_at: time(self.last_login_at),
            locked: flag(self.locked),
            endless_keys: Column::Unknown,
            factors: None,
            required_by: None,
        })
    }
}

/// A page of API keys.
#[derive(Deserialize)]
struct Keys {
    api_keys: Vec<Field<Key>>,
    total_count: u64,
}

/// An API key in a list.
#[derive(Deserialize)]
struct Key {
    #[serde(default = "none", rename = "access_key")]
    id: Text,
    #[serde(default = "none")]
    user_id: Text,
    #[serde(default = "none")]
    application_id: Text,
    #[serde(default = "none")]
    created_at: Text,
    #[serde(default = "none")]
    expires_at: Text,
}

impl Key {
    fn into_model(self) -> Option<UserKey> {
        let user = self.user_id.read()?.filter(|id| !id.is_empty());
        let application = self.application_id.read()?.filter(|id| !id.is_empty());
        if user.is_none() && application.is_none() {
            return None;
        }
        Some(UserKey {
            access_key: AccessKey::parse(&self.id.read().flatten()?).ok()?,
            user_id: user.map(|id| UserId::parse(&id)).transpose().ok()?,
            created_at: time(self.created_at).known().copied().flatten(),
            end: match time(self.expires_at) {
                Column::Known(None) => KeyEnd::Never,
                Column::Known(Some(_)) => KeyEnd::At,
                Column::Unknown => KeyEnd::Unknown,
            },
        })
    }
}

impl Iam {
    /// A page of a list, the oldest entry first.
    async fn list_page(
        &self,
        path: &str,
        organization_id: &str,
        number: u32,
    ) -> Result<Answer, ApiError> {
        let call = Call::get(path)
            .query("organization_id", &organization(organization_id)?)
            .query("order_by", &"created_at_asc")
            .query("page", &number)
            .query("page_size", &PAGE_SIZE);
        self.call(call).await
    }

    /// `GET /iam/v1alpha1/users`.
    pub(super) async fn members_page(
        &self,
        organization_id: &str,
        number: u32,
    ) -> Result<Page<Member>, ApiError> {
        let path = "/iam/v1alpha1/users";
        let answer = self.list_page(path, organization_id, number).await?;
        let list = answer.json::<Users>()?;
        let member = |user: Field<User>| user.read()?.into_member(&answer);
        Ok(Page {
            total: list.total_count,
            entries: list.users.into_iter().map(member).collect(),
        })
    }

    /// `GET /iam/v1alpha1/api-keys`. Those of applications are asked for as well, since a service
    /// that does not know the filter sends them anyway.
    pub(super) async fn keys_page(
        &self,
        organization_id: &str,
        number: u32,
    ) -> Result<Page<UserKey>, ApiError> {
        let path = "/iam/v1alpha1/api-keys";
        let answer = self.list_page(path, organization_id, number).await?;
        let list = answer.json::<Keys>()?;
        let key = |key: Field<Key>| key.read()?.into_model();
        Ok(Page {
            total: list.total_count,
            entries: list.api_keys.into_iter().map(key).collect(),
        })
    }

    /// `GET /iam/v1alpha1/organizations/{id}/security-settings`, with whatever stands in it.
    pub(super) async fn settings_as_sent(&self, organization_id: &str) -> Result<Value, ApiError> {
        let path = organization_path(&organization(organization_id)?);
        let answer = self.get(&format!("{path}/security-settings")).await?;
        answer.json()
    }

    /// The organization of a key: that of its user, or of the project that an application's key has.
    pub(super) async fn organization_of_key(
        &self,
        access_key: Option<&AccessKey>,
    ) -> Result<String, ApiError> {
        /// The owner and the project of a key.
        #[derive(Deserialize)]
        struct Owner {
            user_id: Option<String>,
            default_project_id: Option<String>,
        }
        /// Whatever belongs to an organization.
        #[derive(Deserialize)]
        struct Belonging {
            organization_id: String,
        }

        let access_key = access_key.ok_or(ApiError::OwnerUnknown)?;
        let answer = self.get(&super::api_key_path(access_key)).await?;
        let owner = answer.json::<Owner>()?;
        let path = match (owner.user_id, owner.default_project_id) {
            (Some(id), _) => {
                let id = UserId::parse(&id).map_err(|err| answer.garbage(&err.to_string()))?;
                super::user_path(&id, "")
            }
            (None, Some(id)) => {
                // A project's id has the form of a user's.
                let id = UserId::parse(&id).map_err(|err| answer.garbage(&err.to_string()))?;
                format!("/account/v3/projects/{id}")
            }
            (None, None) => return Err(answer.garbage("an API key without an owner")),
        };
        let belonging = self.get(&path).await?.json::<Belonging>()?;
        Ok(belonging.organization_id)
    }
}
