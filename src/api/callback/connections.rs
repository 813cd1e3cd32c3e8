//! Connections side by side: one that says nothing does not hold up the others.

use std::{collections::VecDeque, time::Duration};

use tokio::{
    net::TcpStream,
    task::{AbortHandle, JoinSet},
    time::{sleep, timeout},
};

use super::{
    listener::Listeners,
    page,
    request::{Head, Refusal},
};

/// How long one connection may take to send its request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);
/// How many connections may be about to send their request.
const MAX_READING: usize = 64;
/// The pause after a connection that could not be accepted.
const PAUSE: Duration = Duration::from_millis(50);

/// The connections of a login.
#[derive(Debug)]
pub(super) struct Connections {
    listeners: Listeners,
    tasks: JoinSet<Option<(Head, TcpStream)>>,
    /// Those whose request is not there yet, the oldest first.
    reading: VecDeque<AbortHandle>,
}

impl Connections {
    /// No connection yet.
    pub(super) fn new(listeners: Listeners) -> Self {
        Self {
            listeners,
            tasks: JoinSet::new(),
            reading: VecDeque::with_capacity(MAX_READING),
        }
    }

    /// The next request. May be dropped while it waits: no connection is lost then.
    pub(super) async fn next(&mut self) -> (Head, TcpStream) {
        loop {
            tokio::select! {
                // A request that is there comes before connections that say nothing.
                biased;
                Some(done) = self.tasks.join_next() => {
                    if let Ok(Some(request)) = done {
                        return request;
                    }
                }
                accepted = self.listeners.accept() => if let Ok(stream) = accepted {
                    self.read(stream);
                } else {
                    // Too many open files, most likely: an idle one makes room.
                    self.drop_oldest();
                    sleep(PAUSE).await;
                },
            }
        }
    }

    /// Answers a request without waiting for the browser to read.
    pub(super) fn answer(&mut self, stream: TcpStream, answer: String) {
        self.tasks.spawn(async move {
            page::send(stream, answer).await;
            None
        });
    }

    fn read(&mut self, mut stream: TcpStream) {
        self.reading.retain(|reading| !reading.is_finished());
        if self.reading.len() >= MAX_READING {
            self.drop_oldest();
        }
        let reading = self.tasks.spawn(async move {
            let request = timeout(REQUEST_TIMEOUT, Head::read(&mut stream)).await;
            if let Ok(Some(head)) = request {
                return Some((head, stream));
            }
            page::send(stream, Refusal::BadRequest.page()).await;
            None
        });
        self.reading.push_back(reading);
    }

    /// Ends the connection that has said nothing for the longest time.
    fn drop_oldest(&mut self) {
        while let Some(oldest) = self.reading.pop_front() {
            if !oldest.is_finished() {
                oldest.abort();
                return;
            }
        }
    }
}
