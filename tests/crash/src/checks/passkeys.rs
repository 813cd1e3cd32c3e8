//! What has to hold of passkeys, of keys that nobody confirmed, and of codes beside them.

use super::Look;
use crate::{Result, scenarios::Leaves};

impl Look<'_> {
    /// Whether the saved codes have to be void: the app is off. What somebody else left beside a
    /// passkey may work, and is void once that is gone too.
    pub(super) fn codes_are_dead(&self) -> Result<bool> {
        if self.world.two_factor() == "on" {
            return Ok(false);
        }
        let may_work = self.scenario.leaves == Leaves::CodesOfAPasskey;
        Ok(!may_work || self.world.passkeys()?.is_empty())
    }

    /// The command once more, where it has to succeed then or a key waits to be confirmed: no key
    /// waits afterwards.
    pub(super) fn again(&mut self) -> Result<()> {
        if !self.scenario.again && !self.world.has_pending_key()? {
            return Ok(());
        }
        let again = self.run(&(self.scenario.command)(self.world))?;
        if !again.exited(0) {
            let first = again.stderr.lines().next().unwrap_or_default();
            self.wrong(format!("the command again: {:?}: {first}", again.ending));
        }
        if self.world.has_pending_key()? {
            self.wrong("a pending key is left when the command has run again");
        }
        Ok(())
    }

    /// No passkey is gone that the command did not name.
    pub(super) fn passkeys_are_left(&mut self) -> Result<()> {
        let named = self.scenario.passkeys.map_or(&[][..], |keys| keys.removed);
        let left = self.world.passkeys()?;
        let gone: Vec<String> = self
            .passkeys
            .iter()
            .filter(|(id, name)| !left.contains_key(*id) && !named.contains(&name.as_str()))
            .map(|(_, name)| format!("the passkey {name} is gone, which was not named"))
            .collect();
        self.problems.extend(gone);
        Ok(())
    }
}
