//! Never this program itself, its second name, its version, and what is said where there is no
//! official client.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use crate::support::{
    Ran, binary,
    official::{Machine, official},
};

/// The program under its second name.
const SECOND: &str = env!("CARGO_BIN_EXE_scw-2fa");

/// Puts this program into a folder under a name, and gives its path.
fn copy(machine: &Machine, folder: &str, name: &str) -> std::path::PathBuf {
    let path = machine.bin(folder).join(name);
    fs::copy(binary(), &path).unwrap();
    path
}

/// A `PATH` of these folders and the system's.
fn path(machine: &Machine, folders: &[&str]) -> String {
    let mut path: Vec<_> = folders
        .iter()
        .map(|folder| machine.bin(folder).display().to_string())
        .collect();
    path.extend(["/usr/bin".to_owned(), "/bin".to_owned()]);
    path.join(":")
}

// Issue 10, 2
#[test]
fn a_link_a_copy_and_another_build_of_this_program_are_never_the_official_client() {
    let machine = Machine::new();
    let own = copy(&machine, "own", "scw");
    std::os::unix::fs::symlink(&own, machine.bin("symlink").join("scw")).unwrap();
    fs::hard_link(&own, machine.bin("hard-link").join("scw")).unwrap();
    copy(&machine, "copy", "scw");
    fs::copy(SECOND, machine.bin("second").join("scw")).unwrap();
    // Another build differs in its bytes, and in where its marker stands.
    let other = copy(&machine, "other-build", "scw");
    let bytes = fs::read(&other).unwrap();
    fs::write(&other, [&b"\x7fELF"[..], &bytes[77..]].concat()).unwrap();
    let itself = ["symlink", "hard-link", "copy", "second", "other-build"];
    let run = |folders: &[&str]| {
        let mut command = machine.command(&[]);
        let vars: Vec<_> = command
            .env("PATH", path(&machine, folders))
            .get_envs()
            .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())))
            .collect();
        let mut own = Command::new(&own);
        own.args(["instance", "list"]).env_clear().envs(vars);
        own.stdin(Stdio::null());
        own
    };
    let all = [&["own"][..], &itself, &["real"]].concat();
    let (seen, _) = machine.seen_of(&mut run(&all));
    assert_eq!(seen.vars["SCW_HANDOVER_DEPTH"], "1");
    assert_eq!(seen.args, ["instance", "list"]);
    machine.forget();
    for alone in itself {
        let ran = Ran::of(run(&["own", alone]).output().unwrap()).expect(2);
        let ran = ran.told("unrecognized subcommand 'instance'");
        assert!(ran.stderr.contains("install it"), "{alone}: {}", ran.stderr);
    }
    // A file that a package diverted is not trusted more.
    fs::copy(&own, machine.bin("own").join("scw.distrib")).unwrap();
    let ran = Ran::of(run(&["own"]).output().unwrap()).expect(2);
    ran.told("unrecognized subcommand");
    assert!(!machine.was_called());
}

// Issue 10, 2
#[test]
fn a_script_that_leads_back_here_ends_with_an_error() {
    let machine = Machine::new();
    let count = machine.world.home.path().join("count");
    let (count, own) = (count.display(), binary());
    let script = format!("echo called >>{count}; exec {own} \"$@\"");
    official(&machine.bin("real"), &script);
    let ran = machine.run(&["-q", "instance"]).expect(2);
    let ran = ran.told("leads back to this program").told("SCW_OFFICIAL");
    assert_eq!(ran.stderr.matches("error:").count(), 1, "{}", ran.stderr);
    let calls = fs::read_to_string(count.to_string()).unwrap();
    assert_eq!(calls.lines().count(), 4);
    // A command of ours that a script runs inside is no loop.
    official(&machine.bin("real"), &format!("exec {own} help json"));
    machine.run(&["-q", "instance"]).expect(0);
}

