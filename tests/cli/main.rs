//! End to end: the real binary against the sandbox, one file a topic.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test's helper says what is wrong by failing, like the test itself"
)]

#[path = "../support/mod.rs"]
mod support;

mod audit;
mod bonds;
mod codes;
mod codes_encrypted;
mod cut;
mod doctor;
mod doubts;
mod elsewhere;
mod encrypted;
mod events;
mod every_profile;
mod exec;
mod factors;
mod failures;
mod from_config;
mod handover;
mod handover_loops;
mod help;
mod interrupted;
mod local_files;
mod login;
mod logout;
mod main_job;
mod messages;
mod otp_command;
mod output;
mod pauses;
mod profiles;
mod recovery;
mod renew;
mod rotation;
mod rounds;
mod secrets;
mod service;
mod shared_keys;
mod shown;
mod sign_in;
mod two_factor_off;
mod two_factor_on;
mod two_runs;
mod web;
mod wire;
