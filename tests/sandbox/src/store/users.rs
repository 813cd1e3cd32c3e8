//! Users, and who may do what to whom.

use rusqlite::{Connection, OptionalExtension, Row};

use super::{
    Page, Result, Store, StoreError,
    listing::{Conditions, Source},
    organizations::organization,
};
use crate::clock::Instant;

/// A user as both APIs tell of one.
#[derive(Debug, Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "they go together in any way, as on the wire"
)]
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) organization_id: String,
    pub(crate) email: String,
    pub(crate) username: String,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) kind: String,
    pub(crate) admin: bool,
    pub(crate) root_user_id: String,
    pub(crate) created_at: Instant,
    pub(crate) updated_at: Instant,
    pub(crate) last_login_at: Option<Instant>,
    pub(crate) locked: bool,
    /// Whether the app is on.
    pub(crate) app: bool,
    /// As the wire tells it: passkeys may count.
    pub(crate) mfa: bool,
    /// Since when the user has no second factor; without meaning while there is one.
    pub(crate) without_since: Instant,
}

impl User {
    /// Whether it may act on other members of its organization.
    pub(crate) fn is_administrator(&self) -> bool {
        self.kind == "owner" || self.admin
    }

    pub(super) fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            organization_id: row.get("organization_id")?,
            email: row.get("email")?,
            username: row.get("username")?,
            first_name: row.get("first_name")?,
            last_name: row.get("last_name")?,
            kind: row.get("type")?,
            admin: row.get("admin")?,
            root_user_id: row.get("root_user_id")?,
            created_at: row.get("created_at")?,
            updated_at: row.get("updated_at")?,
            last_login_at: row.get("last_login_at")?,
            locked: row.get("locked")?,
            app: row.get("app")?,
            mfa: row.get("mfa")?,
            without_since: row.get("without_since")?,
        })
    }
}

/// Who calls: the owner of a key.
#[derive(Debug, Clone)]
pub(crate) enum Principal {
    /// A user.
    User(Box<User>),
    /// An application of an organization, which has no second factor and no rights over users.
    Application { id: String, organization_id: String },
}

impl Principal {
    /// The organization that the key belongs to.
    pub(crate) fn organization_id(&self) -> &str {
        match self {
            Self::User(user) => &user.organization_id,
            Self::Application {
                organization_id, ..
            } => organization_id,
        }
    }

    /// Whether the caller may act on other members of its organization.
    pub(crate) fn is_administrator(&self) -> bool {
        matches!(self, Self::User(user) if user.is_administrator())
    }

    /// The id of the user or the application.
    pub(crate) fn id(&self) -> &str {
        match self {
            Self::User(user) => &user.id,
            Self::Application { id, .. } => id,
        }
    }

    /// Whether the caller is this user.
    pub(crate) fn is(&self, user_id: &str) -> bool {
        matches!(self, Self::User(user) if user.id == user_id)
    }

    /// Refuses whoever is of another organization.
    pub(crate) fn belongs_to(&self, organization_id: &str, resource: &'static str) -> Result<()> {
        if self.organization_id() == organization_id {
            Ok(())
        } else {
            Err(StoreError::Denied {
                action: "read",
                resource,
            })
        }
    }

    /// Refuses whoever is not an administrator of this organization.
    pub(crate) fn administers(
        &self,
        organization_id: &str,
        action: &'static str,
        resource: &'static str,
    ) -> Result<()> {
        if self.is_administrator() && self.organization_id() == organization_id {
            Ok(())
        } else {
            Err(StoreError::Denied { action, resource })
        }
    }
}

/// Which users a list shows.
#[derive(Debug, Default)]
pub(crate) struct UserFilter {
    pub(crate) mfa: Option<bool>,
    pub(crate) kind: Option<String>,
    pub(crate) ids: Vec<String>,
    /// Whether a tag is asked for. No user of the sandbox has one, so nobody is found.
    pub(crate) tagged: bool,
}

/// The user with this id, whoever asks.
pub(super) fn find(db: &Connection, id: &str) -> Result<User> {
    db.prepare_cached("SELECT * FROM accounts WHERE id = ?1")?
        .query_row([id], User::from_row)
        .optional()?
        .ok_or_else(|| StoreError::NotFound("user", id.to_owned()))
}

/// The user with this id, when the caller may do `action` to it: itself, or an administrator of
/// its organization. A user of another organization does not exist for the caller.
pub(super) fn reachable(
    db: &Connection,
    caller: &Principal,
    id: &str,
    action: &'static str,
    resource: &'static str,
) -> Result<User> {
    let user = find(db, id)?;
    if user.organization_id != caller.organization_id() {
        return Err(StoreError::NotFound("user", id.to_owned()));
    }
    if caller.is(id) || caller.is_administrator() {
        Ok(user)
    } else {
        Err(StoreError::Denied { action, resource })
    }
}

