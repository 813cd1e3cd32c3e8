//! A stand-in for the official client, which writes down what it gets, and machines that have one.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    fs,
    os::unix::{ffi::OsStrExt, fs::PermissionsExt},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::{Ran, World};

/// Writes its arguments and its environment down, each ended by a zero byte.
const RECORDER: &str = "\
{ printf '%s\\0' \"$#\" \"$@\"; } >\"$RECORD/args\"
env -0 >\"$RECORD/env\"
echo official stdout
echo official stderr >&2";

/// What the stand-in got.
#[derive(Debug)]
pub struct Seen {
    pub args: Vec<OsString>,
    /// The variables, without those of the shell that it is written in.
    pub vars: BTreeMap<String, String>,
}

/// A world with a stand-in further along `PATH`.
pub struct Machine {
    pub world: World,
}

impl Machine {
    pub fn new() -> Self {
        Self::of(World::new())
    }

    /// One whose user is logged in as `default`.
    pub fn logged_in() -> Self {
        Self::of(World::logged_in())
    }

    fn of(world: World) -> Self {
        let machine = Self { world };
        fs::create_dir(machine.record()).unwrap();
        official(&machine.bin("real"), RECORDER);
        machine
    }

    fn record(&self) -> PathBuf {
        self.world.home.path().join("record")
    }

    /// A folder for programs.
    pub fn bin(&self, name: &str) -> PathBuf {
        let folder = self.world.home.path().join("programs").join(name);
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    pub fn config_path(&self) -> PathBuf {
        self.world.home.path().join(".config/scw/config.yaml")
    }

    /// Writes the official client's file.
    pub fn config(&self, text: &str) {
        let path = self.config_path();
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    }

    pub fn log_in_as(&self, profile: &str) {
        let words = ["login", "--with-token", "--storage", "file", "-p", profile];
        let lines = self.world.key_lines();
        self.world.run_with_input(&words, &lines).expect(0);
    }

    /// `scw` on this machine. Only the stand-in is on its `PATH`, and the system's programs.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.world.command(arguments);
        let path = format!("{}:/usr/bin:/bin", self.bin("real").display());
        command
            .env("PATH", path)
            .env("RECORD", self.record())
            .env_remove("SCW_API_URL")
            .env_remove("SCW_ACCOUNT_URL");
        command
    }

    #[track_caller]
    pub fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(self.command(arguments).output().unwrap())
    }

    /// Forgets what the stand-in got so far.
    pub fn forget(&self) {
        let _ = fs::remove_file(self.record().join("args"));
    }

    pub fn was_called(&self) -> bool {
        self.record().join("args").exists()
    }

    /// Runs a command that is handed over, and gives what the stand-in got.
    #[track_caller]
    pub fn seen_of(&self, command: &mut Command) -> (Seen, Ran) {
        self.forget();
        let ran = Ran::of(command.stdin(Stdio::null()).output().unwrap()).expect(0);
        assert!(self.was_called(), "{}", ran.stderr);
        (self.seen(), ran)
    }

    #[track_caller]
    pub fn hand_over_and_show(&self, arguments: &[&str]) -> (Seen, Ran) {
        self.seen_of(&mut self.command(arguments))
    }

    #[track_caller]
    pub fn hand_over(&self, arguments: &[&str]) -> Seen {
        self.hand_over_and_show(arguments).0
    }

    #[track_caller]
    pub fn hand_over_os(&self, arguments: &[&OsStr]) -> Seen {
        self.seen_of(self.command(&[]).args(arguments)).0
    }

    fn seen(&self) -> Seen {
        let parts = |name: &str| -> Vec<OsString> {
            let bytes = fs::read(self.record().join(name)).unwrap();
            let bytes = bytes.strip_suffix(b"\0").unwrap();
            let parts = bytes.split(|byte| *byte == 0);
            parts
                .map(|part| OsStr::from_bytes(part).to_owned())
                .collect()
        };
        let mut args = parts("args");
        let count: usize = args.remove(0).to_str().unwrap().parse().unwrap();
        // bash prints no argument as one that is empty.
        args.truncate(count);
        let vars = parts("env").into_iter().map(|pair| {
            let pair = pair.into_string().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            (name.to_owned(), value.to_owned())
        });
        let of_bash = ["_", "SHLVL", "PWD", "OLDPWD"];
        Seen {
            args,
            vars: vars
                .filter(|(name, _)| !of_bash.contains(&&**name))
                .collect(),
        }
    }
}

/// Puts a stand-in that does something else into a folder.
pub fn official(folder: &Path, script: &str) {
    official_at(&folder.join("scw"), script);
}

pub fn official_at(path: &Path, script: &str) {
    fs::write(path, format!("#!/bin/bash\n{script}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// The environment that a command gets.
pub fn vars(command: &Command) -> BTreeMap<String, String> {
    let set = command.get_envs().filter_map(|(name, value)| {
        let value = value?.to_str().unwrap().to_owned();
        Some((name.to_str().unwrap().to_owned(), value))
    });
    set.collect()
}

/// The same environment, handed over so many times.
pub fn depth(vars: &BTreeMap<String, String>, depth: u32) -> BTreeMap<String, String> {
    let mut vars = vars.clone();
    vars.insert("SCW_HANDOVER_DEPTH".to_owned(), depth.to_string());
    vars
}

pub fn secret_of(seen: &Seen) -> String {
    seen.vars["SCW_SECRET_KEY"].clone()
}
