//! Where a browser login may be handed to.

/// The hosts that are this machine.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// A callback on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    host: &'static str,
    port: u16,
    path: String,
}

impl Target {
    /// Takes an address apart; nothing where it is no callback on this machine.
    ///
    /// What is not known to be good is refused: another scheme, a user name, a query, a fragment,
    /// a percent sign, and everything that a browser might read in another way than this does.
    pub(super) fn parse(url: &str) -> Option<Self> {
        let (authority, path) = url.strip_prefix("http://")?.split_once('/')?;
        let (host, port) = authority.rsplit_once(':')?;
        let host = LOOPBACK.into_iter().find(|known| *known == host)?;
        let is_number = port.bytes().all(|digit| digit.is_ascii_digit());
        let port = port.parse().ok().filter(|port| is_number && *port > 0)?;
        let is_plain = path
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte));
        let is_callback = path.ends_with("callback");
        let has_dots = path.split('/').any(|part| part == "." || part == "..");
        (is_plain && is_callback && !has_dots).then(|| Self {
            host,
            port,
            path: path.to_owned(),
        })
    }

    /// The address, as it was.
    pub(super) fn url(&self) -> String {
        format!("{}/{}", self.origin(), self.path)
    }

    pub(super) fn origin(&self) -> String {
        format!("http://{}:{}", self.host, self.port)
    }

    /// The address for a content security policy, which knows no IPv6 addresses: there, the scheme
    /// stands for it.
    pub(super) fn policy_source(&self) -> String {
        if self.host.starts_with('[') {
            "http:".to_owned()
        } else {
            self.origin()
        }
    }
}

/// Text for a query.
pub(crate) fn encode(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        use std::fmt::Write;
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callbacks_on_this_machine_are_taken_as_they_are() {
        for url in [
            "http://localhost:8080/callback",
            "http://127.0.0.1:1/0-a_B.c~d/callback",
            "http://[::1]:65535/x/y/oauth-callback",
        ] {
            assert_eq!(
                Target::parse(url).map(|target| target.url()),
                Some(url.to_owned())
            );
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for url in [
            "",
            "/callback",
            "//localhost:80/callback",
            "https://localhost:80/callback",
            "HTTP://localhost:80/callback",
            "javascript:alert(1)//localhost:80/callback",
            "http://localhost/callback",
            "http://localhost:/callback",
            "http://localhost:0/callback",
            "http://localhost:+80/callback",
            "http://localhost:65536/callback",
            "http://localhost:80",
            "http://localhost:80/",
            "http://localhost:80/elsewhere",
            "http://localhost:80/callback/",
            "http://localhost:80/callback?x=callback",
            "http://localhost:80/#/callback",
            "http://localhost:80/../callback",
            "http://localhost:80/%2e/callback",
            "http://localhost:80/a b/callback",
            "http://localhost:80/\r\nX: y/callback",
            "http://localhost:80/\"><script>/callback",
            "http://localhost:80@evil.example/callback",
            "http://user@localhost:80/callback",
            "http://localhost:80\\@evil.example/callback",
            "http://evil.example:80/callback",
            "http://localhost.evil.example:80/callback",
            "http://evil.example/localhost:80/callback",
            "http://127.0.0.2:80/callback",
            "http://127.1:80/callback",
            "http://0.0.0.0:80/callback",
            "http://[::]:80/callback",
            "http://::1:80/callback",
            " http://localhost:80/callback",
        ] {
            assert_eq!(Target::parse(url), None, "{url}");
        }
    }

    #[test]
    fn a_query_holds_no_sign_with_a_meaning() {
        assert_eq!(encode("aB9-._~+/=&? é"), "aB9-._~%2B%2F%3D%26%3F%20%C3%A9");
    }
}
