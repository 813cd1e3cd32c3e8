//! `scw exec`: one command with the credentials of the login in its environment.

mod key;
mod left_over;

use std::{ffi::OsString, io};

use key::TemporaryKey;
pub(crate) use left_over::delete_left_over;

use super::{
    ending,
    environment::{Wanted, follow_profile, with_credential},
};
use crate::{
    cli::ExecArgs,
    context::Context,
    credentials::Credential,
    env,
    error::{CliError, Kind, Result},
    model::clean,
    process::{self, ExitCode, Supervisor, Variables},
};

/// Runs a command, and gives its exit code. Without `--ttl` it takes the place of this process.
///
/// # Errors
/// [`Kind::NotFound`] and [`Kind::NotStarted`] where the command cannot be started, and as for every
/// command that needs a login.
pub(crate) async fn run(ctx: &Context, args: ExecArgs) -> Result<ExitCode> {
    let Some((program, arguments)) = args.command.split_first() else {
        return Err(CliError::usage("a command to run is missing")
            .hint("run `scw exec --help` to see what it accepts"));
    };
    let Some(life) = args.ttl else {
        let credential = ctx.warned_credential().await?;
        warn_of_ending(ctx, &credential).await?;
        let variables = variables(ctx, &args, &credential)?;
        let command = variables.command(program, arguments);
        return process::replace(command).map_err(|err| not_started(program, &err));
    };
    let maker = ctx.authed().await?;
    key::check(maker.credential())?;
    // No key is made for a command that cannot run.
    process::find_program(program).map_err(|err| not_started(program, &err))?;
    warn_of_ending(ctx, maker.credential()).await?;
    // From here on a signal waits until no key is left.
    let uninterruptible = ctx.interrupt().protect("creating the API key");
    let supervisor = Supervisor::new().map_err(|err| {
        CliError::new(Kind::Other, format!("could not listen for signals: {err}"))
    })?;
    let key = TemporaryKey::make(ctx, maker, life, args.project.as_deref())
        .await
        .map_err(|err| err.doing("create an API key for the command"))?;
    uninterruptible.now("");
    let outcome = if ctx.interrupt().is_requested() {
        Err(CliError::interrupted())
    } else {
        match variables(ctx, &args, key.credential()) {
            Ok(mut variables) => {
                // They would outlive the key, and reach further than it does.
                for name in [env::PASSWORD, env::OTP, env::TOKEN] {
                    variables.remove(name);
                }
                supervisor
                    .run(variables.command(program, arguments))
                    .await
                    .map_err(|err| not_started(program, &err))
            }
            Err(err) => Err(err),
        }
    };
    uninterruptible.now("deleting the API key of the command");
    key.delete(ctx).await;
    outcome.map(ExitCode::from)
}

/// Warns where the key of the login ends soon.
async fn warn_of_ending(ctx: &Context, credential: &Credential) -> Result<()> {
    match credential.login() {
        Some(login) => ending::warn_of_ending(ctx, login).await,
        None => Ok(()),
    }
}

/// The environment of the command.
fn variables(ctx: &Context, args: &ExecArgs, credential: &Credential) -> Result<Variables> {
    if args.s3 && credential.access_key().is_none() {
        return Err(
            CliError::usage("S3 tools need an access key, and this login has none")
                .doing("run the command")
                .hint("log in to the IAM API: `scw login --api iam`"),
        );
    }
    let wanted = Wanted {
        project: args.project.as_deref(),
        region: args.region.as_deref(),
        zone: args.zone.as_deref(),
        s3: args.s3,
    };
    let mut variables = with_credential(credential, &wanted);
    follow_profile(&mut variables, ctx.settings()?);
    Ok(variables)
}

/// The failure to start a command, with the exit code that shells and env(1) have for it.
fn not_started(program: &OsString, err: &io::Error) -> CliError {
    let name = clean(&program.to_string_lossy());
    let (kind, message, hint) = match err.kind() {
        io::ErrorKind::NotFound => (
            Kind::NotFound,
            "the command is not found".to_owned(),
            "check its name, and that its folder is in `PATH`",
        ),
        _ => (
            Kind::NotStarted,
            err.to_string(),
            "check that the file is a program, and that you may run it",
        ),
    };
    CliError::new(kind, message)
        .doing(format!("run `{name}`"))
        .hint(hint)
}
