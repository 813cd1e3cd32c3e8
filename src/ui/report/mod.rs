//! The forms of the two-factor report.

#[cfg_attr(not(test), expect(dead_code, reason = "the engine is not here yet"))]
mod remind;

use std::io;

use crate::model::{Member, ReportHead, Tally};

#[cfg_attr(
    not(test),
    expect(unused_imports, reason = "the engine is not here yet")
)]
pub(crate) use remind::Remind;

/// A report that is written while its members are read.
pub(crate) trait Report {
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
