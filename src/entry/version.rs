//! `scw --version`: the version, and the official client behind this one.

use std::{fmt::Write, time::Duration};

use serde::Deserialize;

use super::handover;
use crate::{
    model::clean,
    process::{Official, Variables, answer},
};

/// How long the official client may take to tell its version.
const PATIENCE: Duration = Duration::from_secs(2);

/// The version, and what else is told of this program. A line about the official client is there where
/// one is.
pub(super) fn text(verbose: bool) -> String {
    let official = handover::official().ok().flatten();
    let mut text = concat!("scw ", env!("CARGO_PKG_VERSION"), "\n").to_owned();
    if verbose {
        for (name, value) in [
            ("commit", env!("SCW_BUILD_COMMIT")),
            ("target", env!("SCW_BUILD_TARGET")),
            ("features", env!("SCW_BUILD_FEATURES")),
        ] {
            let _ = writeln!(text, "{name}: {value}");
        }
    }
    if let Some(official) = official {
        let path = clean(&official.path().display().to_string());
        let version = verbose.then(|| version_of(&official)).flatten();
        let version = version.map(|version| format!(" ({version})"));
        let _ = writeln!(
            text,
            "official client: {path}{}",
            version.unwrap_or_default()
        );
    }
    text
}

/// What `scw version -o json` prints (scaleway-cli, `core/build_info.go`).
#[derive(Deserialize)]
struct BuildInfo {
    version: String,
}

/// The version of the official client; nothing where it does not tell.
fn version_of(official: &Official) -> Option<String> {
    let args = ["version", "-o", "json"].map(Into::into);
    let mut command = official.command(Variables::default(), &args).ok()?;
    // It would ask GitHub for a newer one.
    command.env("SCW_DISABLE_CHECK_VERSION", "true");
    let printed = answer(command, PATIENCE)?;
    let info: BuildInfo = serde_json::from_slice(&printed).ok()?;
    Some(clean(&info.version)).filter(|version| !version.is_empty())
}
