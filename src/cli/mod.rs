//! The arguments of every command. The doc comments here are the help text.

mod audit;
mod exec;
mod global;
pub mod help;
mod json;
mod login;
mod profile;
mod sign_in;
mod tools;
pub mod topics;
mod two_factor;

use clap::{Parser, Subcommand};

pub use audit::{AuditArgs, AuditCommand, AuditDiffArgs, AuditVerifyArgs};
pub use exec::ExecArgs;
pub use global::GlobalArgs;
#[cfg(all(test, feature = "security-keys"))]
pub(crate) use json::fields_of;
pub use login::{LoginArgs, LogoutArgs, TokenArgs, WhoamiArgs};
pub use profile::{ProfileCommand, ProfileRemoveArgs, ProfileRenameArgs, ProfileUseArgs};
pub use sign_in::SignInArgs;
pub use tools::{CompletionArgs, HelpArgs, ManArgs, Shell};
pub use two_factor::{
    CodesCommand, CodesDecryptArgs, CodesEncryptArgs, CodesExportArgs, CodesListArgs,
    CodesRemoveArgs, CodesUsedArgs, EventsArgs, KeysAddArgs, KeysCommand, KeysRemoveArgs,
    KeysRenameArgs, OffArgs, OnArgs, StatusArgs, TwoFactorCommand,
};

/// Manage two-factor authentication and API keys of your Scaleway account
///
/// scw turns two-factor authentication of your Scaleway account on and off, saves the backup codes,
/// and stores your API key in the keyring of the operating system. It hands every other command to
/// the official client, with the key of your login in the environment.
#[derive(Debug, Parser)]
#[command(name = "scw", version, propagate_version = true)]
#[command(max_term_width = 100, subcommand_value_name = "COMMAND")]
#[command(
    infer_subcommands = false,
    disable_help_subcommand = true,
    disable_help_flag = true,
    disable_version_flag = true
)]
#[command(after_help = "\
Examples:
  scw login
  scw 2fa on
  scw 2fa status --check")]
pub struct Cli {
    /// Options that every command takes.
    #[command(flatten)]
    pub global: GlobalArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Log in and store the secret key in the keyring
    ///
    /// Without `--web`, `--with-token` or `--from-config`, scw asks for your email address, your
    /// password and, if two-factor authentication is on, a code. It then creates an API key for
    /// this machine, stores the secret key, and ends the session.
    ///
    /// With `--web`, scw shows which account the browser logged in to and asks before it stores
    /// anything. `--email` answers in advance and refuses every other account. Without a terminal,
    /// `--email` is required.
    ///
    /// `--renew` asks for nothing: the present API key creates the new one. The login does not
    /// change until the new key works.
    Login(LoginArgs),
    /// Log out and delete the API key of the login
    ///
    /// If the key cannot be deleted, scw still removes the secret key from this machine, and the
    /// next login deletes the key.
    Logout(LogoutArgs),
    /// Show who is logged in
    ///
    /// Shows the account, the organization, the API, where the secret key is stored, when the key
    /// expires, and whether two-factor authentication is on.
    Whoami(WhoamiArgs),
    /// Print the secret key
    ///
    /// Prints the secret key alone, for use in another command.
    Token(TokenArgs),
    /// Manage the logins on this machine
    #[command(subcommand, subcommand_value_name = "COMMAND")]
    #[command(after_help = "\
Examples:
  scw profile list
  scw profile use work")]
    Profile(ProfileCommand),
    /// Run a command with the credentials of the login
    ///
    /// Sets `SCW_ACCESS_KEY`, `SCW_SECRET_KEY` and the default organization and project for one
    /// command: Terraform, an SDK, or the official client. The secret key is not written to disk.
    ///
    /// With `--ttl`, scw creates an API key for the command and deletes the key when the command
    /// ends. If scw is killed, the next scw command deletes the key.
    ///
    /// The exit code is that of the command. It is 127 if the command is not found, 126 if it cannot
    /// be started, and 128+N if signal N ends it.
    Exec(ExecArgs),
    /// Turn two-factor authentication on or off, and manage backup codes and passkeys
    #[command(name = "2fa", subcommand, subcommand_value_name = "COMMAND")]
    #[command(after_help = "\
Examples:
  scw 2fa status
  scw 2fa on")]
    TwoFactor(TwoFactorCommand),
    /// Find problems of this machine and the account
    ///
    /// Checks the keyring, the API and the clock, the API key, two-factor authentication, the
    /// backup codes, the permissions of files, secret keys in plain text, what interrupted commands
    /// left behind, and which `scw` runs. Each line says `ok`, `warning` or `problem`. Nothing is
    /// changed. The exit code is 1 if there is a problem.
    #[command(after_help = "\
Examples:
  scw doctor
  scw doctor -o json")]
    Doctor,
    /// Print the completion script for a shell
    ///
    /// The script asks scw for the completions, so that it also completes the profiles and
    /// organizations of this machine. It uses neither the network nor the keyring. Behind a command
    /// of the official client, it asks that client, which gets the key of your login.
    Completion(CompletionArgs),
    /// Print the manual, or write all pages to a folder
    ///
    /// Without a folder, prints the page scw(1) in the form that man(1) reads.
    Man(ManArgs),
    /// Show help for a command or a topic
    ///
    /// The topics are `options` (the options of every command), `environment` (variables),
    /// `exit-codes` and `json` (what `-o json` prints).
    Help(HelpArgs),
}
