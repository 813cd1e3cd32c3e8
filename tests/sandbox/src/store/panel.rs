//! What the control panel keeps: forms that work once, and sign-ins that wait for their code.
//!
//! A page before the sign-in belongs to a *visit*, a page after it to a session. Both are known by
//! a random secret in a cookie of their own, so a visit's cookie never becomes a session's.

use data_encoding::BASE64URL_NOPAD;
use rusqlite::{Connection, OptionalExtension, params};

use super::{
    Attempt, Client, Issued, Proof, Result, Store, StoreError, User, hash, login, sessions, users,
};
use crate::clock::Instant;

/// How long a form can be sent, in seconds.
const FORM_S: i64 = 3600;

/// How long a code may take after the password, in seconds. That it took too long is known for as
/// long as a form.
const WAIT_S: i64 = 600;

/// How many forms one visit or session has; the oldest make room.
const FORMS: u32 = 64;

/// How many open forms there are in all: whoever opens the sign-in page again and again fills no
/// disk. The oldest make room.
const ALL_FORMS: u32 = 1_000;

/// How many sign-ins of one user wait for their code; the oldest make room.
const WAITING: u32 = 64;

/// What came of a password.
#[derive(Debug)]
pub(crate) enum Entry {
    /// The person is signed in.
    Session(Issued),
    /// A code is awaited, from the visit that takes this one's place.
    Code(String),
}

/// 256 random bits.
fn secret() -> String {
    BASE64URL_NOPAD.encode(&rand::random::<[u8; 32]>())
}

/// Forgets a visit or a session: none of its forms can be sent any more.
pub(super) fn forget(db: &Connection, owner_hash: &str) -> Result<()> {
    db.execute("DELETE FROM forms WHERE owner_hash = ?1", [owner_hash])?;
    db.execute("DELETE FROM waiting WHERE visit_hash = ?1", [owner_hash])?;
    Ok(())
}

impl Store {
    /// The visit that a cookie proves, or a new one where it proves none.
    pub(crate) fn visit(&self, cookie: Option<&str>, now: Instant) -> Result<String> {
        self.transaction(|db| {
            let Some(cookie) = cookie else {
                return Ok(secret());
            };
            Ok(if is_known(db, cookie, now)? {
                cookie.to_owned()
            } else {
                secret()
            })
        })
    }

    /// Whether a cookie proves a visit or a session that was shown a form, or waits for its code.
    pub(crate) fn knows_visit(&self, cookie: &str, now: Instant) -> Result<bool> {
        self.transaction(|db| is_known(db, cookie, now))
    }

    /// A token for the forms on one page of a visit or a session.
    pub(crate) fn new_form(&self, owner: &str, now: Instant) -> Result<String> {
        let token = secret();
        let owner = hash(owner);
        self.transaction(|db| {
            db.execute("DELETE FROM forms WHERE expires_at <= ?1", [now])?;
            db.execute(
                "DELETE FROM forms WHERE owner_hash = ?1 AND number NOT IN (SELECT number
                     FROM forms WHERE owner_hash = ?1 ORDER BY number DESC LIMIT ?2)",
                params![owner, FORMS - 1],
            )?;
            // The newest number is the greatest one, so this keeps as many at most. Visits of the
            // sign-in page never push the forms of a session out.
            db.execute(
                "DELETE FROM forms WHERE number <= (SELECT max(number) FROM forms) - ?1
                     AND owner_hash NOT IN (SELECT token_hash FROM sessions)",
                [ALL_FORMS - 1],
            )?;
            db.execute(
                "INSERT INTO forms (token_hash, owner_hash, expires_at) VALUES (?1, ?2, ?3)",
                params![hash(&token), owner, now.plus_s(FORM_S)],
            )?;
            Ok(token)
        })
    }

    /// Uses a form up. Whether it could still be sent. It stays as the proof of its visit.
    ///
    /// Tokens are compared by their hashes, so that time tells nothing about them.
    pub(crate) fn use_form(&self, owner: &str, token: &str, now: Instant) -> Result<bool> {
        self.transaction(|db| {
            let used = db.execute(
                "UPDATE forms SET used = 1 WHERE token_hash = ?1 AND owner_hash = ?2
                     AND expires_at > ?3 AND used = 0",
                params![hash(token), hash(owner), now],
            )?;
            Ok(used == 1)
        })
    }

    /// Signs a person in with a password; where a code is needed as well, it is awaited.
    pub(crate) fn enter(
        &self,
        visit: &str,
        attempt: &Attempt<'_>,
        client: &Client,
        now: Instant,
    ) -> Result<Entry> {
        let entered = self.log_in(attempt, client, now);
        self.transaction(|db| match entered {
            Ok(issued) => {
                forget(db, &hash(visit))?;
                Ok(Entry::Session(issued))
            }
            // Only the right password leads here.
            Err(StoreError::CodeRequired) => {
                let (user, _) =
                    login::candidate(db, attempt.email)?.ok_or(StoreError::WrongPassword)?;
                let next = secret();
                forget(db, &hash(visit))?;
                db.execute(
                    "DELETE FROM waiting WHERE expires_at <= ?1",
                    [now.plus_s(-FORM_S)],
                )?;
                db.execute(
                    "DELETE FROM waiting WHERE user_id = ?1 AND rowid NOT IN (SELECT rowid
                         FROM waiting WHERE user_id = ?1 ORDER BY rowid DESC LIMIT ?2)",
                    params![user.id, WAITING - 1],
                )?;
                db.execute(
                    "INSERT INTO waiting VALUES (?1, ?2, ?3)",
                    params![hash(&next), user.id, now.plus_s(WAIT_S)],
                )?;
                Ok(Entry::Code(next))
            }
            Err(other) => Err(other),
        })
    }

    /// The user whose code a visit waits for.
    ///
    /// # Errors
    /// `ExpiredSession` where the code took too long, `UnknownSession` where no code is awaited.
    pub(crate) fn awaited(&self, visit: &str, now: Instant) -> Result<User> {
        self.transaction(|db| awaited(db, visit, now))
    }

    /// Signs in the person whose password was right, with a code.
    pub(crate) fn enter_with_code(
        &self,
        visit: &str,
        proof: Option<Proof<'_>>,
        client: &Client,
        now: Instant,
    ) -> Result<Issued> {
        let shown = login::Shown {
            password: true,
            proof,
            in_browser: true,
            client,
        };
        self.transaction(|db| {
            let user = awaited(db, visit, now)?;
            login::admit(db, &user.id, &shown, now, |db, user| {
                forget(db, &hash(visit))?;
                sessions::begin(db, user, client, None, now)
            })
        })?
    }

    /// Ends the session that a cookie proves, and its forms.
    pub(crate) fn leave(&self, token: &str) -> Result<()> {
        self.transaction(|db| {
            forget(db, &hash(token))?;
            db.execute("DELETE FROM sessions WHERE token_hash = ?1", [hash(token)])?;
            Ok(())
        })
    }
}

