//! `scw login --from-config`: the keys of the official `config.yaml`, one or all of them, which
//! `--scrub` then removes from it.

use zeroize::Zeroizing;

use super::{document, location, report, storage, token, warn_of_variable};
use crate::{
    cli::LoginArgs,
    commands::{unprinted, whom},
    config::{Login, OfficialFile},
    context::Context,
    credentials::{self, Credential},
    error::{CliError, Kind, Result},
    fsutil,
    model::{ProfileName, SecretKey, StorageKind, clean},
};

/// The command for every profile.
const ALL: &str = "scw login --from-config --all --scrub";

/// Logs in with one key of the official file, or with all of them.
///
/// # Errors
/// As cli.md says.
pub(super) async fn run(ctx: &Context, args: &LoginArgs) -> Result<()> {
    if args.all && ctx.has_profile_flag() {
        return Err(
            CliError::usage("`--all` takes every profile, and `--profile` names one")
                .hint("remove one of the two"),
        );
    }
    let settings = ctx.settings()?;
    let local = ctx.local()?;
    // What is read decides what is removed, so no other scrubbing run comes between.
    let _lock = if args.scrub {
        Some(local.lock(OfficialFile::lock_path(&settings.data)).await?)
    } else {
        None
    };
    let path = settings.official_path.as_deref().ok_or_else(missing)?;
    let file = OfficialFile::read(path)?.ok_or_else(missing)?;
    if args.all {
        all(ctx, args, &file).await
    } else {
        one(ctx, args, &file).await
    }
}

fn missing() -> CliError {
    CliError::new(
        Kind::NotLoggedIn,
        "found no secret key for this profile in an official config.yaml",
    )
    .hint("pass the file with `--config` and the profile with `--profile`")
}

/// The name of a profile of the file as the name of a login.
fn named(name: &str) -> Result<ProfileName> {
    name.parse().map_err(|err| {
        CliError::new(
            Kind::LocalFile,
            format!("profile `{}` of config.yaml: {err}", clean(name)),
        )
        .hint("rename the profile in config.yaml")
    })
}

async fn one(ctx: &Context, args: &LoginArgs, file: &OfficialFile) -> Result<()> {
    let settings = ctx.settings()?;
    let profile = match &settings.named_profile {
        Some(name) => name.clone(),
        None => named(file.active())?,
    };
    let official = file.profile(profile.as_str()).ok_or_else(missing)?;
    let Some(offered) = credentials::from_config(settings, &official)? else {
        return match ctx.local()?.record()?.login(&profile) {
            // An earlier run removed it.
            Some(login) if args.scrub => {
                ctx.ui().status(&format!(
                    "{} has no secret key for profile `{profile}`",
                    file.path().display()
                ));
                report(ctx, &profile, login)
            }
            _ => Err(missing()),
        };
    };
    let scrubbed = if args.scrub {
        Some(scrubbed(file, &[profile.as_str()])?)
    } else {
        None
    };
    let login = token::take(ctx, &profile, &offered, storage(ctx, args)?).await?;
    choose_active(ctx, file, &[&profile]).await?;
    if let Some(text) = scrubbed {
        let moved = [(profile.clone(), offered.secret().clone())];
        scrub(ctx, file, &text, &moved).await?;
    } else {
        still_there(ctx, file, Some(&profile));
    }
    report(ctx, &profile, &login)
}

/// The profile that the file calls active is used from now on where nothing else is named: so it
/// was until now, with the key in the file. It comes before the file changes, so that no run that
/// is cut leaves a moment in which another account is used.
async fn choose_active(
    ctx: &Context,
    file: &OfficialFile,
    logged_in: &[&ProfileName],
) -> Result<()> {
    let active = logged_in
        .iter()
        .find(|name| name.as_str() == file.active() && file.active() != OfficialFile::TOP);
    if let (Some(active), None) = (active, &ctx.settings()?.named_profile) {
        ctx.local()?
            .update_record(|record| record.choose(active))
            .await?;
        ctx.ui().status(&format!(
            "Profile `{active}` is used from now on if you name none, as in config.yaml"
        ));
    }
    Ok(())
}

/// What the file says once these profiles hold no secret key, where that harms no other.
///
/// # Errors
/// [`Kind::Usage`] where the official client would then use another key without a word: it puts a
/// named profile on top of the top level.
fn scrubbed(file: &OfficialFile, names: &[&str]) -> Result<Zeroizing<String>> {
    let refused = if !file.top_has_secret() {
        None
    } else if names.contains(&OfficialFile::TOP) {
        // Those that inherit it get no login of their own here.
        file.names()
            .find(|name| !file.has_own_secret(name) && !names.contains(name))
            .map(|name| {
                let name = clean(name);
                format!("profile `{name}` of config.yaml uses the secret key of the top level too")
            })
    } else {
        names.first().map(|name| {
            format!("profile `{name}` would use the secret key of the top level of config.yaml")
        })
    };
    if let Some(why) = refused {
        return Err(CliError::usage(why)
            .doing("remove the secret key")
            .and("Nothing changed")
            .hint(format!("move all of them: `{ALL}`")));
    }
    fsutil::check_replaceable(file.path())?;
    Ok(file.without_secrets(names)?)
}

