//! docs/sandbox.md and the sandbox say the same.

use std::{collections::BTreeSet, fs, path::Path, process::Command};

use regex::Regex;
use scw_sandbox::Seed;

use super::pages::{page, root};
use crate::support::binary;

/// Whatever matches, without what stands around its first group.
fn found(pattern: &str, text: &str) -> BTreeSet<String> {
    let pattern = Regex::new(pattern).unwrap();
    let found = pattern.captures_iter(text);
    found.map(|one| one[1].to_owned()).collect()
}

// Issue 9, 7
#[test]
fn the_page_about_the_sandbox_names_every_option() {
    let sandbox = Path::new(binary()).with_file_name("scw-sandbox");
    let help = Command::new(sandbox).args(["run", "--help"]).output();
    let help = String::from_utf8(help.unwrap().stdout).unwrap();
    let mut options = found(r"(?m)^ +(?:-\w, |    )(--[a-z-]+)", &help);
    options.remove("--help");
    let section = page("docs/sandbox.md").section("Command line").unwrap();
    assert_eq!(found(r"(?m)^\| `(?:-\w, )?(--[a-z-]+)", &section), options);
}

// Issue 9, 7
#[test]
fn the_page_about_the_sandbox_names_every_variable_and_every_call_of_the_test_door() {
    let page = page("docs/sandbox.md").text;
    let source = |file: &str| fs::read_to_string(root("tests/sandbox/src").join(file)).unwrap();
    let variable = r"(SANDBOX_[A-Z_]+)";
    assert_eq!(found(variable, &page), found(variable, &source("run.rs")));
    let door = found(r#"route\("(/_sandbox/[a-z]+)""#, &source("door.rs"));
    assert!(!door.is_empty());
    assert_eq!(found(r"(/_sandbox/[a-z]+)", &page), door);
}

// Issue 9, 7
#[test]
fn the_seed_file_on_the_page_about_the_sandbox_is_accepted() {
    let blocks = page("docs/sandbox.md").blocks();
    let seed = blocks.iter().find(|block| block.language == "json");
    Seed::parse(&seed.unwrap().text).unwrap();
}
