//! Signing in with a passkey: alone, or after the password.

use rusqlite::{Connection, OptionalExtension, params};

use super::{
    Client, Credential, Issued, Result, Store, StoreError, User,
    events::{self, Factor, Failure, Method, NewSignIn},
    hash, login, panel, passkeys, sessions, users,
};
use crate::clock::Instant;

/// What a passkey is shown for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// It is all that is shown.
    Alone,
    /// The visit has shown the password before.
    AfterPassword,
}

impl Store {
    /// What may follow the password in a visit: the passkeys of the user that it waits for.
    pub(crate) fn awaited_credentials(&self, visit: &str, now: Instant) -> Result<Vec<Credential>> {
        self.transaction(|db| {
            let user = panel::awaited(db, visit, now)?;
            passkeys::credentials_of(db, &user.root_user_id)
        })
    }

    /// Signs a person in with a passkey; nothing where it was refused, which counts as a failed
    /// attempt of the person, like a wrong code.
    ///
    /// `check` looks at the answer in the same transaction as its sign count is kept, so of two
    /// answers with one count only one is good. It gives the passkey's new state.
    pub(crate) fn enter_with_passkey(
        &self,
        (visit, step): (&str, Step),
        credential_id: &[u8],
        check: impl FnOnce(&Credential) -> Option<[u8; 7]>,
        client: &Client,
        now: Instant,
    ) -> Result<Option<Issued>> {
        self.transaction(|db| {
            let credential = find(db, credential_id)?;
            let Some(user) = user_of(db, visit, step, credential.as_ref(), now)? else {
                return Ok(Ok(None));
            };
            let state = credential.as_ref().and_then(check);
            events::record(db, &user, &told(step, state, &user, client), now)?;
            // A refusal is a value, since an error would roll back what is remembered of it.
            let Some(state) = state else {
                users::failed_attempt(db, &user.root_user_id)?;
                return Ok(Ok(None));
            };
            // Only whoever has the passkey learns this.
            if user.locked {
                return Ok(Err(StoreError::Locked(user.id)));
            }
            db.execute(
                "UPDATE passkeys SET state = ?2, last_login_at = ?3 WHERE credential_id = ?1",
                params![credential_id, state, now],
            )?;
            let issued = login::let_in(db, &user, now, |db, user| {
                panel::forget(db, &hash(visit))?;
                sessions::begin(db, user, client, None, now)
            })?;
            Ok(Ok(Some(issued)))
        })?
    }
}

/// What the audit trail tells of a sign-in.
fn told<'a>(step: Step, state: Option<[u8; 7]>, user: &User, client: &'a Client) -> NewSignIn<'a> {
    let (method, factor) = match step {
        Step::Alone => (Method::Passkey, None),
        Step::AfterPassword => (Method::Password, Some(Factor::Passkey)),
    };
    let failure = match state {
        None => Some(Failure::Factor),
        Some(_) if user.locked => Some(Failure::Refused),
        Some(_) => None,
    };
    NewSignIn {
        client,
        method,
        factor,
        failure,
    }
}

/// The passkey with a credential id.
fn find(db: &Connection, credential_id: &[u8]) -> Result<Option<Credential>> {
    Ok(db
        .prepare_cached("SELECT * FROM passkeys WHERE credential_id = ?1")?
        .query_row([credential_id], Credential::from_row)
        .optional()?)
}

/// The user to be signed in: the one that the visit waits for, else the passkey's own.
fn user_of(
    db: &Connection,
    visit: &str,
    step: Step,
    credential: Option<&Credential>,
    now: Instant,
) -> Result<Option<User>> {
    match (step, credential) {
        (Step::AfterPassword, _) => panel::awaited(db, visit, now).map(Some),
        (Step::Alone, Some(credential)) => users::find(db, &credential.user_id).map(Some),
        (Step::Alone, None) => Ok(None),
    }
}
