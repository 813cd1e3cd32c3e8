//! API keys of the IAM API.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{
    Page, Principal, Result, Store, StoreError, hash,
    listing::{Conditions, Source},
    organizations, tokens, users,
};
use crate::clock::Instant;

/// An API key without its secret.
#[derive(Debug, Clone)]
pub(crate) struct ApiKey {
    pub(crate) access_key: String,
    pub(crate) user_id: Option<String>,
    pub(crate) application_id: Option<String>,
    pub(crate) organization_id: String,
    pub(crate) description: String,
    pub(crate) created_at: Instant,
    pub(crate) updated_at: Instant,
    pub(crate) expires_at: Option<Instant>,
    pub(crate) default_project_id: String,
}

impl ApiKey {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            access_key: row.get("access_key")?,
            user_id: row.get("user_id")?,
            application_id: row.get("application_id")?,
            organization_id: row.get("organization_id")?,
            description: row.get("description")?,
            created_at: row.get("created_at")?,
            updated_at: row.get("updated_at")?,
            expires_at: row.get("expires_at")?,
            default_project_id: row.get("default_project_id")?,
        })
    }
}

/// What a new API key is to be.
#[derive(Debug)]
pub(crate) struct NewApiKey<'a> {
    pub(crate) access_key: &'a str,
    pub(crate) secret_key: &'a str,
    pub(crate) user_id: &'a str,
    pub(crate) description: &'a str,
    pub(crate) expires_at: Option<Instant>,
    pub(crate) default_project_id: Option<&'a str>,
}

/// What is to change about an API key; nothing stays as it is.
#[derive(Debug)]
pub(crate) struct KeyChange<'a> {
    pub(crate) description: Option<&'a str>,
    pub(crate) expires_at: Option<Instant>,
    pub(crate) default_project_id: Option<&'a str>,
}

/// Which API keys a list shows.
#[derive(Debug, Default)]
pub(crate) struct KeyFilter {
    pub(crate) bearer_id: Option<String>,
    /// Whether the bearer is a user, or else an application.
    pub(crate) of_users: Option<bool>,
    pub(crate) access_keys: Vec<String>,
    pub(crate) description: Option<String>,
    pub(crate) expired: Option<bool>,
    pub(crate) editable: Option<bool>,
}

/// The key, when the caller may do `action` to it: its owner, or an administrator. A 404 about one
/// names `access_key` (protocol.md A, recorded).
fn reachable(
    db: &Connection,
    caller: &Principal,
    access_key: &str,
    action: &'static str,
) -> Result<ApiKey> {
    let key = db
        .query_row(
            "SELECT * FROM api_keys WHERE access_key = ?1 AND organization_id = ?2",
            [access_key, caller.organization_id()],
            ApiKey::from_row,
        )
        .optional()?
        .ok_or_else(|| StoreError::NotFound("access_key", access_key.to_owned()))?;
    let own = match caller {
        Principal::User(user) => key.user_id.as_deref() == Some(user.id.as_str()),
        Principal::Application { id, .. } => key.application_id.as_deref() == Some(id.as_str()),
    };
    if own || caller.is_administrator() {
        Ok(key)
    } else {
        Err(StoreError::Denied {
            action,
            resource: "api_key",
        })
    }
}

/// The column that names the bearer with this id, if the caller may see its keys: the own ones, and
/// for an administrator those of every user and application of its organization.
fn bearer(db: &Connection, caller: &Principal, id: &str) -> Result<&'static str> {
    const USER: &str = "user_id = ?";
    const APPLICATION: &str = "application_id = ?";
    if id == caller.id() {
        return Ok(match caller {
            Principal::User(_) => USER,
            Principal::Application { .. } => APPLICATION,
        });
    }
    let is_application = db
        .prepare_cached(
            "SELECT 1 FROM api_keys WHERE application_id = ?1 AND organization_id = ?2",
        )?
        .exists([id, caller.organization_id()])?;
    if is_application {
        caller.administers(caller.organization_id(), "read", "api_key")?;
        Ok(APPLICATION)
    } else {
        users::reachable(db, caller, id, "read", "api_key")?;
        Ok(USER)
    }
}

/// Refuses an end of a key that has passed, and one that the organization does not allow.
fn check_end(
    db: &Connection,
    organization_id: &str,
    expires_at: Option<Instant>,
    now: Instant,
) -> Result<()> {
    let settings = organizations::organization(db, organization_id)?;
    let longest = Some(settings.max_api_key_s).filter(|seconds| *seconds > 0);
    let help = match (expires_at, longest) {
        (Some(at), _) if at <= now => "must be in the future",
        (Some(at), Some(longest)) if at > now.plus_s(longest) => {
            "is later than the organization allows"
        }
        (None, Some(_)) => "is required by the organization",
        _ => return Ok(()),
    };
    Err(StoreError::Argument {
        argument: "expires_at",
        reason: "constraint",
        help: help.to_owned(),
    })
}

