//! `scw token`: the secret key alone, for other programs.

use serde_json::json;

use super::unprinted;
use crate::{
    cli::TokenArgs,
    context::Context,
    credentials::{self, Source},
    error::{CliError, Kind, LOGIN_HINT, Result},
};

/// Prints the secret key, or the access key. The API is not asked.
///
/// # Errors
/// [`Kind::NotLoggedIn`] where there is no login.
pub(crate) async fn run(ctx: &Context, args: TokenArgs) -> Result<()> {
    let printed = if args.access_key {
        // The access key is no secret and is on record, so the keyring is not opened.
        let record = ctx.local()?.record()?;
        let credential;
        let key = match record.login(&ctx.settings()?.profile) {
            Some(login) if !credentials::has_secret_variable() => login.access_key.as_ref(),
            _ => {
                credential = ctx.credential().await?;
                credential.access_key()
            }
        };
        let key = key.ok_or_else(|| {
            CliError::new(
                Kind::NotLoggedIn,
                "scw does not know the access key of this login",
            )
            .hint("run `scw login --with-token --access-key KEY`")
        })?;
        ctx.ui().result(key.as_str(), &json!({ "access_key": key }))
    } else {
        let credential = ctx.credential().await?;
        if credential.source() == Source::OfficialConfig {
            ctx.ui().hint(LOGIN_HINT);
        }
        let secret = credential.secret().expose();
        ctx.ui().result(secret, &json!({ "secret_key": secret }))
    };
    printed.map_err(|err| unprinted(&err))
}
