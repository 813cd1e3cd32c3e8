//! Runs that go on while the test looks around, and moments that it can hold them at.

use std::{
    fs::File,
    io::Read,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

use super::{Ran, World};

/// How long anything may take that a test waits for.
const PATIENCE: Duration = Duration::from_secs(20);

/// Between two looks at what a test waits for: the processor is the program's meanwhile. Nothing
/// depends on how long it is.
pub fn pause() {
    std::thread::park_timeout(Duration::from_millis(2));
}

/// Waits until something is so.
#[track_caller]
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "it never came to this: {what}");
        pause();
    }
}

/// One of the two streams of a run, read as it comes.
struct Stream {
    text: Arc<Mutex<String>>,
    reader: JoinHandle<()>,
}

impl Stream {
    fn of(mut stream: impl Read + Send + 'static) -> Self {
        let text = Arc::new(Mutex::new(String::new()));
        let shared = Arc::clone(&text);
        let reader = std::thread::spawn(move || {
            let mut bytes = Vec::new();
            let mut chunk = [0; 4096];
            while let Ok(count @ 1..) = stream.read(&mut chunk) {
                bytes.extend_from_slice(&chunk[..count]);
                *shared.lock().unwrap() = String::from_utf8_lossy(&bytes).into_owned();
            }
        });
        Self { text, reader }
    }

    fn so_far(&self) -> String {
        self.text.lock().unwrap().clone()
    }

    fn whole(self) -> String {
        self.reader.join().unwrap();
        self.text.lock().unwrap().clone()
    }
}

/// A run of `scw` that goes on.
pub struct Running {
    pub child: Child,
    stdout: Stream,
    stderr: Stream,
}

