//! Arguments of `scw 2fa`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};

use super::{AuditArgs, SignInArgs};
use crate::model::{QrChoice, Since, UserId};

/// What to do about two-factor authentication.
#[derive(Debug, Subcommand)]
pub enum TwoFactorCommand {
    /// Turn two-factor authentication on
    ///
    /// Shows a key for your authenticator app, as a QR code and as text, and asks for a code from
    /// the app. Saves the backup codes on this machine before it reports success, and prints them.
    ///
    /// With a screen reader, use `--qr none`: scw then prints plain lines only.
    On(OnArgs),
    /// Turn two-factor authentication off
    ///
    /// Asks first, removes the authenticator app from the account, and marks the saved backup codes
    /// as void. If you are not logged in, scw signs in with your email address, your password and a
    /// code.
    Off(OffArgs),
    /// Show whether two-factor authentication is on
    ///
    /// Also shows the second factors, how many backup codes are left on this machine, and the date
    /// by which the organization requires two-factor authentication.
    Status(StatusArgs),
    /// Manage the passkeys of the account
    #[command(subcommand, subcommand_value_name = "COMMAND")]
    #[command(after_help = "\
Examples:
  scw 2fa keys list
  scw 2fa keys add 'spare key'
  scw 2fa keys remove 'old phone'")]
    Keys(KeysCommand),
    /// List the sign-ins to the organization
    ///
    /// Shows each sign-in with its result, its factor, its address and its client, the newest first.
    /// `!` marks a sign-in that failed. Times are UTC.
    ///
    /// You need the permission to read the audit trail. Owners have it.
    Events(EventsArgs),
    /// Report the two-factor state of every member
    ///
    /// Lists every member of the organization: whether two-factor authentication is on, the last
    /// sign-in, whether the member is locked, and how many API keys there are that never expire. The list comes
    /// page by page, the oldest member first. What could not be read is shown as `unknown`. Times are UTC.
    ///
    /// You need the permission to read the users and the API keys of the organization. Owners have
    /// it.
    Audit(Box<AuditArgs>),
    /// Show how to get back into the account
    ///
    /// Shows the ways that are open now, each with the command to run.
    #[command(after_help = "\
Examples:
  scw 2fa recover")]
    Recover,
    /// Manage the backup codes saved on this machine
    ///
    /// These commands work on this machine only. The account does not change.
    #[command(subcommand, subcommand_value_name = "COMMAND")]
    #[command(after_help = "\
Examples:
  scw 2fa codes list
  scw 2fa codes next")]
    Codes(CodesCommand),
}

/// Arguments of `scw 2fa on`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  scw 2fa on
  scw 2fa on --qr-file key.png --codes-file ~/safe/scaleway-codes.txt
  scw 2fa on --otp-command 'oathtool --totp -b -' -o json")]
pub struct OnArgs {
    /// How to show the QR code; with a screen reader, use `none`: plain lines of text only
    #[arg(long, value_enum, default_value_t, value_name = "FORM")]
    pub qr: QrChoice,

    /// Also write the QR code to a file (`.png` or `.svg`)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub qr_file: Option<PathBuf>,

    /// Also write the `otpauth://` URI to a file, or `-` for stdout
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub uri_file: Option<PathBuf>,

    /// Command that reads the key from stdin and prints a one-time password
    #[arg(long, value_name = "COMMAND", value_hint = ValueHint::CommandString)]
    pub otp_command: Option<String>,

    /// File to save the backup codes in, instead of the data folder
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub codes_file: Option<PathBuf>,

    /// Encrypt the saved backup codes for an age recipient, an SSH public key, or those in a file
    #[arg(long, value_name = "RECIPIENT", value_hint = ValueHint::FilePath)]
    pub encrypt_to: Option<String>,

    /// Replace the authenticator app and the backup codes
    #[arg(long)]
    pub renew: bool,

    /// Do not ask for confirmation
    #[arg(short, long)]
    pub yes: bool,
}

/// Arguments of `scw 2fa off`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  scw 2fa off
  scw 2fa off --email jane@example.com --backup-code
  scw 2fa off --user 5c9e0a3e-1d0f-4a55-9d6f-0f0e4a6d2b11 --yes")]
pub struct OffArgs {
    /// Do not ask for confirmation
    #[arg(short, long)]
    pub yes: bool,

    /// Remove every second factor, including passkeys
    #[arg(long)]
    pub all: bool,

    /// Act for another member of the organization
    #[arg(long, value_name = "ID", conflicts_with_all = ["backup_code", "backup_code_file"])]
    pub user: Option<UserId>,

    /// Sign in with the next saved backup code, without showing it
    #[arg(long, conflicts_with_all = ["otp_command", "backup_code_file"])]
    pub backup_code: bool,

    /// Without a login: email, password and second factor.
    #[command(flatten)]
    pub sign_in: SignInArgs,
}

/// Arguments of `scw 2fa status`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  scw 2fa status
  scw 2fa status --check -q || echo 'Turn it on: scw 2fa on'")]
pub struct StatusArgs {
    /// Exit with code 8 if two-factor authentication is off
    #[arg(long)]
    pub check: bool,
}

