//! `scw completion`: prints what `completions/` holds.

use super::unprinted;
use crate::{
    cli::{CompletionArgs, Shell},
    env,
    error::Result,
};

/// Prints the completions for a shell.
///
/// # Errors
/// When stdout does not take them.
pub(crate) fn run(args: &CompletionArgs) -> Result<()> {
    // Each name of the program has scripts of its own.
    let second = env::called_as() == "scw-2fa";
    let text = match (args.shell, second) {
        (Shell::Bash, false) => include_str!("../../completions/scw.bash"),
        (Shell::Zsh, false) => include_str!("../../completions/_scw"),
        (Shell::Fish, false) => include_str!("../../completions/scw.fish"),
        (Shell::Elvish, false) => include_str!("../../completions/scw.elv"),
        (Shell::Powershell, false) => include_str!("../../completions/_scw.ps1"),
        (Shell::Bash, true) => include_str!("../../completions/scw-2fa.bash"),
        (Shell::Zsh, true) => include_str!("../../completions/_scw-2fa"),
        (Shell::Fish, true) => include_str!("../../completions/scw-2fa.fish"),
        (Shell::Elvish, true) => include_str!("../../completions/scw-2fa.elv"),
        (Shell::Powershell, true) => include_str!("../../completions/_scw-2fa.ps1"),
    };
    crate::ui::print_raw(text).map_err(|err| unprinted(&err))
}
