//! The command line of the campaign: `points` is the crash matrix.

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod options;

use std::process::ExitCode;

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn main() -> ExitCode {
    options::main()
}

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
#[expect(clippy::print_stderr, reason = "it has nothing else to do")]
fn main() -> ExitCode {
    eprintln!("the crash matrix needs ptrace on Linux and x86_64; nothing was tried here");
    ExitCode::SUCCESS
}
