//! The warning that the key of a login ends soon.

use time::{Duration, OffsetDateTime};

use crate::{
    config::Login,
    context::Context,
    error::Result,
    model::{Dialect, ProfileName, day},
};

/// How long before the end of a key scw warns.
pub(super) const AHEAD: Duration = Duration::weeks(2);

/// Warns where the key of the login in force ends within two weeks, at most once a day.
pub(super) async fn warn_of_ending(ctx: &Context, login: &Login) -> Result<()> {
    let profile = &ctx.settings()?.profile;
    warn_of(ctx, profile, login, Context::now()).await
}

/// As [`warn_of_ending`], for the login of any profile. `now` is the service's time where it is
/// known: that clock decides when the key ends.
pub(super) async fn warn_of(
    ctx: &Context,
    profile: &ProfileName,
    login: &Login,
    now: OffsetDateTime,
) -> Result<()> {
    let Some(at) = login.expires_at else {
        return Ok(());
    };
    // A warning that nobody sees does not count for the day.
    if at <= now || at - now > AHEAD || ctx.ui().is_quiet() {
        return Ok(());
    }
    let remembered = ctx
        .local()?
        .update_record(|record| {
            // Another run may have replaced the login meanwhile.
            if !record.login(profile).is_some_and(|now| now.is_same(login)) {
                return true;
            }
            let entry = record.profile_mut(profile);
            let today = |last: OffsetDateTime| last.date() == now.date();
            let told = entry.warned_at.is_some_and(today);
            if !told {
                entry.warned_at = Some(now);
            }
            told
        })
        .await;
    // A record that cannot be written makes scw warn again, and nothing more.
    if !remembered.unwrap_or(false) {
        ctx.ui().warn(&format!(
            "the API key of profile `{profile}` expires on {}",
            day(at, now)
        ));
        let command = match login.api {
            Dialect::Iam => "scw login --renew",
            // The 2017 API makes no token without a password.
            Dialect::Account => "scw login",
        };
        let command = ctx.command_for(command, profile)?;
        ctx.ui()
            .hint(&format!("run `{command}` to replace the key"));
    }
    Ok(())
}