/// Counts a wrong password or code of a person, and locks each of its users whose organization
/// allows no more of them (that the users of other organizations stay as they are is inferred).
pub(super) fn failed_attempt(db: &Connection, person_id: &str) -> Result<()> {
    db.execute(
        "UPDATE people SET failed_attempts = failed_attempts + 1 WHERE id = ?1",
        [person_id],
    )?;
    db.execute(
        "UPDATE users SET locked = 1 WHERE root_user_id = ?1 AND NOT locked
             AND (SELECT failed_attempts FROM people WHERE id = ?1) >=
                 (SELECT login_attempts FROM organizations WHERE id = users.organization_id)",
        [person_id],
    )?;
    Ok(())
}

/// Forgets a person's failed attempts.
pub(super) fn forget_attempts(db: &Connection, person_id: &str) -> Result<()> {
    db.execute(
        "UPDATE people SET failed_attempts = 0 WHERE id = ?1",
        [person_id],
    )?;
    Ok(())
}

/// The ids and names of the organizations that a person has a user in, the first one first.
pub(super) fn organizations_of(db: &Connection, person_id: &str) -> Result<Vec<(String, String)>> {
    Ok(db
        .prepare_cached(
            "SELECT organizations.id, name FROM users
                 JOIN organizations ON organizations.id = organization_id
                 WHERE root_user_id = ?1 ORDER BY number",
        )?
        .query_map([person_id], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?)
}

impl Store {
    pub(crate) fn user(&self, caller: &Principal, id: &str) -> Result<User> {
        self.transaction(|db| reachable(db, caller, id, "read", "user"))
    }

    /// A page of the organization's users, and how many there are on all pages.
    pub(crate) fn users(
        &self,
        caller: &Principal,
        organization_id: &str,
        filter: UserFilter,
        page: Page,
    ) -> Result<(Vec<User>, u64)> {
        caller.administers(organization_id, "read", "user")?;
        let mut conditions = Conditions::default();
        conditions.with("organization_id = ?", organization_id.to_owned());
        match filter.mfa {
            Some(true) => conditions.plain("mfa"),
            Some(false) => conditions.plain("NOT mfa"),
            None => {}
        }
        if let Some(kind) = filter.kind {
            conditions.with("type = ?", kind);
        }
        conditions.among("id", &filter.ids);
        if filter.tagged {
            conditions.plain("FALSE");
        }
        let source = Source {
            // Only `mfa` is no column of the table itself.
            found_in: filter.mfa.map_or("users", |_| "accounts"),
            rows: "accounts",
            key: "number",
        };
        self.transaction(|db| conditions.list((db, &self.counts), &source, page, User::from_row))
    }

    /// The organization of the oldest user.
    pub(crate) fn first_organization(&self) -> Result<String> {
        self.transaction(|db| {
            Ok(db.query_row(
                "SELECT organization_id FROM users ORDER BY number LIMIT 1",
                [],
                |row| row.get(0),
            )?)
        })
    }

    /// A user by its id, without a caller: for the sandbox itself.
    pub(crate) fn any_user(&self, id: &str) -> Result<User> {
        self.transaction(|db| find(db, id))
    }

    /// The email address of the caller's own person, and the ids and names of its organizations.
    pub(crate) fn person(
        &self,
        caller: &Principal,
        id: &str,
    ) -> Result<(String, Vec<(String, String)>)> {
        let user = match caller {
            Principal::User(user) if user.root_user_id == id => user,
            _ => return Err(StoreError::NotFound("user", id.to_owned())),
        };
        self.transaction(|db| Ok((user.email.clone(), organizations_of(db, id)?)))
    }

    /// Until when a user may be without a second factor: start and end. Nothing where nobody asks
    /// for one.
    ///
    /// Some generated members have a period of their own, and nobody else: it counts where they have
    /// no second factor, whatever the organization requires.
    ///
    /// Inferred: the recorded API says nothing of a user who has one. Where the organization requires
    /// one, the answer is then the period that would begin if it were turned off now.
    pub(crate) fn grace_period(
        &self,
        caller: &Principal,
        user_id: &str,
        now: Instant,
    ) -> Result<Option<(Instant, Instant)>> {
        self.transaction(|db| {
            let user = reachable(db, caller, user_id, "read", "user")?;
            let settings = organization(db, &user.organization_id)?;
            let own: Option<i64> = db
                .prepare_cached("SELECT grace_s FROM users WHERE id = ?1")?
                .query_row([user_id], |row| row.get(0))?;
            let start = if user.mfa { now } else { user.without_since };
            let general = settings
                .requires_two_factor
                .then_some(settings.grace_period_s);
            let seconds = own.filter(|_| !user.mfa).or(general);
            Ok(seconds.map(|seconds| (start, start.plus_s(seconds))))
        })
    }
}
