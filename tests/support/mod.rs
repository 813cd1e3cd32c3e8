//! What the end-to-end tests share: a sandbox, a home of one's own, and the real binary.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test binary compiles this module and uses another part of it"
)]
#![allow(
    missing_docs,
    reason = "what a helper is for is in its name; the surprising ones say more"
)]

pub mod browser;
pub mod official;
pub mod running;
pub mod terminal;

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use scw_sandbox::{Fault, Info, Options, Sandbox, Seed};
use serde_json::Value;
use tempfile::TempDir;

/// One person's machine: a fresh HOME, and the sandbox that `scw` speaks to.
pub struct World {
    pub home: TempDir,
    pub sandbox: Sandbox,
}

/// What a run of `scw` gave.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    pub fn of(output: Output) -> Self {
        Self {
            code: output.status.code().expect("an exit code, no signal"),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Asserts the exit code, and shows everything when it is another.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(
            self.code, code,
            "stdout: {}\nstderr: {}",
            self.stdout, self.stderr
        );
        self
    }

    /// stdout as exactly one JSON document.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|err| panic!("{err}: {}", self.stdout))
    }

    /// Asserts that the failure is told in a line, with a hint, and nothing stands on stdout.
    #[track_caller]
    pub fn told(self, needle: &str) -> Self {
        assert!(
            self.stderr.contains(needle),
            "no `{needle}` in: {}",
            self.stderr
        );
        let lines: Vec<&str> = self.stderr.lines().collect();
        assert!(
            lines.iter().any(|line| line.starts_with("error: ")),
            "{}",
            self.stderr
        );
        assert!(
            lines.iter().any(|line| line.starts_with("hint: ")),
            "{}",
            self.stderr
        );
        assert!(self.stderr.len() < 1500, "a dump: {}", self.stderr);
        assert_eq!(self.stdout, "");
        self
    }
}

impl World {
    pub fn new() -> Self {
        Self::with(Options::default())
    }

    pub fn with(options: Options) -> Self {
        let sandbox = Sandbox::start(options).unwrap();
        if SECOND_READING {
            sandbox.passkey_readings(false, false).unwrap();
        }
        Self {
            home: tempfile::tempdir().unwrap(),
            sandbox,
        }
    }

    pub fn seeded(seed: &str) -> Self {
        Self::with(Options {
            seed: Some(Seed::parse(seed).unwrap()),
            ..Options::default()
        })
    }

    /// A world whose user is logged in, with the secret in a file.
    pub fn logged_in() -> Self {
        let world = Self::new();
        world.log_in();
        world
    }

    pub fn log_in(&self) {
        self.run_with_input(
            &["login", "--with-token", "--storage", "file"],
            &self.key_lines(),
        )
        .expect(0);
    }

    pub fn info(&self) -> &Info {
        self.sandbox.info()
    }

    pub fn key_lines(&self) -> String {
        let info = self.info();
        format!(
            "SCW_ACCESS_KEY={}\nSCW_SECRET_KEY={}\n",
            info.access_key, info.secret_key
        )
    }

