//! The app as a person's second factor: off, pending, on (RFC 6238, RFC 4226), and the codes.

use rusqlite::{Connection, params};
use totp_rs::{Builder, Secret, Totp};

use super::{Principal, Proof, Result, Store, StoreError, User, hash, passkeys, users};
use crate::clock::Instant;

/// How many backup codes are made (inferred, protocol.md C).
const BACKUP_CODES: usize = 10;

/// The state of a user's app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TwoFactor {
    Off,
    Pending,
    On,
}

impl TwoFactor {
    /// The word for it in the test door.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Pending => "pending",
            Self::On => "on",
        }
    }
}

/// A user's app and backup codes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AppAndCodes {
    pub(crate) app: TwoFactor,
    /// Since when the app is on.
    pub(crate) since: Option<Instant>,
    /// How many backup codes are unused.
    pub(crate) unused: u64,
}

/// SHA-1, six digits, 30 seconds, one step either way: the builder's defaults, which are those of
/// protocol.md C.
fn totp(secret: &[u8]) -> Totp {
    Builder::new()
        .with_secret(Secret::from(secret.to_vec()))
        .build_noncompliant()
}

/// The one-time password of a base32 key at a time; nothing where the key is no base32.
pub(crate) fn totp_at(secret_base32: &str, unix_time: i64) -> Option<String> {
    let secret = Secret::try_from_base32(secret_base32.trim()).ok()?;
    let time = u64::try_from(unix_time).ok()?;
    Some(totp(secret.as_ref()).generate(time).to_string())
}

/// A backup code: letters and digits with a dash, just short of 60 bit. It has a letter, since the
/// reference client of 2017 takes an input without one for a one-time password (protocol.md B).
fn backup_code() -> String {
    /// Crockford's alphabet: no letter that looks like a digit.
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    loop {
        let mut code: String = rand::random::<[u8; 12]>()
            .iter()
            .map(|byte| char::from(ALPHABET[usize::from(byte % 32)]))
            .collect();
        if code.contains(|character: char| character.is_ascii_lowercase()) {
            code.insert(6, '-');
            return code;
        }
    }
}

/// What came of a try to confirm.
enum Outcome {
    Confirmed(Vec<String>),
    Wrong,
}

impl Store {
    /// Makes a pending key of 160 bit, replacing one that is pending, and returns it in base32.
    /// Passkeys do not hinder it: an account may have both (protocol.md E).
    pub(crate) fn start_two_factor(
        &self,
        caller: &Principal,
        user_id: &str,
        now: Instant,
    ) -> Result<String> {
        let secret = rand::random::<[u8; 20]>();
        self.transaction(|db| {
            let user = self_only(db, caller, user_id, "user")?;
            if user.app {
                return Err(StoreError::Precondition(
                    "two-factor authentication is already on",
                ));
            }
            db.execute(
                "UPDATE people SET pending_secret = ?2 WHERE id = ?1",
                params![user.root_user_id, secret],
            )?;
            touch(db, &user, now)?;
            Ok(Secret::from(secret.to_vec()).to_base32())
        })
    }

    /// Confirms the pending key with a code and returns the backup codes, this once. They take the
    /// place of those that a removed app has left.
    ///
    /// A wrong code counts as a failed attempt; too many lock the user (RFC 4226 §7.3).
    pub(crate) fn confirm_two_factor(
        &self,
        caller: &Principal,
        user_id: &str,
        code: &str,
        now: Instant,
    ) -> Result<Vec<String>> {
        let codes: Vec<String> = (0..BACKUP_CODES).map(|_| backup_code()).collect();
        // A wrong code is remembered, so it must not roll the transaction back.
        let outcome = self.transaction(|db| {
            let user = self_only(db, caller, user_id, "user")?;
            let pending: Option<Vec<u8>> = db.query_row(
                "SELECT pending_secret FROM people WHERE id = ?1",
                [&user.root_user_id],
                |row| row.get(0),
            )?;
            let pending = pending.ok_or(StoreError::Precondition(
                "no second factor is waiting for its confirmation",
            ))?;
            let time = u64::try_from(now.unix_seconds()).unwrap_or_default();
            let Some(step) = totp(&pending).check(code, time) else {
                users::failed_attempt(db, &user.root_user_id)?;
                return Ok(Outcome::Wrong);
            };
            db.execute(
                "UPDATE people SET otp_secret = pending_secret, pending_secret = NULL,
                     otp_last_step = ?2, otp_since = ?3, failed_attempts = 0 WHERE id = ?1",
                params![user.root_user_id, step, now],
            )?;
            touch(db, &user, now)?;
            replace_backup_codes(db, &user.root_user_id, &codes)?;
            Ok(Outcome::Confirmed(codes))
        })?;
        match outcome {
            Outcome::Confirmed(codes) => Ok(codes),
            Outcome::Wrong => Err(StoreError::WrongCode),
        }
    }

