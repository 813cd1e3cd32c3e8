//! Signing in with a password: every door asks here, so that they share the lock-out and the codes.
//! Locking and unlocking besides.

use rusqlite::{Connection, OptionalExtension, params};

use super::{
    Client, Principal, Result, Store, StoreError, User,
    events::{self, Factor, Failure, Method, NewSignIn},
    organizations,
    password::is_password,
    two_factor, users,
};
use crate::clock::Instant;

/// A second factor as a person gives it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Proof<'a> {
    /// A one-time password.
    Code(&'a str),
    /// A backup code, which is spent.
    BackupCode(&'a str),
}

impl<'a> Proof<'a> {
    /// What was typed into one field for both: a letter or a dash in it makes it a backup code
    /// (protocol.md C). Nothing where nothing was typed.
    pub(crate) fn typed(text: &'a str) -> Option<Self> {
        let text = text.trim();
        let is_backup_code = text
            .chars()
            .any(|letter| letter == '-' || letter.is_alphabetic());
        if text.is_empty() {
            None
        } else if is_backup_code {
            Some(Self::BackupCode(text))
        } else {
            Some(Self::Code(text))
        }
    }

    /// The second factor that it is of.
    fn factor(self) -> Factor {
        match self {
            Self::Code(_) => Factor::App,
            Self::BackupCode(_) => Factor::BackupCode,
        }
    }
}

/// A try to sign in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attempt<'a> {
    pub(crate) email: &'a str,
    pub(crate) password: &'a str,
    pub(crate) proof: Option<Proof<'a>>,
    /// Whether it comes through a browser. There stands for an organization's own way of signing
    /// in what `login_password_enabled: false` leaves (inferred), so that setting refuses other
    /// ways only.
    pub(crate) in_browser: bool,
}

/// What was shown for a sign-in, once the password is looked at.
pub(super) struct Shown<'a> {
    pub(super) password: bool,
    pub(super) proof: Option<Proof<'a>>,
    pub(super) in_browser: bool,
    pub(super) client: &'a Client,
}

/// The first user with an address, and its password's hash.
const CANDIDATE: &str = "SELECT accounts.*, password_hash FROM accounts
     JOIN people ON people.id = accounts.root_user_id
     WHERE email = ?1 COLLATE NOCASE ORDER BY number LIMIT 1";

/// The first user with this address, and its password's hash.
pub(super) fn candidate(db: &Connection, email: &str) -> Result<Option<(User, Option<String>)>> {
    Ok(db
        .query_row(CANDIDATE, [email.trim()], |row| {
            Ok((User::from_row(row)?, row.get("password_hash")?))
        })
        .optional()?)
}

impl Store {
    /// Checks a try to sign in and, in the same transaction as it spends the code, does what
    /// `grant` gives the user for it. The user is the one of the person's first organization.
    ///
    /// A wrong password is answered alike for every email address: one of a user, of a locked user,
    /// of nobody. Each costs the same comparison and the same writes, so that time tells nothing
    /// either. Only the right password is told that the user is locked: whoever knows it knows
    /// already that the account exists, and the owner needs to know why it does not work.
    pub(super) fn sign_in<T>(
        &self,
        attempt: &Attempt<'_>,
        client: &Client,
        now: Instant,
        grant: impl FnOnce(&Connection, &User) -> Result<T>,
    ) -> Result<T> {
        let found = self.transaction(|db| candidate(db, attempt.email))?;
        let stored = found.as_ref().and_then(|(_, hash)| hash.as_deref());
        let shown = Shown {
            password: is_password(attempt.password, stored)?,
            proof: attempt.proof,
            in_browser: attempt.in_browser,
            client,
        };
        self.transaction(|db| {
            if let Some((user, _)) = found {
                return admit(db, &user.id, &shown, now, grant);
            }
            events::record_unknown(db, client, now)?;
            Ok(Err(StoreError::WrongPassword))
        })?
    }

    /// Locks or unlocks a user for an administrator.
    pub(crate) fn set_locked(
        &self,
        caller: &Principal,
        id: &str,
        locked: bool,
        now: Instant,
    ) -> Result<User> {
        self.transaction(|db| {
            let user = users::reachable(db, caller, id, "write", "user")?;
            caller.administers(&user.organization_id, "write", "user")?;
            lock(db, &user, locked, now)?;
            users::find(db, id)
        })
    }

    /// Lets a user in again who was locked out, without a caller: for the test door.
    pub(crate) fn unlock(&self, user_id: &str, now: Instant) -> Result<()> {
        self.transaction(|db| {
            let user = users::find(db, user_id)?;
            lock(db, &user, false, now)
        })
    }
}

