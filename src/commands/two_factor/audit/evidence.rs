//! `scw 2fa audit --evidence`: the report in a folder of its own, with the digests of its files.

use std::{
    io::{self, Write},
    path::Path,
};

use data_encoding::HEXLOWER;
use serde::Serialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use crate::{
    context::Context,
    env,
    error::{CliError, Kind, Result},
    fsutil::{self, FileError, NewFile, NewFolder},
    model::{
        AuditRecord, Counts, Listed, MANIFEST, MEMBERS, Meanwhile, Member, Places, RECORD,
        ReportHead, SETTINGS, Tally, manifest,
    },
    ui::Report,
};

/// What a failure failed to do.
const DOING: &str = "write the evidence";

/// A folder that is filled while the members are read. Dropped before [`Evidence::finish`], it
/// vanishes.
pub(super) struct Evidence {
    // Closed before the folder goes.
    members: NewFile,
    digest: Sha256,
    folder: NewFolder,
    head: Option<ReportHead>,
    /// By the clock of this machine.
    began_at: OffsetDateTime,
}

/// What is known at the end of a report.
pub(super) struct Ending<'a> {
    /// What the members came to.
    pub(super) tally: &'a Tally,
    /// Who changed while they were read.
    pub(super) meanwhile: Meanwhile,
    /// The answer of `GET security-settings` as it came (protocol.md D), or why there is none.
    pub(super) settings: std::result::Result<Vec<u8>, String>,
    /// The end, by the service's clock.
    pub(super) ended_at: OffsetDateTime,
}

impl Evidence {
    /// Takes a folder before anything is asked of the API.
    ///
    /// # Errors
    /// `LocalFile` where the folder is not empty or cannot be written. What is in it stays.
    pub(super) fn reserve(folder: &Path) -> Result<Self> {
        let (new, members) =
            NewFolder::reserve(folder, MEMBERS).map_err(|err| refused(folder, err))?;
        Ok(Self {
            members,
            digest: Sha256::new(),
            folder: new,
            head: None,
            began_at: Context::now(),
        })
    }

    /// What a failed write of a member means.
    pub(super) fn failed(&self, err: io::Error) -> CliError {
        CliError::from(self.members.failed(err)).doing(DOING)
    }

    /// Writes the other files, the manifest last, and says its digest.
    ///
    /// # Errors
    /// `LocalFile`; the folder then vanishes.
    pub(super) fn finish(self, ctx: &Context, ending: Ending<'_>) -> Result<()> {
        let head = self.head.as_ref().ok_or_else(|| {
            CliError::new(Kind::Other, "the report has no beginning").doing(DOING)
        })?;
        let record = lines(&record(head, self.began_at, &ending))?;
        let settings = match ending.settings {
            Ok(answer) => answer,
            Err(why) => lines(&json!({ "unknown": why }))?,
        };
        let path = self.folder.path().join(MANIFEST);
        let digest = self
            .write(&record, &settings)
            .map_err(|err| CliError::from(err).doing(DOING))?;
        ctx.ui().note(&format!(
            "note this digest, which proves the evidence: SHA-256 {digest} of {}",
            path.display()
        ));
        Ok(())
    }

    fn write(self, record: &[u8], settings: &[u8]) -> Result<String, FileError> {
        let Self {
            members,
            digest,
            mut folder,
            ..
        } = self;
        members.finish()?;
        folder.write(SETTINGS, settings)?;
        folder.write(RECORD, record)?;
        let listed = |name: &str, digest: &[u8]| Listed {
            name: name.to_owned(),
            digest: HEXLOWER.encode(digest),
        };
        let text = manifest(&[
            listed(RECORD, &Sha256::digest(record)),
            listed(MEMBERS, &digest.finalize()),
            listed(SETTINGS, &Sha256::digest(settings)),
        ]);
        folder.complete(MANIFEST, text.as_bytes())?;
        Ok(HEXLOWER.encode(&Sha256::digest(&text)))
    }
}

impl Report for Evidence {
    fn begin(&mut self, head: &ReportHead) -> io::Result<()> {
        self.head = Some(head.clone());
        Ok(())
    }

    fn member(&mut self, member: &Member) -> io::Result<()> {
        let mut line = serde_json::to_vec(member)?;
        line.push(b'\n');
        self.digest.update(&line);
        self.members.write_all(&line)
    }

    fn end(&mut self, _tally: &Tally) -> io::Result<()> {
        self.members.flush()
    }

    /// Nobody reads it before its end.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// How the report was made.
fn record(head: &ReportHead, began_at: OffsetDateTime, ending: &Ending<'_>) -> AuditRecord {
    let unread = ending.tally.unread.iter();
    AuditRecord {
        organization_id: head.organization_id.clone(),
        organization_name: head.organization_name.clone(),
        began_at: head.began_at,
        ended_at: ending.ended_at,
        machine_began_at: began_at,
        machine_ended_at: Context::now(),
        command: env::args()
            .map(|word| word.to_string_lossy().into_owned())
            .collect(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        counts: Counts::of(ending.tally, head.with_grace),
        unread: unread
            .map(|places| Places {
                from: *places.start(),
                to: *places.end(),
            })
            .collect(),
        meanwhile: ending.meanwhile.clone(),
    }
}

/// A JSON document that people can read, with a line's end.
fn lines(document: &impl Serialize) -> Result<Vec<u8>> {
    let mut text = serde_json::to_vec_pretty(document).map_err(|err| {
        CliError::new(Kind::Other, err.to_string())
            .doing(DOING)
            .hint("run the command again")
    })?;
    text.push(b'\n');
    Ok(text)
}

/// Why a folder cannot be used, and what is in it where an earlier run left that.
fn refused(folder: &Path, err: FileError) -> CliError {
    let is_taken = matches!(err, FileError::Taken { .. });
    let err = CliError::from(err).doing(DOING);
    let members = folder.join(MEMBERS);
    let shown = folder.display();
    if !is_taken || !fsutil::exists(&members) {
        err
    } else if fsutil::exists(&folder.join(MANIFEST)) {
        err.and("It holds an earlier report")
    } else if fsutil::is_held(&members) {
        err.and("Another scw is writing a report there")
    } else {
        err.and("It holds a report that was cut before its end")
            .hint(format!("or remove it with `rm -r {shown}`, then try again"))
    }
}
