//! `scw logout`: ends the login of a profile, or of each.

use serde_json::json;

use super::{
    every::{self, Failures},
    unprinted, whom,
};
use crate::{
    api::{Account, ApiError},
    cli::LogoutArgs,
    config::{Login, Record},
    context::Context,
    credentials::{self, Ended, Ending},
    error::{CliError, Kind, Result},
    model::{AccessKey, ProfileName},
    store::CodesFile,
};

/// Deletes the API key that the login created, then the local secret: the secret even where the key
/// cannot be deleted. A note then tells the next login to delete the key.
///
/// # Errors
/// [`Kind::Unreachable`] or [`Kind::Refused`] when the key may still be on the server,
/// [`Kind::Keyring`] when the secret could not be read or removed. Of several failures, the first.
pub(crate) async fn run(ctx: &Context, args: LogoutArgs) -> Result<()> {
    if args.all {
        return all(ctx, args.keep_key).await;
    }
    let profile = &ctx.settings()?.profile;
    every::warn_of_variable(ctx);
    let changed = end(ctx, profile, args.keep_key, None).await?;
    ctx.ui().status(&if changed {
        format!("Logged out (profile {profile})")
    } else {
        format!("Not logged in (profile {profile})")
    });
    let data = json!({
        "logged_out": true,
        "was_logged_in": changed,
        "changed": changed,
    });
    ctx.ui().result("", &data).map_err(|err| unprinted(&err))
}

/// Ends every login of this machine, and says what stays.
async fn all(ctx: &Context, keep_key: bool) -> Result<()> {
    let mut data = Vec::new();
    let mut failures = Failures::default();
    for (profile, login) in every::logins(ctx)? {
        let account = whom(&login.email, login.organization(), &profile);
        let outcome = end(ctx, &profile, keep_key, None).await;
        // A key that could not be deleted ends the login all the same.
        let ended = ctx.local()?.record()?.login(&profile).is_none();
        let failure = match outcome {
            Ok(_) => {
                ctx.ui().status(&format!("Logged out of {account}"));
                None
            }
            Err(err) if err.kind() == Kind::Interrupted => return Err(err),
            Err(err) => {
                let err = err.doing(format!("log out of {account}"));
                let state = if ended {
                    "logged out"
                } else {
                    "still logged in"
                };
                let err = err.and(&format!("Profile `{profile}` is {state}"));
                Some(failures.add(ctx, err))
            }
        };
        data.push(json!({ "profile": profile.as_str(), "logged_out": ended, "error": failure }));
    }
    // A choice among profiles that are gone says nothing.
    let forget = |record: &mut Record| {
        if record.logins().next().is_none() {
            record.choose(&ProfileName::default());
        }
    };
    if !data.is_empty() {
        ctx.local()?.update_record(forget).await?;
    }
    if data.is_empty() {
        ctx.ui().status("Not logged in (no profile has a login)");
    }
    let kept = saved_codes(ctx)?;
    for path in &kept {
        ctx.ui().note(&format!(
            "The backup codes in {path} were kept: `scw logout` leaves the second factor as it is"
        ));
    }
    let data = json!({ "changed": !data.is_empty(), "profiles": data, "backup_codes": kept });
    ctx.ui().result("", &data).map_err(|err| unprinted(&err))?;
    failures.end()
}

/// Where backup codes are saved on this machine.
fn saved_codes(ctx: &Context) -> Result<Vec<String>> {
    let mut users = ctx.local()?.record()?.known_users();
    users.extend(CodesFile::users(&ctx.settings()?.data));
    let mut found = Vec::new();
    for user in users {
        let file = ctx.codes_file(&user)?;
        if file.exists() {
            found.push(file.path().display().to_string());
        }
    }
    found.sort();
    found.dedup();
    Ok(found)
}

/// Ends the login of a profile; `false` where there is none. `agreed` is the login that the user was
/// asked about, if any: another one stays.
///
/// # Errors
/// As [`run`].
pub(super) async fn end(
    ctx: &Context,
    profile: &ProfileName,
    keep_key: bool,
    agreed: Option<&Login>,
) -> Result<bool> {
    // What has begun on the server is finished here.
    let uninterruptible = ctx.interrupt().protect("");
    let revoke = async |ending: Ending| {
        if ending.login.created_key.is_none() || keep_key {
            return (Ok(()), true);
        }
        if let Some(by) = &ending.used_by {
            ctx.ui().note(&format!(
                "The API key of this login was kept: profile `{by}` uses it"
            ));
            return (Ok(()), true);
        }
        uninterruptible.now("deleting the API key of this login");
        let deleted = async {
            let credential = ending.credential?;
            let account = ctx.clients().account(&credential)?;
            delete_key(&*account, credential.access_key()).await
        }
        .await
        .map_err(|err: CliError| still_alive(&ending.login, &err));
        let gone = deleted.is_ok();
        (deleted, gone)
    };
    let Some(Ended { key, secret }) =
        credentials::forget(ctx.local()?, profile, keep_key, agreed, revoke).await?
    else {
        return Ok(false);
    };
    match (key, secret) {
        (Ok(()), Ok(())) => Ok(true),
        (Err(key), Ok(())) => Err(key.and("The secret key was removed from this machine")),
        (Ok(()), Err(secret)) => Err(secret.and("You are logged out")),
        (Err(key), Err(secret)) => Err(key
            .and(&format!(
                "The secret key is still on this machine: {secret}"
            ))
            .hint("the next `scw` command removes the secret key")),
    }
}

/// The failure to delete a key, with the name of the key and what to do.
fn still_alive(login: &Login, err: &CliError) -> CliError {
    let name = match (&login.access_key, &login.created_key) {
        (Some(key), _) => key.to_string(),
        (None, Some(description)) => format!("\"{description}\""),
        (None, None) => "of this login".to_owned(),
    };
    let kind = match err.kind() {
        Kind::Unreachable => Kind::Unreachable,
        Kind::Refused => Kind::Refused,
        // Its secret is missing or malformed.
        _ => Kind::Other,
    };
    CliError::new(kind, err.to_string())
        .doing(format!("delete the API key {name}"))
        .and("The API key may still work")
        .hint("delete the key in the console, or run `scw login`, which deletes it")
}

/// Deletes the key in use; one that is gone already counts as deleted. Where the answer is unclear,
/// asks the service whether the key still works.
///
/// # Errors
/// [`Kind::Refused`] and [`Kind::Unreachable`]: the key may still be there.
pub(super) async fn delete_key(
    account: &dyn Account,
    access_key: Option<&AccessKey>,
) -> Result<()> {
    let Err(err) = account.delete_own_key(access_key).await else {
        return Ok(());
    };
    if err.key_is_gone() {
        return Ok(());
    }
    if err.outcome_unknown()
        && let Err(asked) = account.own_key(access_key).await
        && asked.key_is_gone()
    {
        return Ok(());
    }
    Err(match err {
        err @ ApiError::Precondition { .. } => {
            CliError::new(Kind::Refused, err.to_string()).hint("try again later")
        }
        err => err.into(),
    })
}
