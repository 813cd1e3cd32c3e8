//! How a path is shown: a secret that was put into one does not come out again.
//!
//! In the 2017 API the address of a token holds the token, and the panel's path is a secret too. A
//! mistyped address, or another spelling of the same one, may hold them at any place. So only what
//! the routes themselves know is shown.

use crate::{account, authenticate, iam, panel::Home};

/// What is shown in place of a segment that may be a secret.
const HIDDEN: &str = "***";

/// The routes, as far as showing paths goes.
#[derive(Debug, Clone)]
pub(crate) struct Shown {
    routes: Vec<Vec<&'static str>>,
    home: Home,
}

impl Shown {
    /// Knows all routes, and where the panel is.
    pub(crate) fn new(home: &Home) -> Self {
        let iam = iam::calls().into_iter().map(|call| call.path);
        let others = [
            crate::openapi::PATH,
            authenticate::START,
            "/panel",
            "/assets/style.css",
            "/assets/script.js",
        ];
        let routes = iam.chain(account::PATHS).chain(others);
        Self {
            routes: routes.map(|path| path.split('/').collect()).collect(),
            home: home.clone(),
        }
    }

    /// A path without its secrets.
    pub(crate) fn path(&self, path: &str) -> String {
        if let Some(rest) = path.strip_prefix(self.home.path())
            && (rest.is_empty() || rest.starts_with('/'))
        {
            return format!("/panel/{HIDDEN}{}", self.words(rest, is_place));
        }
        // Each browser login has pages of its own, at an address that nobody can guess.
        let below_start = path.strip_prefix(authenticate::START);
        if let Some(login) = below_start.and_then(|rest| rest.strip_prefix('/')) {
            let rest = &login[login.find('/').unwrap_or(login.len())..];
            let start = authenticate::START;
            return format!("{start}/{HIDDEN}{}", self.words(rest, is_place));
        }
        let segments: Vec<&str> = path.split('/').collect();
        if self.routes.iter().any(|route| leads(route, &segments)) {
            // What the 2017 API calls the id of a token is the token.
            return match path.strip_prefix("/tokens/") {
                Some(_) => format!("/tokens/{HIDDEN}"),
                None => path.to_owned(),
            };
        }
        self.words(path, |_| false)
    }

    /// A path with its segments hidden that are no words of routes, nor allowed for themselves.
    fn words(&self, path: &str, allowed: fn(&str) -> bool) -> String {
        let is_word = |segment: &str| {
            let mut words = self.routes.iter().flatten();
            words.any(|word| *word == segment) || allowed(segment)
        };
        path.split('/')
            .map(|segment| if is_word(segment) { segment } else { HIDDEN })
            .collect::<Vec<_>>()
            .join("/")
    }
}

/// Whether a route leads to a path.
fn leads(route: &[&str], path: &[&str]) -> bool {
    let is_same = |(part, segment): (&&str, &&str)| {
        part == segment || (part.starts_with('{') && !segment.is_empty())
    };
    route.len() == path.len() && route.iter().zip(path).all(is_same)
}

/// Whether this is how the panel's own places are called. The secrets that the service makes have
/// a digit or a capital letter; none of them stands in an address of the panel.
fn is_place(segment: &str) -> bool {
    segment
        .bytes()
        .all(|letter| letter.is_ascii_lowercase() || letter == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    // Issue 11, 6
    #[test]
    fn only_what_routes_know_is_shown() {
        let home = Home::new(&[0xAB; 16]);
        let shown = Shown::new(&home);
        let secret = "11111111-2222-4333-8444-555555555555";
        for (path, expected) in [
            ("/tokens", "/tokens"),
            ("/tokens/SECRET", "/tokens/***"),
            ("//tokens/SECRET", "//tokens/***"),
            ("/./tokens/SECRET", "/***/tokens/***"),
            ("/tokens/./SECRET", "/tokens/***/***"),
            ("/TOKENS/SECRET", "/***/***"),
            ("/%74okens/SECRET", "/***/***"),
            ("/tokens%2FSECRET", "/***"),
            ("/tokens;x/SECRET", "/***/***"),
            ("/tokens/SECRET/", "/tokens/***/"),
            ("/tokens/SECRET/users/SECRET", "/tokens/***/users/***"),
            ("/users/SECRET/", "/users/***/"),
            ("/SECRET", "/***"),
            ("SECRET", "***"),
            ("/panel/SECRET", "/panel/***"),
            ("/PANEL/SECRET/access", "/***/***/***"),
            ("", ""),
            ("/", "/"),
            ("*", "***"),
            ("/authenticate", "/authenticate"),
            ("/authenticate/SECRET/code", "/authenticate/***/code"),
            ("/authenticate/x/SECRET", "/authenticate/***/***"),
            ("/users/u-1/2FA", "/users/u-1/2FA"),
            ("/iam/v1alpha1/api-keys/SCWX", "/iam/v1alpha1/api-keys/SCWX"),
            ("/iam/v1alpha1/nowhere/SECRET", "/iam/v1alpha1/***/***"),
        ] {
            assert_eq!(
                shown.path(&path.replace("SECRET", secret)),
                expected,
                "{path}"
            );
        }
        for (place, expected) in [
            ("", "/panel/***"),
            ("/", "/panel/***/"),
            ("/sign-in/code", "/panel/***/sign-in/code"),
            ("/tokens/11111111-2222", "/panel/***/tokens/***"),
            ("x/access", "/panel/***/***"),
        ] {
            assert_eq!(shown.path(&home.at(place)), expected, "{place}");
        }
    }
}
