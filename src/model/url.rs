//! The address of an API.

use std::{fmt, net::IpAddr, str::FromStr};

use serde::{Deserialize, Serialize};
use url::Url;

use super::Invalid;

/// The base address of an API: `https`, or plain `http` where it never leaves this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ApiUrl(Url);

impl ApiUrl {
    /// The address of `path` below this base. It starts with a slash and holds no query.
    ///
    /// # Errors
    /// [`Invalid`] when the path would name another place than it says: a `..`, an empty part, a
    /// query, a percent or backslash. The message does not repeat it, since it may hold a secret.
    pub fn join(&self, path: &str) -> Result<Url, Invalid> {
        let refused = || Invalid::new("the path of a request holds something that no path has");
        if !path.starts_with('/') || path.contains("//") || path.contains('%') {
            return Err(refused());
        }
        let mut url = self.0.clone();
        let whole = format!("{}{path}", url.path().trim_end_matches('/'));
        url.set_path(&whole);
        // Whatever the parser changes was not as plain as it looked: `..`, `\`, `?`, `#`, a space.
        if url.path() == whole {
            Ok(url)
        } else {
            Err(refused())
        }
    }

    /// Whether requests stay on this machine: `localhost`, 127.0.0.0/8 and `::1` (RFC 6761 §6.3,
    /// RFC 1122 §3.2.1.3, RFC 4291 §2.5.3).
    ///
    /// A name below `localhost` is none of them, since many resolvers ask the DNS for it.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        match self.0.host() {
            Some(url::Host::Domain(name)) => name == "localhost",
            Some(url::Host::Ipv4(ip)) => IpAddr::V4(ip).is_loopback(),
            Some(url::Host::Ipv6(ip)) => IpAddr::V6(ip).is_loopback(),
            None => false,
        }
    }

    /// The host, without the brackets of an IPv6 address.
    #[must_use]
    pub fn host(&self) -> String {
        match self.0.host() {
            Some(url::Host::Domain(name)) => name.to_owned(),
            Some(url::Host::Ipv4(ip)) => ip.to_string(),
            Some(url::Host::Ipv6(ip)) => ip.to_string(),
            None => String::new(),
        }
    }

    /// The port, where the address names none that of its scheme.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.0.port_or_known_default().unwrap_or(443)
    }

    /// Whether requests are encrypted.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// Whether a secret for `self` may be sent to `other` as well: to the same
    /// origin only, which is scheme, host and port (RFC 6454 §4).
    #[must_use]
    pub fn is_same_origin(&self, other: &Self) -> bool {
        self.0.origin() == other.0.origin()
    }
}

impl fmt::Display for ApiUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

impl FromStr for ApiUrl {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let url = Url::parse(text.trim()).map_err(|err| {
            Invalid::new(format!(
                "an API address looks like https://api.scaleway.com: {err}"
            ))
        })?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Invalid::new(
                "an API address holds no user name or password",
            ));
        }
        if url.query().is_some() || url.fragment().is_some() || url.host().is_none() {
            return Err(Invalid::new(
                "an API address is a host and at most a path, like https://api.scaleway.com",
            ));
        }
        let url = Self(url);
        match url.0.scheme() {
            "https" => Ok(url),
            "http" if url.is_loopback() => Ok(url),
            "http" => Err(Invalid::new(
                "plain http would send the secret key in the clear: use https (http is for loopback addresses only)",
            )),
            _ => Err(Invalid::new("an API address starts with https://")),
        }
    }
}

impl TryFrom<String> for ApiUrl {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        text.parse()
    }
}

impl From<ApiUrl> for String {
    fn from(url: ApiUrl) -> Self {
        url.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::ApiUrl;

    fn url(text: &str) -> ApiUrl {
        text.parse().unwrap()
    }

    // Issue 7, 12
    #[test]
    fn plain_http_is_for_loopback_only() {
        for good in [
            "https://api.scaleway.com",
            "http://127.0.0.1:80",
            "http://[::1]:1",
            "http://localhost:9",
        ] {
            assert!(good.parse::<ApiUrl>().is_ok(), "{good}");
        }
        for bad in [
            "http://api.scaleway.com",
            "http://127.0.0.1.example.com",
            "http://localhost.example.com",
            "http://api.localhost",
            "http://localhost.",
            "http://10.0.0.1",
            "ftp://localhost",
            "api.scaleway.com",
            "https://user:pw@api.scaleway.com",
            "https://api.scaleway.com?x=1",
            "",
        ] {
            assert!(bad.parse::<ApiUrl>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_path_in_the_base_is_kept() {
        let joined = url("https://proxy.example/scw/")
            .join("/iam/v1alpha1/users")
            .unwrap();
        assert_eq!(
            joined.as_str(),
            "https://proxy.example/scw/iam/v1alpha1/users"
        );
    }

    // Issue 7, 28
    #[test]
    fn a_path_that_names_another_place_than_it_says_is_refused() {
        let base = url("https://api.example/scw");
        for bad in [
            "/jwts/../api-keys/SCW1",
            "/jwts/./x",
            "/jwts//x",
            "/jwts/a?b=c",
            "/jwts/a#b",
            "/jwts/a\\b",
            "/jwts/%2e%2e/x",
            "/jwts/a b",
            "/jwts/ä",
            "/jwts/a\nb",
            "jwts",
            "@evil.example/x",
            "",
        ] {
            let err = base.join(bad).unwrap_err();
            assert!(bad.is_empty() || !err.to_string().contains(bad), "{bad}");
        }
        assert!(
            base.join("/users/5c9e0a3e-1d0f-4a55-9d6f-0f0e4a6d2b11/2FA")
                .is_ok()
        );
    }

    // Issue 7, 6
    #[test]
    fn a_secret_is_bound_to_scheme_host_and_port() {
        assert!(url("https://a.example/x").is_same_origin(&url("https://a.example:443")));
        for other in [
            "https://b.example",
            "https://a.example:444",
            "http://127.0.0.1:1",
        ] {
            assert!(
                !url("https://a.example").is_same_origin(&url(other)),
                "{other}"
            );
        }
        assert!(!url("http://127.0.0.1:1").is_same_origin(&url("http://127.0.0.1:2")));
        assert!(!url("http://127.0.0.1:1").is_same_origin(&url("http://localhost:1")));
    }
}
