//! Commands that act on every login of this machine: `--all`.

use serde_json::{Value, json};

use crate::{
    config::Login,
    context::Context,
    credentials,
    error::{CliError, Result},
    model::ProfileName,
};

/// Every login with its profile, by name.
///
/// # Errors
/// `Usage` where `--profile` names one of them, and when the record cannot be read.
pub(super) fn logins(ctx: &Context) -> Result<Vec<(ProfileName, Login)>> {
    if ctx.has_profile_flag() {
        return Err(
            CliError::usage("`--all` is for every profile, and `--profile` for one")
                .hint("remove one of the two"),
        );
    }
    warn_of_variable(ctx);
    let record = ctx.local()?.record()?;
    Ok(record
        .logins()
        .map(|(profile, login)| (profile, login.clone()))
        .collect())
}

/// Warns where `SCW_SECRET_KEY` comes before every login.
pub(super) fn warn_of_variable(ctx: &Context) {
    if credentials::has_secret_variable() {
        ctx.ui()
            .warn("`SCW_SECRET_KEY` is set; scw uses it until you unset it");
    }
}

/// The failures of a command that goes on with the next profile after one.
#[derive(Debug, Default)]
pub(super) struct Failures(Option<CliError>);

impl Failures {
    /// Takes a failure, and returns it for the result. The first one ends the command when all is
    /// done, so every other one is told now.
    pub(super) fn add(&mut self, ctx: &Context, err: CliError) -> Value {
        let hint = (!err.hints().is_empty()).then(|| err.hints().join("; "));
        let data = json!({ "code": err.kind().code(), "message": err.to_string(), "hint": hint });
        if self.0.is_some() {
            ctx.ui().warn(&err.to_string());
            for hint in err.hints() {
                ctx.ui().hint(hint);
            }
        } else {
            self.0 = Some(err);
        }
        data
    }

    /// How the command ends.
    ///
    /// # Errors
    /// The first failure.
    pub(super) fn end(self) -> Result<()> {
        self.0.map_or(Ok(()), Err)
    }
}
