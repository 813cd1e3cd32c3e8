//! Two-factor authentication, logins and API keys of a Scaleway account, from a terminal.
//!
//! # Layers
//!
//! Each layer may use the ones to its left, never the ones to its right:
//!
//! `model` <- {`api`, `store`, `config`, `ui`, `security_key`} <- `credentials` <- `context` <- `commands` <-
//! `entry`
//!
//! `env`, `fsutil` and `process` are leaves that every layer may use. `cli` holds the argument
//! structs only, and `error` is the one place that knows every layer's error. The test
//! `tests/generated/layers.rs` keeps these rules.

mod api;
pub mod cli;
mod commands;
mod config;
mod context;
mod credentials;
pub mod entry;
mod env;
mod error;
mod fsutil;
pub mod model;
mod process;
#[cfg(feature = "security-keys")]
mod security_key;
mod store;
mod ui;

pub use commands::man::PAGES;
