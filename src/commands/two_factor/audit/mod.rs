//! `scw 2fa audit`: who of an organization is without a second factor.

mod diff;
mod evidence;
mod keys;
mod list;
mod members;
mod pace;
mod report;
mod rows;
mod verdict;
mod verify;

use crate::{
    cli::{AuditArgs, AuditCommand},
    context::Context,
    error::Result,
};

/// Makes a report, or looks into earlier ones.
///
/// # Errors
/// What was asked for fails with.
pub(super) async fn run(ctx: &Context, args: AuditArgs) -> Result<()> {
    match args.command {
        Some(AuditCommand::Verify(args)) => verify::run(ctx, &args).await,
        Some(AuditCommand::Diff(args)) => diff::run(ctx, &args).await,
        None => report::run(ctx, args).await,
    }
}
