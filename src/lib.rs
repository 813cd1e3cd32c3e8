//! Two-factor authentication, logins and API keys of a Scaleway account, from a terminal.
//!
//! # Layers
//!
//! Each layer may use the ones to its left, never the ones to its right:
//!
//! `model` <- {`api`, `store`, `config`, `ui`} <- `credentials` <- `context` <- `commands` <-
//! `entry`
//!
//! `env`, `fsutil` and `process` are leaves that every layer may use. `cli` holds the argument
//! structs only, and `error` is the one place that knows every layer's error. The test
//! `tests/generated/layers.rs` keeps these rules.

pub mod api;
pub mod cli;
pub mod commands;
pub mod config;
pub mod context;
pub mod credentials;
pub mod entry;
pub mod env;
pub mod error;
pub mod fsutil;
pub mod model;
pub mod process;
pub mod store;
pub mod ui;
