//! What the 2017 API tells of a user beside the user itself: organizations, roles, SSH keys.

use rusqlite::Connection;

use super::{Principal, Result, Store, User, ssh_keys, users};

/// A user as the 2017 API shows one.
#[derive(Debug)]
pub(crate) struct Profile {
    pub(crate) user: User,
    /// The ids and names of the person's organizations, with its user in each.
    pub(crate) roles: Vec<(String, String, User)>,
    pub(crate) ssh_keys: Vec<String>,
}

fn profile(db: &Connection, user: User) -> Result<Profile> {
    let mut find = db.prepare_cached(
        "SELECT * FROM accounts WHERE root_user_id = ?1 AND organization_id = ?2",
    )?;
    let roles = users::organizations_of(db, &user.root_user_id)?
        .into_iter()
        .map(|(id, name)| {
            let role = find.query_row([&user.root_user_id, &id], User::from_row)?;
            Ok((id, name, role))
        })
        .collect::<Result<_>>()?;
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
