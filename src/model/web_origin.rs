//! The origin of the site that a passkey is for.

use std::{fmt, str::FromStr};

use url::{Host, Url};

use super::Invalid;

/// The origin that a passkey is registered for: `https` and a host name, with a port where it is not
/// the usual one; plain `http` for `localhost` alone.
///
/// The host is the id of the relying party too, which has to be a domain: an IP address is none
/// (WebAuthn Level 3 §5.1.3, "effective domain"; protocol.md E: the id comes from the origin).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebOrigin {
    text: String,
    host: String,
}

impl WebOrigin {
    /// The id of the relying party: the host.
    #[must_use]
    pub fn rp_id(&self) -> &str {
        &self.host
    }
}

impl fmt::Display for WebOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for WebOrigin {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let refused = |why: &str| {
            Invalid::new(format!(
                "{why}: expected https://console.scaleway.com or the like"
            ))
        };
        let url = Url::parse(text.trim()).map_err(|_| refused("this is not an origin"))?;
        let Some(Host::Domain(host)) = url.host() else {
            return Err(refused("passkeys need a host name, not an IP address"));
        };
        match url.scheme() {
            "https" => {}
            "http" if host == "localhost" => {}
            "http" => return Err(refused("plain http is for localhost only")),
            _ => return Err(refused("an origin starts with https://")),
        }
        let more = !url.username().is_empty()
            || url.password().is_some()
            || url.path() != "/"
            || url.query().is_some()
            || url.fragment().is_some();
        if more || host.ends_with('.') {
            return Err(refused(
                "an origin is a scheme, a host and a port, and nothing else",
            ));
        }
        Ok(Self {
            host: host.to_owned(),
            text: url.origin().ascii_serialization(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::WebOrigin;

    // Issue 11, 3
    #[test]
    fn the_id_of_the_relying_party_is_the_host_of_the_origin() {
        for (text, origin, rp_id) in [
            (
                "https://console.scaleway.com",
                "https://console.scaleway.com",
                "console.scaleway.com",
            ),
            (
                " https://Console.Scaleway.com:443/ ",
                "https://console.scaleway.com",
                "console.scaleway.com",
            ),
            (
                "http://localhost:8080",
                "http://localhost:8080",
                "localhost",
            ),
            (
                "https://bücher.example",
                "https://xn--bcher-kva.example",
                "xn--bcher-kva.example",
            ),
        ] {
            let parsed: WebOrigin = text.parse().unwrap();
            assert_eq!(
                (parsed.to_string().as_str(), parsed.rp_id()),
                (origin, rp_id)
            );
        }
    }

    // Issue 11, 3
    #[test]
    fn what_is_no_origin_of_a_passkey_is_refused() {
        for (bad, why) in [
            ("console.scaleway.com", "not an origin"),
            ("http://console.scaleway.com", "plain http"),
            ("http://localhost.example.com", "plain http"),
            ("https://127.0.0.1", "not an IP address"),
            ("https://[::1]:8080", "not an IP address"),
            ("http://127.0.0.1:8080", "not an IP address"),
            ("ftp://console.scaleway.com", "starts with https"),
            ("https://console.scaleway.com/panel", "nothing else"),
            ("https://console.scaleway.com?x=1", "nothing else"),
            ("https://console.scaleway.com#x", "nothing else"),
            ("https://user@console.scaleway.com", "nothing else"),
            ("https://console.scaleway.com.", "nothing else"),
            ("", "not an origin"),
        ] {
            let err = bad.parse::<WebOrigin>().unwrap_err().to_string();
            assert!(err.contains(why), "{bad}: {err}");
            assert!(err.contains("https://console.scaleway.com"), "{err}");
        }
    }
}
