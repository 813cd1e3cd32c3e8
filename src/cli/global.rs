//! The options that every command takes.

use std::path::PathBuf;

use clap::{ArgAction, Args, ValueHint};

use crate::model::{ApiUrl, ColorWhen, Dialect, Format, ProfileName};

/// Options that every command takes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
pub struct GlobalArgs {
    /// Profile to use [env: `SCW_PROFILE`] [default: the one that `scw profile use` chose, else `default`]
    #[arg(short, long, global = true, value_name = "NAME")]
    pub profile: Option<ProfileName>,

    /// Path of the official config.yaml [env: `SCW_CONFIG_PATH`]
    #[arg(short, long, global = true, value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub config: Option<PathBuf>,

    /// Output format
    #[arg(
        short,
        long,
        global = true,
        value_enum,
        default_value_t,
        value_name = "FORMAT"
    )]
    pub output: Format,

    /// Print the HTTP exchange to stderr, with `***` for every secret
    #[arg(short = 'D', long, global = true)]
    pub debug: bool,

    /// API to use: `iam`, or `account` (the 2017 API) [env: `SCW_API`] [default: iam]
    #[arg(long, global = true, value_enum, value_name = "API")]
    pub api: Option<Dialect>,

    /// Base URL of the API: `https`, or `http` for this machine only [env: `SCW_API_URL`]
    #[arg(long, global = true, value_name = "URL", value_hint = ValueHint::Url)]
    pub api_url: Option<ApiUrl>,

    /// File with the passphrase of encrypted storage, or `-` for stdin [env: `SCW_PASSPHRASE_FILE`]
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub passphrase_file: Option<PathBuf>,

    /// File with the age or SSH key for encrypted storage and codes, or `-` for stdin [env: `SCW_IDENTITY_FILE`]
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub identity: Option<PathBuf>,

    /// Never ask for input
    #[arg(long, global = true)]
    pub no_input: bool,

    /// When to use colors
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    pub color: ColorWhen,

    /// Print only the result
    #[arg(short, long, global = true)]
    pub quiet: bool,

    /// Print help
    #[arg(short, long, global = true, action = ArgAction::HelpShort)]
    pub help: Option<bool>,

    /// Print the version, and where the official client is
    #[arg(short = 'V', long, global = true, action = ArgAction::Version)]
    pub version: Option<bool>,

    /// With `--version`: print how scw was built, and the version of the official client
    #[arg(long, global = true, requires = "version", action = ArgAction::SetTrue)]
    pub verbose: Option<bool>,
}
