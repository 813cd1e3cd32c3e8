//! Arguments of `scw exec`.

use std::ffi::OsString;

use clap::{Args, ValueHint};

use crate::model::Lifetime;

/// Arguments of `scw exec`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  scw exec -- terraform apply
  scw exec --ttl 1h -- python3 deploy.py
  scw exec --ttl 15m --s3 -- aws s3 ls
  scw exec -p work --region nl-ams -- bash")]
pub struct ExecArgs {
    /// Create an API key for the command that lasts this long, such as `15m`, `1h` or `7d`
    #[arg(long, value_name = "TIME")]
    pub ttl: Option<Lifetime>,

    /// Set `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY` for S3 tools
    #[arg(long)]
    pub s3: bool,

    /// Default project
    #[arg(long, value_name = "ID")]
    pub project: Option<String>,

    /// Default region
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,

    /// Default zone
    #[arg(long, value_name = "ZONE")]
    pub zone: Option<String>,

    /// Command to run, and its arguments
    #[arg(
        required = true,
        trailing_var_arg = true,
        num_args = 1..,
        value_name = "COMMAND",
        value_hint = ValueHint::CommandWithArguments
    )]
    pub command: Vec<OsString>,
}
