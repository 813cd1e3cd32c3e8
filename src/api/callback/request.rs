//! Which request of a browser is accepted, and what it asks for.

use secrecy::SecretString;
use tokio::{io::AsyncReadExt, net::TcpStream};
use zeroize::Zeroizing;

use super::page::{self, Tone};

/// The most of a request that is read, in bytes.
const MAX_REQUEST_BYTES: usize = 32 * 1024;
/// The most headers that a request may have.
const MAX_HEADERS: usize = 64;
/// The name of the cookie that the start page leaves.
const COOKIE: &str = "scw-login";

/// The head of a request. Its path may hold a session.
pub(super) struct Head(Zeroizing<Vec<u8>>);

impl Head {
    /// Reads a head; nothing where it is too long or breaks off.
    pub(super) async fn read(stream: &mut TcpStream) -> Option<Self> {
        let mut head = Zeroizing::new(Vec::with_capacity(MAX_REQUEST_BYTES));
        while head.len() < MAX_REQUEST_BYTES {
            let room = MAX_REQUEST_BYTES - head.len();
            let read = stream.take(room as u64).read_buf(&mut *head).await.ok()?;
            if read == 0 {
                return None;
            }
            if head.windows(4).any(|window| window == b"\r\n\r\n") {
                return Some(Self(head));
            }
        }
        None
    }
}

/// The two addresses of a login. Each contains a random word.
#[derive(Debug)]
pub(super) struct Routes {
    /// Host and port, as handed out.
    authority: String,
    /// The word in the start page's address. It stands in the browser's arguments.
    start: String,
    /// The word in the callback's address. Only the start page's answer holds it.
    callback: String,
    /// The value of the cookie.
    cookie: String,
}

/// What an accepted request asks for.
#[derive(Debug)]
pub(super) enum Route {
    /// The start page.
    Start,
    /// The callback, with the login, from the browser that opened the start page.
    Callback(SecretString),
    /// The callback with an address that no page is shown at, since it may hold a login.
    Unclean,
    /// The callback without a login: the page that tells what came of it.
    Outcome,
}

impl Routes {
    /// The routes at a host and port, with three random words.
    pub(super) fn new(authority: String, words: [String; 3]) -> Self {
        let [start, callback, cookie] = words;
        Self {
            authority,
            start,
            callback,
            cookie,
        }
    }

    /// The address of the start page.
    pub(super) fn start_url(&self) -> String {
        format!("http://{}/{}", self.authority, self.start)
    }

    /// The address that the account page sends the login to. It has to end like this (protocol.md A,
    /// "Browser login").
    pub(super) fn callback_url(&self) -> String {
        format!("http://{}{}", self.authority, self.callback_path())
    }

    fn callback_path(&self) -> String {
        format!("/{}/callback", self.callback)
    }

    /// The answer of the start page. The cookie's path keeps it from other programs that serve
    /// pages as `localhost`: cookies know no ports (RFC 6265 §8.5).
    pub(super) fn redirect(&self, to: &str, seconds: u64) -> String {
        let cookie = format!("{COOKIE}={}", self.cookie);
        page::redirect_with_cookie(to, &cookie, &format!("/{}", self.callback), seconds)
    }

    /// Leads from the callback to its address without a query. There the browser is told what came
    /// of the login, and neither its address bar nor the history of its tab shows one. Chromium's
    /// history file has both addresses: what is in it is worth nothing once the session is ended.
    pub(super) fn to_outcome(&self) -> String {
        page::redirect(&self.callback_path())
    }

