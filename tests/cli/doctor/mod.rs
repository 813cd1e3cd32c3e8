//! `scw doctor` finds each prepared problem, and nothing beside it.

mod account;
mod machine;
mod way;

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use crate::support::{Ran, World, binary};

/// A machine whose only flaw is the secret in a file, which its user asked for.
struct Machine {
    world: World,
    bin: PathBuf,
}

impl Machine {
    fn new() -> Self {
        Self::of(World::new())
    }

    fn of(world: World) -> Self {
        let bin = world.home.path().join("bin");
        fs::create_dir(&bin).unwrap();
        for name in ["scw", "scw-2fa"] {
            symlink(binary(), bin.join(name)).unwrap();
        }
        world.log_in();
        world.switch_on();
        Self { world, bin }
    }

    fn path(&self, below: &str) -> PathBuf {
        self.world.home.path().join(below)
    }

    fn data(&self, below: &str) -> PathBuf {
        self.world.data_dir().join(below)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.world.command(arguments);
        let path = format!("{}:/usr/bin:/bin", self.bin.display());
        command
            .env("PATH", path)
            .current_dir(self.world.home.path());
        command
    }

    /// What the doctor finds that is not ok, as "name state message hint", and the exit code.
    fn findings(&self, change: impl FnOnce(&mut Command)) -> (i32, Vec<String>) {
        let mut command = self.command(&["doctor", "-o", "json"]);
        change(&mut command);
        let ran = Ran::of(command.output().unwrap());
        let text = format!("{}{}", ran.stdout, ran.stderr);
        assert!(!text.contains(&self.world.info().secret_key), "{text}");
        let document = ran.json();
        let checks = document["checks"].as_array().unwrap();
        let bad: Vec<&Value> = checks
            .iter()
            .filter(|found| found["state"] != "ok")
            .collect();
        let problems = bad
            .iter()
            .filter(|found| found["state"] == "problem")
            .count();
        assert_eq!(document["problems"], problems);
        assert_eq!(document["warnings"], bad.len() - problems);
        assert_eq!(ran.code, i32::from(problems > 0), "{text}");
        let word = |found: &Value, key: &str| found[key].as_str().unwrap().to_owned();
        let line = |found: &&Value| {
            ["name", "state", "message", "hint"]
                .map(|key| word(found, key))
                .join(" ")
        };
        (ran.code, bad.iter().map(line).collect())
    }

    /// Asserts that there is nothing but the file that the secret is in.
    #[track_caller]
    fn is_healthy(&self) {
        let (code, found) = self.findings(|_| {});
        assert_eq!(code, 0, "{found:#?}");
        assert_eq!(found.len(), 1, "{found:#?}");
        assert!(found[0].starts_with("storage warning "), "{found:#?}");
    }

    /// Asserts that there is one more finding, which begins with `name state`, and holds
    /// these words; returns the command of its hint.
    #[track_caller]
    fn has(&self, begins: &str, words: &[&str]) -> String {
        self.has_with(begins, words, |_| {})
    }

    #[track_caller]
    fn has_with(&self, begins: &str, words: &[&str], change: impl FnOnce(&mut Command)) -> String {
        let (_, found) = self.findings(change);
        let matching: Vec<&String> = found
            .iter()
            .filter(|line| line.starts_with(begins))
            .filter(|line| words.iter().all(|word| line.contains(word)))
            .collect();
        assert_eq!(matching.len(), 1, "{begins} {words:?} in {found:#?}");
        let others = found
            .iter()
            .filter(|line| !line.starts_with("storage warning") && *line != matching[0])
            .count();
        assert_eq!(others, 0, "{found:#?}");
        let command = matching[0].split('`').rev().nth(1);
        command.unwrap_or_default().to_owned()
    }

    /// Runs the command of a hint, and asserts that nothing is left to find.
    #[track_caller]
    fn healed_by(&self, hint: &str) {
        let mut shell = self.command(&[]);
        let mut healing = Command::new("sh");
        healing.args(["-ec", hint]).env_clear();
        for (name, value) in shell.current_dir("/").get_envs() {
            healing.env(name, value.unwrap());
        }
        Ran::of(healing.output().unwrap()).expect(0);
        self.is_healthy();
    }
}

/// Writes a private file, and its folders.
fn write(path: &Path, text: &str) {
    let folder = path.parent().unwrap();
    if !folder.exists() {
        fs::create_dir_all(folder).unwrap();
        chmod(folder, 0o700);
    }
    fs::write(path, text).unwrap();
    chmod(path, 0o600);
}

fn chmod(path: impl AsRef<Path>, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

// Issue 10, 6
#[test]
fn people_read_a_line_for_each_check_and_a_hint_below() {
    let machine = Machine::new();
    let run = || Ran::of(machine.command(&["doctor"]).output().unwrap());
    let ran = run().expect(0);
    assert_eq!(ran.stderr, "");
    assert!(ran.stdout.lines().count() > 8, "{}", ran.stdout);
    for line in ran.stdout.lines() {
        let begins = ["ok       ", "warning  ", "         hint: "];
        assert!(begins.iter().any(|begin| line.starts_with(begin)), "{line}");
    }
    chmod(machine.data("profiles.toml"), 0o604);
    let ran = run().expect(1);
    assert!(ran.stdout.contains("\nproblem  files"), "{}", ran.stdout);
    assert!(ran.stderr.contains("found a problem"), "{}", ran.stderr);
}

// Issue 10, 6
#[test]
fn it_needs_no_login_and_writes_nothing() {
    let world = World::new();
    let ran = world.run(&["doctor", "-o", "json"]).expect(0);
    let checks = ran.json()["checks"].to_string();
    assert!(checks.contains("not logged in"), "{checks}");
    assert!(checks.contains("`scw login`"), "{checks}");
    assert_eq!(fs::read_dir(world.home.path()).unwrap().count(), 0);
}
