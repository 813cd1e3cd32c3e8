//! Passwords: Argon2id.

use std::sync::LazyLock;

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString},
};

use super::{Result, StoreError};

fn failed(err: &dyn std::fmt::Display) -> StoreError {
    StoreError::Password(err.to_string())
}

/// Argon2id, cheap on purpose (1 MiB, one pass): the sandbox guards no real account, and each start
/// hashes the password of each account.
pub(super) fn hash_password(password: &str) -> Result<String> {
    let params = Params::new(1024, 1, 1, None).map_err(|err| failed(&err))?;
    let salt = SaltString::encode_b64(&rand::random::<[u8; 16]>()).map_err(|err| failed(&err))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password(password.as_bytes(), &salt)
        .map_err(|err| failed(&err))?
        .to_string())
}

/// What the password of an unknown account is compared with: nobody's, at the usual price.
static NOBODY: LazyLock<Option<String>> =
    LazyLock::new(|| hash_password(&uuid::Uuid::new_v4().to_string()).ok());

/// Whether this is the password. Where there is none to compare with, it is compared with nobody's
/// all the same, so that time does not tell which accounts exist.
pub(super) fn is_password(password: &str, stored: Option<&str>) -> Result<bool> {
    let compared = stored
        .or(NOBODY.as_deref())
        .ok_or_else(|| failed(&"no hash"))?;
    let compared = PasswordHash::new(compared).map_err(|err| failed(&err))?;
    match Argon2::default().verify_password(password.as_bytes(), &compared) {
        Ok(()) => Ok(stored.is_some()),
        Err(argon2::password_hash::Error::Password) => Ok(false),
        Err(err) => Err(failed(&err)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_account_costs_the_same_comparison() {
        let made = hash_password("right").unwrap();
        assert!(is_password("right", Some(&made)).unwrap());
        assert!(!is_password("wrong", Some(&made)).unwrap());
        assert!(!is_password("right", None).unwrap());
        let (made, nobody) = (
            PasswordHash::new(&made),
            NOBODY.as_deref().map(PasswordHash::new),
        );
        let (made, nobody) = (made.unwrap(), nobody.unwrap().unwrap());
        assert_eq!(made.algorithm, nobody.algorithm);
        assert_eq!(made.params, nobody.params);
        assert_ne!(made.salt, nobody.salt);
    }
}
