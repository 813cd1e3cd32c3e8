//! A plain client for the sandbox's own tests.

#![allow(unreachable_pub, reason = "its items are for the tests beside it")]

pub mod browser;
pub mod device;
pub mod trail;
pub mod way;

use scw_sandbox::{Options, Sandbox, Seed, one_time_password};
use serde_json::{Value, json};

/// A sandbox and the means to speak to it.
pub struct Wire {
    pub sandbox: Sandbox,
    agent: ureq::Agent,
}

/// An answer.
pub struct Answer {
    pub status: u16,
    pub headers: ureq::http::HeaderMap,
    pub body: Value,
}

/// Text for a query or a form.
pub fn encode(text: &str) -> String {
    text.bytes().fold(String::new(), |encoded, byte| {
        format!("{encoded}%{byte:02X}")
    })
}

impl Answer {
    /// The value of a cookie that the answer sets, as a browser sends it back, but with the kind
    /// of cookie as its name: [`Wire::send`] puts the real name there.
    pub fn cookie(&self, kind: &str) -> Option<String> {
        let set = self.headers.get_all("set-cookie").iter();
        let mut pairs = set.map(|header| header.to_str().unwrap().split(';').next().unwrap());
        let (_, value) = pairs.find_map(|pair| {
            pair.split_once('=')
                .filter(|(name, _)| name.starts_with(kind))
        })?;
        Some(format!("{kind}={value}"))
    }

    /// The page.
    pub fn html(&self) -> &str {
        self.body.as_str().unwrap_or_default()
    }

    /// The token of the forms on a page.
    #[track_caller]
    pub fn form(&self) -> String {
        let start = "name=\"form\" value=\"";
        let html = self.html();
        let from = html
            .find(start)
            .unwrap_or_else(|| panic!("no form in {html}"))
            + start.len();
        html[from..].split('"').next().unwrap().to_owned()
    }

    /// Asserts the status and gives the body.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }
}

impl Wire {
    pub fn new() -> Self {
        Self::with(Options::default())
    }

