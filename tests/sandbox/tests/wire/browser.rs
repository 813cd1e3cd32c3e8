//! A browser at the control panel.

use super::{Answer, Wire};

/// A browser with its cookies.
pub struct Browser<'a> {
    wire: &'a Wire,
    pub cookies: Vec<(&'static str, String)>,
}

impl<'a> Browser<'a> {
    pub fn new(wire: &'a Wire) -> Self {
        Self {
            wire,
            cookies: Vec::new(),
        }
    }

    /// A browser whose user, the first one, is signed in.
    pub fn signed_in(wire: &'a Wire) -> Self {
        let mut browser = Self::new(wire);
        browser.password().leads_to("/panel");
        browser
    }

    /// Another browser of the same person, with a second factor.
    pub fn signed_in_as_other(wire: &'a Wire, backup_code: &str) -> Self {
        let mut browser = Self::new(wire);
        browser.password().leads_to("/panel/sign-in/code");
        browser.code("backup_code", backup_code).leads_to("/panel");
        browser
    }

    pub fn cookie(&self, name: &str) -> String {
        let found = self.cookies.iter().find(|(known, _)| *known == name);
        found.map(|(_, cookie)| cookie.clone()).unwrap_or_default()
    }

    pub fn header(&self) -> String {
        let cookies: Vec<&str> = self.cookies.iter().map(|(_, line)| line.as_str()).collect();
        cookies.join("; ")
    }

    pub fn keep(&mut self, answer: Answer) -> Answer {
        for name in ["scw_visit", "scw_session"] {
            if let Some(cookie) = answer.cookie(name) {
                self.cookies.retain(|(known, _)| *known != name);
                if !cookie.ends_with('=') {
                    self.cookies.push((name, cookie));
                }
            }
        }
        answer
    }

    pub fn open(&mut self, path: &str) -> Answer {
        let answer = self.wire.open(path, &self.header());
        self.keep(answer)
    }

    /// Sends exactly these fields.
    pub fn send(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let answer = self.wire.fill(path, &self.header(), fields);
        self.keep(answer)
    }

    /// Opens a page and sends a form of it.
    pub fn fill(&mut self, page: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        let form = self.open(page).form();
        let fields = [&[("form", form.as_str())], fields].concat();
        self.send(path, &fields)
    }

    /// Follows the answer to a form, which is always a redirect, and checks what the page says.
    #[track_caller]
    pub fn told(&mut self, answer: &Answer, place: &str, text: &str) -> Answer {
        answer.leads_to(place);
        let page = self.open(place);
        page.shows(200, text);
        page
    }

    /// Signs the first user in, as far as the password does.
    pub fn password(&mut self) -> Answer {
        let info = self.wire.sandbox.info();
        let fields = [
            ("email", info.email.as_str()),
            ("password", info.password.as_str()),
        ];
        self.fill("/panel/sign-in", "/panel/sign-in", &fields)
    }

    pub fn code(&mut self, field: &str, code: &str) -> Answer {
        let page = "/panel/sign-in/code";
        self.fill(page, page, &[(field, code)])
    }

    /// Begins to enable, and reads the key off the page.
    pub fn start(&mut self) -> String {
        self.fill("/panel", "/panel/two-factor/start", &[])
            .leads_to("/panel/two-factor/enable");
        key(self.open("/panel/two-factor/enable").html())
    }

    pub fn enable(&mut self, code: &str) -> Answer {
        let page = "/panel/two-factor/enable";
        self.fill(page, page, &[("code", code)])
    }

    /// Enables the second factor: its key and its backup codes, which are not saved yet.
    pub fn enabled(&mut self) -> (String, Vec<String>) {
        let key = self.start();
        let code = self.wire.code(&key);
        self.enable(&code).leads_to("/panel/backup-codes");
        (key, codes(self.open("/panel/backup-codes").html()))
    }

    pub fn sign_out(&mut self) {
        self.fill("/panel", "/panel/sign-out", &[])
            .leads_to("/panel/sign-in?out");
    }

    pub fn disable(&mut self, confirmation: &str, code: (&str, &str)) -> Answer {
        let page = "/panel/two-factor/disable";
        self.fill(page, page, &[("confirmation", confirmation), code])
    }
}

/// What tests look at in an answer.
pub trait Look {
    fn leads_to(&self, place: &str);
    fn shows(&self, status: u16, text: &str) -> &str;
}

impl Look for Answer {
    #[track_caller]
    fn leads_to(&self, place: &str) {
        assert_eq!(self.status, 303, "{}", self.html());
        let location = self.headers["location"].to_str().unwrap();
        let shown = match location
            .strip_prefix("/panel/")
            .map(|rest| rest.split_at(32))
        {
            Some((secret, rest)) => {
                assert!(secret.bytes().all(|letter| letter.is_ascii_hexdigit()));
                format!("/panel{rest}")
            }
            None => location.to_owned(),
        };
        assert_eq!(shown, place);
    }

    #[track_caller]
    fn shows(&self, status: u16, text: &str) -> &str {
        assert_eq!(self.status, status, "{}", self.html());
        assert!(self.html().contains(text), "{}", self.html());
        self.html()
    }
}

/// The key on the page of the setup.
pub fn key(page: &str) -> String {
    let key = page.split("<code id=\"key\">").nth(1).unwrap();
    key.split('<').next().unwrap().replace(' ', "")
}

pub fn codes(page: &str) -> Vec<String> {
    let list = page.split("<ol class=\"codes\"").nth(1);
    let list = list.unwrap_or_else(|| panic!("no codes in {page}"));
    let list = list.split("</ol>").next().unwrap();
    let codes = list.split("<code>").skip(1);
    codes
        .map(|code| code.split('<').next().unwrap().to_owned())
        .collect()
}

/// What both APIs say: on or off.
#[track_caller]
pub fn both_say(wire: &Wire, is_on: bool) {
    assert_eq!(wire.get(&wire.user_path("")).expect(200)["mfa"], is_on);
    let info = wire.sandbox.info();
    let path = format!("/users/{}/2FA", info.user_id);
    let told = wire.request_with("GET", &path, Some(&info.token), None);
    assert_eq!(told.expect(200)["2FA"]["enabled"], is_on);
}
