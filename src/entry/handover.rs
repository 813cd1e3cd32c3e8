//! A command that is not one of this program: the official client takes this process's place, with the
//! credentials in its environment.

use std::{
    ffi::{OsStr, OsString},
    fmt::Write,
    process::ExitCode,
};

use clap::{Parser, error::ContextKind};

use super::{event_loop, report, until_interrupted, usage, words::Foreign};
use crate::{
    cli::{Cli, GlobalArgs},
    commands::{
        environment::{Wanted, hands_over, with_credential},
        exec::delete_left_over,
    },
    config::OfficialProfile,
    context::Context,
    credentials::{Source, has_secret_variable},
    env,
    error::{CliError, Result},
    model::{Format, ProfileName},
    process::{self, Official, Variables},
    ui::{Ui, restore_terminal},
};

/// Hands a command over. Comes back with an exit code where that ends the run, and with nothing
/// where the words are for this program after all: it then says what is wrong with them.
pub(super) fn run(foreign: &Foreign) -> Option<ExitCode> {
    if let Some(typo) = foreign.unknown.as_deref().and_then(typo) {
        return Some(usage::report(typo));
    }
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
            let code = outcome.unwrap_or_else(|err| report(&ui, &err));
            restore_terminal();
            Some(code)
        }
        Ok(None) if foreign.word == "help" => None,
        Ok(None) => Some(usage::unknown(&foreign.word)),
        Err(err) => Some(report(&ui, &err)),
    }
}

/// The mistake in an option that neither program knows and that is close to one of this program. What
/// follows it may be its value, not a command.
fn typo(option: &OsStr) -> Option<clap::Error> {
    let words = [OsStr::new("scw"), option, OsStr::new("help")];
    let err = Cli::try_parse_from(words).err()?;
    err.get(ContextKind::SuggestedArg).is_some().then_some(err)
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
    let chosen = choose_profile(foreign, &mut context);
    let prepared = runtime.block_on(async {
        // A question leaves the terminal changed, unless this program ends it by itself. Where none
        // can come up no signal is listened for: one ends the program at once, and one that the
        // caller ignores stays ignored in the official client.
        if context.prompter().can_ask() {
            until_interrupted(&context, tidied_and_prepared(foreign, &context, chosen)).await
        } else {
            tidied_and_prepared(foreign, &context, chosen).await
        }
    });
    // A thread that waits for a keyring or a terminal must not keep the program alive.
    runtime.shutdown_background();
    let (variables, args) = prepared?;
    let command = official.command(variables, args)?;
    process::replace(command).map_err(|err| official.not_run(err).into())
}

/// As [`prepared`], after the cleaning up that every command of this program begins with.
///
/// # Errors
/// [`CliError::interrupted`].
async fn tidied_and_prepared<'a>(
    foreign: &'a Foreign,
    context: &Context,
    chosen: Result<()>,
) -> Result<(Variables, &'a [OsString])> {
    if let Ok(local) = context.local() {
        // What cannot be cleaned up now is left to the next command.
        let _ = local.sweep().await;
        let _ = delete_left_over(context).await;
    }
    let prepared = prepared(foreign, context, chosen).await;
    if context.interrupt().is_requested() {
        return Err(CliError::interrupted());
    }
    Ok(prepared)
}

/// The environment and the arguments: with the credentials, or unchanged where there are none.
/// `chosen` is what [`choose_profile`] said.
pub(super) async fn prepared<'a>(
    foreign: &'a Foreign,
    context: &Context,
    chosen: Result<()>,
) -> (Variables, &'a [OsString]) {
    let unchanged = (Variables::default(), &foreign.args[..]);
    // It comes before every login, and is there already.
    if has_secret_variable() {
        return unchanged;
    }
    let credential = match chosen {
        Ok(()) => context.credential().await,
        Err(err) => Err(err),
    };
    match credential {
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
            // One who asks for the end gets nothing else.
            if !context.is_quiet() && !context.interrupt().is_requested() {
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

/// Chooses the profile that the command names.
///
/// # Errors
/// Where its name is none of ours.
pub(super) fn choose_profile(foreign: &Foreign, context: &mut Context) -> Result<()> {
    if let Some(profile) = &foreign.profile {
        // What is no text is no name of ours either.
        let name: ProfileName = profile.to_string_lossy().parse()?;
        context.use_profile(name);
    }
    Ok(())
}

/// Whether the official client would look in vain for the profile that was named.
fn lacks_profile(context: &Context) -> bool {
    context.settings().is_ok_and(|settings| {
        let name = settings.named_profile.as_ref();
        let path = settings.official_path.as_deref();
        name.is_some_and(|name| OfficialProfile::is_missing(path, name))
    })
}
