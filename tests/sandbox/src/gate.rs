//! Which requests are meant for this service, by what a browser cannot be made to say otherwise.
//!
//! A page of another site can send requests to a service on this machine. It can even read the
//! answers when its name leads to this machine (DNS rebinding). It cannot choose what its browser
//! says in `Host`, `Origin` and `Sec-Fetch-Site`. Other programs send one of them only, `Host`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use axum::{
    Json,
    http::{HeaderMap, Method, Request, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::door;

/// What a host is called.
#[derive(Debug, PartialEq, Eq)]
enum Host {
    /// `localhost`, or an address of this machine that no other reaches.
    Loopback,
    Address(IpAddr),
    /// Any other name, in small letters.
    Name(String),
}

/// A host and a port.
#[derive(Debug, PartialEq, Eq)]
struct Place {
    host: Host,
    port: u16,
}

impl Place {
    /// `host` or `host:port` (RFC 9110, section 7.2); nothing where it is neither.
    fn parse(text: &str, usual_port: u16) -> Option<Self> {
        let (host, port) = if let Some(rest) = text.strip_prefix('[') {
            let (address, port) = rest.split_once(']')?;
            (Host::of(address.parse::<Ipv6Addr>().ok()?.into()), port)
        } else {
            let at = text.find(':').unwrap_or(text.len());
            let (name, port) = text.split_at(at);
            (Host::named(name)?, port)
        };
        let port = match port.strip_prefix(':') {
            None if port.is_empty() => usual_port,
            Some(digits) if digits.bytes().all(|digit| digit.is_ascii_digit()) => {
                digits.parse().ok()?
            }
            _ => return None,
        };
        Some(Self { host, port })
    }
}

impl Host {
    fn of(address: IpAddr) -> Self {
        if address.to_canonical().is_loopback() {
            Self::Loopback
        } else {
            Self::Address(address)
        }
    }

    fn named(name: &str) -> Option<Self> {
        if let Ok(address) = name.parse::<Ipv4Addr>() {
            return Some(Self::of(address.into()));
        }
        let is_name = |letter: u8| letter.is_ascii_alphanumeric() || b"-._".contains(&letter);
        if name.is_empty() || !name.bytes().all(is_name) {
            return None;
        }
        Some(match name.to_ascii_lowercase() {
            name if name == "localhost" => Self::Loopback,
            name => Self::Name(name),
        })
    }
}

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It has no `Host`, or several, or one that is none (RFC 9112, section 3.2).
    NoHost,
    /// It is meant for another service.
    OtherHost,
    /// A page of another origin sent it.
    OtherOrigin,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, message) = match self {
            Self::NoHost => (
                StatusCode::BAD_REQUEST,
                "The request must name one host in its Host header.",
            ),
            Self::OtherHost => (
                StatusCode::MISDIRECTED_REQUEST,
                "The sandbox does not have the name that is in the Host header. Use localhost, \
                 127.0.0.1 or [::1]. With --allow-remote, IP addresses and the name of this \
                 machine work too.",
            ),
            Self::OtherOrigin => (
                StatusCode::FORBIDDEN,
                "A page of another website sent this request. The sandbox takes requests from its \
                 own pages and from programs only.",
            ),
        };
        (status, Json(json!({ "message": message }))).into_response()
    }
}

/// What tells requests for this service from others.
#[derive(Debug, Clone)]
pub(crate) struct Gate {
    scheme: &'static str,
    usual_port: u16,
    /// The name of this machine, where other machines may ask.
    remote: Option<String>,
}

impl Gate {
    /// A gate for a service that speaks `https` or `http`, and that other machines may reach or not.
    pub(crate) fn new(tls: bool, remote: bool) -> Self {
        let (scheme, usual_port) = if tls { ("https", 443) } else { ("http", 80) };
        let name = || {
            let system = rustix::system::uname();
            system.nodename().to_string_lossy().to_ascii_lowercase()
        };
        Self {
            scheme,
            usual_port,
            remote: remote.then(name),
        }
    }

