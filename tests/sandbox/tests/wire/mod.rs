//! A plain client for the sandbox's own tests.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test binary compiles this module and uses another part of it"
)]

use scw_sandbox::{Options, Sandbox};
use serde_json::Value;

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

impl Answer {
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
        let mut request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.sandbox.info().api_url))
            .header("content-type", "application/json");
        if let Some(key) = key {
            request = request.header("x-auth-token", key);
        }
        let text = body.map(|body| body.to_string()).unwrap_or_default();
        let mut response = self.agent.run(request.body(text).unwrap())?;
        let text = response.body_mut().read_to_string()?;
        Ok(Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: serde_json::from_str(&text).unwrap_or(Value::String(text)),
        })
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
