//! What runs left behind that were cut, and that no run is at work on.

use super::files::Places;
use crate::{
    fsutil::{LockFile, files_with_extension, is_held},
    model::Finding,
};

pub(super) const NAME: &str = "left-over";

/// Looks for notes and secrets that a later run has to settle.
pub(super) fn check(places: &Places) -> Vec<Finding> {
    let mut found: Vec<Finding> = places
        .abandoned
        .iter()
        .map(|profile| {
            Finding::warning(
                NAME,
                format!("a secret key of profile `{profile}` is left behind that no login uses"),
                "run `scw whoami` to remove it",
            )
        })
        .collect();
    let Some(data) = &places.data else {
        return found;
    };
    for path in files_with_extension(&data.join("pending-keys"), "toml") {
        if !is_held(&path) {
            found.push(Finding::warning(
                NAME,
                format!(
                    "an interrupted scw may have left an API key on the account ({})",
                    path.display()
                ),
                "run `scw whoami` to delete it; if the note stays, run `scw login` as the same user",
            ));
        }
    }
    let codes = data.join("backup-codes");
    for path in files_with_extension(&codes, "unfinished") {
        let user = path.file_stem().unwrap_or_default().to_string_lossy();
        let lock = LockFile::new(codes.join(format!(".{user}.lock")), "");
        if !lock.is_held() {
            found.push(Finding::warning(
                NAME,
                format!(
                    "an interrupted scw did not finish changing two-factor authentication of user {user}: \
                     the saved backup codes may be void"
                ),
                "run `scw 2fa status` to settle it",
            ));
        }
    }
    if found.is_empty() {
        found.push(Finding::ok(NAME, "no interrupted command left anything"));
    }
    found
}
