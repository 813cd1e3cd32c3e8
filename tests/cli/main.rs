//! End to end: the real binary against the sandbox, one file a topic.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test's helper says what is wrong by failing, like the test itself"
)]

#[path = "../support/mod.rs"]
mod support;

mod codes;
mod failures;
mod login;
mod main_job;
mod otp_command;
mod output;
mod recovery;
mod secrets;
mod service;
mod sign_in;
mod two_factor_off;
mod two_factor_on;
mod web;
mod wire;
