//! Which `scw` a shell runs, and what stands behind it.

use std::path::{Path, PathBuf};

use super::files::quoted;
use crate::{
    env,
    fsutil::{is_program, same_file},
    model::Finding,
};

const NAME: &str = "path";

/// This program's second name, for shells in which another `scw` comes first.
const SECOND_NAME: &str = "scw-2fa";

/// Looks along `PATH`.
pub(super) fn check() -> Vec<Finding> {
    let Some(own) = env::own_program() else {
        return Vec::new();
    };
    let folders = env::search_path();
    let mut found = vec![judge(&own, &programs(&folders, "scw"))];
    if programs(&folders, SECOND_NAME).is_empty() {
        let folder = own.parent().unwrap_or(Path::new("/usr/local/bin"));
        found.push(Finding::warning(
            NAME,
            format!("`{SECOND_NAME}`, the second name of this program, is not in PATH"),
            format!(
                "run `ln -s {} {}`",
                quoted(&own),
                quoted(&folder.join(SECOND_NAME))
            ),
        ));
    }
    found
}

/// The programs of a name, in the order in which a shell finds them; each file once.
fn programs(folders: &[PathBuf], name: &str) -> Vec<PathBuf> {
    let name = format!("{name}{}", env::PROGRAM_SUFFIX);
    let mut found: Vec<PathBuf> = Vec::new();
    for path in folders.iter().map(|folder| folder.join(&name)) {
        if is_program(&path) && !found.iter().any(|known| same_file(known, &path)) {
            found.push(path);
        }
    }
    found
}

/// Judges which `scw` comes first.
fn judge(own: &Path, programs: &[PathBuf]) -> Finding {
    let folder = own.parent().unwrap_or(own);
    let first_in_path = format!("run `export PATH={}:$PATH`", quoted(folder));
    let Some((first, behind)) = programs.split_first() else {
        return Finding::warning(NAME, "`scw` is not in PATH", first_in_path);
    };
    let shown = first.display();
    if !same_file(first, own) {
        return Finding::warning(
            NAME,
            format!(
                "`scw` runs {shown}, and not this program ({})",
                own.display()
            ),
            format!("{first_in_path}, or call this program `{SECOND_NAME}`"),
        );
    }
    match behind.first() {
        None => Finding::ok(NAME, format!("`scw` runs {shown}, and there is no other")),
        Some(other) => Finding::ok(
            NAME,
            format!("`scw` runs {shown}, and {} comes after it", other.display()),
        ),
    }
}
