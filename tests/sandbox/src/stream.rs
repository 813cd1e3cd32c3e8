//! A body that is sent piece by piece and may break off.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use axum::body::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::sync::mpsc;

/// The receiving end, which hyper reads.
pub(crate) struct Pieces {
    receiver: mpsc::Receiver<io::Result<Bytes>>,
    promised: u64,
}

/// A body of `promised` bytes, and the end that feeds it.
pub(crate) fn channel(promised: u64) -> (mpsc::Sender<io::Result<Bytes>>, Pieces) {
    let (sender, receiver) = mpsc::channel(1);
    (sender, Pieces { receiver, promised })
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        self.receiver
            .poll_recv(cx)
            .map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.promised)
    }
}
