//! `scw 2fa status`.

use serde_json::json;

use super::{
    factors::lines,
    settle::{Unasked, is_void, settle, void_if_off},
};
use crate::{
    cli::StatusArgs,
    commands::{on_off, unprinted},
    context::Context,
    error::{CliError, Kind, Result},
    model::{Dialect, UserFactors, UserId, rfc3339},
    store::StoreError,
};

/// Shows whether two-factor authentication is on, and with which factors.
///
/// # Errors
/// [`Kind::WithoutTwoFactor`] with `--check` when it is off; else as for every command that needs
/// a login.
pub(super) async fn run(ctx: &Context, args: StatusArgs) -> Result<()> {
    let authed = ctx.authed().await?;
    let doing = |err: CliError| err.doing("look at the account");
    let account = authed.account();
    let UserFactors { user, factors } = authed
        .user_factors()
        .await
        .map_err(CliError::from)
        .map_err(doing)?;
    settle(ctx, Some(account), &user.id, Unasked::Leave).await?;
    // A side question: its failure does not hide the answer to the main one.
    let required_by = account.two_factor_required_by(&user.id).await;
    let is_on = factors.any();
    let left = if is_on {
        codes_left(ctx, &user.id)?
    } else {
        void_if_off(ctx, account, &user.id).await?;
        None
    };
    let mut shown = vec![format!("two-factor authentication is {}", on_off(is_on))];
    shown.extend(lines(&factors).iter().map(|line| format!("  {line}")));
    if factors.passkeys.is_none() {
        shown.push(match authed.credential().target().dialect {
            Dialect::Iam => "passkeys: unknown, because the API did not list them".to_owned(),
            Dialect::Account => "passkeys: unknown to the 2017 API".to_owned(),
        });
    }
    match left {
        Some(left) if is_on => shown.push(format!("unused backup codes saved here: {left}")),
        None if is_on => shown.push("no backup codes are saved here".to_owned()),
        _ => {}
    }
    match &required_by {
        Ok(Some(date)) => {
            shown.push(format!(
                "the organization requires it by {}",
                rfc3339(*date)
            ));
        }
        Ok(None) => {}
        Err(_) => shown.push("whether the organization requires it is unknown".to_owned()),
    }
    let data = json!({
        "two_factor": on_off(is_on),
        "user_id": user.id,
        "backup_codes_left": left,
        "required_by": required_by.ok().flatten().map(rfc3339),
        "factors": factors,
    });
    ctx.ui()
        .result(&shown.join("\n"), &data)
        .map_err(|err| unprinted(&err))?;
    if is_on && left == Some(0) {
        ctx.ui().hint("`scw 2fa on --renew` makes new backup codes");
    }
    if args.check && !is_on {
        return Err(
            CliError::new(Kind::WithoutTwoFactor, "two-factor authentication is off")
                .hint("switch it on with `scw 2fa on`"),
        );
    }
    Ok(())
}

/// How many saved codes are unused; nothing where none are saved, or only in encrypted form.
fn codes_left(ctx: &Context, user: &UserId) -> Result<Option<usize>> {
    let file = ctx.codes_file(user)?;
    match file.load() {
        Ok(Some(codes)) => Ok(Some(codes.unused())),
        Ok(None) => {
            ctx.ui().hint("`scw 2fa on --renew` makes new backup codes");
            Ok(None)
        }
        Err(StoreError::Encrypted(path)) if is_void(ctx, &file)? => {
            ctx.ui().hint(&format!(
                "the encrypted backup codes in {} are void; `scw 2fa on --renew` makes new ones",
                path.display()
            ));
            Ok(None)
        }
        Err(StoreError::Encrypted(path)) => {
            ctx.ui().hint(&format!(
                "the backup codes are saved encrypted in {}",
                path.display()
            ));
            Ok(None)
        }
        Err(err) => {
            // The answer of the API is worth more than the count.
            ctx.ui().warn(&format!(
                "the saved backup codes could not be counted: {err}"
            ));
            Ok(None)
        }
    }
}
