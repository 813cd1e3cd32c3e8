//! `scw login`.

mod password;
mod token;
mod web;

use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::{rfc3339, unprinted};
use crate::{
    cli::LoginArgs,
    config::{Login, Profiles},
    context::Context,
    error::{CliError, Result},
    model::{SecretKey, StorageKind, clean},
};

/// Logs in, in one of the four ways.
///
/// # Errors
/// As cli.md says; nothing is kept then.
pub async fn run(ctx: &Context, args: LoginArgs) -> Result<()> {
    if args.with_token || args.from_config {
        token::run(ctx, &args).await
    } else if args.web {
        web::run(ctx, &args).await
    } else {
        password::run(ctx, &args).await
    }
}

/// Where the secret of this login is to be kept.
fn storage(ctx: &Context, args: &LoginArgs) -> Result<StorageKind> {
    Ok(args
        .storage
        .or(ctx.settings()?.storage)
        .unwrap_or(StorageKind::Keyring))
}

/// Says who is logged in now.
fn report(ctx: &Context, login: &Login) -> Result<()> {
    let profile = &ctx.settings()?.profile;
    let ui = ctx.ui();
    if login.storage == StorageKind::File {
        ui.warn("the secret key is kept in a file in plain text, which only you can read");
    }
    if ctx.has_secret_variable() {
        ui.warn("`SCW_SECRET_KEY` is set, and is used instead of this login until it is unset");
    }
    let email = clean(&login.email);
    ui.status(&format!(
        "Logged in as {email} for the profile `{profile}`; the secret key is kept in the {}",
        login.storage
    ));
    let data = json!({
        "email": email,
        "user_id": login.user_id,
        "organization_id": clean(&login.organization_id),
        "access_key": login.access_key,
        "profile": profile.as_str(),
        "storage": login.storage,
        "expires_at": login.expires_at.map(rfc3339),
    });
    ui.result("", &data).map_err(|err| unprinted(&err))
}

/// Keeps the secret, then the record of it: a login that is cut in between is no login.
/// `settled` are descriptions of keys that need no more looking after.
async fn keep(ctx: &Context, secret: &SecretKey, login: &Login, settled: &[String]) -> Result<()> {
    keep_in_place(ctx, secret, login, settled)
        .await
        .map_err(|err| err.doing("keep the secret key"))
}

async fn keep_in_place(
    ctx: &Context,
    secret: &SecretKey,
    login: &Login,
    settled: &[String],
) -> Result<()> {
    let settings = ctx.settings()?;
    let profile = settings.profile.clone();
    // Proves that the record can be written before the secret goes anywhere.
    Profiles::check_writable(&settings.data_dir)?;
    // Read while it is still there: the new secret takes its place.
    let old_secret = match settings.profiles.login(&profile) {
        Some(before) if before.created_key.is_some() => ctx
            .with_store(before.storage, |store, profile| store.get(profile))
            .await
            .ok()
            .and_then(|secret| SecretKey::parse(&secret).ok()),
        _ => None,
    };
    let text = SecretString::from(secret.expose());
    ctx.with_store(login.storage, move |store, profile| {
        store.set(profile, &text)?;
        match store.get(profile) {
            Ok(back) if back.expose_secret() == text.expose_secret() => Ok(()),
            Ok(_) | Err(_) => Err(crate::store::StoreError::Failed(
                "it does not give back what it was given".to_owned(),
            )),
        }
    })
    .await?;
    let before = Profiles::update(&settings.data_dir, |profiles| {
        let entry = profiles.profile_mut(&profile);
        entry.user_id = Some(login.user_id.clone());
        entry.pending_keys.retain(|key| !settled.contains(key));
        let before = entry.login.replace(login.clone());
        // Until it is deleted, the key of the login before is one that nobody has the secret of.
        if let Some(key) = before
            .as_ref()
            .and_then(|before| before.created_key.clone())
        {
            entry.pending_keys.push(key);
        }
        profiles.user_mut(&login.user_id).email = Some(login.email.clone());
        before
    })?;
    if let Some(before) = before {
        tidy_up(ctx, &before, old_secret, login.storage).await;
    }
    Ok(())
}

/// Removes what is left of the login before: its key on the server, where that login made it,
/// and its secret, where it lies in another place.
async fn tidy_up(
    ctx: &Context,
    before: &Login,
    old_secret: Option<SecretKey>,
    storage: StorageKind,
) {
    let outcome = async {
        if before.storage != storage {
            ctx.with_store(before.storage, |store, profile| store.delete(profile))
                .await?;
        }
        if let (Some(secret), Some(description)) = (old_secret, &before.created_key) {
            let account = ctx.account_of(before, &secret)?;
            account.delete_own_key(before.access_key.as_ref()).await?;
            let settings = ctx.settings()?;
            Profiles::settle(&settings.data_dir, &settings.profile, description)?;
        }
        Ok::<_, CliError>(())
    };
    if let Err(err) = outcome.await {
        ctx.ui().warn(&format!(
            "what is left of the login before could not be removed: {err}"
        ));
    }
}
