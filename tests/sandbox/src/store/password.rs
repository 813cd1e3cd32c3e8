//! Passwords: Argon2id.

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString},
};

use super::{Result, StoreError};

fn failed(err: &dyn std::fmt::Display) -> StoreError {
    StoreError::Password(err.to_string())
}

/// Argon2id, cheap on purpose (8 MiB, one pass): the sandbox guards no real account.
pub(super) fn hash_password(password: &str) -> Result<String> {
    let params = Params::new(8 * 1024, 1, 1, None).map_err(|err| failed(&err))?;
    let salt = SaltString::encode_b64(&rand::random::<[u8; 16]>()).map_err(|err| failed(&err))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password(password.as_bytes(), &salt)
        .map_err(|err| failed(&err))?
        .to_string())
}

/// Whether this is the password. Where there is none to compare with, one hash is computed all
/// the same, so that time does not tell which accounts exist.
pub(super) fn is_password(password: &str, stored: Option<&str>) -> Result<bool> {
    let Some(stored) = stored else {
        hash_password(password)?;
        return Ok(false);
    };
    let stored = PasswordHash::new(stored).map_err(|err| failed(&err))?;
    match Argon2::default().verify_password(password.as_bytes(), &stored) {
        Ok(()) => Ok(true),
        Err(argon2::password_hash::Error::Password) => Ok(false),
        Err(err) => Err(failed(&err)),
    }
}
