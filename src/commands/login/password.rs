//! `scw login` with email and password, and what every login that makes a key ends with.

use std::time::Duration;

use time::OffsetDateTime;

use super::{keep, report, storage};
use crate::{
    api::{NewKey, Session},
    cli::LoginArgs,
    commands::{
        rfc3339,
        sign_in::{FactorSource, person},
    },
    config::{Login, Profiles},
    context::{Context, prompt_error},
    error::{CliError, Kind, Result},
    model::{Expiry, Organization, clean},
    process,
};

/// Signs in with a password, makes a key for this machine and keeps it.
///
/// # Errors
/// As cli.md says; no key is left behind then.
pub(super) async fn run(ctx: &Context, args: &LoginArgs) -> Result<()> {
    let intent = Intent::record(ctx)?;
    // The 2017 API makes its key with the first call: from here on the end has to be tidy.
    let _whole = ctx.interrupt().protect();
    let signed_in = tokio::select! {
        signed_in = person(
            ctx,
            &args.sign_in,
            FactorSource::Arguments,
            &intent.description,
            // It knows no date, only tokens that end soon: those are for who asks for one.
            matches!(args.expires, Some(Expiry::After(_))),
        ) => signed_in,
        () = ctx.interrupt().requested() => Err(CliError::interrupted()),
    };
    match signed_in {
        Ok(session) => finish(ctx, args, session, intent).await,
        Err(err) => {
            // An answer that was lost may have made a key: only then is it worth looking later.
            if err.kind() != Kind::Unreachable && err.kind() != Kind::Interrupted {
                intent.forget(ctx)?;
            }
            Err(err.doing("log in"))
        }
    }
}

/// A key that is about to be made, written down before it is: should this run be killed, the
/// next one finds the key by its description.
pub(super) struct Intent {
    pub(super) description: String,
    /// Those that runs before this one left behind.
    left_behind: Vec<String>,
}

impl Intent {
    /// Writes it down.
    pub(super) fn record(ctx: &Context) -> Result<Self> {
        let settings = ctx.settings()?;
        let description = format!(
            "scw login on {}, profile {}, {}",
            process::host_name(),
            settings.profile,
            process::unguessable()
        );
        let left_behind = Profiles::update(&settings.data_dir, |profiles| {
            let pending = &mut profiles.profile_mut(&settings.profile).pending_keys;
            let before = pending.clone();
            pending.push(description.clone());
            before
        })?;
        Ok(Self {
            description,
            left_behind,
        })
    }

    /// Takes the note back: no key was made.
    fn forget(&self, ctx: &Context) -> Result<()> {
        let settings = ctx.settings()?;
        Profiles::settle(&settings.data_dir, &settings.profile, &self.description)?;
        Ok(())
    }
}

/// From an open session to a kept key: organization, orphans, key, keyring, end of the session.
///
/// # Errors
/// Any; a key that was made and could not be kept is deleted again.
pub(super) async fn finish(
    ctx: &Context,
    args: &LoginArgs,
    mut session: Box<dyn Session>,
    intent: Intent,
) -> Result<()> {
    let outcome = make_and_keep(ctx, args, &mut *session, &intent).await;
    let ended = session.end(outcome.is_ok()).await.map_err(CliError::from);
    match outcome {
        Ok(login) => {
            if let Err(err) = ended {
                ctx.ui().warn(&format!(
                    "the session of this login could not be ended: {err}"
                ));
            }
            report(ctx, &login)
        }
        Err(failure) => {
            // Where the key could not be taken back, the note stays for the next run.
            if failure.settled && ended.is_ok() {
                intent.forget(ctx)?;
            }
            Err(failure.error.doing("log in"))
        }
    }
}

/// A failure, and whether no key of this run can be left on the server.
struct Failure {
    error: CliError,
    settled: bool,
}

impl<E: Into<CliError>> From<E> for Failure {
    fn from(err: E) -> Self {
        Self {
            error: err.into(),
            settled: true,
        }
    }
}

