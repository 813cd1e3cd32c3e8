//! Keys of commands whose `scw exec` was killed: whatever runs next deletes them.

use std::time::Duration;

use crate::{
    commands::new_key::{delete_described, settle},
    context::Context,
    credentials::{
        Asking, Authed, Credential, PendingKey, Source, abandoned_by_commands, credential_to_revoke,
    },
    error::{CliError, Kind, LOGIN_HINT, Result},
    model::rfc3339,
};

/// The longest that a command waits for the deletion of one such key.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long after its end a key is taken for ended whatever this machine's clock says.
const SURELY: time::Duration = time::Duration::DAY;

/// Deletes the keys that interrupted runs made for commands. One that cannot be deleted is told, and
/// left to a later run. Where there is none, neither the network nor the keyring is used.
///
/// # Errors
/// When what is kept on this machine cannot be read.
pub(crate) async fn delete_left_over(ctx: &Context) -> Result<()> {
    for note in abandoned_by_commands(ctx.local()?) {
        let deleted = tokio::time::timeout(PATIENCE, delete(ctx, &note.key)).await;
        let deleted =
            deleted.unwrap_or_else(|_| Err(CliError::new(Kind::Unreachable, "it took too long")));
        let end = note.key.command.as_ref().and_then(|of| of.expires_at);
        match deleted {
            Ok(deleted) => {
                for key in deleted {
                    ctx.ui().note(&format!(
                        "Deleted the API key {key}, left behind by an interrupted `scw exec`"
                    ));
                }
                settle(ctx, note);
            }
            Err(_) if end.is_some_and(|end| end + SURELY < Context::now()) => settle(ctx, note),
            Err(err) => {
                let end = end.map_or_else(String::new, |at| {
                    format!(". It stops working at {}", rfc3339(at))
                });
                ctx.ui().warn(&format!(
                    "could not delete the API key {}, left behind by an interrupted `scw exec`: {err}{end}",
                    note.key.shown()
                ));
                note.leave();
            }
        }
    }
    Ok(())
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
    if let Ok(credential) = ctx.credential().await
        && !matches!(credential.source(), Source::Saved(_))
        && credential.target().dialect == key.api
        && credential.target().origin == key.api_url
    {
        found.push(Ok(credential));
    }
    Ok(found)
}
