//! What has to hold when a round is over.

use std::collections::BTreeSet;

use super::plan::{Before, Command, Plan};
use crate::{
    Result,
    checks::disorderly,
    process::{Ending, Ran},
    world::World,
};

/// A command that has been run.
#[derive(Debug, Clone)]
pub struct Done {
    /// By which process.
    pub process: usize,
    /// Which one.
    pub command: Command,
    /// What it gave.
    pub ran: Ran,
    /// When it began, on the clock of the round.
    pub began: usize,
    /// When it ended.
    pub ended: usize,
}

/// What does not hold after a round, a sentence each.
///
/// # Errors
/// When the stress test itself cannot go on.
pub(super) fn judge(plan: &Plan, world: &World<'_>, done: &[Done]) -> Result<Vec<String>> {
    let mut verdict = Verdict {
        plan,
        world,
        done,
        problems: Vec::new(),
    };
    verdict.orderly();
    verdict.each_code_once();
    verdict.login_works()?;
    verdict.codes_known()?;
    verdict.passkeys_removed()?;
    verdict.pending_key_goes()?;
    verdict.keys_found()?;
    Ok(verdict.problems)
}

pub(super) struct Verdict<'a> {
    pub(super) plan: &'a Plan,
    pub(super) world: &'a World<'a>,
    pub(super) done: &'a [Done],
    problems: Vec<String>,
}

