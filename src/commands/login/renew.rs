//! `scw login --renew`: a new key in place of the present one, which is deleted last.

use super::{delete_replaced, left_over::LeftOver, make::description, report};
use crate::{
    api::{Account, ApiError, CreatedKey, NewKey},
    cli::LoginArgs,
    commands::new_key::{after_lost_answer, delete_described, end_of_key, settle},
    config::Login,
    context::Context,
    credentials::{self, Credential, PendingKey, PendingNote, Source},
    error::{CliError, Kind, LOGIN_HINT, Result},
    model::{Dialect, User},
};

/// Replaces the key of the login by a new one. The new key is stored and proven to work before the
/// old one is deleted; until then the login is the old one.
///
/// # Errors
/// [`Kind::NotLoggedIn`] without a login, [`Kind::Usage`] where its API makes no key from a key,
/// [`Kind::Refused`] where the key does not work any more. The login is then unchanged.
pub(super) async fn run(ctx: &Context, args: &LoginArgs) -> Result<()> {
    let login = renew(ctx, args)
        .await
        .map_err(|err| err.doing("renew the API key"))?;
    report(ctx, &ctx.settings()?.profile, &login)
}

fn login_of(ctx: &Context) -> Result<Login> {
    let profile = &ctx.settings()?.profile;
    let record = ctx.local()?.record()?;
    record.login(profile).cloned().ok_or_else(|| {
        CliError::new(
            Kind::NotLoggedIn,
            format!("profile `{profile}` has no login"),
        )
        .hint(LOGIN_HINT)
    })
}

async fn renew(ctx: &Context, args: &LoginArgs) -> Result<Login> {
    if credentials::has_secret_variable() {
        return Err(CliError::usage(
            "`SCW_SECRET_KEY` is set, and scw renews the key of a login only",
        )
        .hint("unset `SCW_SECRET_KEY` and `SCW_ACCESS_KEY`, then run the command again"));
    }
    let local = ctx.local()?;
    let profile = &ctx.settings()?.profile;
    let uninterruptible = ctx.interrupt().protect("");
    let seen = login_of(ctx)?;
    // A person may be asked for both, and must not keep other runs waiting.
    local.open_early(profile, seen.kept).await?;
    let storage = args.storage.unwrap_or(seen.kept.storage);
    let sealing_key = local.sealing_key(storage).await?;
    let lock = credentials::lock_login(local, profile).await?;
    let before = login_of(ctx)?;
    if !before.is_same(&seen) {
        ctx.ui().note(
            "Another scw replaced the key of this login a moment ago, so scw did not replace it again",
        );
        return Ok(before);
    }
    let credential = ctx.credential().await?;
    if !matches!(credential.source(), Source::Saved(_)) {
        return Err(CliError::new(Kind::NotLoggedIn, "the login has ended").hint(LOGIN_HINT));
    }
    if credential.target().dialect == Dialect::Account {
        return Err(ApiError::NoNewKey.into());
    }
    let account = ctx.clients().account(&credential)?;
    // A key that does not work any more is found out here.
    let user = account.user(&before.user_id).await?;
    let (note, key) = create(ctx, args, &*account, &before).await?;
    uninterruptible.now("storing the new secret key");
    let kept = credentials::keep_locked(
        local,
        profile,
        &lock,
        (&key.secret, sealing_key),
        storage,
        |kept| Login {
            kept,
            access_key: key.access_key.clone(),
            project_id: key.project_id.clone(),
            created_key: Some(note.key.description.clone()),
            expires_at: key.expires_at,
            ..before.clone()
        },
        async |new| prove(ctx, &new, &before).await,
    )
    .await;
    let (login, replaced) = match kept {
        Ok(kept) => kept,
        Err(err) => return Err(withdraw(&*account, &before, note, &key, err).await),
    };
    settle(ctx, note);
    if let Some(new) = &login.access_key {
        ctx.ui()
            .status(&format!("Renewed the API key: the login uses {new} now"));
    }
    uninterruptible.now("deleting the old API key");
    if before.created_key.is_none() {
        let name = before
            .access_key
            .as_ref()
            .map_or_else(String::new, |key| format!(" {key}"));
        ctx.ui().note(&format!(
            "The API key{name} was kept: it is older than this login. Delete it in the console if nothing else uses it"
        ));
    }
    delete_replaced(ctx, replaced).await;
    drop(lock);
    if !ctx.interrupt().is_requested() {
        delete_left_over(ctx, &login, &user).await?;
    }
    Ok(login)
}

