//! The whole state, user by user: for the test door.

use std::{collections::HashMap, hash::Hash};

use rusqlite::{Connection, Row, ToSql};

use super::{Passkey, Result, Store, TwoFactor, User};
use crate::clock::Instant;

/// What the test door shows of a user.
#[derive(Debug)]
pub(crate) struct Overview {
    pub(crate) user: User,
    pub(crate) app: TwoFactor,
    /// How many backup codes are unused.
    pub(crate) unused: u64,
    /// The oldest first.
    pub(crate) passkeys: Vec<Passkey>,
    /// How many sessions are not over.
    pub(crate) sessions: u64,
    /// The oldest first.
    pub(crate) access_keys: Vec<String>,
}

/// The second columns of a query by its first one, each in the query's order.
fn grouped<K: Eq + Hash, V>(
    db: &Connection,
    query: &str,
    values: &[&dyn ToSql],
    read: impl Fn(&Row<'_>) -> rusqlite::Result<(K, V)>,
) -> Result<HashMap<K, Vec<V>>> {
    let mut found: HashMap<K, Vec<V>> = HashMap::new();
    let mut query = db.prepare_cached(query)?;
    for row in query.query_map(values, read)? {
        let (key, value) = row?;
        found.entry(key).or_default().push(value);
    }
    Ok(found)
}

/// The count that a query has for a key.
fn count(counts: &HashMap<String, Vec<u64>>, key: &str) -> u64 {
    counts.get(key).into_iter().flatten().sum()
}

impl Store {
    /// Every user, in the order in which they were made. One query for each table: with 100,000
    /// users, one for each of them takes minutes.
    pub(crate) fn overview(&self, now: Instant) -> Result<Vec<Overview>> {
        let pair = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
        self.transaction(|db| {
            let unused: HashMap<String, Vec<u64>> = grouped(
                db,
                "SELECT person_id, count(*) FROM backup_codes WHERE used_at IS NULL
                     GROUP BY person_id",
                &[],
                pair,
            )?;
            let sessions: HashMap<String, Vec<u64>> = grouped(
                db,
                "SELECT user_id, count(*) FROM sessions WHERE expires_at > ?1 GROUP BY user_id",
                &[&now],
                pair,
            )?;
            let pending: HashMap<String, Vec<bool>> = grouped(
                db,
                "SELECT id, TRUE FROM people WHERE pending_secret IS NOT NULL",
                &[],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )?;
            let mut keys: HashMap<String, Vec<String>> = grouped(
                db,
                "SELECT user_id, access_key FROM api_keys WHERE user_id IS NOT NULL
                     ORDER BY rowid",
                &[],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )?;
            let passkeys: HashMap<String, Vec<Passkey>> = grouped(
                db,
                "SELECT * FROM passkeys ORDER BY created_at, number",
                &[],
                |row| Ok((row.get("person_id")?, Passkey::from_row(row)?)),
            )?;
            let mut users = db.prepare_cached("SELECT * FROM accounts ORDER BY number")?;
            users
                .query_map([], User::from_row)?
                .map(|user| {
                    let user = user?;
                    let person = user.root_user_id.as_str();
                    Ok(Overview {
                        app: match (user.app, pending.contains_key(person)) {
                            (true, _) => TwoFactor::On,
                            (false, true) => TwoFactor::Pending,
                            (false, false) => TwoFactor::Off,
                        },
                        unused: count(&unused, person),
                        passkeys: passkeys.get(person).cloned().unwrap_or_default(),
                        sessions: count(&sessions, &user.id),
                        access_keys: keys.remove(&user.id).unwrap_or_default(),
                        user,
                    })
                })
                .collect()
        })
    }
}
