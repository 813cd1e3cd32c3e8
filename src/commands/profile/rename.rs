//! `scw profile rename`.

use serde_json::json;

use super::without_login;
use crate::{
    cli::ProfileRenameArgs,
    commands::unprinted,
    context::Context,
    credentials::{self, Renamed},
    error::{CliError, Result},
};

/// Moves a login to another name, with its secret.
///
/// # Errors
/// [`crate::error::Kind::NotLoggedIn`] where the old name has no login,
/// [`crate::error::Kind::Usage`] where the new one has, and what the store says: the login is then
/// still under its old name.
pub(super) async fn run(ctx: &Context, args: &ProfileRenameArgs) -> Result<()> {
    let (old, new) = (&args.old_name, &args.new_name);
    let uninterruptible = ctx.interrupt().protect("");
    let renamed = credentials::rename(ctx.local()?, old, new)
        .await
        .map_err(|err| err.doing(format!("rename profile `{old}`")))?;
    drop(uninterruptible);
    let ui = ctx.ui();
    let changed = match renamed {
        Renamed::Done => {
            ui.status(&format!("Renamed profile `{old}` to `{new}`"));
            true
        }
        Renamed::SameName => {
            ui.status("The profile already has this name. Nothing changed");
            false
        }
        Renamed::NoLogin => return Err(without_login(&ctx.local()?.record()?, old)),
        Renamed::Taken => {
            return Err(
                CliError::usage(format!("profile `{new}` already has a login"))
                    .hint("choose another name")
                    .hint(format!(
                        "or remove that profile: `scw profile remove {new}`"
                    )),
            );
        }
    };
    let data = json!({ "changed": changed, "old_profile": old.as_str(), "profile": new.as_str() });
    ui.result("", &data).map_err(|err| unprinted(&err))
}
