//! `scw 2fa audit`: evidence, comparisons and texts to send.

mod diff;
mod evidence;
mod exit;
mod remind;
mod report;
mod verify;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Value, json};

use crate::support::{Ran, World};

/// An organization in which two factors are required within a week: the owner and Bob have one, Carol
/// and Dave do not.
const SEED: &str = r#"{"organizations": [{"name": "Example", "requires_two_factor": true,
    "grace_period_s": 604800, "users": [
        {"email": "owner@example.com", "passkeys": ["Laptop"]},
        {"email": "bob@example.com", "otp_secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"},
        {"email": "carol@example.com", "first_name": "Carol"},
        {"email": "dave@example.com", "locked": true}]}]}"#;

/// That organization, with its owner logged in.
fn organization() -> World {
    let world = World::seeded(SEED);
    // An account with a passkey counts as one with a second factor.
    world.sandbox.passkey_readings(true, true).unwrap();
    world.log_in();
    world
}

/// The path of a folder below HOME.
fn folder(world: &World, name: &str) -> PathBuf {
    world.home.path().join(name)
}

#[track_caller]
fn audit(world: &World, evidence: &Path, more: &[&str]) -> Ran {
    let words = ["2fa", "audit", "--evidence", evidence.to_str().unwrap()];
    world.run(&[&words[..], more].concat())
}

#[track_caller]
fn verify(world: &World, folder: &Path) -> Ran {
    world.run(&[
        "2fa",
        "audit",
        "verify",
        folder.to_str().unwrap(),
        "-o",
        "json",
    ])
}

/// An evidence folder, made by one run.
fn evidence(world: &World, name: &str) -> PathBuf {
    let folder = folder(world, name);
    audit(world, &folder, &[]).expect(0);
    folder
}

/// The names in a folder, sorted.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Whether `sha256sum` finds every file of a folder as it was.
fn sha256sum_agrees(folder: &Path) -> bool {
    let check = Command::new("sha256sum")
        .args(["--check", "--strict", "--quiet", "SHA256SUMS"])
        .current_dir(folder)
        .output()
        .unwrap();
    check.status.success()
}

/// The digest that `sha256sum` finds.
fn sha256sum(path: &Path) -> String {
    let output = Command::new("sha256sum").arg(path).output().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    text.split(' ').next().unwrap().to_owned()
}

/// Every request for the members waits.
fn members_wait(world: &World) {
    world.fault(json!({
        "method": "GET", "path_regex": "/iam/v1alpha1/users$", "action": "delay",
        "ms": 600_000, "times": 100,
    }));
}

fn read_json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// The members, as the API lists them.
fn users(world: &World) -> Value {
    let id = &world.info().organization_id;
    let path = format!("/iam/v1alpha1/users?organization_id={id}&order_by=created_at_asc");
    world.elsewhere("GET", &path, "")
}
