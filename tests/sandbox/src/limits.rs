//! How long and how many: what keeps half-sent requests from staying for ever.

use std::time::Duration;

/// How long connections may take for what they begin, and how many there can be.
#[derive(Debug, Clone)]
pub struct Limits {
    /// For the handshake of TLS.
    pub handshake: Duration,
    /// For the headers of a request, and between two requests of one connection.
    pub headers: Duration,
    /// For the body of a request.
    pub body: Duration,
    /// For the other side to take anything of an answer.
    pub stall: Duration,
    /// How many connections are served at a time; more wait to be accepted.
    pub connections: usize,
}

impl Default for Limits {
    /// The limits of `serve`. A file descriptor is needed for each connection, and 1024 of them is
    /// how many a program usually has.
    fn default() -> Self {
        Self {
            handshake: Duration::from_secs(10),
            headers: Duration::from_secs(20),
            body: Duration::from_secs(20),
            stall: Duration::from_secs(20),
            connections: 512,
        }
    }
}
