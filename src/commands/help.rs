//! `scw help`: what `--help` shows, and the topics that concern every command.

use super::unprinted;
use crate::{
    cli::{HelpArgs, help},
    context::Context,
    error::{CliError, Result},
};

/// Shows the overview, the help of a command, or a topic.
///
/// # Errors
/// When there is no such command or topic, or stdout does not take the text.
pub(crate) fn run(ctx: &Context, args: &HelpArgs) -> Result<()> {
    let Some(text) = help::about(&args.about) else {
        return Err(CliError::usage("no command or help topic has this name")
            .hint("run `scw help` to see the commands and the topics"));
    };
    ctx.ui()
        .page(&text.ansi().to_string())
        .map_err(|err| unprinted(&err))
}
