//! The pages for the browser.

use std::time::Duration;

use tokio::{io::AsyncWriteExt, net::TcpStream, time::timeout};

use crate::process;

/// How long a browser may take to read its answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
/// Headers of every answer: no cache keeps it, no other site learns its address.
const GUARDS: &str = "Connection: close\r\nCache-Control: no-store\r\n\
    Referrer-Policy: no-referrer\r\nX-Content-Type-Options: nosniff\r\n";
/// How the pages look.
const STYLE: &str = include_str!("page.css");

/// What a page tells, which its sign shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    /// It worked.
    Done,
    /// It did not work.
    Failed,
    /// The user has to do something first.
    Waiting,
}

impl Tone {
    fn class_and_sign(self) -> (&'static str, &'static str) {
        match self {
            Self::Done => ("done", "✓"),
            Self::Failed => ("failed", "!"),
            Self::Waiting => ("waiting", "…"),
        }
    }
}

/// A small page with one thing to say.
pub(super) fn page(status: &str, tone: Tone, title: &str, text: &str) -> String {
    let (policy, top) = top(title);
    let page = format!("{top}{}", rest(tone, title, text));
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\n\
         Content-Length: {}\r\n{policy}{GUARDS}\r\n{page}",
        page.len()
    )
}

/// The beginning of a page whose [`rest`] comes later and takes its place. The end of the
/// connection ends it (RFC 9112 §6.3).
pub(super) fn beginning(title: &str, text: &str) -> String {
    let (policy, top) = top(title);
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n{policy}{GUARDS}\r\n{top}{}",
        card(Tone::Waiting, title, text)
    )
}

/// What a page says, up to its end.
pub(super) fn rest(tone: Tone, title: &str, text: &str) -> String {
    format!("{}</main></body></html>\n", card(tone, title, text))
}

fn card(tone: Tone, title: &str, text: &str) -> String {
    let (class, sign) = tone.class_and_sign();
    format!(
        "<section class=\"{class}\"><p class=\"sign\" aria-hidden=\"true\">{sign}</p>\
         <h1>{title}</h1><p>{text}</p></section>\n"
    )
}

/// The policy of a page, as a header, and its top. The page may use its own style and nothing else
/// (Content Security Policy Level 3 §2.3.1, "nonce-source").
fn top(title: &str) -> (String, String) {
    let nonce = process::unguessable();
    let policy = format!(
        "Content-Security-Policy: default-src 'none'; style-src 'nonce-{nonce}'; \
         frame-ancestors 'none'\r\n"
    );
    let top = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>scw: {title}</title>\
         <style nonce=\"{nonce}\">{STYLE}</style></head><body><main>\n"
    );
    (policy, top)
}

/// Redirects to another address with `GET`, and sets a cookie (RFC 6265 §4.1) for what is below a
/// path.
///
/// `SameSite=Lax` lets it come back with a top-level navigation from the account page only.
pub(super) fn redirect_with_cookie(to: &str, cookie: &str, path: &str, seconds: u64) -> String {
    moved(
        to,
        &format!(
            "Set-Cookie: {cookie}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite=Lax\r\n"
        ),
    )
}

/// Redirects to another address with `GET`, which takes the old one's place in the tab.
pub(super) fn redirect(to: &str) -> String {
    moved(to, "")
}

fn moved(to: &str, cookie: &str) -> String {
    format!(
        "HTTP/1.1 303 See Other\r\nLocation: {to}\r\nContent-Length: 0\r\n{cookie}\
         Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n{GUARDS}\r\n"
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
