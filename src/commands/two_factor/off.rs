//! `scw 2fa off`.

use serde_json::json;

use crate::{
    api::{Account, ApiError},
    cli::OffArgs,
    commands::{
        on_off, rfc3339,
        sign_in::{FactorSource, known_email, person},
        unprinted,
    },
    context::Context,
    error::{CliError, Kind, Result},
    model::{User, UserId, clean},
    process,
};

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
            Err(err) if err.kind() == Kind::NotLoggedIn && can_sign_in(ctx, &args) => None,
            Err(err) => return Err(err),
        }
    };
    match authed {
        Some(authed) => {
            let id = match &args.user {
                Some(id) => id.clone(),
                None => authed.user_id().await.map_err(doing)?,
            };
            switch_off(ctx, &args, authed.account(), &id)
                .await
                .map_err(doing)
        }
        None => without_login(ctx, &args).await.map_err(doing),
    }
}

/// Whether email and password can be had; else the missing login is what is wrong.
fn can_sign_in(ctx: &Context, args: &OffArgs) -> bool {
    args.user.is_none() && (ctx.prompter().can_ask() || known_email(&args.sign_in).is_some())
}

/// The way back in after a lost phone: email, password, a code; the session ends with it.
async fn without_login(ctx: &Context, args: &OffArgs) -> Result<()> {
    let source = if args.backup_code {
        FactorSource::Saved
    } else {
        FactorSource::Arguments
    };
    let description = format!("scw 2fa off on {}", process::host_name());
    let session = person(ctx, &args.sign_in, source, &description, true).await?;
    let done = switch_off(ctx, args, session.account(), session.user_id()).await;
    if let Err(err) = session.end(false).await {
        ctx.ui()
            .warn(&format!("the session could not be ended: {err}"));
    }
    done
}

async fn switch_off(
    ctx: &Context,
    args: &OffArgs,
    account: &dyn Account,
    id: &UserId,
) -> Result<()> {
    let user = account.user(id).await?;
    let whose = match &args.user {
        Some(_) => format!(" for {}", clean(&user.email)),
        None => String::new(),
    };
    if !user.two_factor {
        ctx.ui().status(&format!(
            "Two-factor authentication is off already{whose}; nothing was changed"
        ));
        return result(ctx, &user);
    }
    if let Some(date) = account.two_factor_required_by(&user.id).await? {
        ctx.ui().warn(&format!(
            "the organization requires two-factor authentication: without it the member is locked on {}",
            rfc3339(date)
        ));
    }
    if !args.yes {
        let question = format!("Switch two-factor authentication off{whose}?");
        if !ctx.confirm(&question, "`--yes`").await? {
            return Err(
                CliError::new(Kind::Other, "it stays on, as that was not confirmed")
                    .hint("answer `y`, or use `--yes`"),
            );
        }
    }
    let _whole = ctx.interrupt().protect();
    delete(account, &user).await?;
    ctx.ui()
        .status(&format!("Two-factor authentication is off{whose}"));
    // From here on the account has changed: a failure below must not hide that.
    let voided = ctx
        .codes_file(&user.id)
        .and_then(|file| Ok(file.void(ctx.now())?));
    match voided {
        Ok(true) => ctx.ui().status("The saved backup codes are marked as void"),
        Ok(false) => {}
        Err(err) => ctx.ui().warn(&format!(
            "the saved backup codes could not be marked as void: {err}"
        )),
    }
    result(
        ctx,
        &User {
            two_factor: false,
            ..user
        },
    )
}

/// Deletes the second factor; where the answer is lost or odd, the account itself is asked.
async fn delete(account: &dyn Account, user: &User) -> Result<()> {
    let Err(err) = account.delete_otp(&user.id).await else {
        // Anything may have answered in the service's place: the account has the last word.
        return match account.user(&user.id).await {
            Ok(now) if now.two_factor => Err(CliError::new(
                Kind::Unreachable,
                "the answer said that it is done, and the account says that it is not",
            )
            .hint("check that no proxy or portal answers in the API's place, then try again")),
            Ok(_) | Err(_) => Ok(()),
        };
    };
    let worth_a_look = err.outcome_unknown()
        || matches!(
            err,
            ApiError::NotFound { .. } | ApiError::Precondition { .. }
        );
    if worth_a_look
        && let Ok(now) = account.user(&user.id).await
        && !now.two_factor
    {
        return Ok(());
    }
    Err(err.into())
}

fn result(ctx: &Context, user: &User) -> Result<()> {
    let data = json!({ "two_factor": on_off(user.two_factor), "user_id": user.id });
    ctx.ui().result("", &data).map_err(|err| unprinted(&err))
}