/// Creates the new key with the present one. Its note is written first, so that a later login finds
/// the key should this run be killed.
async fn create(
    ctx: &Context,
    args: &LoginArgs,
    account: &dyn Account,
    before: &Login,
) -> Result<(PendingNote, CreatedKey)> {
    let asked = args.expires.unwrap_or_default();
    let longest = account.longest_key_s(&before.organization_id).await?;
    let ends = end_of_key(ctx, account, longest, asked);
    let note = PendingNote::write(
        ctx.local()?,
        PendingKey::of_login(description(ctx)?, before),
    )?;
    if ctx.interrupt().is_requested() {
        settle(ctx, note);
        return Err(CliError::interrupted());
    }
    ctx.interrupt().now("creating the new API key");
    let new = NewKey {
        description: note.key.description.clone(),
        expires_at: ends,
        project_id: before.project_id.clone(),
    };
    match account.create_key(&before.user_id, &new).await {
        Ok(key) => Ok((note, key)),
        Err(err) if err.outcome_unknown() => {
            let hint = "run `scw login --renew` again: it deletes that key";
            let owner = (&before.user_id, before.organization_id.as_str());
            Err(after_lost_answer(account, owner, note, err.into(), hint).await)
        }
        Err(err) => {
            settle(ctx, note);
            Err(CliError::from(err).and("The login is unchanged"))
        }
    }
}

/// Makes sure that the new key works and is the same user's, with its secret as the store gives it
/// back.
async fn prove(ctx: &Context, new: &Credential, before: &Login) -> Result<()> {
    let account = ctx.clients().account(new)?;
    let key = account.own_key(new.access_key()).await.map_err(|err| {
        CliError::from(err)
            .doing("use the new API key")
            .hint_for_refused_key("run `scw login --renew` again")
    })?;
    if key.user_id != before.user_id {
        return Err(
            CliError::new(Kind::Other, "the new API key belongs to another user")
                .hint("run `scw login`"),
        );
    }
    Ok(())
}

/// Deletes a new key that could not be stored or does not work. The login is still the old one.
async fn withdraw(
    account: &dyn Account,
    before: &Login,
    note: PendingNote,
    key: &CreatedKey,
    err: CliError,
) -> CliError {
    let name = key
        .access_key
        .as_ref()
        .map_or_else(|| note.key.shown(), ToString::to_string);
    let err = err.and("The login is unchanged");
    let described = &note.key.description;
    let (user, organization) = (&before.user_id, &before.organization_id);
    if delete_described(account, user, organization, described)
        .await
        .is_ok()
    {
        // A note that stays is settled by the next login.
        let _ = note.settle();
        return err.and(&format!("scw deleted the new API key {name}"));
    }
    note.leave();
    err.and(&format!("scw could not delete the new API key {name}"))
        .hint("run `scw login --renew` again: it deletes that key")
}

/// Deletes what earlier runs left behind, this run's old key among it where that failed.
async fn delete_left_over(ctx: &Context, login: &Login, user: &User) -> Result<()> {
    let credential = ctx.credential().await?;
    let account = ctx.clients().account(&credential)?;
    let left_over = LeftOver {
        ctx,
        account: &*account,
        target: credential.target(),
        user,
        organization_id: &login.organization_id,
    };
    // The login is renewed already: this does not undo it.
    if let Err(err) = left_over.delete(None).await {
        ctx.ui().warn(&err.to_string());
    }
    Ok(())
}
