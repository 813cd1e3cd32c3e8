//! Arguments of `scw profile`.

use clap::{Args, Subcommand};

use crate::model::ProfileName;

/// What to do about profiles.
#[derive(Debug, Subcommand)]
pub enum ProfileCommand {
    /// List the logins on this machine
    ///
    /// Shows the account, the organization, the API, where the secret key is stored and when the key
    /// expires. A `*` marks the profile in use. scw reads neither the keyring nor the API.
    #[command(after_help = "\
Examples:
  scw profile list
  scw profile list -o json")]
    List,
    /// Choose the profile to use
    ///
    /// Every command uses this profile unless `--profile` or `SCW_PROFILE` names another one.
    /// `scw profile use default` goes back.
    Use(ProfileUseArgs),
    /// Log out of a profile and remove it
    ///
    /// Deletes the API key that the login created, and the secret key, as `scw logout` does. If it
    /// was in use, `default` is used again.
    Remove(ProfileRemoveArgs),
    /// Rename a profile
    ///
    /// The login moves to the new name with its secret key. The API key stays the same.
    Rename(ProfileRenameArgs),
}

/// Arguments of `scw profile use`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  scw profile use work
  scw profile use default")]
pub struct ProfileUseArgs {
    /// Profile to use
    #[arg(value_name = "NAME")]
    pub name: ProfileName,
}

/// Arguments of `scw profile remove`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  scw profile remove work
  scw profile remove work --keep-key --yes")]
pub struct ProfileRemoveArgs {
    /// Profile to remove
    #[arg(value_name = "NAME")]
    pub name: ProfileName,
    /// Keep the API key on the server
    #[arg(long)]
    pub keep_key: bool,
    /// Do not ask for confirmation
    #[arg(short, long)]
    pub yes: bool,
}

/// Arguments of `scw profile rename`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  scw profile rename default work")]
pub struct ProfileRenameArgs {
    /// Profile to rename
    #[arg(value_name = "OLD-NAME")]
    pub old_name: ProfileName,
    /// Its new name
    #[arg(value_name = "NEW-NAME")]
    pub new_name: ProfileName,
}
