//! The official client: which file on this machine it is, and how it is started.
//!
//! Both programs are called `scw`. This one never takes itself for the other one, under whatever name
//! and in whatever copy.

use std::{
    ffi::OsString,
    fs::{File, Metadata},
    io::{ErrorKind, Read, Seek},
    path::{Path, PathBuf},
    process::Command,
};

use super::{Variables, is_program};
use crate::env;

/// The names of this program. The first one is also the official client's.
const NAMES: [&str; 2] = ["scw", "scw-2fa"];

/// The name that a package gives the official client's file when it takes its place: what
/// dpkg-divert(1) adds by default.
const DIVERTED: &str = "scw.distrib";

/// Where Debian's packages put programs: a diverted file is looked for there, and beside this one.
const PACKAGED: &str = "/usr/bin";

/// Stands in every build of this program and in no other one.
const MARKER: &[u8] = b"this scw is not the official client; it only hands commands over to it";

/// How a program made by Go begins, within [`NOTE_WITHIN`] bytes: the type and the owner of the note
/// with its build id (Go, `cmd/link`, `elf.go`). This program has none.
const GO_NOTE: &[u8] = b"\x04\0\0\0Go\0\0";
const NOTE_WITHIN: usize = 4096;

/// Bytes that are read at once.
const CHUNK: usize = 256 * 1024;

/// How many times one command may be handed over to one file: a program may call `scw` again, and one
/// that leads back here must not do so for ever.
const DEEPEST: u32 = 4;

/// Why the official client cannot be started.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OfficialError {
    /// What `SCW_OFFICIAL` names is no program, or is this one.
    #[error("could not use {path}, which `SCW_OFFICIAL` names: {reason}")]
    Unusable {
        /// The path.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// It leads back to this program.
    #[error(
        "could not hand the command over: {path} leads back to this program (`SCW_HANDOVER_DEPTH` is {depth})"
    )]
    Loop {
        /// The path.
        path: PathBuf,
        /// How many times the command was handed over.
        depth: u32,
    },
    /// The system does not start it.
    #[error("could not run the official client, {path}: {source}")]
    NotRun {
        /// The path.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
}

/// The official client on this machine.
#[derive(Debug)]
pub(crate) struct Official {
    path: PathBuf,
    /// How many times a command may have been handed over before this file is no way on.
    deepest: u32,
}

impl Official {
    /// Looks for it: `SCW_OFFICIAL`, then `scw` further along `PATH` than this program, then anywhere
    /// else on it, then the file that a package diverted. Nothing where there is none.
    ///
    /// A file that led back here [`DEEPEST`] times is a script around this program: the next one may be
    /// the official client.
    ///
    /// # Errors
    /// [`OfficialError::Unusable`].
    pub(crate) fn find() -> Result<Option<Self>, OfficialError> {
        if let Some(named) = env::path(env::OFFICIAL) {
            let path = std::path::absolute(&named).unwrap_or(named);
            return match usable(&path) {
                Ok(()) => Ok(Some(Self {
                    path,
                    deepest: DEEPEST,
                })),
                Err(reason) => Err(OfficialError::Unusable { path, reason }),
            };
        }
        let mut found = None;
        let mut deepest = 0;
        for path in candidates().into_iter().filter(|path| usable(path).is_ok()) {
            deepest += DEEPEST;
            found = Some(Self { path, deepest });
            if depth() < deepest {
                break;
            }
        }
        Ok(found)
    }

    /// Its file.
    #[must_use]
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// A command that runs it, called `scw` as a shell would call it.
    ///
    /// # Errors
    /// [`OfficialError::Loop`].
    pub(crate) fn command(
        &self,
        mut variables: Variables,
        args: &[OsString],
    ) -> Result<Command, OfficialError> {
        variables.set(env::HANDOVER_DEPTH, &self.next_depth()?.to_string());
        let mut command = variables.command(self.path.as_os_str(), args);
        #[cfg(unix)]
        std::os::unix::process::CommandExt::arg0(&mut command, NAMES[0]);
        Ok(command)
    }

    /// How many times this command will have been handed over.
    ///
    /// # Errors
    /// [`OfficialError::Loop`] where that is too often.
    pub(crate) fn next_depth(&self) -> Result<u32, OfficialError> {
        let depth = depth();
        if depth >= self.deepest {
            return Err(OfficialError::Loop {
                path: self.path.clone(),
                depth,
            });
        }
        Ok(depth + 1)
    }

    /// The failure to start it.
    #[must_use]
    pub(crate) fn not_run(self, source: std::io::Error) -> OfficialError {
        OfficialError::NotRun {
            path: self.path,
            source,
        }
    }
}

