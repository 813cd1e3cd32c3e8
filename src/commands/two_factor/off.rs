//! `scw 2fa off`.

use std::time::{Duration, Instant};

use futures_util::TryFutureExt;
use serde_json::json;
use time::OffsetDateTime;

use super::{
    factors::{lines, names, refuse_if_changed, say_what_is_left},
    remove::{Removed, Whose, note_passkeys, remove_app, remove_passkeys},
    settle::{
        Unasked, lock_and_settle, settle, settle_all, settle_unless_locked, void, void_if_off,
    },
    targets::Targets,
    whom,
};
use crate::{
    api::{Account, ApiError},
    cli::OffArgs,
    commands::{
        on_off,
        side_by_side::beside,
        sign_in::{FactorSource, SignInPlan, known_email},
        unprinted,
    },
    context::Context,
    error::{CliError, Kind, Result},
    model::{AppState, Factors, PasskeyId, User, UserFactors, UserId, clean, day},
    process,
    store::Unfinished,
};

/// How long ago the account may have been read when something is removed from it.
const FRESH: Duration = Duration::from_secs(1);

/// What to do about passkeys that are left.
const ALL_HINT: &str = "to remove every second factor, add `--all`";

/// Removes the authenticator app, or every second factor, and marks the saved codes as void.
///
/// # Errors
/// [`Kind::Usage`] when nobody confirms; else as for every command that needs a login.
pub(super) async fn run(ctx: &Context, args: OffArgs) -> Result<()> {
    let doing = |err: CliError| err.doing("turn two-factor authentication off");
    let authed = if signs_in_with_backup_code(&args) {
        None
    } else {
        match ctx.authed().await {
            Ok(authed) => Some(authed),
            Err(err) if err.kind() == Kind::NotLoggedIn && can_sign_in(ctx, &args)? => {
                ctx.ui()
                    .status("Not logged in. Sign in to turn two-factor authentication off.");
                None
            }
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

fn signs_in_with_backup_code(args: &OffArgs) -> bool {
    args.backup_code || args.sign_in.backup_code_file.is_some()
}

/// Whether email and password can be had; else the missing login is what is wrong.
fn can_sign_in(ctx: &Context, args: &OffArgs) -> Result<bool> {
    Ok(args.user.is_none() && (ctx.prompter().can_ask() || known_email(&args.sign_in)?.is_some()))
}

/// The way back in after a lost phone: email, password, a code; the session ends with it.
async fn without_login(ctx: &Context, args: &OffArgs) -> Result<()> {
    // Nobody will answer the question that comes after the sign-in, and a backup code is gone then.
    if !args.yes {
        ctx.require_prompt("confirmation is", "`--yes`")?;
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
    let _uninterruptible = ctx.interrupt().protect("ending the login session");
    let session = signed_in.session;
    let done = if ctx.interrupt().is_requested() {
        Err(CliError::interrupted())
    } else {
        switch_off(ctx, args, session.account(), session.user_id()).await
    };
    let done = done.map_err(|err| {
        if signs_in_with_backup_code(args) && err.is_cancellation() {
            err.and("The backup code that you signed in with is used up")
        } else {
            err
        }
    });
    match (session.end(false).await, signed_in.note) {
        (Ok(()), Some(note)) => note.settle()?,
        (Ok(()), None) => {}
        (Err(err), note) => {
            let hint = match &note {
                Some(note) => format!(
                    ". The next `scw login` deletes the token {}",
                    note.key.shown()
                ),
                None => String::new(),
            };
            ctx.ui()
                .warn(&format!("could not end the login session: {err}{hint}"));
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
    // Where nobody is asked, the account need not be read a second time: it is read under the lock,
    // unless another run has that.
    let held = if args.yes {
        settle_unless_locked(ctx, account, id).await?
    } else {
        settle(ctx, Some(account), id, Unasked::Leave).await?;
        None
    };
    let read = account.user_factors(id).map_ok(|now| (now, Instant::now()));
    let ((now, read_at), required_by) = beside(read, account.two_factor_required_by(id)).await?;
    let named = Targets::of(args, account, &now).await?;
    if named.is_empty() {
        drop(held);
        void_if_off(ctx, account, id).await?;
        return already_off(ctx, args, &now);
    }
    warn_of_requirement(ctx, &now.user, &required_by);
    confirm(ctx, account, args, &now, &named).await?;
    let asked_about = now.clone();
    let is_fresh = held.is_some() && read_at.elapsed() < FRESH;
    let (lock, file) = match held {
        Some(held) => held,
        None => lock_and_settle(ctx, Some(account), id, Unasked::Leave).await?,
    };
    // Read again where it waited: another run, or the console, may have been faster.
    let now = if is_fresh {
        now
    } else {
        account.user_factors(id).await?
    };
    let targets = named.still_on(&now);
    if targets.is_empty() {
        if now.factors.none() {
            void(ctx, &file, &lock).await;
        }
        return already_off(ctx, args, &now);
    }
    if !args.yes {
        refuse_if_changed(&asked_about, &now)?;
    }
    if ctx.interrupt().is_requested() {
        return Err(CliError::interrupted().and("Two-factor authentication is still on"));
    }
    let _uninterruptible = ctx
        .interrupt()
        .protect("turning two-factor authentication off");
    // What an earlier run left open is open no more once the app is gone.
    let in_doubt = Unfinished::read(&ctx.settings()?.data, id)?.is_some();
    let app = if targets.app {
        let whose = if args.user.is_some() {
            Whose::Another
        } else {
            Whose::Own
        };
        remove_app(ctx, account, &now, &lock, whose).await?
    } else {
        note_passkeys(ctx, &file, &lock)?;
        Removed::WasNotThere
    };
    let passkeys = remove_passkeys(ctx, account, id, &targets.passkeys).await;
    let (Ok(removed) | Err((removed, _))) = &passkeys;
    let changed = app == Removed::Gone || !removed.is_empty();
    let left = what_is_left(account, &now, targets.app, removed).await;
    // From here on the account has changed: a failure below must not hide that.
    let settled = if app == Removed::Gone || in_doubt || left.none() {
        void(ctx, &file, &lock).await
    } else {
        passkeys.is_ok()
    };
    if settled && let Err(err) = Unfinished::settle(&ctx.settings()?.data, id, &lock) {
        ctx.ui().warn(&err.to_string());
    }
    say_what_is_off(ctx, args, &now.user, app, changed, &left);
    if let Err((_, err)) = passkeys {
        return Err(err);
    }
    result(ctx, &now.user, &left, changed)
}

/// The factors that the account has after a run removed some.
async fn what_is_left(
    account: &dyn Account,
    before: &UserFactors,
    app_is_gone: bool,
    removed: &[PasskeyId],
) -> Factors {
    let computed = removed
        .iter()
        .fold(before.factors.clone(), Factors::without_passkey);
    if before.factors.passkeys.as_ref().is_some_and(Vec::is_empty) {
        return computed.without_app();
    }
    let left = match account.user_factors(&before.user.id).await {
        Ok(now) => now.factors,
        // The account has changed: a failure here must not hide that.
        Err(_) => computed,
    };
    // Passkeys hide it again. One that the API tells to be on was added in the meantime.
    if app_is_gone && left.app == AppState::Unknown {
        left.without_app()
    } else {
        left
    }
}

/// Names what will be removed and what will be left, and asks.
async fn confirm(
    ctx: &Context,
    account: &dyn Account,
    args: &OffArgs,
    now: &UserFactors,
    named: &Targets,
) -> Result<()> {
    let ui = ctx.ui();
    let say = |text: &str| {
        if ui.is_json() {
            ui.note(text);
        } else if args.yes {
            ui.status(text);
        } else {
            ui.instruct(text);
        }
    };
    let passkeys = now.factors.known_passkeys();
    if args.all {
        say("This removes every second factor:");
        for line in lines(&now.factors) {
            say(&format!("  {line}"));
        }
    } else if !passkeys.is_empty() {
        say(&format!("The account keeps {}", names(passkeys)));
    }
    if args.yes {
        return Ok(());
    }
    let (what, question) = match (named.passkeys.is_empty(), passkeys.is_empty()) {
        (true, true) => (
            "turns two-factor authentication off for",
            "Turn two-factor authentication off?",
        ),
        (true, false) => (
            "removes the authenticator app of",
            "Remove the authenticator app?",
        ),
        (false, _) => (
            "removes every second factor of",
            "Remove every second factor?",
        ),
    };
    let organization = account.organization(&now.user.organization_id).await.ok();
    let about = format!(
        "This {what} {}.",
        whom(ctx, &now.user, organization.as_ref())?
    );
    if ctx.confirm(&about, question, "`--yes`").await? {
        return Ok(());
    }
    Err(CliError::cancelled("Two-factor authentication is still on"))
}

fn say_what_is_off(
    ctx: &Context,
    args: &OffArgs,
    user: &User,
    app: Removed,
    changed: bool,
    left: &Factors,
) {
    let ui = ctx.ui();
    let whose = whose(args, user);
    if left.none() {
        ui.status(&format!("Two-factor authentication is off{whose}"));
        return;
    }
    match (app, changed) {
        (Removed::Gone, _) => {
            ui.status(&format!("Removed the authenticator app{whose}"));
            ui.warn(
                "scw marks the old backup codes as void, but they may still work while the account has a passkey: the API does not tell",
            );
        }
        (Removed::WasNotThere, true) => ui.status(&format!("Removed the passkeys{whose}")),
        (Removed::WasNotThere, false) => {
            ui.status(&format!(
                "There is no authenticator app to remove{whose}. Nothing changed"
            ));
            ui.hint(ALL_HINT);
        }
    }
    say_what_is_left(ctx, left);
}

/// A side question: its failure stops nothing.
pub(super) fn warn_of_requirement(
    ctx: &Context,
    user: &User,
    required_by: &Result<Option<OffsetDateTime>, ApiError>,
) {
    match required_by {
        Ok(Some(date)) => ctx.ui().warn(&format!(
            "your organization requires two-factor authentication. Without it, {} is locked out on {}",
            clean(&user.email),
            day(*date, Context::now())
        )),
        Ok(None) => {}
        Err(_) => ctx
            .ui()
            .status("scw could not find out whether your organization requires two-factor authentication"),
    }
}

fn whose(args: &OffArgs, user: &User) -> String {
    match &args.user {
        Some(_) => format!(" for {}", clean(&user.email)),
        None => String::new(),
    }
}

fn already_off(ctx: &Context, args: &OffArgs, now: &UserFactors) -> Result<()> {
    let whose = whose(args, &now.user);
    if now.factors.none() {
        ctx.ui().status(&format!(
            "Two-factor authentication is already off{whose}. Nothing changed"
        ));
    } else {
        ctx.ui().status(&format!(
            "There is no authenticator app to remove{whose}. Nothing changed"
        ));
        say_what_is_left(ctx, &now.factors);
        ctx.ui().hint(ALL_HINT);
    }
    result(ctx, &now.user, &now.factors, false)
}

/// Prints the result of a command that removes factors.
///
/// # Errors
/// When stdout does not take it.
pub(super) fn result(ctx: &Context, user: &User, left: &Factors, changed: bool) -> Result<()> {
    let data = json!({
        "two_factor": on_off(left.any()),
        "changed": changed,
        "user_id": user.id,
        "factors": left,
    });
    ctx.ui().result("", &data).map_err(|err| unprinted(&err))
}
