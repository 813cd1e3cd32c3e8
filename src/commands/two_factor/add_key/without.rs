//! `scw 2fa keys add` in a build without the feature `security-keys`.

use std::future::{Ready, ready};

use crate::{
    cli::KeysAddArgs,
    context::Context,
    error::{CliError, Kind, Result},
};

/// Says how else a security key is added.
pub(super) fn run(_ctx: &Context, _args: &KeysAddArgs) -> Ready<Result<()>> {
    ready(Err(CliError::new(
        Kind::Other,
        "this scw was built without support for security keys",
    )
    .hint("add the security key in a browser, at https://console.scaleway.com")
    .hint(
        "to add it with scw, build scw with the feature: `cargo install --path . --features security-keys`",
    )))
}
