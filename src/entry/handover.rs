//! A command that is not one of this program: the official client takes this process's place, with the
//! credentials in its environment.

use std::{ffi::OsString, fmt::Write, process::ExitCode};

use clap::Parser;

use super::{event_loop, report, usage, words::Foreign};
use crate::{
    cli::{Cli, GlobalArgs},
    commands::environment::{Wanted, hands_over, with_credential},
    config::OfficialProfile,
    context::Context,
    credentials::{Credential, Source, has_secret_variable},
    env,
    error::Result,
    model::{Format, ProfileName},
    process::{self, Official, Variables},
    ui::Ui,
};

/// Hands a command over. Comes back with an exit code where that ends the run, and with nothing
/// where the words are for this program after all: it then says what is wrong with them.
pub(super) fn run(foreign: &Foreign) -> Option<ExitCode> {
    let format = if usage::wants_json() {
        Format::Json
    } else {
        Format::Human
    };
    let global = match global(foreign) {
        Ok(global) => global,
        Err(err) => return Some(usage::report(err)),
    };
    let ui = Ui::new(format, global.quiet, global.color);
    match official() {
        Ok(Some(official)) => {
            let outcome = hand_over(official, foreign, Context::new(ui.clone(), global));
            Some(outcome.unwrap_or_else(|err| report(&ui, &err)))
        }
        Ok(None) if foreign.word == "help" => None,
        Ok(None) => Some(usage::unknown(&foreign.word)),
        Err(err) => Some(report(&ui, &err)),
    }
}

/// The official client; nothing where there is none, or nothing is handed over.
///
/// # Errors
/// `Usage` where a variable about it is wrong.
pub(super) fn official() -> Result<Option<Official>> {
    if !hands_over()? {
        return Ok(None);
    }
    Ok(Official::find()?)
}

/// What the options before the command mean for this program.
pub(super) fn global(foreign: &Foreign) -> std::result::Result<GlobalArgs, clap::Error> {
    let mut args = vec![OsString::from("scw")];
    args.extend_from_slice(&foreign.ours);
    // clap wants a command of ours.
    args.push("help".into());
    let mut global = Cli::try_parse_from(args)?.global;
    global.config = foreign.config.clone().map(Into::into);
    Ok(global)
}

fn hand_over(official: Official, foreign: &Foreign, mut context: Context) -> Result<ExitCode> {
    official.next_depth()?;
    process::harden();
    let runtime = event_loop()?;
    let (variables, args) = runtime.block_on(async {
        if let Ok(local) = context.local() {
            // What cannot be removed now is left to the next command of this program.
            let _ = local.sweep().await;
        }
        prepared(foreign, &mut context).await
    });
    let command = official.command(variables, args)?;
    process::replace(command).map_err(|err| official.not_run(err).into())
}

/// The environment and the arguments: with the credentials, or unchanged where there are none.
///
/// No signal is listened for. A request to end the program then ends it at once, and a signal that
/// the caller ignores stays ignored in the official client.
pub(super) async fn prepared<'a>(
    foreign: &'a Foreign,
    context: &mut Context,
) -> (Variables, &'a [OsString]) {
    let unchanged = (Variables::default(), &foreign.args[..]);
    // It comes before every login, and is there already.
    if has_secret_variable() {
        return unchanged;
    }
    match credential(foreign, context).await {
        Ok(credential) if credential.source() == Source::OfficialConfig => {
            if !context.is_quiet() {
                // The settings are known by now.
                let _ = context.warn_of_plain_text(&credential);
            }
            unchanged
        }
        Ok(credential) => {
            let mut variables = with_credential(&credential, &Wanted::default());
            if lacks_profile(context) {
                variables.remove(env::PROFILE);
                (variables, &foreign.args_without_profile)
            } else {
                (variables, &foreign.args)
            }
        }
        Err(err) => {
            if !context.is_quiet() {
                let err = context.explained(err);
                let mut warning = format!("the official client gets no key from scw: {err}");
                // One line: what follows is the official client's.
                if let Some(hint) = err.hints().first() {
                    let _ = write!(warning, "; {hint}");
                }
                context.ui().warn(&warning);
            }
            unchanged
        }
    }
}

/// The credential of the profile that the command names, or the default one.
async fn credential(foreign: &Foreign, context: &mut Context) -> Result<Credential> {
    if let Some(profile) = &foreign.profile {
        // What is no text is no name of ours either.
        let name: ProfileName = profile.to_string_lossy().parse()?;
        context.use_profile(name);
    }
    context.credential().await
}

/// Whether the official client would look in vain for the profile that was named. A file that cannot
/// be read is its business.
fn lacks_profile(context: &Context) -> bool {
    let Ok(settings) = context.settings() else {
        return false;
    };
    let (Some(name), Some(path)) = (&settings.named_profile, &settings.official_path) else {
        return settings.named_profile.is_some();
    };
    OfficialProfile::load(path, Some(name)).is_ok_and(|found| found.is_none())
}
