//! `scw 2fa status`.

use serde_json::json;

use super::settle::{Unasked, is_void, settle, void_if_off};
use crate::{
    cli::StatusArgs,
    commands::{on_off, unprinted},
    context::Context,
    error::{CliError, Kind, Result},
    model::{UserId, rfc3339},
    store::StoreError,
};

/// Shows whether two-factor authentication is on.
///
/// # Errors
/// [`Kind::WithoutTwoFactor`] with `--check` when it is off; else as for every command that needs
/// a login.
pub(super) async fn run(ctx: &Context, args: StatusArgs) -> Result<()> {
    let authed = ctx.authed().await?;
    let doing = |err: CliError| err.doing("look at the account");
    let account = authed.account();
    let user = authed.user().await.map_err(CliError::from).map_err(doing)?;
    settle(ctx, Some(account), &user.id, Unasked::Leave).await?;
    // A side question: its failure does not hide the answer to the main one.
    let required_by = account.two_factor_required_by(&user.id).await;
    let left = if user.two_factor {
        codes_left(ctx, &user.id)?
    } else {
        void_if_off(ctx, account, &user.id).await?;
        None
    };
    let mut lines = vec![format!(
        "two-factor authentication is {}",
        on_off(user.two_factor)
    )];
    match left {
        Some(left) if user.two_factor => {
            lines.push(format!("unused backup codes saved here: {left}"));
        }
        None if user.two_factor => lines.push("no backup codes are saved here".to_owned()),
        _ => {}
    }
    match &required_by {
        Ok(Some(date)) => {
            lines.push(format!(
                "the organization requires it by {}",
                rfc3339(*date)
            ));
        }
        Ok(None) => {}
        Err(_) => lines.push("whether the organization requires it is unknown".to_owned()),
    }
    let data = json!({
        "two_factor": on_off(user.two_factor),
        "user_id": user.id,
        "backup_codes_left": left,
        "required_by": required_by.ok().flatten().map(rfc3339),
    });
    ctx.ui()
        .result(&lines.join("\n"), &data)
        .map_err(|err| unprinted(&err))?;
    if user.two_factor && left == Some(0) {
        ctx.ui().hint("`scw 2fa on --renew` makes new backup codes");
    }
    if args.check && !user.two_factor {
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
