//! Keys of commands whose `scw exec` was killed: whatever runs next deletes them.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::{
    commands::new_key::{delete_described, settle},
    context::Context,
    credentials::{
        Asking, Authed, Credential, PendingKey, PendingNote, abandoned_by_commands,
        credential_to_revoke, has_secret_variable,
    },
    error::{CliError, Kind, LOGIN_HINT, Result},
    model::rfc3339,
};

/// The longest that a command waits for all deletions together, and for those at one service: none
/// may slow every command down, and one that does not answer must not keep the others waiting.
const PATIENCE: Duration = Duration::from_secs(5);
const OF_ONE_SERVICE: Duration = Duration::from_secs(3);

/// How long after its end a key is taken for ended whatever this machine's clock says.
const SURELY: time::Duration = time::Duration::DAY;

/// Deletes the keys that interrupted runs made for commands. One that cannot be deleted is told, and
/// left to a later run. Where there is none, neither the network nor the keyring is used.
///
/// # Errors
/// When what is kept on this machine cannot be read.
pub(crate) async fn delete_left_over(ctx: &Context) -> Result<()> {
    let until = Instant::now() + PATIENCE;
    let mut late: Vec<PendingNote> = Vec::new();
    for note in abandoned_by_commands(ctx.local()?) {
        let silent = late.iter().any(|late| late.key.api_url == note.key.api_url);
        let limit = until.min(Instant::now() + OF_ONE_SERVICE);
        let deleted = if silent || until <= Instant::now() {
            None
        } else {
            timeout_at(limit, delete(ctx, &note.key)).await.ok()
        };
        let end = note.key.ends_at();
        match deleted {
            Some(Ok(deleted)) => {
                for key in deleted {
                    ctx.ui().note(&format!(
                        "Deleted the API key {key}, left behind by an interrupted scw"
                    ));
                }
                settle(ctx, note);
            }
            Some(Err(_)) | None if end.is_some_and(|end| end + SURELY < Context::now()) => {
                settle(ctx, note);
            }
            Some(Err(err)) => {
                let end = end.map_or_else(String::new, |at| {
                    format!(". It stops working at {}", rfc3339(at))
                });
                ctx.ui().warn(&format!(
                    "could not delete the API key {}, left behind by an interrupted scw: {err}{end}",
                    note.key.shown()
                ));
                note.leave();
            }
            None => late.push(note),
        }
    }
    warn_of_late(ctx, &late);
    Ok(())
}

/// Says once which keys there was no time for.
fn warn_of_late(ctx: &Context, late: &[PendingNote]) {
    if late.is_empty() {
        return;
    }
    let names: Vec<String> = late.iter().map(|note| note.key.shown()).collect();
    let (keys, whose, which) = match late {
        [_] => ("key", "an interrupted scw", "It"),
        _ => ("keys", "interrupted runs of scw", "The last of them"),
    };
    // Where the end of one is not known, that of the last one is not either.
    let ends: Option<Vec<_>> = late.iter().map(|note| note.key.ends_at()).collect();
    let end = ends.and_then(|ends| ends.into_iter().max());
    let end = end.map_or_else(String::new, |at| {
        format!(". {which} stops working at {}", rfc3339(at))
    });
    ctx.ui().warn(&format!(
        "could not delete the API {keys} {}, left behind by {whose}: it took too long{end}",
        names.join(", ")
    ));
}

/// Deletes a key with the first login of its user that can, and tells the names of what it deleted.
async fn delete(ctx: &Context, key: &PendingKey) -> Result<Vec<String>> {
    let (Some(user), Some(organization)) = (&key.user_id, &key.organization_id) else {
        return Err(CliError::new(Kind::Other, "its note is incomplete"));
    };
    let record = ctx.local()?.record()?;
    let mut failure = None;
    for credential in credentials(ctx, key).await? {
        let deleted = async {
            let authed = Authed::new(&ctx.clients(), credential?, &record)?;
            if authed.user_id().await? != *user {
                return Ok(None);
            }
            let account = authed.account();
            let deleted = delete_described(account, user, organization, &key.description).await?;
            Ok::<_, CliError>(Some(deleted))
        };
        match deleted.await {
            Ok(Some(deleted)) => return Ok(deleted),
            Ok(None) => {}
            // The first one was for the profile that made the key.
            Err(err) => failure = failure.or(Some(err)),
        }
    }
    Err(failure.unwrap_or_else(|| {
        CliError::new(Kind::NotLoggedIn, "not logged in as its user").hint(LOGIN_HINT)
    }))
}

/// What may delete a key: the login of the profile that made it, other logins of its user, and what
/// is in force without a login.
async fn credentials(ctx: &Context, key: &PendingKey) -> Result<Vec<Result<Credential>>> {
    let local = ctx.local()?;
    let record = local.record()?;
    let made_by = key.command.as_ref().map(|of| of.profile.as_str());
    let mut logins: Vec<_> = record
        .names()
        .filter_map(|name| {
            let login = record.login(&name)?.clone();
            key.is_of_login(&login).then_some((name, login))
        })
        .collect();
    logins.sort_by_key(|(name, _)| Some(name.as_str()) != made_by);
    let mut found = Vec::new();
    for (name, login) in logins {
        found.push(credential_to_revoke(local, &name, &login, Asking::Nobody).await);
    }
    let logged_in = record.login(&ctx.settings()?.profile).is_some();
    if (has_secret_variable() || !logged_in)
        && let Ok(credential) = ctx.credential().await
        && credential.target().dialect == key.api
        && credential.target().origin == key.api_url
    {
        found.push(Ok(credential));
    }
    Ok(found)
}
