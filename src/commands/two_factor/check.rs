//! A one-time password checked on this machine, before it costs a try.

use std::time::Duration;

use crate::{
    api::Account,
    context::Context,
    error::{CliError, Kind, Result},
    model::{OtpCheck, OtpCode, OtpKey},
};

/// A difference to the service's clock that is no more than rounding, in seconds.
const CLOCK_NOISE_S: i64 = 2;

/// Checks a code without asking the API, by the service's clock where it is known.
pub(super) fn check_locally(account: &dyn Account, key: &OtpKey, code: &OtpCode) -> Result<()> {
    let refused = |message: String| CliError::new(Kind::Refused, message);
    let ahead = account
        .clock_ahead_s()
        .filter(|ahead| ahead.abs() > CLOCK_NOISE_S)
        .unwrap_or(0);
    let now = Context::now().unix_timestamp() + ahead;
    match key.check(code, now) {
        OtpCheck::Good => Ok(()),
        OtpCheck::Wrong => Err(refused("wrong code: it does not match this key".to_owned())),
        OtpCheck::ClockOff { by, ahead } => Err(refused(format!(
            "your phone's clock is {} {}",
            roughly(by),
            if ahead { "fast" } else { "slow" }
        ))
        .hint("turn on automatic time on your phone, then enter a new code")),
    }
}

/// A duration as people tell it: `45 seconds`, `5 minutes`.
fn roughly(time: Duration) -> String {
    let (number, unit) = match time.as_secs() {
        seconds @ ..120 => (seconds, "second"),
        seconds => (seconds / 60, "minute"),
    };
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {unit}{plural}")
}
