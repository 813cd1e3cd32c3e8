//! The manual: one page for each command, written from the command line and the lists of
//! `scw help`. mandoc finds no fault in any of them.

use std::{collections::BTreeMap, process::Command as Process};

use clap::{Command, CommandFactory};
use scw::cli::{Cli, topics};

use crate::{
    files::{compare, root},
    page::{DATE, Page, wrapped},
};

/// The sections of every page.
const SECTIONS: [&str; 9] = [
    "NAME",
    "SYNOPSIS",
    "DESCRIPTION",
    "OPTIONS",
    "EXIT STATUS",
    "ENVIRONMENT",
    "FILES",
    "EXAMPLES",
    "SEE ALSO",
];

// Issue 9, 2
#[test]
fn the_manual_pages_are_what_the_command_line_gives_and_all_are_in_the_program() {
    let mut command = Cli::command();
    command.build();
    let mut expected = BTreeMap::new();
    pages(&command, &[], &mut expected);
    compare("man", &expected);
    let embedded: BTreeMap<String, Vec<u8>> = scw::PAGES
        .iter()
        .map(|(name, page)| ((*name).to_owned(), page.as_bytes().to_vec()))
        .collect();
    assert_eq!(
        embedded.keys().collect::<Vec<_>>(),
        expected.keys().collect::<Vec<_>>()
    );
}

// Issue 9, 2
#[test]
fn each_page_has_every_section_and_mandoc_finds_no_fault() {
    for (name, page) in scw::PAGES {
        let headings = page.lines().filter_map(|line| line.strip_prefix(".SH "));
        let headings: Vec<&str> = headings.map(|line| line.trim_matches('"')).collect();
        let wanted: Vec<&str> = SECTIONS.to_vec();
        let found: Vec<&str> = headings.into_iter().filter(|h| *h != "COMMANDS").collect();
        assert_eq!(found, wanted, "{name}");
        let path = root("man").join(name);
        let lint = Process::new("mandoc")
            .args(["-Tlint", "-Wall"])
            .arg(&path)
            .output();
        let said = lint.expect("mandoc, of the package mandoc").stdout;
        assert_eq!(String::from_utf8_lossy(&said), "", "{name}");
        let shown = Process::new("mandoc")
            .args(["-Tascii", "-Owidth=78"])
            .arg(&path)
            .output();
        let shown = String::from_utf8(shown.unwrap().stdout).unwrap();
        let footer = shown.trim_end().lines().last().unwrap();
        assert!(footer.starts_with("scw 0.1.0"), "{name}: {footer}");
        assert!(footer.contains(DATE), "{name}: {footer}");
    }
}

// Issue 9, 2
#[test]
fn the_main_page_names_every_variable_and_every_file() {
    let (_, page) = scw::PAGES
        .iter()
        .find(|(name, _)| *name == "scw.1")
        .unwrap();
    for (_, variables) in topics::environment() {
        for (name, _) in variables {
            assert!(page.contains(&format!("\\fB{name}\\fR")), "{name}");
        }
    }
    for file in topics::FILES {
        let (_, name) = file.path.rsplit_once('/').unwrap_or(("", file.path));
        assert!(page.contains(&name.replace('-', "\\-")), "{name}");
    }
}

fn pages(command: &Command, words: &[&str], into: &mut BTreeMap<String, Vec<u8>>) {
    let mut name = vec!["scw"];
    name.extend_from_slice(words);
    let text = wrapped(&Page::of(command, words).0.to_roff());
    into.insert(format!("{}.1", name.join("-")), text.into_bytes());
    for below in command.get_subcommands() {
        let mut words = words.to_vec();
        words.push(below.get_name());
        pages(below, &words, into);
    }
}

// Issue 9, 1
#[test]
fn every_variable_that_the_program_reads_has_a_meaning_in_the_help() {
    let told: Vec<&str> = topics::environment()
        .flat_map(|(_, variables)| variables)
        .map(|(name, _)| name)
        .collect();
    let text = std::fs::read_to_string(root("src/env.rs")).unwrap();
    let is_name =
        |text: &&str| text.len() > 3 && text.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
    let named: Vec<&str> = text.split('"').skip(1).step_by(2).filter(is_name).collect();
    assert!(named.len() > 20, "{named:?}");
    for name in named {
        assert!(told.contains(&name), "{name}");
    }
    // Elsewhere, a variable is named by its constant.
    let mut files = Vec::new();
    crate::layers::rust_files(&root("src"), &mut files);
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        for call in [
            "env::text(\"",
            "env::secret(\"",
            "env::path(\"",
            "env::is_set(\"",
        ] {
            assert!(!text.contains(call), "{}: {call}", path.display());
        }
    }
}
