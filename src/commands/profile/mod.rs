//! `scw profile`: the logins on this machine.

mod list;
mod remove;
mod rename;

use serde_json::json;

use super::unprinted;
use crate::{
    cli::{ProfileCommand, ProfileUseArgs},
    config::Record,
    context::Context,
    env,
    error::{CliError, Kind, Result},
    model::ProfileName,
};

/// Lists, chooses, removes or renames profiles.
///
/// # Errors
/// [`Kind::NotLoggedIn`] for a profile without a login; else what the record, the keyring and the
/// API say.
pub(crate) async fn run(ctx: &Context, command: ProfileCommand) -> Result<()> {
    match command {
        ProfileCommand::List => list::run(ctx),
        ProfileCommand::Use(args) => choose(ctx, &args).await,
        ProfileCommand::Remove(args) => remove::run(ctx, &args).await,
        ProfileCommand::Rename(args) => rename::run(ctx, &args).await,
    }
}

/// `scw profile use`.
async fn choose(ctx: &Context, args: &ProfileUseArgs) -> Result<()> {
    let name = &args.name;
    let chosen = ctx
        .local()?
        .update_record(|record| {
            let before = record.current().unwrap_or_default();
            // Without a choice there is nothing but `default`, whether it has a login or not.
            if record.login(name).is_none() && *name != ProfileName::default() {
                return Err(without_login(record, name));
            }
            record.choose(name);
            Ok(before != *name)
        })
        .await
        .map_err(|err| err.doing("choose the profile"))?;
    let changed = chosen?;
    let ui = ctx.ui();
    ui.status(&if changed {
        format!("scw now uses profile `{name}`")
    } else {
        format!("scw already uses profile `{name}`")
    });
    if let Some(named) = env::text(env::PROFILE)?.filter(|named| named != name.as_str()) {
        ui.warn(&format!(
            "`SCW_PROFILE` is set to `{}` and overrides this choice",
            crate::model::clean(&named)
        ));
    }
    let data = json!({ "changed": changed, "profile": name.as_str() });
    ui.result("", &data).map_err(|err| unprinted(&err))
}

/// The failure where a profile that was named has no login.
fn without_login(record: &Record, name: &ProfileName) -> CliError {
    let err = CliError::new(Kind::NotLoggedIn, format!("profile `{name}` has no login"));
    let log_in = format!("log in with `scw login -p {name}`");
    let known: Vec<String> = record.logins().map(|(name, _)| name.to_string()).collect();
    if known.is_empty() {
        return err.hint(log_in);
    }
    err.hint(format!("choose one of: {}", known.join(", ")))
        .hint(format!("or {log_in}"))
}
