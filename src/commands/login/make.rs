//! From an open session to a saved API key: choose the organization, delete left-over keys, create
//! the key, store it, end the session.

use time::OffsetDateTime;

use super::{delete_replaced, left_over::LeftOver, new_login, report, settle, storage};
use crate::{
    api::{CreatedKey, NewKey, Session},
    cli::LoginArgs,
    commands::{
        new_key::{after_lost_answer, end_of_key},
        sign_in::SignedIn,
    },
    config::{Login, Target},
    context::{Context, prompt_error},
    credentials::{self, PendingKey, PendingNote},
    error::{CliError, Kind, Result},
    model::{Dialect, Expiry, Organization, User, clean},
    process,
};

/// The description of a login's key: it says where the key comes from, and is unique.
pub(super) fn description(ctx: &Context) -> Result<String> {
    Ok(format!(
        "scw login on {}, profile {}, {}",
        process::host_name(),
        ctx.settings()?.profile,
        process::unguessable()
    ))
}

/// Creates a key with an open session and stores it, then ends the session.
///
/// # Errors
/// Any; a key that cannot be stored is deleted again.
pub(super) async fn finish(ctx: &Context, args: &LoginArgs, signed_in: SignedIn) -> Result<()> {
    let uninterruptible = ctx.interrupt().protect("creating the API key");
    let SignedIn {
        mut session,
        target,
        note,
    } = signed_in;
    let mut making = Making {
        ctx,
        args,
        target: &target,
        note,
    };
    let outcome = making.run(&mut *session).await;
    uninterruptible.now("ending the login session");
    let ended = session.end(outcome.is_ok()).await.map_err(CliError::from);
    match outcome {
        Ok(login) => {
            if let Err(err) = ended {
                ctx.ui()
                    .warn(&format!("could not end the login session: {err}"));
            }
            report(ctx, &ctx.settings()?.profile, &login)
        }
        Err(err) => {
            // Where its key may still be there, the note stays for the next login.
            match making.note {
                Some(note) if ended.is_ok() => settle(ctx, note),
                Some(note) => note.leave(),
                None => {}
            }
            Err(err.doing("log in"))
        }
    }
}

/// A key that is being created. `note` is its note until a login names it.
struct Making<'a> {
    ctx: &'a Context,
    args: &'a LoginArgs,
    target: &'a Target,
    note: Option<PendingNote>,
}

