//! `scw 2fa off`.

use std::time::Duration;

use serde_json::json;

use super::settle::{Unasked, settle, settle_all, settle_locked, void, void_if_off};
use crate::{
    api::{Account, ApiError},
    cli::OffArgs,
    commands::{
        on_off,
        sign_in::{FactorSource, SignInPlan, known_email},
        unprinted,
    },
    context::{Context, prompt_error},
    error::{CliError, Kind, Result},
    fsutil::FileLock,
    model::{User, UserId, clean, rfc3339},
    process,
    store::{Change, Unfinished},
    ui::PromptError,
};

/// The pauses before a busy service is asked again to remove a second factor.
const PAUSES: [Duration; 3] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
];

/// Deletes the second factor and marks the saved codes as void.
///
/// # Errors
/// [`Kind::Usage`] when nobody confirms; else as for every command that needs a login.
pub(super) async fn run(ctx: &Context, args: OffArgs) -> Result<()> {
    let doing = |err: CliError| err.doing("switch two-factor authentication off");
    let wants_backup_code = args.backup_code || args.sign_in.backup_code_file.is_some();
    let authed = if wants_backup_code {
        None
    } else {
        match ctx.authed().await {
            Ok(authed) => Some(authed),
            Err(err) if err.kind() == Kind::NotLoggedIn && can_sign_in(ctx, &args)? => None,
            // Email and password lead in without the keyring.
            Err(err) if err.kind() == Kind::Keyring && known_email(&args.sign_in)?.is_some() => {
                ctx.ui().warn(&err.to_string());
                None
            }
            Err(err) => return Err(err),
        }
    };
    match authed {
        Some(authed) => {
            let id = match &args.user {
                Some(id) => id.clone(),
                None => authed
                    .user_id()
                    .await
                    .map_err(CliError::from)
                    .map_err(doing)?,
            };
            switch_off(ctx, &args, authed.account(), &id)
                .await
                .map_err(doing)
        }
        None => without_login(ctx, &args).await.map_err(doing),
    }
}

/// Whether email and password can be had; else the missing login is what is wrong.
fn can_sign_in(ctx: &Context, args: &OffArgs) -> Result<bool> {
    Ok(args.user.is_none() && (ctx.prompter().can_ask() || known_email(&args.sign_in)?.is_some()))
}

/// The way back in after a lost phone: email, password, a code; the session ends with it.
async fn without_login(ctx: &Context, args: &OffArgs) -> Result<()> {
    // Nobody will answer the question that comes after the sign-in, and a backup code is gone then.
    if !args.yes && !ctx.prompter().can_ask() {
        let nobody = PromptError::NobodyToAsk;
        return Err(prompt_error(&nobody, "a confirmation", "`--yes`"));
    }
    // A login that is there, but not used, can still tell what became of saved codes.
    settle_all(ctx, Unasked::Leave).await?;
    let plan = SignInPlan {
        args: &args.sign_in,
        factor: if args.backup_code {
            FactorSource::Saved
        } else {
            FactorSource::Arguments
        },
        description: &format!(
            "scw 2fa off on {}, {}",
            process::host_name(),
            process::unguessable()
        ),
        expires: true,
    };
    let signed_in = plan.run(ctx).await?;
    let _uninterruptible = ctx.interrupt().protect("ending the session");
    let session = signed_in.session;
    let done = if ctx.interrupt().is_requested() {
        Err(CliError::interrupted())
    } else {
        switch_off(ctx, args, session.account(), session.user_id()).await
    };
    match (session.end(false).await, signed_in.note) {
        (Ok(()), Some(note)) => note.settle()?,
        (Ok(()), None) => {}
        (Err(err), note) => {
            let hint = match &note {
                Some(note) => format!(
                    "; the next `scw login` deletes the token {}",
                    note.key.shown()
                ),
                None => String::new(),
            };
            ctx.ui()
                .warn(&format!("the session could not be ended: {err}{hint}"));
        }
    }
    done
}

async fn switch_off(
    ctx: &Context,
    args: &OffArgs,
    account: &dyn Account,
    id: &UserId,
) -> Result<()> {
    settle(ctx, Some(account), id, Unasked::Leave).await?;
    let user = account.user(id).await?;
    if !user.two_factor {
        void_if_off(ctx, account, id).await?;
        return already_off(ctx, args, &user);
    }
    warn_of_requirement(ctx, account, &user).await;
    if !args.yes {
        let question = format!(
            "Switch two-factor authentication off for {}?",
            whom(ctx, &user)?
        );
        if !ctx.confirm(&question, "`--yes`").await? {
            return Err(CliError::new(
                Kind::Other,
                "cancelled; two-factor authentication is still on",
            )
            .hint("answer `y`, or use `--yes`"));
        }
    }
    let file = ctx.codes_file(id)?;
    let local = ctx.local()?;
    let lock = ctx
        .unless_interrupted(local.lock(file.lock_path()))
        .await??;
    settle_locked(ctx, Some(account), id, &lock, Unasked::Leave).await?;
    // Read again: another run, or the console, may have been faster.
    let user = account.user(id).await?;
    if !user.two_factor {
        void(ctx, &file, &lock).await;
        return already_off(ctx, args, &user);
    }
    if ctx.interrupt().is_requested() {
        return Err(CliError::interrupted().and("two-factor authentication is still on"));
    }
    let _uninterruptible = ctx
        .interrupt()
        .protect("switching two-factor authentication off");
    remove(ctx, account, &user, &lock).await?;
    ctx.ui().status(&format!(
        "Two-factor authentication is off{}",
        whose(args, &user)
    ));
    // From here on the account has changed: a failure below must not hide that.
    if void(ctx, &file, &lock).await
        && let Err(err) = Unfinished::settle(&ctx.settings()?.data, id, &lock)
    {
        ctx.ui().warn(&err.to_string());
    }
    result(
        ctx,
        &User {
            two_factor: false,
            ..user
        },
        true,
    )
}

