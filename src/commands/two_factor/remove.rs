//! Removing the authenticator app from an account, and saying what is known of it afterwards.

use std::time::Duration;

use super::factors::{delete_passkey, learn_whether_app_is_on};
use crate::{
    api::{Account, ApiError},
    context::Context,
    error::{CliError, Kind, Result},
    fsutil::FileLock,
    model::{AppState, Passkey, PasskeyId, UserFactors, UserId},
    store::{Change, CodesFile, StoreError, Unfinished},
};

/// The pauses before a busy service is asked again to remove the app.
const PAUSES: [Duration; 3] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
];

/// Whose app is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    /// That of the user who is logged in.
    Own,
    /// That of another member.
    Another,
}

/// What came of removing the app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Removed {
    /// It is gone.
    Gone,
    /// There was none: the API said so.
    WasNotThere,
}

/// Removes the app of an account, with a note of it until the caller has dealt with the saved
/// codes.
///
/// # Errors
/// What the API says; the app is then still there, unless the message says otherwise.
pub(super) async fn remove_app(
    ctx: &Context,
    account: &dyn Account,
    before: &UserFactors,
    lock: &FileLock,
    whose: Whose,
) -> Result<Removed> {
    let data = &ctx.settings()?.data;
    let id = &before.user.id;
    let file = ctx.codes_file(id)?;
    // By the service's clock, like the time at which the account was changed last.
    let ahead = time::Duration::seconds(account.clock_ahead_s().unwrap_or(0));
    let now = Context::now() + ahead;
    let earlier = Unfinished::read(data, id)?;
    Unfinished::of(Change::Removing, &file, now)?.write(data, id, lock)?;
    let not_removed = || Unfinished::give_back(earlier.as_ref(), data, id, lock);
    let deleted = delete_app(ctx, account, before).await;
    // Anything may have answered in the service's place: the account has the last word.
    let Ok(now) = account.user_factors(id).await else {
        return deleted.map(|()| Removed::Gone).map_err(unknown);
    };
    match now.factors.app {
        AppState::Off => Ok(match deleted {
            Err(err) if !before.app_is_on() && says_there_is_none(&err) => Removed::WasNotThere,
            _ => Removed::Gone,
        }),
        AppState::On => Err(judge(ctx, before, &now, deleted, not_removed)?),
        AppState::Unknown => {
            let unclear = match deleted {
                Ok(()) if was_changed(before, &now) => return Ok(Removed::Gone),
                Err(err) if says_there_is_none(&err) => return Ok(Removed::WasNotThere),
                unclear => unclear,
            };
            learn_what_came_of_it(ctx, account, &now, unclear, not_removed, whose).await
        }
    }
}

fn was_changed(before: &UserFactors, now: &UserFactors) -> bool {
    now.user.updated_at.is_some() && now.user.updated_at != before.user.updated_at
}

/// The account has passkeys, which hide whether the app is gone.
async fn learn_what_came_of_it(
    ctx: &Context,
    account: &dyn Account,
    now: &UserFactors,
    deleted: Result<(), ApiError>,
    not_removed: impl FnOnce() -> Result<(), StoreError>,
    whose: Whose,
) -> Result<Removed> {
    let refused = matches!(&deleted, Err(err) if !err.outcome_unknown());
    let unknown = |err: CliError| {
        err.and("scw does not know whether the authenticator app is still on")
            .hint("run the command again when the API answers")
    };
    if refused {
        not_removed()?;
        return Err(still_on(ctx, deleted));
    }
    if whose == Whose::Another {
        // Nobody may make a key for somebody else to find out.
        return deleted
            .map(|()| Removed::Gone)
            .map_err(|err| unknown(err.into()));
    }
    match learn_whether_app_is_on(ctx, account, now).await {
        Ok(false) => Ok(Removed::Gone),
        Ok(true) => {
            not_removed()?;
            Err(still_on(ctx, deleted))
        }
        Err(err) => Err(unknown(err.into())),
    }
}

