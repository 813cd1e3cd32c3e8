//! Arguments of the commands that sign in with a password.

use std::path::PathBuf;

use clap::Args;

/// Email, password and second factor. None of them is a value of a flag but the email.
#[derive(Debug, Clone, Args)]
pub struct SignInArgs {
    /// Email address [env: `SCW_EMAIL`]
    #[arg(long, value_name = "EMAIL")]
    pub email: Option<String>,

    /// File that holds the password, `-` for stdin [env: `SCW_PASSWORD` holds the password itself]
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,

    /// Command that prints a one-time password [env: `SCW_OTP` holds one itself]
    #[arg(long, value_name = "COMMAND")]
    pub otp_command: Option<String>,

    /// File that holds a backup code, `-` for stdin
    #[arg(long, value_name = "FILE", conflicts_with = "otp_command")]
    pub backup_code_file: Option<PathBuf>,
}
