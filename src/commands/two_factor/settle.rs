//! What a run that was cut left half done: account and saved codes are brought to agree again.

use crate::{
    api::Account,
    commands::codes_key::key_at_hand,
    context::Context,
    error::{CliError, Result},
    fsutil::FileLock,
    model::{AppState, UserFactors, UserId},
    store::{Change, CodesFile, Unfinished, Voided},
};

/// How far the two clocks may be apart for a comparison of times.
const CLOCK_NOISE: time::Duration = time::Duration::seconds(3);

/// What to do where the API cannot be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unasked {
    /// Warn: the command is about the saved codes.
    Warn,
    /// Leave it to another run without a word.
    Leave,
}

/// Settles the unfinished changes of every user, as far as the API can be asked.
///
/// # Errors
/// When what is kept on this machine cannot be read or written.
pub(crate) async fn settle_all(ctx: &Context, unasked: Unasked) -> Result<()> {
    for user in Unfinished::users(&ctx.settings()?.data) {
        settle(ctx, None, &user, unasked).await?;
    }
    Ok(())
}

/// Settles the unfinished change of one user, unless its run goes on. `account` is asked where it
/// is given, else the one of the login in force.
///
/// # Errors
/// As [`settle_all`].
pub(super) async fn settle(
    ctx: &Context,
    account: Option<&dyn Account>,
    user: &UserId,
    unasked: Unasked,
) -> Result<()> {
    if Unfinished::read(&ctx.settings()?.data, user)?.is_none() {
        return Ok(());
    }
    match FileLock::try_take(&ctx.codes_file(user)?.lock_path())? {
        Some(lock) => settle_locked(ctx, account, user, &lock, unasked).await,
        None => Ok(()),
    }
}

/// As [`settle`], with the lock on the codes held by the caller.
///
/// # Errors
/// As [`settle_all`].
pub(super) async fn settle_locked(
    ctx: &Context,
    account: Option<&dyn Account>,
    user: &UserId,
    lock: &FileLock,
    unasked: Unasked,
) -> Result<()> {
    let data = &ctx.settings()?.data;
    let Some(note) = Unfinished::read(data, user)? else {
        return Ok(());
    };
    let now = match (ask(ctx, account, user).await, unasked) {
        (Ok(now), _) => now,
        (Err(_), Unasked::Leave) => return Ok(()),
        (Err(err), Unasked::Warn) => {
            ctx.ui().warn(&format!(
                "an earlier scw did not finish changing two-factor authentication, and scw cannot ask the API what happened ({err}). The saved backup codes may be void"
            ));
            return Ok(());
        }
    };
    if finish(ctx, &now, &note, lock).await? {
        Unfinished::settle(data, user, lock)?;
    }
    Ok(())
}

/// Takes the lock on the codes of a user, and settles what an earlier run left open. The file is
/// looked up after that, since it may turn out to be another one.
///
/// # Errors
/// As [`settle_all`], and where another run keeps the lock.
pub(super) async fn lock_and_settle(
    ctx: &Context,
    account: Option<&dyn Account>,
    user: &UserId,
    unasked: Unasked,
) -> Result<(FileLock, CodesFile)> {
    let path = ctx.codes_file(user)?.lock_path();
    let lock = ctx.local()?.lock(path).await?;
    settle_locked(ctx, account, user, &lock, unasked).await?;
    Ok((lock, ctx.codes_file(user)?))
}

/// As [`lock_and_settle`] where no other run has the lock; nothing where one has it.
///
/// # Errors
/// As [`settle_all`].
pub(super) async fn settle_unless_locked(
    ctx: &Context,
    account: &dyn Account,
    user: &UserId,
) -> Result<Option<(FileLock, CodesFile)>> {
    let Some(lock) = FileLock::try_take(&ctx.codes_file(user)?.lock_path())? else {
        return Ok(None);
    };
    settle_locked(ctx, Some(account), user, &lock, Unasked::Leave).await?;
    Ok(Some((lock, ctx.codes_file(user)?)))
}

async fn ask(ctx: &Context, account: Option<&dyn Account>, user: &UserId) -> Result<UserFactors> {
    Ok(match account {
        Some(account) => account.user_factors(user).await?,
        None => ctx.authed().await?.account().user_factors(user).await?,
    })
}

