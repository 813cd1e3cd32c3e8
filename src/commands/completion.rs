//! `scw completion`: prints what `completions/` holds.

use super::unprinted;
use crate::{
    cli::{CompletionArgs, Shell},
    error::Result,
};

/// Prints the completions for a shell.
///
/// # Errors
/// When stdout does not take them.
pub(crate) fn run(args: &CompletionArgs) -> Result<()> {
    let text = match args.shell {
        Shell::Bash => include_str!("../../completions/scw.bash"),
        Shell::Zsh => include_str!("../../completions/_scw"),
        Shell::Fish => include_str!("../../completions/scw.fish"),
        Shell::Elvish => include_str!("../../completions/scw.elv"),
        Shell::Powershell => include_str!("../../completions/_scw.ps1"),
    };
    crate::ui::print_raw(text).map_err(|err| unprinted(&err))
}