impl Running {
    pub fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = Stream::of(child.stdout.take().unwrap());
        let stderr = Stream::of(child.stderr.take().unwrap());
        Self {
            child,
            stdout,
            stderr,
        }
    }

    /// Waits until it has said this on stderr.
    #[track_caller]
    pub fn says(&mut self, needle: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !self.stderr.so_far().contains(needle) {
            let ended = self.child.try_wait().unwrap();
            assert!(
                Instant::now() < deadline && ended.is_none(),
                "no `{needle}` ({ended:?}) in: {}",
                self.stderr.so_far()
            );
            pause();
        }
    }

    /// Waits until it has shown this on stdout.
    #[track_caller]
    pub fn shows(&mut self, needle: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !self.stdout.so_far().contains(needle) {
            let ended = self.child.try_wait().unwrap();
            assert!(
                Instant::now() < deadline && ended.is_none(),
                "no `{needle}` ({ended:?}) in: {} {}",
                self.stdout.so_far(),
                self.stderr.so_far()
            );
            pause();
        }
    }

    /// How often it has said this on stderr so far.
    pub fn said(&self, needle: &str) -> usize {
        self.stderr.so_far().matches(needle).count()
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Kills it, as a power cut would.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits for its end.
    #[track_caller]
    pub fn ended(mut self) -> Ran {
        let mut status = None;
        until("the run ends", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        let (stdout, stderr) = (self.stdout.whole(), self.stderr.whole());
        Ran {
            code: status
                .and_then(|status| status.code())
                .unwrap_or_else(|| panic!("{status:?}: {stderr}")),
            stdout,
            stderr,
        }
    }
}

/// A one-time password command that waits where the test wants it to.
pub struct Gate {
    ready: PathBuf,
    go: PathBuf,
}

impl Gate {
    pub fn new(world: &World) -> Self {
        Self {
            ready: world.home.path().join("gate-ready"),
            go: world.home.path().join("gate-go"),
        }
    }

    /// A command that says that it runs, waits, and then does the rest with the key on its stdin. It
    /// ends with the test's folder: one whose `scw` was killed would wait for ever.
    pub fn then(&self, rest: &str) -> String {
        let (ready, go) = (self.ready.display(), self.go.display());
        format!(
            "cat >{ready}.tmp; mv {ready}.tmp {ready}; \
             while [ ! -e {go} ] && [ -e {ready} ]; do sleep 0.02; done; {{ {rest}; }} <{ready}"
        )
    }

    /// Waits until the command runs.
    #[track_caller]
    pub fn reached(&self, running: &mut Running) {
        until("the one-time password command runs", || {
            let ended = running.child.try_wait().unwrap();
            assert!(ended.is_none(), "it ended early: {ended:?}");
            self.ready.exists()
        });
    }

    pub fn open(&self) {
        File::create(&self.go).unwrap();
    }
}

impl World {
    #[track_caller]
    pub fn start(&self, arguments: &[&str]) -> Running {
        Running::start(&mut self.command(arguments))
    }

    /// Starts `scw 2fa on` and waits until it sits where the code is asked for.
    #[track_caller]
    pub fn on_at(&self, gate: &Gate, rest: &str, more: &[&str]) -> Running {
        let command = gate.then(rest);
        let arguments = [&["2fa", "on", "--otp-command", &command][..], more].concat();
        let mut running = self.start(&arguments);
        gate.reached(&mut running);
        running
    }

    /// Waits until so many requests with this method and end of the path were received.
    #[track_caller]
    pub fn until_asked(&self, method: &str, path_end: &str, times: usize) {
        until(&format!("{method} {path_end} arrives"), || {
            self.asked(method, path_end) >= times
        });
    }

    /// Another machine with the same API key: what it asks for, and the answer.
    #[track_caller]
    pub fn elsewhere(&self, method: &str, path: &str, body: &str) -> serde_json::Value {
        let info = self.info();
        let output = Command::new("curl")
            .args(["-sS", "--fail-with-body", "-X", method])
            .args(["-H", &format!("X-Auth-Token: {}", info.secret_key)])
            .args(["-H", "Content-Type: application/json", "-d", body])
            .arg(format!("{}{path}", info.api_url))
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{method} {path}: {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// Another machine turns two-factor authentication on; returns its key.
    #[track_caller]
    pub fn switch_on_elsewhere(&self) -> String {
        let user = format!("/iam/v1alpha1/users/{}", self.info().user_id);
        let made = self.elsewhere("POST", &format!("{user}/mfa-otp"), "{}");
        let key = made["secret"].as_str().unwrap().to_owned();
        let code = scw_sandbox::one_time_password(&key, self.sandbox.now()).unwrap();
        let body = format!("{{\"one_time_password\": \"{code}\"}}");
        self.elsewhere("POST", &format!("{user}/validate-mfa-otp"), &body);
        key
    }

    /// How many unused backup codes are saved here, by the list.
    #[track_caller]
    pub fn unused(&self) -> u64 {
        let list = self.run(&["2fa", "codes", "list", "-o", "json"]).expect(0);
        list.json()["unused"].as_u64().unwrap()
    }

    /// Every API key of the first user but the one of the seed.
    pub fn new_keys(&self) -> Vec<String> {
        let state = self.sandbox.state().unwrap();
        let keys = state["api_keys"].as_array().unwrap();
        keys.iter()
            .map(|key| key.as_str().unwrap().to_owned())
            .filter(|key| *key != self.info().access_key)
            .collect()
    }

    /// A command of the first user, who signs in with a password and keeps secrets in files.
    pub fn person(&self, api: &str, arguments: &[&str]) -> Command {
        let mut command = self.command(arguments);
        command
            .env("SCW_API", api)
            .env("SCW_KEYRING", "file")
            .env("SCW_EMAIL", &self.info().email)
            .env("SCW_PASSWORD", &self.info().password);
        command
    }

    /// Asserts that nobody is signed in any more: no session, and no token but the seed's.
    #[track_caller]
    pub fn expect_nothing_open(&self) {
        assert_eq!(self.sandbox.state().unwrap()["sessions"], 0);
        let info = self.info();
        let tokens = Command::new("curl")
            .args(["-sf", "-H", &format!("X-Auth-Token: {}", info.token)])
            .arg(format!("{}/tokens", info.account_url))
            .output()
            .unwrap();
        let tokens: serde_json::Value = serde_json::from_slice(&tokens.stdout).unwrap();
        assert_eq!(tokens["tokens"].as_array().unwrap().len(), 1, "{tokens}");
    }
}
