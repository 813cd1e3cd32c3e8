//! API keys of the IAM API.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{Principal, Result, Store, StoreError, hash, tokens, users};

/// An API key without its secret.
#[derive(Debug, Clone)]
pub(crate) struct ApiKey {
    pub(crate) access_key: String,
    pub(crate) user_id: Option<String>,
    pub(crate) application_id: Option<String>,
    pub(crate) organization_id: String,
    pub(crate) description: String,
    pub(crate) created_at: i64,
    pub(crate) expires_at: Option<i64>,
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
    pub(crate) expires_at: Option<i64>,
    pub(crate) default_project_id: Option<&'a str>,
}

/// The key, when the caller may do `action` to it: its owner, or an administrator.
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
        .ok_or_else(|| StoreError::NotFound("api_key", access_key.to_owned()))?;
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

impl Store {
    /// Whose secret key this is. A token of 2017 counts as a key too (inferred, as the other way
    /// round: the services shared one store of keys).
    pub(crate) fn principal(&self, secret_key: &str, now: i64) -> Result<Principal> {
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

    /// The access keys of a user.
    pub(crate) fn access_keys(&self, user_id: &str) -> Result<Vec<String>> {
        self.transaction(|db| {
            Ok(db
                .prepare("SELECT access_key FROM api_keys WHERE user_id = ?1 ORDER BY rowid")?
                .query_map([user_id], |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()?)
        })
    }

    pub(crate) fn create_api_key(
        &self,
        caller: &Principal,
        new: &NewApiKey<'_>,
        now: i64,
    ) -> Result<ApiKey> {
        self.transaction(|db| {
            let user = users::reachable(db, caller, new.user_id, "write", "api_key")?;
            let settings = users::organization(db, &user.organization_id)?;
            let longest = Some(settings.max_api_key_s).filter(|seconds| *seconds > 0);
            let constraint = |help: &str| StoreError::Argument {
                argument: "expires_at",
                reason: "constraint",
                help: help.to_owned(),
            };
            match (new.expires_at, longest) {
                (Some(at), _) if at <= now => return Err(constraint("must be in the future")),
                (Some(at), Some(longest)) if at > now + longest => {
                    return Err(constraint("is later than the organization allows"));
                }
                (None, Some(_)) => return Err(constraint("is required by the organization")),
                _ => {}
            }
            let project: Option<String> = db
                .query_row(
                    "SELECT id FROM projects WHERE organization_id = ?1 AND id = coalesce(?2, id)",
                    params![user.organization_id, new.default_project_id],
                    |row| row.get(0),
                )
                .optional()?;
            let project = project.ok_or_else(|| {
                let id = new.default_project_id.unwrap_or_default();
                StoreError::NotFound("project", id.to_owned())
            })?;
            db.execute(
                "INSERT INTO api_keys VALUES (?1, ?2, ?3, NULL, ?4, ?5, ?6, ?7, ?8)",
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

    pub(crate) fn delete_api_key(&self, caller: &Principal, access_key: &str) -> Result<()> {
        self.transaction(|db| {
            reachable(db, caller, access_key, "write")?;
            db.execute("DELETE FROM api_keys WHERE access_key = ?1", [access_key])?;
            Ok(())
        })
    }
}
