//! Comma-separated values, for spreadsheets and scripts.

use std::io;

use csv::{Terminator, Writer, WriterBuilder};

use super::{Report, Sink, words};
use crate::model::{Member, ReportHead, Tally, UNKNOWN, rfc3339};

/// What a spreadsheet takes for the beginning of a formula (OWASP, "CSV Injection"), also in the wide
/// forms that some take for the same.
const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// Writes a header and a record a member. The names of the columns are those of `-o json`.
///
/// Lines end in CRLF, as RFC 4180 §2 says; Excel and Python's `csv` read them. There is no mark for
/// the order of bytes: Python and shells would take it for a part of the first name.
pub(super) struct Csv {
    out: Writer<Sink>,
}

impl Csv {
    /// Records for this output.
    pub(super) fn new(out: Sink) -> Self {
        let out = WriterBuilder::new()
            .terminator(Terminator::CRLF)
            .from_writer(out);
        Self { out }
    }
}

/// Text from outside as a cell that no spreadsheet runs.
fn defused(text: &str) -> String {
    if text.starts_with(FORMULA) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

impl Report for Csv {
    fn begin(&mut self, head: &ReportHead) -> io::Result<()> {
        let mut names = vec![
            "user_id",
            "email",
            "username",
            "type",
            "created_at",
            "two_factor",
            "last_login_at",
            "locked",
            "keys_without_end",
        ];
        names.extend(head.with_factors.then_some("factors"));
        names.extend(head.with_grace.then_some("required_by"));
        Ok(self.out.write_record(names)?)
    }

    fn member(&mut self, member: &Member) -> io::Result<()> {
        let at = |at: &Option<_>, none: &str| at.map_or_else(|| none.to_owned(), rfc3339);
        let mut cells = vec![
            member.user_id.to_string(),
            defused(&member.email),
            defused(&member.username),
            defused(&member.kind),
            at(&member.created_at, UNKNOWN),
            member.two_factor_word().to_owned(),
            member.last_login_at.text(|time| at(time, "never")),
            member.locked.text(ToString::to_string),
            words::endless_keys(member),
        ];
        cells.extend(words::factors(member));
        let required_by = member.required_by.as_ref();
        cells.extend(required_by.map(|by| by.text(|time| at(time, "not required"))));
        Ok(self.out.write_record(cells)?)
    }

    fn end(&mut self, _tally: &Tally) -> io::Result<()> {
        self.out.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
