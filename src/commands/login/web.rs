//! `scw login --web`: a browser on this machine signs in, and brings the session here.

use super::make::finish;
use crate::{
    api::{Callback, CallbackError, web_session},
    cli::LoginArgs,
    commands::sign_in::SignedIn,
    context::Context,
    credentials::target_for_login,
    error::{CliError, Kind, Result},
    model::Dialect,
    process,
};

/// Opens the account page and waits for the login that it brings back.
///
/// # Errors
/// As cli.md says; no key is left behind then.
pub(super) async fn run(ctx: &Context, args: &LoginArgs) -> Result<()> {
    let settings = ctx.settings()?;
    let target = target_for_login(settings, ctx.local()?)?;
    if target.dialect == Dialect::Account {
        return Err(
            CliError::usage("the 2017 account API has no login in a browser")
                .hint("leave out `--api account`, or log in with email and password"),
        );
    }
    let page = settings.account_page(&target.origin)?.ok_or_else(|| {
        CliError::usage("the address of the account page is not known for this API address")
            .hint("name it in `SCW_ACCOUNT_URL`")
    })?;
    let callback = Callback::listen(&process::unguessable())
        .await
        .map_err(|err| failed(&err))?;
    let mut address = page.join("/authenticate")?;
    address
        .query_pairs_mut()
        .append_pair("redirectToUrl", &callback.url());
    let opened = !args.no_browser && process::open_browser(address.as_str()).is_ok();
    let ui = ctx.ui();
    if opened {
        ui.status("A browser opens for the login. If it does not, open this address yourself:");
    } else {
        ui.status("Open this address in a browser on this machine:");
    }
    ui.instruct(&format!("\n    {address}\n"));
    let nobody = ctx.clients().anonymous(&target)?;
    let (session, visitor) = callback
        .wait(|token| web_session(&nobody, token).ok())
        .await
        .map_err(|err| failed(&err))?;
    // From here on a key may be made: the end has to be tidy.
    let signed_in = SignedIn {
        session,
        target,
        note: None,
    };
    let outcome = finish(ctx, args, signed_in).await;
    match &outcome {
        Ok(()) => visitor.succeeded().await,
        Err(_) => visitor.failed().await,
    }
    outcome
}

fn failed(err: &CallbackError) -> CliError {
    let kind = match err {
        CallbackError::Listen(_) => Kind::Other,
        CallbackError::TimedOut => Kind::Refused,
    };
    CliError::new(kind, err.to_string())
        .doing("log in")
        .hint("try again, or log in with `scw login` or `scw login --with-token`")
}