    /// Removes the app, or a pending key. Whether there was one: what to answer where there is
    /// neither is for the dialect to say.
    pub(crate) fn stop_two_factor(
        &self,
        caller: &Principal,
        user_id: &str,
        now: Instant,
    ) -> Result<bool> {
        self.transaction(|db| {
            let user = users::reachable(db, caller, user_id, "write", "user")?;
            remove(db, &user, now)
        })
    }

    /// Removes the app of a person who proves to have a second factor.
    pub(crate) fn disable_two_factor(
        &self,
        caller: &Principal,
        user_id: &str,
        proof: Proof<'_>,
        now: Instant,
    ) -> Result<()> {
        self.proven(caller, user_id, proof, now, |db, user| {
            remove(db, user, now)?;
            Ok(())
        })
    }

    /// Makes new backup codes for a person who proves to have a second factor, and returns them,
    /// this once. They take the place of the old ones.
    pub(crate) fn renew_backup_codes(
        &self,
        caller: &Principal,
        user_id: &str,
        proof: Proof<'_>,
        now: Instant,
    ) -> Result<Vec<String>> {
        let codes: Vec<String> = (0..BACKUP_CODES).map(|_| backup_code()).collect();
        self.proven(caller, user_id, proof, now, |db, user| {
            touch(db, user, now)?;
            replace_backup_codes(db, &user.root_user_id, &codes)?;
            Ok(codes)
        })
    }

    /// Does something for a person whose app is on and who proves to have a second factor. A wrong
    /// code counts as a failed attempt, like one at the sign-in.
    fn proven<T>(
        &self,
        caller: &Principal,
        user_id: &str,
        proof: Proof<'_>,
        now: Instant,
        work: impl FnOnce(&Connection, &User) -> Result<T>,
    ) -> Result<T> {
        // A wrong code is remembered, so it must not roll the transaction back.
        self.transaction(|db| {
            let user = self_only(db, caller, user_id, "user")?;
            if !user.app {
                return Err(StoreError::Precondition(
                    "two-factor authentication is already off",
                ));
            }
            if !spend(db, &user.root_user_id, proof, now)? {
                users::failed_attempt(db, &user.root_user_id)?;
                return Ok(Err(StoreError::WrongCode));
            }
            users::forget_attempts(db, &user.root_user_id)?;
            work(db, &user).map(Ok)
        })?
    }

    /// Whether all of these are a user's backup codes, used or not: new ones took the place of
    /// none of them.
    pub(crate) fn are_backup_codes(&self, user: &User, codes: &[String]) -> Result<bool> {
        self.transaction(|db| {
            let mut find =
                db.prepare_cached("SELECT 1 FROM backup_codes WHERE person_id = ?1 AND hash = ?2")?;
            for code in codes {
                if !find.exists(params![user.root_user_id, hash(code)])? {
                    return Ok(false);
                }
            }
            Ok(true)
        })
    }

    /// The key in base32 that waits for its confirmation, if there is one.
    pub(crate) fn pending_key(&self, caller: &Principal, user_id: &str) -> Result<Option<String>> {
        self.transaction(|db| {
            let user = self_only(db, caller, user_id, "user")?;
            let pending: Option<Vec<u8>> = db.query_row(
                "SELECT pending_secret FROM people WHERE id = ?1",
                [&user.root_user_id],
                |row| row.get(0),
            )?;
            Ok(pending.map(|pending| Secret::from(pending).to_base32()))
        })
    }

    /// A user's app and backup codes.
    pub(crate) fn two_factor(&self, user_id: &str) -> Result<AppAndCodes> {
        self.transaction(|db| {
            let user = users::find(db, user_id)?;
            let (pending, since): (bool, Option<Instant>) = db.query_row(
                "SELECT pending_secret IS NOT NULL, otp_since FROM people WHERE id = ?1",
                [&user.root_user_id],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )?;
            let unused = db.query_row(
                "SELECT count(*) FROM backup_codes WHERE person_id = ?1 AND used_at IS NULL",
                [&user.root_user_id],
                |row| row.get(0),
            )?;
            let app = match (user.app, pending) {
                (true, _) => TwoFactor::On,
                (false, true) => TwoFactor::Pending,
                (false, false) => TwoFactor::Off,
            };
            Ok(AppAndCodes { app, since, unused })
        })
    }
}