/// Makes the saved codes agree with the account; `false` where that is not known.
async fn finish(
    ctx: &Context,
    now: &UserFactors,
    note: &Unfinished,
    lock: &FileLock,
) -> Result<bool> {
    let ui = ctx.ui();
    let data = &ctx.settings()?.data;
    let factors = &now.factors;
    let now = &now.user;
    if note.change == Change::RemovingPasskeys && !factors.none() {
        return Ok(factors.any());
    }
    if factors.app == AppState::Off {
        ui.note(if factors.none() {
            "An earlier scw did not finish. Two-factor authentication is off"
        } else {
            "An earlier scw did not finish. The authenticator app is off"
        });
        return Ok(void(ctx, &ctx.codes_file(&now.id)?, lock).await);
    }
    let app_is_known = factors.app == AppState::On;
    if note.change == Change::Removing {
        let unchanged = now
            .updated_at
            .is_some_and(|changed| changed + CLOCK_NOISE < note.since);
        if unchanged {
            ui.note("An earlier scw did not finish. Two-factor authentication is still on");
        } else if !app_is_known {
            // Codes whose fate is not known are not handed out as if they worked.
            ui.warn(
                "an earlier scw did not finish removing the authenticator app. The API does not tell whether the app is still on, so scw treats its backup codes as void. Run `scw 2fa off` again",
            );
            return Ok(void(ctx, &ctx.codes_file(&now.id)?, lock).await);
        } else {
            ui.warn(
                "an earlier scw did not finish turning two-factor authentication off, and it is on. If somebody turned it on again since then, the saved backup codes may be void. Run `scw 2fa on --renew` to make new ones",
            );
        }
        return Ok(unchanged);
    }
    let file = match &note.codes_file {
        Some(path) => CodesFile::at(data, &now.id, path.clone()),
        None => ctx.codes_file(&now.id)?,
    };
    let recorded = ctx.codes_file(&now.id)?;
    if note.codes_were_saved(&file)? {
        // The old codes, where they lie elsewhere.
        let done = file == recorded || void(ctx, &recorded, lock).await;
        remember_place(ctx, &now.id, &file).await?;
        ui.note(&format!(
            "An earlier scw turned two-factor authentication on, but did not finish. The backup codes are in {}",
            file.path().display()
        ));
        return Ok(done);
    }
    if note.change == Change::Replacing {
        ui.warn(
            "an earlier scw did not finish replacing the authenticator app. The saved backup codes may be void. Run `scw 2fa on --renew` to make new ones",
        );
        return Ok(false);
    }
    if app_is_known {
        ui.warn(
            "two-factor authentication is on, but its backup codes are not saved here: an earlier scw did not finish. Run `scw 2fa on --renew` to make new ones",
        );
    } else {
        ui.warn(
            "an earlier scw did not finish adding the authenticator app. The API does not tell whether the app is on, and its backup codes are not saved here. Run `scw 2fa on --renew` to make new ones",
        );
    }
    Ok(void(ctx, &recorded, lock).await)
}

/// Records where the codes of a user are, so that `scw 2fa codes` finds them.
///
/// # Errors
/// When the record cannot be written.
pub(super) async fn remember_place(ctx: &Context, user: &UserId, file: &CodesFile) -> Result<()> {
    let data = &ctx.settings()?.data;
    let usual = [false, true].map(|encrypted| CodesFile::usual(data, user, encrypted));
    // The encrypted one is found by itself only where no other stands beside it.
    let found = *file == usual[0] || (*file == usual[1] && !usual[0].exists());
    let path = (!found).then(|| file.path().to_owned());
    ctx.local()?
        .update_record(|record| record.user_mut(user).codes_file = path)
        .await
}

/// Marks the codes of a second factor that is gone as void, and says so. A failure is told, and
/// `false` comes back: a later run has to try again.
pub(super) async fn void(ctx: &Context, file: &CodesFile, lock: &FileLock) -> bool {
    let path = file.path().display();
    match mark_void(ctx, file, lock).await {
        Ok(Voided::Nothing) => {}
        Ok(Voided::Marked(_)) => ctx.ui().note("Marked the saved backup codes as void"),
        Ok(Voided::Encrypted) => ctx.ui().note(&format!(
            "The backup codes in {path} are void. The file is encrypted, so scw cannot mark them"
        )),
        Err(err) => {
            ctx.ui().warn(&format!(
                "could not mark the backup codes in {path} as void: {err}. They no longer work"
            ));
            return false;
        }
    }
    true
}

async fn mark_void(ctx: &Context, file: &CodesFile, lock: &FileLock) -> Result<Voided> {
    let voided = file.void(lock, key_at_hand(ctx, file).await.as_ref(), Context::now())?;
    if voided == Voided::Encrypted {
        let digest = file.digest()?;
        ctx.local()?
            .update_record(|record| record.user_mut(file.user()).void_codes = digest)
            .await?;
    }
    Ok(voided)
}

/// Marks saved codes as void that are still unused although the account has no second factor: it
/// was turned off elsewhere. Beside a passkey they may still work (protocol.md E). Does nothing
/// while another run changes it.
///
/// # Errors
/// What the API says.
pub(super) async fn void_if_off(
    ctx: &Context,
    account: &dyn Account,
    user: &UserId,
) -> Result<(), CliError> {
    let file = ctx.codes_file(user)?;
    let key = key_at_hand(ctx, &file).await;
    let unused = matches!(file.load(key.as_ref()), Ok(Some(codes)) if codes.unused() > 0);
    if !unused {
        return Ok(());
    }
    let Some(lock) = FileLock::try_take(&file.lock_path())? else {
        return Ok(());
    };
    // Read after the lock: another run may have turned it on and saved new codes.
    if account.user_factors(user).await?.factors.none() {
        void(ctx, &file, &lock).await;
    }
    Ok(())
}
