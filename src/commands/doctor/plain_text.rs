//! Secret keys that lie about in plain text. Only the place is told, never the secret.

use std::path::{Path, PathBuf};

use memchr::memmem;
use zeroize::Zeroizing;

use super::files::{Places, quoted};
use crate::{
    fsutil::{FileError, entries, lines_where},
    model::Finding,
};

pub(super) const NAME: &str = "plain-text";

/// What stands before a secret key, in small letters: in config.yaml and the environment, in a
/// configuration of `s3cmd`, and in one of the AWS tools.
const NAMES: [&[u8]; 2] = [b"secret_key", b"secret_access_key"];

/// How fish writes a dash into `fish_variables`.
const FISH_DASH: &[u8] = br"\x2d";

/// Files below the home folder that set variables or configure S3 tools.
const FILES: [&str; 19] = [
    ".profile",
    ".bashrc",
    ".bash_profile",
    ".bash_login",
    ".bash_aliases",
    ".zshrc",
    ".zshenv",
    ".zprofile",
    ".zlogin",
    ".kshrc",
    ".xprofile",
    ".xsessionrc",
    ".pam_environment",
    ".config/fish/config.fish",
    ".config/fish/fish_variables",
    ".config/rclone/rclone.conf",
    ".s3cfg",
    ".aws/credentials",
    ".terraformrc",
];

/// Folders below the home folder whose files all set variables.
const FOLDERS: [&str; 2] = [".config/environment.d", ".config/fish/conf.d"];

/// Histories of shells, below the home folder.
const HISTORIES: [&str; 9] = [
    ".bash_history",
    ".zsh_history",
    ".histfile",
    ".zhistory",
    ".sh_history",
    ".ash_history",
    ".config/nushell/history.txt",
    ".local/share/powershell/PSReadLine/ConsoleHost_history.txt",
    ".local/share/fish/fish_history",
];

/// Looks for secret keys.
pub(super) fn check(places: &Places) -> Vec<Finding> {
    let mut found = Vec::new();
    if let Some(path) = &places.official {
        found.extend(told(path, |_| {
            "run `scw login --from-config --all --scrub`".to_owned()
        }));
    }
    for path in environment_files(places) {
        found.extend(told(&path, |_| {
            "remove the line, and run what needs the key as `scw exec -- COMMAND`".to_owned()
        }));
    }
    for path in below_home(places, &HISTORIES) {
        found.extend(told(&path, |lines| remove(&path, lines)));
    }
    if found.is_empty() {
        found.push(Finding::ok(NAME, "no secret key was found in plain text"));
    }
    found
}

fn below_home<'a>(places: &'a Places, names: &'a [&str]) -> impl Iterator<Item = PathBuf> + 'a {
    places
        .home
        .iter()
        .flat_map(|home| names.iter().map(|name| home.join(name)))
}

/// The files that set variables: the usual ones, and those of the home folder and of this one.
fn environment_files(places: &Places) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = below_home(places, &FILES).collect();
    for folder in below_home(places, &FOLDERS) {
        paths.extend(entries(&folder));
    }
    for folder in [&places.home, &places.here].into_iter().flatten() {
        paths.extend(entries(folder).into_iter().filter(|path| {
            path.file_name()
                .and_then(|name| name.to_str())
                .is_some_and(sets_variables)
        }));
    }
    paths.sort();
    paths.dedup();
    paths
}

/// Whether a file of this name sets variables, by the habits of direnv, Docker and Terraform.
fn sets_variables(name: &str) -> bool {
    let extension = |wanted| Path::new(name).extension().is_some_and(|is| is == wanted);
    name == ".env"
        || name == ".envrc"
        || name.starts_with(".env.")
        || extension("env")
        || extension("tfvars")
}

/// The finding about one file; nothing where it holds no secret, or cannot be read.
fn told(path: &Path, hint: impl FnOnce(&[usize]) -> String) -> Option<Finding> {
    let lines = lines(path).ok().filter(|lines| !lines.is_empty())?;
    let numbers = lines.iter().map(ToString::to_string).collect::<Vec<_>>();
    let word = if lines.len() == 1 { "line" } else { "lines" };
    let message = format!(
        "{} holds a secret key in plain text ({word} {})",
        path.display(),
        numbers.join(", ")
    );
    Some(Finding::warning(NAME, message, hint(&lines)))
}

