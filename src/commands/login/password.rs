//! `scw login` with email and password.

use super::make::{description, finish, token_expires};
use crate::{
    cli::LoginArgs,
    commands::sign_in::{FactorSource, SignInPlan},
    context::Context,
    credentials::target_for_login,
    error::Result,
};

/// Signs in with a password, makes a key for this machine and keeps it.
///
/// # Errors
/// As cli.md says; no key is left on the server then.
pub(super) async fn run(ctx: &Context, args: &LoginArgs) -> Result<()> {
    let target = target_for_login(ctx.settings()?, ctx.local()?)?;
    let plan = SignInPlan {
        args: &args.sign_in,
        factor: FactorSource::Arguments,
        description: &description(ctx)?,
        expires: token_expires(ctx, args, target.dialect),
    };
    let signed_in = plan.run(ctx).await.map_err(|err| err.doing("log in"))?;
    finish(ctx, args, signed_in).await
}
