//! What has to hold of passkeys when a round is over, and of keys that nobody confirmed.

use super::{
    plan::{Command, PASSKEYS},
    verdict::Verdict,
};
use crate::Result;

impl Verdict<'_> {
    /// Whoever said that passkeys are removed has removed them, and nobody removed any other.
    pub(super) fn passkeys_removed(&mut self) -> Result<()> {
        let left = self.world.passkeys()?;
        let there = |name: &str| left.values().any(|other| other == name);
        for name in self.plan.before.passkeys() {
            let removing: &[Command] = if *name == PASSKEYS[0] {
                &[Command::OffAll, Command::KeysRemove]
            } else {
                &[Command::OffAll]
            };
            let said = self
                .done
                .iter()
                .any(|done| removing.contains(&done.command) && done.ran.exited(0));
            if said && there(name) {
                self.wrong(format!("the passkey {name} is there, which a run removed"));
            }
            if !self.plan.any(removing) && !there(name) {
                self.wrong(format!("the passkey {name} is gone, which no run named"));
            }
        }
        Ok(())
    }

    /// A turning off that succeeded when no run could turn it on any more holds.
    pub(super) fn stays_off(&mut self) {
        let last_on = self
            .done
            .iter()
            .filter(|done| [Command::On, Command::Renew].contains(&done.command))
            .map(|done| done.ended)
            .max();
        let off = self.done.iter().any(|done| {
            [Command::Off, Command::OffAll].contains(&done.command)
                && done.ran.exited(0)
                && last_on.is_none_or(|last| last < done.began)
        });
        if off {
            self.wrong("it is on, and a run said that it turned it off");
        }
    }

    /// A key that waits to be confirmed is gone when the next run that makes one has failed.
    pub(super) fn pending_key_goes(&mut self) -> Result<()> {
        let logged_in = self.scw(&["whoami"])?.exited(0);
        if logged_in && self.world.has_pending_key()? {
            self.scw(&["2fa", "on", "--otp-command", "echo 000000"])?;
            if self.world.has_pending_key()? {
                self.wrong("a pending key outlives the next run");
            }
        }
        Ok(())
    }
}
