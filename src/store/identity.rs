//! Private keys that open encrypted files: age identities and SSH keys.

use std::path::Path;

use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::{
    Encryption, Key,
    seal::{Recipient, is_sealed, open_with_work},
};
use crate::model::Invalid;

/// The most work that a passphrase of a file of identities may take, as a power of two: what `age`
/// and `rage` choose on a fast machine.
const WORK_FACTOR: u8 = 20;

/// The private keys of a file.
#[derive(Clone)]
pub(crate) struct Identity {
    keys: Vec<Private>,
}

#[derive(Clone)]
enum Private {
    Age(age::x25519::Identity),
    Ssh(Box<age::ssh::Identity>),
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Identity")
    }
}

/// What a file of identities holds.
pub(crate) enum FoundIdentity {
    /// Keys that can be used.
    Ready(Identity),
    /// Keys that a passphrase opens.
    Locked(LockedIdentity),
}

/// Private keys that a passphrase opens.
pub(crate) struct LockedIdentity(Locked);

enum Locked {
    /// A file of age identities, encrypted itself.
    Age(Zeroizing<Vec<u8>>),
    Ssh(Box<age::ssh::Identity>),
}

impl Identity {
    /// Takes age identities (`AGE-SECRET-KEY-1…`, one a line, with comments), or an SSH private key
    /// (ed25519 or rsa).
    ///
    /// # Errors
    /// [`Invalid`] when it is neither. The message repeats nothing of it.
    pub(crate) fn parse(content: &[u8]) -> Result<FoundIdentity, Invalid> {
        if is_sealed(content) {
            let sealed = Zeroizing::new(content.to_vec());
            return Ok(FoundIdentity::Locked(LockedIdentity(Locked::Age(sealed))));
        }
        let text = std::str::from_utf8(content).map_err(|_| no_identity())?;
        if text.trim_start().starts_with("-----BEGIN ") {
            return ssh(text.trim_start());
        }
        age_keys(text).map(FoundIdentity::Ready)
    }

    /// The public keys that belong to it.
    ///
    /// # Errors
    /// [`Invalid`] for an SSH key of another kind.
    pub(super) fn encryption(&self) -> Result<Encryption, Invalid> {
        let recipients = self.keys.iter().map(|key| match key {
            Private::Age(key) => Ok(Recipient::Age(key.to_public())),
            Private::Ssh(key) => age::ssh::Recipient::try_from((**key).clone())
                .map(Recipient::Ssh)
                .map_err(|_| no_identity()),
        });
        Ok(Encryption::of(recipients.collect::<Result<_, _>>()?))
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &dyn age::Identity> {
        self.keys.iter().map(|key| match key {
            Private::Age(key) => key as &dyn age::Identity,
            Private::Ssh(key) => &**key,
        })
    }
}

impl LockedIdentity {
    /// Opens it; nothing where the passphrase is another one.
    ///
    /// # Errors
    /// [`Invalid`] when what is inside cannot be used.
    pub(crate) fn unlock(&self, passphrase: &SecretString) -> Result<Option<Identity>, Invalid> {
        match &self.0 {
            Locked::Age(sealed) => {
                let key = Key::Passphrase(passphrase.clone());
                match open_with_work(sealed, Some(&key), Path::new(""), WORK_FACTOR) {
                    Ok(clear) => {
                        let text = std::str::from_utf8(&clear).map_err(|_| no_identity())?;
                        age_keys(text).map(Some)
                    }
                    Err(super::StoreError::Unopened { .. }) => Ok(None),
                    Err(_) => Err(no_identity()),
                }
            }
            Locked::Ssh(key) => {
                let age::ssh::Identity::Encrypted(key) = &**key else {
                    return Err(no_identity());
                };
                let passphrase = SecretString::from(passphrase.expose_secret());
                Ok(key.decrypt(passphrase).ok().map(|key| Identity {
                    keys: vec![Private::Ssh(Box::new(key.into()))],
                }))
            }
        }
    }
}

fn age_keys(text: &str) -> Result<Identity, Invalid> {
    let keys = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.parse().map(Private::Age).ok())
        .collect::<Option<Vec<_>>>()
        .filter(|keys| !keys.is_empty())
        .ok_or_else(no_identity)?;
    Ok(Identity { keys })
}

fn ssh(text: &str) -> Result<FoundIdentity, Invalid> {
    let key = age::ssh::Identity::from_buffer(text.as_bytes(), None).map_err(|_| no_identity())?;
    match key {
        age::ssh::Identity::Unencrypted(_) => Ok(FoundIdentity::Ready(Identity {
            keys: vec![Private::Ssh(Box::new(key))],
        })),
        age::ssh::Identity::Encrypted(_) => Ok(FoundIdentity::Locked(LockedIdentity(Locked::Ssh(
            Box::new(key),
        )))),
        age::ssh::Identity::Unsupported(_) => Err(no_identity()),
    }
}

fn no_identity() -> Invalid {
    Invalid(
        "an identity is a file with age keys (`AGE-SECRET-KEY-1…`) or an SSH private key of the type ed25519 or rsa"
            .to_owned(),
    )
}
