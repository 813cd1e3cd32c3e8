//! Every build of the workspace has one set of features of each library: tests/features/Cargo.toml.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    process::Command,
};

use serde::Deserialize;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The libraries of a selection of packages, each with its version and the features it is built with.
fn libraries(selection: &[&str]) -> BTreeSet<String> {
    let ran = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--offline", "--prefix", "none"])
        .args(["--format", "{p}; features: {f}"])
        .args(selection)
        .current_dir(root())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{said}");
    String::from_utf8(ran.stdout)
        .unwrap()
        .lines()
        // What it has shown before, it marks so.
        .map(|line| line.trim_end_matches(" (*)").to_owned())
        // The workspace's own packages: one has a feature, and is built without it as well.
        .filter(|line| !line.contains(" (/"))
        .collect()
}

// Issue 13, 3
#[test]
fn the_tests_are_built_from_the_libraries_that_the_first_command_of_the_readme_builds() {
    let of_tests = libraries(&["--workspace", "--edges", "normal,build,dev"]);
    assert!(of_tests.len() > 300, "not a tree: {of_tests:?}");
    let edges = ["--edges", "normal,build"];
    for selection in [
        // `cargo run -p scw-sandbox`
        &["-p", "scw-sandbox"][..],
        // what the demonstration builds next (tests/sandbox/src/demo.rs)
        &["-p", "scw", "-p", "scw-sandbox"],
        // what .ci/run builds without a feature of the client
        &["-p", "scw", "-p", "scw-sandbox", "--no-default-features"],
        // what tests/crash/run builds
        &["-p", "scw", "-p", "scw-crash"],
    ] {
        let built = libraries(&[selection, &edges].concat());
        let other: Vec<_> = built.difference(&of_tests).collect();
        assert!(
            other.is_empty(),
            "{selection:?} builds these with other features than the tests have; tests/features/Cargo.toml \
             names features for all: {other:#?}"
        );
    }
}

#[derive(Deserialize)]
struct Lock {
    package: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    #[serde(default)]
    dependencies: Vec<String>,
}

// Issue 13, 3
#[test]
fn no_library_is_built_for_its_features_alone() {
    let text = fs::read_to_string(root().join("Cargo.lock")).unwrap();
    let lock: Lock = toml::from_str(&text).unwrap();
    let named: BTreeMap<String, &Package> = lock
        .package
        .iter()
        .flat_map(|package| {
            let with_version = format!("{} {}", package.name, package.version);
            [(package.name.clone(), package), (with_version, package)]
        })
        .collect();
    let mut of_sandbox = BTreeSet::new();
    let mut open = vec!["scw-sandbox".to_owned()];
    while let Some(name) = open.pop() {
        if name != "scw-features" && of_sandbox.insert(name.clone()) {
            open.extend(named[&name].dependencies.clone());
        }
    }
    let listed = &named["scw-features"].dependencies;
    assert!(listed.len() > 20, "they were not found: {listed:?}");
    // That one does not depend on them.
    let of_client = libraries(&["-p", "scw", "--edges", "normal,build"]);
    let alone: Vec<_> = listed
        .iter()
        .filter(|name| {
            let library = named[*name];
            let shown = format!("{} v{};", library.name, library.version);
            let client_has_it = of_client.iter().any(|line| line.starts_with(&shown));
            !of_sandbox.contains(*name) && !client_has_it
        })
        .collect();
    assert!(
        alone.is_empty(),
        "neither has a use of these; take them out of tests/features/Cargo.toml: {alone:#?}"
    );
}
