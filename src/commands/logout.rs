//! `scw logout`: ends the login of a profile.

use serde_json::json;

use super::unprinted;
use crate::{
    api::{Account, ApiError},
    cli::LogoutArgs,
    config::Login,
    context::Context,
    credentials::{self, Ended, Ending},
    error::{CliError, Kind, Result},
    model::AccessKey,
};

/// Deletes the API key that the login created, then the local secret: the secret even where the key
/// cannot be deleted. A note then tells the next login to delete the key.
///
/// # Errors
/// [`Kind::Unreachable`] or [`Kind::Refused`] when the key may still be on the server,
/// [`Kind::Keyring`] when the secret could not be read or removed.
pub(crate) async fn run(ctx: &Context, args: LogoutArgs) -> Result<()> {
    let profile = &ctx.settings()?.profile;
    if credentials::has_secret_variable() {
        ctx.ui()
            .warn("`SCW_SECRET_KEY` is set; scw uses it until you unset it");
    }
    // What has begun on the server is finished here.
    let uninterruptible = ctx.interrupt().protect("");
    let revoke = async |ending: Ending| {
        if ending.login.created_key.is_none() || args.keep_key {
            return (Ok(()), true);
        }
        if let Some(by) = &ending.used_by {
            ctx.ui().note(&format!(
                "The API key of this login was kept: profile `{by}` uses it"
            ));
            return (Ok(()), true);
        }
        uninterruptible.now("deleting the API key of this login");
        let deleted = async {
            let credential = ending.credential?;
            let account = ctx.clients().account(&credential)?;
            delete_key(&*account, credential.access_key()).await
        }
        .await
        .map_err(|err: CliError| still_alive(&ending.login, &err));
        let gone = deleted.is_ok();
        (deleted, gone)
    };
    match credentials::forget(ctx.local()?, profile, args.keep_key, revoke).await? {
        None => {
            ctx.ui()
                .status(&format!("Not logged in (profile {profile})"));
            done(ctx, false)
        }
        Some(Ended { key, secret }) => {
            match (key, secret) {
                (Ok(()), Ok(())) => {}
                (Err(key), Ok(())) => {
                    return Err(key.and("The secret key was removed from this machine"));
                }
                (Ok(()), Err(secret)) => {
                    return Err(secret.and("You are logged out"));
                }
                (Err(key), Err(secret)) => {
                    return Err(key
                        .and(&format!(
                            "The secret key is still on this machine: {secret}"
                        ))
                        .hint("the next `scw` command removes the secret key"));
                }
            }
            ctx.ui().status(&format!("Logged out (profile {profile})"));
            done(ctx, true)
        }
    }
}

fn done(ctx: &Context, changed: bool) -> Result<()> {
    let data = json!({
        "logged_out": true,
        "was_logged_in": changed,
        "changed": changed,
    });
    ctx.ui().result("", &data).map_err(|err| unprinted(&err))
}

/// The failure to delete a key, with the name of the key and what to do.
fn still_alive(login: &Login, err: &CliError) -> CliError {
    let name = match (&login.access_key, &login.created_key) {
        (Some(key), _) => key.to_string(),
        (None, Some(description)) => format!("\"{description}\""),
        (None, None) => "of this login".to_owned(),
    };
    let kind = match err.kind() {
        Kind::Unreachable => Kind::Unreachable,
        Kind::Refused => Kind::Refused,
        // Its secret is missing or malformed.
        _ => Kind::Other,
    };
    CliError::new(kind, err.to_string())
        .doing(format!("delete the API key {name}"))
        .and("The API key may still work")
        .hint("delete the key in the console, or run `scw login`, which deletes it")
}

/// Deletes the key in use; one that is gone already counts as deleted. Where the answer is unclear,
/// asks the service whether the key still works.
///
/// # Errors
/// [`Kind::Refused`] and [`Kind::Unreachable`]: the key may still be there.
pub(super) async fn delete_key(
    account: &dyn Account,
    access_key: Option<&AccessKey>,
) -> Result<()> {
    let Err(err) = account.delete_own_key(access_key).await else {
        return Ok(());
    };
    if err.key_is_gone() {
        return Ok(());
    }
    if err.outcome_unknown()
        && let Err(asked) = account.own_key(access_key).await
        && asked.key_is_gone()
    {
        return Ok(());
    }
    Err(match err {
        err @ ApiError::Precondition { .. } => {
            CliError::new(Kind::Refused, err.to_string()).hint("try again later")
        }
        err => err.into(),
    })
}