/// Whether a secret has a form, used or not, or waits for a code.
fn is_known(db: &Connection, secret: &str, now: Instant) -> Result<bool> {
    Ok(db.query_row(
        "SELECT EXISTS (SELECT 1 FROM forms WHERE owner_hash = ?1 AND expires_at > ?2)
             OR EXISTS (SELECT 1 FROM waiting WHERE visit_hash = ?1)",
        params![hash(secret), now],
        |row| row.get(0),
    )?)
}

/// The user whose second factor a visit waits for.
pub(super) fn awaited(db: &Connection, visit: &str, now: Instant) -> Result<User> {
    let (user_id, end): (String, Instant) = db
        .query_row(
            "SELECT user_id, expires_at FROM waiting WHERE visit_hash = ?1",
            [hash(visit)],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?
        .ok_or(StoreError::UnknownSession)?;
    if end <= now {
        return Err(StoreError::ExpiredSession);
    }
    let user = users::find(db, &user_id)?;
    if user.locked {
        return Err(StoreError::Locked(user_id));
    }
    Ok(user)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock::Clock, seed};

    fn count(store: &Store, table: &str) -> u32 {
        let count = format!("SELECT count(*) FROM {table}");
        store
            .transaction(|db| Ok(db.query_row(&count, [], |row| row.get(0))?))
            .unwrap()
    }

    // Issue 11, 6
    #[test]
    fn visits_of_the_sign_in_page_do_not_pile_up() {
        let store = Store::open(None).unwrap();
        let now = Clock::default().instant();
        let forms: Vec<String> = (0..=ALL_FORMS)
            .map(|visit| store.new_form(&format!("visit {visit}"), now).unwrap())
            .collect();
        assert_eq!(count(&store, "forms"), ALL_FORMS);
        let is_open = |visit: usize| {
            let owner = format!("visit {visit}");
            store.use_form(&owner, &forms[visit], now).unwrap()
        };
        assert!(!is_open(0), "the oldest made room");
        assert!(is_open(1) && is_open(forms.len() - 1));
    }

    // Issue 11, 6
    #[test]
    fn sign_ins_that_wait_for_a_code_do_not_pile_up() {
        let store = Store::open(None).unwrap();
        let now = Clock::default().instant();
        let seed = r#"{"organizations": [{"users": [{"email": "a@example.com",
            "password": "x", "otp_secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"}]}]}"#;
        let seed = seed::Seed::parse(seed).unwrap();
        seed::plant(&store, &seed, now).unwrap();
        let attempt = Attempt {
            email: "a@example.com",
            password: "x",
            proof: None,
            in_browser: true,
        };
        let client = Client {
            ip: String::new(),
            user_agent: String::new(),
        };
        let enter = || match store.enter("visit", &attempt, &client, now).unwrap() {
            Entry::Code(visit) => visit,
            Entry::Session(_) => panic!("there is a second factor"),
        };
        let first = enter();
        for _ in 1..WAITING {
            enter();
        }
        store.awaited(&first, now).unwrap();
        let last = enter();
        assert_eq!(count(&store, "waiting"), WAITING);
        store.awaited(&first, now).unwrap_err();
        store.awaited(&last, now).unwrap();
    }
}
