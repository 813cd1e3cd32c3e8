//! Words for second factors, and how to learn whether the app is on where no call tells.

use super::remove::delete_app;
use crate::{
    api::{Account, ApiError},
    context::Context,
    error::{CliError, Kind, Result},
    model::{AppState, Factors, Passkey, UserFactors, UserId, clean, day},
};

/// The lines that `scw 2fa status` shows for the factors.
pub(super) fn lines(factors: &Factors) -> Vec<String> {
    let app = match factors.app {
        AppState::On => Some("authenticator app".to_owned()),
        AppState::Unknown => Some("authenticator app: unknown (the API does not tell)".to_owned()),
        AppState::Off => None,
    };
    let unread = factors
        .passkeys
        .is_none()
        .then(|| "passkeys: unknown (the API did not list them)".to_owned());
    let passkeys = factors.known_passkeys().iter().map(described);
    app.into_iter().chain(unread).chain(passkeys).collect()
}

/// A passkey with its dates.
pub(super) fn described(passkey: &Passkey) -> String {
    let added = passkey
        .created_at
        .map(|at| format!(", added {}", day(at, Context::now())))
        .unwrap_or_default();
    let used = match passkey.last_used_at {
        Some(at) => format!(", last used {}", day(at, Context::now())),
        None => ", never used".to_owned(),
    };
    format!("{}{added}{used}", named(passkey))
}

/// A passkey by its name.
pub(super) fn named(passkey: &Passkey) -> String {
    format!("passkey `{}`", clean(&passkey.name))
}

/// The names of passkeys, in one line.
pub(super) fn names(passkeys: &[Passkey]) -> String {
    let names: Vec<String> = passkeys.iter().map(named).collect();
    names.join(", ")
}

/// Says which factors the account still has, where there are any.
pub(super) fn say_what_is_left(ctx: &Context, factors: &Factors) {
    let left = lines(factors);
    if !left.is_empty() {
        ctx.ui()
            .note(&format!("Still on the account: {}", left.join("; ")));
    }
}

/// Refuses where the account is not what it was when it was asked about.
///
/// # Errors
/// [`Kind::Other`].
pub(super) fn refuse_if_changed(before: &UserFactors, now: &UserFactors) -> Result<()> {
    if now.is_unchanged_since(before) {
        return Ok(());
    }
    Err(CliError::new(
        Kind::Other,
        "somebody else changed the account in the meantime",
    )
    .and("This run changed nothing")
    .hint("run `scw 2fa status` to see the account, then try again"))
}

/// Removes a passkey; `false` where somebody else was faster.
///
/// # Errors
/// What the API says; the message tells whether the passkey is still there.
pub(super) async fn delete_passkey(
    account: &dyn Account,
    user: &UserId,
    passkey: &Passkey,
) -> Result<bool> {
    let err = match account.delete_passkey(&passkey.id).await {
        Ok(()) => return Ok(true),
        Err(ApiError::NotFound { named: true, .. }) => return Ok(false),
        Err(err) => err,
    };
    let told = |err: ApiError| CliError::from(err).doing(format!("remove {}", named(passkey)));
    if !err.outcome_unknown() {
        return Err(told(err).and("It is still on the account"));
    }
    match account.passkeys(user).await {
        Ok(left) if left.iter().all(|other| other.id != passkey.id) => Ok(true),
        Ok(_) => Err(told(err).and("It is still on the account")),
        Err(_) => Err(told(err)
            .and("scw does not know whether it is gone")
            .hint("run `scw 2fa keys list` when the API answers again")),
    }
}

/// Whether the app is on. Where the account leaves that open it is learned from the answer to a
/// new key: the service refuses one beside an app that is on (inferred, protocol.md A). A pending
/// key that this makes is removed again.
///
/// It changes the account for a moment, so only a command that changes it anyway may call it, and
/// only for the user of the login: an administrator may not make keys for others.
///
/// # Errors
/// What the API says; whether the app is on is then not known.
pub(super) async fn learn_whether_app_is_on(
    ctx: &Context,
    account: &dyn Account,
    now: &UserFactors,
) -> std::result::Result<bool, ApiError> {
    if now.factors.app != AppState::Unknown {
        return Ok(now.app_is_on());
    }
    let id = &now.user.id;
    if refuses_a_new_key(account, id).await? {
        return Ok(true);
    }
    let later = account.user_factors(id).await?;
    // Somebody else may have confirmed a key right now: theirs is not removed.
    if later.user.updated_at != now.user.updated_at && refuses_a_new_key(account, id).await? {
        return Ok(true);
    }
    match delete_app(ctx, account, &later).await {
        Ok(()) | Err(ApiError::NotFound { .. }) => Ok(false),
        Err(err) => Err(err),
    }
}

/// Whether the service refuses a new key, which it does beside an app that is on (inferred,
/// protocol.md A).
async fn refuses_a_new_key(
    account: &dyn Account,
    id: &UserId,
) -> std::result::Result<bool, ApiError> {
    match account.create_otp(id).await {
        Ok(_) => Ok(false),
        Err(ApiError::Precondition {
            transient: false, ..
        }) => Ok(true),
        Err(err) => Err(err),
    }
}
