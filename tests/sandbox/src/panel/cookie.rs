//! The two cookies: of a visit before the sign-in, and of a session after it.

use axum::http::{HeaderMap, HeaderValue, header};

use super::Home;
use crate::service::Service;

/// The cookie before the sign-in. It is no proof of anything but of having been shown a form.
pub(crate) const VISIT: &str = "scw_visit";

/// The cookie of a session: its value is the session's token.
pub(super) const SESSION: &str = "scw_session";

/// The value of a cookie of the panel; nothing where it is missing or empty.
pub(super) fn own<'a>(headers: &'a HeaderMap, service: &Service, kind: &str) -> Option<&'a str> {
    of(headers, &service.home, kind)
}

/// The value of a cookie of the pages below a home; nothing where it is missing or empty.
pub(crate) fn of<'a>(headers: &'a HeaderMap, home: &Home, kind: &str) -> Option<&'a str> {
    read(headers, &home.cookie(kind))
}

/// The value of a cookie. Of several with one name a browser sends the one with the longest path
/// first.
fn read<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(found, _)| *found == name)
        .map(|(_, value)| value)
        .filter(|value| !value.is_empty())
}

/// Sets a cookie of the panel; an empty value takes it away.
pub(super) fn set(headers: &mut HeaderMap, service: &Service, kind: &str, value: &str) {
    set_below(headers, service, &service.home, (kind, value));
}

/// Sets a cookie for a home and what is below it, for as long as the browser is open; an empty
/// value takes it away.
///
/// Values are the service's own secrets in base64 for addresses: nothing in them needs quoting.
pub(crate) fn set_below(
    headers: &mut HeaderMap,
    service: &Service,
    home: &Home,
    (kind, value): (&str, &str),
) {
    let (name, path) = (home.cookie(kind), home.path());
    let end = if value.is_empty() { "; Max-Age=0" } else { "" };
    let secure = if service.tls { "; Secure" } else { "" };
    let cookie = format!("{name}={value}; Path={path}; HttpOnly; SameSite=Lax{secure}{end}");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        headers.append(header::SET_COOKIE, cookie);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock::Clock, panel::Memory, store::Store, webauthn::Ceremonies};

    #[test]
    fn a_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        for line in ["a=1; scw_visit=; xscw_session=no", "scw_session=yes.1; b"] {
            headers.append(header::COOKIE, HeaderValue::from_static(line));
        }
        assert_eq!(read(&headers, SESSION), Some("yes.1"));
        assert_eq!(read(&headers, VISIT), None);
    }

    #[test]
    fn with_tls_a_cookie_stays_on_it() {
        for (tls, end) in [(false, "SameSite=Lax"), (true, "SameSite=Lax; Secure")] {
            let service = Service {
                store: Store::open(None).unwrap(),
                clock: Clock::default(),
                tls,
                home: Home::new(b"secret"),
                memory: Memory::default(),
                origin: String::new(),
                ceremonies: Ceremonies::default(),
            };
            let mut headers = HeaderMap::new();
            set(&mut headers, &service, SESSION, "x");
            let cookie = headers[header::SET_COOKIE].to_str().unwrap();
            let name = service.home.cookie(SESSION);
            let path = service.home.path();
            assert_eq!(cookie, format!("{name}=x; Path={path}; HttpOnly; {end}"));
        }
    }
}
