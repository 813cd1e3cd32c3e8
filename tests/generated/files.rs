//! `completions/` and `man/` equal what the clap definition gives. To rewrite them:
//! `SCW_UPDATE_GENERATED=1 cargo test --test generated`.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use clap::CommandFactory;
use clap_complete::{Generator, Shell};
use scw::cli::Cli;

fn root(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)
}

/// Compares a folder with what it should hold, or rewrites it when asked to.
fn compare(folder: &str, expected: &BTreeMap<String, Vec<u8>>) {
    let folder = root(folder);
    if std::env::var_os("SCW_UPDATE_GENERATED").is_some() {
        for (name, content) in expected {
            fs::write(folder.join(name), content).unwrap();
        }
    }
    let found: BTreeMap<String, Vec<u8>> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, fs::read(path).unwrap())
        })
        .collect();
    let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&found), names(expected));
    for (name, content) in expected {
        assert!(
            found[name] == *content,
            "{name} is out of date: see tests/generated/files.rs"
        );
    }
}

#[test]
fn the_completions_are_what_the_command_line_gives() {
    let shells = [
        Shell::Bash,
        Shell::Zsh,
        Shell::Fish,
        Shell::Elvish,
        Shell::PowerShell,
    ];
    let expected = shells
        .into_iter()
        .map(|shell| {
            let mut text = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "scw", &mut text);
            (shell.file_name("scw"), text)
        })
        .collect();
    compare("completions", &expected);
}

#[test]
fn the_manual_pages_are_what_the_command_line_gives_and_all_are_in_the_program() {
    let mut command = Cli::command();
    command.build();
    let mut expected = BTreeMap::new();
    pages(&command, "scw", &mut expected);
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

fn pages(command: &clap::Command, name: &str, into: &mut BTreeMap<String, Vec<u8>>) {
    let mut text = Vec::new();
    clap_mangen::Man::new(command.clone())
        .title(name.to_owned())
        .render(&mut text)
        .unwrap();
    into.insert(format!("{name}.1"), text);
    for below in command.get_subcommands() {
        pages(below, &format!("{name}-{}", below.get_name()), into);
    }
}
