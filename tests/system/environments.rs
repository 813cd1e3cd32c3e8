//! Twelve environments in which `scw` has to answer within seven seconds: with the secret, or with the
//! exact next command, which is then run.

use std::{
    ffi::OsString,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    session::{KEEPASSXC, LOCK, LOGIN, START, STOP, session},
    support::{Ran, World, binary, run_with_input},
};

/// The contract's bound for a whole run, in milliseconds. It is no measurement.
const BOUND_MS: u64 = 7000;

/// Runs a command, keeps its exit code, and writes down how many milliseconds it took.
const TIMED: &str = "before=$(date +%s%N); code=0
\"$@\" || code=$?
echo $((($(date +%s%N) - before) / 1000000)) >\"$TOOK\"
exit $code
";

/// One environment: what is started, what a shell does first, and every variable.
struct Environment<'a> {
    world: &'a World,
    wrapper: Vec<OsString>,
    prelude: String,
    variables: Vec<(&'static str, OsString)>,
}

impl<'a> Environment<'a> {
    /// Nothing but the home folder and the addresses of the sandbox.
    fn bare(world: &'a World) -> Self {
        let home = world.home.path();
        let passphrase = home.join("passphrase");
        fs::write(&passphrase, "correct horse battery staple\n").unwrap();
        fs::set_permissions(&passphrase, fs::Permissions::from_mode(0o600)).unwrap();
        let folder = Path::new(binary()).parent().unwrap();
        let info = world.info();
        Self {
            world,
            wrapper: Vec::new(),
            prelude: String::new(),
            variables: vec![
                ("PATH", format!("{}:/usr/bin:/bin", folder.display()).into()),
                ("HOME", home.into()),
                ("SCW_API_URL", info.api_url.clone().into()),
                ("SCW_ACCOUNT_URL", info.account_url.clone().into()),
                // For the hint that leads to encrypted storage.
                ("SCW_PASSPHRASE_FILE", passphrase.into()),
            ],
        }
    }

    /// A session bus of its own, in which `prelude` prepares the keyring.
    fn bus(world: &'a World, prelude: &str) -> Self {
        let runtime = world.home.path().join("run");
        fs::create_dir_all(&runtime).unwrap();
        fs::set_permissions(&runtime, fs::Permissions::from_mode(0o700)).unwrap();
        Self {
            wrapper: vec!["dbus-run-session".into(), "--".into()],
            prelude: prelude.to_owned(),
            ..Self::bare(world).with("XDG_RUNTIME_DIR", &runtime)
        }
    }

    fn with(mut self, name: &'static str, value: impl Into<OsString>) -> Self {
        self.variables.push((name, value.into()));
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.variables.retain(|(known, _)| *known != name);
        self
    }

    /// Runs `scw` there without a terminal, and asserts that it took no longer than it may.
    #[track_caller]
    fn run(&self, words: &[&str], input: &str) -> Ran {
        let took = tempfile::NamedTempFile::new().unwrap();
        fs::set_permissions(took.path(), fs::Permissions::from_mode(0o666)).unwrap();
        let mut all: Vec<OsString> = vec!["setsid".into(), "-w".into()];
        all.extend(self.wrapper.iter().cloned());
        all.extend(["sh", "-euc"].map(OsString::from));
        all.push(format!("{}{TIMED}", self.prelude).into());
        all.extend(["sh", "scw"].map(OsString::from));
        all.extend(words.iter().map(OsString::from));
        let mut command = Command::new(&all[0]);
        command
            .args(&all[1..])
            .env_clear()
            .envs(self.variables.iter().cloned())
            .env("TOOK", took.path())
            .current_dir("/");
        let ran = run_with_input(&mut command, input);
        let took: u64 = fs::read_to_string(took.path())
            .unwrap()
            .trim()
            .parse()
            .unwrap_or_else(|_| panic!("{words:?}: {ran:?}"));
        assert!(took < BOUND_MS, "{words:?} took {took} ms: {ran:?}");
        ran
    }

    /// Asserts that the doctor answers, too, and returns its exit code.
    #[track_caller]
    fn doctor(&self) -> i32 {
        let ran = self.run(&["doctor", "-o", "json"], "");
        assert!(ran.json()["checks"].is_array(), "{ran:?}");
        ran.code
    }

