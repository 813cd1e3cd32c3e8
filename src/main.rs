//! The `scw` command: hands the process's arguments to the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    scw::entry::run()
}
