//! Arguments of the commands around a login.

use clap::{ArgGroup, Args};

use super::SignInArgs;
use crate::model::{AccessKey, Expiry, StorageKind};

/// Arguments of `scw login`.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of its own on the command line"
)]
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("way"))]
#[command(after_help = "\
Examples:
  scw login
  scw login --web
  scw login --with-token < key.env
  scw login --from-config --all --scrub
  pass show scaleway | scw login --with-token --access-key SCWXXXXXXXXXXXXXXXXX")]
pub struct LoginArgs {
    /// Log in with the browser on this machine
    #[arg(long, group = "way")]
    pub web: bool,

    /// Print the address of the login page instead of opening the browser
    #[arg(long, requires = "web")]
    pub no_browser: bool,

    /// Read a secret key, or `SCW_ACCESS_KEY=` and `SCW_SECRET_KEY=` lines, from stdin
    #[arg(long, group = "way")]
    pub with_token: bool,

    /// Copy the secret key from the official config.yaml into the keyring
    #[arg(long, group = "way")]
    pub from_config: bool,

    /// Log in with every profile of config.yaml
    #[arg(long, requires = "from_config", conflicts_with_all = ["web", "with_token"])]
    pub all: bool,

    /// Then remove the secret key from config.yaml
    #[arg(long, requires = "from_config", conflicts_with_all = ["web", "with_token"])]
    pub scrub: bool,

    /// Email, password and second factor.
    #[command(flatten)]
    pub sign_in: SignInArgs,

    /// Organization to log in to, if you belong to several
    #[arg(long, value_name = "ID|NAME", conflicts_with_all = ["with_token", "from_config"])]
    pub organization: Option<String>,

    /// Lifetime of the API key: a time such as `12h` or `90d`, or `never` [default: 90d]
    #[arg(long, value_name = "TIME", conflicts_with_all = ["with_token", "from_config"])]
    pub expires: Option<Expiry>,

    /// Access key that belongs to the secret key
    #[arg(long, value_name = "KEY", requires = "with_token")]
    pub access_key: Option<AccessKey>,

    /// Where to store the secret key [env: `SCW_KEYRING`] [default: keyring]
    #[arg(long, value_enum, value_name = "WHERE")]
    pub storage: Option<StorageKind>,
}

/// Arguments of `scw logout`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  scw logout
  scw logout -p work --keep-key")]
pub struct LogoutArgs {
    /// Keep the API key on the server
    #[arg(long)]
    pub keep_key: bool,
}

/// Arguments of `scw token`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  printf 'X-Auth-Token: %s' \"$(scw token)\" | curl -H @- \"$URL\"
  scw token --access-key")]
pub struct TokenArgs {
    /// Print the access key instead
    #[arg(long)]
    pub access_key: bool,
}
