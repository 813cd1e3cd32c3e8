//! `scw login --web`: the user signs in with a browser on this machine, which sends the session here.

use super::{super::whom, make::finish};
use crate::{
    api::{ApiError, Callback, CallbackError, Session, Visitor, web_session},
    cli::LoginArgs,
    commands::sign_in::{SignedIn, known_email},
    config::Target,
    context::Context,
    credentials::target_for_login,
    error::{CliError, Kind, Result},
    model::{ApiUrl, Dialect, User, clean},
    process,
};

/// Opens the start page, waits for the login, and saves it where it is the account that the user
/// wants.
///
/// # Errors
/// As cli.md says; no key is left on the server then.
pub(super) async fn run(ctx: &Context, args: &LoginArgs) -> Result<()> {
    let target = target_for_login(ctx.settings()?, ctx.local()?)?;
    let page = account_page(ctx, &target)?;
    let email = known_email(&args.sign_in)?;
    if email.is_none() {
        ctx.require_prompt("confirmation is", "`--email` or `SCW_EMAIL`")?;
    }
    let mut callback = Callback::listen(&page).map_err(|err| failed(&err))?;
    show_start_page(ctx, args, &callback.start_url());
    let anonymous = ctx.clients().anonymous(&target)?;
    let (session, visitor, agreed, _uninterruptible) = loop {
        let (session, mut visitor) = callback
            .wait(|token| web_session(&anonymous, token).ok())
            .await
            .map_err(|err| failed(&err).and("Nothing was changed"))?;
        // There is a session from here on, which has to be ended.
        let uninterruptible = ctx.interrupt().protect("ending the login session");
        let proven_and_agreed = async {
            visitor.arrive().await;
            let proven = session.prove().await;
            if let Err(ApiError::Authentication { .. }) = proven {
                return None;
            }
            let agreed = match proven {
                Ok(()) => agree(ctx, args, email.as_deref(), &*session, &mut visitor).await,
                Err(err) => Err(err.into()),
            };
            Some(agreed)
        };
        let agreed = tokio::select! {
            // The first visitor may have been somebody else than the user who comes now.
            err = callback.opened_again() => Some(Err(failed(&err))),
            () = ctx.interrupt().requested() => Some(Err(CliError::interrupted())),
            agreed = proven_and_agreed => agreed,
        };
        match agreed {
            Some(agreed) => break (session, visitor, agreed, uninterruptible),
            // The session is not valid: there is nothing to end, and the wait goes on.
            None => visitor.rejected().await,
        }
    };
    // The address is closed: no other login can come.
    drop(callback);
    if let Err(err) = agreed {
        return Err(turn_away(ctx, &*session, visitor, err).await);
    }
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

/// The address of the page that people sign in on.
fn account_page(ctx: &Context, target: &Target) -> Result<ApiUrl> {
    if target.dialect == Dialect::Account {
        return Err(
            CliError::usage("the 2017 API does not support browser logins")
                .hint("remove `--api account`, or log in with email and password: `scw login`"),
        );
    }
    ctx.settings()?
        .account_page(&target.origin)?
        .ok_or_else(|| {
            CliError::usage("scw does not know the account page of this API address")
                .hint("set its address in `SCW_ACCOUNT_URL`")
        })
}

/// Opens the browser, or prints the address for it. The address works once.
fn show_start_page(ctx: &Context, args: &LoginArgs, address: &str) {
    let opened = !args.no_browser && process::open_browser(address).is_ok();
    let ui = ctx.ui();
    if opened {
        ui.status("Opening your browser. If nothing opens, open this address yourself:");
    } else {
        ui.status("Open this address in a browser on this machine. The address works only once:");
    }
    ui.instruct(&format!("\n    {address}\n"));
    ui.status("Waiting for the browser. Ctrl-C cancels.");
}

/// Makes sure that the account is the one that the user wants: by the email that was given in
/// advance, else by a question.
async fn agree(
    ctx: &Context,
    args: &LoginArgs,
    wanted: Option<&str>,
    session: &dyn Session,
    visitor: &mut Visitor,
) -> Result<()> {
    let user = session.user().await?;
    let email = clean(&user.email);
    if let Some(wanted) = wanted
        && !user.email.trim().eq_ignore_ascii_case(wanted)
    {
        return Err(CliError::new(
            Kind::Refused,
            format!("the browser logged in as {email}, not as {}", clean(wanted)),
        )
        .hint("switch accounts in the browser, or change `--email`"));
    }
    let settings = ctx.settings()?;
    let record = ctx.local()?.record()?;
    let replaced = record
        .login(&settings.profile)
        .filter(|before| before.user_id != user.id)
        .map(|before| {
            let before = whom(&before.email, before.organization(), &settings.profile);
            format!("This replaces the login of {before}.\n")
        });
    // The email answers whose account it is, and in a script whose place it takes as well.
    if wanted.is_some() && (replaced.is_none() || !ctx.prompter().can_ask()) {
        return Ok(());
    }
    let organization = organization(args, session, &user).await;
    let about = format!(
        "{}The browser signed in as {}.",
        replaced.unwrap_or_default(),
        whom(&email, &organization, &settings.profile)
    );
    visitor.asked().await;
    let question = format!("Log in as {email}?");
    if ctx.confirm(&about, &question, "`--email`").await? {
        return Ok(());
    }
    Err(CliError::cancelled("Nothing was changed"))
}

/// The organization of a login; the choice among several comes later.
async fn organization(args: &LoginArgs, session: &dyn Session, user: &User) -> String {
    if let Some(wanted) = &args.organization {
        return wanted.clone();
    }
    // Only for the name: without it the id has to do.
    let all = session.organizations(false).await.unwrap_or_default();
    if all.len() > 1 {
        return format!("not chosen yet, {} to choose from", all.len());
    }
    let id = &user.organization_id;
    all.into_iter()
        .find(|known| known.id.as_str() == id.as_str())
        .map_or_else(|| id.clone(), |known| known.name)
}

/// Ends a session that is not wanted, and tells the browser. Returns the error for the terminal.
async fn turn_away(
    ctx: &Context,
    session: &dyn Session,
    visitor: Visitor,
    err: CliError,
) -> CliError {
    if let Err(err) = session.end(false).await {
        ctx.ui()
            .warn(&format!("could not end the login session: {err}"));
    }
    visitor.failed().await;
    match err.kind() {
        Kind::Cancelled | Kind::Interrupted => err,
        _ => err.doing("log in").and("Nothing was changed"),
    }
}

fn failed(err: &CallbackError) -> CliError {
    let hint = match err {
        CallbackError::Listen(_) | CallbackError::Page(_) => {
            "log in with email and password: `scw login`"
        }
        CallbackError::Taken => {
            "log in with email and password: `scw login` (`ss -tlnp` shows the other program)"
        }
        CallbackError::TimedOut => "try again, or log in with email and password: `scw login`",
        CallbackError::OpenedTwice => {
            "try again; if it happens again, another user of this machine may be interfering"
        }
    };
    let failure = match err {
        CallbackError::OpenedTwice | CallbackError::TimedOut => Kind::Refused,
        CallbackError::Listen(_) | CallbackError::Taken | CallbackError::Page(_) => Kind::Other,
    };
    CliError::new(failure, err.to_string())
        .doing("log in")
        .hint(hint)
}
