//! From the arguments to the exit code. The only place that ends the process.

use std::process::ExitCode;

use clap::Parser;

use crate::{
    cli::{Cli, Command},
    commands,
    context::Context,
    env,
    error::{CliError, Kind, Result},
    process,
    ui::{Ui, restore_terminal},
};

/// Runs `scw` with the arguments of the process.
#[must_use]
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse_from(env::args()) {
        Ok(cli) => cli,
        Err(err) => return usage(&err),
    };
    process::harden();
    let ui = Ui::new(cli.global.output, cli.global.quiet, cli.global.color);
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(err) => {
            let err = CliError::new(Kind::Other, format!("the event loop cannot start: {err}"));
            return report(&ui, &err);
        }
    };
    let context = Context::new(ui.clone(), cli.global);
    let outcome = runtime.block_on(until_interrupted(&context, dispatch(&context, cli.command)));
    // A thread that waits for a keyring or a terminal must not keep the program alive.
    runtime.shutdown_background();
    let code = match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(err) => report(&ui, &err),
    };
    restore_terminal();
    code
}

/// Runs a command until it is done or the user asks for the end, whichever comes first.
async fn until_interrupted(
    context: &Context,
    command: impl Future<Output = Result<()>>,
) -> Result<()> {
    let interrupt = context.interrupt();
    tokio::select! {
        outcome = command => outcome,
        Err(err) = interrupt.listen() => {
            Err(CliError::new(Kind::Other, format!("signals cannot be listened for: {err}")))
        }
        () = interrupt.may_end() => Err(CliError::interrupted()),
    }
}

async fn dispatch(context: &Context, command: Command) -> Result<()> {
    match command {
        Command::Login(args) => commands::login::run(context, args).await,
        Command::Logout(args) => commands::logout::run(context, args).await,
        Command::Whoami => commands::whoami::run(context).await,
        Command::Token(args) => commands::token::run(context, args).await,
        Command::TwoFactor(command) => commands::two_factor::run(context, command).await,
        Command::Completion(args) => commands::completion::run(context, &args),
        Command::Man(args) => commands::man::run(context, args),
    }
}

fn report(ui: &Ui, err: &CliError) -> ExitCode {
    ui.error(err.kind().code(), &err.to_string(), err.hints());
    ExitCode::from(err.kind().exit_code())
}

/// What clap has to say: help and version on stdout, a mistake on stderr.
fn usage(err: &clap::Error) -> ExitCode {
    if !err.use_stderr() {
        // Nobody reads any more when this fails.
        let _ = err.print();
        return ExitCode::SUCCESS;
    }
    let wants_json = env::args()
        .zip(env::args().skip(1))
        .any(|(flag, value)| (flag == "-o" || flag == "--output") && value == "json")
        || env::args().any(|arg| arg == "-ojson" || arg == "--output=json" || arg == "-o=json");
    if wants_json {
        let ui = Ui::new(
            crate::model::Format::Json,
            false,
            crate::model::ColorWhen::Never,
        );
        let text = err.render().to_string();
        // Up to the first empty line: the mistake, with the names that belong to it.
        let told: Vec<&str> = text
            .lines()
            .take_while(|line| !line.trim().is_empty())
            .map(str::trim)
            .collect();
        let message = told.join(" ");
        let message = message.trim_start_matches("error: ");
        let hint = "see `scw --help`".to_owned();
        ui.error(Kind::Usage.code(), message, &[hint]);
    } else {
        let _ = err.print();
        Ui::new(
            crate::model::Format::Human,
            false,
            crate::model::ColorWhen::Auto,
        )
        .hint("`scw --help` lists the commands and options");
    }
    ExitCode::from(Kind::Usage.exit_code())
}
