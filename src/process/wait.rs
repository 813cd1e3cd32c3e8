//! A program that this process waits for, where there are no signals to pass on.

use std::{io, process::Command};

/// Waits for one program.
#[derive(Debug)]
pub(crate) struct Supervisor;

impl Supervisor {
    /// Nothing has to be prepared.
    ///
    /// # Errors
    /// None.
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self)
    }

    /// Runs the program and gives its exit code.
    ///
    /// # Errors
    /// The system's, when it cannot be started.
    pub(crate) async fn run(&self, mut command: Command) -> io::Result<u8> {
        let status = super::on_thread(move || command.status())
            .await
            .unwrap_or_else(|| Err(io::Error::other("the wait for the program failed")))?;
        let code = status.code().and_then(|code| u8::try_from(code).ok());
        Ok(code.unwrap_or(1))
    }
}