/// Removes the second factor of an account, with a note of it until the caller has dealt with the
/// saved codes.
///
/// # Errors
/// What the API says; the second factor is then still there, unless the message says otherwise.
pub(super) async fn remove(
    ctx: &Context,
    account: &dyn Account,
    user: &User,
    lock: &FileLock,
) -> Result<()> {
    let data = &ctx.settings()?.data;
    let file = ctx.codes_file(&user.id)?;
    // By the service's clock, like the time at which the account was changed last.
    let ahead = time::Duration::seconds(account.clock_ahead_s().unwrap_or(0));
    let now = Context::now() + ahead;
    Unfinished::of(Change::Removing, &file, now)?.write(data, &user.id, lock)?;
    let deleted = delete_otp(ctx, account, user).await;
    // Anything may have answered in the service's place: the account has the last word.
    match (deleted, account.user(&user.id).await) {
        (_, Ok(now)) if !now.two_factor => Ok(()),
        (deleted, Ok(now)) => {
            let unchanged = now.updated_at.is_some() && now.updated_at == user.updated_at;
            let refused = matches!(&deleted, Err(err) if !err.outcome_unknown());
            // Where it may have been switched off, and on again by somebody else, the note stays:
            // the saved codes are in doubt.
            if unchanged || (refused && now.updated_at == user.updated_at) {
                Unfinished::settle(data, &user.id, lock)?;
                return Err(still_on(ctx, deleted));
            }
            Err(match deleted {
                Ok(()) => CliError::new(Kind::Other, "the service switched it off"),
                Err(err) => err.into(),
            }
            .and("two-factor authentication is on: it was not switched off, or somebody switched it on again")
            .hint("`scw 2fa status` shows the account; run `scw 2fa off` again to switch it off"))
        }
        (Ok(()), Err(_)) => Ok(()),
        (Err(err), Err(_)) => Err(unknown(err)),
    }
}

/// The second factor is what it was.
fn still_on(ctx: &Context, deleted: Result<(), ApiError>) -> CliError {
    let err = match deleted {
        _ if ctx.interrupt().is_requested() => CliError::interrupted(),
        Err(err) => err.into(),
        Ok(()) => CliError::new(
            Kind::Unreachable,
            "the answer said that it is done, but the account was not changed",
        )
        .hint("check that no proxy or portal answers in the API's place, then try again"),
    };
    err.and("two-factor authentication is still on")
}

/// Deletes the second factor, or the pending key, of an account that was just read. Where the
/// service is busy the account is read again before the next try: it must still be what it was,
/// since somebody else may have switched another factor on in the pause.
///
/// # Errors
/// What the API says.
pub(super) async fn delete_otp(
    ctx: &Context,
    account: &dyn Account,
    before: &User,
) -> Result<(), ApiError> {
    for pause in PAUSES {
        match account.delete_otp(&before.id).await {
            Err(err) if err.may_pass() => {
                if ctx.interrupt().is_requested() {
                    return Err(err);
                }
                let seconds = pause.as_secs();
                ctx.ui()
                    .note(&format!("The API is busy; trying again in {seconds} s"));
                tokio::time::sleep(pause).await;
                let now = account.user(&before.id).await?;
                let unchanged =
                    (now.two_factor, now.updated_at) == (before.two_factor, before.updated_at);
                // Without a time of change a factor cannot be told from the one before.
                let known = !now.two_factor || now.updated_at.is_some();
                if !unchanged || !known {
                    return Err(err);
                }
            }
            outcome => return outcome,
        }
    }
    account.delete_otp(&before.id).await
}

/// A lost answer, and nobody who could be asked what came of the request.
fn unknown(err: ApiError) -> CliError {
    let carried_out = err.outcome_unknown();
    let err = CliError::from(err);
    if carried_out {
        err.and("it is not known whether two-factor authentication is off")
            .hint("`scw 2fa status` tells when the API answers again")
    } else {
        err
    }
}

/// A side question: its failure stops nothing.
async fn warn_of_requirement(ctx: &Context, account: &dyn Account, user: &User) {
    match account.two_factor_required_by(&user.id).await {
        Ok(Some(date)) => ctx.ui().warn(&format!(
            "the organization requires two-factor authentication; without it {} is locked on {}",
            clean(&user.email),
            rfc3339(date)
        )),
        Ok(None) => {}
        Err(_) => ctx
            .ui()
            .status("It is not known whether the organization requires two-factor authentication"),
    }
}

/// Whose second factor a question is about: the account, the profile and the organization.
pub(super) fn whom(ctx: &Context, user: &User) -> Result<String> {
    Ok(format!(
        "{} (profile `{}`, organization {})",
        clean(&user.email),
        ctx.settings()?.profile,
        clean(&user.organization_id)
    ))
}

fn whose(args: &OffArgs, user: &User) -> String {
    match &args.user {
        Some(_) => format!(" for {}", clean(&user.email)),
        None => String::new(),
    }
}

fn already_off(ctx: &Context, args: &OffArgs, user: &User) -> Result<()> {
    ctx.ui().status(&format!(
        "Two-factor authentication is off already{}; nothing was changed",
        whose(args, user)
    ));
    result(ctx, user, false)
}

fn result(ctx: &Context, user: &User, changed: bool) -> Result<()> {
    let data = json!({
        "two_factor": on_off(user.two_factor),
        "changed": changed,
        "user_id": user.id,
    });
    ctx.ui().result("", &data).map_err(|err| unprinted(&err))
}
