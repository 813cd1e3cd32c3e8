//! A program in a terminal, and a reader that waits for what it shows.
//!
//! expectrl asks for more again and again, without a pause, and so takes a processor from the very
//! program that it waits for.

use std::{
    io::{self, Read, Write},
    os::fd::AsFd,
    process::Command,
};

use expectrl::{
    Session,
    process::{NonBlocking, Process},
    session::{OsProcess, OsStream},
};
use rustix::{
    event::{PollFd, PollFlags, poll},
    time::Timespec,
};

/// A session whose reader waits.
pub type OsSession = Session<OsProcess, Patient>;

/// Starts a program in a terminal.
#[track_caller]
pub fn spawn(command: Command) -> OsSession {
    let mut process = OsProcess::spawn_command(command).unwrap();
    let stream = process.open_stream().unwrap();
    let reading = false;
    Session::new(process, Patient { stream, reading }).unwrap()
}

/// The stream of a terminal. Whoever asks for what is there, and got nothing the last time, waits a
/// moment for it.
pub struct Patient {
    stream: OsStream,
    /// Whether the last question brought something.
    reading: bool,
}

impl Read for Patient {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.stream.read(buffer);
        self.reading = matches!(read, Ok(1..));
        read
    }
}

impl Write for Patient {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

impl NonBlocking for Patient {
    fn set_blocking(&mut self, on: bool) -> io::Result<()> {
        if !on && !self.reading {
            // How long is of no importance: whatever comes ends it.
            let moment = Timespec {
                tv_sec: 0,
                tv_nsec: 50_000_000,
            };
            let mut shown = [PollFd::from_borrowed_fd(self.stream.as_fd(), PollFlags::IN)];
            poll(&mut shown, Some(&moment))?;
        }
        self.stream.set_blocking(on)
    }
}
