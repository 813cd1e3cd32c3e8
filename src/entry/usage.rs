//! What clap has to say: help and version on stdout, a mistake on stderr.

use std::{
    ffi::{OsStr, OsString},
    process::ExitCode,
};

use clap::{
    Command, CommandFactory, Parser,
    error::{ContextKind, ContextValue, ErrorKind},
};

use super::version;
use crate::{
    cli::{Cli, help},
    commands::environment::hands_over,
    env,
    error::Kind,
    model::{ColorWhen, Format},
    ui::Ui,
};

/// Shows help, version or a mistake in the arguments, and gives the exit code.
pub(super) fn report(err: clap::Error) -> ExitCode {
    match err.kind() {
        // A command that needs another word shows its help, as `gh` does.
        ErrorKind::DisplayHelp | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            // The command line was parsed without the form of the help.
            let help = help::command().try_get_matches_from(env::args());
            show(&help.err().unwrap_or(err).render().ansi().to_string())
        }
        ErrorKind::DisplayVersion => {
            let verbose = env::args().any(|arg| arg == "--verbose");
            show(&version::text(verbose))
        }
        _ => mistake(err, None),
    }
}

/// Shows the version where nothing else is asked for: for that alone every command and option would be
/// put together, which is most of the time that it takes.
pub(super) fn version_alone(args: &[OsString]) -> Option<ExitCode> {
    let [only] = args else {
        return None;
    };
    (only == "--version" || only == "-V").then(|| show(&version::text(false)))
}

fn show(text: &str) -> ExitCode {
    let ui = Ui::new(Format::Human, false, ColorWhen::Auto);
    match ui.page(text) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => {
            ui.error(
                Kind::Other.code(),
                &format!("scw could not print: {failed}"),
                &["check where stdout goes".to_owned()],
            );
            ExitCode::from(Kind::Other.exit_code())
        }
    }
}

/// Reports a command that neither this program nor an official client has.
pub(super) fn unknown(word: &OsStr) -> ExitCode {
    let missing = if hands_over().unwrap_or(true) {
        "for commands of the official client, install it: https://github.com/scaleway/scaleway-cli"
    } else {
        "unset `SCW_HANDOVER` to hand commands over to the official client"
    };
    // Options in front of it do not make it a command.
    let err = Cli::try_parse_from([OsStr::new("scw"), word]).err();
    let unrecognized =
        || Cli::command().error(ErrorKind::InvalidSubcommand, "unrecognized subcommand");
    mistake(err.unwrap_or_else(unrecognized), Some(missing))
}

fn mistake(err: clap::Error, more: Option<&str>) -> ExitCode {
    let root = Cli::command();
    let mut hints = vec![hint(&err, &root)];
    if let Some(more) = more {
        // A look at the help does not lead to commands of another program.
        hints.retain(|hint| hint.starts_with("did you mean"));
        hints.push(more.to_owned());
    }
    let err = without_secrets(err);
    let text = err.render().to_string();
    // Up to the first empty line: the mistake, with the names that belong to it.
    let lines = text.lines().take_while(|line| !line.trim().is_empty());
    let format = if wants_json() {
        Format::Json
    } else {
        Format::Human
    };
    let message = match format {
        Format::Json => lines.map(str::trim).collect::<Vec<_>>().join(" "),
        Format::Human => lines.collect::<Vec<_>>().join("\n"),
    };
    let message = message.trim_start_matches("error: ");
    Ui::new(format, false, ColorWhen::Auto).error(Kind::Usage.code(), message, &hints);
    ExitCode::from(Kind::Usage.exit_code())
}

/// The one thing to do about a mistake: what was meant, or where to look.
fn hint(err: &clap::Error, root: &Command) -> String {
    let path = typed_command(root);
    let suggested = |kind| match err.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        // clap puts the likeliest one last.
        Some(ContextValue::Strings(texts)) => texts.last().cloned(),
        _ => None,
    };
    if let Some(name) = suggested(ContextKind::SuggestedSubcommand) {
        return format!("did you mean `{path} {name}`?");
    }
    let meant = suggested(ContextKind::SuggestedArg).or(suggested(ContextKind::SuggestedValue));
    if let Some(meant) = meant {
        return format!("did you mean `{meant}`?");
    }
    if let Some(ContextValue::String(typed)) = err.get(ContextKind::InvalidSubcommand)
        && let Some(elsewhere) = command_elsewhere(root, typed)
    {
        return format!("did you mean `{elsewhere}`?");
    }
    let of_every_command = matches!(
        err.get(ContextKind::InvalidArg),
        Some(ContextValue::String(arg)) if root.get_arguments().any(|known| {
            known.get_long().is_some_and(|long| arg.starts_with(&format!("--{long} ")))
        })
    );
    if of_every_command {
        return "run `scw help options` to see what it accepts".to_owned();
    }
    format!("run `{path} --help` to see what it accepts")
}

