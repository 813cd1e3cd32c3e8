//! Keys that move out of the official `config.yaml`.

use std::{fs, path::PathBuf};

use super::{PLAIN, Scenario};
use crate::{
    Result, folders,
    process::Ran,
    world::{OTHER, OWNER, World},
};

/// All of them.
pub(super) const ALL: &[Scenario] = &[
    Scenario {
        name: "login-config",
        after: Some(OWNER),
        prepare: official,
        command: |world| world.program(&["login", "--from-config", "--storage", "file"]),
        undone: |world, _| kept(world, &[OWNER.secret_key]),
        ..PLAIN
    },
    Scenario {
        name: "login-config-scrub",
        after: Some(OWNER),
        beside: &[("work", OTHER), ("ci", OWNER)],
        prepare: official_with_profiles,
        command: |world| {
            let arguments = ["login", "--from-config", "--all", "--scrub"];
            world.program(&[&arguments[..], &["--storage", "file"]].concat())
        },
        undone: moved,
        ..PLAIN
    },
];

fn file(world: &World<'_>) -> PathBuf {
    world.home().join(".config/scw/config.yaml")
}

fn top(world: &World<'_>) -> String {
    format!(
        "access_key: {}\nsecret_key: {}\napi_url: {}\n",
        OWNER.access_key,
        OWNER.secret_key,
        world.program(&[]).environment["SCW_API_URL"],
    )
}

fn write(world: &World<'_>, content: &str) -> Result<()> {
    let file = file(world);
    fs::create_dir_all(file.parent().unwrap_or(&file))?;
    Ok(fs::write(file, content)?)
}

fn official(world: &World<'_>) -> Result<()> {
    write(world, &top(world))
}

fn official_with_profiles(world: &World<'_>) -> Result<()> {
    let (access, secret) = (OTHER.access_key, OTHER.secret_key);
    let profiles = format!(
        "# Others\nprofiles:\n  work:\n    access_key: {access}\n    secret_key: {secret}\n  ci:\n    insecure: false\n"
    );
    write(world, &(top(world) + &profiles))
}

/// Without a login the secret in config.yaml would do as well.
#[expect(clippy::unnecessary_wraps, reason = "the others may fail")]
fn kept(world: &World<'_>, secrets: &[&str]) -> Result<Option<String>> {
    let ours = folders::files(&world.home().join(".local"));
    let is_kept = |secret: &&str| {
        ours.iter()
            .any(|file| folders::holds(file, secret.as_bytes()))
    };
    Ok((!secrets.iter().all(is_kept)).then(|| "a secret is not kept".to_owned()))
}

/// Every secret is kept, and the file has none any more but all of the rest.
fn moved(world: &World<'_>, _ran: &Ran) -> Result<Option<String>> {
    let secrets = [OWNER.secret_key, OTHER.secret_key];
    let left = fs::read_to_string(file(world))?;
    if secrets.iter().any(|secret| left.contains(secret)) {
        return Ok(Some("config.yaml still holds a secret".to_owned()));
    }
    if !left.starts_with("access_key: ") || !left.ends_with("  ci:\n    insecure: false\n") {
        return Ok(Some("config.yaml lost more than its secrets".to_owned()));
    }
    kept(world, &secrets)
}
