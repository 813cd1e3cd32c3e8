//! A browser on its way through the pages of a browser login.

use super::{Answer, Wire, encode};

/// Where a login for a target begins.
pub fn address(target: &str) -> String {
    format!("/authenticate?redirectToUrl={}", encode(target))
}

/// A browser on the way through the pages, at `localhost`.
pub struct Way<'a> {
    wire: &'a Wire,
    pub cookies: Vec<String>,
    /// The address of the page that is shown.
    pub at: String,
}

impl<'a> Way<'a> {
    pub fn new(wire: &'a Wire) -> Self {
        Self {
            wire,
            cookies: Vec::new(),
            at: String::new(),
        }
    }

    /// At the first page of a login for a target.
    pub fn begun(wire: &'a Wire, target: &str) -> Self {
        let mut way = Self::new(wire);
        way.open(&address(target));
        way
    }

    pub fn send(&mut self, method: &str, path: &str, body: &str) -> Answer {
        let origin = self.wire.origin();
        let host = origin.split("//").nth(1).unwrap().to_owned();
        let headers = [
            ("host", host),
            ("content-type", "application/x-www-form-urlencoded".into()),
            ("cookie", self.cookies.join("; ")),
        ];
        let answer = self.wire.send_as_is(method, path, &headers, body).unwrap();
        for set in answer.headers.get_all("set-cookie") {
            let pair = set.to_str().unwrap().split(';').next().unwrap();
            let name = format!("{}=", pair.split('=').next().unwrap());
            self.cookies.retain(|known| !known.starts_with(&name));
            if pair != name {
                self.cookies.push(pair.to_owned());
            }
        }
        answer
    }

    /// Opens an address, and follows where it leads on this server.
    pub fn open(&mut self, path: &str) -> Answer {
        let mut path = path.to_owned();
        loop {
            let answer = self.send("GET", &path, "");
            match answer.headers.get("location") {
                Some(to) if to.to_str().unwrap().starts_with('/') => {
                    to.to_str().unwrap().clone_into(&mut path);
                }
                _ => {
                    self.at = path;
                    return answer;
                }
            }
        }
    }

    /// The page that is shown, loaded again.
    pub fn reload(&mut self) -> Answer {
        let at = self.at.clone();
        self.open(&at)
    }

    /// Sends fields to the page that is shown, with this token; the answer, not followed.
    pub fn post(&mut self, form: &str, fields: &[(&str, &str)]) -> Answer {
        let at = self.at.clone();
        let fields = [&[("form", form)], fields].concat();
        let pairs: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("{name}={}", encode(value)))
            .collect();
        self.send("POST", &at, &pairs.join("&"))
    }

    /// Fills in the form of the page that is shown. On this server the answer is followed.
    pub fn fill(&mut self, fields: &[(&str, &str)]) -> Answer {
        let form = self.reload().form();
        let answer = self.post(&form, fields);
        assert_eq!(answer.status, 303, "{}", answer.body);
        let to = answer.headers["location"].to_str().unwrap().to_owned();
        if to.starts_with('/') {
            self.open(&to)
        } else {
            answer
        }
    }

    pub fn password(&mut self, email: &str, password: &str) -> Answer {
        self.fill(&[("email", email), ("password", password)])
    }

    pub fn password_of_first(&mut self) -> Answer {
        let info = self.wire.sandbox.info().clone();
        self.password(&info.email, &info.password)
    }
}
