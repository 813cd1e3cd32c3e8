//! Organizations and their projects.

use std::ops::RangeInclusive;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{
    Page, Principal, Result, Store, StoreError, User,
    listing::{Conditions, Source},
    users,
};
use crate::clock::Instant;

/// How long a duration of the settings can be, in seconds: what protobuf's `Duration` has of
/// those that are not negative.
pub(crate) const DURATIONS_S: RangeInclusive<i64> = 0..=315_576_000_000;

/// How many failed attempts can be what locks a user: an `uint32` of the API, and one at least.
pub(crate) const LOGIN_ATTEMPTS: RangeInclusive<i64> = 1..=4_294_967_295;

/// An organization's security settings.
#[derive(Debug, Clone)]
pub(crate) struct Organization {
    pub(crate) requires_two_factor: bool,
    pub(crate) enforce_password_renewal: bool,
    pub(crate) grace_period_s: i64,
    pub(crate) login_attempts: i64,
    pub(crate) max_session_s: i64,
    pub(crate) max_api_key_s: i64,
    /// Whether its users may sign in with a password outside a browser; no setting of the wire.
    pub(crate) password_login: bool,
}

/// How an organization's users may sign in, as the wire tells it (protocol.md A).
#[derive(Debug, Clone, Copy)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the wire has one for each way, and any of them go together"
)]
pub(crate) struct LoginWays {
    pub(crate) password: bool,
    pub(crate) magic_code: bool,
    pub(crate) oauth2: bool,
    pub(crate) saml: bool,
}

/// An organization by its name, and how its users may sign in.
#[derive(Debug)]
pub(crate) struct OrganizationProfile {
    pub(crate) name: String,
    pub(crate) ways: LoginWays,
}

impl OrganizationProfile {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            name: row.get("name")?,
            ways: LoginWays {
                password: row.get("password_login")?,
                magic_code: row.get("magic_code_login")?,
                oauth2: row.get("oauth2_login")?,
                saml: row.get("saml_login")?,
            },
        })
    }
}

/// A project.
#[derive(Debug)]
pub(crate) struct Project {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) organization_id: String,
    pub(crate) description: String,
    pub(crate) created_at: Instant,
    pub(crate) updated_at: Instant,
}

impl Project {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            name: row.get("name")?,
            organization_id: row.get("organization_id")?,
            description: row.get("description")?,
            created_at: row.get("created_at")?,
            updated_at: row.get("updated_at")?,
        })
    }
}

/// Which projects a list shows.
#[derive(Debug, Default)]
pub(crate) struct ProjectFilter {
    pub(crate) name: Option<String>,
    pub(crate) ids: Vec<String>,
}

/// An organization's settings.
pub(super) fn organization(db: &Connection, id: &str) -> Result<Organization> {
    db.query_row("SELECT * FROM organizations WHERE id = ?1", [id], |row| {
        Ok(Organization {
            requires_two_factor: row.get("requires_two_factor")?,
            enforce_password_renewal: row.get("enforce_password_renewal")?,
            grace_period_s: row.get("grace_period_s")?,
            login_attempts: row.get("login_attempts")?,
            max_session_s: row.get("max_session_s")?,
            max_api_key_s: row.get("max_api_key_s")?,
            password_login: row.get("password_login")?,
        })
    })
    .optional()?
    .ok_or_else(|| StoreError::NotFound("organization", id.to_owned()))
}

/// A project of an organization. A 404 about one names `project_id` (protocol.md A, recorded).
pub(super) fn project(db: &Connection, organization_id: &str, id: &str) -> Result<Project> {
    db.query_row(
        "SELECT * FROM projects WHERE id = ?1 AND organization_id = ?2",
        [id, organization_id],
        Project::from_row,
    )
    .optional()?
    .ok_or_else(|| StoreError::NotFound("project_id", id.to_owned()))
}

