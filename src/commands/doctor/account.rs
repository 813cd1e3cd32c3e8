//! What the API tells with the key in force: whether it works, when it ends, the second factor.

use std::time::Duration;

use time::OffsetDateTime;

use super::{codes, failure};
use crate::{
    api::ApiError,
    commands::{ending::AHEAD, service_now},
    context::Context,
    credentials::{Authed, Source},
    env,
    error::{CliError, Kind, LOGIN_HINT, Result},
    model::{Factors, Finding, Health, UserFactors, day},
};

const KEY: &str = "key";
const RENEW: &str = "run `scw login --renew`";
const NEW_VARIABLE: &str = "set `SCW_SECRET_KEY` and `SCW_ACCESS_KEY` to a new key, or unset both";

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
            failure(KEY, &err)
        });
    }
    found
}

async fn ask(ctx: &Context, found: &mut Vec<Finding>) -> Result<()> {
    let credential = ctx.credential().await?;
    let source = credential.source();
    let is_variable = source == Source::Environment;
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
    let now = service_now(account);
    found.push(match source {
        Source::Saved(_) => key_ends(ends, now, LOGIN_HINT, RENEW),
        Source::Environment => key_ends(ends, now, NEW_VARIABLE, NEW_VARIABLE),
        // Nothing of this machine renews a key that it did not make.
        Source::OfficialConfig | Source::Offered => key_ends(ends, now, LOGIN_HINT, LOGIN_HINT),
    });
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

/// The keys that the API was not asked about, by what is on record: those of other profiles, and the
/// one in force where its secret or the API cannot be reached.
pub(super) fn on_record(ctx: &Context, found: &[Finding]) -> Vec<Finding> {
    // A record that cannot be read is a finding of its own.
    let (Ok(settings), Ok(Ok(record))) = (ctx.settings(), ctx.local().map(|local| local.record()))
    else {
        return Vec::new();
    };
    let is_asked = found.iter().any(|found| found.name == KEY);
    let now = Context::now();
    let others = record
        .logins()
        .filter(|(profile, _)| !is_asked || *profile != settings.profile);
    let judged = others.map(|(profile, login)| {
        let (again, renew) = (
            format!("run `scw login -p {profile}`"),
            format!("run `scw login -p {profile} --renew`"),
        );
        let mut found = key_ends(login.expires_at, now, &again, &renew);
        found.message = format!("profile `{profile}`: {}", found.message);
        found
    });
    judged.filter(|found| found.state != Health::Ok).collect()
}

/// Judges when a key that works stops working. `again` is the way to another one, and `renew` the one
/// that needs the old key.
fn key_ends(at: Option<OffsetDateTime>, now: OffsetDateTime, again: &str, renew: &str) -> Finding {
    match at {
        None => Finding::ok(KEY, "it works and has no end"),
        Some(at) if at <= now => {
            Finding::problem(KEY, format!("it ended on {}", day(at, now)), again)
        }
        Some(at) if at - now <= AHEAD => {
            Finding::warning(KEY, format!("it ends on {}", day(at, now)), renew)
        }
        Some(at) => Finding::ok(KEY, format!("it works until {}", day(at, now))),
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
    use crate::model::parse_rfc3339;

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
            let at = at.map(|at| parse_rfc3339(at).unwrap());
            let found = key_ends(at, now, LOGIN_HINT, RENEW);
            assert_eq!(found.state, state, "{at:?}");
        }
    }
}
