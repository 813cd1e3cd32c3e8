//! What clap has to say: help and version on stdout, a mistake on stderr.

use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::{
    env,
    error::Kind,
    model::{ColorWhen, Format},
    ui::{Ui, open_stdout},
};

/// Shows help, version or a mistake in the arguments, and gives the exit code.
pub(super) fn report(err: clap::Error) -> ExitCode {
    if !err.use_stderr() {
        return match open_stdout().and_then(|_| err.print()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(failed) => {
                let ui = Ui::new(Format::Human, false, ColorWhen::Auto);
                ui.error(
                    Kind::Other.code(),
                    &format!("scw could not print: {failed}"),
                    &["check where stdout goes".to_owned()],
                );
                ExitCode::from(Kind::Other.exit_code())
            }
        };
    }
    let err = without_values(err);
    if wants_json() {
        let ui = Ui::new(Format::Json, false, ColorWhen::Never);
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
        Ui::new(Format::Human, false, ColorWhen::Auto)
            .hint("`scw --help` lists the commands and options");
    }
    ExitCode::from(Kind::Usage.exit_code())
}

/// Whether `-o json` was asked for, in any of the forms that clap takes: alone, or behind other
/// short options.
fn wants_json() -> bool {
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

/// Takes out of a mistake what was typed: it may be a secret, pasted in the wrong place, and
/// stderr often ends in a log. What is close to a name of ours stays.
fn without_values(mut err: clap::Error) -> clap::Error {
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
        _ if typo => text.to_owned(),
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
    // clap's advice repeats the argument.
    if kind == ErrorKind::UnknownArgument {
        replaced.push((ContextKind::Suggested, ContextValue::None));
    }
    for (context, value) in replaced {
        err.insert(context, value);
    }
    err
}
