//! `scw 2fa status`.

use serde_json::json;

use super::{
    factors::lines,
    settle::{Unasked, settle, void_if_off},
};
use crate::{
    cli::StatusArgs,
    commands::{
        codes_key::{is_void, key_at_hand},
        on_off,
        side_by_side::beside,
        unprinted,
    },
    context::Context,
    error::{CliError, Kind, Result},
    model::{Dialect, UserFactors, UserId, day, rfc3339},
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
    let read = async {
        let id = authed.user_id().await?;
        // A side question: its failure does not hide the answer to the main one.
        let required_by = account.two_factor_required_by(&id);
        beside(account.user_factors(&id), required_by).await
    };
    let (UserFactors { user, factors }, required_by) =
        read.await.map_err(CliError::from).map_err(doing)?;
    settle(ctx, Some(account), &user.id, Unasked::Leave).await?;
    let is_on = factors.any();
    let (left, saved) = if factors.none() {
        void_if_off(ctx, account, &user.id).await?;
        (None, None)
    } else {
        saved_codes(ctx, &user.id).await?
    };
    let mut shown = vec![if is_on || factors.none() {
        format!("Two-factor authentication is {}", on_off(is_on))
    } else {
        "Two-factor authentication is off, or on with passkeys alone".to_owned()
    }];
    shown.extend(lines(&factors).iter().map(|line| format!("  {line}")));
    if authed.credential().target().dialect == Dialect::Account {
        shown.push("  passkeys: unknown (the 2017 API does not know them)".to_owned());
    }
    shown.extend(saved.map(|saved| format!("Backup codes saved here: {saved}")));
    match &required_by {
        Ok(Some(_)) if is_on => shown.push("Your organization requires it".to_owned()),
        Ok(Some(date)) => shown.push(format!(
            "Your organization requires it by {}",
            day(*date, Context::now())
        )),
        Ok(None) => {}
        Err(_) => {
            shown.push("scw could not find out whether your organization requires it".to_owned());
        }
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
    if args.check && !is_on {
        return Err(
            CliError::new(Kind::WithoutTwoFactor, "two-factor authentication is off")
                .hint("to turn it on, run `scw 2fa on`"),
        );
    }
    Ok(())
}

/// How many saved codes are unused, where they can be counted, and how to say it.
async fn saved_codes(ctx: &Context, user: &UserId) -> Result<(Option<usize>, Option<String>)> {
    const RENEW: &str = "to make new backup codes, run `scw 2fa on --renew`";
    let file = ctx.codes_file(user)?;
    if is_void(ctx, &file)? {
        ctx.ui().hint(RENEW);
        let path = file.path().display();
        return Ok((None, Some(format!("void, encrypted in {path}"))));
    }
    let key = key_at_hand(ctx, &file).await;
    Ok(match file.load(key.as_ref()) {
        Ok(Some(codes)) => {
            let left = codes.unused();
            if left == 0 {
                ctx.ui().hint(RENEW);
            }
            (Some(left), Some(format!("{left} unused")))
        }
        Ok(None) => {
            ctx.ui().hint(RENEW);
            (None, Some("none".to_owned()))
        }
        Err(StoreError::Encrypted { path, .. }) => {
            (None, Some(format!("encrypted in {}", path.display())))
        }
        Err(err) => {
            // The answer of the API is worth more than the count.
            ctx.ui()
                .warn(&format!("could not count the saved backup codes: {err}"));
            (None, None)
        }
    })
}
