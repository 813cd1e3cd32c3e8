//! What `scw 2fa off` removes: named before it asks, and nothing else afterwards.

use crate::{
    api::{Account, ApiError},
    cli::OffArgs,
    error::Result,
    model::{Passkey, UserFactors},
};

/// What a run removes.
#[derive(Debug)]
pub(super) struct Targets {
    /// The app, where it may be on.
    pub(super) app: bool,
    /// Passkeys.
    pub(super) passkeys: Vec<Passkey>,
}

impl Targets {
    pub(super) async fn of(
        args: &OffArgs,
        account: &dyn Account,
        now: &UserFactors,
    ) -> Result<Self> {
        let passkeys = if args.all {
            named_passkeys(account, now).await?
        } else {
            Vec::new()
        };
        Ok(Self {
            app: !now.app_is_off(),
            passkeys,
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        !self.app && self.passkeys.is_empty()
    }

    /// What is named here and still on the account. What came in the meantime is left alone.
    pub(super) fn still_on(self, now: &UserFactors) -> Self {
        let there = now.factors.known_passkeys();
        Self {
            app: self.app && !now.app_is_off(),
            passkeys: self
                .passkeys
                .into_iter()
                .filter(|passkey| there.iter().any(|other| other.id == passkey.id))
                .collect(),
        }
    }
}

/// The passkeys of an account that was read. Where it listed none they are asked for once more: what
/// cannot be named is not removed, and an error tells why.
///
/// # Errors
/// What the API says.
pub(super) async fn named_passkeys(
    account: &dyn Account,
    now: &UserFactors,
) -> Result<Vec<Passkey>, ApiError> {
    match &now.factors.passkeys {
        Some(passkeys) if !passkeys.is_empty() => Ok(passkeys.clone()),
        _ => account.passkeys(&now.user.id).await,
    }
}