// Issue 10, 2
#[test]
fn behind_a_script_that_leads_back_here_the_next_client_is_found() {
    let machine = Machine::new();
    let script = format!("exec {} \"$@\"", binary());
    official(&machine.bin("wrapper"), &script);
    let mut command = machine.command(&["instance", "a b", ""]);
    command.env("PATH", path(&machine, &["wrapper", "real"]));
    let (seen, _) = machine.seen_of(&mut command);
    assert_eq!(seen.args, ["instance", "a b", ""]);
}

// Issue 10, 2
#[test]
fn the_official_client_is_called_by_the_name_that_a_shell_would_use() {
    let machine = Machine::new();
    let mut command = machine.command(&["-q", "no-such-script"]);
    command.env("SCW_OFFICIAL", "/bin/bash");
    let ran = Ran::of(command.output().unwrap()).expect(127);
    // bash says first what it was called.
    assert!(ran.stderr.starts_with("scw: "), "{}", ran.stderr);
}

// Issue 10, 2
#[test]
fn nothing_is_handed_over_where_that_is_turned_off() {
    let machine = Machine::new();
    let run = |value: &str, words: &[&str]| {
        let mut command = machine.command(words);
        Ran::of(command.env("SCW_HANDOVER", value).output().unwrap())
    };
    let ran = run("off", &["instance"]).expect(2);
    ran.told("'instance'").told("unset `SCW_HANDOVER`");
    run("off", &["help", "instance"]).expect(2);
    let version = run("off", &["--version"]).expect(0).stdout;
    assert_eq!(version, format!("scw {}\n", env!("CARGO_PKG_VERSION")));
    let ran = run("no", &["instance"]).expect(2);
    ran.told("`SCW_HANDOVER` must be `on` or `off`");
    assert!(!machine.was_called());
    run("on", &["-q", "instance"]).expect(0);
    assert!(machine.was_called());
}

// Issue 10, 2
#[test]
fn our_own_commands_and_the_help_of_our_own_are_never_handed_over() {
    let machine = Machine::new();
    for (words, code) in [
        (&[][..], 0),
        (&["--help"], 0),
        (&["help"], 0),
        (&["help", "login"], 0),
        (&["help", "environment"], 0),
        (&["login", "--help"], 0),
        (&["whoami", "extra"], 2),
        (&["-o", "yaml", "whoami"], 2),
        (&["2fa", "instance"], 2),
        (&["whoami"], 3),
    ] {
        machine.run(words).expect(code);
        assert!(!machine.was_called(), "{words:?}");
    }
}

// Issue 10, 2
#[test]
fn the_version_tells_which_official_client_stands_behind() {
    let machine = Machine::new();
    let first = format!("scw {}\n", env!("CARGO_PKG_VERSION"));
    let mut alone = machine.command(&["--version"]);
    let alone = alone.env("PATH", "/nonexistent").output().unwrap();
    assert_eq!(Ran::of(alone).expect(0).stdout, first);
    let file = machine.bin("real").join("scw");
    let second = format!("official client: {}\n", file.display());
    for words in [&["--version"][..], &["-V"], &["-V", "instance"]] {
        let ran = machine.run(words).expect(0);
        assert_eq!(
            (ran.stdout, ran.stderr),
            (format!("{first}{second}"), String::new())
        );
    }
    // It is not asked.
    assert!(!machine.was_called());
}

