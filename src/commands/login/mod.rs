//! `scw login`.

mod from_config;
mod left_over;
mod make;
mod password;
mod renew;
mod token;
mod web;

use serde_json::{Value, json};

use super::{new_key::settle, unprinted};
use crate::{
    cli::LoginArgs,
    config::{Kept, Login, Target},
    context::Context,
    credentials::{self, Replaced},
    error::{CliError, Kind, Result},
    model::{ProfileName, SecretName, Slot, StorageKind, User, clean, rfc3339},
    store,
};

/// Logs in, in one of four ways, or replaces the key of the login.
///
/// # Errors
/// As cli.md says; nothing is saved then.
pub(crate) async fn run(ctx: &Context, args: LoginArgs) -> Result<()> {
    if args.renew {
        return renew::run(ctx, &args).await;
    }
    let way = way(&args);
    in_form(ctx, args).await.map_err(|err| err.for_login(&way))
}

/// The options that say how to log in.
fn way(args: &LoginArgs) -> String {
    let options = [
        (args.web, "--web"),
        (args.with_token, "--with-token"),
        (args.from_config, "--from-config"),
        (args.all, "--all"),
        (args.scrub, "--scrub"),
    ];
    let given = options
        .into_iter()
        .filter_map(|(is, name)| is.then_some(name));
    given.collect::<Vec<_>>().join(" ")
}

async fn in_form(ctx: &Context, args: LoginArgs) -> Result<()> {
    check_storage(ctx, &args).await?;
    if args.from_config {
        from_config::run(ctx, &args).await
    } else if args.with_token {
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

/// Checks that the secret key can be stored before anything is asked: a missing keyring must not
/// show only after email, password and code were typed.
async fn check_storage(ctx: &Context, args: &LoginArgs) -> Result<()> {
    let name = SecretName::of(&ctx.settings()?.profile, Slot::First);
    let storage = storage(ctx, args)?;
    let local = ctx.local()?;
    let checked = async {
        let key = local.sealing_key(storage).await?;
        Ok::<_, CliError>(
            local
                .with_store(storage, key, move |store| store.check(&name))
                .await?,
        )
    };
    checked.await.map_err(|err| err.doing("log in"))
}

/// The login of a user, with a key of which nothing more is known.
fn new_login(kept: Kept, target: &Target, user: &User, organization_name: Option<String>) -> Login {
    Login {
        kept,
        api: target.dialect,
        api_url: target.origin.clone(),
        access_key: None,
        user_id: user.id.clone(),
        email: user.email.clone(),
        organization_id: user.organization_id.clone(),
        organization_name,
        project_id: None,
        created_key: None,
        expires_at: None,
    }
}

/// Says who is logged in now in this profile, and where the secret key is.
fn report(ctx: &Context, profile: &ProfileName, login: &Login) -> Result<()> {
    let ui = ctx.ui();
    let storage = login.kept.storage;
    let location = location(ctx, profile, login)?;
    let email = clean(&login.email);
    ui.status(&format!(
        "Logged in as {}",
        super::whom(&email, login.organization(), profile)
    ));
    match storage {
        StorageKind::Keyring => ui.status(&format!(
            "The secret key is in the keyring as \"{location}\""
        )),
        StorageKind::Encrypted => {
            ui.status(&format!("The secret key is encrypted in {location}"));
        }
        StorageKind::File => ui.warn(&format!(
            "the secret key is stored unencrypted in {location}; only you can read it"
        )),
    }
    warn_of_variable(ctx);
    let document = document(ctx, profile, login)?;
    ui.result("", &document).map_err(|err| unprinted(&err))
}

/// Says that the secret key of the environment comes before every login.
fn warn_of_variable(ctx: &Context) {
    if credentials::has_secret_variable() {
        ctx.ui()
            .warn("`SCW_SECRET_KEY` is set and overrides this login; unset it to use the login");
    }
}

/// Where the secret key of a login is, for people.
fn location(ctx: &Context, profile: &ProfileName, login: &Login) -> Result<String> {
    let data = &ctx.settings()?.data;
    let name = login.kept.name(profile);
    Ok(store::location(login.kept.storage, data, &name))
}

/// A login in `-o json`.
fn document(ctx: &Context, profile: &ProfileName, login: &Login) -> Result<Value> {
    Ok(json!({
        "email": clean(&login.email),
        "user_id": login.user_id,
        "organization_id": clean(&login.organization_id),
        "organization_name": login.organization_name,
        "access_key": login.access_key,
        "profile": profile.as_str(),
        "storage": login.kept.storage,
        "secret_location": location(ctx, profile, login)?,
        "expires_at": login.expires_at.map(rfc3339),
    }))
}

/// Deletes the key of the login that this one replaced. Where that fails its note stays, and the
/// next login tries again.
async fn delete_replaced(ctx: &Context, replaced: Replaced) {
    let (credential, note) = match replaced {
        Replaced::Nothing => return,
        Replaced::InUse { by } => {
            return ctx.ui().note(&format!(
                "The API key of the previous login was kept: profile `{by}` uses it"
            ));
        }
        Replaced::Abandoned(key) => (key.credential, key.note),
    };
    let name = note.key.shown();
    let deleted = async {
        let Some(credential) = credential else {
            return Err(CliError::new(Kind::Other, "its secret key is not readable"));
        };
        let account = ctx.clients().account(&credential)?;
        super::logout::delete_key(&*account, credential.access_key()).await
    };
    match deleted.await {
        Ok(()) => settle(ctx, note),
        Err(err) => {
            ctx.ui().warn(&format!(
                "could not delete the key {name} of the previous login: {err}; the next `scw login` tries again"
            ));
            note.leave();
        }
    }
}
