//! Arguments of the commands that sign in with a password.

use std::path::PathBuf;

use clap::{Args, ValueHint};

/// Email, password and second factor. Only the email address is the value of an option.
#[derive(Debug, Clone, Args)]
pub struct SignInArgs {
    /// Email address to sign in with [env: `SCW_EMAIL`]
    #[arg(long, value_name = "EMAIL", value_hint = ValueHint::EmailAddress)]
    pub email: Option<String>,

    /// File with the password, or `-` for stdin [env: `SCW_PASSWORD`, the password itself]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub password_file: Option<PathBuf>,

    /// Command that prints a one-time password [env: `SCW_OTP`, the one-time password itself]
    #[arg(long, value_name = "COMMAND", value_hint = ValueHint::CommandString)]
    pub otp_command: Option<String>,

    /// File with a backup code, or `-` for stdin
    #[arg(
        long,
        value_name = "FILE",
        value_hint = ValueHint::FilePath,
        conflicts_with = "otp_command"
    )]
    pub backup_code_file: Option<PathBuf>,
}
