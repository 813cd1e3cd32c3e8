//! What has to hold after a command was cut or failed: it is looked at from outside, through the
//! commands that a person would run next, and at the account itself.

mod config;
mod evidence;
mod exec;
mod orderly;
mod passkeys;

use std::collections::{BTreeMap, BTreeSet};

pub use self::orderly::disorderly;
use crate::{
    Result, folders,
    process::{Ending, Program, Ran},
    scenarios::{Leaves, Scenario, on},
    world::{OTHER, OWNER, Person, World},
};

/// What a message may say where codes are in force that are not saved here.
const SAYS_MISSING: [&str; 6] = [
    "no backup codes",
    "no working backup codes",
    "not saved",
    "missing",
    "are lost",
    "could not be saved",
];

/// The commands that a person may run next. Each of them is the first one after some points.
const NEXT: [&[&str]; 3] = [
    &["whoami", "-o", "json"],
    &["2fa", "status", "-o", "json"],
    &["2fa", "codes", "list", "--show", "-o", "json"],
];

/// Looks at a world after one point.
#[derive(Debug)]
pub struct Look<'a> {
    world: &'a World<'a>,
    scenario: &'a Scenario,
    /// The passkeys before the command.
    passkeys: BTreeMap<String, String>,
    problems: Vec<String>,
}

/// What the next commands gave, in the order of [`NEXT`].
struct Next {
    whoami: Ran,
    status: Ran,
    list: Ran,
}

impl<'a> Look<'a> {
    /// A look at a world before this scenario's command; [`Look::all`] looks at it afterwards.
    ///
    /// # Errors
    /// When the sandbox does not answer.
    pub fn at(world: &'a World<'a>, scenario: &'a Scenario) -> Result<Self> {
        Ok(Self {
            world,
            scenario,
            passkeys: world.passkeys()?,
            problems: Vec::new(),
        })
    }

    /// Looks at everything; `ran` is a command that was not killed, and `turn` says which of the
    /// next commands comes first. What does not hold comes back, a sentence each.
    ///
    /// # Errors
    /// When the campaign itself cannot go on.
    pub fn all(mut self, ran: Option<&Ran>, turn: usize) -> Result<Vec<String>> {
        if let Some(ran) = ran {
            self.ended(ran)?;
        }
        // What a killed run asked for last is done or not before anything else begins.
        self.world.settle();
        self.no_lost_secret();
        self.evidence_is_whole(ran)?;
        let next = self.next_commands(turn)?;
        self.who_is_in(&next);
        self.beside_are_in()?;
        self.codes_agree(&next)?;
        self.no_dead_code(next.whoami.exited(3))?;
        self.no_dead_secret()?;
        self.again()?;
        self.passkeys_are_left()?;
        if self.scenario.before.is_some() && self.scenario.after.is_none() {
            self.log_out("`logout` once more")?;
        }
        self.every_key_is_found()?;
        Ok(self.problems)
    }

    fn wrong(&mut self, problem: impl Into<String>) {
        self.problems.push(problem.into());
    }

    /// The command itself: an exit code of its own, and what it says that it did is done.
    fn ended(&mut self, ran: &Ran) -> Result<()> {
        if let Some(how) = disorderly(ran, self.scenario.foreign) {
            self.wrong(format!("the command {how}"));
        }
        if ran.exited(self.scenario.exit)
            && let Some(undone) = (self.scenario.undone)(self.world, ran)?
        {
            let code = self.scenario.exit;
            self.wrong(format!("exit {code}, but {undone}"));
        }
        Ok(())
    }

    fn run(&mut self, program: &Program) -> Result<Ran> {
        let ran = program.run()?;
        if let Some(how) = disorderly(&ran, &[]) {
            self.wrong(format!("then `scw {}` {how}", program.arguments.join(" ")));
        }
        Ok(ran)
    }

    /// Runs what comes next. Temporary files have to be gone after the first of it.
    fn next_commands(&mut self, turn: usize) -> Result<Next> {
        let before = unused_in_files(self.world);
        let mut ran: [Option<Ran>; 3] = [None, None, None];
        for step in 0..NEXT.len() {
            let which = (turn + step) % NEXT.len();
            let program = self.world.program(NEXT[which]);
            ran[which] = Some(self.run(&program)?);
            let left = self.world.temporary_files().len();
            if step == 0 && left > 0 {
                let command = NEXT[which].join(" ");
                self.wrong(format!("{left} temporary files outlive `scw {command}`"));
            }
            if step == 0 {
                self.no_key_of_a_command()?;
            }
        }
        let [Some(whoami), Some(status), Some(list)] = ran else {
            return Err("a command is missing".into());
        };
        let said = [&whoami, &status, &list]
            .map(|ran| ran.stderr.as_str())
            .concat();
        if self.codes_are_dead()? && before > 0 && !said.contains("void") {
            self.wrong("codes that are dead were there, and nobody said so");
        }
        Ok(Next {
            whoami,
            status,
            list,
        })
    }

