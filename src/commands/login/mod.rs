//! `scw login`.

mod left_over;
mod make;
mod password;
mod token;
mod web;

use serde_json::json;

use super::unprinted;
use crate::{
    cli::LoginArgs,
    config::{Kept, Login, Target},
    context::Context,
    credentials::{self, PendingNote, Replaced},
    error::{CliError, Kind, Result},
    model::{StorageKind, User, clean, rfc3339},
};

/// Logs in, in one of the four ways.
///
/// # Errors
/// As cli.md says; nothing is kept then.
pub(crate) async fn run(ctx: &Context, args: LoginArgs) -> Result<()> {
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

/// The login of a user, with a key of which nothing more is known.
fn new_login(kept: Kept, target: &Target, user: &User) -> Login {
    Login {
        kept,
        api: target.dialect,
        api_url: target.origin.clone(),
        access_key: None,
        user_id: user.id.clone(),
        email: user.email.clone(),
        organization_id: user.organization_id.clone(),
        project_id: None,
        created_key: None,
        expires_at: None,
    }
}

/// Says who is logged in now.
fn report(ctx: &Context, login: &Login) -> Result<()> {
    let profile = &ctx.settings()?.profile;
    let ui = ctx.ui();
    let storage = login.kept.storage;
    if storage == StorageKind::File {
        ui.warn("the secret key is kept in a file in plain text, which only you can read");
    }
    if credentials::has_secret_variable() {
        ui.warn("`SCW_SECRET_KEY` is set, and is used instead of this login until it is unset");
    }
    let email = clean(&login.email);
    ui.status(&format!(
        "Logged in as {email} for the profile `{profile}`; the secret key is kept in the {storage}"
    ));
    let data = json!({
        "email": email,
        "user_id": login.user_id,
        "organization_id": clean(&login.organization_id),
        "access_key": login.access_key,
        "profile": profile.as_str(),
        "storage": storage,
        "expires_at": login.expires_at.map(rfc3339),
    });
    ui.result("", &data).map_err(|err| unprinted(&err))
}

/// Deletes the key of the login whose place this one took. Where that fails its note stays, and
/// the next login tries again.
async fn delete_replaced(ctx: &Context, replaced: Replaced) {
    let (credential, note) = match replaced {
        Replaced::Nothing => return,
        Replaced::InUse { by } => {
            return ctx.ui().note(&format!(
                "The key of the login before stays: the profile `{by}` uses it"
            ));
        }
        Replaced::Abandoned(key) => (key.credential, key.note),
    };
    let name = note.key.shown();
    let deleted = async {
        let Some(credential) = credential else {
            return Err(CliError::new(Kind::Other, "its secret could not be read"));
        };
        let account = ctx.clients().account(&credential)?;
        super::logout::delete_key(&*account, credential.access_key()).await
    };
    match deleted.await {
        Ok(()) => settle(ctx, note),
        Err(err) => {
            ctx.ui().warn(&format!(
                "the key {name} of the login before could not be deleted: {err}; the next `scw login` tries again"
            ));
            note.leave();
        }
    }
}

/// Takes a note away. One that stays costs the next login a question, and nothing else.
fn settle(ctx: &Context, note: PendingNote) {
    if let Err(err) = note.settle() {
        ctx.ui().warn(&err.to_string());
    }
}