    pub fn with(options: Options) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            .max_redirects(0)
            .build();
        Self {
            sandbox: Sandbox::start(options).unwrap(),
            agent: config.into(),
        }
    }

    /// A sandbox with the accounts of a seed.
    pub fn seeded(seed: &Value) -> Self {
        Self::with(Options {
            seed: Some(Seed::parse(&seed.to_string()).unwrap()),
            ..Options::default()
        })
    }

    /// The path of the first user, or of something below it.
    pub fn user_path(&self, below: &str) -> String {
        format!("/iam/v1alpha1/users/{}{below}", self.sandbox.info().user_id)
    }

    /// Sends a request with a key of one's choice; an error is a connection that broke.
    pub fn try_request(
        &self,
        method: &str,
        path: &str,
        key: Option<&str>,
        body: Option<Value>,
    ) -> Result<Answer, ureq::Error> {
        let mut headers = vec![("content-type", "application/json")];
        headers.extend(key.map(|key| ("x-auth-token", key)));
        let text = body.map(|body| body.to_string()).unwrap_or_default();
        self.send(method, path, &headers, &text)
    }

    /// The real path of a page: tests write `/panel` for the path that nobody can guess.
    pub fn real(&self, path: &str) -> String {
        let rest = path.strip_prefix("/panel");
        match rest.filter(|rest| rest.is_empty() || rest.starts_with(['/', '?'])) {
            Some(rest) => format!("{}{rest}", self.home()),
            None => path.to_owned(),
        }
    }

    /// The path of the settings of the first user's organization.
    pub fn settings_path(&self) -> String {
        let id = &self.sandbox.info().organization_id;
        format!("/iam/v1alpha1/organizations/{id}/security-settings")
    }

    /// The origin of the pages, at `localhost`.
    pub fn origin(&self) -> String {
        let url = &self.sandbox.info().panel_url;
        url[..url.len() - self.home().len()].to_owned()
    }

    /// The path of the panel.
    pub fn home(&self) -> &str {
        let after_host = self.sandbox.info().panel_url.splitn(4, '/').nth(3);
        let at = self.sandbox.info().panel_url.len() - after_host.unwrap().len() - 1;
        &self.sandbox.info().panel_url[at..]
    }

    /// The cookies by their real names in the panel.
    fn real_cookies(&self, cookies: &str) -> String {
        let digest = <sha2::Sha256 as sha2::Digest>::digest(self.home());
        let tag = data_encoding::HEXLOWER.encode(&digest[..4]);
        ["scw_visit", "scw_session"]
            .iter()
            .fold(cookies.to_owned(), |cookies, kind| {
                cookies.replace(&format!("{kind}="), &format!("{kind}_{tag}="))
            })
    }

    /// Sends any request, with the names of tests for the panel's path and its cookies.
    pub fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Answer, ureq::Error> {
        let real = self.real(path);
        let headers: Vec<(&str, String)> = headers
            .iter()
            .map(|(name, value)| match *name {
                "cookie" if real != path => (*name, self.real_cookies(value)),
                _ => (*name, (*value).to_owned()),
            })
            .collect();
        self.send_as_is(method, &real, &headers, body)
    }

    /// Sends any request as it is.
    pub fn send_as_is(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, String)],
        body: &str,
    ) -> Result<Answer, ureq::Error> {
        let mut request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.sandbox.info().api_url));
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let mut response = self.agent.run(request.body(body.to_owned()).unwrap())?;
        let text = response.body_mut().read_to_string()?;
        Ok(Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: serde_json::from_str(&text).unwrap_or(Value::String(text)),
        })
    }

    /// Opens a page.
    pub fn open(&self, path: &str, cookie: &str) -> Answer {
        self.send("GET", path, &[("cookie", cookie)], "").unwrap()
    }

    /// Sends a form.
    pub fn fill(&self, path: &str, cookie: &str, fields: &[(&str, &str)]) -> Answer {
        let pairs: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("{name}={}", encode(value)))
            .collect();
        let headers = [
            ("content-type", "application/x-www-form-urlencoded"),
            ("cookie", cookie),
        ];
        self.send("POST", path, &headers, &pairs.join("&")).unwrap()
    }

    /// Sends a request in a session.
    pub fn in_session(&self, token: &str, method: &str, path: &str, body: Option<Value>) -> Answer {
        let text = body.map(|body| body.to_string()).unwrap_or_default();
        self.send(method, path, &[("x-session-token", token)], &text)
            .unwrap()
    }

    /// Logs in to the IAM API with a password, and a code where one is given.
    pub fn log_in(&self, email: &str, password: &str, otp: &str) -> Answer {
        let body = json!({"email": email, "password": password, "otp": otp});
        self.request_with("POST", "/account/v2/login", None, Some(body))
    }

    /// Logs the first user in to the IAM API.
    pub fn log_in_first(&self, otp: &str) -> Answer {
        let info = self.sandbox.info().clone();
        self.log_in(&info.email, &info.password, otp)
    }

    /// The one-time password for a key now.
    pub fn code(&self, secret: &str) -> String {
        one_time_password(secret, self.sandbox.now()).unwrap()
    }

    /// Switches the first user's second factor on: its key and its backup codes. The clock moves on
    /// far enough for the next code to be a new one.
    pub fn switch_on(&self) -> (String, Vec<String>) {
        let made = self
            .post(&self.user_path("/mfa-otp"), json!({}))
            .expect(200);
        let secret = made["secret"].as_str().unwrap().to_owned();
        let body = json!({"one_time_password": self.code(&secret)});
        let codes = self
            .post(&self.user_path("/validate-mfa-otp"), body)
            .expect(200);
        self.sandbox.advance(60);
        let codes = codes["recovery_codes"].as_array().unwrap();
        let codes = codes.iter().map(|code| code.as_str().unwrap().to_owned());
        (secret, codes.collect())
    }

    pub fn request_with(
        &self,
        method: &str,
        path: &str,
        key: Option<&str>,
        body: Option<Value>,
    ) -> Answer {
        self.try_request(method, path, key, body).unwrap()
    }

    pub fn request(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        let key = self.sandbox.info().secret_key.clone();
        self.request_with(method, path, Some(&key), body)
    }

    pub fn get(&self, path: &str) -> Answer {
        self.request("GET", path, None)
    }

    pub fn post(&self, path: &str, body: Value) -> Answer {
        self.request("POST", path, Some(body))
    }

    pub fn delete(&self, path: &str) -> Answer {
        self.request("DELETE", path, None)
    }
}
