//! What a run of `scw` leaves behind when it is cut, when a system call fails, and when several
//! run at once.
//!
//! [`tracer`] starts a program under ptrace and counts, over all of its threads, the system calls
//! that touch a file or the network. [`campaign`] kills every command that writes before each of
//! them and makes each of them fail; [`interleave`] lets four processes run against each other on
//! one data folder. `CONTRIBUTING.md` says how both are started.
//!
//! Linux on `x86_64` only: replacing a call needs its registers.

#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

pub mod calls;
pub mod campaign;
pub mod checks;
pub mod folders;
pub mod interleave;
pub mod passkeys;
pub mod process;
pub mod random;
pub mod scenarios;
pub mod tracer;
pub mod wire;
pub mod world;

/// A failure of the campaign itself, not of what it looks at.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The result of a part of the campaign.
pub type Result<T, E = Failure> = std::result::Result<T, E>;
