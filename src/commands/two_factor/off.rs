//! `scw 2fa off`.

use serde_json::json;

use crate::{
    api::ApiError,
    cli::OffArgs,
    commands::{on_off, rfc3339, unprinted},
    context::{Authed, Context},
    error::{CliError, Kind, Result},
    model::{User, clean},
};

/// Deletes the second factor and marks the saved codes as void.
///
/// # Errors
/// [`Kind::Usage`] when nobody confirms; else as for every command that needs a login.
pub(super) async fn run(ctx: &Context, args: OffArgs) -> Result<()> {
    let doing = |err: CliError| err.doing("switch two-factor authentication off");
    let authed = ctx.authed().await?;
    let user = match &args.user {
        Some(id) => authed.account().user(id).await.map_err(CliError::from),
        None => authed.user().await,
    }
    .map_err(doing)?;
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
    let required_by = authed
        .account()
        .two_factor_required_by(&user.id)
        .await
        .map_err(CliError::from)
        .map_err(doing)?;
    if let Some(date) = required_by {
        ctx.ui().warn(&format!(
            "the organization requires two-factor authentication: without it the member is locked on {}",
            rfc3339(date)
        ));
    }
    if !args.yes {
        let question = format!("Switch two-factor authentication off{whose}?");
        if !ctx.confirm(&question, "`--yes`").await? {
            return Err(CliError::new(
                Kind::Other,
                "two-factor authentication stays on, as it was not confirmed",
            ));
        }
    }
    let _whole = ctx.interrupt().protect();
    delete(&authed, &user).await.map_err(doing)?;
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
async fn delete(authed: &Authed, user: &User) -> Result<()> {
    let Err(err) = authed.account().delete_otp(&user.id).await else {
        return Ok(());
    };
    let worth_a_look = err.outcome_unknown()
        || matches!(
            err,
            ApiError::NotFound { .. } | ApiError::Precondition { .. }
        );
    if worth_a_look
        && let Ok(now) = authed.account().user(&user.id).await
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