    /// Whether a request is meant for this service.
    ///
    /// The port in `Host` is not compared with the service's own: a port that is forwarded is
    /// another one. It keeps no page out either, since a browser names the port that it asks.
    ///
    /// # Errors
    /// [`Refusal`].
    pub(crate) fn check<B>(&self, request: &Request<B>) -> Result<(), Refusal> {
        let headers = request.headers();
        let mut hosts = headers.get_all(header::HOST).iter();
        let (Some(host), None) = (hosts.next(), hosts.next()) else {
            return Err(Refusal::NoHost);
        };
        let host = host.to_str().ok().and_then(|text| self.place(text));
        let host = host.ok_or(Refusal::NoHost)?;
        // A whole address as the target counts instead of the header (RFC 9112, section 3.2.2).
        let target = request.uri().authority();
        let is_target = |text: &str| self.place(text).as_ref() == Some(&host);
        if !self.is_own(&host.host) || target.is_some_and(|target| !is_target(target.as_str())) {
            return Err(Refusal::OtherHost);
        }
        let is_foreign = |origin: &str| self.origin(origin).as_ref() != Some(&host);
        let mut origins = headers.get_all(header::ORIGIN).iter();
        if origins.any(|origin| origin.to_str().map_or(true, is_foreign)) {
            return Err(Refusal::OtherOrigin);
        }
        // A link on another site may lead to a page, but nothing may be sent from there.
        let reads = [Method::GET, Method::HEAD].contains(request.method());
        let is_door = request.uri().path().starts_with(door::PREFIX);
        if (is_door || !reads) && is_from_another_site(headers) {
            return Err(Refusal::OtherOrigin);
        }
        Ok(())
    }

    fn place(&self, text: &str) -> Option<Place> {
        Place::parse(text, self.usual_port)
    }

    /// The place of an origin with the service's scheme; nothing where it has another one.
    fn origin(&self, text: &str) -> Option<Place> {
        let rest = text.strip_prefix(self.scheme)?.strip_prefix("://")?;
        self.place(rest)
    }

    fn is_own(&self, host: &Host) -> bool {
        match (host, &self.remote) {
            (Host::Loopback, _) | (Host::Address(_), Some(_)) => true,
            (Host::Name(name), Some(own)) => name == own,
            _ => false,
        }
    }
}