async fn make_and_keep(
    ctx: &Context,
    args: &LoginArgs,
    session: &mut dyn Session,
    intent: &Intent,
) -> Result<Login, Failure> {
    let organization = choose(ctx, args, session).await?;
    session.choose(&organization).await?;
    let mut settled = remove_orphans(ctx, session, &intent.left_behind).await?;
    let user = session.account().user(session.user_id()).await?;
    let new = NewKey {
        description: intent.description.clone(),
        expires_at: expires_at(ctx, args, session, &organization).await?,
    };
    let key = session.create_key(&new).await.map_err(|err| Failure {
        // The key may have been made although its answer was lost.
        settled: !err.outcome_unknown(),
        error: err.into(),
    })?;
    let settings = ctx.settings()?;
    let login = Login {
        storage: storage(ctx, args)?,
        api: settings.api,
        api_url: settings.api_url.clone(),
        access_key: key.access_key.clone(),
        user_id: user.id,
        email: user.email,
        organization_id: organization.id.into(),
        project_id: key.project_id.clone(),
        created_key: Some(intent.description.clone()),
        expires_at: key.expires_at,
    };
    settled.push(intent.description.clone());
    if let Err(err) = keep(ctx, &key.secret, &login, &settled).await {
        return Err(match session.withdraw(&key).await {
            Ok(()) => Failure {
                error: err.and("the key that was made for this machine is deleted again"),
                settled: true,
            },
            Err(_) => Failure {
                error: err
                    .and("the key that was made for this machine could not be deleted again")
                    .hint("`scw login` finds it and removes it the next time"),
                settled: false,
            },
        });
    }
    Ok(login)
}

async fn choose(ctx: &Context, args: &LoginArgs, session: &dyn Session) -> Result<Organization> {
    let mut all = session.organizations().await?;
    let shown = |organization: &Organization| {
        format!("{} ({})", clean(&organization.name), organization.id)
    };
    if let Some(wanted) = &args.organization {
        let names: Vec<String> = all.iter().map(shown).collect();
        return all
            .into_iter()
            .find(|found| found.id.as_str() == wanted || found.name.eq_ignore_ascii_case(wanted))
            .ok_or_else(|| {
                CliError::usage("the account belongs to no organization of that id or name")
                    .hint(format!("it belongs to: {}", names.join(", ")))
            });
    }
    if all.len() > 1 {
        let names: Vec<String> = all.iter().map(shown).collect();
        let hint = format!("`--organization` with one of: {}", names.join(", "));
        let chosen = tokio::select! {
            chosen = ctx.prompter().select("Organization", names) => chosen,
            () = ctx.interrupt().requested() => return Err(CliError::interrupted()),
        }
        .map_err(|err| prompt_error(&err, "a choice of the organization", &hint))?;
        return Ok(all.swap_remove(chosen));
    }
    all.pop().ok_or_else(|| {
        CliError::new(Kind::Refused, "the account belongs to no organization")
            .hint("ask an administrator to invite it")
    })
}

/// Keys of runs that were killed: nobody has their secrets. Returns what is settled now.
async fn remove_orphans(
    ctx: &Context,
    session: &dyn Session,
    left_behind: &[String],
) -> Result<Vec<String>> {
    let mut settled = Vec::new();
    for description in left_behind {
        let keys = session.find_keys(description).await?;
        for key in &keys {
            let question = format!(
                "A login before this one was cut off and left the key {} behind. Remove it?",
                key.shown
            );
            let remove = if ctx.prompter().can_ask() {
                ctx.confirm(&question, "a terminal").await?
            } else {
                // Nobody can have its secret: it was never kept.
                true
            };
            if !remove {
                continue;
            }
            session.delete_key(key).await?;
            ctx.ui().status(&format!(
                "The key {} that a login before left behind is removed",
                key.shown
            ));
        }
        settled.push(description.clone());
    }
    Ok(settled)
}

async fn expires_at(
    ctx: &Context,
    args: &LoginArgs,
    session: &dyn Session,
    organization: &Organization,
) -> Result<Option<OffsetDateTime>> {
    let longest = session
        .longest_key_s(organization)
        .await?
        .map(Duration::from_secs);
    let asked = args.expires.unwrap_or_default();
    let wanted = match asked {
        Expiry::After(time) => Some(time),
        Expiry::Never => None,
    };
    let life = match (wanted, longest) {
        (Some(wanted), Some(longest)) if wanted > longest => Some(longest),
        (None, Some(longest)) => Some(longest),
        (wanted, _) => wanted,
    };
    // The service's clock decides what is in the future.
    let ahead = session.account().clock_ahead_s().unwrap_or(0);
    let end = life.map(|life| ctx.now() + time::Duration::seconds(ahead) + life);
    if let Some(end) = end.filter(|_| life != wanted) {
        ctx.ui().warn(&format!(
            "the organization allows no key as long as `{}`; this one ends on {}",
            asked,
            rfc3339(end)
        ));
    }
    Ok(end)
}
