//! `scw 2fa audit verify`: whether the files of an evidence folder are as they were made.

use std::{
    collections::HashSet,
    io::{self, Read},
    path::Path,
};

use data_encoding::HEXLOWER;
use serde::Serialize;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::{
    cli::AuditVerifyArgs,
    commands::unprinted,
    context::Context,
    error::{CliError, Kind, Result},
    fsutil::{self, FileError},
    model::{
        AuditRecord, LISTED, Listed, MANIFEST, MEMBERS, RECORD, clean, minute, parse_manifest,
        rfc3339,
    },
    process::on_thread,
};

/// What a failure failed to do.
const DOING: &str = "read the evidence";

/// The largest manifest and record that are read, in bytes. Both name files and members, not lines.
const MOST_BYTES: u64 = 16 * 1024 * 1024;

/// How many problems are told. A folder that was put in the place of another one may have a million.
const MOST_PROBLEMS: usize = 100;

/// How much of a file is read at once, in bytes.
const PIECE: usize = 64 * 1024;

/// Says whether a folder is as it was made, and what it is.
///
/// # Errors
/// `Other` where it is not, `LocalFile` where it cannot be read.
pub(super) async fn run(ctx: &Context, args: &AuditVerifyArgs) -> Result<()> {
    let checked = check(&args.folder).await?;
    let record = checked.record.as_ref();
    let data = json!({
        "verified": checked.holds(),
        "digest": checked.digest,
        "organization_id": record.map(|record| clean(&record.organization_id)),
        "organization_name": record.map(|record| clean(&record.organization_name)),
        "began_at": record.map(|record| rfc3339(record.began_at)),
        "ended_at": record.map(|record| rfc3339(record.ended_at)),
        "version": record.map(|record| clean(&record.version)),
        "problems": checked.problems,
    });
    ctx.ui()
        .result(&checked.text(), &data)
        .map_err(|err| unprinted(&err))?;
    if !checked.holds() {
        return Err(checked.failure(&args.folder));
    }
    ctx.ui().hint(
        "compare the digest with the one that was printed when the report was made: whoever can \
         write to the folder can also write a new SHA256SUMS",
    );
    Ok(())
}

/// What was found in a folder.
#[derive(Debug, Default)]
pub(super) struct Checked {
    /// The SHA-256 of the manifest, where there is one.
    digest: Option<String>,
    /// How the report was made, where that file is as it was.
    pub(super) record: Option<AuditRecord>,
    /// What is not as it was.
    problems: Vec<Wrong>,
}

/// Something that is not as it was.
#[derive(Debug, Serialize)]
struct Wrong {
    /// The file, cleaned; nothing where it is about the folder.
    file: Option<String>,
    /// What it is, for programs.
    problem: &'static str,
    /// What it is, for people.
    message: String,
}

/// Checks a folder on a thread of its own: its files may be large.
///
/// # Errors
/// `LocalFile` where it cannot be read.
pub(super) async fn check(folder: &Path) -> Result<Checked> {
    let owned = folder.to_owned();
    let checked = on_thread(move || check_now(&owned)).await;
    match checked {
        Some(checked) => checked.map_err(|err| CliError::from(err).doing(DOING)),
        None => Err(CliError::new(Kind::Other, "the read failed").doing(DOING)),
    }
}

fn check_now(folder: &Path) -> Result<Checked, FileError> {
    if !fsutil::is_folder(folder)? {
        return Err(FileError::InTheWay {
            path: folder.to_owned(),
            what: "not a folder",
        });
    }
    let mut checked = Checked::default();
    let Some(manifest) = checked.manifest(folder)? else {
        return Ok(checked);
    };
    let (listed, wrong) = parse_manifest(&manifest);
    for number in wrong {
        checked.wrong(
            MANIFEST,
            "malformed",
            format!("line {number} is malformed, or names no file of this folder"),
        );
    }
    for file in &listed {
        checked.file(folder, file)?;
    }
    let names: HashSet<&str> = listed.iter().map(|file| file.name.as_str()).collect();
    for name in LISTED {
        if !names.contains(name) {
            checked.wrong(name, "unlisted", format!("{MANIFEST} does not list it"));
        }
    }
    fsutil::each_name(folder, |name| {
        let is_known = name
            .to_str()
            .is_some_and(|name| name == MANIFEST || names.contains(name) || LISTED.contains(&name));
        if !is_known {
            let name = name.to_string_lossy();
            checked.wrong(&name, "unlisted", format!("{MANIFEST} does not list it"));
        }
        checked.problems.len() < MOST_PROBLEMS
    })?;
    Ok(checked)
}

impl Checked {
    fn wrong(&mut self, file: &str, problem: &'static str, message: impl Into<String>) {
        if self.problems.len() < MOST_PROBLEMS {
            self.problems.push(Wrong {
                file: Some(clean(file)),
                problem,
                message: message.into(),
            });
        }
    }

    /// Opens a file of the folder; nothing, and a problem, where there is none.
    fn open(&mut self, folder: &Path, name: &str) -> Result<Option<impl Read + use<>>, FileError> {
        match fsutil::open_unlinked(&folder.join(name)) {
            Ok(Some(file)) => return Ok(Some(file)),
            Ok(None) if name == MANIFEST => self.wrong(name, "unfinished", unfinished(folder)),
            Ok(None) => self.wrong(name, "missing", "it is missing"),
            Err(FileError::InTheWay { what, .. }) => {
                self.wrong(name, "not_a_file", format!("it is {what}"));
            }
            Err(err) => return Err(err),
        }
        Ok(None)
    }