/// Arguments of `scw 2fa events`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  scw 2fa events
  scw 2fa events --since 30d
  scw 2fa events -o json | jq '.events[] | select(.result == \"failure\")'")]
pub struct EventsArgs {
    /// How far back: a time such as `30m`, `12h`, `7d` or `2w`
    #[arg(long, value_name = "TIME", default_value = "7d")]
    pub since: Since,
}

/// What to do with the passkeys.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// List the passkeys
    #[command(after_help = "\
Examples:
  scw 2fa keys list
  scw 2fa keys list -o json")]
    List,
    /// Add a security key that is plugged into this machine
    ///
    /// Asks for the PIN of the security key, where it has one, and for a touch. Passkeys of a phone
    /// or a computer are added in a browser, at <https://console.scaleway.com>.
    Add(KeysAddArgs),
    /// Rename a passkey
    Rename(KeysRenameArgs),
    /// Remove a passkey from the account
    ///
    /// Names the second factors that are left, and asks first.
    Remove(KeysRemoveArgs),
}

/// Arguments of `scw 2fa keys add`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  scw 2fa keys add
  scw 2fa keys add 'spare key'
  pass show security-key/pin | scw 2fa keys add 'spare key' --pin-file -")]
pub struct KeysAddArgs {
    /// Name for the passkey [default: what the security key calls itself]
    #[arg(value_name = "NAME")]
    pub name: Option<String>,

    /// File with the PIN of the security key, or `-` for stdin
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub pin_file: Option<PathBuf>,
}

/// Arguments of `scw 2fa keys rename`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  scw 2fa keys rename 'old phone' 'spare phone'")]
pub struct KeysRenameArgs {
    /// Name or ID of the passkey
    #[arg(value_name = "PASSKEY")]
    pub passkey: String,

    /// New name
    #[arg(value_name = "NEW-NAME")]
    pub new_name: String,
}

/// Arguments of `scw 2fa keys remove`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  scw 2fa keys remove 'old phone'")]
pub struct KeysRemoveArgs {
    /// Name or ID of the passkey
    #[arg(value_name = "PASSKEY")]
    pub passkey: String,

    /// Do not ask for confirmation
    #[arg(short, long)]
    pub yes: bool,
}

/// What to do with the saved backup codes.
#[derive(Debug, Subcommand)]
pub enum CodesCommand {
    /// List the saved backup codes
    ///
    /// Shows only the first two characters of each code, unless you add `--show`.
    List(CodesListArgs),
    /// Print the next unused backup code and mark it as used
    #[command(after_help = "\
Examples:
  scw 2fa codes next")]
    Next,
    /// Mark a backup code as used
    Used(CodesUsedArgs),
    /// Print the path of the saved backup codes
    #[command(after_help = "\
Examples:
  scw 2fa codes path
  cp \"$(scw 2fa codes path)\" /media/usb/")]
    Path,
    /// Remove the saved backup codes from this machine
    Remove(CodesRemoveArgs),
    /// Encrypt the saved backup codes for an age or SSH key
    ///
    /// The other commands then need the key: pass it with `--identity`.
    Encrypt(CodesEncryptArgs),
    /// Store the saved backup codes unencrypted again
    Decrypt(CodesDecryptArgs),
    /// Give the unused backup codes to another program
    ///
    /// The command gets the codes on stdin, one per line. The saved codes do not change: when you use
    /// an exported code, mark it with `scw 2fa codes used`.
    Export(CodesExportArgs),
}

/// Arguments of `scw 2fa codes encrypt`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  scw 2fa codes encrypt --to ~/.ssh/id_ed25519.pub
  scw 2fa codes list --identity ~/.ssh/id_ed25519")]
pub struct CodesEncryptArgs {
    /// age recipient, SSH public key, or a file that contains one
    #[arg(long, value_name = "RECIPIENT", value_hint = ValueHint::FilePath)]
    pub to: String,
}

/// Arguments of `scw 2fa codes decrypt`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  scw 2fa codes decrypt --identity ~/.ssh/id_ed25519")]
pub struct CodesDecryptArgs {
    /// Do not ask for confirmation
    #[arg(short, long)]
    pub yes: bool,
}

/// Arguments of `scw 2fa codes export`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  scw 2fa codes export --to-command 'pass insert -m scaleway/codes'")]
pub struct CodesExportArgs {
    /// Command that reads the codes from stdin
    #[arg(long, value_name = "COMMAND", value_hint = ValueHint::CommandString)]
    pub to_command: String,
}

/// Arguments of `scw 2fa codes list`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  scw 2fa codes list
  scw 2fa codes list --show")]
pub struct CodesListArgs {
    /// Show the codes in full
    #[arg(long)]
    pub show: bool,
}

/// Arguments of `scw 2fa codes used`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  scw 2fa codes used
  scw 2fa codes used - < code.txt")]
pub struct CodesUsedArgs {
    /// File with the code, or `-` for stdin. Without a file, scw asks for the code
    #[arg(value_name = "CODE-FILE", value_hint = ValueHint::FilePath)]
    pub code_file: Option<PathBuf>,
}

/// Arguments of `scw 2fa codes remove`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  scw 2fa codes remove")]
pub struct CodesRemoveArgs {
    /// Do not ask for confirmation
    #[arg(short, long)]
    pub yes: bool,
}
