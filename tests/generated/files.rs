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

/// What the scripts of `clap_complete` lack: the shell, a place in its script, and what goes in front
/// of it.
const ADDED: [(&str, &str, &str); 4] = [
    // bash splits words at `=`, which the words alone do not tell.
    (
        "bash",
        "        SCW_COMPLETE=\"bash\" \\\n",
        "        SCW_COMPLETE_LINE=\"${COMP_LINE:0:COMP_POINT}\" \\\n",
    ),
    // A value goes on behind `=`, so that no space belongs there.
    (
        "zsh",
        "        local -a other=()\n",
        "        local -a open=()\n",
    ),
    (
        "zsh",
        "            else\n                other+=",
        "            elif [[ \"$value\" == *= ]]; then\n                open+=(\"$completion\")\n",
    ),
    (
        "zsh",
        "        [[ -n $other ]]",
        "        [[ -n $open ]] && _describe -V 'values' open -S ''\n",
    ),
];

/// zsh runs the file when it completes for the first time, and the script then only defines the
/// function: without this, the first press of the key would do nothing.
const AUTOLOADED: &str = "\
if [[ ${funcstack[1]} == _NAME ]]; then
    _clap_dynamic_completer_FUNCTION \"$@\"
fi
";

// Issue 9, 3 and issue 10, 2
#[test]
fn the_completions_are_the_scripts_that_ask_the_program_under_each_of_its_names() {
    let mut expected = BTreeMap::new();
    for name in ["scw", "scw-2fa"] {
        for (shell, file) in [
            ("bash", "NAME.bash"),
            ("zsh", "_NAME"),
            ("fish", "NAME.fish"),
            ("elvish", "NAME.elv"),
            ("powershell", "_NAME.ps1"),
        ] {
            let mut text = Vec::new();
            let shells = Shells::builtins();
            let completer = shells.completer(shell).unwrap();
            completer
                .write_registration("SCW_COMPLETE", name, name, name, &mut text)
                .unwrap();
            let mut text = String::from_utf8(text).unwrap();
            for (_, before, piece) in ADDED.iter().filter(|added| added.0 == shell) {
                assert_eq!(text.matches(before).count(), 1, "{before}");
                text = text.replace(before, &format!("{piece}{before}"));
            }
            if shell == "zsh" {
                let function = name.replace('-', "_");
                text += &AUTOLOADED
                    .replace("NAME", name)
                    .replace("FUNCTION", &function);
            }
            expected.insert(file.replace("NAME", name), text.into_bytes());
        }
    }
    compare("completions", &expected);
}
