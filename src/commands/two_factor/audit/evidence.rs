//! `scw 2fa audit --evidence`: the report in a folder of its own, with the digests of its files.

use std::{
    io::{self, Write},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use data_encoding::HEXLOWER;
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use crate::{
    api::ApiError,
    context::Context,
    env,
    error::{CliError, Kind, Result},
    fsutil::{self, FileError, NewFile, NewFolder},
    model::{
        AuditRecord, Counts, Listed, MANIFEST, MEMBERS, Member, Places, RECORD, ReportHead,
        SETTINGS, Tally, manifest,
    },
    ui::{Report, Ui},
};

/// What a failure failed to do.
const DOING: &str = "write the evidence";

/// A folder that is filled while the members are read. Dropped before [`Evidence::finish`], it
/// vanishes.
pub(super) struct Evidence {
    folder: NewFolder,
    /// The file of the members, until it has a writer.
    members: Option<NewFile>,
    written: Arc<Mutex<Written>>,
    /// By the clock of this machine.
    began_at: OffsetDateTime,
}

/// What became of the file of the members.
#[derive(Default)]
struct Written {
    head: Option<ReportHead>,
    /// Its digest, once all of it is durable.
    digest: Option<String>,
    failure: Option<FileError>,
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
            folder: new,
            members: Some(members),
            written: Arc::default(),
            began_at: Context::now(),
        })
    }

    /// The writer of the members, on whatever thread; nothing the second time. It wants every member,
    /// also those that the report on stdout leaves out.
    pub(super) fn report(&mut self) -> Option<Box<dyn Report>> {
        let file = self.members.take()?;
        Some(Box::new(MembersFile {
            file: Some(file),
            digest: Sha256::new(),
            written: Arc::clone(&self.written),
        }))
    }

    /// The failure of the file of the members, where it was that and not stdout which took no more.
    pub(super) fn failure(&self) -> Option<CliError> {
        let failure = locked(&self.written).failure.take()?;
        Some(CliError::from(failure).doing(DOING))
    }

    /// Writes the other files, the manifest last, and says its digest. `settings` is the answer of
    /// `GET security-settings` (protocol.md A), `ended_at` the time by the service's clock, and
    /// `meanwhile` says in sentences what changed while the members were read.
    ///
    /// # Errors
    /// `LocalFile`; the folder then vanishes.
    pub(super) fn finish(
        mut self,
        ui: &Ui,
        settings: std::result::Result<Value, ApiError>,
        ended_at: OffsetDateTime,
        tally: &Tally,
        meanwhile: &[String],
    ) -> Result<()> {
        // Without a writer there is no member.
        drop(self.members.take());
        let (head, digest) = {
            let mut written = locked(&self.written);
            (written.head.take(), written.digest.take())
        };
        let (Some(head), Some(digest)) = (head, digest) else {
            return Err(CliError::new(Kind::Other, "the report has no end").doing(DOING));
        };
        let settings = settings.unwrap_or_else(|err| {
            ui.warn(&format!(
                "could not read the security settings: {err}. The evidence says `unknown` there"
            ));
            json!({ "unknown": err.to_string() })
        });
        let settings = lines(&settings)?;
        let record = lines(&AuditRecord {
            organization_id: head.organization_id,
            organization_name: head.organization_name,
            began_at: head.began_at,
            ended_at,
            machine_began_at: self.began_at,
            machine_ended_at: Context::now(),
            command: env::args()
                .map(|word| word.to_string_lossy().into_owned())
                .collect(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            counts: Counts::of(tally, head.with_grace),
            unread: tally.unread.iter().map(Places::of).collect(),
            meanwhile: meanwhile.to_vec(),
        })?;
        let path = self.folder.path().join(MANIFEST);
        let listed = |name: &str, digest| Listed {
            name: name.to_owned(),
            digest,
        };
        let text = manifest(&[
            listed(RECORD, sha256(&record)),
            listed(MEMBERS, digest),
            listed(SETTINGS, sha256(&settings)),
        ]);
        let mut folder = self.folder;
        folder
            .write(SETTINGS, &settings)
            .and_then(|()| folder.write(RECORD, &record))
            .and_then(|()| folder.complete(MANIFEST, text.as_bytes()))
            .map_err(|err| CliError::from(err).doing(DOING))?;
        ui.note(&format!(
            "Note this digest, which proves the evidence: SHA-256 {} of {}",
            sha256(text.as_bytes()),
            path.display()
        ));
        Ok(())
    }
}

/// The writer of the file of the members.
struct MembersFile {
    /// Nothing once it is durable.
    file: Option<NewFile>,
    digest: Sha256,
    written: Arc<Mutex<Written>>,
}

impl MembersFile {
    /// Keeps a failure, which says more than what the others understand of it.
    fn kept(&self, err: FileError) -> io::Error {
        let told = io::Error::other(err.to_string());
        locked(&self.written).failure = Some(err);
        told
    }
}

impl Report for MembersFile {
    fn begin(&mut self, head: &ReportHead) -> io::Result<()> {
        locked(&self.written).head = Some(head.clone());
        Ok(())
    }

    fn member(&mut self, member: &Member) -> io::Result<()> {
        let mut line = serde_json::to_vec(member)?;
        line.push(b'\n');
        self.digest.update(&line);
        let Some(file) = &mut self.file else {
            return Err(io::Error::other("the report has ended"));
        };
        let written = file.write_all(&line).map_err(|err| file.failed(err));
        written.map_err(|err| self.kept(err))
    }

    fn end(&mut self, _tally: &Tally) -> io::Result<()> {
        if let Some(file) = self.file.take() {
            file.finish().map_err(|err| self.kept(err))?;
        }
        let digest = HEXLOWER.encode(&self.digest.finalize_reset());
        locked(&self.written).digest = Some(digest);
        Ok(())
    }

    /// Nobody reads it before its end.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn locked(written: &Mutex<Written>) -> std::sync::MutexGuard<'_, Written> {
    written.lock().unwrap_or_else(PoisonError::into_inner)
}

fn sha256(bytes: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(bytes))
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
