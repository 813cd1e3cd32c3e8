//! Completions in real shells: bash and zsh in a terminal with the key that a person presses, fish
//! by its own command for it. The sandbox has ended and no keyring can be reached.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use crate::support::terminal::{OsSession, spawn};
use expectrl::Expect;
use tempfile::TempDir;

use crate::support::{World, binary};

/// A stand-in for the official client, which answers as that does to each shell's own question
/// (scaleway-cli, `internal/namespaces/autocomplete/autocomplete.go`), and only with a key.
const OFFICIAL: &str = r#"#!/bin/bash
[ "$1 $2 $4" = 'autocomplete complete --' ] && [ -n "$SCW_SECRET_KEY" ] || exit 1
form=$3; shift 4
case $form in
    bash) words=("${@:3}"); left=("${words[@]:0:$2}"); token=${words[$2]} ;;
    zsh) words=("${@:2}"); left=("${words[@]:0:$1-1}"); token=${words[$1-1]} ;;
    fish) token=$3; left=("${@:4}") ;;
    *) exit 1 ;;
esac
case "${left[*]}|$token" in
    'scw instance|'*) all='server snapshot' ;;
    'scw instance server create|image='*) all='image=ubuntu image=debian' ;;
    'scw instance server create|'*) all='image= name= type=' ;;
    *) exit 1 ;;
esac
found=()
for one in $all; do [[ $one != "$token"* ]] || found+=("$one"); done
case $form in
    fish) printf '%s\n' "${found[@]}" ;;
    bash) [[ $token != *=* ]] || found=("${found[@]#*=}"); echo "${found[*]}" ;;
    *) echo "${found[*]}" ;;
esac
"#;

/// A machine that was used: two logins, some files, the scripts where the shells look for them.
struct Machine {
    home: TempDir,
    organization: String,
}

impl Machine {
    fn new() -> Self {
        let world = World::logged_in();
        let organization = world.info().organization_id.clone();
        let work = [
            "login",
            "--with-token",
            "--storage",
            "file",
            "-p",
            "work-account",
        ];
        world.run_with_input(&work, &world.key_lines()).expect(0);
        let home = world.home;
        let at = |path: &str| home.path().join(path);
        for folder in [".zfunc", ".config/fish/completions", "here/folder"] {
            fs::create_dir_all(at(folder)).unwrap();
        }
        fs::write(at("here/secret.txt"), "").unwrap();
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("completions");
        for (script, to) in [
            ("scw.bash", ".bash_completion"),
            ("_scw", ".zfunc/_scw"),
            ("scw.fish", ".config/fish/completions/scw.fish"),
        ] {
            fs::copy(scripts.join(script), at(to)).unwrap();
        }
        let official = at("official");
        fs::create_dir(&official).unwrap();
        let script = official.join("scw");
        fs::write(&script, OFFICIAL).unwrap();
        fs::set_permissions(script, fs::Permissions::from_mode(0o755)).unwrap();
        Self { home, organization }
    }

    /// A shell of this machine, with `scw` in its path.
    fn shell(&self, name: &str, arguments: &[&str]) -> Command {
        let path = std::env::var("PATH").unwrap();
        let bin = Path::new(binary()).parent().unwrap();
        let official = self.home.path().join("official");
        let path = format!("{}:{}:{path}", bin.display(), official.display());
        let mut command = Command::new(name);
        command
            .args(arguments)
            .env_clear()
            .env("PATH", path)
            .env("HOME", self.home.path())
            .env("TERM", "xterm")
            .env("LC_ALL", "C.UTF-8")
            .env("PS1", "READY> ")
            .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent")
            .current_dir(self.home.path().join("here"));
        command
    }

    /// Every file of `scw` with its content.
    fn kept(&self) -> Vec<(PathBuf, Vec<u8>)> {
        fn below(folder: &Path, into: &mut Vec<(PathBuf, Vec<u8>)>) {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    below(&path, into);
                } else {
                    into.push((path.clone(), fs::read(path).unwrap()));
                }
            }
        }
        let mut found = Vec::new();
        below(&self.home.path().join(".local/share/scw-2fa"), &mut found);
        found.sort();
        found
    }

    /// What is typed, what must be offered, and what must not.
    fn cases() -> Vec<(&'static str, Vec<&'static str>, Vec<&'static str>)> {
        vec![
            (
                "scw ",
                vec!["login", "whoami", "2fa"],
                vec!["secret.txt", "--profile"],
            ),
            (
                "scw 2fa ",
                vec!["status", "recover", "codes"],
                vec!["login"],
            ),
            (
                "scw 2fa on --qr ",
                vec!["auto", "utf8", "ascii", "none"],
                vec!["secret.txt"],
            ),
            ("scw --api ", vec!["iam", "account"], vec!["secret.txt"]),
            (
                "scw login --storage ",
                vec!["keyring", "file"],
                vec!["secret.txt"],
            ),
            ("scw whoami -o ", vec!["human", "json"], vec!["secret.txt"]),
            (
                "scw -p ",
                vec!["default", "work-account"],
                vec!["secret.txt"],
            ),
            (
                "scw 2fa status --",
                vec!["--check", "--profile"],
                vec!["--qr"],
            ),
            (
                "scw login --password-file ",
                vec!["secret.txt", "folder"],
                vec!["keyring"],
            ),
            (
                "scw help e",
                vec!["environment", "exit-codes"],
                vec!["whoami"],
            ),
            // Behind its own commands the official client is asked.
            (
                "scw instance s",
                vec!["server", "snapshot"],
                vec!["secret.txt", "login"],
            ),
            (
                "scw -q -p work-account instance server create ",
                vec!["image=", "name=", "type="],
                vec!["secret.txt", "login"],
            ),
        ]
    }
}

