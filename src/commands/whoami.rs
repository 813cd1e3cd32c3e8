//! `scw whoami`: who is logged in, where, and where the secret key is.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    ending,
    every::{self, Failures},
    name_of, on_off, service_now,
    side_by_side::{beside, likely_organization, with_organization},
    unprinted,
};
use crate::{
    api::ApiError,
    cli::WhoamiArgs,
    config::Login,
    context::Context,
    credentials::{self, Authed},
    error::{CliError, Kind, Result},
    model::{ApiKey, ProfileName, UserFactors, UserId, clean, day, rfc3339},
};

/// How long each service may take for its answers where every login is asked: one that cannot be
/// reached must not hide the others.
const LIMIT: Duration = Duration::from_secs(20);

/// Shows the login in force, or every login.
///
/// # Errors
/// As for every command that needs a login. Of several failures, the first.
pub(crate) async fn run(ctx: &Context, args: WhoamiArgs) -> Result<()> {
    if args.all {
        return all(ctx).await;
    }
    let authed = ctx.authed().await?;
    let profile = &ctx.settings()?.profile;
    let shown = look(ctx, profile, &authed).await.map_err(failed)?;
    ctx.ui()
        .result(&shown.text, &shown.data)
        .map_err(|err| unprinted(&err))?;
    warn(ctx, profile, &shown).await
}

/// What is shown of a login.
struct Shown {
    text: String,
    data: Value,
    /// The login with the end of its key as the service told it, and the service's time.
    login: Option<(Login, time::OffsetDateTime)>,
}

fn failed(err: CliError) -> CliError {
    err.doing("read the account")
}

/// Asks the service about a credential.
async fn look(ctx: &Context, profile: &ProfileName, authed: &Authed) -> Result<Shown> {
    let credential = authed.credential();
    let account = authed.account();
    let own_key = async {
        match account.own_key(credential.access_key()).await {
            Ok(key) => Ok(Some(key)),
            // The record knows the user of a login.
            Err(ApiError::OwnerUnknown) => Ok(None),
            Err(err) => Err(err),
        }
    };
    let read = async |user: UserId, project: Option<&str>| {
        with_organization(
            account,
            likely_organization(ctx, credential, project),
            account.user_factors(&user),
            |found| &found.user.organization_id,
        )
        .await
    };
    let (key, found) = match authed.known_owner() {
        Some(owner) => {
            tokio::try_join!(own_key, async { read(owner.clone(), None).await.map(Some) })?
        }
        None => (beside(own_key, account.prepare(2)).await?.0, None),
    };
    let owner = key.as_ref().map(|key| &key.user_id);
    let project = key
        .as_ref()
        .and_then(|key| key.default_project_id.as_deref());
    let (UserFactors { user, factors }, organization) = match (found, owner) {
        (Some(found), None) => found,
        (Some(found), Some(owner)) if found.0.user.id == *owner => found,
        (_, Some(owner)) => read(owner.clone(), project).await?,
        (None, None) => read(authed.user_id().await?, None).await?,
    };
    let now = service_now(account);
    let expires_at = key.as_ref().and_then(|key| key.expires_at);
    let expires = match (&key, expires_at) {
        (_, Some(at)) => day(at, now),
        (Some(_), None) => "never".to_owned(),
        (None, None) => "unknown".to_owned(),
    };
    let email = clean(&user.email);
    let organization_id = clean(&user.organization_id);
    let organization_name = name_of(organization.as_ref());
    let organization = match &organization_name {
        Some(name) => format!("{name} ({organization_id})"),
        None => organization_id.clone(),
    };
    let target = credential.target();
    let kept = credential.source().to_string();
    let location = credential.location(ctx.settings()?, profile);
    let access_key = credential.access_key().map(ToString::to_string);
    let text = [
        ("email", email.as_str()),
        ("user", user.id.as_str()),
        ("organization", organization.as_str()),
        ("profile", profile.as_str()),
        ("API", &format!("{} at {}", target.dialect, target.origin)),
        ("access key", access_key.as_deref().unwrap_or("unknown")),
        ("secret key", &format!("{kept}: {location}")),
        ("expires", &expires),
        ("two-factor", on_off(factors.any())),
    ]
    .map(|(name, value)| format!("{name:<13} {value}"))
    .join("\n");
    let data = json!({
        "email": email,
        "user_id": user.id,
        "organization_id": organization_id,
        "organization_name": organization_name,
        "profile": profile.as_str(),
        "api": target.dialect,
        "api_url": target.origin,
        "access_key": access_key,
        "storage": kept,
        "secret_location": location,
        "expires_at": expires_at.map(rfc3339),
        "two_factor": on_off(factors.any()),
    });
    let login = match (credential.login(), &key) {
        (Some(login), Some(key)) => Some(learn_end(ctx, profile, login, key).await?),
        (login, _) => login.cloned(),
    };
    let login = login.map(|login| (login, now));
    Ok(Shown { text, data, login })
}

/// Writes down when the key of a login ends, where the service tells another time than is on record.
async fn learn_end(
    ctx: &Context,
    profile: &ProfileName,
    login: &Login,
    key: &ApiKey,
) -> Result<Login> {
    if login.expires_at != key.expires_at {
        // What cannot be written is learned again by the next run.
        let _ = ctx
            .local()?
            .update_record(|record| record.learn_end(profile, login, key.expires_at))
            .await;
    }
    Ok(Login {
        expires_at: key.expires_at,
        ..login.clone()
    })
}

async fn warn(ctx: &Context, profile: &ProfileName, shown: &Shown) -> Result<()> {
    match &shown.login {
        Some((login, now)) => ending::warn_of(ctx, profile, login, *now).await,
        None => Ok(()),
    }
}

/// Shows every login on this machine, each asked at its own service.
async fn all(ctx: &Context) -> Result<()> {
    let logins = every::logins(ctx)?;
    if ctx.settings()?.url_flag.is_some() {
        return Err(
            CliError::usage("`--all` asks each login at the address that it was made for")
                .hint("remove `--api-url`"),
        );
    }
    if logins.is_empty() {
        ctx.ui().status("No profile has a login");
    }
    let mut texts = Vec::new();
    let mut data = Vec::new();
    let mut seen = Vec::new();
    let mut failures = Failures::default();
    for (profile, login) in logins {
        match ask(ctx, &profile, &login).await {
            Ok(shown) => {
                texts.push(shown.text.clone());
                data.push(shown.data.clone());
                seen.push((profile, shown));
            }
            Err(err) if err.kind() == Kind::Interrupted => return Err(err),
            Err(err) => {
                let err = err.doing(format!("read the account of profile `{profile}`"));
                let failure = failures.add(ctx, err);
                data.push(json!({ "profile": profile.as_str(), "error": failure }));
            }
        }
    }
    ctx.ui()
        .result(&texts.join("\n\n"), &json!({ "profiles": data }))
        .map_err(|err| unprinted(&err))?;
    for (profile, shown) in &seen {
        warn(ctx, profile, shown).await?;
    }
    failures.end()
}

async fn ask(ctx: &Context, profile: &ProfileName, login: &Login) -> Result<Shown> {
    let credential = credentials::saved(ctx.local()?, profile, login).await?;
    let authed = Authed::new(&ctx.clients(), credential, &ctx.local()?.record()?)?;
    let answers = tokio::time::timeout(LIMIT, look(ctx, profile, &authed));
    ctx.unless_interrupted(answers).await?.unwrap_or_else(|_| {
        Err(CliError::new(
            Kind::Unreachable,
            format!("the API did not answer within {} seconds", LIMIT.as_secs()),
        )
        .hint("check your network, then try again"))
    })
}
