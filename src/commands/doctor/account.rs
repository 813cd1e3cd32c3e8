//! What the API tells with the key in force: whether it works, when it ends, the second factor.

use std::time::Duration;

use time::OffsetDateTime;

use super::{codes, failure};
use crate::{
    api::ApiError,
    context::Context,
    credentials::{Authed, Source},
    env,
    error::{CliError, Kind, LOGIN_HINT, Result},
    model::{Factors, Finding, UserFactors, day},
};

/// How long before its end a key is worth a warning (issue 10, Build 5).
const SOON: time::Duration = time::Duration::days(14);

/// Asks the API with the key in force, for `limit` at most.
pub(super) async fn check(ctx: &Context, limit: Duration) -> Vec<Finding> {
    let mut found = Vec::new();
    let outcome = match tokio::time::timeout(limit, ask(ctx, &mut found)).await {
        Ok(outcome) => outcome,
        Err(_) => Err(CliError::new(
            Kind::Unreachable,
            "the API did not answer in time about the key",
        )
        .hint("run `scw whoami` to give it more time")),
    };
    if let Err(err) = outcome {
        found.push(if err.kind() == Kind::NotLoggedIn {
            Finding::warning("login", err.to_string(), err.hints().join("; "))
        } else {
            failure("key", &err)
        });
    }
    found
}

async fn ask(ctx: &Context, found: &mut Vec<Finding>) -> Result<()> {
    let credential = ctx.credential().await?;
    let is_variable = credential.source() == Source::Environment;
    let record = ctx.local()?.record()?;
    let ends_on_record = credential.login().and_then(|login| login.expires_at);
    let authed = Authed::new(&ctx.clients(), credential, &record)?;
    let account = authed.account();
    let key = account.own_key(authed.credential().access_key()).await;
    let (ends, user) = match key {
        Ok(key) => (key.expires_at, key.user_id),
        // The record knows the user of a login.
        Err(ApiError::OwnerUnknown) => match authed.user_id().await {
            Ok(user) => (ends_on_record, user),
            Err(err) => return Err(err.into()),
        },
        Err(err) => return Err(refused(err.into(), is_variable)),
    };
    let UserFactors { user, factors } = account
        .user_factors(&user)
        .await
        .map_err(|err| refused(err.into(), is_variable))?;
    found.push(key_ends(ends, Context::now()));
    found.push(second_factor(&factors));
    if factors.any() {
        found.extend(codes::check(ctx, &user.id)?);
    }
    Ok(())
}

fn refused(err: CliError, is_variable: bool) -> CliError {
    if is_variable {
        let (secret, access) = (env::SECRET_KEY, env::ACCESS_KEY);
        return err.hint_for_refused_key(&format!("fix or unset `{secret}` and `{access}`"));
    }
    err
}

/// Judges when a key that works stops working.
fn key_ends(at: Option<OffsetDateTime>, now: OffsetDateTime) -> Finding {
    const RENEW: &str = "run `scw login --renew`";
    match at {
        None => Finding::ok("key", "it works and has no end"),
        Some(at) if at <= now => {
            Finding::problem("key", format!("it ended on {}", day(at, now)), LOGIN_HINT)
        }
        Some(at) if at - now <= SOON => {
            Finding::warning("key", format!("it ends on {}", day(at, now)), RENEW)
        }
        Some(at) => Finding::ok("key", format!("it works until {}", day(at, now))),
    }
}

fn second_factor(factors: &Factors) -> Finding {
    const NAME: &str = "two-factor";
    if factors.any() {
        return Finding::ok(NAME, "two-factor authentication is on");
    }
    if factors.none() {
        return Finding::warning(NAME, "two-factor authentication is off", "run `scw 2fa on`");
    }
    Finding::ok(
        NAME,
        "two-factor authentication is off, or on with passkeys alone",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Health, parse_rfc3339};

    // Issue 10, 6
    #[test]
    fn a_key_is_judged_by_the_days_that_are_left() {
        let now = parse_rfc3339("2026-11-24T12:00:00Z").unwrap();
        for (at, state) in [
            (None, Health::Ok),
            (Some("2026-12-08T12:00:01Z"), Health::Ok),
            (Some("2026-12-08T12:00:00Z"), Health::Warning),
            (Some("2026-11-24T12:00:00Z"), Health::Problem),
        ] {
            let found = key_ends(at.map(|at| parse_rfc3339(at).unwrap()), now);
            assert_eq!(found.state, state, "{at:?}");
        }
    }
}
