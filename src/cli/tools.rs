//! Arguments of the commands around the program itself.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};

/// Arguments of `scw completion`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  scw completion bash > ~/.local/share/bash-completion/completions/scw
  scw completion zsh > ~/.zfunc/_scw    # a folder of `fpath`
  scw completion fish > ~/.config/fish/completions/scw.fish")]
pub struct CompletionArgs {
    /// Shell that reads the script
    #[arg(value_enum)]
    pub shell: Shell,
}

/// Shells with completions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// Bash
    Bash,
    /// Zsh
    Zsh,
    /// Fish
    Fish,
    /// Elvish
    Elvish,
    /// PowerShell
    Powershell,
}

/// Arguments of `scw man`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  scw man | man -l -
  scw man ~/.local/share/man/man1")]
pub struct ManArgs {
    /// Folder to write all pages to
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub dir: Option<PathBuf>,
}

/// Arguments of `scw help`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  scw help 2fa on
  scw help environment")]
pub struct HelpArgs {
    /// Command, or a topic: options, environment, exit-codes, json
    #[arg(value_name = "COMMAND|TOPIC", num_args = 0..)]
    pub about: Vec<String>,
}
