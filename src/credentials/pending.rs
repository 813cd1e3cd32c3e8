//! Notes of API keys that a run creates and that no login names: those of a login until it is saved,
//! and those that are for one command. Should the run be interrupted, a later one finds the keys by
//! their notes and deletes them: a login, or for the key of a command whatever runs next.
//!
//! Each note is a file that its run locks until it ends, so that nobody deletes the key of a run
//! that goes on.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::Local;
use crate::{
    config::{Login, Target},
    error::Result,
    fsutil::{self, Claim},
    model::{AccessKey, ApiUrl, Dialect, UserId},
    process,
};

/// The extension of a note.
const NOTE: &str = "toml";

/// What is known of a key that may be on the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PendingKey {
    /// Its description on the server, which is unique.
    pub description: String,
    /// The API that it was made with.
    pub api: Dialect,
    /// The address of the service.
    pub api_url: ApiUrl,
    /// The email address that was signed in with.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub email: Option<String>,
    /// Whose key it is; nothing where the run did not know yet.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub user_id: Option<UserId>,
    /// The organization it is in; nothing where keys are in none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub organization_id: Option<String>,
    /// Its identifier, where it is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub access_key: Option<AccessKey>,
    /// What the key is for, where it is for one command (`scw exec --ttl`); nothing for a login's.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub command: Option<OfCommand>,
}

/// A key that is for one command, and that its run deletes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OfCommand {
    /// The profile whose login made it.
    pub profile: String,
    /// When it ends by itself, by the service's clock.
    #[serde(
        skip_serializing_if = "Option::is_none",
        default,
        with = "time::serde::rfc3339::option"
    )]
    pub expires_at: Option<OffsetDateTime>,
}

impl PendingKey {
    /// A key that is about to be made at a service.
    #[must_use]
    pub(crate) fn new(description: String, target: &Target) -> Self {
        Self {
            description,
            api: target.dialect,
            api_url: target.origin.clone(),
            email: None,
            user_id: None,
            organization_id: None,
            access_key: None,
            command: None,
        }
    }

    /// A key of the user of a login that is about to be made at its service.
    #[must_use]
    pub(crate) fn of_login(description: String, login: &Login) -> Self {
        let target = Target {
            dialect: login.api,
            origin: login.api_url.clone(),
        };
        Self {
            email: Some(login.email.clone()),
            user_id: Some(login.user_id.clone()),
            organization_id: Some(login.organization_id.clone()),
            ..Self::new(description, &target)
        }
    }

    /// When the key ends by itself, by the service's clock, where it is for one command.
    #[must_use]
    pub(crate) fn ends_at(&self) -> Option<OffsetDateTime> {
        self.command.as_ref().and_then(|of| of.expires_at)
    }

    /// Its name for people.
    #[must_use]
    pub(crate) fn shown(&self) -> String {
        match &self.access_key {
            Some(key) => key.to_string(),
            None => format!("\"{}\"", crate::model::clean(&self.description)),
        }
    }

    /// Whether a login is one of the key's user, in its organization and at its service.
    #[must_use]
    pub(crate) fn is_of_login(&self, login: &Login) -> bool {
        let target = Target {
            dialect: login.api,
            origin: login.api_url.clone(),
        };
        self.is_of(
            &target,
            &login.user_id,
            &login.email,
            &login.organization_id,
        )
    }

    /// Whether a login as this user can delete the key.
    fn is_of(&self, target: &Target, user: &UserId, email: &str, organization: &str) -> bool {
        let same_user = match (&self.user_id, &self.email) {
            (Some(id), _) => id == user,
            (None, Some(known)) => known.eq_ignore_ascii_case(email),
            (None, None) => false,
        };
        let same_organization = self
            .organization_id
            .as_ref()
            .is_none_or(|id| id == organization);
        self.api == target.dialect
            && self.api_url == target.origin
            && same_user
            && same_organization
    }
}

/// The note of a key, held by this run.
#[derive(Debug)]
pub(crate) struct PendingNote {
    /// The key.
    pub key: PendingKey,
    claim: Claim,
}

impl PendingNote {
    /// Writes a note down durably.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn write(local: Local<'_>, key: PendingKey) -> Result<Self> {
        let path = folder(local).join(format!("{}.{NOTE}", process::unguessable()));
        let text = toml::to_string(&key).map_err(|err| {
            crate::error::CliError::new(crate::error::Kind::Other, err.to_string())
        })?;
        let claim = Claim::write(local.data(), &path, text.as_bytes())?;
        Ok(Self { key, claim })
    }

    /// Removes the note: the key is deleted, or a login names it.
    ///
    /// # Errors
    /// When the file stays.
    pub(crate) fn settle(self) -> Result<()> {
        Ok(self.claim.remove()?)
    }

    /// Lets go of the note and leaves it to a later login.
    pub(crate) fn leave(self) {
        drop(self);
    }
}