/// The user itself, when it is the caller. A second factor is set up by its user alone: nobody else
/// could scan the key.
pub(super) fn self_only(
    db: &Connection,
    caller: &Principal,
    user_id: &str,
    resource: &'static str,
) -> Result<User> {
    let user = users::reachable(db, caller, user_id, "write", resource)?;
    if caller.is(user_id) {
        Ok(user)
    } else {
        Err(StoreError::Denied {
            action: "write",
            resource,
        })
    }
}

/// Removes a person's app, pending or not. Whether there was one.
fn remove(db: &Connection, user: &User, now: Instant) -> Result<bool> {
    let removed = db.execute(
        "UPDATE people SET otp_secret = NULL, pending_secret = NULL, otp_last_step = -1,
                 otp_since = NULL
             WHERE id = ?1 AND (otp_secret IS NOT NULL OR pending_secret IS NOT NULL)",
        [&user.root_user_id],
    )?;
    if removed == 0 {
        return Ok(false);
    }
    let codes_stay = passkeys::readings(db)?.codes_outlive_app
        && !passkeys::of(db, &user.root_user_id)?.is_empty();
    lost(db, user, codes_stay, now)?;
    Ok(true)
}

/// What follows when a person has lost a factor; `before` is the user as it was with it.
pub(super) fn lost(db: &Connection, before: &User, codes_stay: bool, now: Instant) -> Result<()> {
    if before.mfa && !users::find(db, &before.id)?.mfa {
        db.execute(
            "UPDATE people SET without_since = ?2 WHERE id = ?1",
            params![before.root_user_id, now],
        )?;
    }
    if !codes_stay {
        replace_backup_codes(db, &before.root_user_id, &[])?;
    }
    touch(db, before, now)
}

/// The users of a person have changed.
pub(super) fn touch(db: &Connection, user: &User, now: Instant) -> Result<()> {
    db.execute(
        "UPDATE users SET updated_at = ?2 WHERE root_user_id = ?1",
        params![user.root_user_id, now],
    )?;
    Ok(())
}

fn replace_backup_codes(db: &Connection, person_id: &str, codes: &[String]) -> Result<()> {
    db.execute("DELETE FROM backup_codes WHERE person_id = ?1", [person_id])?;
    let mut insert = db.prepare_cached("INSERT INTO backup_codes VALUES (?1, ?2, NULL)")?;
    for code in codes {
        insert.execute(params![person_id, hash(code)])?;
    }
    Ok(())
}

/// Uses a code up. Whether it was right.
pub(super) fn spend(
    db: &Connection,
    person_id: &str,
    proof: Proof<'_>,
    now: Instant,
) -> Result<bool> {
    match proof {
        Proof::Code(code) => spend_code(db, person_id, code, now),
        Proof::BackupCode(code) => spend_backup_code(db, person_id, code, now),
    }
}

/// Uses a one-time password up: it must be newer than the last one that was used (RFC 6238 §5.2).
/// Whether it was right; without an app none is.
fn spend_code(db: &Connection, person_id: &str, code: &str, now: Instant) -> Result<bool> {
    let (secret, last_step): (Option<Vec<u8>>, i64) = db.query_row(
        "SELECT otp_secret, otp_last_step FROM people WHERE id = ?1",
        [person_id],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let Some(secret) = secret else {
        return Ok(false);
    };
    let time = u64::try_from(now.unix_seconds()).unwrap_or_default();
    let step = totp(&secret)
        .check(code.trim(), time)
        .and_then(|step| i64::try_from(step).ok());
    let Some(step) = step.filter(|step| *step > last_step) else {
        return Ok(false);
    };
    db.execute(
        "UPDATE people SET otp_last_step = ?2 WHERE id = ?1",
        params![person_id, step],
    )?;
    Ok(true)
}

/// Uses a backup code up. Whether it was right and unused.
fn spend_backup_code(db: &Connection, person_id: &str, code: &str, now: Instant) -> Result<bool> {
    let spent = db.execute(
        "UPDATE backup_codes SET used_at = ?3
             WHERE person_id = ?1 AND hash = ?2 AND used_at IS NULL",
        params![person_id, hash(code), now],
    )?;
    Ok(spent == 1)
}
