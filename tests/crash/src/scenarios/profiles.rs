//! Profiles that are renamed and removed, the logout of all, and the renewal of a key.

use super::{PLAIN, Scenario, is_in, log_in, logged_out};
use crate::{
    Result,
    process::Ran,
    world::{OWNER, World},
};

/// Each scenario of the issue about profiles.
pub(super) const ALL: &[Scenario] = &[
    Scenario {
        name: "login-renew",
        before: Some(OWNER),
        after: Some(OWNER),
        prepare: log_in,
        command: |world| world.program(&["login", "--renew"]),
        undone: |world, _| match one_key(world)? {
            None => is_in(world, OWNER.email),
            undone => Ok(undone),
        },
        ..PLAIN
    },
    Scenario {
        name: "profile-rename",
        before: Some(OWNER),
        after: Some(OWNER),
        prepare: log_in,
        // The choice goes along: the login stays the one in force.
        command: |world| world.program(&["profile", "rename", "default", "work"]),
        undone: renamed,
        ..PLAIN
    },
    Scenario {
        name: "profile-remove",
        before: Some(OWNER),
        prepare: log_in,
        command: |world| world.program(&["profile", "remove", "default", "--yes"]),
        undone: logged_out,
        ..PLAIN
    },
    Scenario {
        name: "logout-all",
        before: Some(OWNER),
        prepare: log_in,
        command: |world| world.program(&["logout", "--all"]),
        undone: logged_out,
        ..PLAIN
    },
];

/// The seed's key and token, and one of the login.
fn one_key(world: &World<'_>) -> Result<Option<String>> {
    let keys = world.keys(&OWNER)?.len();
    Ok((keys != 3).then(|| format!("{keys} keys are alive")))
}

fn renamed(world: &World<'_>, _ran: &Ran) -> Result<Option<String>> {
    let who = world.scw(&["whoami", "-p", "work", "-o", "json"])?;
    let right = who.exited(0) && who.json()["email"] == OWNER.email;
    Ok((!right).then(|| format!("`work` is not logged in ({:?})", who.ending)))
}