    /// The login is the old one or the new one, whole; or nobody's, where that can be.
    fn who_is_in(&mut self, next: &Next) {
        let Scenario { before, after, .. } = *self.scenario;
        let who = &next.whoami;
        let may_be: Vec<&str> = [before, after]
            .iter()
            .flatten()
            .map(|person| person.email)
            .collect();
        match who.ending {
            Ending::Exit(0) => {
                let json = who.json();
                let email = json["email"].as_str().unwrap_or_default();
                if !may_be.contains(&email) {
                    self.wrong(format!("whoami says {email:?}"));
                }
                let person = if email == OTHER.email { OTHER } else { OWNER };
                let key = json["access_key"].as_str().unwrap_or_default();
                let own = self.world.keys(&person).unwrap_or_default();
                if self.world.api.is_none() && !own.contains(key) {
                    self.wrong("whoami names a key that is not alive or not that user's");
                }
            }
            Ending::Exit(3) if before.is_none() || after.is_none() => {}
            // A key that the logout deleted, and the record of it not yet.
            Ending::Exit(4) if before.is_some() && after.is_none() => {}
            Ending::Exit(3) => self.wrong("nobody is logged in any more"),
            _ => {
                let first = who.stderr.lines().next().unwrap_or_default();
                self.wrong(format!("whoami: {:?}: {first}", who.ending));
            }
        }
    }

    /// Off and no unused code, or on and the codes are here; else somebody has said so.
    fn codes_agree(&mut self, next: &Next) -> Result<()> {
        let unused = unused_codes(&next.list);
        if self.world.two_factor() != "on" {
            if !self.codes_are_dead()? {
                return Ok(());
            }
            // Without a login the account cannot be asked: the warning is what can be had.
            let warned = next.whoami.exited(3) && next.list.stderr.contains("void");
            if !unused.is_empty() && !warned {
                let count = unused.len();
                self.wrong(format!("it is off, and {count} codes are listed as unused"));
            }
            return Ok(());
        }
        let in_force = self.world.handed().code_sets().pop().unwrap_or_default();
        let dead = unused
            .iter()
            .filter(|code| !in_force.contains(code))
            .count();
        if dead > 0 {
            self.wrong(format!(
                "it is on, and {dead} codes of an older factor are unused"
            ));
        }
        if unused.len() > dead || self.scenario.leaves == Leaves::NoCodes {
            return Ok(());
        }
        let again = self.run(&on(self.world, &[]))?;
        let said = format!("{}{}", next.status.stderr, again.stderr);
        let missing = SAYS_MISSING.iter().any(|words| said.contains(words));
        if !missing || !said.contains("scw 2fa on --renew") {
            let status = &next.status.ending;
            self.wrong(format!(
                "it is on without saved codes, and neither `status` ({status:?}) nor `on` says so"
            ));
        }
        Ok(())
    }

    /// What `codes next` prints opens the account. Where nobody is logged in it cannot be asked
    /// for, and the warning is what can be had.
    fn no_dead_code(&mut self, nobody: bool) -> Result<()> {
        let next = self.run(&self.world.program(&["2fa", "codes", "next"]))?;
        if !next.exited(0) || (nobody && next.stderr.contains("void")) {
            return Ok(());
        }
        if self.codes_are_dead()? {
            self.wrong("`codes next` prints a code although it is off");
        } else if !self.world.lets_in(next.stdout.trim())? {
            self.wrong("`codes next` prints a code that the service refuses");
        }
        Ok(())
    }

    /// Once somebody is logged in the account can be asked: no code is unused where it is off.
    fn no_code_after_login(&mut self) -> Result<()> {
        if self.scenario.leaves == Leaves::CodesOfAPasskey {
            // What was turned off elsewhere is found out by whoever asks the account.
            self.run(&self.world.program(NEXT[1]))?;
        }
        let list = self.run(&self.world.program(NEXT[2]))?;
        if self.world.two_factor() != "on" && !unused_codes(&list).is_empty() {
            self.wrong("it is off, and codes are listed as unused after a login");
        }
        Ok(())
    }

    /// No secret but that of the login is in any file.
    fn no_dead_secret(&mut self) -> Result<()> {
        let token = self.run(&self.world.program(&["token"]))?;
        let mut own = self.secrets_beside();
        own.push(token.stdout.trim());
        self.only_secrets(&own, "after the next run");
        Ok(())
    }