fn folder(local: Local<'_>) -> PathBuf {
    local.data().join("pending-keys")
}

/// The notes of interrupted runs whose keys a login as this user can delete. `own` is the note of
/// this run. Removes the note of a key that a login names by now.
///
/// # Errors
/// When the record cannot be read.
pub(crate) async fn abandoned(
    local: Local<'_>,
    target: &Target,
    user: &UserId,
    email: &str,
    organization: &str,
    own: Option<&PendingNote>,
) -> Result<Vec<PendingNote>> {
    let mut found = Vec::new();
    for path in fsutil::files_with_extension(&folder(local), NOTE) {
        if own.is_some_and(|own| own.claim.path() == path) {
            continue;
        }
        let Some(note) = take(local, &path) else {
            continue;
        };
        if !note.key.is_of(target, user, email, organization) {
            continue;
        }
        // Read after the note was claimed: its run may have finished just before.
        if is_in_use(local, &note.key).await? {
            if let Err(err) = note.settle() {
                local.warn(&err.to_string());
            }
        } else {
            found.push(note);
        }
    }
    Ok(found)
}

/// The notes of keys that were for one command, and whose runs are gone.
#[must_use]
pub(crate) fn abandoned_by_commands(local: Local<'_>) -> Vec<PendingNote> {
    fsutil::files_with_extension(&folder(local), NOTE)
        .iter()
        // Looked at before it is claimed, so that the notes of logins are left to logins.
        .filter(|path| {
            matches!(fsutil::read_small(path), Ok(Some(content))
                if parse(&content).is_some_and(|key| key.command.is_some()))
        })
        .filter_map(|path| take(local, path))
        .collect()
}

/// Takes over the note of a run that is gone; nothing where the run goes on, and for a note that is
/// not understood: it may come from a newer scw.
fn take(local: Local<'_>, path: &Path) -> Option<PendingNote> {
    match Claim::take(path) {
        Ok(claimed) => {
            let (claim, content) = claimed?;
            let key = parse(&content)?;
            Some(PendingNote { key, claim })
        }
        // No command depends on it.
        Err(err) => {
            local.warn(&format!(
                "could not read the note of an unfinished scw: {err}"
            ));
            None
        }
    }
}

fn parse(content: &[u8]) -> Option<PendingKey> {
    let text = std::str::from_utf8(content).ok()?;
    toml::from_str(text).ok()
}

/// Whether a login names the key. A key that the user logged in with by hand is given to that login,
/// so that its logout deletes it.
async fn is_in_use(local: Local<'_>, key: &PendingKey) -> Result<bool> {
    if local.record()?.names_key(&key.description) {
        return Ok(true);
    }
    match &key.access_key {
        None => Ok(false),
        Some(access_key) => {
            local
                .update_record(|record| record.adopt_key(access_key, &key.description))
                .await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USER: &str = "5c9e0a3e-1d0f-4a55-9d6f-0f0e4a6d2b11";
    const OTHER: &str = "6c9e0a3e-1d0f-4a55-9d6f-0f0e4a6d2b11";

    // Issue 7, 4
    #[test]
    fn a_note_is_for_its_own_user_organization_and_service_only() {
        let target = |url: &str| Target {
            dialect: Dialect::Iam,
            origin: url.parse().unwrap(),
        };
        let here = target("https://api.scaleway.com");
        let user = UserId::parse(USER).unwrap();
        let key = PendingKey {
            user_id: Some(user.clone()),
            organization_id: Some("org".to_owned()),
            ..PendingKey::new("scw login".to_owned(), &here)
        };
        assert!(key.is_of(&here, &user, "", "org"));
        assert!(!key.is_of(&here, &UserId::parse(OTHER).unwrap(), "", "org"));
        assert!(!key.is_of(&here, &user, "", "other"));
        assert!(!key.is_of(&target("https://example.com"), &user, "", "org"));
        let by_email = PendingKey {
            email: Some("A@example.com".to_owned()),
            ..PendingKey::new("scw login".to_owned(), &here)
        };
        assert!(by_email.is_of(&here, &user, "a@example.com", "org"));
        assert!(!by_email.is_of(&here, &user, "b@example.com", "org"));
    }
}
