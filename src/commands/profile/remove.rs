//! `scw profile remove`.

use serde_json::json;

use crate::{
    cli::ProfileRemoveArgs,
    commands::{logout, unprinted, whom},
    context::Context,
    error::{CliError, Result},
};

/// Logs out of a profile, and forgets it.
///
/// # Errors
/// As for `scw logout`; the profile is gone also where its key may still be on the server.
pub(super) async fn run(ctx: &Context, args: &ProfileRemoveArgs) -> Result<()> {
    let name = &args.name;
    let record = ctx.local()?.record()?;
    let login = record.login(name);
    if record.profile(name).is_none() && record.current().as_ref() != Some(name) {
        ctx.ui().status(&format!("There is no profile `{name}`"));
        return done(ctx, args, false);
    }
    if let Some(login) = login
        && !args.yes
    {
        let key = match (&login.created_key, args.keep_key) {
            (Some(_), false) => ", deletes its API key and",
            _ => " and",
        };
        let account = whom(&login.email, login.organization(), name);
        let about = format!("This logs out of {account}{key} removes the secret key.");
        let question = format!("Remove profile `{name}`?");
        if !ctx.confirm(&about, &question, "`--yes`").await? {
            return Err(CliError::cancelled("Nothing was changed"));
        }
    }
    let ended = match login {
        Some(login) => logout::end(ctx, name, args.keep_key, Some(login)).await,
        None => Ok(false),
    };
    let was_in_use = record.current().as_ref() == Some(name);
    let forgotten = ctx
        .local()?
        .update_record(|record| {
            record.forget(name);
            record.login(name).is_none()
        })
        .await
        .map_err(|err| {
            err.doing(format!("remove profile `{name}`"))
                .hint(format!("run `scw profile remove {name}` again"))
        });
    match (ended, forgotten) {
        // What became of the key comes first.
        (Err(err), Ok(true)) => return Err(err.and(&format!("Profile `{name}` is removed"))),
        (Err(err), _) | (Ok(_), Err(err)) => return Err(err),
        (Ok(_), Ok(true)) => {
            ctx.ui().status(&format!("Removed profile `{name}`"));
            if was_in_use {
                ctx.ui().status("scw now uses profile `default`");
            }
        }
        (Ok(_), Ok(false)) => ctx.ui().note(&format!(
            "Another scw has logged in to profile `{name}` meanwhile; that login is unchanged"
        )),
    }
    done(ctx, args, true)
}

fn done(ctx: &Context, args: &ProfileRemoveArgs, changed: bool) -> Result<()> {
    let data = json!({ "changed": changed, "profile": args.name.as_str() });
    ctx.ui().result("", &data).map_err(|err| unprinted(&err))
}
