//! Modes and owners of what this program keeps, and of the official config.yaml.

use std::path::{Path, PathBuf};

use super::plain_text;
use crate::{
    context::Context,
    credentials::Local,
    env,
    fsutil::{Exposure, entries, exposure},
    model::Finding,
};

pub(super) const NAME: &str = "files";

/// How many findings of one kind are told one by one.
const MAX_TOLD: usize = 10;

/// Where to look.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// The data folder.
    pub(super) data: Option<PathBuf>,
    /// Files of backup codes outside of it.
    pub(super) codes: Vec<PathBuf>,
    /// The official config.yaml.
    pub(super) official: Option<PathBuf>,
    /// The home folder.
    pub(super) home: Option<PathBuf>,
    /// The folder that the command runs in.
    pub(super) here: Option<PathBuf>,
    /// The profiles with a secret that no login names, while no run is at work on them.
    pub(super) abandoned: Vec<String>,
}

impl Places {
    /// The places of this run; those that are not known are left out.
    pub(super) fn of(ctx: &Context) -> Self {
        let mut places = Self {
            home: env::home(),
            here: env::current_dir(),
            ..Self::default()
        };
        if let (Ok(settings), Ok(local)) = (ctx.settings(), ctx.local()) {
            places.data = Some(settings.data.join(""));
            places.official.clone_from(&settings.official_path);
            places.on_record(local);
        }
        places
    }

    fn on_record(&mut self, local: Local<'_>) {
        // A record that cannot be read is a finding of its own.
        let Ok(record) = local.record() else { return };
        self.codes = record
            .known_users()
            .iter()
            .filter_map(|user| record.user(user)?.codes_file.clone())
            .collect();
        self.abandoned = record
            .abandoned(local.data())
            .iter()
            .map(ToString::to_string)
            .collect();
    }
}

/// Looks at every file and folder.
pub(super) fn check(places: &Places) -> Vec<Finding> {
    let mut paths = Vec::new();
    if let Some(data) = &places.data {
        paths.push(data.clone());
        for path in entries(data) {
            let below = entries(&path);
            paths.push(path);
            paths.extend(below);
        }
    }
    paths.extend(places.codes.iter().cloned());
    let official = places
        .official
        .iter()
        .filter(|path| plain_text::lines(path).is_ok_and(|lines| !lines.is_empty()));
    paths.extend(official.cloned());

    let mut found: Vec<Finding> = paths.iter().filter_map(|path| judge(path)).collect();
    if found.is_empty() && places.data.is_none() {
        return found;
    }
    if found.is_empty() {
        return vec![Finding::ok(
            NAME,
            "nobody else can read or change what scw keeps",
        )];
    }
    let more = found.len().saturating_sub(MAX_TOLD);
    found.truncate(MAX_TOLD);
    if more > 0 {
        found.push(Finding::problem(
            NAME,
            format!("{more} more like these"),
            "do what the hints above say, then run `scw doctor` again",
        ));
    }
    found
}

/// Whether others can use a file; nothing where it is private or not there.
fn judge(path: &Path) -> Option<Finding> {
    let shown = path.display();
    let told = quoted(path);
    match exposure(path) {
        Ok(None) => None,
        Ok(Some(Exposure::Foreign)) => Some(Finding::problem(
            NAME,
            format!("{shown} belongs to another user"),
            format!("run `sudo chown \"$(id -u)\" {told}` if you trust what is in it"),
        )),
        Ok(Some(Exposure::Writable(mode))) => Some(Finding::problem(
            NAME,
            format!("other users of this machine can change {shown} (mode {mode:04o})"),
            format!("run `chmod go= {told}`"),
        )),
        Ok(Some(Exposure::Readable(mode))) => Some(Finding::problem(
            NAME,
            format!("other users of this machine can read {shown} (mode {mode:04o})"),
            format!("run `chmod go= {told}`"),
        )),
        Err(err) => Some(Finding::problem(NAME, err.to_string(), err.hint())),
    }
}

/// A path as a shell takes it.
pub(super) fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_alphanumeric() || "/._-+@:~".contains(c);
    if text.chars().all(plain) {
        text
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}
