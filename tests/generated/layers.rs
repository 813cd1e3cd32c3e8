//! The layers of `src/lib.rs`: who may name whom.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Every Rust file at or below a path.
pub(crate) fn rust_files(path: &Path, into: &mut Vec<PathBuf>) {
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            rust_files(&entry.unwrap().path(), into);
        }
    } else if path.extension().is_some_and(|extension| extension == "rs") {
        into.push(path.to_owned());
    }
}

/// Every source file below a folder of `src/`, with the code of its tests cut off.
fn sources(below: &str) -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("src")
        .join(below);
    let mut files = Vec::new();
    rust_files(&root, &mut files);
    assert!(!files.is_empty(), "{below} has no source");
    files
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]\nmod tests").next().unwrap();
            let code = code
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"))
                .collect::<Vec<_>>()
                .join("\n");
            (path, code)
        })
        .collect()
}

/// Whether `code` names the module or crate `name`, as in `crate::api` or inside `crate::{...}`.
fn names_layer(code: &str, name: &str) -> bool {
    if code.contains(&format!("crate::{name}::")) || code.contains(&format!("crate::{name};")) {
        return true;
    }
    code.match_indices("use crate::{").any(|(at, _)| {
        let list = &code[at..];
        let list = &list[..list.find(';').unwrap_or(list.len())];
        list.split(['{', ',', '\n'])
            .map(str::trim)
            .any(|item| item == name || item.starts_with(&format!("{name}::")))
    })
}

/// Each layer, and the layers that it must not name.
const LAYERS: [(&str, &str); 11] = [
    (
        "model",
        "api store config ui security_key credentials context commands entry cli error env fsutil process",
    ),
    (
        "security_key",
        "api store config ui credentials context commands entry cli error env fsutil process",
    ),
    (
        "api",
        "store config ui security_key credentials context commands entry cli error",
    ),
    (
        "store",
        "api config ui security_key credentials context commands entry cli error",
    ),
    (
        "config",
        "api store ui security_key credentials context commands entry cli error",
    ),
    (
        "ui",
        "api store config security_key credentials context commands entry cli error",
    ),
    (
        "cli",
        "api store config ui security_key credentials context commands entry",
    ),
    ("credentials", "context commands entry cli"),
    ("commands", "entry"),
    ("context.rs", "commands entry"),
    (
        "fsutil",
        "api store config ui security_key credentials context commands",
    ),
];

#[test]
fn no_layer_names_one_to_its_right() {
    for (layer, forbidden) in LAYERS {
        for (path, code) in sources(layer) {
            for name in forbidden.split(' ') {
                assert!(!names_layer(&code, name), "{} names {name}", path.display());
            }
        }
    }
}

#[test]
fn each_outside_crate_is_named_in_its_own_room_only() {
    for (path, code) in sources("") {
        let shown = path.display().to_string();
        for (name, room) in [
            ("reqwest::", "src/api/"),
            ("rustls::", "src/api/"),
            ("keyring::", "src/store/"),
            ("age::", "src/store/"),
            ("dialoguer::", "src/ui/prompt.rs"),
            ("qr2term::", "src/ui/qr.rs"),
            ("std::env::", "src/env.rs"),
            ("clap_complete::", "src/entry/complete.rs"),
            ("granit_parser::", "src/config/official/"),
            ("hidapi::", "src/security_key/hid.rs"),
            ("ciborium::", "src/security_key/"),
        ] {
            let named = code.match_indices(name).any(|(at, _)| {
                !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':')
            });
            assert!(!named || shown.contains(room), "{shown} names {name}");
        }
    }
}

#[test]
fn only_the_credentials_make_a_client_with_a_secret_in_it() {
    for (path, code) in sources("") {
        let shown = path.display().to_string();
        if shown.contains("src/api/") || shown.ends_with("src/credentials/client.rs") {
            continue;
        }
        for name in ["Http::new(", "Auth::", "Iam::new(", "Account2017::new("] {
            assert!(!code.contains(name), "{shown} names {name}");
        }
    }
}

#[test]
fn commands_do_no_input_or_output_of_their_own() {
    for (path, code) in sources("commands") {
        for name in [
            "std::fs",
            "fs::File",
            "println!",
            "io::stdout",
            "io::stderr",
            "std::process",
            "std::env",
            "reqwest",
            "keyring::",
            "dialoguer",
            "toml::",
        ] {
            assert!(!code.contains(name), "{} names {name}", path.display());
        }
    }
}

#[test]
fn no_source_file_is_longer_than_400_lines() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in ["src", "tests"] {
        rust_files(&root.join(folder), &mut files);
    }
    for path in files {
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        assert!(lines <= 400, "{} has {lines} lines", path.display());
    }
}
