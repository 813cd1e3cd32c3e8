//! One JSON object a member, each on a line of its own.

use std::io::{self, Write};

use super::{Report, Sink};
use crate::model::{Member, ReportHead, Tally};

/// Writes the members alone.
pub(super) struct JsonLines {
    out: Sink,
}

impl JsonLines {
    /// Lines for this output.
    pub(super) fn new(out: Sink) -> Self {
        Self { out }
    }
}

impl Report for JsonLines {
    fn begin(&mut self, _head: &ReportHead) -> io::Result<()> {
        Ok(())
    }

    fn member(&mut self, member: &Member) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, member)?;
        writeln!(self.out)
    }

    fn end(&mut self, _tally: &Tally) -> io::Result<()> {
        self.out.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
