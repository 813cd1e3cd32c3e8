//! Rows that wait for the totals, which stand in front of them.

use std::io::{self, BufWriter, Seek, SeekFrom, Write};

use tempfile::SpooledTempFile;

/// How many bytes of rows wait in memory. The others wait in a file without a name.
const IN_MEMORY: usize = 1024 * 1024;

/// Rows that wait. The file goes with the process, however it ends.
pub(super) struct Spool(BufWriter<SpooledTempFile>);

impl Spool {
    /// No rows.
    pub(super) fn new() -> Self {
        Self(BufWriter::new(tempfile::spooled_tempfile(IN_MEMORY)))
    }

    /// Adds a row.
    ///
    /// # Errors
    /// The system's, when the temporary file does not take it.
    pub(super) fn add(&mut self, row: &str) -> io::Result<()> {
        self.0.write_all(row.as_bytes()).map_err(|err| told(&err))
    }

    /// Copies the rows to where they belong.
    ///
    /// # Errors
    /// The system's, when the temporary file cannot be read or the output does not take it.
    pub(super) fn copy_to(&mut self, out: &mut dyn Write) -> io::Result<()> {
        self.0.seek(SeekFrom::Start(0)).map_err(|err| told(&err))?;
        io::copy(self.0.get_mut(), out)?;
        Ok(())
    }
}

/// It is not stdout that took no more.
fn told(err: &io::Error) -> io::Error {
    io::Error::new(
        err.kind(),
        format!("the temporary file for the members: {err}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    // Issue 12, 3: flat memory.
    #[test]
    fn rows_that_do_not_fit_into_memory_come_back_in_their_order() {
        let mut spool = Spool::new();
        let row = "x".repeat(1000);
        for number in 0..2000 {
            spool.add(&format!("{number} {row}\n")).unwrap();
        }
        assert!(spool.0.get_ref().is_rolled());
        let mut out = Vec::new();
        spool.copy_to(&mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text.lines().count(), 2000);
        for (number, line) in text.lines().enumerate() {
            assert_eq!(line, format!("{number} {row}"));
        }
    }
}