    /// Reads the manifest; nothing, and a problem, where there is none.
    fn manifest(&mut self, folder: &Path) -> Result<Option<Vec<u8>>, FileError> {
        let Some(file) = self.open(folder, MANIFEST)? else {
            return Ok(None);
        };
        let content = read_up_to_most(file).map_err(unread(folder, MANIFEST))?;
        self.digest = Some(HEXLOWER.encode(&Sha256::digest(&content)));
        Ok(Some(content))
    }

    /// Compares a file with its line in the manifest.
    fn file(&mut self, folder: &Path, listed: &Listed) -> Result<(), FileError> {
        let name = listed.name.as_str();
        let Some(file) = self.open(folder, name)? else {
            return Ok(());
        };
        if name != RECORD {
            if sha256(file).map_err(unread(folder, name))? != listed.digest {
                self.wrong(name, "changed", "it was changed");
            }
            return Ok(());
        }
        let content = read_up_to_most(file).map_err(unread(folder, name))?;
        if HEXLOWER.encode(&Sha256::digest(&content)) != listed.digest {
            self.wrong(name, "changed", "it was changed");
        } else if let Ok(record) = serde_json::from_slice(&content) {
            self.record = Some(record);
        } else {
            self.wrong(name, "malformed", "this version of scw cannot read it");
        }
        Ok(())
    }

    /// The result for people.
    fn text(&self) -> String {
        if !self.problems.is_empty() {
            let lines = self.problems.iter().map(Wrong::line);
            return lines.collect::<Vec<_>>().join("\n");
        }
        let Some(record) = &self.record else {
            return String::new();
        };
        let (id, name) = (
            clean(&record.organization_id),
            clean(&record.organization_name),
        );
        let organization = if name.is_empty() {
            id
        } else {
            format!("{name} ({id})")
        };
        let counts = &record.counts;
        let members = format!(
            "{} ({} on, {} off, {} unknown)",
            counts.members, counts.on, counts.off, counts.unknown
        );
        [
            ("files", "unchanged"),
            ("organization", &organization),
            ("began", &minute(record.began_at)),
            ("ended", &minute(record.ended_at)),
            ("made with", &format!("scw {}", clean(&record.version))),
            ("members", &members),
            ("SHA-256", self.digest.as_deref().unwrap_or_default()),
        ]
        .map(|(name, value)| format!("{name:<13} {value}"))
        .join("\n")
    }

    /// The failure where something is not as it was.
    pub(super) fn failure(&self, folder: &Path) -> CliError {
        let shown = folder.display();
        let (what, hint) = match self.problems.as_slice() {
            [problem] if problem.problem == "unfinished" => (
                format!("{shown} is not whole: {}", problem.message),
                "run `scw 2fa audit` again, with `--evidence` and a new folder",
            ),
            problems => {
                let count = problems.len();
                let many = match count {
                    1 => "1 problem".to_owned(),
                    MOST_PROBLEMS.. => format!("{count} problems or more"),
                    _ => format!("{count} problems"),
                };
                (
                    format!("{shown} is not as it was made ({many})"),
                    "use an unchanged copy: this one proves nothing",
                )
            }
        };
        CliError::new(Kind::Other, what).hint(hint)
    }

    /// Whether every file is as it was.
    pub(super) fn holds(&self) -> bool {
        self.problems.is_empty() && self.record.is_some()
    }
}

impl Wrong {
    fn line(&self) -> String {
        let file = self.file.as_deref().unwrap_or_default();
        format!("{file}: {}", self.message)
    }
}

/// Why a folder has no manifest.
fn unfinished(folder: &Path) -> &'static str {
    let members = folder.join(MEMBERS);
    if !fsutil::exists(&members) {
        "it is missing; this is no folder made with `--evidence`"
    } else if fsutil::is_held(&members) {
        "it is missing; another scw is still writing the report"
    } else {
        "it is missing; the run that made the report was cut"
    }
}

/// What a failed read of a file of the folder means.
fn unread(folder: &Path, name: &str) -> impl FnOnce(io::Error) -> FileError {
    let path = folder.join(name);
    move |source| FileError::Io {
        what: "could not read",
        path,
        source,
    }
}

/// Reads a file that should be small. What is behind the limit is left out: its digest is wrong.
fn read_up_to_most(file: impl Read) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    file.take(MOST_BYTES).read_to_end(&mut content)?;
    Ok(content)
}

/// The digest of a file of any size.
fn sha256(mut file: impl Read) -> io::Result<String> {
    let mut digest = Sha256::new();
    let mut piece = vec![0; PIECE];
    loop {
        match file.read(&mut piece) {
            Ok(0) => return Ok(HEXLOWER.encode(&digest.finalize())),
            Ok(read) => digest.update(piece.get(..read).unwrap_or_default()),
            Err(err) if err.kind() == io::ErrorKind::Interrupted => {}
            Err(err) => return Err(err),
        }
    }
}
