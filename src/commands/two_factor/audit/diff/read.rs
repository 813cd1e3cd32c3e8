//! Reading a report, a line at a time.

use std::{
    io::{BufRead, BufReader, Read},
    path::PathBuf,
};

use serde::Deserialize;

use crate::{
    error::{CliError, Kind},
    fsutil::{self, FileError},
    model::{State, UserId, clean},
    ui,
};

/// The longest line, in bytes. A member has less than 1 KiB.
const LONGEST_LINE: u64 = 256 * 1024;

/// Where the lines of a report are.
pub(super) enum Source {
    /// On stdin.
    Stdin,
    /// In a file, or behind a pipe with a name.
    File(PathBuf),
}

/// A member as the comparison needs it.
pub(super) struct Row {
    /// The 16 bytes of its id.
    pub(super) id: [u8; 16],
    /// The email address, cleaned.
    pub(super) email: String,
    /// Its second factor.
    pub(super) state: State,
}

impl Row {
    /// The id as text.
    pub(super) fn user_id(&self) -> String {
        uuid::Uuid::from_bytes(self.id).hyphenated().to_string()
    }
}

/// The fields of a line that are read. A later version may add others (docs/json.md).
#[derive(Deserialize)]
struct Line {
    user_id: UserId,
    email: String,
    two_factor: State,
}

/// Why a report cannot be read.
pub(super) enum ReadError {
    /// The system did not let it be opened or read.
    File(FileError),
    /// A line is no member, or one that was there before.
    Line {
        /// The report.
        name: String,
        /// The number of the line, from 1.
        number: u64,
        /// What is wrong with it.
        why: &'static str,
    },
    /// It has no line.
    Empty {
        /// The report.
        name: String,
    },
}

impl ReadError {
    /// The failure, which repeats nothing of the line.
    pub(super) fn failure(self) -> CliError {
        const HINT: &str = "make the report with `scw 2fa audit -o json`, or with `--evidence`";
        match self {
            Self::File(err) => err.into(),
            Self::Line { name, number, why } => {
                CliError::new(Kind::Other, format!("line {number} of {name} {why}")).hint(HINT)
            }
            Self::Empty { name } => {
                CliError::new(Kind::Other, format!("{name} is empty")).hint(HINT)
            }
        }
    }
}

impl Source {
    /// Opens it.
    pub(super) fn open(&self) -> Result<Reader, ReadError> {
        let (input, can_be_read_again, name, path): (Box<dyn Read>, _, _, _) = match self {
            Self::Stdin => (ui::stdin(), false, "stdin".to_owned(), "-".into()),
            Self::File(path) => {
                let (file, is_regular) = fsutil::open_named(path).map_err(ReadError::File)?;
                let name = path.display().to_string();
                (Box::new(file), is_regular, name, path.clone())
            }
        };
        Ok(Reader {
            input: BufReader::new(input),
            can_be_read_again,
            name,
            path,
        })
    }
}

/// A report that is being read.
pub(super) struct Reader {
    input: BufReader<Box<dyn Read>>,
    can_be_read_again: bool,
    name: String,
    path: PathBuf,
}

impl Reader {
    /// Whether the report can be opened again and is then the same.
    pub(super) fn can_be_read_again(&self) -> bool {
        self.can_be_read_again
    }
}

/// Calls `each` with every member of a report. It says `false` for a member that was there before.
///
/// # Errors
/// [`ReadError`].
pub(super) fn each_row(
    reader: &mut Reader,
    mut each: impl FnMut(Row) -> bool,
) -> Result<(), ReadError> {
    let mut line = Vec::new();
    let mut number = 0_u64;
    loop {
        line.clear();
        let read = (&mut reader.input)
            .take(LONGEST_LINE)
            .read_until(b'\n', &mut line)
            .map_err(|source| {
                ReadError::File(FileError::Io {
                    what: "could not read",
                    path: reader.path.clone(),
                    source,
                })
            })?;
        if read == 0 && number == 0 {
            return Err(ReadError::Empty {
                name: reader.name.clone(),
            });
        }
        if read == 0 {
            return Ok(());
        }
        number += 1;
        let wrong = |why| ReadError::Line {
            name: reader.name.clone(),
            number,
            why,
        };
        let Ok(parsed) = serde_json::from_slice::<Line>(&line) else {
            return Err(wrong("is no member of a report"));
        };
        let row = Row {
            id: parsed.user_id.as_bytes(),
            email: clean(&parsed.email),
            state: parsed.two_factor,
        };
        if !each(row) {
            return Err(wrong("names a member for the second time"));
        }
    }
}
