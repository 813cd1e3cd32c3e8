//! Arguments of the commands around a login.

use clap::{ArgGroup, Args};

use crate::model::{AccessKey, StorageKind};

/// Arguments of `scw login`.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("way").required(true))]
#[command(after_help = "\
Examples:
  printf '%s\\n' \"SCW_ACCESS_KEY=$KEY\" \"SCW_SECRET_KEY=$SECRET\" | scw login --with-token
  pass show scaleway/secret | scw login --with-token --access-key SCWXXXXXXXXXXXXXXXXX")]
pub struct LoginArgs {
    /// Read a secret key, or `SCW_ACCESS_KEY=…` and `SCW_SECRET_KEY=…` lines, from stdin
    #[arg(long, group = "way")]
    pub with_token: bool,

    /// Move the profile's secret key from the official `config.yaml` into the keyring
    #[arg(long, group = "way")]
    pub from_config: bool,

    /// Access key that belongs to the secret key
    #[arg(long, value_name = "KEY", conflicts_with = "from_config")]
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
