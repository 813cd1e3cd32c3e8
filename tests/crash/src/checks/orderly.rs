//! How a run may end, whatever was done to it.

use crate::process::{Ending, Ran};

/// The exit codes of cli.md.
const EXIT_CODES: [i32; 10] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 130];

/// How a run ended that must end in an orderly way; nothing where it did. `foreign` are exit codes of
/// what it runs.
#[must_use]
pub fn disorderly(ran: &Ran, foreign: &[i32]) -> Option<String> {
    let may_be = |code: i32| EXIT_CODES.contains(&code) || foreign.contains(&code);
    let how = match ran.ending {
        Ending::Exit(code) if may_be(code) && !panicked(ran) => return None,
        Ending::Exit(101) => "panicked".to_owned(),
        Ending::Exit(code) if panicked(ran) => format!("panicked and ended with {code}"),
        Ending::Exit(code) => format!("ended with {code}, which is none of its exit codes"),
        Ending::Signal(signal) => format!("was ended by signal {signal}"),
        Ending::Hung => "hung".to_owned(),
    };
    Some(how)
}

fn panicked(ran: &Ran) -> bool {
    ran.stderr.contains("panicked at")
}
