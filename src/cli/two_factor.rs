//! Arguments of `scw 2fa`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::SignInArgs;
use crate::model::{QrChoice, UserId};

/// What to do about two-factor authentication.
#[derive(Debug, Subcommand)]
pub enum TwoFactorCommand {
    /// Switch two-factor authentication on
    On(OnArgs),
    /// Switch two-factor authentication off
    Off(OffArgs),
    /// Show whether two-factor authentication is on
    Status(StatusArgs),
    /// Passkeys of the account
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Show the ways back in that are open right now
    Recover,
    /// Backup codes saved on this machine; never asks the API
    #[command(subcommand)]
    Codes(CodesCommand),
}

/// Arguments of `scw 2fa on`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  scw 2fa on
  scw 2fa on --otp-command 'oathtool --totp -b -' -o json
  scw 2fa on --qr-file key.png --codes-file ~/safe/scaleway-codes.txt")]
pub struct OnArgs {
    /// How to show the QR code; with a screen reader, use `none`: plain lines of text only
    #[arg(long, value_enum, default_value_t, value_name = "FORM")]
    pub qr: QrChoice,

    /// Also write the QR code to a file, PNG or SVG by its name
    #[arg(long, value_name = "FILE")]
    pub qr_file: Option<PathBuf>,

    /// Also write the `otpauth://` URI to a file, `-` for stdout
    #[arg(long, value_name = "FILE")]
    pub uri_file: Option<PathBuf>,

    /// Command that gets the key on stdin and prints a one-time password
    #[arg(long, value_name = "COMMAND")]
    pub otp_command: Option<String>,

    /// Where to save the backup codes, instead of the data folder
    #[arg(long, value_name = "FILE")]
    pub codes_file: Option<PathBuf>,

    /// Encrypt the saved backup codes to an age recipient or an SSH public key
    #[arg(long, value_name = "RECIPIENT")]
    pub encrypt_to: Option<String>,

    /// Replace the authenticator and the backup codes
    #[arg(long)]
    pub renew: bool,

    /// Do not ask before the old authenticator stops working
    #[arg(short, long)]
    pub yes: bool,
}

/// Arguments of `scw 2fa off`.
#[derive(Debug, Args)]
pub struct OffArgs {
    /// Do not ask for confirmation
    #[arg(short, long)]
    pub yes: bool,

    /// Remove every second factor, also passkeys
    #[arg(long)]
    pub all: bool,

    /// Act for another member of the organization
    #[arg(long, value_name = "ID", conflicts_with_all = ["backup_code", "backup_code_file"])]
    pub user: Option<UserId>,

    /// Without a login: use the next saved backup code, without showing it
    #[arg(long, conflicts_with_all = ["otp_command", "backup_code_file"])]
    pub backup_code: bool,

    /// Without a login: email, password and second factor.
    #[command(flatten)]
    pub sign_in: SignInArgs,
}

/// Arguments of `scw 2fa status`.
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// Exit with code 8 when two-factor authentication is off
    #[arg(long)]
    pub check: bool,
}

/// What to do with the passkeys.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// List the passkeys with their ids and dates
    List,
    /// Give a passkey another name
    Rename(KeysRenameArgs),
    /// Remove a passkey from the account
    Remove(KeysRemoveArgs),
}

/// Arguments of `scw 2fa keys rename`.
#[derive(Debug, Args)]
pub struct KeysRenameArgs {
    /// Name or id of the passkey
    #[arg(value_name = "PASSKEY")]
    pub passkey: String,

    /// Its new name
    #[arg(value_name = "NEW-NAME")]
    pub new_name: String,
}

/// Arguments of `scw 2fa keys remove`.
#[derive(Debug, Args)]
pub struct KeysRemoveArgs {
    /// Name or id of the passkey
    #[arg(value_name = "PASSKEY")]
    pub passkey: String,

    /// Do not ask for confirmation
    #[arg(short, long)]
    pub yes: bool,
}

/// What to do with the saved backup codes.
#[derive(Debug, Subcommand)]
pub enum CodesCommand {
    /// List the codes, masked
    List(CodesListArgs),
    /// Print the next unused code and mark it used
    Next,
    /// Mark a code as used
    Used(CodesUsedArgs),
    /// Print where the codes are saved
    Path,
    /// Remove the saved codes
    Remove(CodesRemoveArgs),
}

/// Arguments of `scw 2fa codes list`.
#[derive(Debug, Args)]
pub struct CodesListArgs {
    /// Show the codes in full
    #[arg(long)]
    pub show: bool,
}

/// Arguments of `scw 2fa codes used`.
#[derive(Debug, Args)]
pub struct CodesUsedArgs {
    /// File that holds the code, `-` for stdin; without one the code is asked for
    #[arg(value_name = "CODE-FILE")]
    pub code_file: Option<PathBuf>,
}

/// Arguments of `scw 2fa codes remove`.
#[derive(Debug, Args)]
pub struct CodesRemoveArgs {
    /// Do not ask for confirmation
    #[arg(short, long)]
    pub yes: bool,
}
