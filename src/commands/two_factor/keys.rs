//! `scw 2fa keys`: the passkeys of an account (protocol.md E).

use serde_json::{Value, json};

use super::{
    add_key,
    factors::{delete_passkey, described, lines, named, say_what_is_left},
    off::{result, warn_of_requirement},
    remove::note_passkeys,
    settle::{Unasked, lock_and_settle, void},
    targets::named_passkeys,
    whom,
};
use crate::{
    api::Account,
    cli::{KeysCommand, KeysRemoveArgs, KeysRenameArgs},
    commands::unprinted,
    context::Context,
    credentials::Authed,
    error::{CliError, Kind, Result},
    model::{AppState, Factors, Passkey, UserFactors, UserId, clean, rfc3339},
    store::Unfinished,
};

/// Lists, adds, renames or removes passkeys.
///
/// # Errors
/// [`Kind::Usage`] where several passkeys have the name, or nobody confirms; else as for every
/// command that needs a login.
pub(super) async fn run(ctx: &Context, command: KeysCommand) -> Result<()> {
    match command {
        KeysCommand::List => {
            let (authed, id) = whose(ctx).await?;
            list(ctx, authed.account(), &id).await
        }
        KeysCommand::Add(args) => add_key::run(ctx, &args)
            .await
            .map_err(|err| err.doing("add the passkey")),
        KeysCommand::Rename(args) => {
            let (authed, id) = whose(ctx).await?;
            rename(ctx, authed.account(), &id, &args)
                .await
                .map_err(|err| err.doing("rename the passkey"))
        }
        KeysCommand::Remove(args) => {
            let (authed, id) = whose(ctx).await?;
            remove(ctx, authed.account(), &id, &args)
                .await
                .map_err(|err| err.doing("remove the passkey"))
        }
    }
}

/// The account service, and the user of the login.
async fn whose(ctx: &Context) -> Result<(Authed, UserId)> {
    let authed = ctx.authed().await?;
    let id = authed.user_id().await?;
    Ok((authed, id))
}

async fn list(ctx: &Context, account: &dyn Account, id: &UserId) -> Result<()> {
    let passkeys = account
        .passkeys(id)
        .await
        .map_err(|err| CliError::from(err).doing("list the passkeys"))?;
    let rows: Vec<String> = passkeys
        .iter()
        .map(|passkey| format!("{}  {}", passkey.id, described(passkey)))
        .collect();
    let data: Vec<Value> = passkeys.iter().map(entry).collect();
    if passkeys.is_empty() {
        ctx.ui().status("The account has no passkeys");
    }
    ctx.ui()
        .result(
            &rows.join("\n"),
            &json!({ "user_id": id, "passkeys": data }),
        )
        .map_err(|err| unprinted(&err))
}

/// A passkey in a JSON document.
pub(super) fn entry(passkey: &Passkey) -> Value {
    json!({
        "id": passkey.id,
        "name": clean(&passkey.name),
        "created_at": passkey.created_at.map(rfc3339),
        "last_used_at": passkey.last_used_at.map(rfc3339),
    })
}

async fn rename(
    ctx: &Context,
    account: &dyn Account,
    id: &UserId,
    args: &KeysRenameArgs,
) -> Result<()> {
    let new_name = args.new_name.trim();
    if new_name.is_empty() {
        return Err(CliError::usage("the new name is empty").hint("give the passkey a name"));
    }
    let passkeys = account.passkeys(id).await?;
    let passkey = find(&passkeys, &args.passkey)?;
    let taken = passkeys
        .iter()
        .any(|other| other.id != passkey.id && other.name == new_name);
    if taken {
        ctx.ui()
            .warn("another passkey already has this name. Use the ids to tell them apart");
    }
    let changed = passkey.name != new_name;
    if changed {
        rename_surely(account, id, passkey, new_name).await?;
        ctx.ui().status(&format!(
            "Renamed {} to `{}`",
            named(passkey),
            clean(new_name)
        ));
    } else {
        ctx.ui()
            .status("The passkey already has this name. Nothing changed");
    }
    let data = json!({ "changed": changed, "id": passkey.id, "name": clean(new_name) });
    ctx.ui().result("", &data).map_err(|err| unprinted(&err))
}

/// Renames a passkey; where the answer is lost, the list tells what came of it.
async fn rename_surely(
    account: &dyn Account,
    id: &UserId,
    passkey: &Passkey,
    new_name: &str,
) -> Result<()> {
    let err = match account.rename_passkey(&passkey.id, new_name).await {
        Ok(()) => return Ok(()),
        Err(err) => err,
    };
    if !err.outcome_unknown() {
        return Err(err.into());
    }
    let Ok(now) = account.passkeys(id).await else {
        return Err(CliError::from(err)
            .and("It is not known whether it is renamed")
            .hint("`scw 2fa keys list` tells when the API answers again"));
    };
    let renamed = |other: &Passkey| other.id == passkey.id && other.name == new_name;
    if now.iter().any(renamed) {
        return Ok(());
    }
    Err(CliError::from(err).and("It has its old name"))
}

