//! The profiles that a command moves out of config.yaml beside the one in use.

use super::Look;
use crate::{Result, folders};

impl Look<'_> {
    /// A secret that was in config.yaml is there or in the store, before anything else runs.
    pub(super) fn no_lost_secret(&mut self) {
        let files = folders::files(&self.world.home());
        for (name, person) in self.scenario.beside {
            let secret = person.secret_key.as_bytes();
            if !files.iter().any(|file| folders::holds(file, secret)) {
                self.wrong(format!("the secret of profile {name} is lost"));
            }
        }
    }

    /// Each other profile works, by its login or by config.yaml.
    pub(super) fn beside_are_in(&mut self) -> Result<()> {
        for (name, person) in self.scenario.beside {
            let who = self.run(&self.world.program(&["whoami", "-p", name, "-o", "json"]))?;
            if who.json()["email"] != person.email {
                self.wrong(format!("profile {name} does not work: {:?}", who.ending));
            }
        }
        Ok(())
    }

    /// The secrets that their logins keep.
    pub(super) fn secrets_beside(&self) -> Vec<&'static str> {
        let beside = self.scenario.beside.iter();
        beside.map(|(_, person)| person.secret_key).collect()
    }

    /// Ends their logins.
    pub(super) fn log_out_beside(&mut self) -> Result<()> {
        for (name, _) in self.scenario.beside {
            self.run(&self.world.program(&["logout", "-p", name]))?;
        }
        Ok(())
    }
}
