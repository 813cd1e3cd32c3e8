//! Every command line on a page is run, as a reader would: in a terminal, one block after another.

use std::{collections::BTreeSet, net::TcpListener, process::Command};

use super::{
    pages::{Block, pages},
    person::{APP_KEY, Person},
    programs::programs,
};
use crate::support::{World, browser::login_of_first};

/// Lines that no test here runs, and why.
const NOT_RUN: [(&str, &str); 6] = [
    (
        "apt-get install build-essential ca-certificates",
        "it changes the machine; tests/bare/run runs it in a bare Debian",
    ),
    (
        "cargo install --path .",
        "a release build takes minutes; .ci/full makes one",
    ),
    (
        "cargo run -p scw-sandbox -- demo",
        "tests/system/demo.rs and tests/bare/run do",
    ),
    ("./tests/run", "it runs this test"),
    (
        "tests/bench/run",
        "a release build takes minutes, and times say nothing here; .ci/full runs it",
    ),
    (
        "scw 2fa keys add",
        "it needs a security key; src/commands/two_factor/add_key/tests.rs has one in software",
    ),
];

/// What a block of lines needs.
struct Setting {
    /// The first line of the block.
    first: &'static str,
    /// Whether each line stands for itself, so that all start from the same state.
    alone: bool,
    /// Whether the account has the app, or a passkey, from the beginning.
    app: bool,
    passkey: bool,
    /// Lines that are run before it, and after it to look at what came of it.
    before: &'static str,
    after: &'static str,
}

const fn setting(first: &'static str, before: &'static str, after: &'static str) -> Setting {
    Setting {
        first,
        alone: false,
        app: false,
        passkey: false,
        before,
        after,
    }
}

const LOGIN: &str =
    "printf 'SCW_ACCESS_KEY=%s\\nSCW_SECRET_KEY=%s\\n' $KEY $SECRET | scw login --with-token";
const IS_OFF: &str = "scw 2fa status | grep -q 'is off'";
const IS_ON: &str = "scw 2fa status | grep -q 'is on'";

/// A new block gets a line here. `LOGIN`, `ON` and the like stand for the lines above.
const SETTINGS: &[Setting] = &[
    setting(
        "source <(scw completion bash)",
        "",
        "complete -p scw; test -e ~/.local/share/man/man1/scw-2fa-on.1",
    ),
    setting("scw --version", "LOGIN", ""),
    setting("scw login\nscw 2fa on", "", IS_ON),
    Setting {
        alone: true,
        ..setting("scw login --from-config", "CONFIG", "scw whoami")
    },
    setting("scw whoami", "LOGIN; ON", "! scw whoami"),
    setting("scw login --renew", "LOGIN", "scw whoami"),
    setting(
        "scw login --profile work",
        "LOGIN",
        "scw whoami; ! scw -p job whoami",
    ),
    setting("scw logout --all", "LOGIN", "! scw whoami"),
    Setting {
        alone: true,
        ..setting(
            "scw login --web",
            "CONFIG",
            "test -e ~/.local/share/scw-2fa/profiles.toml",
        )
    },
    Setting {
        alone: true,
        ..setting(
            "scw 2fa on --qr none",
            "LOGIN; mkdir ~/.ssh; ssh-keygen -q -t ed25519 -N '' -f ~/.ssh/id_ed25519",
            IS_ON,
        )
    },
    setting("scw 2fa on --renew", "LOGIN; ON", IS_ON),
    Setting {
        passkey: true,
        ..setting("scw 2fa keys list", "LOGIN; ON", IS_OFF)
    },
    setting(
        "printf 'SCW_ACCESS_KEY",
        "",
        "IS_OFF; grep -q backup_codes on.json",
    ),
    Setting {
        app: true,
        ..setting(
            "scw login --email jane@example.com",
            "export SCW_PASSWORD=$SANDBOX_PASSWORD",
            "scw whoami",
        )
    },
    setting("printf 'X-Auth-Token", "LOGIN", ""),
    setting(
        "printf 'SCW_SECRET_KEY",
        "echo a passphrase >passphrase.txt",
        "test -e ~/.local/share/scw-2fa/secrets/default~1.age",
    ),
    setting(
        "scw 2fa codes encrypt",
        "LOGIN; ON; mkdir ~/.ssh; ssh-keygen -q -t ed25519 -N '' -f ~/.ssh/id_ed25519",
        "! scw 2fa codes next --no-input",
    ),
    setting("scw exec -- terraform plan", "LOGIN", ""),
    setting("scw 2fa codes export", "LOGIN; ON", "test -s codes"),
    setting("scw 2fa recover", "LOGIN; ON; scw logout", ""),
    setting("scw 2fa events", "LOGIN", ""),
    setting(
        "scw 2fa audit\n",
        "LOGIN; scw 2fa audit --evidence ./2026-q3",
        "test -s 2026-q4/SHA256SUMS",
    ),
    setting("scw 2fa audit --check", "LOGIN; ON", "test -s 2fa.xml"),
    setting("scw doctor", "LOGIN", ""),
    setting(
        "scw 2fa off --backup-code",
        "LOGIN; ON; scw logout",
        "LOGIN; IS_OFF",
    ),
    setting("scw 2fa off --user", "LOGIN; ID=$OTHER_ID", ""),
    setting(
        "scw login --api account",
        "LOGIN; ON; ID=$SANDBOX_USER_ID",
        "IS_OFF",
    ),
    Setting {
        alone: true,
        ..setting(
            "cargo run -p scw-sandbox -- run",
            "echo 'test -n \"$SANDBOX_EMAIL\"' >my-script.sh",
            "",
        )
    },
    setting(
        "export SCW_PROFILE=sandbox",
        "",
        "test $SCW_PROFILE = sandbox; IS_ON",
    ),
    setting(
        "cargo run -p scw-sandbox -- serve",
        "echo '{\"organizations\": [{\"users\": [{\"email\": \"a@example.com\"}]}]}' >accounts.json",
        "test -s accounts.db",
    ),
    setting("export SCW_API_URL", "", ""),
];

