//! Whatever is random about accounts, made from the bytes in the database.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::SeedUser;

/// The secrets of the first user, as `serve` prints them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct FirstSecrets {
    pub(crate) password: String,
    pub(crate) access_key: String,
    pub(crate) secret_key: String,
    pub(crate) token: String,
}

/// Derives everything random from the bytes in the database.
pub(crate) struct Derive<'a>(pub(crate) &'a [u8]);

impl Derive<'_> {
    pub(crate) fn bytes(&self, purpose: &str, of: &str) -> [u8; 32] {
        let mut hasher = Sha256::new();
        hasher.update(self.0);
        hasher.update([0]);
        hasher.update(purpose);
        hasher.update([0]);
        hasher.update(of);
        hasher.finalize().into()
    }

    pub(crate) fn uuid(&self, purpose: &str, of: &str) -> String {
        uuid_of(&self.bytes(purpose, of)[..16])
    }

    /// Masks bytes, or unmasks them: an exclusive or with a stream of derived ones.
    pub(super) fn masked(&self, bytes: &[u8]) -> Vec<u8> {
        let stream = (0..).flat_map(|block: u32| self.bytes("mask", &block.to_string()));
        bytes
            .iter()
            .zip(stream)
            .map(|(byte, mask)| byte ^ mask)
            .collect()
    }

    /// The key that a file names, or a made one.
    pub(super) fn key(
        &self,
        access: Option<&String>,
        secret: Option<&String>,
        of: &str,
    ) -> (String, String) {
        let made = || access_key(&self.bytes("access key", of));
        (
            access.cloned().unwrap_or_else(made),
            secret
                .cloned()
                .unwrap_or_else(|| self.uuid("secret key", of)),
        )
    }

    /// The secrets of a user; `of` tells it from every other.
    pub(super) fn secrets(&self, user: &SeedUser, of: &str) -> FirstSecrets {
        let or = |given: &Option<String>, made: String| given.clone().unwrap_or(made);
        let (access_key, secret_key) =
            self.key(user.access_key.as_ref(), user.secret_key.as_ref(), of);
        FirstSecrets {
            password: or(&user.password, self.uuid("password", of)),
            access_key,
            secret_key,
            token: or(&user.token, self.uuid("token", of)),
        }
    }
}

/// The id that 16 random bytes make; what is longer is cut off.
pub(crate) fn uuid_of(random: &[u8]) -> String {
    let mut bytes = [0; 16];
    for (byte, random) in bytes.iter_mut().zip(random) {
        *byte = *random;
    }
    uuid::Builder::from_random_bytes(bytes)
        .into_uuid()
        .to_string()
}

/// `SCW` and 17 capital letters or digits (protocol.md A).
pub(crate) fn access_key(random: &[u8]) -> String {
    const ALPHABET: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let rest: String = random
        .iter()
        .take(17)
        .map(|byte| char::from(ALPHABET[usize::from(byte % 36)]))
        .collect();
    format!("SCW{rest}")
}