/// Types a line and presses the key, waits until all of `offered` is shown, and returns the rest of
/// the screen.
#[track_caller]
fn press_tab(shell: &mut OsSession, line: &str, offered: &[&str]) -> String {
    shell.send(format!("{line}\t")).unwrap();
    screen(shell, line, offered) + &clear(shell)
}

/// Waits until all of `offered` is shown, and returns what was.
#[track_caller]
fn screen(shell: &mut OsSession, line: &str, offered: &[&str]) -> String {
    let mut screen = String::new();
    while !offered.iter().all(|word| screen.contains(word)) {
        let found = shell.expect(expectrl::Regex("(?s-u).+"));
        let found = found.unwrap_or_else(|err| panic!("`{line}`: {err}: {screen:?}"));
        screen.push_str(&String::from_utf8_lossy(found.get(0).unwrap()));
    }
    screen
}

/// Takes back what was typed, and waits until the shell has printed everything.
fn clear(shell: &mut OsSession) -> String {
    // Ctrl-U. The shell puts the mark together, so that the echo of the line does not hold it.
    shell.send_line("\u{15}echo the'-'end").unwrap();
    let found = shell.expect("the-end").unwrap();
    let rest = String::from_utf8_lossy(found.before()).into_owned();
    shell.expect("READY> ").unwrap();
    rest
}

/// Runs a shell in a terminal, sets its completions up, and tries every case.
fn in_terminal(machine: &Machine, shell: &str, setup: &str) {
    let before = machine.kept();
    let script = format!("stty echo rows 50 columns 100; exec {shell}");
    let mut shell = spawn(machine.shell("sh", &["-c", &script]));
    shell.set_expect_timeout(Some(Duration::from_secs(20)));
    shell.expect("READY> ").unwrap();
    shell.send_line(setup).unwrap();
    clear(&mut shell);
    for (line, offered, others) in Machine::cases() {
        let screen = press_tab(&mut shell, line, &offered);
        for other in others {
            assert!(!screen.contains(other), "`{line}` offers {other}: {screen}");
        }
    }
    // One candidate is filled in.
    shell.send("scw login --organization \t").unwrap();
    screen(&mut shell, "--organization", &[&machine.organization]);
    clear(&mut shell);
    shell.send("scw 2fa on --qr=as\t").unwrap();
    screen(&mut shell, "--qr=as", &["cii"]);
    assert_eq!(machine.kept(), before);
}

// Issue 9, 3
#[test]
fn bash_completes_values_profiles_organizations_and_files() {
    let machine = Machine::new();
    in_terminal(
        &machine,
        "bash --norc --noprofile -i",
        "source ~/.bash_completion; bind 'set show-all-if-ambiguous on'; bind 'set enable-bracketed-paste off'",
    );
}

// Issue 9, 3
#[test]
fn zsh_completes_values_profiles_organizations_and_files() {
    let machine = Machine::new();
    in_terminal(
        &machine,
        "zsh -f -i",
        "fpath=(~/.zfunc $fpath); autoload -Uz compinit; compinit -u -D; unset zle_bracketed_paste",
    );
}

// Issue 9, 3
#[test]
fn fish_completes_values_profiles_organizations_and_files() {
    let machine = Machine::new();
    let before = machine.kept();
    let offered = |line: &str| -> Vec<String> {
        let script = format!("complete -C '{line}'");
        let output = machine.shell("fish", &["-c", &script]).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let words = text.lines().map(|line| line.split('\t').next().unwrap());
        words
            .map(|word| word.trim_end_matches('/').to_owned())
            .collect()
    };
    for (line, wanted, others) in Machine::cases() {
        let words = offered(line);
        for word in wanted {
            assert!(words.contains(&word.to_owned()), "`{line}`: {words:?}");
        }
        for other in others {
            assert!(!words.contains(&other.to_owned()), "`{line}`: {words:?}");
        }
    }
    assert_eq!(
        offered("scw login --organization "),
        std::slice::from_ref(&machine.organization)
    );
    assert_eq!(offered("scw 2fa on --qr=as"), ["--qr=ascii"]);
    let images = ["image=debian", "image=ubuntu"];
    let mut found = offered("scw instance server create image=");
    found.sort();
    assert_eq!(found, images);
    assert_eq!(machine.kept(), before);
}

// Issue 9, 3
#[test]
fn a_shell_that_is_not_known_and_a_broken_record_offer_nothing_and_say_nothing() {
    let machine = Machine::new();
    let record = machine
        .home
        .path()
        .join(".local/share/scw-2fa/profiles.toml");
    fs::write(record, "not toml").unwrap();
    for (shell, words, code) in [
        ("tcsh", &["--", "scw", ""][..], 1),
        ("fish", &["--", "scw", "-p", ""], 0),
        // No login is found, and the official client says nothing without a key.
        ("zsh", &["--", "scw", "instance", ""], 0),
        ("fish", &[], 1),
    ] {
        let mut command = machine.shell(binary(), words);
        let output = command.env("SCW_COMPLETE", shell).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{shell} {words:?}");
        assert!(
            output.stdout.is_empty() && output.stderr.is_empty(),
            "{output:?}"
        );
    }
}