impl Store {
    /// Whose secret key this is. A token of 2017 counts as a key too (inferred, as the other way
    /// round: the services shared one store of keys).
    pub(crate) fn principal(&self, secret_key: &str, now: Instant) -> Result<Principal> {
        // Letter case does not matter in a UUID.
        let hash = hash(&secret_key.to_ascii_lowercase());
        self.transaction(|db| {
            let key = db
                .query_row(
                    "SELECT * FROM api_keys WHERE secret_hash = ?1",
                    [&hash],
                    ApiKey::from_row,
                )
                .optional()?;
            let Some(key) = key else {
                let user = tokens::find(db, secret_key, now)?.user;
                return if user.locked {
                    Err(StoreError::Locked(user.id))
                } else {
                    Ok(Principal::User(Box::new(user)))
                };
            };
            if key.expires_at.is_some_and(|expires_at| expires_at <= now) {
                return Err(StoreError::ExpiredKey);
            }
            match (key.user_id, key.application_id) {
                (Some(user_id), _) => {
                    let user = users::find(db, &user_id)?;
                    if user.locked {
                        return Err(StoreError::Locked(user_id));
                    }
                    Ok(Principal::User(Box::new(user)))
                }
                (None, Some(id)) => Ok(Principal::Application {
                    id,
                    organization_id: key.organization_id,
                }),
                (None, None) => Err(StoreError::UnknownKey),
            }
        })
    }

    pub(crate) fn api_key(&self, caller: &Principal, access_key: &str) -> Result<ApiKey> {
        self.transaction(|db| reachable(db, caller, access_key, "read"))
    }

    /// The keys of a user, the oldest first.
    pub(crate) fn api_keys(&self, caller: &Principal, user_id: &str) -> Result<Vec<ApiKey>> {
        self.transaction(|db| {
            users::reachable(db, caller, user_id, "read", "api_key")?;
            Ok(db
                .prepare("SELECT * FROM api_keys WHERE user_id = ?1 ORDER BY rowid")?
                .query_map([user_id], ApiKey::from_row)?
                .collect::<rusqlite::Result<_>>()?)
        })
    }

    /// A page of an organization's keys, and how many there are on all pages.
    ///
    /// Inferred: an administrator sees all of them, anybody else the own ones, and is refused where
    /// it asks for another bearer's. The texts of a filter are compared whole.
    pub(crate) fn listed_keys(
        &self,
        caller: &Principal,
        organization_id: &str,
        filter: KeyFilter,
        page: Page,
        now: Instant,
    ) -> Result<(Vec<ApiKey>, u64)> {
        caller.belongs_to(organization_id, "api_key")?;
        self.transaction(|db| {
            let mut conditions = Conditions::default();
            conditions.with("organization_id = ?", organization_id.to_owned());
            let bearer_id = match filter.bearer_id {
                None if caller.is_administrator() => None,
                None => Some(caller.id().to_owned()),
                id => id,
            };
            if let Some(id) = bearer_id {
                conditions.with(bearer(db, caller, &id)?, id);
            }
            match filter.of_users {
                Some(true) => conditions.plain("user_id IS NOT NULL"),
                Some(false) => conditions.plain("application_id IS NOT NULL"),
                None => {}
            }
            conditions.among("access_key", &filter.access_keys);
            if let Some(description) = filter.description {
                conditions.with("description = ?", description);
            }
            if let Some(expired) = filter.expired {
                conditions.with("coalesce(expires_at <= ?, FALSE) = ?", now);
                conditions.value(i64::from(expired));
            }
            // Every key of the sandbox can be edited.
            if filter.editable == Some(false) {
                conditions.plain("FALSE");
            }
            let source = Source::one("api_keys", "rowid");
            conditions.list((db, &self.counts), &source, page, ApiKey::from_row)
        })
    }

    pub(crate) fn create_api_key(
        &self,
        caller: &Principal,
        new: &NewApiKey<'_>,
        now: Instant,
    ) -> Result<ApiKey> {
        self.transaction(|db| {
            let user = users::reachable(db, caller, new.user_id, "write", "api_key")?;
            check_end(db, &user.organization_id, new.expires_at, now)?;
            let project = match new.default_project_id {
                Some(id) => organizations::project(db, &user.organization_id, id)?.id,
                None => organizations::first_project(db, &user.organization_id)?,
            };
            db.execute(
                "INSERT INTO api_keys VALUES (?1, ?2, ?3, NULL, ?4, ?5, ?6, ?6, ?7, ?8)",
                params![
                    new.access_key,
                    hash(new.secret_key),
                    user.id,
                    user.organization_id,
                    new.description,
                    now,
                    new.expires_at,
                    project
                ],
            )?;
            reachable(db, caller, new.access_key, "read")
        })
    }

    /// Changes a key of the caller's, or of anybody where the caller is an administrator.
    pub(crate) fn change_api_key(
        &self,
        caller: &Principal,
        access_key: &str,
        change: &KeyChange<'_>,
        now: Instant,
    ) -> Result<ApiKey> {
        self.transaction(|db| {
            let key = reachable(db, caller, access_key, "write")?;
            if change.expires_at.is_some() {
                check_end(db, &key.organization_id, change.expires_at, now)?;
            }
            if let Some(id) = change.default_project_id {
                organizations::project(db, &key.organization_id, id)?;
            }
            db.execute(
                "UPDATE api_keys SET description = coalesce(?2, description),
                     expires_at = coalesce(?3, expires_at),
                     default_project_id = coalesce(?4, default_project_id),
                     updated_at = ?5 WHERE access_key = ?1",
                params![
                    access_key,
                    change.description,
                    change.expires_at,
                    change.default_project_id,
                    now
                ],
            )?;
            reachable(db, caller, access_key, "read")
        })
    }

    pub(crate) fn delete_api_key(&self, caller: &Principal, access_key: &str) -> Result<()> {
        self.transaction(|db| {
            reachable(db, caller, access_key, "write")?;
            db.execute("DELETE FROM api_keys WHERE access_key = ?1", [access_key])?;
            Ok(())
        })
    }
}
