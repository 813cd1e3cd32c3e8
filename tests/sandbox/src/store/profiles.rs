//! What the 2017 API tells of a user beside the user itself: organizations, roles, SSH keys.

use rusqlite::Connection;

use super::{Principal, Result, Store, User, ssh_keys, users};

/// What a person is in one of its organizations.
#[derive(Debug)]
pub(crate) struct Role {
    pub(crate) organization_id: String,
    pub(crate) organization_name: String,
    pub(crate) administrator: bool,
}

/// A user as the 2017 API shows one.
#[derive(Debug)]
pub(crate) struct Profile {
    pub(crate) user: User,
    /// The person's roles, that of its first organization first.
    pub(crate) roles: Vec<Role>,
    pub(crate) ssh_keys: Vec<String>,
}

fn profile(db: &Connection, user: User) -> Result<Profile> {
    let roles = db
        .prepare_cached(
            "SELECT organizations.id, name, type = 'owner' OR admin FROM users
                 JOIN organizations ON organizations.id = organization_id
                 WHERE root_user_id = ?1 ORDER BY number",
        )?
        .query_map([&user.root_user_id], |row| {
            Ok(Role {
                organization_id: row.get(0)?,
                organization_name: row.get(1)?,
                administrator: row.get(2)?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(Profile {
        roles,
        ssh_keys: ssh_keys::of(db, &user.root_user_id)?,
        user,
    })
}

impl Store {
    /// A user that the caller may see.
    pub(crate) fn profile(&self, caller: &Principal, id: &str) -> Result<Profile> {
        self.transaction(|db| profile(db, users::reachable(db, caller, id, "read", "user")?))
    }

    /// The ids and names of the person's organizations, with the users that the person may see
    /// there: all of them for an administrator, otherwise the own one (inferred).
    pub(crate) fn organizations(&self, user: &User) -> Result<Vec<(String, String, Vec<Profile>)>> {
        self.transaction(|db| {
            let mut list = db.prepare_cached(
                "SELECT accounts.* FROM accounts JOIN users AS own
                     ON own.organization_id = accounts.organization_id AND own.root_user_id = ?1
                 WHERE accounts.organization_id = ?2
                     AND (own.type = 'owner' OR own.admin OR accounts.id = own.id)
                 ORDER BY accounts.number",
            )?;
            let organizations = users::organizations_of(db, &user.root_user_id)?;
            let organizations = organizations.into_iter().map(|(id, name)| {
                let users = list
                    .query_map([&user.root_user_id, &id], User::from_row)?
                    .map(|user| profile(db, user?))
                    .collect::<Result<_>>()?;
                Ok((id, name, users))
            });
            organizations.collect()
        })
    }
}
