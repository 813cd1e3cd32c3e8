//! `scw login --web`: a browser on this machine signs in, and brings the session here.

use super::make::finish;
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

/// Opens the start page and waits for the login that comes of it; keeps it when it is the one that
/// the person wants.
///
/// # Errors
/// As cli.md says; no key is left behind then.
pub(super) async fn run(ctx: &Context, args: &LoginArgs) -> Result<()> {
    let target = target_for_login(ctx.settings()?, ctx.local()?)?;
    let page = account_page(ctx, &target)?;
    let email = known_email(&args.sign_in)?;
    if email.is_none() && !ctx.prompter().can_ask() {
        return Err(CliError::usage(
            "a login in a browser has to be confirmed, and this is not a terminal",
        )
        .hint("name the account with `--email` or `SCW_EMAIL`"));
    }
    let mut callback = Callback::listen(&page).map_err(|err| failed(&err))?;
    show_start_page(ctx, args, &callback.start_url());
    let anonymous = ctx.clients().anonymous(&target)?;
    let (session, visitor, agreed, _uninterruptible) = loop {
        let (session, mut visitor) = callback
            .wait(|token| web_session(&anonymous, token).ok())
            .await
            .map_err(|err| failed(&err).and("Nothing was kept"))?;
        // There is a session from here on: the end has to be tidy.
        let uninterruptible = ctx
            .interrupt()
            .protect("ending the session that the browser brought");
        let proven_and_agreed = async {
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
            // Whoever was at the start page first may not be the person who comes to it now.
            err = callback.opened_again() => Some(Err(failed(&err))),
            () = ctx.interrupt().requested() => Some(Err(CliError::interrupted())),
            agreed = proven_and_agreed => agreed,
        };
        match agreed {
            Some(agreed) => break (session, visitor, agreed, uninterruptible),
            // A dead session is no login: there is nothing to end, and the wait goes on.
            None => visitor.dead().await,
        }
    };
    // Nobody can bring another login: the address is gone.
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
            CliError::usage("the 2017 account API has no login in a browser")
                .hint("leave out `--api account`, or log in with email and password"),
        );
    }
    ctx.settings()?
        .account_page(&target.origin)?
        .ok_or_else(|| {
            CliError::usage("the address of the account page is not known for this API address")
                .hint("name it in `SCW_ACCOUNT_URL`")
        })
}

/// Opens the browser, or says what to open in it. The address works once, and is of no use to
/// whoever comes second.
fn show_start_page(ctx: &Context, args: &LoginArgs, address: &str) {
    let opened = !args.no_browser && process::open_browser(address).is_ok();
    let ui = ctx.ui();
    if opened {
        ui.status("A browser opens for the login. If it does not, open this address yourself:");
    } else {
        ui.status("Open this address in a browser on this machine; it works once:");
    }
    ui.instruct(&format!("\n    {address}\n"));
}

/// Makes sure that the account is the one that the person wants: by the email that was given in
/// advance, else by a question.
async fn agree(
    ctx: &Context,
    args: &LoginArgs,
    wanted: Option<&str>,
    session: &dyn Session,
    visitor: &mut Visitor,
) -> Result<()> {
    let user = session.account().user(session.user_id()).await?;
    let email = clean(&user.email);
    if let Some(wanted) = wanted
        && !user.email.trim().eq_ignore_ascii_case(wanted)
    {
        return Err(CliError::new(
            Kind::Refused,
            format!("the browser logged in as {email}, not as {}", clean(wanted)),
        )
        .hint("log in to the right account in the browser, or fix `--email`"));
    }
    let settings = ctx.settings()?;
    let record = ctx.local()?.record()?;
    let replaced = record
        .login(&settings.profile)
        .filter(|before| before.user_id != user.id)
        .map(|before| {
            clean(&format!(
                "This replaces the login of {}, organization {}.",
                before.email, before.organization_id
            )) + "\n"
        });
    // The email answers whose account it is, and in a script whose place it takes as well.
    if wanted.is_some() && (replaced.is_none() || !ctx.prompter().can_ask()) {
        return Ok(());
    }
    let about = format!(
        "{}The browser signed in as {email}, {}. The login is for the profile `{}`.",
        replaced.unwrap_or_default(),
        organization(args, session, &user).await,
        settings.profile
    );
    visitor.asked().await;
    let question = format!("Log in as {email}?");
    if ctx.confirm(&about, &question, "`--email`").await? {
        return Ok(());
    }
    Err(CliError::new(Kind::Cancelled, "Cancelled"))
}

/// The organization of a login, in words; the choice among several comes later.
async fn organization(args: &LoginArgs, session: &dyn Session, user: &User) -> String {
    if let Some(wanted) = &args.organization {
        return format!("organization {}", clean(wanted));
    }
    // Only its name is asked for: without an answer the id says it.
    let all = session.organizations().await.unwrap_or_default();
    if all.len() > 1 {
        return format!("in one of {} organizations", all.len());
    }
    let id = &user.organization_id;
    clean(
        &match all.iter().find(|known| known.id.as_str() == id.as_str()) {
            Some(known) => format!("organization {} ({id})", known.name),
            None => format!("organization {id}"),
        },
    )
}

/// Ends a session that is not wanted, and tells the browser. Returns what to tell the person.
async fn turn_away(
    ctx: &Context,
    session: &dyn Session,
    visitor: Visitor,
    err: CliError,
) -> CliError {
    if let Err(err) = session.end(false).await {
        ctx.ui().warn(&format!(
            "the session that the browser brought could not be ended: {err}"
        ));
    }
    visitor.failed().await;
    match err.kind() {
        Kind::Interrupted => err,
        _ => err.doing("log in").and("Nothing was kept"),
    }
}

fn failed(err: &CallbackError) -> CliError {
    let hint = match err {
        CallbackError::Listen(_) | CallbackError::Page(_) => "log in with `scw login`",
        CallbackError::Taken => {
            "see which program listens on ::1 (`ss -tlnp`); log in with `scw login`"
        }
        CallbackError::TimedOut => "try again, or log in with `scw login`",
        CallbackError::OpenedTwice => {
            "try again; if it happens again, another user of this machine is reading along"
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
