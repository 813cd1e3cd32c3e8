//! The pages for the browser.

use std::time::Duration;

use tokio::{io::AsyncWriteExt, net::TcpStream, time::timeout};

/// How long a browser may take to read its answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
/// Headers of every answer: no cache keeps it, no script runs in it, no other site learns its address.
const GUARDS: &str = "Connection: close\r\nCache-Control: no-store\r\n\
    Referrer-Policy: no-referrer\r\nX-Content-Type-Options: nosniff\r\n\
    Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n";

/// A small page with one thing to say.
pub(super) fn page(status: &str, title: &str, text: &str) -> String {
    let page = format!("{}{}", top(title), rest(title, text));
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\n\
         Content-Length: {}\r\n{GUARDS}\r\n{page}",
        page.len()
    )
}

/// The beginning of a page whose [`rest`] comes later. The end of the connection ends it
/// (RFC 9112 §6.3).
pub(super) fn beginning(title: &str, text: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n{GUARDS}\r\n{}<p>{text}</p>\n",
        top(title)
    )
}

/// What a page says, up to its end.
pub(super) fn rest(title: &str, text: &str) -> String {
    format!("<h1>{title}</h1><p>{text}</p></html>\n")
}

fn top(title: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>scw: {title}</title>"
    )
}

/// Redirects to another address, and sets a cookie (RFC 6265 §4.1) for what is below `path`.
///
/// `SameSite=Lax` lets it come back with a top-level navigation from the account page only.
pub(super) fn redirect(to: &str, cookie: &str, path: &str, seconds: u64) -> String {
    format!(
        "HTTP/1.1 303 See Other\r\nLocation: {to}\r\nContent-Length: 0\r\n\
         Set-Cookie: {cookie}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite=Lax\r\n\
         {GUARDS}\r\n"
    )
}

/// Sends a whole answer, or the rest of one.
pub(super) async fn send(mut stream: TcpStream, answer: String) {
    begin(&mut stream, &answer).await;
    // A browser that went away needs no goodbye.
    let _ = stream.shutdown().await;
}

/// Sends a part of an answer. A browser that is gone, or does not read, is ignored.
pub(super) async fn begin(stream: &mut TcpStream, part: &str) {
    let _ = timeout(ANSWER_TIMEOUT, stream.write_all(part.as_bytes())).await;
}
