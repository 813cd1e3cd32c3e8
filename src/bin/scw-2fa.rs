//! The same program under its second name, for machines where `scw` is the official client.

use std::process::ExitCode;

fn main() -> ExitCode {
    scw::entry::run()
}
