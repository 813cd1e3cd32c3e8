//! Where the panel is: a path that nobody can guess.
//!
//! Browsers share the cookies of `localhost` between its ports, in both directions. So the panel's
//! cookies have this path, and names made of it: a server on another port is never sent them, and
//! cannot plant one in their place. Whoever needs the path finds it in `panel_url`; no answer tells
//! it to anybody who does not know it already.

use sha2::{Digest, Sha256};

/// The path of the panel, and the names of its cookies.
#[derive(Debug, Clone)]
pub(crate) struct Home {
    path: String,
    tag: String,
}

impl Home {
    /// The home that belongs to a secret, which is the same each time that a data file is served.
    pub(crate) fn new(secret: &[u8]) -> Self {
        Self::of(format!("/panel/{}", data_encoding::HEXLOWER.encode(secret)))
    }

    /// The home that has a path.
    pub(crate) fn of(path: String) -> Self {
        let tag = data_encoding::HEXLOWER.encode(&Sha256::digest(&path)[..4]);
        Self { path, tag }
    }

    /// The first page's path, without a slash at its end. The others are below.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// The path of a place, which begins with a slash or is empty.
    pub(crate) fn at(&self, place: &str) -> String {
        format!("{}{place}", self.path)
    }

    /// The name that a kind of cookie has here.
    pub(crate) fn cookie(&self, kind: &str) -> String {
        format!("{kind}_{}", self.tag)
    }
}

impl maud::Render for Home {
    fn render_to(&self, page: &mut String) {
        self.path.render_to(page);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_is_its_secrets_and_its_cookies_do_not_tell_it() {
        let home = Home::new(&[0xAB; 16]);
        let path = format!("/panel/{}", "ab".repeat(16));
        assert_eq!(home.path(), path);
        assert_eq!(home.at("/access"), format!("{path}/access"));
        assert!(!path.contains(&home.tag));
        assert_ne!(home.tag, Home::new(&[0xAC; 16]).tag);
        assert!(home.cookie("scw_visit").starts_with("scw_visit_"));
    }
}
