//! `scw 2fa recover`: which ways back in are open right now, for this machine.

use serde_json::json;

use super::settle::{Unasked, is_void, settle, void_if_off};
use crate::{
    commands::unprinted,
    context::Context,
    error::{CliError, Kind, Result},
    store::{CodesFile, StoreError},
};

/// One way back in.
struct Way {
    name: &'static str,
    open: bool,
    says: String,
    command: Option<&'static str>,
}

/// Shows the ways, the easiest first. A way that cannot be looked at counts as closed.
///
/// # Errors
/// When stdout does not take the result.
pub(super) async fn run(ctx: &Context) -> Result<()> {
    let ways = [
        login(ctx).await,
        saved_codes(ctx).await?,
        administrator(),
        support(),
    ];
    let text: Vec<String> = ways
        .iter()
        .enumerate()
        .map(|(at, way)| {
            let state = if way.open { "open" } else { "closed" };
            let command = way
                .command
                .filter(|_| way.open)
                .map(|command| format!("\n     run: {command}"))
                .unwrap_or_default();
            format!("{}. [{state}] {}{command}", at + 1, way.says)
        })
        .collect();
    let data: Vec<_> = ways
        .iter()
        .map(|way| {
            json!({
                "way": way.name,
                "open": way.open,
                "message": way.says,
                "command": way.command.filter(|_| way.open),
            })
        })
        .collect();
    ctx.ui()
        .result(&text.join("\n"), &json!({ "ways": data }))
        .map_err(|err| unprinted(&err))
}

async fn login(ctx: &Context) -> Way {
    let (open, says) = match ctx.authed().await {
        Ok(authed) => match authed.user_factors().await.map_err(CliError::from) {
            Ok(now) => {
                if !now.factors.any()
                    && let Err(err) = void_if_off(ctx, authed.account(), &now.user.id).await
                {
                    ctx.ui().warn(&err.to_string());
                }
                (true, "This machine is logged in".to_owned())
            }
            Err(err) if err.kind() == Kind::Unreachable => (
                false,
                format!("This machine is logged in, and the API cannot be asked: {err}"),
            ),
            Err(err) => (
                false,
                format!("This machine was logged in, and the API refuses its key: {err}"),
            ),
        },
        Err(err) if err.kind() == Kind::NotLoggedIn => {
            (false, "This machine is not logged in".to_owned())
        }
        Err(err) => (
            false,
            format!("The login of this machine cannot be used: {err}"),
        ),
    };
    Way {
        name: "login",
        open,
        says,
        command: Some("scw 2fa off"),
    }
}

async fn saved_codes(ctx: &Context) -> Result<Way> {
    let mut left = 0;
    let mut encrypted = None;
    let users = ctx
        .local()?
        .record()?
        .known_users()
        .into_iter()
        .chain(CodesFile::users(&ctx.settings()?.data));
    let mut seen = Vec::new();
    for user in users {
        if seen.contains(&user) {
            continue;
        }
        settle(ctx, None, &user, Unasked::Warn).await?;
        let file = ctx.codes_file(&user)?;
        match file.load() {
            Ok(Some(codes)) => left += codes.unused(),
            Err(StoreError::Encrypted(_)) if is_void(ctx, &file)? => {}
            Err(StoreError::Encrypted(path)) => encrypted = Some(path),
            Ok(None) | Err(_) => {}
        }
        seen.push(user);
    }
    let says = match (left, encrypted) {
        (0, Some(path)) => format!(
            "Backup codes are saved here, encrypted, in {}: decrypt one and use `--backup-code-file`",
            path.display()
        ),
        (0, None) => "No unused backup codes are saved on this machine".to_owned(),
        (left, _) => format!("{left} unused backup codes are saved on this machine"),
    };
    Ok(Way {
        name: "saved_codes",
        open: left > 0,
        says,
        command: Some("scw 2fa off --backup-code"),
    })
}

/// Whether there is another administrator cannot be asked by somebody who is locked out.
fn administrator() -> Way {
    Way {
        name: "administrator",
        open: true,
        says: "Another owner or administrator of the organization can switch it off for you"
            .to_owned(),
        command: Some("scw 2fa off --user YOUR-USER-ID   (run by the administrator)"),
    }
}

fn support() -> Way {
    Way {
        name: "support",
        open: true,
        says: "Scaleway's support can switch it off after it has checked who you are".to_owned(),
        command: None,
    }
}
