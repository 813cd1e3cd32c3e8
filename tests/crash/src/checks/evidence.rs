//! The evidence of a report.

use std::{fs, process::Command};

use super::Look;
use crate::{
    Result,
    process::Ran,
    scenarios::{evidence, is_evidence},
};

/// The files of a whole folder, sorted.
const FILES: [&str; 4] = [
    "SHA256SUMS",
    "audit.json",
    "members.jsonl",
    "security-settings.json",
];

impl Look<'_> {
    /// A folder that verifies is whole, and one that is not whole says so. A run that was not killed
    /// leaves a whole one or none; `ran` is that run.
    pub(super) fn evidence_is_whole(&mut self, ran: Option<&Ran>) -> Result<()> {
        if !is_evidence(self.scenario) {
            return Ok(());
        }
        let folder = evidence(self.world);
        if !folder.exists() {
            let parent = folder.parent().is_some_and(std::path::Path::exists);
            if ran.is_some() && parent {
                self.wrong("the run removed its folder and left the one above it");
            }
            return Ok(());
        }
        let path = folder.display().to_string();
        let verify = self.world.program(&["2fa", "audit", "verify", &path]);
        let verified = self.run(&verify)?;
        let mut files: Vec<String> = fs::read_dir(&folder)?
            .flatten()
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        files.sort();
        let members = fs::read_to_string(folder.join("members.jsonl")).unwrap_or_default();
        let sums = Command::new("sha256sum")
            .args(["--check", "--strict", "--status", "SHA256SUMS"])
            .current_dir(&folder)
            .output()?;
        // The organization has one member, its owner.
        let is_whole = files == FILES && members.lines().count() == 1 && sums.status.success();
        if verified.exited(0) != is_whole {
            let ending = verified.ending;
            self.wrong(format!(
                "`verify` ends with {ending:?}, and there is {files:?}"
            ));
        }
        if !is_whole && ran.is_some() {
            self.wrong(format!("a run that was not killed left {files:?}"));
        }
        if !is_whole && files.iter().any(|file| file == "SHA256SUMS") {
            self.wrong("there is a manifest, and the folder is not whole");
        }
        Ok(())
    }
}