    /// `scw` in an environment that holds nothing but this world.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command
            .args(arguments)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", self.home.path())
            .env("LC_ALL", "C.UTF-8")
            .env("SCW_API_URL", &self.info().api_url)
            .env("SCW_ACCOUNT_URL", &self.info().account_url)
            .stdin(Stdio::null());
        if let Some(ca_file) = &self.info().ca_file {
            command.env("SSL_CERT_FILE", ca_file);
        }
        command
    }

    #[track_caller]
    pub fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(self.command(arguments).output().unwrap())
    }

    #[track_caller]
    pub fn run_with_input(&self, arguments: &[&str], input: &str) -> Ran {
        let mut command = self.command(arguments);
        run_with_input(&mut command, input)
    }

    /// `scw 2fa on` with `oathtool` as the authenticator.
    #[track_caller]
    pub fn switch_on(&self) -> Value {
        self.run(&["2fa", "on", "--otp-command", OATHTOOL, "-o", "json"])
            .expect(0)
            .json()
    }

    pub fn data_dir(&self) -> PathBuf {
        self.home.path().join(".local/share/scw-2fa")
    }

    /// The word for the second factor of the first user, by the sandbox itself.
    pub fn two_factor(&self) -> String {
        self.sandbox.state().unwrap()["two_factor"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// A fault, in the words of the test door.
    pub fn fault(&self, fault: Value) {
        let fault: Fault = serde_json::from_value(fault).unwrap();
        self.sandbox.fault(fault).unwrap();
    }

    /// How many requests had this method and a path that ends so.
    pub fn asked(&self, method: &str, path_end: &str) -> usize {
        self.sandbox
            .requests()
            .iter()
            .filter(|seen| seen.method == method && seen.path.ends_with(path_end))
            .count()
    }
}

/// Whether this is the binary that runs the tests under the second reading of the points that are
/// not on record (protocol.md E).
pub const SECOND_READING: bool = matches!(env!("CARGO_CRATE_NAME").as_bytes(), b"second_reading");

/// The authenticator of the tests.
pub const OATHTOOL: &str = "oathtool --totp -b -";

pub fn binary() -> &'static str {
    env!("CARGO_BIN_EXE_scw")
}

#[track_caller]
pub fn run_with_input(command: &mut Command, input: &str) -> Ran {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that refuses early does not read its input.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    Ran::of(child.wait_with_output().unwrap())
}

/// tmux with a server of its own at this socket, drawing in UTF-8 and in colour.
pub fn tmux(socket: &Path) -> Command {
    let mut tmux = Command::new("tmux");
    tmux.arg("-u")
        .arg("-S")
        .arg(socket)
        .env_remove("TMUX")
        .env_remove("NO_COLOR")
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::null());
    tmux
}

/// The permission bits of a file.
pub fn mode(path: impl AsRef<Path>) -> u32 {
    use std::os::unix::fs::PermissionsExt;

    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// A new age key: the path of its file below HOME, and its recipient.
pub fn age_key(world: &World) -> (String, String) {
    let path = world.home.path().join("age-key");
    let _ = std::fs::remove_file(&path);
    let made = Command::new("age-keygen").arg("-o").arg(&path).output();
    assert!(made.unwrap().status.success());
    let text = std::fs::read_to_string(&path).unwrap();
    let public = text
        .lines()
        .find_map(|line| line.split_once("public key: "));
    let recipient = public.unwrap().1.to_owned();
    (path.to_str().unwrap().to_owned(), recipient)
}

/// Every regular file below a folder that holds `needle`.
pub fn files_with(folder: &Path, needle: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_with(&path, needle));
        } else if path.is_file()
            && std::fs::read(&path)
                .unwrap()
                .windows(needle.len())
                .any(|window| window == needle.as_bytes())
        {
            found.push(path);
        }
    }
    found
}

/// The largest file that a limited command may write, in bytes: what `scw` reserves.
const LARGEST: usize = 16 * 1024;

/// A command that can add so many bytes to the record of logins and no more. `prelude` is for the
/// shell around it: without one it is killed at the first write that would go beyond.
pub fn limited(world: &World, room: usize, prelude: &str, command: &Command) -> Command {
    let record = world.data_dir().join("profiles.toml");
    std::fs::create_dir_all(world.data_dir()).unwrap();
    let mut text = std::fs::read_to_string(&record).unwrap_or_default();
    text.push_str("\n[users.6c9e0a3e-1d0f-4a55-9d6f-0f0e4a6d2b11]\naccess_keys = []\n");
    let name = "x".repeat(LARGEST - room - text.len() - "email = \"\"\n".len());
    text.extend(["email = \"", &name, "\"\n"]);
    std::fs::write(&record, &text).unwrap();
    // dash counts in blocks of 512 bytes.
    let script = format!("{prelude}ulimit -f {}; exec \"$0\" \"$@\"", LARGEST / 512);
    let mut limited = Command::new("dash");
    limited
        .args(["-c", &script])
        .arg(command.get_program())
        .args(command.get_args())
        .env_clear()
        .stdin(Stdio::null());
    for (name, value) in command.get_envs() {
        limited.env(name, value.unwrap());
    }
    limited
}
