//! Real parts: a Secret Service, a terminal that is looked at, the official SDKs, schemathesis.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test's helper says what is wrong by failing, like the test itself"
)]

#[path = "../support/mod.rs"]
mod support;

mod audit;
mod completion;
mod demo;
mod doctor;
mod environments;
mod exec;
mod keyring;
mod openapi;
mod panel;
mod qr;
mod sdk;
mod session;
mod web;
mod webauthn;
mod witness;
