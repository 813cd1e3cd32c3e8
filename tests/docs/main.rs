//! README and `docs/` are true: their command lines run, their schemas hold, what is cited is there.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test's helper says what is wrong by failing, like the test itself"
)]

#[path = "../support/mod.rs"]
mod support;

mod ci;
mod citations;
mod documents;
mod lines;
mod pages;
mod person;
mod picture;
mod programs;
mod reference;
mod sandbox;
mod schemas;
