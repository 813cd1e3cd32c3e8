//! `scw 2fa`.

#[cfg_attr(not(feature = "security-keys"), path = "add_key/without.rs")]
mod add_key;
mod audit;
mod check;
mod code_source;
mod codes;
mod codes_encryption;
mod codes_export;
mod enroll;
mod events;
mod factors;
mod keys;
mod off;
mod on;
mod recover;
mod remove;
mod settle;
mod show;
mod status;
mod targets;

pub(crate) use settle::{Unasked, settle_all};

use super::name_of;
use crate::{
    cli::TwoFactorCommand,
    context::Context,
    error::Result,
    model::{OrganizationDetails, User},
};

/// Runs one of the commands below `scw 2fa`.
///
/// # Errors
/// What that command fails with.
pub(crate) async fn run(ctx: &Context, command: TwoFactorCommand) -> Result<()> {
    match command {
        TwoFactorCommand::On(args) => on::run(ctx, args).await,
        TwoFactorCommand::Off(args) => off::run(ctx, args).await,
        TwoFactorCommand::Status(args) => status::run(ctx, args).await,
        TwoFactorCommand::Keys(command) => keys::run(ctx, command).await,
        TwoFactorCommand::Events(args) => events::run(ctx, args).await,
        TwoFactorCommand::Audit(args) => audit::run(ctx, *args).await,
        TwoFactorCommand::Recover => recover::run(ctx).await,
        TwoFactorCommand::Codes(command) => codes::run(ctx, command).await,
    }
}

/// Whose second factor a question is about: the account, the profile and the organization, by its
/// id where its name is not known.
fn whom(ctx: &Context, user: &User, organization: Option<&OrganizationDetails>) -> Result<String> {
    let organization = name_of(organization).unwrap_or_else(|| user.organization_id.clone());
    Ok(super::whom(
        &user.email,
        &organization,
        &ctx.settings()?.profile,
    ))
}