    /// Asserts that every command works.
    #[track_caller]
    fn gives_the_secret(&self) {
        let ran = self.run(&["token"], "").expect(0);
        assert_eq!(ran.stdout.trim(), self.world.info().secret_key);
        let whoami = self.run(&["whoami", "-o", "json"], "").expect(0).json();
        assert_eq!(whoami["user_id"], self.world.info().user_id);
        assert_eq!(self.doctor(), 0);
    }

    /// Asserts that every command fails with `code` and says so, that a hint names the next command, and that
    /// this command leads to the secret.
    #[track_caller]
    fn names_the_next_command(&self, code: i32, told: &str) {
        let mut next = String::new();
        for words in [&["whoami"][..], &["token"]] {
            let ran = self.run(words, "").expect(code).told(told);
            next = next_command(&ran);
        }
        self.doctor();
        self.leads_to_the_secret(&next);
    }

    /// Runs a command that a hint named, with the key on stdin. Where it is refused, its own hint is followed,
    /// once.
    #[track_caller]
    fn leads_to_the_secret(&self, next: &str) {
        let lines = self.world.key_lines();
        let log_in = |command: &str| {
            let mut words: Vec<&str> = command.split(' ').skip(1).collect();
            if !words.contains(&"--with-token") {
                words.push("--with-token");
            }
            self.run(&words, &lines)
        };
        let first = log_in(next);
        if first.code != 0 {
            log_in(&next_command(&first)).expect(0);
        }
        let ran = self.run(&["token"], "").expect(0);
        assert_eq!(ran.stdout.trim(), self.world.info().secret_key);
    }
}

/// The first command in the hints.
#[track_caller]
fn next_command(ran: &Ran) -> String {
    let hints = ran.stderr.lines().filter(|line| line.starts_with("hint: "));
    let mut commands = hints.flat_map(|line| line.split('`').skip(1).step_by(2));
    let found = commands.find(|command| command.starts_with("scw login"));
    found
        .unwrap_or_else(|| panic!("no command: {}", ran.stderr))
        .to_owned()
}

/// A world that is logged in, with the secret in a GNOME keyring that is not running any more.
fn in_gnome_keyring() -> World {
    let world = World::new();
    session(&world, None, &format!("{START}{LOGIN}")).expect(0);
    world
}

// Issue 10, 6
#[test]
fn a_gnome_keyring_that_is_unlocked() {
    let world = in_gnome_keyring();
    Environment::bus(&world, START).gives_the_secret();
}

// Issue 10, 6
#[test]
fn keepassxc() {
    let world = World::new();
    Environment::bus(&world, &format!("{KEEPASSXC}{LOGIN}"))
        .with("QT_QPA_PLATFORM", "offscreen")
        .with("TMPDIR", world.home.path().join("tmp"))
        .with("LINES_WITH_KEY", world.key_lines())
        .gives_the_secret();
}

// Issue 10, 6
#[test]
fn a_gnome_keyring_that_is_locked() {
    let world = in_gnome_keyring();
    let locked = format!("{START}{LOCK}");
    Environment::bus(&world, &locked).names_the_next_command(6, "locked");
}

// Issue 10, 6
#[test]
fn a_keyring_without_a_default_collection() {
    let world = in_gnome_keyring();
    fs::remove_dir_all(world.home.path().join(".local/share/keyrings")).unwrap();
    let start = START.replace(
        "printf pw | gnome-keyring-daemon --unlock",
        "gnome-keyring-daemon --start </dev/null",
    );
    Environment::bus(&world, &start).names_the_next_command(3, "missing from the keyring");
}

// Issue 10, 6
#[test]
fn a_keyring_that_is_stopped() {
    let world = in_gnome_keyring();
    let stopped = format!("{START}{STOP}");
    Environment::bus(&world, &stopped).names_the_next_command(6, "did not answer");
}

// Issue 10, 6
#[test]
fn no_bus() {
    let world = in_gnome_keyring();
    Environment::bare(&world).names_the_next_command(6, "no D-Bus session bus");
}

// Issue 10, 6
#[test]
fn ssh_without_a_session() {
    let world = in_gnome_keyring();
    let gone = world.home.path().join("run/bus");
    let address = format!("unix:path={}", gone.display());
    Environment::bare(&world)
        .with("SSH_CONNECTION", "192.0.2.1 50000 192.0.2.2 22")
        .with("DBUS_SESSION_BUS_ADDRESS", address)
        .names_the_next_command(6, "no D-Bus session bus");
}

