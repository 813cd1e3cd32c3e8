//! Reports that are kept as evidence.

use std::path::PathBuf;

use super::{PLAIN, Scenario, log_in};
use crate::{
    Result,
    process::Ran,
    world::{OWNER, World},
};

pub(super) const ALL: &[Scenario] = &[Scenario {
    name: "audit-evidence",
    before: Some(OWNER),
    after: Some(OWNER),
    prepare: log_in,
    command: |world| {
        let folder = evidence(world).display().to_string();
        world.program(&["2fa", "audit", "--evidence", &folder])
    },
    undone: not_there,
    ..PLAIN
}];

/// Whether a scenario keeps evidence.
#[must_use]
pub fn is_evidence(scenario: &Scenario) -> bool {
    ALL.iter().any(|other| other.name == scenario.name)
}

/// Where it is kept: in a folder whose parent is missing too.
#[must_use]
pub fn evidence(world: &World<'_>) -> PathBuf {
    world.home().join("reports/now")
}

#[expect(clippy::unnecessary_wraps, reason = "the others may fail")]
fn not_there(world: &World<'_>, _ran: &Ran) -> Result<Option<String>> {
    let is_there = evidence(world).join("SHA256SUMS").exists();
    Ok((!is_there).then(|| "there is no evidence".to_owned()))
}