/// How many times this command was handed over already.
fn depth() -> u32 {
    let depth = env::text(env::HANDOVER_DEPTH).ok().flatten();
    // A value that is no number was not set by this program.
    depth.and_then(|depth| depth.parse().ok()).unwrap_or(0)
}

/// Every path that the official client may have, the likeliest first.
fn candidates() -> Vec<PathBuf> {
    let folders = env::search_path();
    let is_own = |folder: &&PathBuf| {
        let mut files = NAMES
            .iter()
            .map(|name| folder.join(env::program_file(name)));
        files.any(|file| file.metadata().is_ok_and(|found| is_this_file(&found)))
    };
    let own = folders.iter().position(|folder| is_own(&folder));
    let (before, behind) = folders.split_at(own.map_or(0, |at| at + 1));
    let on_path = behind.iter().chain(before);
    let mut found: Vec<PathBuf> = on_path
        .map(|folder| folder.join(env::program_file(NAMES[0])))
        .collect();
    let beside = env::current_exe().and_then(|exe| Some(exe.parent()?.to_owned()));
    let at = own.map(|at| folders[at].clone());
    let diverted = [at, beside, Some(PACKAGED.into())].into_iter().flatten();
    found.extend(diverted.map(|folder| folder.join(DIVERTED)));
    found
}

/// Whether a path leads to a program that is not this one.
///
/// # Errors
/// Why not.
fn usable(path: &Path) -> Result<(), &'static str> {
    let found = match path.metadata() {
        Ok(found) => found,
        Err(err) if err.kind() == ErrorKind::NotFound => return Err("it does not exist"),
        Err(_) => return Err("it cannot be reached"),
    };
    if !found.is_file() {
        return Err("it is not a file");
    }
    if !is_program(path) {
        return Err("it is not executable");
    }
    if is_this_file(&found) || has_the_marker(path) {
        return Err("it is this program, not the official client");
    }
    Ok(())
}

/// Whether a file is the one that runs now: by another name, a symbolic or a hard link.
#[cfg(unix)]
fn is_this_file(found: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;

    let own = env::current_exe().and_then(|exe| exe.metadata().ok());
    own.is_some_and(|own| (own.dev(), own.ino()) == (found.dev(), found.ino()))
}

/// Elsewhere the marker tells.
#[cfg(not(unix))]
fn is_this_file(_found: &Metadata) -> bool {
    false
}

/// Whether a file is this program: a link to it, a copy, or another build.
#[must_use]
pub(crate) fn is_this_program(path: &Path) -> bool {
    path.metadata().is_ok_and(|found| is_this_file(&found)) || has_the_marker(path)
}

/// Whether a file is a copy or another build of this program. One that cannot be read is none.
fn has_the_marker(path: &Path) -> bool {
    File::open(path).is_ok_and(|mut file| has_marker(&mut file).unwrap_or(false))
}

/// Looks for the marker, a piece at a time. The official client has a hundred megabytes, which its
/// first page makes it unnecessary to read.
fn has_marker(file: &mut (impl Read + Seek)) -> std::io::Result<bool> {
    let mut start = Vec::with_capacity(NOTE_WITHIN);
    file.by_ref()
        .take(NOTE_WITHIN as u64)
        .read_to_end(&mut start)?;
    if memchr::memmem::find(&start, GO_NOTE).is_some() {
        return Ok(false);
    }
    file.rewind()?;
    let finder = memchr::memmem::Finder::new(MARKER);
    let mut piece = Vec::with_capacity(CHUNK + MARKER.len());
    loop {
        let read = file.by_ref().take(CHUNK as u64).read_to_end(&mut piece)?;
        if read == 0 {
            return Ok(false);
        }
        if finder.find(&piece).is_some() {
            return Ok(true);
        }
        // The marker may stand across two pieces.
        let rest = piece.len().saturating_sub(MARKER.len() - 1);
        piece.drain(..rest);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    // Issue 10, 2
    #[test]
    fn the_marker_is_found_wherever_it_stands_and_a_go_program_is_not_read() {
        for at in [0, 1, CHUNK - MARKER.len(), CHUNK - 10, CHUNK, 3 * CHUNK - 1] {
            let mut bytes = vec![b't'; at];
            bytes.extend_from_slice(MARKER);
            assert!(has_marker(&mut Cursor::new(&bytes)).unwrap(), "{at}");
            bytes.pop();
            assert!(!has_marker(&mut Cursor::new(&bytes)).unwrap(), "{at}");
        }
        let go = [b"\x7fELF", GO_NOTE, MARKER].concat();
        assert!(!has_marker(&mut Cursor::new(&go)).unwrap());
    }
}
