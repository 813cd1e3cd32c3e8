//! The tracer, and `scw` under it: one program, because each costs seconds to link.

#![cfg(all(target_os = "linux", target_arch = "x86_64"))]
#![allow(clippy::unwrap_used, reason = "a helper of tests fails the test")]

use std::path::PathBuf;

mod full_disk;
mod parents;
mod tracer;

/// The program beside this test; `cargo build` makes it.
fn binary() -> PathBuf {
    let test = std::env::current_exe().unwrap_or_default();
    let folder = test.parent().and_then(|deps| deps.parent());
    folder.map(|folder| folder.join("scw")).unwrap_or_default()
}