    /// What a request asks for. `started` tells whether the start page was opened already.
    ///
    /// # Errors
    /// [`Refusal`].
    pub(super) fn find(&self, head: &Head, started: bool) -> Result<Route, Refusal> {
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut request = httparse::Request::new(&mut headers);
        match request.parse(&head.0) {
            Ok(httparse::Status::Complete(_)) => {}
            Ok(httparse::Status::Partial) | Err(_) => return Err(Refusal::BadRequest),
        }
        let headers = Headers(request.headers);
        // A page whose name was bound to this machine sends its own name (DNS rebinding).
        if headers.one("host") != Some(&self.authority) {
            return Err(Refusal::NotFound);
        }
        let target = request.path.unwrap_or_default();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let is_start = path.strip_prefix('/') == Some(&self.start);
        if !is_start && path != self.callback_path() {
            return Err(Refusal::NotFound);
        }
        if request.method != Some("GET") {
            return Err(Refusal::Method);
        }
        if !headers.is_navigation() {
            return Err(Refusal::NoNavigation);
        }
        if is_start {
            return Ok(Route::Start);
        }
        let is_ours = started && headers.has_cookie(COOKIE, &self.cookie);
        let token = url::form_urlencoded::parse(query.as_bytes())
            .find(|(name, _)| is_ours && name == "token")
            .map(|(_, value)| SecretString::from(value.into_owned()));
        match token {
            Some(token) => Ok(Route::Callback(token)),
            None if target.contains('?') => Ok(Route::Unclean),
            None if is_ours => Ok(Route::Outcome),
            None => Err(Refusal::OtherBrowser),
        }
    }
}

/// The headers of a request.
struct Headers<'a>(&'a [httparse::Header<'a>]);

impl Headers<'_> {
    fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .filter(move |header| header.name.eq_ignore_ascii_case(name))
            .filter_map(|header| std::str::from_utf8(header.value).ok())
    }

    /// A header that is there once.
    fn one(&self, name: &str) -> Option<&str> {
        let mut all = self.all(name);
        all.next().filter(|_| all.next().is_none())
    }

    /// Whether the user opened the address in a tab: no script, picture or frame asks for it, and no
    /// browser prefetches it (W3C Fetch Metadata §2; Sec-Purpose: WHATWG Fetch §2.2.2;
    /// its older names: `Purpose`, `X-Moz`). A browser that says nothing is believed.
    fn is_navigation(&self) -> bool {
        let only = |name, value| self.all(name).all(|sent| sent.eq_ignore_ascii_case(value));
        let looks_ahead = ["sec-purpose", "purpose", "x-moz"]
            .into_iter()
            .flat_map(|name| self.all(name))
            .any(|sent| sent.to_ascii_lowercase().contains("prefetch"));
        only("sec-fetch-mode", "navigate") && only("sec-fetch-dest", "document") && !looks_ahead
    }

    fn has_cookie(&self, name: &str, value: &str) -> bool {
        self.all("cookie")
            .flat_map(|cookies| cookies.split(';'))
            .filter_map(|cookie| cookie.trim().split_once('='))
            .any(|cookie| cookie == (name, value))
    }
}

/// Why a request is refused. The login goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It is malformed, or contains no login.
    BadRequest,
    /// It is for another address.
    NotFound,
    /// Its method is not `GET`.
    Method,
    /// The user did not open the address in a tab.
    NoNavigation,
    /// It sends a login, but this browser did not open the start page.
    OtherBrowser,
}

