//! What `scw --version --verbose` says about this build: commit, target and features.

use std::{env, path::Path, process::Command};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-env=SCW_BUILD_COMMIT={}", commit());
    println!("cargo::rustc-env=SCW_BUILD_TARGET={}", variable("TARGET"));
    println!("cargo::rustc-env=SCW_BUILD_FEATURES={}", features());
}

/// What cargo tells a build script about the build (The Cargo Book, "Environment Variables").
fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| "unknown".to_owned())
}

/// The commit of the tree; unknown without git, and outside of a clone.
fn commit() -> String {
    // A copy inside of another project's clone must not take that project's commit.
    if !Path::new(".git").exists() {
        return "unknown".to_owned();
    }
    // It grows with every commit, and with every switch to another one.
    if let Some(log) = git(&["rev-parse", "--git-path", "logs/HEAD"])
        && Path::new(&log).exists()
    {
        println!("cargo::rerun-if-changed={log}");
    }
    git(&["rev-parse", "HEAD"]).unwrap_or_else(|| "unknown".to_owned())
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

/// The features of this package that are on.
fn features() -> String {
    let names = env::vars().filter_map(|(name, _)| {
        let feature = name.strip_prefix("CARGO_FEATURE_")?;
        Some(feature.to_ascii_lowercase().replace('_', "-"))
    });
    let mut names: Vec<String> = names.filter(|name| name != "default").collect();
    names.sort();
    if names.is_empty() {
        return "none".to_owned();
    }
    names.join(", ")
}
