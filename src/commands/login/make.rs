//! From an open session to a kept key: organization, left-over keys, key, keyring, end of the
//! session.

use std::time::Duration;

use time::OffsetDateTime;

use super::{
    delete_replaced,
    left_over::{LeftOver, delete_described},
    new_login, report, settle, storage,
};
use crate::{
    api::{CreatedKey, NewKey, Session},
    cli::LoginArgs,
    commands::sign_in::SignedIn,
    config::{Login, Target},
    context::{Context, prompt_error},
    credentials::{self, PendingKey, PendingNote},
    error::{CliError, Kind, Result},
    model::{Dialect, Expiry, Organization, User, clean, rfc3339},
    process,
};

/// What the key of a login is called: it tells a person where it is from, and holds a part that
/// nobody else's key has.
pub(super) fn description(ctx: &Context) -> Result<String> {
    Ok(format!(
        "scw login on {}, profile {}, {}",
        process::host_name(),
        ctx.settings()?.profile,
        process::unguessable()
    ))
}

/// Makes a key with an open session and keeps it, then ends the session.
///
/// # Errors
/// Any; a key that was made and could not be kept is deleted again.
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
    uninterruptible.now("ending the session of this login");
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

/// A key that is being made. `note` is that of a key that no login names yet.
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
        let user = session.account().user(session.user_id()).await?;
        let left_over = LeftOver {
            ctx,
            account: session.account(),
            target: self.target,
            user: &user,
            organization_id: organization.id.as_str(),
        };
        left_over.delete(self.note.as_ref()).await?;
        let expires_at = expires_at(ctx, self.args, session, &organization).await?;
        if ctx.interrupt().is_requested() {
            return Err(CliError::interrupted());
        }
        let key = self
            .create(session, &user, &organization, expires_at)
            .await?;
        let Some(description) = self.note.as_ref().map(|note| note.key.description.clone()) else {
            return Err(CliError::new(Kind::Other, "the key has no note"));
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
                ..new_login(kept, self.target, &user)
            },
        )
        .await
        .map_err(|err| err.doing("keep the secret key"));
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

    /// Makes the key. Its note is written before, so that it is found should this run be cut.
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
        };
        match session.create_key(&new).await {
            Ok(key) => Ok(key),
            Err(err) if err.outcome_unknown() => Err(self
                .after_lost_answer(session, user, organization, &new, err.into())
                .await),
            Err(err) => {
                if let Some(note) = self.note.take() {
                    settle(self.ctx, note);
                }
                Err(err.into())
            }
        }
    }

    /// The answer that holds the secret was lost: the key is useless, and is looked for at once.
    async fn after_lost_answer(
        &mut self,
        session: &dyn Session,
        user: &User,
        organization: &Organization,
        new: &NewKey,
        err: CliError,
    ) -> CliError {
        let account = session.account();
        let deleted = delete_described(
            account,
            &user.id,
            organization.id.as_str(),
            &new.description,
        )
        .await;
        let Some(note) = self.note.take() else {
            return err;
        };
        let name = note.key.shown();
        match deleted {
            Ok(deleted) if !deleted.is_empty() => {
                // A note that stays is settled by the next login.
                let _ = note.settle();
                err.and("The service had made the key, and scw deleted it again")
            }
            // The request may still be on its way.
            Ok(_) | Err(_) => {
                note.leave();
                err.and(&format!("The service may have made the key {name}"))
                    .hint("the next `scw login` looks for that key and deletes it")
            }
        }
    }

    /// Takes back a key that could not be kept.
    async fn withdraw(
        &mut self,
        session: &dyn Session,
        key: &CreatedKey,
        err: CliError,
    ) -> CliError {
        let name = key.access_key.as_ref().map_or_else(
            || "the new key".to_owned(),
            |key| format!("the new key {key}"),
        );
        if session.withdraw(key).await.is_ok() {
            return err.and(&format!("scw deleted {name} again"));
        }
        if let Some(note) = self.note.take() {
            note.leave();
        }
        err.and(&format!("{name} could not be deleted again"))
            .hint("the next `scw login` deletes it")
    }
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
        let chosen = ctx
            .unless_interrupted(ctx.prompter().select("Organization", names))
            .await?
            .map_err(|err| prompt_error(&err, "the organization is", &hint))?;
        return Ok(all.swap_remove(chosen));
    }
    all.pop().ok_or_else(|| {
        CliError::new(Kind::Refused, "the account belongs to no organization")
            .hint("ask an administrator to invite it")
    })
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
        // A limit that reaches beyond the calendar limits nothing.
        (None, Some(longest)) if end_of(session, longest).is_some() => Some(longest),
        (wanted, _) => wanted,
    };
    let end = life.and_then(|life| end_of(session, life));
    if let Some(end) = end.filter(|_| life != wanted) {
        ctx.ui().warn(&format!(
            "the organization allows no key as long as `{}`; this one ends on {}",
            asked,
            rfc3339(end)
        ));
    }
    Ok(end)
}

/// The end of a key that lives so long from now on, by the service's clock, which decides what is
/// in the future; nothing where it lies beyond the calendar.
fn end_of(session: &dyn Session, life: Duration) -> Option<OffsetDateTime> {
    let ahead = session.account().clock_ahead_s().unwrap_or(0);
    let life = time::Duration::try_from(life).ok()?;
    Context::now()
        .checked_add(time::Duration::seconds(ahead))?
        .checked_add(life)
}

/// Whether a token of the 2017 API is to end by itself, and what has to be said about it: that API
/// knows no date, only tokens that end after a time of its own, and tokens that never do.
pub(super) fn token_expires(ctx: &Context, args: &LoginArgs, dialect: Dialect) -> bool {
    if dialect == Dialect::Iam {
        return true;
    }
    match args.expires {
        Some(asked @ Expiry::After(_)) => ctx.ui().warn(&format!(
            "the 2017 API cannot end a token after `{asked}`; it decides itself when this one ends"
        )),
        None => ctx.ui().note(
            "The 2017 API decides when this token ends. `--expires never` asks for one without an end",
        ),
        Some(Expiry::Never) => {}
    }
    args.expires != Some(Expiry::Never)
}