impl Refusal {
    /// The answer.
    pub(super) fn page(self) -> String {
        let status = match self {
            Self::BadRequest => "400 Bad Request",
            Self::NotFound => "404 Not Found",
            Self::Method => "405 Method Not Allowed",
            Self::NoNavigation | Self::OtherBrowser => "403 Forbidden",
        };
        let text = match self {
            Self::OtherBrowser => {
                "The login was started in another browser. Run scw login --web --no-browser \
                 again and open its address in this browser."
            }
            _ => "This was not a valid login. scw is still waiting for one.",
        };
        page::page(status, Tone::Failed, "This login is not valid", text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routes() -> Routes {
        let words = ["aaaa", "bbbb", "cccc"].map(str::to_owned);
        Routes::new("localhost:8080".to_owned(), words)
    }

    fn head(line: &str, headers: &[&str]) -> Head {
        let mut text = format!("{line} HTTP/1.1\r\n");
        for header in headers {
            text.push_str(header);
            text.push_str("\r\n");
        }
        text.push_str("\r\n");
        Head(Zeroizing::new(text.into_bytes()))
    }

    /// What comes of a request when the start page was opened.
    fn asked(line: &str, headers: &[&str]) -> Result<String, Refusal> {
        let head = head(line, headers);
        routes().find(&head, true).map(|asked| match asked {
            Route::Start => "start".to_owned(),
            Route::Callback(token) => secrecy::ExposeSecret::expose_secret(&token).to_owned(),
            Route::Unclean => "unclean".to_owned(),
            Route::Outcome => "outcome".to_owned(),
        })
    }

    const HOST: &str = "Host: localhost:8080";
    const COOKIES: &str = "Cookie: other=1; scw-login=cccc";

    #[test]
    fn the_two_addresses_are_told_apart_and_everything_else_is_refused() {
        assert_eq!(asked("GET /aaaa", &[HOST]).unwrap(), "start");
        let callback = "GET /bbbb/callback?x=y&token=a%20b";
        assert_eq!(asked(callback, &[HOST, COOKIES]).unwrap(), "a b");
        assert_eq!(
            asked("GET /bbbb/callback", &[HOST, COOKIES]).unwrap(),
            "outcome"
        );
        for (line, headers, refusal) in [
            ("GET /", &[HOST][..], Refusal::NotFound),
            ("GET /favicon.ico", &[HOST], Refusal::NotFound),
            ("GET /aaaa/", &[HOST], Refusal::NotFound),
            ("GET /cccc", &[HOST], Refusal::NotFound),
            ("GET /aaaa", &[], Refusal::NotFound),
            ("GET /aaaa", &["Host: evil.example:8080"], Refusal::NotFound),
            ("GET /aaaa", &[HOST, HOST], Refusal::NotFound),
            ("HEAD /aaaa", &[HOST], Refusal::Method),
            ("POST /bbbb/callback", &[HOST, COOKIES], Refusal::Method),
        ] {
            assert_eq!(asked(line, headers).unwrap_err(), refusal, "{line}");
        }
    }

    // Issue 7, 26
    #[test]
    fn only_a_navigation_of_a_tab_is_taken() {
        let sent = ["Sec-Fetch-Mode: navigate", "sec-fetch-dest: document"];
        assert_eq!(
            asked("GET /aaaa", &[HOST, sent[0], sent[1]]).unwrap(),
            "start"
        );
        for header in [
            "Sec-Fetch-Mode: no-cors",
            "Sec-Fetch-Mode: cors",
            "Sec-Fetch-Dest: iframe",
            "Sec-Fetch-Dest: empty",
            "Sec-Purpose: prefetch;prerender",
            "Purpose: prefetch",
            "X-Moz: prefetch",
        ] {
            let refused = asked("GET /aaaa", &[HOST, sent[0], sent[1], header]);
            assert_eq!(refused.unwrap_err(), Refusal::NoNavigation, "{header}");
        }
    }

    // Issue 7, 26
    #[test]
    fn a_login_is_taken_from_the_browser_that_saw_the_start_page_only() {
        // Issue 11, 1: the page that says so stands at an address without the login.
        let (callback, bare) = ("GET /bbbb/callback?token=x", "GET /bbbb/callback");
        for cookie in ["Cookie: scw-login=aaaa", "Cookie: x-scw-login=cccc", "X: y"] {
            assert_eq!(asked(callback, &[HOST, cookie]).unwrap(), "unclean");
            let refused = asked(bare, &[HOST, cookie]);
            assert_eq!(refused.unwrap_err(), Refusal::OtherBrowser, "{cookie}");
        }
        let early = head(callback, &[HOST, COOKIES]);
        let found = routes().find(&early, false);
        assert!(matches!(found, Ok(Route::Unclean)), "{found:?}");
        let other = asked("GET /bbbb/callback?x=y", &[HOST, COOKIES]);
        assert_eq!(other.unwrap(), "unclean");
    }
}