/// Removes the secret keys from the file, and says so.
async fn scrub(
    ctx: &Context,
    file: &OfficialFile,
    text: &str,
    moved: &[(ProfileName, SecretKey)],
) -> Result<()> {
    credentials::scrub(ctx.local()?, file, text, moved)
        .await
        .map_err(|err| err.doing("remove the secret keys from config.yaml"))?;
    ctx.ui().status(&format!(
        "Removed the secret key{} from {}",
        if moved.len() == 1 { "" } else { "s" },
        file.path().display()
    ));
    Ok(())
}

/// Says how the secret keys get out of the file.
fn still_there(ctx: &Context, file: &OfficialFile, profile: Option<&ProfileName>) {
    let all: Vec<&str> = file.names().collect();
    let command = match profile {
        Some(profile) if scrubbed(file, &[profile.as_str()]).is_ok() => {
            if ctx.has_profile_flag() {
                format!("run `scw login --from-config --scrub --profile {profile}`")
            } else {
                "run `scw login --from-config --scrub`".to_owned()
            }
        }
        _ if scrubbed(file, &all).is_ok() => format!("run `{ALL}`"),
        _ => "remove the line `secret_key`".to_owned(),
    };
    ctx.ui().hint(&format!(
        "the secret key is still in config.yaml in plain text; to remove it, {command}"
    ));
}

/// What came of the profiles of the file.
#[derive(Default)]
struct Outcome {
    logins: Vec<(ProfileName, Login, SecretKey)>,
    /// The names that failed, and the first failure.
    failed: Vec<String>,
    first: Option<CliError>,
}

async fn all(ctx: &Context, args: &LoginArgs, file: &OfficialFile) -> Result<()> {
    let names: Vec<&str> = file.names().collect();
    let text = if args.scrub {
        Some(scrubbed(file, &names)?)
    } else {
        None
    };
    let storage = storage(ctx, args)?;
    let outcome = each(ctx, file, storage).await?;
    if outcome.logins.is_empty() && outcome.first.is_none() && !args.scrub {
        return Err(missing());
    }
    let names: Vec<_> = outcome.logins.iter().map(|(name, ..)| name).collect();
    choose_active(ctx, file, &names).await?;
    if let (Some(text), None) = (&text, &outcome.first)
        && !outcome.logins.is_empty()
    {
        let moved: Vec<_> = outcome
            .logins
            .iter()
            .map(|(profile, _, secret)| (profile.clone(), secret.clone()))
            .collect();
        scrub(ctx, file, text, &moved).await?;
    }
    if !outcome.logins.is_empty() {
        if storage == StorageKind::File {
            ctx.ui()
                .warn("the secret keys are stored unencrypted; only you can read them");
        }
        if text.is_none() {
            still_there(ctx, file, None);
        }
        warn_of_variable(ctx);
    }
    let documents = outcome
        .logins
        .iter()
        .map(|(profile, login, _)| document(ctx, profile, login))
        .collect::<Result<Vec<_>>>()?;
    // Also after a failure: these logins are in force.
    ctx.ui()
        .result("", &documents)
        .map_err(|err| unprinted(&err))?;
    match outcome.first {
        Some(first) => Err(failure(&first, &outcome.failed, args.scrub)),
        None => Ok(()),
    }
}

/// Logs in with each profile, and says what came of it.
async fn each(ctx: &Context, file: &OfficialFile, storage: StorageKind) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    for name in file.names() {
        let shown = clean(name);
        match take(ctx, file, name, storage).await {
            Ok(None) => ctx
                .ui()
                .status(&format!("Skipped profile `{shown}`: it has no secret key")),
            Ok(Some((profile, login, offered))) => {
                ctx.ui().status(&format!(
                    "Logged in as {}; secret key in the {}: {}",
                    whom(&login.email, login.organization(), &profile),
                    login.kept.storage.place(),
                    location(ctx, &profile, &login)?
                ));
                let secret = offered.secret().clone();
                outcome.logins.push((profile, login, secret));
            }
            Err(err) if err.is_cancellation() => return Err(err),
            Err(err) => {
                let err = err.hint_for_refused_key(
                    "replace or remove the key in config.yaml, then run the command again",
                );
                ctx.ui().warn(&format!("profile `{shown}`: {err}"));
                outcome.failed.push(format!("`{shown}`"));
                outcome.first.get_or_insert(err);
            }
        }
    }
    Ok(outcome)
}

async fn take(
    ctx: &Context,
    file: &OfficialFile,
    name: &str,
    storage: StorageKind,
) -> Result<Option<(ProfileName, Login, Credential)>> {
    let Some(official) = file.profile(name).filter(|it| it.secret().is_some()) else {
        return Ok(None);
    };
    let profile = named(name)?;
    let Some(offered) = credentials::from_config(ctx.settings()?, &official)? else {
        return Ok(None);
    };
    let login = token::take(ctx, &profile, &offered, storage).await?;
    Ok(Some((profile, login, offered)))
}

/// The failure of some profiles, with the exit code and the hints of the first one.
fn failure(first: &CliError, failed: &[String], scrub: bool) -> CliError {
    let names = failed.join(", ");
    let word = if failed.len() == 1 {
        "profile"
    } else {
        "profiles"
    };
    let err = CliError::new(
        first.kind(),
        format!("could not log in with {word} {names} of config.yaml"),
    );
    let err = first.hints().iter().cloned().fold(err, CliError::hint);
    if scrub {
        err.and("scw left config.yaml as it is")
    } else {
        err
    }
}