    fn only_secrets(&mut self, own: &[&str], when: &str) {
        let official = self.world.home().join(".config/scw");
        let files = folders::files(&self.world.home());
        let ours = files.iter().filter(|file| !file.starts_with(&official));
        let ours: Vec<_> = ours.collect();
        for secret in self.world.secrets() {
            let holder = ours
                .iter()
                .find(|file| folders::holds(file, secret.as_bytes()));
            if let Some(file) = holder.filter(|_| !own.contains(&secret.as_str())) {
                let temporary = self.world.temporary_files().contains(file);
                let name = file.strip_prefix(self.world.home()).unwrap_or(file);
                let name = if temporary {
                    "a temporary file".to_owned()
                } else {
                    name.display().to_string()
                };
                self.wrong(format!("a dead secret lies in {name} {when}"));
            }
        }
    }

    fn log_out(&mut self, what: &str) -> Result<()> {
        let out = self.run(&self.world.program(&["logout"]))?;
        if !out.exited(0) {
            let first = out.stderr.lines().next().unwrap_or_default();
            self.wrong(format!("{what}: {:?}: {first}", out.ending));
        }
        Ok(())
    }

    /// A login and a logout later there is nothing left that this machine made.
    fn every_key_is_found(&mut self) -> Result<()> {
        let Scenario { before, after, .. } = *self.scenario;
        let mut people = vec![after.or(before).unwrap_or(OWNER)];
        people.extend(before.filter(|before| *before != people[0]));
        if self.world.two_factor() != "on" {
            // Beside a passkey no password leads in.
            self.world.remove_passkeys()?;
        }
        let before = people.iter().map(|person| self.world.keys(person));
        let before: Vec<BTreeSet<String>> = before.collect::<Result<_>>()?;
        for (person, keys) in people.iter().zip(before) {
            let login = self.run(&self.world.login(person))?;
            if !login.exited(0) {
                let first = login.stderr.lines().next().unwrap_or_default();
                self.wrong(format!("no login any more: {:?}: {first}", login.ending));
                return Ok(());
            }
            let unnamed = self.unnamed(person, &login)?.intersection(&keys).count();
            if unnamed > 0 {
                self.wrong(format!("{unnamed} live keys outlive the next login"));
            }
            if *person == OWNER {
                self.no_code_after_login()?;
            }
        }
        self.log_out("the last logout")?;
        self.log_out_beside()?;
        for person in &people {
            let left = self.unnamed(person, &Ran::default())?.len();
            if left > 0 {
                self.wrong(format!("{left} live keys are left in the end"));
            }
        }
        self.only_secrets(&[], "after the logout");
        let left = self.world.temporary_files().len();
        if left > 0 {
            self.wrong(format!("{left} temporary files are left in the end"));
        }
        Ok(())
    }

    /// The keys of a person that neither the seed nor this login accounts for.
    fn unnamed(&mut self, person: &Person, login: &Ran) -> Result<BTreeSet<String>> {
        let mut keys = self.world.keys(person)?;
        keys.remove(person.access_key);
        keys.remove(person.token);
        if let Some(own) = login.json()["access_key"].as_str() {
            keys.remove(own);
        } else if login.exited(0) {
            let token = self.run(&self.world.program(&["token"]))?;
            keys.remove(token.stdout.trim());
        }
        if self.scenario.leaves == Leaves::TheKey && keys.len() == 1 {
            // The key that was to be kept.
            keys.clear();
        }
        Ok(keys)
    }
}

/// The codes that `codes list --show -o json` calls unused.
fn unused_codes(list: &Ran) -> Vec<String> {
    let json = list.json();
    let codes = json["codes"].as_array().cloned().unwrap_or_default();
    codes
        .iter()
        .filter(|code| code["state"] == "unused")
        .filter_map(|code| Some(code["code"].as_str()?.to_owned()))
        .collect()
}

/// How many codes the files themselves show as unused, before any command has looked at them.
fn unused_in_files(world: &World<'_>) -> usize {
    let files = folders::files(&world.home());
    let saved = files.iter().filter(|file| {
        let folder = file.parent().and_then(|folder| folder.file_name());
        file.extension().is_some_and(|end| end == "txt")
            && folder.is_some_and(|name| name == "backup-codes" || name == "safe")
    });
    saved
        .filter_map(|file| std::fs::read_to_string(file).ok())
        .filter(|text| !text.starts_with("-----BEGIN AGE"))
        .flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>())
        .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
        .count()
}
