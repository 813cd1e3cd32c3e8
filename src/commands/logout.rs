//! `scw logout`: forgets the login of a profile.

use serde_json::json;

use super::unprinted;
use crate::{
    cli::LogoutArgs,
    config::{Login, Profiles},
    context::Context,
    error::{CliError, Kind, Result},
    model::SecretKey,
};

/// Deletes the API key that the login made, then the local secret. The local secret goes even
/// where the server cannot be reached.
///
/// # Errors
/// [`Kind::Unreachable`] when the key may still be on the server, [`Kind::Keyring`] when the
/// secret could not be removed.
pub async fn run(ctx: &Context, args: LogoutArgs) -> Result<()> {
    let settings = ctx.settings()?;
    let profile = settings.profile.clone();
    if ctx.has_secret_variable() {
        ctx.ui()
            .warn("`SCW_SECRET_KEY` is set, and goes on being used until it is unset");
    }
    let Some(login) = settings.profiles.login(&profile).cloned() else {
        ctx.ui()
            .status(&format!("Nobody was logged in for the profile `{profile}`"));
        return done(ctx, false);
    };
    let deleted = if login.created_key.is_some() && !args.keep_key {
        delete_key(ctx, &login).await
    } else {
        Ok(())
    };
    ctx.with_store(login.storage, |store, profile| store.delete(profile))
        .await
        .map_err(|err| err.doing("remove the secret key from this machine"))?;
    Profiles::update(&settings.data_dir, |profiles| {
        profiles.profile_mut(&profile).login = None;
    })?;
    deleted?;
    ctx.ui()
        .status(&format!("Logged out of the profile `{profile}`"));
    done(ctx, true)
}

fn done(ctx: &Context, was_logged_in: bool) -> Result<()> {
    let data = json!({ "logged_out": true, "was_logged_in": was_logged_in });
    ctx.ui().result("", &data).map_err(|err| unprinted(&err))
}

/// Deletes the key on the server; a key that is gone already counts as deleted.
async fn delete_key(ctx: &Context, login: &Login) -> Result<()> {
    let secret = ctx
        .with_store(login.storage, |store, profile| store.get(profile))
        .await?;
    let account = ctx.account_of(login, &SecretKey::parse(&secret)?)?;
    match account
        .delete_own_key(login.access_key.as_ref())
        .await
        .map_err(CliError::from)
    {
        Err(err) if err.kind() == Kind::Unreachable => Err(err
            .doing("delete the API key of this login on the server")
            .and("the secret key was removed from this machine")
            .hint("delete the key in the console when the API answers again")),
        // A key that is revoked or gone cannot be deleted again.
        Ok(()) | Err(_) => Ok(()),
    }
}
