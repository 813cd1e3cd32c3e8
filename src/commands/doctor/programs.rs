//! Which `scw` a shell runs, and what stands behind it.

use std::path::{Path, PathBuf};

use super::{failure, files::quoted};
use crate::{
    commands::environment::hands_over,
    env,
    error::Result,
    fsutil::same_file,
    model::Finding,
    process::{Official, is_program, is_this_program},
};

pub(super) const NAME: &str = "path";

/// This program's second name, for shells in which another `scw` comes first.
const SECOND_NAME: &str = "scw-2fa";

/// Looks along `PATH`.
pub(super) fn check() -> Vec<Finding> {
    let Some(own) = env::current_exe() else {
        return Vec::new();
    };
    let folders = env::search_path();
    let mut found = vec![judge(&own, &programs(&folders, "scw"))];
    if programs(&folders, SECOND_NAME).is_empty() {
        let folder = own.parent().unwrap_or(Path::new("/usr/local/bin"));
        let beside = folder.join(env::program_file(SECOND_NAME));
        let hint = if is_program(&beside) {
            first_in_path(folder)
        } else {
            format!("run `ln -s {} {}`", quoted(&own), quoted(&beside))
        };
        found.push(Finding::warning(
            NAME,
            format!("`{SECOND_NAME}`, the second name of this program, is not in PATH"),
            hint,
        ));
    }
    found
}

/// The programs of a name, in the order in which a shell finds them; each file once.
fn programs(folders: &[PathBuf], name: &str) -> Vec<PathBuf> {
    let name = env::program_file(name);
    let mut found: Vec<PathBuf> = Vec::new();
    for path in folders.iter().map(|folder| folder.join(&name)) {
        if is_program(&path) && !found.iter().any(|known| same_file(known, &path)) {
            found.push(path);
        }
    }
    found
}

fn first_in_path(folder: &Path) -> String {
    format!("run `export PATH={}:$PATH`", quoted(folder))
}

/// Judges which `scw` comes first, and what is behind it.
fn judge(own: &Path, programs: &[PathBuf]) -> Finding {
    let folder = own.parent().unwrap_or(own);
    let first_in_path = first_in_path(folder);
    let Some(first) = programs.first() else {
        return Finding::warning(NAME, "`scw` is not in PATH", first_in_path);
    };
    let shown = first.display();
    if !is_this_program(first) {
        return Finding::warning(
            NAME,
            format!(
                "`scw` runs {shown}, and not this program ({})",
                own.display()
            ),
            format!("{first_in_path}, or call this program `{SECOND_NAME}`"),
        );
    }
    let copy = programs.iter().skip(1).find(|path| is_this_program(path));
    let copy = copy.map(|copy| format!("; {} is another copy of it", copy.display()));
    let behind = match official() {
        Ok(behind) => behind,
        Err(err) => return failure(NAME, &err),
    };
    Finding::ok(
        NAME,
        format!(
            "`scw` runs {shown}, and {behind}{}",
            copy.unwrap_or_default()
        ),
    )
}

/// What happens to the commands of the official client.
fn official() -> Result<String> {
    if !hands_over()? {
        return Ok(format!("hands nothing over (`{}` is off)", env::HANDOVER));
    }
    Ok(match Official::find()? {
        Some(official) => format!(
            "hands other commands to the official client, {}",
            official.path().display()
        ),
        None => "there is no official client behind it".to_owned(),
    })
}
