//! The forms of the two-factor report, and the thread that writes one.

mod csv;
mod html;
mod json;
mod junit;
mod markdown;
mod ocsf;
mod output;
mod remind;
mod spool;
mod table;
#[cfg(test)]
mod tests;
mod words;

use std::io;

pub(crate) use output::Output;
use remind::Remind;

use super::{Ui, open_stdout};
use crate::model::{Member, ReportFormat, ReportHead, Tally};

/// A report that is written while its members are read.
pub(crate) trait Report: Send {
    /// Writes what stands before the members.
    ///
    /// # Errors
    /// The system's, when the output does not take it.
    fn begin(&mut self, head: &ReportHead) -> io::Result<()>;

    /// Writes a member.
    ///
    /// # Errors
    /// As [`Report::begin`].
    fn member(&mut self, member: &Member) -> io::Result<()>;

    /// Writes what stands behind the members, and flushes the output.
    ///
    /// # Errors
    /// As [`Report::begin`].
    fn end(&mut self, tally: &Tally) -> io::Result<()>;

    /// Hands everything so far to the system, where this form can be read before its end.
    ///
    /// # Errors
    /// As [`Report::begin`].
    fn flush(&mut self) -> io::Result<()>;
}

/// Where a report goes.
type Sink = Box<dyn io::Write + Send>;

impl Ui {
    /// A report on stdout, in this form, or as JSON where that is the format of every result.
    ///
    /// # Errors
    /// `BrokenPipe` where stdout was closed when the program began.
    pub(crate) fn report(&self, format: ReportFormat) -> io::Result<Box<dyn Report>> {
        let stdout = stdout()?;
        Ok(match format {
            _ if self.is_json() => Box::new(json::JsonLines::new(stdout)),
            ReportFormat::Table => Box::new(table::Table::new(stdout)),
            ReportFormat::Csv => Box::new(csv::Csv::new(stdout)),
            ReportFormat::Junit => Box::new(junit::Junit::new(stdout)),
            ReportFormat::Ocsf => Box::new(ocsf::Ocsf::new(stdout)),
            ReportFormat::Markdown => Box::new(markdown::Markdown::new(stdout)),
            ReportFormat::Html => Box::new(html::Html::new(stdout)),
        })
    }

    /// A text on stdout for each member without two-factor authentication, in the format of every
    /// result.
    ///
    /// # Errors
    /// As [`Ui::report`].
    pub(crate) fn reminders(&self) -> io::Result<Box<dyn Report>> {
        Ok(Box::new(Remind::new(stdout()?, self.is_json())))
    }
}

/// stdout, in large pieces.
fn stdout() -> io::Result<Sink> {
    drop(open_stdout()?);
    Ok(Box::new(io::BufWriter::new(io::stdout())))
}