/// The project that an organization was made with.
pub(super) fn first_project(db: &Connection, organization_id: &str) -> Result<String> {
    Ok(db
        .prepare_cached("SELECT id FROM projects WHERE organization_id = ?1 ORDER BY rowid")?
        .query_row([organization_id], |row| row.get(0))?)
}

impl Store {
    pub(crate) fn organization(&self, caller: &Principal, id: &str) -> Result<Organization> {
        if caller.organization_id() != id {
            return Err(StoreError::NotFound("organization", id.to_owned()));
        }
        self.transaction(|db| organization(db, id))
    }

    /// Replaces the security settings with what `change` makes of them.
    pub(crate) fn change_organization(
        &self,
        caller: &Principal,
        id: &str,
        change: impl FnOnce(&mut Organization) -> Result<()>,
    ) -> Result<Organization> {
        if caller.organization_id() != id {
            return Err(StoreError::NotFound("organization", id.to_owned()));
        }
        caller.administers(id, "write", "organization")?;
        self.transaction(|db| {
            let mut settings = organization(db, id)?;
            change(&mut settings)?;
            db.execute(
                "UPDATE organizations SET enforce_password_renewal = ?2, grace_period_s = ?3,
                     login_attempts = ?4, max_session_s = ?5, max_api_key_s = ?6 WHERE id = ?1",
                params![
                    id,
                    settings.enforce_password_renewal,
                    settings.grace_period_s,
                    settings.login_attempts,
                    settings.max_session_s,
                    settings.max_api_key_s
                ],
            )?;
            Ok(settings)
        })
    }

    /// The caller's own organization.
    pub(crate) fn organization_profile(
        &self,
        caller: &Principal,
        id: &str,
    ) -> Result<OrganizationProfile> {
        self.transaction(|db| {
            db.query_row(
                "SELECT * FROM organizations WHERE id = ?1 AND id = ?2",
                [id, caller.organization_id()],
                OrganizationProfile::from_row,
            )
            .optional()?
            .ok_or_else(|| StoreError::NotFound("organization", id.to_owned()))
        })
    }

    /// The other users of a user's person, each with the name of its organization, the first one
    /// first.
    pub(crate) fn connections(
        &self,
        caller: &Principal,
        user_id: &str,
    ) -> Result<Vec<(String, User)>> {
        self.transaction(|db| {
            let user = users::reachable(db, caller, user_id, "read", "user")?;
            Ok(db
                .prepare(
                    "SELECT accounts.*, organizations.name AS organization_name FROM accounts
                         JOIN organizations ON organizations.id = organization_id
                         WHERE root_user_id = ?1 AND accounts.id <> ?2 ORDER BY number",
                )?
                .query_map([&user.root_user_id, user_id], |row| {
                    Ok((row.get("organization_name")?, User::from_row(row)?))
                })?
                .collect::<rusqlite::Result<_>>()?)
        })
    }

    pub(crate) fn project(&self, caller: &Principal, id: &str) -> Result<Project> {
        self.transaction(|db| project(db, caller.organization_id(), id))
    }

    /// A page of the caller's organization's projects, and how many there are on all pages.
    /// Inferred: whoever belongs to the organization may see them.
    pub(crate) fn projects(
        &self,
        caller: &Principal,
        organization_id: &str,
        filter: ProjectFilter,
        page: Page,
    ) -> Result<(Vec<Project>, u64)> {
        caller.belongs_to(organization_id, "project")?;
        let mut conditions = Conditions::default();
        conditions.with("organization_id = ?", organization_id.to_owned());
        if let Some(name) = filter.name {
            conditions.with("name = ?", name);
        }
        conditions.among("id", &filter.ids);
        let source = Source::one("projects", "rowid");
        self.transaction(|db| conditions.list((db, &self.counts), &source, page, Project::from_row))
    }

    /// The project that an organization was made with.
    pub(crate) fn first_project(&self, organization_id: &str) -> Result<String> {
        self.transaction(|db| first_project(db, organization_id))
    }
}
