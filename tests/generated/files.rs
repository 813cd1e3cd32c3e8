//! `completions/` and `man/` equal what the clap definition gives. To rewrite them:
//! `SCW_UPDATE_GENERATED=1 cargo test --test generated`.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use clap_complete::env::Shells;

pub(crate) fn root(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)
}

/// Compares a folder with what it should hold, or rewrites it when asked to.
pub(crate) fn compare(folder: &str, expected: &BTreeMap<String, Vec<u8>>) {
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

/// zsh runs the file when it completes for the first time, and the script then only defines the
/// function: without this, the first press of the key would do nothing.
const AUTOLOADED: &str = "\
if [[ ${funcstack[1]} == _scw ]]; then
    _clap_dynamic_completer_scw \"$@\"
fi
";

// Issue 9, 3
#[test]
fn the_completions_are_the_scripts_that_ask_the_program() {
    let mut expected = BTreeMap::new();
    for (shell, file) in [
        ("bash", "scw.bash"),
        ("zsh", "_scw"),
        ("fish", "scw.fish"),
        ("elvish", "scw.elv"),
        ("powershell", "_scw.ps1"),
    ] {
        let mut text = Vec::new();
        let shells = Shells::builtins();
        let shell = shells.completer(shell).unwrap();
        shell
            .write_registration("SCW_COMPLETE", "scw", "scw", "scw", &mut text)
            .unwrap();
        if file == "_scw" {
            text.extend_from_slice(AUTOLOADED.as_bytes());
        }
        expected.insert(file.to_owned(), text);
    }
    compare("completions", &expected);
}
