//! Real parts: a Secret Service, a terminal that is looked at, the official SDK.

#[path = "../support/mod.rs"]
mod support;

mod demo;
mod keyring;
mod qr;
mod sdk;
