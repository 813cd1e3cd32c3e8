//! Every command that writes: what is there before it, how it is started, and how its success is
//! seen.

mod audit;
mod config;
mod encrypted;
mod exec;
mod passkeys;
mod profiles;

use std::fs;

pub use self::{
    audit::{evidence, is_evidence},
    exec::is_exec,
};
use crate::{
    Result,
    passkeys::Passkeys,
    process::{Program, Ran},
    world::{OATHTOOL, OTHER, OWNER, Person, World},
};

/// One command in one situation.
#[derive(Clone, Copy)]
pub struct Scenario {
    /// Its name, for `--scenario`.
    pub name: &'static str,
    /// `SCW_API`, where it is not today's.
    pub api: Option<&'static str>,
    /// Who is logged in before it.
    pub before: Option<Person>,
    /// Who is logged in after it.
    pub after: Option<Person>,
    /// Whether a key or the codes are given up on purpose.
    pub leaves: Leaves,
    /// The other profiles that the command logs in with, and whose they are.
    pub beside: &'static [(&'static str, Person)],
    /// The passkeys that the owner has been given once `prepare` is done.
    pub passkeys: Option<Passkeys>,
    /// Whether the command, run again after it was cut, has to succeed.
    pub again: bool,
    /// The exit code where nothing is done to it.
    pub exit: i32,
    /// Exit codes that are not of `scw` but of what it runs.
    pub foreign: &'static [i32],
    /// Brings a fresh world to where the command starts.
    pub prepare: fn(&World<'_>) -> Result<()>,
    /// The command.
    pub command: fn(&World<'_>) -> Program,
    /// What is not done of it, though it said that it is.
    pub undone: fn(&World<'_>, &Ran) -> Result<Option<String>>,
}

/// What a command leaves behind because it was asked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaves {
    /// Nothing.
    Nothing,
    /// The key of the login, alive.
    TheKey,
    /// A second factor without saved codes.
    NoCodes,
    /// Codes of an app that is gone, as long as a passkey is left: nobody knows whether they work.
    CodesOfAPasskey,
}

impl std::fmt::Debug for Scenario {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// The base that the scenarios are variations of.
const PLAIN: Scenario = Scenario {
    name: "",
    api: None,
    before: None,
    after: None,
    leaves: Leaves::Nothing,
    beside: &[],
    passkeys: None,
    again: false,
    exit: 0,
    foreign: &[],
    prepare: |_| Ok(()),
    command: |world| world.program(&[]),
    undone: |_, _| Ok(None),
};

/// All of them.
pub fn all() -> impl Iterator<Item = &'static Scenario> {
    config::ALL
        .iter()
        .chain(WITHOUT_PASSKEYS)
        .chain(encrypted::ALL)
        .chain(exec::ALL)
        .chain(audit::ALL)
        .chain(profiles::ALL)
        .chain(passkeys::ALL)
}

/// Those on accounts without passkeys.
const WITHOUT_PASSKEYS: &[Scenario] = &[
    Scenario {
        name: "login",
        after: Some(OWNER),
        command: |world| world.login(&OWNER),
        undone: logged_in,
        ..PLAIN
    },
    Scenario {
        name: "login-2017",
        api: Some("account"),
        after: Some(OWNER),
        command: |world| world.login(&OWNER),
        undone: logged_in,
        ..PLAIN
    },
    Scenario {
        name: "login-again",
        before: Some(OWNER),
        after: Some(OWNER),
        prepare: log_in,
        command: |world| world.login(&OWNER),
        undone: logged_in,
        ..PLAIN
    },
    Scenario {
        name: "login-other",
        before: Some(OWNER),
        after: Some(OTHER),
        prepare: log_in,
        command: |world| world.login(&OTHER),
        undone: |world, _| is_in(world, OTHER.email),
        ..PLAIN
    },
    Scenario {
        name: "login-backup-code",
        after: Some(OWNER),
        prepare: switch_on_and_log_out,
        command: login_with_a_backup_code,
        undone: logged_in,
        ..PLAIN
    },
    Scenario {
        name: "login-token",
        after: Some(OWNER),
        command: token_login,
        undone: logged_in,
        ..PLAIN
    },
    Scenario {
        name: "logout",
        before: Some(OWNER),
        prepare: log_in,
        command: |world| world.program(&["logout"]),
        undone: logged_out,
        ..PLAIN
    },
    Scenario {
        name: "logout-keep-key",
        before: Some(OWNER),
        leaves: Leaves::TheKey,
        prepare: log_in,
        command: |world| world.program(&["logout", "--keep-key"]),
        undone: |world, _| is_out(world),
        ..PLAIN
    },
    Scenario {
        name: "on",
        before: Some(OWNER),
        after: Some(OWNER),
        prepare: log_in,
        command: |world| on(world, &[]),
        undone: switched_on,
        ..PLAIN
    },
    Scenario {
        name: "on-codes-file",
        before: Some(OWNER),
        after: Some(OWNER),
        prepare: log_in,
        command: |world| on(world, &["--codes-file", &safe(world)]),
        undone: switched_on,
        ..PLAIN
    },
    Scenario {
        name: "renew",
        before: Some(OWNER),
        after: Some(OWNER),
        prepare: log_in_and_switch_on,
        command: renew,
        undone: switched_on,
        ..PLAIN
    },
    Scenario {
        name: "off",
        before: Some(OWNER),
        after: Some(OWNER),
        prepare: log_in_and_switch_on,
        command: |world| world.program(&["2fa", "off", "--yes"]),
        undone: switched_off,
        ..PLAIN
    },
    Scenario {
        name: "off-backup-code",
        prepare: switch_on_and_log_out,
        command: off_with_a_backup_code,
        undone: switched_off,
        ..PLAIN
    },
    Scenario {
        name: "off-backup-code-2017",
        api: Some("account"),
        prepare: switch_on_and_log_out,
        command: off_with_a_backup_code,
        undone: switched_off,
        ..PLAIN
    },
    Scenario {
        name: "codes-next",
        before: Some(OWNER),
        after: Some(OWNER),
        prepare: log_in_and_switch_on,
        command: |world| world.program(&["2fa", "codes", "next"]),
        undone: |world, ran| Ok((!world.lets_in(ran.stdout.trim())?).then(|| dead(ran))),
        ..PLAIN
    },
    Scenario {
        name: "codes-used",
        before: Some(OWNER),
        after: Some(OWNER),
        prepare: log_in_and_switch_on,
        command: first_code_is_used,
        undone: |world, _| {
            let list = world.scw(&["2fa", "codes", "list", "-o", "json"])?.json();
            let marked = list["unused"] == 9;
            Ok((!marked).then(|| "the code is not marked as used".to_owned()))
        },
        ..PLAIN
    },
    Scenario {
        name: "codes-remove",
        before: Some(OWNER),
        after: Some(OWNER),
        leaves: Leaves::NoCodes,
        prepare: log_in_and_switch_on,
        command: |world| world.program(&["2fa", "codes", "remove", "--yes"]),
        undone: |world, _| {
            let listed = world.scw(&["2fa", "codes", "list"])?.exited(0);
            Ok(listed.then(|| "the codes are still there".to_owned()))
        },
        ..PLAIN
    },
    Scenario {
        name: "man",
        command: |world| world.program(&["man", &format!("{}/man", world.home().display())]),
        undone: pages,
        ..PLAIN
    },
];

fn dead(ran: &Ran) -> String {
    format!(
        "it printed {:?}, which the service refuses",
        ran.stdout.trim()
    )
}

fn safe(world: &World<'_>) -> String {
    format!("{}/safe/codes.txt", world.home().display())
}

fn log_in(world: &World<'_>) -> Result<()> {
    world.must(&world.login(&OWNER)).map(drop)
}

fn log_in_and_switch_on(world: &World<'_>) -> Result<()> {
    log_in(world)?;
    world.must(&on(world, &[])).map(drop)
}

fn switch_on_and_log_out(world: &World<'_>) -> Result<()> {
    log_in_and_switch_on(world)?;
    world.must(&world.program(&["logout"])).map(drop)
}

/// `scw 2fa on`, with an authenticator and any more arguments.
#[must_use]
pub fn on(world: &World<'_>, more: &[&str]) -> Program {
    let arguments = ["2fa", "on", "--otp-command", OATHTOOL, "-o", "json"];
    world.program(&[&arguments, more].concat())
}

/// `scw 2fa on --renew --yes`; a build that asks no question knows no `--yes`.
#[must_use]
pub fn renew(world: &World<'_>) -> Program {
    let help = world.scw(&["2fa", "on", "--help"]);
    if help.is_ok_and(|help| help.stdout.contains("--yes")) {
        on(world, &["--renew", "--yes"])
    } else {
        on(world, &["--renew"])
    }
}

fn token_login(world: &World<'_>) -> Program {
    let mut program = world.program(&["login", "--with-token", "--storage", "file"]);
    program.input = format!(
        "SCW_ACCESS_KEY={}\nSCW_SECRET_KEY={}\n",
        OWNER.access_key, OWNER.secret_key
    );
    program
}

fn off_with_a_backup_code(world: &World<'_>) -> Program {
    world
        .program(&["2fa", "off", "--backup-code", "--yes"])
        .with("SCW_EMAIL", OWNER.email)
        .with("SCW_PASSWORD", OWNER.password)
}

/// A file with the first of the backup codes in force.
fn code_file(world: &World<'_>) -> String {
    let file = world.home().join("code");
    let sets = world.handed().code_sets();
    let code = sets.last().and_then(|set| set.first()).cloned();
    // A file that is not there fails the command, and that is told.
    let _ = fs::write(&file, code.unwrap_or_default());
    file.to_string_lossy().into_owned()
}

fn first_code_is_used(world: &World<'_>) -> Program {
    world.program(&["2fa", "codes", "used", &code_file(world)])
}

fn login_with_a_backup_code(world: &World<'_>) -> Program {
    let mut program = world.password_login(&OWNER);
    let more = ["--backup-code-file".to_owned(), code_file(world)];
    program.arguments.extend(more);
    program
}

fn logged_in(world: &World<'_>, _ran: &Ran) -> Result<Option<String>> {
    is_in(world, OWNER.email)
}

fn is_in(world: &World<'_>, email: &str) -> Result<Option<String>> {
    let who = world.scw(&["whoami", "-o", "json"])?;
    let right = who.exited(0) && who.json()["email"] == email;
    Ok((!right).then(|| format!("{email} is not logged in ({:?})", who.ending)))
}

fn is_out(world: &World<'_>) -> Result<Option<String>> {
    let who = world.scw(&["whoami"])?;
    Ok((!who.exited(3)).then(|| format!("somebody is still logged in ({:?})", who.ending)))
}

fn logged_out(world: &World<'_>, _ran: &Ran) -> Result<Option<String>> {
    if world.keys(&OWNER)?.len() > 2 {
        return Ok(Some("the key of the login is still alive".to_owned()));
    }
    is_out(world)
}

#[expect(clippy::unnecessary_wraps, reason = "the others may fail")]
fn switched_on(world: &World<'_>, ran: &Ran) -> Result<Option<String>> {
    if world.two_factor() != "on" {
        return Ok(Some("it is not on".to_owned()));
    }
    let handed = world.handed().code_sets();
    let printed = &ran.json()["backup_codes"];
    let all = handed
        .last()
        .is_some_and(|set| *printed == serde_json::json!(set));
    Ok((!all).then(|| "it did not print the codes that are in force".to_owned()))
}

#[expect(clippy::unnecessary_wraps, reason = "the others may fail")]
fn switched_off(world: &World<'_>, _ran: &Ran) -> Result<Option<String>> {
    Ok((world.two_factor() != "off").then(|| "it is not off".to_owned()))
}

fn pages(world: &World<'_>, _ran: &Ran) -> Result<Option<String>> {
    let written = fs::read_dir(world.home().join("man"))?.count();
    let whole = fs::read_dir(world.home().join("man"))?
        .flatten()
        .all(|page| page.metadata().is_ok_and(|page| page.len() > 0));
    Ok((written < 10 || !whole).then(|| format!("{written} pages, not all of them whole")))
}