/// Lets a user in, or remembers the failed attempt: that must not roll the transaction back, so a
/// refusal is a value here. The audit trail tells of both.
pub(super) fn admit<T>(
    db: &Connection,
    user_id: &str,
    shown: &Shown<'_>,
    now: Instant,
    grant: impl FnOnce(&Connection, &User) -> Result<T>,
) -> Result<Result<T>> {
    let user = users::find(db, user_id)?;
    let checked = check(db, &user, shown, now)?;
    if let Some(new) = to_record(&checked, shown) {
        events::record(db, &user, &new, now)?;
    }
    if let Err(refusal) = checked {
        if matches!(refusal, StoreError::WrongPassword | StoreError::WrongCode) {
            users::failed_attempt(db, &user.root_user_id)?;
        }
        return Ok(Err(refusal));
    }
    let_in(db, &user, now, grant).map(Ok)
}

/// Lets a user in who has shown enough.
pub(super) fn let_in<T>(
    db: &Connection,
    user: &User,
    now: Instant,
    grant: impl FnOnce(&Connection, &User) -> Result<T>,
) -> Result<T> {
    users::forget_attempts(db, &user.root_user_id)?;
    db.execute(
        "UPDATE users SET last_login_at = ?2 WHERE id = ?1",
        params![user.id, now],
    )?;
    grant(db, user)
}

/// What the audit trail tells of a sign-in.
///
/// It is nothing yet where the password was right and the code is still to come: every sign-in with
/// a second factor begins so, and a list in which each of them failed once first would hide the
/// attempts that did fail. A wrong code after it is told as such (inferred).
fn to_record<'a>(checked: &Result<Option<Factor>>, shown: &Shown<'a>) -> Option<NewSignIn<'a>> {
    let (factor, failure) = match checked {
        Ok(factor) => (*factor, None),
        Err(StoreError::CodeRequired) => return None,
        Err(StoreError::WrongPassword) => (None, Some(Failure::Password)),
        Err(StoreError::WrongCode) => (shown.proof.map(Proof::factor), Some(Failure::Factor)),
        Err(_) => (None, Some(Failure::Refused)),
    };
    Some(NewSignIn {
        client: shown.client,
        method: Method::Password,
        factor,
        failure,
    })
}

/// Locks or unlocks a user; both forget the person's failed attempts.
fn lock(db: &Connection, user: &User, locked: bool, now: Instant) -> Result<()> {
    db.execute(
        "UPDATE users SET locked = ?2, updated_at = ?3 WHERE id = ?1",
        params![user.id, locked, now],
    )?;
    users::forget_attempts(db, &user.root_user_id)
}

/// The second factor that was spent, where the user has one.
fn check(
    db: &Connection,
    user: &User,
    shown: &Shown<'_>,
    now: Instant,
) -> Result<Result<Option<Factor>>> {
    if !shown.password {
        return Ok(Err(StoreError::WrongPassword));
    }
    if user.locked {
        return Ok(Err(StoreError::Locked(user.id.clone())));
    }
    let settings = organizations::organization(db, &user.organization_id)?;
    if !settings.password_login && !shown.in_browser {
        return Ok(Err(StoreError::PasswordLogin));
    }
    // Inferred: the password suffices exactly where the wire says that there is no second factor.
    // With passkeys alone, what works here is a backup code that an app has left.
    if !user.mfa {
        return Ok(Ok(None));
    }
    let Some(proof) = shown.proof else {
        return Ok(Err(StoreError::CodeRequired));
    };
    Ok(if two_factor::spend(db, &user.root_user_id, proof, now)? {
        Ok(Some(proof.factor()))
    } else {
        Err(StoreError::WrongCode)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    // Issue 11, 6: looking through all users takes longer where there is none to find.
    #[test]
    fn an_email_address_is_looked_up_and_not_searched_for() {
        let store = Store::open(None).unwrap();
        let plan: Vec<String> = store
            .transaction(|db| {
                Ok(db
                    .prepare(&format!("EXPLAIN QUERY PLAN {CANDIDATE}"))?
                    .query_map([""], |row| row.get("detail"))?
                    .collect::<rusqlite::Result<_>>()?)
            })
            .unwrap();
        let is_indexed = |step: &String| step.contains("users USING INDEX users_by_address");
        assert!(plan.iter().any(is_indexed), "{plan:?}");
        assert!(!plan.iter().any(|step| step.contains("SCAN users")));
    }
}