// Issue 10, 2
#[test]
fn the_verbose_version_names_the_build_and_asks_the_official_client_for_so_long_only() {
    let machine = Machine::new();
    let real = machine.bin("real");
    let answer =
        "[ \"$*\" = 'version -o json' ] && echo '{\"version\":\"2.41.0\",\"go_os\":\"linux\"}'";
    official(&real, answer);
    for words in [&["--version", "--verbose"][..], &["--verbose", "-V"]] {
        let text = machine.run(words).expect(0).stdout;
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], format!("scw {}", env!("CARGO_PKG_VERSION")));
        assert_eq!(lines.len(), 5, "{text}");
        let value = |name: &str| {
            let found = lines.iter().find_map(|line| line.strip_prefix(name));
            found.unwrap_or_else(|| panic!("{name}: {text}")).to_owned()
        };
        let commit = value("commit: ");
        let is_hash = commit.len() >= 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
        assert!(commit == "unknown" || is_hash, "{commit}");
        assert!(value("target: ").contains(std::env::consts::ARCH), "{text}");
        let features = if cfg!(feature = "security-keys") {
            "security-keys"
        } else {
            "none"
        };
        assert_eq!(value("features: "), features);
        let told = format!("{} (2.41.0)", real.join("scw").display());
        assert_eq!(value("official client: "), told);
    }
    // One that hangs, with what it started, and one that answers something else.
    let pids = machine.world.home.path().join("pids");
    let hangs = format!(
        "sleep 1000 & echo $! >{0}; echo $$ >>{0}; wait",
        pids.display()
    );
    for script in [&*hangs, "echo '{\"version\":\"1\"}'; exit 3", "echo hello"] {
        official(&real, script);
        let text = machine.run(&["--version", "--verbose"]).expect(0).stdout;
        let last = format!("official client: {}", real.join("scw").display());
        assert_eq!(text.lines().last(), Some(&*last), "{script}");
    }
    let pids = fs::read_to_string(pids).unwrap();
    assert_eq!(pids.lines().count(), 2);
    for pid in pids.lines() {
        crate::support::running::until("it has ended", || {
            // Killed, it may wait for whoever adopted it to notice.
            let state = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            state.is_empty() || state.contains(") Z ")
        });
    }
    let ran = machine.run(&["whoami", "--verbose"]).expect(2);
    ran.told("--version");
}

// Issue 10, 2
#[test]
fn the_second_name_does_the_same_and_completes_itself() {
    let machine = Machine::new();
    let as_second = |words: &[&str]| {
        let command = machine.command(words);
        let mut second = Command::new(SECOND);
        second.args(words).env_clear().stdin(Stdio::null());
        for (name, value) in command.get_envs() {
            second.env(name, value.unwrap_or_default());
        }
        second
    };
    let (seen, _) = machine.seen_of(&mut as_second(&["instance", "list"]));
    assert_eq!(seen.args, ["instance", "list"]);
    let version = Ran::of(as_second(&["--version"]).output().unwrap()).expect(0);
    assert!(version.stdout.starts_with("scw 0."), "{}", version.stdout);
    Ran::of(as_second(&["whoami"]).output().unwrap()).expect(3);
    for (shell, file) in [
        ("bash", "scw-2fa.bash"),
        ("zsh", "_scw-2fa"),
        ("fish", "scw-2fa.fish"),
        ("elvish", "scw-2fa.elv"),
        ("powershell", "_scw-2fa.ps1"),
    ] {
        let printed = Ran::of(as_second(&["completion", shell]).output().unwrap()).expect(0);
        let kept = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("completions")
            .join(file);
        assert_eq!(printed.stdout, fs::read_to_string(kept).unwrap());
        let ours = machine.run(&["completion", shell]).expect(0);
        assert_ne!(printed.stdout, ours.stdout);
    }
}

// Issue 10, 2
#[test]
fn a_typing_error_in_an_option_of_ours_is_not_handed_over() {
    let machine = Machine::logged_in();
    for mistake in ["--profle", "--outptu", "--no-imput"] {
        let ran = machine.run(&[mistake, "work", "whoami"]).expect(2);
        ran.told("did you mean `--");
        assert!(!machine.was_called());
    }
    machine.hand_over(&["--new", "work", "whoami"]);
}

// Issue 10, 1
#[test]
fn a_command_that_is_handed_over_deletes_the_key_of_a_killed_run_too() {
    let machine = Machine::logged_in();
    let world = &machine.world;
    let killed = ["exec", "--ttl", "1h", "--", "sh", "-c", "kill -9 $PPID"];
    assert_eq!(world.command(&killed).status().unwrap().code(), None);
    assert_eq!(world.new_keys().len(), 1);
    let (_, ran) = machine.hand_over_and_show(&["instance", "list"]);
    assert_eq!(world.new_keys(), Vec::<String>::new());
    assert!(
        ran.stderr.contains("left behind by an interrupted scw"),
        "{}",
        ran.stderr
    );
}