/// The commands of a block: a line that ends in `|` or `\` goes on, and a comment is none.
fn commands(block: &Block) -> Vec<String> {
    let mut commands: Vec<String> = Vec::new();
    let mut goes_on = false;
    for line in block.text.lines().map(str::trim_end) {
        if goes_on {
            let last = commands.last_mut().unwrap();
            last.push('\n');
            last.push_str(line);
        } else if !line.is_empty() && !line.starts_with('#') {
            commands.push(line.to_owned());
        }
        goes_on = line.ends_with(['|', '\\']);
    }
    commands
}

/// A command without the comment behind it.
fn bare(command: &str) -> &str {
    command.split(" # ").next().unwrap().trim_end()
}

fn why_not_run(command: &str) -> Option<&'static str> {
    let listed = NOT_RUN.iter().find(|(line, _)| *line == bare(command));
    listed.map(|(_, why)| *why)
}

/// Short names for lines that many settings have.
fn spelled_out(lines: &str) -> String {
    let on = "scw 2fa on -q --otp-command 'oathtool --totp -b -' >/dev/null";
    let config = "mkdir -p ~/.config/scw; printf 'access_key: %s\\nsecret_key: %s\\n' $KEY $SECRET >~/.config/scw/config.yaml";
    lines
        .replace("LOGIN", LOGIN)
        .replace("IS_OFF", IS_OFF)
        .replace("IS_ON", IS_ON)
        .replace("; ON", &format!("; {on}"))
        .replace("CONFIG", config)
}

/// The script that runs commands, and says `@@ done` or where it stopped.
fn script(setting: &Setting, commands: &[String]) -> String {
    let mut script =
        "stty echo rows 60 columns 100\nat() { echo \"@@ failed: $1\"; exit; }\n".to_owned();
    let before = spelled_out(setting.before);
    let after = spelled_out(setting.after);
    let parts = [("before", &before)]
        .into_iter()
        .chain(commands.iter().map(|command| ("line", command)))
        .chain([("after", &after)]);
    for (number, (part, lines)) in parts.enumerate() {
        // Nothing to run is nothing that fails.
        let check = format!("[ $? = 0 ] || at '{part} {number}'");
        script.extend(["true\n", lines, "\n", &check, "\n"]);
    }
    script + "echo '@@ done'\n"
}

