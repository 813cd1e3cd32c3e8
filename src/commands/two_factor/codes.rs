//! `scw 2fa codes`: the backup codes saved on this machine. The API is asked only when a run that
//! was cut leaves it open whether they still work.

use secrecy::ExposeSecret;
use serde_json::json;
use time::OffsetDateTime;

use super::settle::{Unasked, lock_and_settle, settle};
use crate::{
    cli::{CodesCommand, CodesListArgs, CodesRemoveArgs, CodesUsedArgs},
    commands::{
        secret_input::{Secret, ask_secret, read_secret},
        unprinted,
    },
    context::Context,
    credentials::access_key_variable,
    error::{CliError, Kind, Result},
    model::{BackupCode, CodeState, UserId, clean, day, rfc3339},
    store::{CodesFile, SavedCodes},
};

/// How to get codes that work.
const GET_CODES: &str =
    "run `scw 2fa on`, or `scw 2fa on --renew` if two-factor authentication is on";
/// What answers the question for a used code.
const USED_ARGUMENT: &str = "`scw 2fa codes used CODE-FILE`, with `-` for stdin";

/// Runs one of the commands below `scw 2fa codes`.
///
/// # Errors
/// When it is not known whose codes are meant, or their file cannot be used.
pub(super) async fn run(ctx: &Context, command: CodesCommand) -> Result<()> {
    if let CodesCommand::Used(CodesUsedArgs { code_file: None }) = &command {
        ctx.require_prompt("a backup code is", USED_ARGUMENT)?;
    }
    let user = whose(ctx)?;
    match command {
        CodesCommand::List(args) => list(ctx, &settled_file(ctx, &user).await?, &args),
        CodesCommand::Next => next(ctx, &user).await,
        CodesCommand::Used(args) => used(ctx, &user, &args).await,
        CodesCommand::Path => path(ctx, &settled_file(ctx, &user).await?),
        CodesCommand::Remove(args) => remove(ctx, &user, &args).await,
    }
}

/// Whose codes are meant: those of the key in the environment, else of the profile's last login,
/// else of the only user with codes.
fn whose(ctx: &Context) -> Result<UserId> {
    let settings = ctx.settings()?;
    let record = ctx.local()?.record()?;
    let by_key = match access_key_variable()? {
        Some(key) => Some(record.owner_of(&key).ok_or_else(|| {
            CliError::new(
                Kind::Other,
                format!("scw does not know yet whose key `SCW_ACCESS_KEY` ({key}) is"),
            )
            .hint("run `scw 2fa status` with the same variables to find out, or unset `SCW_ACCESS_KEY`")
        })?),
        None => None,
    };
    let by_profile = || record.profile(&settings.profile)?.user_id.clone();
    if let Some(user) = by_key.or_else(by_profile) {
        return Ok(user);
    }
    let mut users = CodesFile::users(&settings.data);
    match (users.pop(), users.len()) {
        (Some(user), 0) => Ok(user),
        (None, _) => Err(no_codes()),
        (Some(_), _) => Err(CliError::new(
            Kind::NotLoggedIn,
            "backup codes of several users are saved here, and this profile belongs to none of them",
        )
        .hint("choose a profile with `--profile`")),
    }
}

fn no_codes() -> CliError {
    CliError::new(Kind::Other, "no backup codes are saved here").hint(GET_CODES)
}

fn list(ctx: &Context, file: &CodesFile, args: &CodesListArgs) -> Result<()> {
    let codes = file.load(None)?.ok_or_else(no_codes)?;
    let rows: Vec<(String, &str, Option<OffsetDateTime>)> = codes
        .codes
        .iter()
        .map(|saved| {
            let code = if args.show {
                saved.code.expose().to_owned()
            } else {
                saved.code.masked()
            };
            match saved.state {
                CodeState::Unused => (code, "unused", None),
                CodeState::Used(at) => (code, "used", Some(at)),
                CodeState::Void(at) => (code, "void", Some(at)),
            }
        })
        .collect();
    let text: Vec<String> = rows
        .iter()
        .map(|(code, state, at)| match at {
            Some(at) => format!("{code}  {state} {}", day(*at, Context::now())),
            None => format!("{code}  {state}"),
        })
        .collect();
    let data = json!({
        "user_id": file.user(),
        "path": file.path().display().to_string(),
        "unused": codes.unused(),
        "codes": rows
            .iter()
            .map(|(code, state, at)| json!({ "code": code, "state": state, "at": at.map(rfc3339) }))
            .collect::<Vec<_>>(),
    });
    ctx.ui()
        .result(&text.join("\n"), &data)
        .map_err(|err| unprinted(&err))
}

