//! Keys that were made for one command.

use super::Look;
use crate::{Result, scenarios::is_exec, world::OWNER};

impl Look<'_> {
    /// Whatever ran next has deleted the key of a command, and its note; the login has its own.
    pub(super) fn no_key_of_a_command(&mut self) -> Result<()> {
        if !is_exec(self.scenario) {
            return Ok(());
        }
        // The key and the token of the seed, and the key of the login.
        let more = self.world.keys(&OWNER)?.len().saturating_sub(3);
        if more > 0 {
            self.wrong(format!("{more} keys of a command outlive the next run"));
        }
        let notes = self.world.notes_of_keys().len();
        if notes > 0 {
            self.wrong(format!("{notes} notes of keys outlive the next run"));
        }
        Ok(())
    }
}
