//! The thread that writes a report: a reader that does not read holds up neither the requests nor
//! Ctrl-C.

use std::{io, thread};

use tokio::sync::{mpsc, oneshot};

use super::Report;
use crate::{
    model::{Member, ReportHead, Tally},
    ui::progress,
};

/// How many parts wait to be written. Whoever makes more waits, so that little memory is used.
const WAITING: usize = 4;

/// A part of a report.
enum Part {
    Begin(ReportHead),
    Members(Vec<Member>),
    End(Box<Tally>),
}

/// A report that is written on a thread of its own.
pub(crate) struct Output {
    parts: mpsc::Sender<Part>,
    outcome: oneshot::Receiver<io::Result<()>>,
}

impl Output {
    /// Starts to write a report.
    pub(crate) fn start(mut report: Box<dyn Report>) -> Self {
        let (parts, mut received) = mpsc::channel(WAITING);
        let (sender, outcome) = oneshot::channel();
        thread::spawn(move || {
            let mut written = Ok(());
            while let Some(part) = received.blocking_recv() {
                written = write(&mut *report, &part);
                if written.is_err() {
                    break;
                }
            }
            // Nobody waits for the outcome where the command was interrupted.
            let _ = sender.send(written);
        });
        Self { parts, outcome }
    }

    /// Writes what stands before the members.
    ///
    /// # Errors
    /// The system's, where the output takes no more.
    pub(crate) async fn begin(&mut self, head: ReportHead) -> io::Result<()> {
        self.send(Part::Begin(head)).await
    }

    /// Writes members, so that they can be read at once where the form allows it.
    ///
    /// # Errors
    /// As [`Output::begin`].
    pub(crate) async fn members(&mut self, members: Vec<Member>) -> io::Result<()> {
        self.send(Part::Members(members)).await
    }

    /// Writes what stands behind the members, and waits until all of it is written.
    ///
    /// # Errors
    /// As [`Output::begin`].
    pub(crate) async fn end(mut self, tally: Tally) -> io::Result<()> {
        self.send(Part::End(Box::new(tally))).await?;
        drop(self.parts);
        self.outcome.await.unwrap_or_else(|_| Err(stopped()))
    }

    async fn send(&mut self, part: Part) -> io::Result<()> {
        if self.parts.send(part).await.is_ok() {
            return Ok(());
        }
        match (&mut self.outcome).await {
            Ok(Err(err)) => Err(err),
            _ => Err(stopped()),
        }
    }
}

fn stopped() -> io::Error {
    io::Error::other("the report stopped")
}

fn write(report: &mut dyn Report, part: &Part) -> io::Result<()> {
    match part {
        Part::Begin(head) => report.begin(head),
        Part::Members(members) => {
            for member in members {
                report.member(member)?;
            }
            progress::without(|| report.flush())
        }
        Part::End(tally) => progress::without(|| report.end(tally)),
    }
}
