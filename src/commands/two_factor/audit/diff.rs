//! `scw 2fa audit`: diff.

use crate::{
    cli::AuditDiffArgs,
    context::Context,
    error::{CliError, Kind, Result},
};

/// Runs it.
///
/// # Errors
/// It is being built.
#[expect(clippy::unused_async, reason = "it is being built")]
pub(super) async fn run(_ctx: &Context, _args: &AuditDiffArgs) -> Result<()> {
    Err(CliError::new(Kind::Other, "it is being built"))
}
