//! One file a command: `run(&Context, Args) -> Result<()>`.

pub(crate) mod completion;
pub(crate) mod help;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod man;
mod saved_codes;
mod secret_input;
mod sign_in;
pub(crate) mod token;
pub(crate) mod two_factor;
pub(crate) mod whoami;

use crate::error::{CliError, Kind};

/// The failure of stdout, which a command reports like any other.
fn unprinted(err: &std::io::Error) -> CliError {
    CliError::new(
        Kind::Other,
        format!("the result could not be printed: {err}"),
    )
    .hint("check where stdout goes")
}

/// The word for a switch, as the API contract of `-o json` has it.
fn on_off(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}
