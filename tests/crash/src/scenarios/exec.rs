//! Keys that are for one command.

use super::{PLAIN, Scenario, log_in};
use crate::{
    Result,
    process::{Program, Ran},
    world::{OWNER, World},
};

/// The exit codes of COMMAND: not found, not to be started, ended by SIGTERM, and by SIGKILL.
const FOREIGN: &[i32] = &[127, 126, 143, 137];

/// What an execution has to leave behind is alike, whatever becomes of COMMAND.
const EXEC: Scenario = Scenario {
    before: Some(OWNER),
    after: Some(OWNER),
    foreign: FOREIGN,
    prepare: log_in,
    undone: no_key,
    ..PLAIN
};

pub(super) const ALL: &[Scenario] = &[
    Scenario {
        name: "exec-ttl",
        command: |world| exec(world, &["true"]),
        ..EXEC
    },
    Scenario {
        name: "exec-ttl-killed",
        exit: 137,
        command: |world| exec(world, &["sh", "-c", "kill -KILL $$"]),
        ..EXEC
    },
];

/// Whether a scenario makes a key for one command.
#[must_use]
pub fn is_exec(scenario: &Scenario) -> bool {
    ALL.iter().any(|other| other.name == scenario.name)
}

fn exec(world: &World<'_>, command: &[&str]) -> Program {
    let arguments = ["exec", "--ttl", "1h", "--"];
    world.program(&[&arguments, command].concat())
}

/// The run itself deletes its key.
fn no_key(world: &World<'_>, ran: &Ran) -> Result<Option<String>> {
    let keys = world.keys(&OWNER)?.len();
    let told = ran.stderr.contains("could not delete the API key");
    Ok((keys != 3 && !told).then(|| format!("{keys} keys are alive, and nobody said so")))
}
