//! The real binary in a pseudo-terminal, with a person's keystrokes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test's helper says what is wrong by failing, like the test itself"
)]

#[path = "../support/mod.rs"]
mod support;

mod audit;
mod encrypted;
mod exec;
mod login;
mod profiles;
mod prompts;
mod qr;
mod terminal;
mod two_factor;
mod web;
