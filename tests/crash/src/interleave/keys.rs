//! What has to hold of keys and their secrets when a round is over.

use serde_json::Value;

use super::verdict::Verdict;
use crate::{Result, folders, world::OWNER};

/// The key and the token that were there at the start.
const SEEDED: [&str; 2] = [OWNER.access_key, OWNER.token];

impl Verdict<'_> {
    /// A login and a logout later only the keys are left that were there at the start.
    pub(super) fn keys_found(&mut self) -> Result<()> {
        let mut own = Vec::new();
        for (profile, _) in self.logins()? {
            let token = self.scw(&["token", "-p", &profile])?;
            own.push(token.stdout.trim().to_owned());
        }
        self.only_secrets(&own, "after the next run");
        let mut login = self.world.password_login(&OWNER);
        // Beside a passkey alone no password leads in.
        self.world.remove_passkeys()?;
        if self.world.two_factor() == "on" {
            let Some(code) = self.world.code_that_works()? else {
                self.wrong("it is on, with a key that no run was given");
                return Ok(());
            };
            login = login.with("SCW_OTP", code);
        }
        let login = login.run()?;
        if !login.exited(0) {
            let first = login.stderr.lines().next().unwrap_or_default();
            self.wrong(format!("no login any more: {:?}: {first}", login.ending));
            return Ok(());
        }
        let mut keys = self.world.keys(&OWNER)?;
        for (_, key) in self.logins()? {
            keys.remove(&key);
        }
        for seeded in SEEDED {
            keys.remove(seeded);
        }
        if !keys.is_empty() {
            self.wrong(format!("{} live keys outlive the next login", keys.len()));
        }
        let out = self.scw(&["logout", "--all"])?;
        if !out.exited(0) {
            self.wrong(format!("the last logout: {:?}", out.ending));
        }
        let keys = self.world.keys(&OWNER)?;
        if keys.iter().any(|key| !SEEDED.contains(&key.as_str())) {
            self.wrong("a key outlives the logout of all");
        }
        let notes = self.world.notes_of_keys().len();
        if notes > 0 {
            self.wrong(format!("{notes} notes of keys outlive the logout of all"));
        }
        self.only_secrets(&[], "after the logout");
        Ok(())
    }

    /// The profiles with a login, and its access key.
    fn logins(&mut self) -> Result<Vec<(String, String)>> {
        let list = self.scw(&["profile", "list", "-o", "json"])?.json();
        let profiles = list["profiles"].as_array().cloned().unwrap_or_default();
        let text = |profile: &Value, name: &str| Some(profile[name].as_str()?.to_owned());
        let logins = profiles.iter().filter_map(|profile| {
            let key = text(profile, "access_key").unwrap_or_default();
            Some((text(profile, "profile")?, key))
        });
        Ok(logins.collect())
    }

    fn only_secrets(&mut self, own: &[String], when: &str) {
        let files = folders::files(&self.world.home());
        for secret in self.world.secrets() {
            let holds = |file: &std::path::PathBuf| folders::holds(file, secret.as_bytes());
            if !own.contains(&secret) && files.iter().any(holds) {
                self.wrong(format!("a dead secret lies below HOME {when}"));
            }
        }
    }
}
