//! The commands on a machine without a keyring: encrypted secrets, and encrypted backup codes.

use std::process::Command;

use super::{OWNER, PLAIN, Scenario, dead, log_in_and_switch_on, logged_in};
use crate::{Result, process::Program, world::World};

pub(super) const ALL: &[Scenario] = &[
    Scenario {
        name: "login-encrypted",
        after: Some(OWNER),
        prepare: make_key,
        command: login,
        undone: logged_in,
        ..PLAIN
    },
    Scenario {
        name: "login-encrypted-again",
        before: Some(OWNER),
        after: Some(OWNER),
        prepare: |world| {
            make_key(world)?;
            world.must(&login(world)).map(drop)
        },
        command: login,
        undone: logged_in,
        ..PLAIN
    },
    Scenario {
        name: "codes-encrypt",
        before: Some(OWNER),
        after: Some(OWNER),
        again: true,
        prepare: |world| {
            make_key(world)?;
            log_in_and_switch_on(world)
        },
        command: encrypt,
        undone: |world, _| {
            let codes = world.handed().code_sets().concat();
            let files = crate::folders::files(&world.home().join(".local"));
            let clear = files.iter().any(|file| {
                codes
                    .iter()
                    .any(|code| crate::folders::holds(file, code.as_bytes()))
            });
            Ok(clear.then(|| "a code lies there in clear".to_owned()))
        },
        ..PLAIN
    },
    Scenario {
        name: "codes-decrypt",
        before: Some(OWNER),
        after: Some(OWNER),
        again: true,
        prepare: switch_on_and_encrypt,
        command: |world| world.program(&["2fa", "codes", "decrypt", "--yes"]),
        undone: |world, _| {
            let list = world
                .scw(&["2fa", "codes", "decrypt", "-o", "json"])?
                .json();
            Ok((list["changed"] != false).then(|| "the codes are still encrypted".to_owned()))
        },
        ..PLAIN
    },
    Scenario {
        name: "codes-next-encrypted",
        before: Some(OWNER),
        after: Some(OWNER),
        prepare: switch_on_and_encrypt,
        command: |world| world.program(&["2fa", "codes", "next"]),
        undone: |world, ran| Ok((!world.lets_in(ran.stdout.trim())?).then(|| dead(ran))),
        ..PLAIN
    },
];

/// Makes the key that every command of the world takes.
fn make_key(world: &World<'_>) -> Result<()> {
    let made = Command::new("age-keygen")
        .arg("-o")
        .arg(world.identity())
        .output()?;
    if made.status.success() {
        Ok(())
    } else {
        Err("age-keygen failed".into())
    }
}

fn login(world: &World<'_>) -> Program {
    world
        .program(&["login", "--storage", "encrypted", "-o", "json"])
        .with("SCW_EMAIL", OWNER.email)
        .with("SCW_PASSWORD", OWNER.password)
}

fn encrypt(world: &World<'_>) -> Program {
    let key = std::fs::read_to_string(world.identity()).unwrap_or_default();
    let public = key.lines().find_map(|line| line.split_once("public key: "));
    // A recipient that is none fails the command, and that is told.
    let recipient = public.map(|(_, recipient)| recipient).unwrap_or_default();
    world.program(&["2fa", "codes", "encrypt", "--to", recipient])
}

fn switch_on_and_encrypt(world: &World<'_>) -> Result<()> {
    make_key(world)?;
    log_in_and_switch_on(world)?;
    world.must(&encrypt(world)).map(drop)
}
