//! Passkeys on the owner's account, and how the service may count them (protocol.md E): what is
//! not on record there is a scenario of its own for each reading.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    Result,
    world::{OWNER, World},
};

/// How the service may behave about passkeys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// Whether `mfa` counts them.
    pub mfa_counts: bool,
    /// Whether backup codes stay when the app goes and a passkey is left.
    pub codes_stay: bool,
}

/// Passkeys that an account has when a scenario's command begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Passkeys {
    /// Their names.
    pub names: &'static [&'static str],
    /// Those of them that the command names, and so may remove.
    pub removed: &'static [&'static str],
    /// Whether somebody has removed the app since they are there.
    pub app_is_gone: bool,
    /// How the service counts them.
    pub reading: Reading,
}

impl World<'_> {
    /// Brings the owner's account to these passkeys. Whoever signs in with a password has to do it
    /// before.
    ///
    /// # Errors
    /// When the sandbox refuses something.
    pub fn bring_to(&self, passkeys: &Passkeys) -> Result<()> {
        let Reading {
            mfa_counts,
            codes_stay,
        } = passkeys.reading;
        self.sandbox.passkey_readings(mfa_counts, codes_stay)?;
        self.add(passkeys.names)?;
        if passkeys.app_is_gone {
            let state = self.settled_state()?;
            let user = state["user_id"].as_str().unwrap_or_default();
            self.delete(&format!("users/{user}/mfa-otp"))?;
        }
        Ok(())
    }

    /// Gives the owner passkeys with these names.
    ///
    /// # Errors
    /// When the sandbox refuses one.
    pub fn add(&self, names: &[&str]) -> Result<()> {
        let state = self.settled_state()?;
        let user = state["user_id"].as_str().unwrap_or_default();
        for name in names {
            self.sandbox.add_passkey(user, name)?;
        }
        Ok(())
    }

    /// The names of the owner's passkeys, by their id.
    ///
    /// # Errors
    /// When the sandbox does not answer.
    pub fn passkeys(&self) -> Result<BTreeMap<String, String>> {
        let state = self.settled_state()?;
        let passkeys = state["passkeys"].as_array().cloned().unwrap_or_default();
        let text = |passkey: &Value, name: &str| Some(passkey[name].as_str()?.to_owned());
        Ok(passkeys
            .iter()
            .filter_map(|passkey| Some((text(passkey, "id")?, text(passkey, "name")?)))
            .collect())
    }

    /// Whether the owner has a new key that nobody has confirmed.
    ///
    /// # Errors
    /// When the sandbox does not answer.
    pub fn has_pending_key(&self) -> Result<bool> {
        Ok(self.settled_state()?["pending"] == true)
    }

    /// Removes the owner's passkeys behind the back of `scw`: no password leads in beside them.
    ///
    /// # Errors
    /// When the sandbox does not answer.
    pub fn remove_passkeys(&self) -> Result<()> {
        for id in self.passkeys()?.keys() {
            self.delete(&format!("webauthn-authenticator/{id}"))?;
        }
        Ok(())
    }

    fn delete(&self, path: &str) -> Result<()> {
        let api = &self.sandbox.info().api_url;
        ureq::delete(format!("{api}/iam/v1alpha1/{path}"))
            .header("X-Auth-Token", OWNER.secret_key)
            .call()?;
        Ok(())
    }
}