/// The file of the codes, after what a run that was cut left is settled: that may tell where the
/// file is.
async fn settled_file(ctx: &Context, user: &UserId) -> Result<CodesFile> {
    settle(ctx, None, user, Unasked::Warn).await?;
    ctx.codes_file(user)
}

async fn next(ctx: &Context, user: &UserId) -> Result<()> {
    let (lock, file) = lock_and_settle(ctx, None, user, Unasked::Warn).await?;
    let now = Context::now();
    // Marked durably first, printed second: two runs never print the same code.
    let (code, left) = file
        .update(&lock, None, |codes| {
            let code = codes.take_next(now)?;
            Some((code, codes.unused()))
        })?
        .ok_or_else(no_codes)?
        .ok_or_else(|| {
            CliError::new(Kind::Other, "every saved backup code is used or void").hint(GET_CODES)
        })?;
    let printed = ctx.ui().result(
        code.expose(),
        &json!({ "code": code.expose(), "left": left }),
    );
    if let Err(err) = printed {
        // Nobody saw it: it is as good as before.
        file.update(&lock, None, |codes| codes.unmark(&code))?;
        return Err(unprinted(&err).and("The backup code is still unused"));
    }
    ctx.ui().status(&format!("{left} unused backup codes left"));
    Ok(())
}

async fn used(ctx: &Context, user: &UserId, args: &CodesUsedArgs) -> Result<()> {
    let text = match &args.code_file {
        Some(path) => read_secret(ctx, path, Secret::BackupCode).await?,
        None => ask_secret(ctx, Secret::BackupCode, USED_ARGUMENT).await?,
    };
    let code = BackupCode::parse(text.expose_secret())?;
    let (lock, file) = lock_and_settle(ctx, None, user, Unasked::Warn).await?;
    let now = Context::now();
    let (fresh, left) = file
        .update(&lock, None, |codes| {
            (codes.mark_used(&code, now), codes.unused())
        })?
        .ok_or_else(no_codes)?;
    match fresh {
        Some(true) => ctx.ui().status("Marked the code as used"),
        Some(false) => ctx
            .ui()
            .status("The code was already used or void. Nothing changed"),
        None => {
            return Err(CliError::new(
                Kind::Other,
                "this code is not among the saved backup codes",
            )
            .hint("run `scw 2fa codes list --show` to see them"));
        }
    }
    ctx.ui()
        .result("", &json!({ "left": left }))
        .map_err(|err| unprinted(&err))
}

fn path(ctx: &Context, file: &CodesFile) -> Result<()> {
    if !file.exists() {
        ctx.ui().hint("no backup codes are saved there yet");
    }
    ctx.ui()
        .path(
            file.path(),
            &json!({ "path": file.path().display().to_string(), "exists": file.exists() }),
        )
        .map_err(|err| unprinted(&err))
}

/// Whose codes they are, as far as this machine knows: the account, the profile and the
/// organization.
fn owner(ctx: &Context, user: &UserId) -> Result<String> {
    let record = ctx.local()?.record()?;
    let profile = &ctx.settings()?.profile;
    let email = record.user(user).and_then(|known| known.email.clone());
    let organization = record
        .login(profile)
        .filter(|login| login.user_id == *user)
        .map(|login| format!(", organization {}", clean(&login.organization_id)));
    Ok(format!(
        "{} (profile `{profile}`{})",
        email.map_or_else(|| user.to_string(), |email| clean(&email)),
        organization.unwrap_or_default()
    ))
}

async fn remove(ctx: &Context, user: &UserId, args: &CodesRemoveArgs) -> Result<()> {
    let file = settled_file(ctx, user).await?;
    let unused = match file.load(None) {
        Ok(codes) => codes.as_ref().map_or(0, SavedCodes::unused),
        // What cannot be read may be worth something.
        Err(_) => 1,
    };
    if unused > 0 && !args.yes {
        let about = format!(
            "This removes the backup codes of {} in {}.\nWithout them you may be locked out when your phone is lost.",
            owner(ctx, user)?,
            file.path().display()
        );
        if !ctx
            .confirm(&about, "Remove the backup codes?", "`--yes`")
            .await?
        {
            return Err(CliError::cancelled("The backup codes are still saved"));
        }
    }
    let (lock, file) = lock_and_settle(ctx, None, user, Unasked::Warn).await?;
    let removed = file.remove(&lock)?;
    ctx.ui().status(if removed {
        "Removed the saved backup codes"
    } else {
        "No backup codes were saved. Nothing changed"
    });
    ctx.ui()
        .result("", &json!({ "removed": removed }))
        .map_err(|err| unprinted(&err))
}
