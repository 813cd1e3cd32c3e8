//! The arguments of every command. The doc comments here are the help text.

mod login;
mod sign_in;
mod two_factor;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use login::{LoginArgs, LogoutArgs, TokenArgs};
pub use sign_in::SignInArgs;
pub use two_factor::{
    CodesCommand, CodesListArgs, CodesRemoveArgs, CodesUsedArgs, KeysCommand, KeysRemoveArgs,
    KeysRenameArgs, OffArgs, OnArgs, StatusArgs, TwoFactorCommand,
};

use crate::model::{ApiUrl, ColorWhen, Dialect, Format, ProfileName};

const EXIT_CODES: &str = "\
Exit codes:
  0    done, or already so
  1    anything not below
  2    wrong usage; an answer is needed and there is nobody to ask
  3    not logged in
  4    refused: wrong code, revoked token, permission denied, account locked
  5    the API cannot be reached, or keeps failing
  6    the keyring is missing, locked, or refused
  7    a local file could not be written or read safely
  8    `--check`: two-factor authentication is off
  130  interrupted";

/// Switch two-factor authentication of your Scaleway account on and off, and keep your API key
/// in the operating system's keyring
#[derive(Debug, Parser)]
#[command(name = "scw", version, after_help = EXIT_CODES, max_term_width = 100)]
#[command(
    propagate_version = true,
    infer_subcommands = false,
    disable_help_subcommand = true
)]
pub struct Cli {
    /// Options that every command takes.
    #[command(flatten)]
    pub global: GlobalArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Options that every command takes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
pub struct GlobalArgs {
    /// Profile to use [env: `SCW_PROFILE`] [default: default]
    #[arg(short, long, global = true, value_name = "NAME")]
    pub profile: Option<ProfileName>,

    /// Official `config.yaml` to read [env: `SCW_CONFIG_PATH`]
    #[arg(short, long, global = true, value_name = "PATH")]
    pub config: Option<PathBuf>,

    /// Form of the result
    #[arg(
        short,
        long,
        global = true,
        value_enum,
        default_value_t,
        value_name = "FORMAT"
    )]
    pub output: Format,

    /// Show the HTTP exchange on stderr, every secret as `***`
    #[arg(short = 'D', long, global = true)]
    pub debug: bool,

    /// API to speak: `iam`, or `account` for the one of 2017 [env: `SCW_API`] [default: iam]
    #[arg(long, global = true, value_name = "API")]
    pub api: Option<Dialect>,

    /// Base URL of the API; `https`, or plain `http` for loopback [env: `SCW_API_URL`]
    #[arg(long, global = true, value_name = "URL")]
    pub api_url: Option<ApiUrl>,

    /// Never prompt
    #[arg(long, global = true)]
    pub no_input: bool,

    /// When to use colours
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    #[arg(hide_possible_values = false)]
    pub color: ColorWhen,

    /// Show the result only
    #[arg(short, long, global = true)]
    pub quiet: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Log in and keep the secret key in the keyring
    Login(LoginArgs),
    /// Forget the login of this profile
    Logout(LogoutArgs),
    /// Show who is logged in, where, and how the secret is kept
    Whoami,
    /// Print the secret key, for `curl -H "X-Auth-Token: $(scw token)"`
    Token(TokenArgs),
    /// Two-factor authentication: on, off, status and backup codes
    #[command(name = "2fa", subcommand)]
    TwoFactor(TwoFactorCommand),
    /// Print the completions for a shell
    Completion(CompletionArgs),
    /// Print the manual page, or write all of them into a folder
    Man(ManArgs),
}

/// Arguments of `scw completion`.
#[derive(Debug, Args)]
pub struct CompletionArgs {
    /// The shell
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
    /// Powershell
    Powershell,
}

/// Arguments of `scw man`.
#[derive(Debug, Args)]
pub struct ManArgs {
    /// Folder to write all pages into
    #[arg(value_name = "DIR")]
    pub dir: Option<PathBuf>,
}