impl Verdict<'_> {
    pub(super) fn wrong(&mut self, problem: impl Into<String>) {
        self.problems.push(problem.into());
    }

    pub(super) fn scw(&mut self, arguments: &[&str]) -> Result<Ran> {
        let ran = self.world.scw(arguments)?;
        if let Some(how) = disorderly(&ran, &[]) {
            self.wrong(format!("then `scw {}` {how}", arguments.join(" ")));
        }
        Ok(ran)
    }

    fn orderly(&mut self) {
        for done in self.done {
            if let Some(how) = disorderly(&done.ran, &[]) {
                let (process, command) = (done.process, done.command);
                self.wrong(format!("{command:?} of process {process} {how}"));
            }
        }
    }

    fn each_code_once(&mut self) {
        let printed: Vec<&str> = self
            .done
            .iter()
            .filter(|done| done.command == Command::Next && done.ran.exited(0))
            .map(|done| done.ran.stdout.trim())
            .collect();
        let different: BTreeSet<&str> = printed.iter().copied().collect();
        if different.len() < printed.len() {
            self.wrong("`codes next` printed a code twice");
        }
    }

    /// The login that was made last is the one in force, and its key is alive.
    fn login_works(&mut self) -> Result<()> {
        let who = self.scw(&["whoami", "-o", "json"])?;
        let left = self.world.temporary_files().len();
        if left > 0 {
            self.wrong(format!("{left} temporary files outlive `scw whoami`"));
        }
        let ways = [
            Command::Login,
            Command::LoginRenew,
            Command::Logout,
            Command::LogoutAll,
            Command::Rename,
        ];
        let moves: Vec<&Done> = self
            .done
            .iter()
            .filter(|done| ways.contains(&done.command))
            .collect();
        let succeeded = |command| {
            moves
                .iter()
                .any(|done| done.command == command && done.ran.exited(0))
        };
        match who.ending {
            Ending::Exit(0) => {}
            Ending::Exit(3) => {
                let never = self.plan.before == Before::Nobody && !succeeded(Command::Login);
                if !never && !self.plan.any(&[Command::Logout, Command::LogoutAll]) {
                    self.wrong("nobody is logged in, though nobody logged out");
                }
            }
            _ => {
                let first = who.stderr.lines().next().unwrap_or_default();
                self.wrong(format!(
                    "the login in force is dead: {:?}: {first}",
                    who.ending
                ));
            }
        }
        // Nobody else's move overlaps or follows the last one: it decides.
        if let Some((last, earlier)) = moves.split_last()
            && earlier.iter().all(|done| done.ended < last.began)
            && last.ran.exited(0)
        {
            let own = last.ran.json()["access_key"].clone();
            match last.command {
                Command::Login | Command::LoginRenew if who.json()["access_key"] != own => {
                    self.wrong("the last login is not the one in force");
                }
                Command::Logout | Command::LogoutAll if !who.exited(3) => {
                    self.wrong("somebody is logged in after the last logout");
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Off; or on, and one process or the start knows the codes, and they are here; or the answer
    /// was lost, and its run said so.
    fn codes_known(&mut self) -> Result<()> {
        let list = self.scw(&["2fa", "codes", "list", "--show", "-o", "json"])?;
        let status = self.scw(&["2fa", "status"])?;
        let list = if status.exited(0) {
            // The account has been asked by now.
            self.scw(&["2fa", "codes", "list", "--show", "-o", "json"])?
        } else {
            list
        };
        let saved = codes(&list);
        let unused = saved.iter().filter(|(_, state)| state == "unused").count();
        if self.world.two_factor() != "on" {
            if unused > 0 && !(status.exited(3) && list.stderr.contains("void")) {
                self.wrong(format!("it is off, and {unused} codes are unused"));
            }
            if self.stays_on() {
                self.wrong("it was on, nobody turned it off since, and it is off");
            }
            return Ok(());
        }
        self.stays_off();
        let sets = self.world.handed().code_sets();
        let Some(in_force) = self.set_in_force(&sets, &saved)? else {
            self.answer_was_lost();
            return Ok(());
        };
        let knowing = self
            .done
            .iter()
            .filter(|done| done.ran.json()["backup_codes"] == serde_json::json!(in_force))
            .count();
        let from_the_start = self.plan.before.app_is_on() && sets.first() == Some(&in_force);
        if knowing != usize::from(!from_the_start) {
            self.wrong(format!("{knowing} processes know the codes in force"));
        }
        let here: BTreeSet<&str> = saved.iter().map(|(code, _)| code.as_str()).collect();
        if !in_force.iter().all(|code| here.contains(code.as_str())) {
            self.wrong("it is on, and its codes are not the ones saved here");
        }
        Ok(())
    }

    /// Whether it was turned on, or on from the start, and nobody has been at it since who may
    /// turn it off.
    fn stays_on(&self) -> bool {
        let ends =
            |done: &Done| [Command::Off, Command::OffAll, Command::Renew].contains(&done.command);
        let last_end = self
            .done
            .iter()
            .filter(|done| ends(done))
            .map(|done| done.ended)
            .max();
        let switched_on = self.done.iter().any(|done| {
            let printed = !done.ran.json()["backup_codes"][0].is_null();
            let makes = [Command::On, Command::Renew].contains(&done.command);
            let others = self
                .done
                .iter()
                .filter(|other| ends(other) && other.began != done.began);
            let last = others.map(|other| other.ended).max();
            makes && done.ran.exited(0) && printed && last.is_none_or(|last| last < done.began)
        });
        switched_on || (self.plan.before.app_is_on() && last_end.is_none())
    }

    /// The set of codes that the service takes, the one saved here first; a code is spent by that.
    fn set_in_force(
        &self,
        sets: &[Vec<String>],
        saved: &[(String, String)],
    ) -> Result<Option<Vec<String>>> {
        let used: BTreeSet<&str> = saved
            .iter()
            .filter(|(_, state)| state == "used")
            .map(|(code, _)| code.as_str())
            .collect();
        for set in sets.iter().rev() {
            // From the end: a login may have spent the first ones.
            let fresh = set.iter().rev().find(|code| !used.contains(code.as_str()));
            if let Some(code) = fresh
                && self.world.lets_in(code)?
            {
                return Ok(Some(set.clone()));
            }
        }
        Ok(None)
    }

    fn answer_was_lost(&mut self) {
        let told = self.done.iter().any(|done| {
            // A wrong code is never sent, so its run has no answer to lose.
            let makes = [Command::On, Command::Renew].contains(&done.command);
            makes && !done.ran.exited(0) && done.ran.stderr.contains("2fa on --renew")
        });
        if !told {
            self.wrong("it is on, nobody has its codes, and no run named `2fa on --renew`");
        }
    }
}

/// The saved codes with their states.
fn codes(list: &Ran) -> Vec<(String, String)> {
    let json = list.json();
    let codes = json["codes"].as_array().cloned().unwrap_or_default();
    codes
        .iter()
        .filter_map(|code| {
            let text = |name: &str| Some(code[name].as_str()?.to_owned());
            Some((text("code")?, text("state")?))
        })
        .collect()
}
