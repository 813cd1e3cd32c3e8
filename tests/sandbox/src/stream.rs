//! Answers that faults make: other ones, and bodies that are sent piece by piece and may break off.

use std::{
    collections::BTreeMap,
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::{Body, Bytes},
    http::{HeaderName, HeaderValue, Response, StatusCode, header, response::Parts},
};
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt;
use tokio::sync::mpsc;

/// The receiving end, which hyper reads.
struct Pieces {
    receiver: mpsc::Receiver<io::Result<Bytes>>,
    promised: u64,
}

/// A body of `promised` bytes, and the end that feeds it.
fn channel(promised: u64) -> (mpsc::Sender<io::Result<Bytes>>, Pieces) {
    let (sender, receiver) = mpsc::channel(1);
    (sender, Pieces { receiver, promised })
}

impl http_body::Body for Pieces {
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

/// Another answer than the usual one.
pub(crate) fn instead(
    status: u16,
    headers: &BTreeMap<String, String>,
    body: &serde_json::Value,
) -> Response<Body> {
    let text = match body {
        serde_json::Value::Null => String::new(),
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let mut response = Response::new(Body::from(text));
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    // An answer without a body has no type of one, as the recorded 429 (protocol.md A).
    if !body.is_string() && !body.is_null() {
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().insert(header::CONTENT_TYPE, json);
    }
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (
            HeaderName::from_bytes(name.as_bytes()),
            HeaderValue::from_str(value),
        ) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// The whole body of an answer, which the sandbox made itself a moment ago.
async fn whole(response: Response<Body>) -> (Parts, Bytes) {
    let (parts, body) = response.into_parts();
    let bytes = body
        .collect()
        .await
        .map(http_body_util::Collected::to_bytes)
        .unwrap_or_default();
    (parts, bytes)
}

/// Promises the whole body, sends its beginning and then closes the connection.
pub(crate) async fn cut(response: Response<Body>, bytes: usize) -> Response<Body> {
    let (mut parts, body) = whole(response).await;
    let length = HeaderValue::from(body.len() as u64);
    parts.headers.insert(header::CONTENT_LENGTH, length);
    let begun = body.slice(..bytes.min(body.len()));
    let (sender, stream) = channel(body.len() as u64);
    tokio::spawn(async move {
        if sender.send(Ok(begun)).await.is_ok() {
            // The bytes must be on their way before the connection breaks.
            tokio::time::sleep(Duration::from_millis(20)).await;
            let _ = sender
                .send(Err(io::Error::other("cut off on purpose")))
                .await;
        }
    });
    Response::from_parts(parts, Body::new(stream))
}

/// Sends the body a byte a second.
pub(crate) async fn slow(response: Response<Body>) -> Response<Body> {
    let (mut parts, body) = whole(response).await;
    let length = HeaderValue::from(body.len() as u64);
    parts.headers.insert(header::CONTENT_LENGTH, length);
    let (sender, stream) = channel(body.len() as u64);
    tokio::spawn(async move {
        for at in 0..body.len() {
            if sender.send(Ok(body.slice(at..=at))).await.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    });
    Response::from_parts(parts, Body::new(stream))
}
