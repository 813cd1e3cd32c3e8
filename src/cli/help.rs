//! How help looks: the overview, the page of a command, and `scw help`.
//!
//! It is made only when somebody asks for it: the command line is parsed without it.

use std::fmt::Write;

use clap::{Command, CommandFactory, builder::StyledStr, builder::styling::Style};

use super::{Cli, topics};

/// The commands by task, in the order of the overview. The label of a task takes one line for each
/// of its commands at most.
const TASKS: &[(&str, &[&str])] = &[
    (
        "Log in",
        &["login", "logout", "whoami", "token", "profile", "exec"],
    ),
    (
        "Two-factor\nauthentication",
        &[
            "2fa on",
            "2fa off",
            "2fa status",
            "2fa codes",
            "2fa keys",
            "2fa events",
            "2fa audit",
            "2fa recover",
        ],
    ),
    ("This machine", &["doctor", "completion", "help"]),
];

/// The command line with the help that people see: the global options are hidden, and each command
/// shows its whole description.
#[must_use]
pub fn command() -> Command {
    let command = Cli::command().mut_args(|arg| arg.hide(true));
    let overview = overview(&command);
    decorated(command).override_help(overview)
}

/// What `scw help` shows about a command or a topic; nothing where there is no such thing.
#[must_use]
pub fn about(words: &[String]) -> Option<StyledStr> {
    if let [topic] = words {
        if topic == "options" {
            return Some(options());
        }
        if let Some(text) = topics::text(topic) {
            return Some(text.into());
        }
    }
    let mut root = command();
    root.build();
    let mut command = &mut root;
    for word in words {
        command = command.find_subcommand_mut(word)?;
    }
    Some(command.render_help())
}

/// The options that every command takes.
fn options() -> StyledStr {
    let mut command = Cli::command().help_template("Options that every command takes\n\n{options}");
    let mut text = command.render_help().ansi().to_string();
    text.push('\n');
    text.into()
}

/// The overview: every command on one screen.
fn overview(command: &Command) -> StyledStr {
    let header = *command.get_styles().get_header();
    let about = command.get_about().map(ToString::to_string);
    let mut text = about.unwrap_or_default();
    let _ = write!(
        text,
        "\n{header}Usage:{header:#} scw [OPTIONS] <COMMAND>; all other commands go to the official client\n\n"
    );
    for (label, names) in TASKS {
        let mut labels = label.lines();
        for name in *names {
            let found = find(command, name).and_then(Command::get_about);
            let about = match *name {
                // The two share a line, so that everything fits on a screen.
                "completion" => "Completions for your shell; man prints the manual".to_owned(),
                "help" => format!(
                    "Help, also on {}",
                    topics::TOPICS.map(|(name, _)| name).join(", ")
                ),
                _ => found.map(ToString::to_string).unwrap_or_default(),
            };
            let label = styled(header, labels.next().unwrap_or_default());
            let _ = writeln!(text, "{label}{name:<13}{about}");
        }
    }
    let after = command.get_after_help().map(ToString::to_string);
    let after = after.unwrap_or_default();
    let mut lines = after.lines();
    let mut label = lines.next().unwrap_or_default().trim_end_matches(':');
    for line in lines {
        let _ = writeln!(text, "{}{}", styled(header, label), line.trim());
        label = "";
    }
    text.into()
}

/// A label of the overview, with the space behind it.
fn styled(header: Style, label: &str) -> String {
    let space = " ".repeat(15_usize.saturating_sub(label.len()));
    if label.is_empty() {
        return space;
    }
    format!("{header}{label}{header:#}{space}")
}

/// A command by its words.
#[must_use]
pub fn find<'a>(command: &'a Command, words: &str) -> Option<&'a Command> {
    words
        .split(' ')
        .try_fold(command, |command, word| command.find_subcommand(word))
}

/// A command and all below it, with the form of its help.
fn decorated(command: Command) -> Command {
    let header = *command.get_styles().get_header();
    let description = command.get_long_about().or(command.get_about()).cloned();
    let lists_something =
        command.has_subcommands() || command.get_arguments().any(|arg| !arg.is_hide_set());
    let lists = if lists_something {
        "\n\n{all-args}"
    } else {
        ""
    };
    let template = format!(
        "{{before-help}}{{usage-heading}} {{usage}}{lists}{{after-help}}\n\n\
         Run `scw help options` to see the options of every command.\n"
    );
    let examples = command.get_after_help().map(|text| {
        let heading = format!("{header}Examples:{header:#}");
        text.ansi().to_string().replacen("Examples:", &heading, 1)
    });
    let mut command = command.help_template(template).mut_subcommands(decorated);
    if let Some(description) = description {
        command = command.before_help(description);
    }
    if let Some(examples) = examples {
        command = command.after_help(examples);
    }
    command
}