/// The command below another one that has this name: `scw 2fa on` for `scw on`.
fn command_elsewhere(root: &Command, name: &str) -> Option<String> {
    root.get_subcommands().find_map(|group| {
        let found = group.find_subcommand(name)?;
        Some(format!("scw {} {}", group.get_name(), found.get_name()))
    })
}

/// The command that was typed, up to the word that is none.
fn typed_command(root: &Command) -> String {
    let mut path = "scw".to_owned();
    let mut command = root;
    let mut args = env::args().skip(1);
    while let Some(arg) = args.next() {
        let arg = arg.to_string_lossy();
        if arg.starts_with('-') {
            if takes_next(root, &arg) || takes_next(command, &arg) {
                args.next();
            }
        } else if let Some(below) = command.find_subcommand(&*arg) {
            path = format!("{path} {}", below.get_name());
            command = below;
        } else {
            break;
        }
    }
    path
}

/// Whether an option takes the next word as its value.
fn takes_next(command: &Command, option: &str) -> bool {
    command.get_opts().any(|arg| {
        let long = arg.get_long().map(|long| format!("--{long}"));
        let short = arg.get_short().map(|short| format!("-{short}"));
        let named = long.as_deref() == Some(option) || short.as_deref() == Some(option);
        named && arg.get_action().takes_values()
    })
}

/// Whether `-o json` was asked for, in any of the forms that clap takes: alone, or behind other
/// short options.
pub(super) fn wants_json() -> bool {
    let args: Vec<String> = env::args()
        .map(|arg| arg.to_string_lossy().into_owned())
        .collect();
    args.iter().enumerate().any(|(at, arg)| {
        let value = match arg.strip_prefix("--") {
            Some(long) => long.strip_prefix("output"),
            None => arg
                .strip_prefix('-')
                .map(|short| short.trim_start_matches(['q', 'D', 'y']))
                .and_then(|short| short.strip_prefix('o')),
        };
        match value {
            Some("") => args.get(at + 1).is_some_and(|next| next == "json"),
            Some(value) => value.trim_start_matches('=') == "json",
            None => false,
        }
    })
}

/// Takes out of a mistake what may be a secret, pasted in the wrong place: stderr often ends in a
/// log. What is close to a name of ours stays, and so does a plain word.
fn without_secrets(mut err: clap::Error) -> clap::Error {
    const HIDDEN: &str = "***";
    let kind = err.kind();
    let typo = [
        ContextKind::SuggestedSubcommand,
        ContextKind::SuggestedArg,
        ContextKind::SuggestedValue,
    ]
    .into_iter()
    .any(|suggested| err.get(suggested).is_some());
    let shown = |text: &str| match text.split_once('=') {
        Some((option, _)) if option.starts_with("--") => format!("{option}={HIDDEN}"),
        _ if typo || is_plain(text) => text.to_owned(),
        _ => HIDDEN.to_owned(),
    };
    let mut replaced = Vec::new();
    for (context, value) in err.context() {
        let ContextValue::String(text) = value else {
            continue;
        };
        let typed = match context {
            ContextKind::InvalidValue => true,
            // Where one is missing this is a name of ours.
            ContextKind::InvalidSubcommand => kind != ErrorKind::MissingSubcommand,
            // Elsewhere this is the name of an option or an argument of ours.
            ContextKind::InvalidArg => kind == ErrorKind::UnknownArgument,
            _ => false,
        };
        if typed {
            let text = shown(text);
            replaced.push((context, ContextValue::String(text)));
        }
    }
    for (context, value) in replaced {
        err.insert(context, value);
    }
    err
}

/// Whether a word cannot be a secret: an option's name or a word of a language, or too short. A key
/// is a UUID, a one-time password six digits, and a backup code any text (protocol.md C), which is
/// why a long word or one with a digit counts as a secret.
fn is_plain(text: &str) -> bool {
    let is_word = |word: &str| {
        let letters = word.bytes().all(|byte| byte.is_ascii_lowercase());
        letters && (1..=12).contains(&word.len())
    };
    match text.strip_prefix("--") {
        Some(option) => option.split('-').all(is_word) && option.len() <= 24,
        None => {
            is_word(text) || (text.len() <= 3 && text.bytes().all(|b| b.is_ascii_alphanumeric()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Issue 9, 1
    #[test]
    fn a_plain_word_is_shown_and_what_may_be_a_secret_is_not() {
        for plain in ["instance", "staus", "2fa", "30d", "--verbose", "--no-imput"] {
            assert!(is_plain(plain), "{plain}");
        }
        for secret in [
            "123456",
            "hunter2",
            "abcdef-123456",
            "SCWlooksLikeAKey",
            "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0",
            "correcthorsebatterystaple",
            "--0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0",
            "a b",
        ] {
            assert!(!is_plain(secret), "{secret}");
        }
    }
}