// Issue 10, 6
#[test]
fn cron() {
    let world = in_gnome_keyring();
    Environment::bare(&world)
        .with("SHELL", "/bin/sh")
        .with("LOGNAME", "root")
        .names_the_next_command(6, "no D-Bus session bus");
}

// Issue 10, 6
#[test]
fn wsl() {
    let world = in_gnome_keyring();
    Environment::bare(&world)
        .with("WSL_DISTRO_NAME", "Debian")
        .with("WSL_INTEROP", "/run/WSL/8_interop")
        .names_the_next_command(6, "no D-Bus session bus");
}

// Issue 10, 6
#[test]
fn continuous_integration() {
    let world = World::new();
    let info = world.info();
    Environment::bare(&world)
        .with("CI", "true")
        .with("SCW_ACCESS_KEY", &info.access_key)
        .with("SCW_SECRET_KEY", &info.secret_key)
        .gives_the_secret();
    // Without the variables it is told what to set up.
    Environment::bare(&world)
        .with("CI", "true")
        .names_the_next_command(3, "not logged in");
}

/// Runs commands as a user that no list of users knows, where the tests run as root.
fn as_nobody() -> Vec<OsString> {
    if !rustix::process::geteuid().is_root() {
        return Vec::new();
    }
    let words = [
        "setpriv",
        "--reuid=64321",
        "--regid=64321",
        "--clear-groups",
    ];
    words.map(OsString::from).to_vec()
}

/// A folder that such a user can write, with the binary in it: the build folder may be closed.
fn folder_of_nobody(world: &World) -> PathBuf {
    let folder = world.home.path().join("nobody");
    fs::create_dir(&folder).unwrap();
    fs::copy(binary(), folder.join("scw")).unwrap();
    fs::set_permissions(world.home.path(), fs::Permissions::from_mode(0o711)).unwrap();
    fs::set_permissions(
        world.home.path().join("passphrase"),
        fs::Permissions::from_mode(0o600),
    )
    .unwrap();
    if rustix::process::geteuid().is_root() {
        for path in [&folder, &world.home.path().join("passphrase")] {
            std::os::unix::fs::chown(path, Some(64321), Some(64321)).unwrap();
        }
    }
    folder
}

// Issue 10, 6
#[test]
fn a_container_without_a_home() {
    if as_nobody().is_empty() {
        // The list of users gives this user a home.
        return;
    }
    let world = World::new();
    let mut container = Environment::bare(&world).without("HOME");
    let folder = folder_of_nobody(&world);
    container.wrapper = as_nobody();
    container = container
        .without("PATH")
        .with("PATH", format!("{}:/usr/bin:/bin", folder.display()));
    for words in [&["token"][..], &["whoami"]] {
        let ran = container.run(words, "").expect(7).told("home folder");
        assert!(
            ran.stderr.contains("`export SCW_DATA_DIR=FOLDER`"),
            "{}",
            ran.stderr
        );
    }
    container.doctor();
    container
        .with("SCW_DATA_DIR", folder.join("data"))
        .names_the_next_command(3, "not logged in");
}

// Issue 10, 6
#[test]
fn a_systemd_unit_with_protect_home() {
    let world = World::new();
    let unit = Environment::bare(&world);
    let folder = folder_of_nobody(&world);
    // What `ProtectHome=yes` makes of a home (systemd.exec(5)): empty, and closed.
    let home = folder.join("home");
    fs::create_dir(&home).unwrap();
    fs::set_permissions(&home, fs::Permissions::from_mode(0o000)).unwrap();
    let mut unit = unit
        .without("PATH")
        .with("PATH", format!("{}:/usr/bin:/bin", folder.display()))
        .without("HOME")
        .with("HOME", &home)
        .with("INVOCATION_ID", "0123456789abcdef0123456789abcdef");
    unit.wrapper = as_nobody();
    for words in [&["token"][..], &["whoami"]] {
        let ran = unit.run(words, "").expect(7).told("could not read");
        assert!(
            ran.stderr.contains("`export SCW_DATA_DIR=FOLDER`"),
            "{}",
            ran.stderr
        );
    }
    unit.doctor();
    // `StateDirectory=` gives a unit such a folder.
    unit.with("SCW_DATA_DIR", folder.join("state"))
        .names_the_next_command(3, "not logged in");
}