/// What to say where the app is on after it was to be removed.
fn judge(
    ctx: &Context,
    before: &UserFactors,
    now: &UserFactors,
    deleted: Result<(), ApiError>,
    not_removed: impl FnOnce() -> Result<(), StoreError>,
) -> Result<CliError> {
    let refused = matches!(&deleted, Err(err) if !err.outcome_unknown());
    let dated = refused || now.user.updated_at.is_some();
    // Where it may have been turned off, and on again by somebody else, the note stays: the
    // saved codes are in doubt.
    if dated && now.user.updated_at == before.user.updated_at {
        not_removed()?;
        return Ok(still_on(ctx, deleted));
    }
    Ok(match deleted {
        Ok(()) => CliError::new(Kind::Other, "the API reported success"),
        Err(err) => err.into(),
    }
    .and("Two-factor authentication is on: either the app was not removed, or somebody added one again")
    .hint("run `scw 2fa status` to see the account, or `scw 2fa off` again"))
}

/// Whether the API says that there is no app to remove (inferred: a 404 about something else than
/// the user). A 412 has a reason of its own, which is an error.
fn says_there_is_none(err: &ApiError) -> bool {
    matches!(err, ApiError::NotFound { named: true, resource, .. } if resource != "user")
}

/// The app is what it was.
fn still_on(ctx: &Context, deleted: Result<(), ApiError>) -> CliError {
    let err = match deleted {
        _ if ctx.interrupt().is_requested() => CliError::interrupted(),
        Err(err) => err.into(),
        Ok(()) => CliError::new(
            Kind::Unreachable,
            "the API reported success, but the account did not change",
        )
        .hint("check that no proxy or captive portal answers for the API, then try again"),
    };
    err.and("Two-factor authentication is still on")
}

/// A lost answer, and nobody who could be asked what came of the request.
fn unknown(err: ApiError) -> CliError {
    let carried_out = err.outcome_unknown();
    let err = CliError::from(err);
    if carried_out {
        err.and("scw does not know whether two-factor authentication is off")
            .hint("run `scw 2fa status` when the API answers again")
    } else {
        err
    }
}

/// Deletes the app, or the pending key, of an account that was just read. Where the service is busy
/// the account is read again before the next try: it must still be what it was, since somebody else
/// may have turned another app on in the pause.
///
/// # Errors
/// What the API says.
pub(super) async fn delete_app(
    ctx: &Context,
    account: &dyn Account,
    before: &UserFactors,
) -> Result<(), ApiError> {
    let id = &before.user.id;
    for pause in PAUSES {
        match account.delete_otp(id).await {
            Err(err) if err.may_pass() => {
                if ctx.interrupt().is_requested() {
                    return Err(err);
                }
                let seconds = pause.as_secs();
                ctx.ui()
                    .note(&format!("The API is busy. Trying again in {seconds} s."));
                tokio::time::sleep(pause).await;
                let now = account.user_factors(id).await?;
                // Without a time of change an app cannot be told from the one before.
                let known = now.app_is_off() || now.user.updated_at.is_some();
                if !now.is_unchanged_since(before) || !known {
                    return Err(err);
                }
            }
            outcome => return outcome,
        }
    }
    account.delete_otp(id).await
}

/// Notes that passkeys alone are about to be removed. What an earlier run left open says more, and
/// stays.
///
/// # Errors
/// When the note cannot be written.
pub(super) fn note_passkeys(ctx: &Context, file: &CodesFile, lock: &FileLock) -> Result<()> {
    let data = &ctx.settings()?.data;
    if Unfinished::read(data, file.user())?.is_none() {
        let note = Unfinished::of(Change::RemovingPasskeys, file, Context::now())?;
        note.write(data, file.user(), lock)?;
    }
    Ok(())
}

/// Removes passkeys one after the other; returns those that it removed, also beside an error.
pub(super) async fn remove_passkeys(
    ctx: &Context,
    account: &dyn Account,
    user: &UserId,
    passkeys: &[Passkey],
) -> Result<Vec<PasskeyId>, (Vec<PasskeyId>, CliError)> {
    let mut gone = Vec::new();
    for passkey in passkeys {
        if ctx.interrupt().is_requested() {
            return Err((gone, CliError::interrupted()));
        }
        match delete_passkey(account, user, passkey).await {
            Ok(true) => gone.push(passkey.id.clone()),
            Ok(false) => {}
            Err(err) => return Err((gone, err.hint("run `scw 2fa status` to see what is left"))),
        }
    }
    Ok(gone)
}
