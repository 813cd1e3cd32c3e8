//! The key that is for one command: made before it, deleted after it.

use std::time::Duration;

use crate::{
    api::NewKey,
    commands::{
        logout::delete_key,
        new_key::{after_lost_answer, end_of_key, settle},
    },
    context::Context,
    credentials::{Authed, Credential, OfCommand, PendingKey, PendingNote},
    env,
    error::{CliError, Kind, Result},
    model::{Dialect, Expiry, Lifetime, rfc3339},
    process,
};

/// The longest that the end of a command waits for the deletion of its key. The next run has all the
/// time that this one lacks.
const PATIENCE: Duration = Duration::from_secs(10);

/// Who deletes a key whose fate is not known.
const NEXT_RUN: &str = "the next `scw` command deletes that key, if it is there";

/// A key that is for one command. Its note is held until the key is deleted, so that no other run
/// touches the key meanwhile.
pub(super) struct TemporaryKey {
    maker: Authed,
    credential: Credential,
    note: PendingNote,
}

impl TemporaryKey {
    /// Makes a key with the login in force. Its note is written first, so that the next run finds the
    /// key should this one be killed.
    ///
    /// # Errors
    /// What the API says, and when the note cannot be written.
    pub(super) async fn make(
        ctx: &Context,
        maker: Authed,
        life: Lifetime,
        project: Option<&str>,
    ) -> Result<Self> {
        let login = maker.credential().login();
        let user_id = maker.user_id().await?;
        let organization_id = match login {
            Some(login) => login.organization_id.clone(),
            None => maker.account().user(&user_id).await?.organization_id,
        };
        let account = maker.account();
        let asked = Expiry::After(life.0);
        let longest = account.longest_key_s(&organization_id).await?;
        let expires_at = end_of_key(ctx, account, longest, asked);
        if ctx.interrupt().is_requested() {
            return Err(CliError::interrupted());
        }
        let project_id = match project {
            Some(project) => Some(project.to_owned()),
            None => env::text(env::DEFAULT_PROJECT_ID)?
                .or_else(|| login.and_then(|login| login.project_id.clone())),
        };
        let description = format!(
            "scw exec on {}, {}",
            process::host_name(),
            process::unguessable()
        );
        let key = PendingKey {
            user_id: Some(user_id.clone()),
            organization_id: Some(organization_id.clone()),
            command: Some(OfCommand {
                profile: ctx.settings()?.profile.to_string(),
                expires_at,
            }),
            ..PendingKey::new(description.clone(), maker.credential().target())
        };
        let mut note = PendingNote::write(ctx.local()?, key)?;
        let new = NewKey {
            description,
            expires_at,
            project_id,
        };
        match account.create_key(&user_id, &new).await {
            Ok(key) => {
                note.key.access_key.clone_from(&key.access_key);
                let credential = maker.credential().with_key(key.secret, key.access_key);
                Ok(Self {
                    maker,
                    credential,
                    note,
                })
            }
            Err(err) if err.outcome_unknown() => {
                let owner = (&user_id, organization_id.as_str());
                Err(after_lost_answer(account, owner, note, err.into(), NEXT_RUN).await)
            }
            Err(err) => {
                settle(ctx, note);
                Err(err.into())
            }
        }
    }

    /// The credential of the new key.
    pub(super) fn credential(&self) -> &Credential {
        &self.credential
    }

    /// Deletes the key, by itself: the login may have ended meanwhile. Where that fails the note
    /// stays, and the next run tries again.
    pub(super) async fn delete(self, ctx: &Context) {
        let deleted = tokio::time::timeout(PATIENCE, self.try_delete(ctx)).await;
        let deleted =
            deleted.unwrap_or_else(|_| Err(CliError::new(Kind::Unreachable, "it took too long")));
        match deleted {
            Ok(()) => settle(ctx, self.note),
            Err(err) => {
                let end = self.note.key.ends_at().map_or_else(String::new, |at| {
                    format!(". It stops working at {}", rfc3339(at))
                });
                ctx.ui().warn(&format!(
                    "could not delete the API key {} of the command: {err}{end}. The next scw command tries again",
                    self.note.key.shown()
                ));
                self.note.leave();
            }
        }
    }

    async fn try_delete(&self, ctx: &Context) -> Result<()> {
        let access_key = self.credential.access_key();
        let end = self.note.key.ends_at();
        if end.is_some_and(|end| end <= Context::now()) {
            // It can no longer delete itself, and is of no use to anybody: the login clears it away.
            let _ = self.maker.account().delete_own_key(access_key).await;
        }
        let account = ctx.clients().account(&self.credential)?;
        delete_key(&*account, access_key).await
    }
}

/// Makes sure that a key can be made for a command.
///
/// # Errors
/// [`Kind::Usage`] for a login of the 2017 API.
pub(super) fn check(credential: &Credential) -> Result<()> {
    if credential.target().dialect == Dialect::Iam {
        return Ok(());
    }
    Err(
        CliError::new(Kind::Usage, "the 2017 API creates a token at a login only")
            .doing("create an API key for the command")
            .hint("leave `--ttl` out, or log in to the IAM API: `scw login --api iam`"),
    )
}
