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
Without one of `--web`, `--with-token` and `--from-config`, email and password are asked.
With `--web`, whose login the browser brings is asked before anything is kept. `--email` says it in
advance and refuses any other; without a terminal it is required.

Examples:
  printf '%s\\n' \"SCW_ACCESS_KEY=$KEY\" \"SCW_SECRET_KEY=$SECRET\" | scw login --with-token
  pass show scaleway/secret | scw login --with-token --access-key SCWXXXXXXXXXXXXXXXXX")]
pub struct LoginArgs {
    /// Log in with a browser on this machine
    #[arg(long, group = "way")]
    pub web: bool,

    /// Print the address for the browser, which works once, instead of opening it
    #[arg(long, requires = "web")]
    pub no_browser: bool,

    /// Read a secret key, or `SCW_ACCESS_KEY=…` and `SCW_SECRET_KEY=…` lines, from stdin
    #[arg(long, group = "way")]
    pub with_token: bool,

    /// Move the profile's secret key from the official `config.yaml` into the keyring
    #[arg(long, group = "way")]
    pub from_config: bool,

    /// Email, password and second factor.
    #[command(flatten)]
    pub sign_in: SignInArgs,

    /// Organization to log in to, by id or name, where there are several
    #[arg(long, value_name = "ID|NAME", conflicts_with_all = ["with_token", "from_config"])]
    pub organization: Option<String>,

    /// When the API key of this login ends: `12h`, `90d` or `never` [default: 90d]
    #[arg(long, value_name = "TIME", conflicts_with_all = ["with_token", "from_config"])]
    pub expires: Option<Expiry>,

    /// Access key that belongs to the secret key
    #[arg(long, value_name = "KEY", requires = "with_token")]
    pub access_key: Option<AccessKey>,

    /// Where to keep the secret: `keyring`, or `file` (only its owner can read it) [env: `SCW_KEYRING`] [default: keyring]
    #[arg(long, value_name = "WHERE")]
    pub storage: Option<StorageKind>,
}

/// Arguments of `scw logout`.
#[derive(Debug, Args)]
pub struct LogoutArgs {
    /// Leave the API key on the server
    #[arg(long)]
    pub keep_key: bool,
}

/// Arguments of `scw token`.
#[derive(Debug, Args)]
pub struct TokenArgs {
    /// Print the access key instead
    #[arg(long)]
    pub access_key: bool,
}
