//! The test as the browser of `scw login --web`.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, Stdio},
};

use data_encoding::BASE64;
use serde_json::{Value, json};

use super::{Ran, World};

/// A browser at the start page of a login. It goes where a person goes, and keeps the cookie.
pub struct Browser {
    pub port: u16,
    pub start: String,
    /// The path of the callback, once the start page was opened.
    pub callback: String,
    cookie: String,
}

/// What a browser says when a person goes somewhere (W3C Fetch Metadata).
const NAVIGATION: &str = "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n";

impl Browser {
    pub fn at(start_page: &str) -> Self {
        let address = url::Url::parse(start_page).unwrap();
        assert_eq!(address.host_str(), Some("localhost"));
        Self {
            port: address.port().unwrap(),
            start: address.path().to_owned(),
            callback: String::new(),
            cookie: String::new(),
        }
    }

    /// Sends a request and returns the answer; nothing when nobody listens.
    pub fn send(&self, request: &str) -> Option<String> {
        let mut stream = TcpStream::connect(("localhost", self.port)).ok()?;
        stream.write_all(request.as_bytes()).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        Some(answer)
    }

    /// A request line and further headers, sent to where the start page is.
    pub fn ask(&self, line: &str, headers: &str) -> String {
        let request = format!(
            "{line} HTTP/1.1\r\nHost: localhost:{}\r\n{headers}{}\r\n",
            self.port, self.cookie
        );
        self.send(&request).unwrap()
    }

    pub fn get(&self, target: &str) -> String {
        self.ask(&format!("GET {target}"), NAVIGATION)
    }

    /// Opens the start page, and returns where it leads.
    pub fn open_start(&mut self) -> url::Url {
        let answer = self.get(&self.start);
        assert!(answer.starts_with("HTTP/1.1 303"), "{answer}");
        for guard in [
            "Cache-Control: no-store",
            "Referrer-Policy: no-referrer",
            "Content-Security-Policy: default-src 'none'",
        ] {
            assert!(answer.contains(guard), "{answer}");
        }
        let header = |name: &str| {
            answer
                .lines()
                .find_map(|line| line.strip_prefix(name))
                .unwrap_or_else(|| panic!("no {name} in {answer}"))
                .to_owned()
        };
        let cookie = header("Set-Cookie: ");
        assert!(cookie.contains("; HttpOnly; SameSite=Lax"), "{cookie}");
        self.cookie = format!("Cookie: {}\r\n", cookie.split(';').next().unwrap());
        let page = url::Url::parse(&header("Location: ")).unwrap();
        let (name, callback) = page.query_pairs().next().unwrap();
        assert_eq!(name, "redirectToUrl");
        let callback = url::Url::parse(&callback).unwrap();
        assert_eq!(callback.port(), Some(self.port));
        assert_eq!(callback.host_str(), Some("localhost"));
        callback.path().clone_into(&mut self.callback);
        page
    }

    /// Forgets the cookie, as another browser has none.
    pub fn forget(&mut self) -> String {
        std::mem::take(&mut self.cookie)
    }

    pub fn remember(&mut self, cookie: String) {
        self.cookie = cookie;
    }

    /// Comes back with a token, and goes where the answer leads: to an address without the token.
    pub fn bring(&self, token: &str) -> String {
        let answer = self.get(&format!("{}?token={token}", self.callback));
        assert!(answer.starts_with("HTTP/1.1 303"), "{answer}");
        let place = format!("\r\nLocation: {}\r\n", self.callback);
        assert!(answer.contains(&place), "{answer}");
        assert!(!answer.contains(token), "{answer}");
        self.get(&self.callback)
    }
}

/// A login that waits for its browser.
pub struct Waiting {
    pub child: Child,
    stderr: BufReader<std::process::ChildStderr>,
    /// What stood on stderr up to the address.
    pub said: String,
    pub browser: Browser,
}

impl Waiting {
    /// A login as the first user, whose browser has not moved yet.
    pub fn start(world: &World) -> Self {
        Self::of(&mut world.command(&[
            "login",
            "--web",
            "--no-browser",
            "--storage",
            "file",
            "--email",
            &world.info().email,
        ]))
    }

    pub fn of(command: &mut Command) -> Self {
        let mut child = command
            .stderr(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut said = String::new();
        let start_page = loop {
            let mut line = String::new();
            assert!(stderr.read_line(&mut line).unwrap() > 0, "{said}");
            said.push_str(&line);
            if line.trim().starts_with("http://") {
                break line;
            }
        };
        Self {
            child,
            stderr,
            said,
            browser: Browser::at(start_page.trim()),
        }
    }

    /// Waits for the end; stderr is what was said after the address.
    pub fn finish(mut self) -> Ran {
        let mut rest = String::new();
        self.stderr.read_to_string(&mut rest).unwrap();
        let output = self.child.wait_with_output().unwrap();
        let mut ran = Ran::of(output);
        ran.stderr = rest;
        ran
    }
}

/// A session of this person's, opened with the password.
pub fn session_of(world: &World, email: &str, password: &str) -> Value {
    let body = json!({"email": email, "password": password}).to_string();
    let output = Command::new("curl")
        .args(["-sf", "-H", "content-type: application/json", "-d", &body])
        .arg(format!("{}/account/v2/login", world.info().api_url))
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A session as the account page hands it over, in a query (protocol.md A, "Browser login").
pub fn handed_over(session: &Value) -> String {
    let handed = json!({
        "jwt": {
            "jti": session["jwt"]["jti"],
            "audienceId": session["jwt"]["audience_id"],
            "issuerId": session["jwt"]["issuer_id"],
        },
        "token": session["token"],
        "renewToken": session["renew_token"],
    });
    BASE64
        .encode(handed.to_string().as_bytes())
        .replace('+', "%2B")
        .replace('=', "%3D")
}

/// What the account page hands over for the first user.
pub fn login_of_first(world: &World) -> String {
    let info = world.info();
    handed_over(&session_of(world, &info.email, &info.password))
}
