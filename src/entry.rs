//! From the arguments to the exit code. The only place that ends the process.

mod complete;
mod handover;
mod usage;
mod version;
mod words;

use std::{ffi::OsString, process::ExitCode};

use clap::{CommandFactory, FromArgMatches};

use crate::{
    cli::{Cli, Command, TwoFactorCommand},
    commands::{self, two_factor::Unasked},
    context::Context,
    env,
    error::{CliError, Kind, Result},
    process,
    ui::{Ui, restore_terminal},
};

/// Runs `scw` with the arguments of the process.
#[must_use]
pub fn run() -> ExitCode {
    if let Some(code) = complete::answer() {
        return code;
    }
    let args: Vec<OsString> = env::args().collect();
    let behind_name = args.get(1..).unwrap_or_default();
    if let Some(code) = usage::version_alone(behind_name) {
        return code;
    }
    let mut root = Cli::command();
    if let Some(foreign) = words::foreign(&root, behind_name)
        && let Some(code) = handover::run(&foreign)
    {
        return code;
    }
    let cli = root
        .try_get_matches_from_mut(args)
        .and_then(|mut matches| Cli::from_arg_matches_mut(&mut matches))
        .map_err(|err| err.format(&mut root));
    let cli = match cli {
        Ok(cli) => cli,
        Err(err) => return usage::report(err),
    };
    process::harden();
    let ui = Ui::new(cli.global.output, cli.global.quiet, cli.global.color);
    let runtime = match event_loop() {
        Ok(runtime) => runtime,
        Err(err) => return report(&ui, &err),
    };
    let context = Context::new(ui.clone(), cli.global);
    let outcome = runtime.block_on(until_interrupted(&context, dispatch(&context, cli.command)));
    // A thread that waits for a keyring or a terminal must not keep the program alive.
    runtime.shutdown_background();
    let code = match outcome {
        Ok(code) => code,
        Err(err) => report(&ui, &context.explained(err)),
    };
    restore_terminal();
    code
}

fn event_loop() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|err| {
            CliError::new(
                Kind::Other,
                format!("could not start the event loop: {err}"),
            )
        })
}

/// Runs a command until it is done or the user ends it, whichever comes first.
async fn until_interrupted<T>(
    context: &Context,
    command: impl Future<Output = Result<T>>,
) -> Result<T> {
    let interrupt = context.interrupt();
    tokio::select! {
        // Listening begins before the command does.
        biased;
        Err(err) = interrupt.listen(|text| context.ui().interrupted(text)) => {
            Err(CliError::new(Kind::Other, format!("could not listen for signals: {err}")))
        }
        outcome = command => outcome,
        () = interrupt.may_end() => Err(CliError::interrupted()),
    }
}

async fn dispatch(context: &Context, command: Command) -> Result<ExitCode> {
    tidy(context, &command).await?;
    match command {
        Command::Login(args) => commands::login::run(context, args).await,
        Command::Logout(args) => commands::logout::run(context, args).await,
        Command::Whoami(args) => commands::whoami::run(context, args).await,
        Command::Profile(command) => commands::profile::run(context, command).await,
        Command::Token(args) => commands::token::run(context, args).await,
        Command::Exec(args) => return commands::exec::run(context, args).await,
        Command::TwoFactor(command) => commands::two_factor::run(context, command).await,
        Command::Doctor => commands::doctor::run(context).await,
        Command::Completion(args) => commands::completion::run(&args),
        Command::Man(args) => commands::man::run(context, args),
        Command::Help(args) => commands::help::run(context, &args),
    }?;
    Ok(ExitCode::SUCCESS)
}

/// Cleans up what interrupted runs left behind.
async fn tidy(context: &Context, command: &Command) -> Result<()> {
    match command {
        // They touch nothing that is kept on the machine.
        Command::Completion(_) | Command::Man(_) | Command::Help(_)
        // It tells what is left behind, and changes nothing.
        | Command::Doctor => return Ok(()),
        // They read earlier reports, on any machine.
        Command::TwoFactor(TwoFactorCommand::Audit(args)) if args.command.is_some() => {
            return Ok(());
        }
        _ => context.local()?.sweep().await?,
    }
    // A login deletes them by itself, once it is known whose it is.
    if !matches!(command, Command::Login(_)) {
        commands::exec::delete_left_over(context).await?;
    }
    let unasked = match command {
        // They look after the saved codes themselves.
        Command::TwoFactor(_) => return Ok(()),
        // A login may not exist yet.
        Command::Login(_) => Unasked::Leave,
        _ => Unasked::Warn,
    };
    commands::two_factor::settle_all(context, unasked).await
}

fn report(ui: &Ui, err: &CliError) -> ExitCode {
    let code = err.kind().code();
    if err.is_cancellation() {
        ui.ended(code, &err.to_string(), err.hints());
    } else {
        ui.error(code, &err.to_string(), err.hints());
    }
    ExitCode::from(err.kind().exit_code())
}