async fn remove(
    ctx: &Context,
    account: &dyn Account,
    id: &UserId,
    args: &KeysRemoveArgs,
) -> Result<()> {
    let before = account.user_factors(id).await?;
    let passkeys = named_passkeys(account, &before).await?;
    let passkey = find(&passkeys, &args.passkey)?.clone();
    let left = before.factors.clone().without_passkey(&passkey.id);
    if left.none() {
        let required_by = account.two_factor_required_by(&before.user.id).await;
        warn_of_requirement(ctx, &before.user, &required_by);
    }
    confirm(ctx, account, args, &before, &passkey, &left).await?;
    let (lock, file) = lock_and_settle(ctx, Some(account), id, Unasked::Leave).await?;
    // Read again: the question may have waited for long.
    let now = account.user_factors(id).await?;
    if now.factors != before.factors && !args.yes {
        return Err(CliError::new(
            Kind::Other,
            "somebody else changed the factors of the account in the meantime",
        )
        .and("This run removed nothing")
        .hint("run `scw 2fa status` to see the account, then try again"));
    }
    let _uninterruptible = ctx.interrupt().protect("removing the passkey");
    if ctx.interrupt().is_requested() {
        return Err(CliError::interrupted().and("The passkey is still on the account"));
    }
    let data = &ctx.settings()?.data;
    let in_doubt = Unfinished::read(data, id)?.is_some();
    note_passkeys(ctx, &file, &lock)?;
    let changed = delete_passkey(account, id, &passkey).await?;
    // The account has changed: a failure below must not hide that.
    let (left, known) = match account.user_factors(id).await {
        Ok(now) => (now.factors, true),
        Err(_) => (now.factors.without_passkey(&passkey.id), false),
    };
    ctx.ui().status(&if changed {
        format!("Removed {}", named(&passkey))
    } else {
        format!("{} is already gone. Nothing changed", named(&passkey))
    });
    let settled = if left.none() {
        ctx.ui().status("Two-factor authentication is off");
        void(ctx, &file, &lock).await
    } else {
        say_what_is_left(ctx, &left);
        known && !in_doubt
    };
    if settled && let Err(err) = Unfinished::settle(data, id, &lock) {
        ctx.ui().warn(&err.to_string());
    }
    result(ctx, &now.user, &left, changed)
}

/// Names the passkey and what is left, warns before the last factor goes, and asks.
async fn confirm(
    ctx: &Context,
    account: &dyn Account,
    args: &KeysRemoveArgs,
    before: &UserFactors,
    passkey: &Passkey,
    left: &Factors,
) -> Result<()> {
    let ui = ctx.ui();
    let passkeys_left = !left.known_passkeys().is_empty();
    match left.app {
        AppState::Off if !passkeys_left => ui.warn(
            "this is the last second factor. Two-factor authentication will be off",
        ),
        AppState::Unknown if !passkeys_left => ui.warn(
            "this may be the last second factor. The API does not tell whether an authenticator app is on",
        ),
        _ => {
            let line = format!("The account keeps: {}", lines(left).join("; "));
            if args.yes {
                ui.status(&line);
            } else {
                ui.instruct(&line);
            }
        }
    }
    if args.yes {
        return Ok(());
    }
    let organization = account
        .organization(&before.user.organization_id)
        .await
        .ok();
    let about = format!(
        "This removes {} of {}.",
        named(passkey),
        whom(ctx, &before.user, organization.as_ref())?
    );
    if ctx
        .confirm(&about, "Remove the passkey?", "`--yes`")
        .await?
    {
        return Ok(());
    }
    Err(CliError::cancelled("The passkey is still on the account"))
}

/// The passkey with this id, or else with this name.
fn find<'a>(passkeys: &'a [Passkey], wanted: &str) -> Result<&'a Passkey> {
    let by_id = passkeys
        .iter()
        .find(|passkey| passkey.id.as_str().eq_ignore_ascii_case(wanted));
    if let Some(passkey) = by_id {
        return Ok(passkey);
    }
    let by_name: Vec<&Passkey> = passkeys
        .iter()
        .filter(|passkey| passkey.name == wanted || clean(&passkey.name) == wanted)
        .collect();
    match by_name[..] {
        [passkey] => Ok(passkey),
        [] => Err(CliError::new(
            Kind::Other,
            format!("the account has no passkey `{}`", clean(wanted)),
        )
        .hint("run `scw 2fa keys list` to see the passkeys and their ids")),
        [..] => {
            let ids: Vec<&str> = by_name.iter().map(|passkey| passkey.id.as_str()).collect();
            Err(CliError::usage(format!(
                "{} passkeys are called `{}`",
                ids.len(),
                clean(wanted)
            ))
            .hint(format!("use the id of one: {}", ids.join(", "))))
        }
    }
}
