//! `scw 2fa recover`: which ways back in are open right now, for this machine.

use serde_json::json;

use super::settle::{Unasked, settle, void_if_off};
use crate::{
    commands::{
        codes_key::{is_void, key_at_hand},
        unprinted,
    },
    context::Context,
    error::{CliError, Kind, Result},
    model::{Dialect, UserFactors, UserId},
    store::{CodesFile, StoreError},
};

/// One way back in that is open.
struct Way {
    name: &'static str,
    says: String,
    command: Option<String>,
}

/// What the login of this machine tells.
enum Login {
    /// It works, and the account has a second factor.
    Works(UserFactors, Dialect),
    /// It works, and the account has no second factor: nothing stands in the way.
    FactorIsOff,
    /// There is none, or it does not work; a warning has said so.
    None,
}

/// Shows the ways that are open, the easiest first.
///
/// # Errors
/// When the saved codes cannot be looked at, or stdout does not take the result.
pub(super) async fn run(ctx: &Context) -> Result<()> {
    let login = check_login(ctx).await;
    let ways = match &login {
        Login::FactorIsOff => Vec::new(),
        Login::Works(now, _) => ways(ctx, Some(now)).await?,
        Login::None => ways(ctx, None).await?,
    };
    let mut text: Vec<String> = ways
        .iter()
        .enumerate()
        .map(|(at, way)| {
            let command = way.command.as_deref();
            let command = command
                .map(|command| format!("\n   {command}"))
                .unwrap_or_default();
            format!("{}. {}{command}", at + 1, way.says)
        })
        .collect();
    if matches!(login, Login::FactorIsOff) {
        text.push(
            "Two-factor authentication is off: your email and password are enough".to_owned(),
        );
    }
    let data: Vec<_> = ways
        .iter()
        .map(|way| {
            json!({
                "way": way.name,
                "open": true,
                "message": way.says,
                "command": way.command,
            })
        })
        .collect();
    ctx.ui()
        .result(&text.join("\n"), &json!({ "ways": data }))
        .map_err(|err| unprinted(&err))?;
    if let Login::Works(_, Dialect::Iam) = login {
        ctx.ui()
            .hint("to see whether somebody used a lost phone, run `scw 2fa events`");
    }
    Ok(())
}

async fn check_login(ctx: &Context) -> Login {
    let found = match ctx.authed().await {
        Ok(authed) => match authed.user_factors().await {
            Ok(now) if !now.factors.none() => {
                let dialect = authed.credential().target().dialect;
                return Login::Works(now, dialect);
            }
            Ok(now) => {
                let (account, user) = (authed.account(), &now.user.id);
                let settled = settle(ctx, Some(account), user, Unasked::Warn).await;
                if let Err(err) = settled.and(void_if_off(ctx, account, user).await) {
                    ctx.ui().warn(&err.to_string());
                }
                return Login::FactorIsOff;
            }
            Err(err) => CliError::from(err),
        },
        Err(err) => err,
    };
    if found.kind() != Kind::NotLoggedIn {
        ctx.ui()
            .warn(&format!("the login of this machine does not work: {found}"));
    }
    Login::None
}

async fn ways(ctx: &Context, login: Option<&UserFactors>) -> Result<Vec<Way>> {
    let mut ways = Vec::new();
    if let Some(now) = login {
        ways.push(Way {
            name: "login",
            says: "This machine is logged in. Turn two-factor authentication off, or move to a new phone with `scw 2fa on --renew`".to_owned(),
            command: Some("scw 2fa off".to_owned()),
        });
        if !now.factors.known_passkeys().is_empty() {
            ways.push(Way {
                name: "passkey",
                says: "Sign in with a passkey in the browser".to_owned(),
                command: Some("scw login --web".to_owned()),
            });
        }
    }
    let users = users_here(ctx)?;
    saved_codes(ctx, &users, &mut ways).await?;
    // The administrator needs an id: that of the login, else of the only user this machine knows.
    let id = match (login, &users[..]) {
        (Some(now), _) => Some(&now.user.id),
        (None, [only]) => Some(only),
        (None, _) => None,
    };
    ways.push(Way {
        name: "administrator",
        says: "Ask another owner or administrator of the organization to turn it off for you"
            .to_owned(),
        command: id.map(|id| format!("scw 2fa off --user {id}")),
    });
    ways.push(Way {
        name: "support",
        says:
            "Ask Scaleway's support. They will check your identity. Support will never ask for your codes"
                .to_owned(),
        command: None,
    });
    Ok(ways)
}

/// The users that this machine knows, each once.
fn users_here(ctx: &Context) -> Result<Vec<UserId>> {
    let known = ctx.local()?.record()?.known_users();
    let mut users: Vec<UserId> = Vec::new();
    for user in known
        .into_iter()
        .chain(CodesFile::users(&ctx.settings()?.data))
    {
        if !users.contains(&user) {
            users.push(user);
        }
    }
    Ok(users)
}

/// Adds the ways that saved backup codes open.
async fn saved_codes(ctx: &Context, users: &[UserId], ways: &mut Vec<Way>) -> Result<()> {
    let mut left = 0;
    let mut encrypted = Vec::new();
    for user in users {
        settle(ctx, None, user, Unasked::Warn).await?;
        let file = ctx.codes_file(user)?;
        if is_void(ctx, &file)? {
            continue;
        }
        let key = key_at_hand(ctx, &file).await;
        match file.load(key.as_ref()) {
            Ok(Some(codes)) => left += codes.unused(),
            Err(StoreError::Encrypted { path, .. }) => encrypted.push(Way {
                name: "encrypted_codes",
                says: format!(
                    "Encrypted backup codes are saved in {}. Sign in with one of them and the key that opens them",
                    path.display()
                ),
                command: Some("scw 2fa off --backup-code --identity KEY-FILE".to_owned()),
            }),
            Ok(None) | Err(_) => {}
        }
    }
    if left > 0 {
        let saved = format!("{left} unused backup codes are saved on this machine");
        ways.push(Way {
            name: "saved_codes",
            says: format!(
                "{saved}. Sign in with one of them and turn two-factor authentication off"
            ),
            command: Some("scw 2fa off --backup-code".to_owned()),
        });
        ways.push(Way {
            name: "login_with_saved_code",
            says: format!("{saved}. Log in: an empty line at the code prompt uses one of them"),
            command: Some("scw login".to_owned()),
        });
    }
    ways.extend(encrypted);
    Ok(())
}