const OTHER: &str = "5c9e0a3e-1d0f-4a55-9d6f-0f0e4a6d2b11";

fn run(setting: &Setting, commands: &[String]) -> Result<(), String> {
    let app = if setting.app {
        format!(r#", "otp_secret": "{APP_KEY}""#)
    } else {
        String::new()
    };
    let world = World::seeded(&format!(
        r#"{{"organizations": [{{"users": [
            {{"email": "jane@example.com"{app}}},
            {{"email": "other@example.com", "id": "{OTHER}", "otp_secret": "{APP_KEY}"}}]}}]}}"#
    ));
    if setting.passkey {
        world
            .sandbox
            .add_passkey(&world.info().user_id, "Laptop")
            .unwrap();
    }
    // A second factor would be asked for, too.
    let has_factor = setting.app || setting.passkey;
    let session = if has_factor {
        String::new()
    } else {
        login_of_first(&world)
    };
    let folder = tempfile::tempdir().unwrap();
    programs(folder.path());
    // A port of the pages may be taken on this machine.
    let free = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let script = script(setting, commands).replace(":8080", &format!(":{}", free.port()));
    let info = world.info();
    let scw = world.command(&[]);
    let path = std::env::var("PATH").unwrap();
    let curl = std::env::split_paths(&path).map(|folder| folder.join("curl"));
    let mut bash = Command::new("bash");
    bash.args(["--norc", "-c", &script])
        .env_clear()
        .envs(
            scw.get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .env("PATH", format!("{}:{path}", folder.path().display()))
        .env("CURL", curl.into_iter().find(|curl| curl.exists()).unwrap())
        .env("BROWSER", folder.path().join("browser"))
        .env("SESSION", session)
        // As on a machine without a keyring.
        .env("SCW_KEYRING", "file")
        .env("KEY", &info.access_key)
        .env("SECRET", &info.secret_key)
        .env("SANDBOX_EMAIL", &info.email)
        .env("SANDBOX_PASSWORD", &info.password)
        .env("SANDBOX_USER_ID", &info.user_id)
        .env("OTHER_ID", OTHER)
        .current_dir(world.home.path());
    Person::run(&world, bash)
}

// Issue 9, 7
#[test]
fn every_command_line_on_a_page_runs() {
    let mut not_run = BTreeSet::new();
    let mut used = BTreeSet::new();
    let mut ran = 0;
    for page in pages() {
        for block in page.blocks().iter().filter(|block| block.language == "sh") {
            let mut commands = commands(block);
            commands.retain(|command| {
                let why = why_not_run(command);
                not_run.extend(why);
                why.is_none()
            });
            if commands.is_empty() {
                continue;
            }
            let name = format!("{}, {}:\n{}", page.name, block.heading, block.text);
            let setting = SETTINGS
                .iter()
                .find(|known| block.text.starts_with(known.first));
            let setting = setting.unwrap_or_else(|| panic!("what does it need? {name}"));
            used.insert(setting.first);
            ran += commands.len();
            let together = [commands.clone()];
            let each: Vec<_> = commands.into_iter().map(|command| vec![command]).collect();
            let runs = if setting.alone {
                &each[..]
            } else {
                &together[..]
            };
            for run_of in runs {
                if let Err(screen) = run(setting, run_of) {
                    panic!("{name}\n{run_of:?} did not work:\n{screen}");
                }
            }
        }
    }
    assert_eq!(
        not_run.len(),
        NOT_RUN.len(),
        "a line that is not run is gone"
    );
    assert_eq!(used.len(), SETTINGS.len(), "a block is gone: {used:?}");
    assert!(ran > 40, "the lines were not found: {ran}");
}

// Issue 9, 7
#[test]
fn a_line_that_does_not_work_is_found() {
    let before = setting("", LOGIN, "");
    for bad in [
        "scw 2fa statsu",
        "scw whoami | grep nobody",
        "no-such-program",
    ] {
        let screen = run(&before, &[bad.to_owned()]).unwrap_err();
        assert!(screen.contains("@@ failed: line 1"), "{screen}");
    }
    run(&before, &["scw whoami  # with a comment".to_owned()]).unwrap();
}