/// How to remove lines from a history.
fn remove(path: &Path, lines: &[usize]) -> String {
    let script: Vec<String> = lines.iter().map(|line| format!("{line}d")).collect();
    let in_place = if cfg!(target_os = "macos") {
        "-i ''"
    } else {
        "-i"
    };
    format!(
        "run `sed {in_place} '{}' {}`, and delete that API key in the console",
        script.join(";"),
        quoted(path)
    )
}

/// The lines of a file that hold a secret key.
///
/// # Errors
/// When it cannot be read.
pub(super) fn lines(path: &Path) -> Result<Vec<usize>, FileError> {
    lines_where(path, holds_secret)
}

/// Whether a line gives a secret key to a name. Both APIs' secrets are UUIDs (protocol.md D).
fn holds_secret(line: &[u8]) -> bool {
    let line = Zeroizing::new(line.to_ascii_lowercase());
    // How fish writes a dash into its file of variables.
    let mut dashed = Zeroizing::new(Vec::with_capacity(line.len()));
    let mut from = 0;
    for at in memmem::find_iter(&line, FISH_DASH) {
        dashed.extend_from_slice(line.get(from..at).unwrap_or_default());
        dashed.push(b'-');
        from = at + FISH_DASH.len();
    }
    dashed.extend_from_slice(line.get(from..).unwrap_or_default());
    NAMES.iter().any(|name| {
        memmem::find_iter(&dashed, name).any(|at| {
            let rest = dashed.get(at + name.len()..).unwrap_or_default();
            let value = rest
                .iter()
                .position(|byte| !b" \t\"'=:".contains(byte))
                .filter(|begin| *begin > 0)
                .and_then(|begin| rest.get(begin..));
            value.is_some_and(begins_with_uuid)
        })
    })
}

/// Whether text begins with a UUID that is not one digit over and over, as in examples.
fn begins_with_uuid(text: &[u8]) -> bool {
    const LENGTH: usize = 36;
    let Some(uuid) = text.get(..LENGTH) else {
        return false;
    };
    let well_formed = uuid.iter().enumerate().all(|(at, byte)| match at {
        8 | 13 | 18 | 23 => *byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    });
    let ends = text
        .get(LENGTH)
        .is_none_or(|byte| !byte.is_ascii_alphanumeric());
    let first = uuid.first();
    let example = uuid.iter().all(|byte| *byte == b'-' || Some(byte) == first);
    well_formed && ends && !example
}

#[cfg(test)]
mod tests {
    use super::*;

    const UUID: &str = "1a2b3c4d-0000-4000-8000-00000000abcd";

    // Issue 10, 6
    #[test]
    fn a_line_holds_a_secret_where_a_name_of_one_gets_a_uuid() {
        for line in [
            "SCW_SECRET_KEY=UUID",
            "export SCW_SECRET_KEY=\"UUID\"",
            "SCW_SECRET_KEY='UUID' scw whoami",
            ": 1700000000:0;SCW_SECRET_KEY=UUID terraform plan",
            "- cmd: set -x SCW_SECRET_KEY UUID",
            "    secret_key: UUID",
            "aws_secret_access_key = UUID",
            "\"secret_key\": \"UUID\",",
            &format!(
                "SETUVAR --export SCW_SECRET_KEY:{}",
                UUID.replace('-', r"\x2d")
            ),
        ] {
            let line = line.replace("UUID", UUID);
            assert!(holds_secret(line.as_bytes()), "{line}");
            assert!(holds_secret(line.to_uppercase().as_bytes()), "{line}");
        }
        for line in [
            "",
            "SCW_SECRET_KEY=$(scw token)",
            "SCW_SECRET_KEY=",
            "unset SCW_SECRET_KEY",
            "SCW_ACCESS_KEY=UUID",
            "SCW_DEFAULT_PROJECT_ID=UUID",
            "secret_keyUUID",
            "SCW_SECRET_KEY=UUID0",
            "SCW_SECRET_KEY=11111111-1111-1111-1111-111111111111",
            "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        ] {
            let line = line.replace("UUID", UUID);
            assert!(!holds_secret(line.as_bytes()), "{line}");
        }
    }

    // Issue 10, 6
    #[test]
    fn files_that_set_variables_are_known_by_their_names() {
        for name in [".env", ".envrc", ".env.local", "prod.env", "a.tfvars"] {
            assert!(sets_variables(name), "{name}");
        }
        for name in ["environment", ".environment", "env", "notes.txt"] {
            assert!(!sets_variables(name), "{name}");
        }
    }
}
