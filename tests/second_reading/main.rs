//! Every test of `on`, `off` and `status` once more, with the sandbox set to the second reading of
//! the points that are not on record (protocol.md E): `mfa` is the app alone, and the backup codes
//! go with the app also where a passkey is left.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test's helper says what is wrong by failing, like the test itself"
)]

#[path = "../support/mod.rs"]
mod support;

#[path = "../cli/codes.rs"]
mod codes;
#[path = "../cli/cut.rs"]
mod cut;
#[path = "../cli/elsewhere.rs"]
mod elsewhere;
#[path = "../cli/factors/mod.rs"]
mod factors;
#[path = "../cli/failures.rs"]
mod failures;
#[path = "../cli/interrupted.rs"]
mod interrupted;
#[path = "../cli/main_job.rs"]
mod main_job;
#[path = "../cli/otp_command.rs"]
mod otp_command;
#[path = "../cli/output.rs"]
mod output;
#[path = "../pty/prompts.rs"]
mod prompts;
#[path = "../pty/terminal.rs"]
mod terminal;
#[path = "../pty/two_factor.rs"]
mod typed;

#[path = "../cli/pauses.rs"]
mod pauses;
#[path = "../cli/recovery.rs"]
mod recovery;
#[path = "../cli/renew.rs"]
mod renew;
#[path = "../cli/service.rs"]
mod service;
#[path = "../cli/shown.rs"]
mod shown;
#[path = "../cli/two_factor_off.rs"]
mod two_factor_off;
#[path = "../cli/two_factor_on.rs"]
mod two_factor_on;
#[path = "../cli/two_runs.rs"]
mod two_runs;