/// Whether a browser says that a page elsewhere sent a request (Fetch Metadata, section 2.2). Other
/// ports of one host are other origins of one site.
fn is_from_another_site(headers: &HeaderMap) -> bool {
    let mut sites = headers.get_all("sec-fetch-site").iter();
    sites.any(|site| site != "same-origin" && site != "none")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(gate: &Gate, target: &str, lines: &[(&str, &str)]) -> Result<(), Refusal> {
        let (method, target) = target.split_once(' ').unwrap();
        let mut request = Request::builder().method(method).uri(target);
        for (name, value) in lines {
            request = request.header(*name, *value);
        }
        gate.check(&request.body(()).unwrap())
    }

    // Issue 11, 6
    #[test]
    fn a_request_has_to_name_this_machine() {
        let local = Gate::new(false, false);
        for host in [
            "localhost",
            "localhost:8080",
            "LocalHost:1",
            "127.0.0.1:8080",
            "127.9.9.9",
            "[::1]:1",
            "[::ffff:127.0.0.1]",
        ] {
            assert_eq!(check(&local, "GET /", &[("host", host)]), Ok(()), "{host}");
        }
        for host in [
            "evil.example",
            "localhost.evil.example",
            "x.localhost:1",
            "127.0.0.1.evil.example",
            "10.0.0.1:8080",
            "[fd00::1]:1",
            "0.0.0.0",
            "127.1",
            "localhost.",
        ] {
            let refused = check(&local, "GET /", &[("host", host)]);
            assert_eq!(refused, Err(Refusal::OtherHost), "{host}");
        }
        for host in [
            "",
            ":80",
            "a@localhost",
            "localhost:x",
            "localhost:+1",
            "localhost:70000",
            "[::1",
            "::1",
            "localhost/",
            "localhost 1",
        ] {
            let refused = check(&local, "GET /", &[("host", host)]);
            assert_eq!(refused, Err(Refusal::NoHost), "{host}");
        }
        let twice = [("host", "localhost"), ("host", "localhost")];
        for hosts in [&[][..], &twice] {
            assert_eq!(check(&local, "GET /", hosts), Err(Refusal::NoHost));
        }
    }

    // Issue 11, 6
    #[test]
    fn a_whole_address_as_the_target_gets_round_nothing() {
        let local = Gate::new(false, false);
        for (target, expected) in [
            ("GET http://localhost:1/x", Ok(())),
            ("GET http://127.0.0.1:1/x", Ok(())),
            ("GET http://evil.example/x", Err(Refusal::OtherHost)),
            ("GET http://localhost:2/x", Err(Refusal::OtherHost)),
        ] {
            assert_eq!(
                check(&local, target, &[("host", "localhost:1")]),
                expected,
                "{target}"
            );
        }
        let rebound = [("host", "evil.example")];
        let refused = check(&local, "GET http://localhost/x", &rebound);
        assert_eq!(refused, Err(Refusal::OtherHost));
    }

    // Issue 11, 6
    #[test]
    fn other_machines_may_use_addresses_and_the_name_of_this_one() {
        let gate = Gate {
            remote: Some("box".to_owned()),
            ..Gate::new(false, true)
        };
        for host in ["10.0.0.1:80", "[fd00::1]:1", "Box:80", "localhost"] {
            assert_eq!(check(&gate, "GET /", &[("host", host)]), Ok(()), "{host}");
        }
        for host in ["evil.example", "box.evil.example"] {
            let refused = check(&gate, "GET /", &[("host", host)]);
            assert_eq!(refused, Err(Refusal::OtherHost), "{host}");
        }
        let elsewhere = [("host", "10.0.0.1:80"), ("origin", "http://10.0.0.2:80")];
        assert_eq!(check(&gate, "GET /", &elsewhere), Err(Refusal::OtherOrigin));
    }

    // Issue 11, 6
    #[test]
    fn a_page_of_another_origin_is_refused_and_a_program_is_not() {
        let (plain, tls) = (Gate::new(false, false), Gate::new(true, false));
        for (gate, host, origin, is_own) in [
            (&plain, "localhost:81", "http://localhost:81", true),
            (&plain, "127.0.0.1:81", "http://localhost:81", true),
            (&plain, "localhost", "http://localhost", true),
            (&plain, "localhost", "http://localhost:80", true),
            (&tls, "localhost", "https://localhost:443", true),
            (&plain, "localhost:81", "http://localhost:82", false),
            (&plain, "localhost:81", "https://localhost:81", false),
            (&plain, "localhost:81", "http://evil.example:81", false),
            (&plain, "localhost:81", "http://localhost:81/", false),
            (&plain, "localhost:81", "http://x@localhost:81", false),
            (&plain, "localhost:81", "null", false),
            (&plain, "localhost:81", "", false),
            (&tls, "localhost:81", "http://localhost:81", false),
        ] {
            for method in ["GET /", "POST /tokens", "OPTIONS /iam/v1alpha1/users"] {
                let answer = check(gate, method, &[("host", host), ("origin", origin)]);
                assert_eq!(answer.is_ok(), is_own, "{method} {host} {origin}");
            }
        }
    }

    // Issue 11, 6
    #[test]
    fn other_sites_may_link_to_pages_and_send_nothing() {
        let gate = Gate::new(false, false);
        for (target, site, is_fine) in [
            ("GET /panel/x", "cross-site", true),
            ("GET /authenticate", "same-site", true),
            ("POST /panel/x/sign-in", "same-origin", true),
            ("POST /panel/x/sign-in", "none", true),
            ("POST /panel/x/sign-in", "same-site", false),
            ("POST /authenticate", "cross-site", false),
            ("GET /_sandbox/state", "none", true),
            ("GET /_sandbox/state", "same-site", false),
            ("POST /_sandbox/clock", "cross-site", false),
        ] {
            let lines = [("host", "localhost"), ("sec-fetch-site", site)];
            assert_eq!(
                check(&gate, target, &lines).is_ok(),
                is_fine,
                "{target} {site}"
            );
        }
    }
}
