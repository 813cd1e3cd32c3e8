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
    /// The address of `path` (which starts with a slash) below this base.
    ///
    /// # Errors
    /// [`Invalid`] when the two do not make an address.
    pub fn join(&self, path: &str) -> Result<Url, Invalid> {
        let base = self.0.as_str().trim_end_matches('/');
        Url::parse(&format!("{base}{path}"))
            .map_err(|err| Invalid::new(format!("no address can be made for {path}: {err}")))
    }

    /// Whether requests stay on this machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        match self.0.host() {
            Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(url::Host::Ipv4(ip)) => IpAddr::V4(ip).is_loopback(),
            Some(url::Host::Ipv6(ip)) => IpAddr::V6(ip).is_loopback(),
            None => false,
        }
    }

    /// Whether both addresses are of one origin (RFC 6454 §4): the only one that a secret for
    /// either may be sent to.
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

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        assert!(url("https://a.example/x").is_same_origin(&url("https://a.example:443")));
        assert!(!url("https://a.example").is_same_origin(&url("https://b.example")));
        assert!(!url("http://127.0.0.1:1").is_same_origin(&url("http://127.0.0.1:2")));
    }
}