impl Making<'_> {
    async fn run(&mut self, session: &mut dyn Session) -> Result<Login> {
        let ctx = self.ctx;
        let organization = choose(ctx, self.args, session).await?;
        session.choose(&organization).await?;
        let user = session.user().await?;
        let left_over = LeftOver {
            ctx,
            account: session.account(),
            target: self.target,
            user: &user,
            organization_id: organization.id.as_str(),
        };
        left_over.delete(self.note.as_ref()).await?;
        let asked = self.args.expires.unwrap_or_default();
        let longest = session.longest_key_s().await?;
        let expires_at = end_of_key(ctx, session.account(), longest, asked);
        if ctx.interrupt().is_requested() {
            return Err(CliError::interrupted());
        }
        let key = self
            .create(session, &user, &organization, expires_at)
            .await?;
        let Some(description) = self.note.as_ref().map(|note| note.key.description.clone()) else {
            return Err(CliError::new(Kind::Other, "the key was not noted down"));
        };
        let profile = &ctx.settings()?.profile;
        let kept = credentials::keep(
            ctx.local()?,
            profile,
            &key.secret,
            storage(ctx, self.args)?,
            |kept| Login {
                access_key: key.access_key.clone(),
                organization_id: organization.id.to_string(),
                project_id: key.project_id.clone(),
                created_key: Some(description),
                expires_at: key.expires_at,
                ..new_login(kept, self.target, &user, Some(clean(&organization.name)))
            },
        )
        .await
        .map_err(|err| err.doing("store the secret key"));
        match kept {
            Ok((login, replaced)) => {
                // The record names the key now.
                if let Some(note) = self.note.take() {
                    settle(ctx, note);
                }
                delete_replaced(ctx, replaced).await;
                Ok(login)
            }
            Err(err) => Err(self.withdraw(session, &key, err).await),
        }
    }

    /// Creates the key. Its note is written first, so that a later login finds the key should this run
    /// be killed.
    async fn create(
        &mut self,
        session: &dyn Session,
        user: &User,
        organization: &Organization,
        expires_at: Option<OffsetDateTime>,
    ) -> Result<CreatedKey> {
        // The sign-in of the 2017 API made its token, and wrote its note.
        let description = if let Some(note) = &self.note {
            note.key.description.clone()
        } else {
            let key = PendingKey {
                email: Some(user.email.clone()),
                user_id: Some(user.id.clone()),
                organization_id: Some(organization.id.to_string()),
                ..PendingKey::new(description(self.ctx)?, self.target)
            };
            let description = key.description.clone();
            self.note = Some(PendingNote::write(self.ctx.local()?, key)?);
            description
        };
        let new = NewKey {
            description,
            expires_at,
            project_id: None,
        };
        match session.create_key(&new).await {
            Ok(key) => Ok(key),
            Err(err) if err.outcome_unknown() => Err(match self.note.take() {
                Some(note) => {
                    let hint = "run `scw login` again: it deletes that key";
                    let owner = (&user.id, organization.id.as_str());
                    after_lost_answer(session.account(), owner, note, err.into(), hint).await
                }
                None => err.into(),
            }),
            Err(err) => {
                if let Some(note) = self.note.take() {
                    settle(self.ctx, note);
                }
                Err(err.into())
            }
        }
    }

    /// Deletes a key that could not be stored.
    async fn withdraw(
        &mut self,
        session: &dyn Session,
        key: &CreatedKey,
        err: CliError,
    ) -> CliError {
        let name = key.access_key.as_ref().map_or_else(
            || "the new API key".to_owned(),
            |key| format!("the new API key {key}"),
        );
        if session.withdraw(key).await.is_ok() {
            return err.and(&format!("scw deleted {name}"));
        }
        if let Some(note) = self.note.take() {
            note.leave();
        }
        err.and(&format!("scw could not delete {name}"))
            .hint("run `scw login` again: it deletes that key")
    }
}

async fn choose(ctx: &Context, args: &LoginArgs, session: &dyn Session) -> Result<Organization> {
    let mut all = session.organizations(args.organization.is_some()).await?;
    let shown = |organization: &Organization| {
        format!("{} ({})", clean(&organization.name), organization.id)
    };
    if let Some(wanted) = &args.organization {
        let names: Vec<String> = all.iter().map(shown).collect();
        return all
            .into_iter()
            .find(|found| found.id.as_str() == wanted || found.name.eq_ignore_ascii_case(wanted))
            .ok_or_else(|| {
                CliError::usage("the account is not a member of that organization")
                    .hint(format!("choose one of: {}", names.join(", ")))
            });
    }
    if all.len() > 1 {
        let names: Vec<String> = all.iter().map(shown).collect();
        let hint = format!("`--organization` with one of: {}", names.join(", "));
        let chosen = ctx
            .unless_interrupted(ctx.prompter().select("Organization", names))
            .await?
            .map_err(|err| prompt_error(&err, "the organization is", &hint))?;
        return Ok(all.swap_remove(chosen));
    }
    all.pop().ok_or_else(|| {
        CliError::new(
            Kind::Refused,
            "the account is not a member of any organization",
        )
        .hint("ask an administrator of an organization for an invitation")
    })
}

/// Whether a token of the 2017 API is to expire. That API takes no date: it chooses one itself, or
/// the token never expires. Says so where it matters.
pub(super) fn token_expires(ctx: &Context, args: &LoginArgs, dialect: Dialect) -> bool {
    if dialect == Dialect::Iam {
        return true;
    }
    match args.expires {
        Some(asked @ Expiry::After(_)) => ctx.ui().warn(&format!(
            "the 2017 API ignores `--expires {asked}`; it chooses when this token expires"
        )),
        None => ctx.ui().note(
            "The 2017 API chooses when this token expires. Use `--expires never` for one that never expires.",
        ),
        Some(Expiry::Never) => {}
    }
    args.expires != Some(Expiry::Never)
}
