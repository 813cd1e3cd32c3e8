//! Encrypted files: age, with a passphrase, for an age key or for an SSH key.
//!
//! This file and `identity.rs` are the only ones that name the `age` crate. The form is that of
//! <https://c2sp.org/age>, so that the tools `age` and `rage` open what is written here.

use std::path::Path;

use age::armor::{ArmoredReader, ArmoredWriter, Format};
use secrecy::SecretString;
use zeroize::Zeroizing;

use super::{Identity, StoreError};
use crate::model::Invalid;

/// How an encrypted file begins: armored, and in its binary form.
const BEGINNINGS: [&[u8]; 2] = [
    b"-----BEGIN AGE ENCRYPTED FILE-----",
    b"age-encryption.org/",
];

/// The work factor of a passphrase, as a power of two: 64 MiB. The crate would choose one that
/// takes a second on this machine, and with it more memory than a small one has.
const WORK_FACTOR: u8 = 16;

/// What opens an encrypted file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lock {
    /// A passphrase.
    Passphrase,
    /// An age or SSH key.
    Key,
}

/// What a person gives to open an encrypted file, or to encrypt one of their own.
#[derive(Debug, Clone)]
pub(crate) enum Key {
    /// A passphrase.
    Passphrase(SecretString),
    /// An age or SSH key.
    Identity(Identity),
}

impl Key {
    /// What it opens.
    #[must_use]
    pub(crate) fn opens(&self) -> Lock {
        match self {
            Self::Passphrase(_) => Lock::Passphrase,
            Self::Identity(_) => Lock::Key,
        }
    }
}

/// To whom something is encrypted: age recipients and SSH public keys.
#[derive(Clone)]
pub(crate) struct Encryption {
    recipients: Vec<Recipient>,
}

#[derive(Clone)]
pub(super) enum Recipient {
    Age(age::x25519::Recipient),
    Ssh(age::ssh::Recipient),
}

impl std::fmt::Debug for Encryption {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Encryption")
    }
}

impl Encryption {
    /// Takes age recipients (`age1…`) and SSH public keys (`ssh-ed25519 …`, `ssh-rsa …`), one a
    /// line, as a file of them holds them.
    ///
    /// # Errors
    /// [`Invalid`] when a line is neither, and when there is none.
    pub(crate) fn to(text: &str) -> Result<Self, Invalid> {
        let recipients = text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .map(recipient)
            .collect::<Option<Vec<_>>>()
            .filter(|found| !found.is_empty())
            .ok_or_else(|| {
                Invalid(
                    "a recipient is an age public key (`age1…`) or an SSH public key (`ssh-ed25519 …` or `ssh-rsa …`)"
                        .to_owned(),
                )
            })?;
        Ok(Self { recipients })
    }

    pub(super) fn of(recipients: Vec<Recipient>) -> Self {
        Self { recipients }
    }

    /// The recipients as text that [`Encryption::to`] takes.
    pub(super) fn texts(&self) -> impl Iterator<Item = String> {
        self.recipients.iter().map(|recipient| match recipient {
            Recipient::Age(found) => found.to_string(),
            Recipient::Ssh(found) => found.to_string(),
        })
    }

    pub(super) fn seal(&self, clear: &[u8]) -> std::io::Result<Vec<u8>> {
        let recipients = self.recipients.iter().map(|recipient| match recipient {
            Recipient::Age(found) => found as &dyn age::Recipient,
            Recipient::Ssh(found) => found,
        });
        seal_for(recipients, clear)
    }
}

fn recipient(text: &str) -> Option<Recipient> {
    let age = text.parse().ok().map(Recipient::Age);
    age.or_else(|| text.parse().ok().map(Recipient::Ssh))
}

/// Encrypts so that the same key opens it again.
///
/// # Errors
/// The library's.
pub(super) fn seal(clear: &[u8], key: &Key) -> std::io::Result<Vec<u8>> {
    match key {
        Key::Passphrase(passphrase) => {
            let mut recipient = age::scrypt::Recipient::new(passphrase.clone());
            recipient.set_work_factor(WORK_FACTOR);
            seal_for(std::iter::once(&recipient as _), clear)
        }
        Key::Identity(identity) => identity
            .encryption()
            .map_err(std::io::Error::other)?
            .seal(clear),
    }
}

fn seal_for<'a>(
    recipients: impl Iterator<Item = &'a dyn age::Recipient>,
    clear: &[u8],
) -> std::io::Result<Vec<u8>> {
    use std::io::Write as _;

    let encryptor = age::Encryptor::with_recipients(recipients).map_err(std::io::Error::other)?;
    let armor = ArmoredWriter::wrap_output(Vec::new(), Format::AsciiArmor)?;
    let mut writer = encryptor.wrap_output(armor)?;
    writer.write_all(clear)?;
    writer.finish()?.finish()
}

/// Whether a file is encrypted.
pub(super) fn is_sealed(content: &[u8]) -> bool {
    BEGINNINGS
        .iter()
        .any(|beginning| content.starts_with(beginning))
}

/// Opens an encrypted file; without a fitting key the error tells what it needs.
///
/// # Errors
/// [`StoreError::Encrypted`] without a key of the kind that it needs, [`StoreError::Unopened`] with
/// the wrong one, [`StoreError::Damaged`].
pub(super) fn open(
    content: &[u8],
    key: Option<&Key>,
    path: &Path,
) -> Result<Zeroizing<Vec<u8>>, StoreError> {
    // More work than a file of ours takes is none of ours: it may be meant to keep scw busy.
    open_with_work(content, key, path, WORK_FACTOR)
}

/// As [`open`], for a file that another program encrypted with a passphrase.
pub(super) fn open_with_work(
    content: &[u8],
    key: Option<&Key>,
    path: &Path,
    work_factor: u8,
) -> Result<Zeroizing<Vec<u8>>, StoreError> {
    use std::io::Read as _;

    let damaged = || StoreError::Damaged(path.to_owned());
    let decryptor = age::Decryptor::new(ArmoredReader::new(content)).map_err(|_| damaged())?;
    let with = if decryptor.is_scrypt() {
        Lock::Passphrase
    } else {
        Lock::Key
    };
    let unopened = |err: age::DecryptError| match err {
        age::DecryptError::NoMatchingKeys
        | age::DecryptError::DecryptionFailed
        | age::DecryptError::KeyDecryptionFailed => StoreError::Unopened {
            path: path.to_owned(),
            with,
        },
        _ => damaged(),
    };
    let reader = match key.filter(|key| key.opens() == with) {
        None => {
            return Err(StoreError::Encrypted {
                path: path.to_owned(),
                with,
            });
        }
        Some(Key::Passphrase(passphrase)) => {
            let mut identity = age::scrypt::Identity::new(passphrase.clone());
            identity.set_max_work_factor(work_factor);
            decryptor.decrypt(std::iter::once(&identity as _))
        }
        Some(Key::Identity(identity)) => decryptor.decrypt(identity.keys()),
    };
    let mut clear = Zeroizing::new(Vec::with_capacity(content.len()));
    reader
        .map_err(unopened)?
        .read_to_end(&mut clear)
        .map_err(|_| damaged())?;
    Ok(clear)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passphrase(text: &str) -> Key {
        Key::Passphrase(SecretString::from(text))
    }

    // Issue 10, 7
    #[test]
    fn a_passphrase_takes_as_much_work_as_said_and_no_file_takes_more() {
        let path = Path::new("/f");
        let sealed = seal(b"s3cret", &passphrase("a")).unwrap();
        let text = String::from_utf8(sealed.clone()).unwrap();
        let body: String = text.lines().filter(|line| !line.starts_with('-')).collect();
        let header = data_encoding::BASE64.decode(body.as_bytes()).unwrap();
        let header = String::from_utf8_lossy(&header).into_owned();
        let stanza = header.lines().nth(1).unwrap();
        assert!(
            stanza.starts_with("-> scrypt ") && stanza.ends_with(" 16"),
            "{stanza}"
        );
        let clear = open(&sealed, Some(&passphrase("a")), path).unwrap();
        assert_eq!(clear.as_slice(), b"s3cret");

        let mut costly = age::scrypt::Recipient::new(SecretString::from("a"));
        costly.set_work_factor(WORK_FACTOR + 1);
        let costly = seal_for(std::iter::once(&costly as _), b"s3cret").unwrap();
        let refused = open(&costly, Some(&passphrase("a")), path).unwrap_err();
        assert!(matches!(refused, StoreError::Damaged(_)), "{refused}");
    }

    // Issue 10, 7
    #[test]
    fn a_wrong_passphrase_and_a_damaged_file_are_told_apart() {
        let path = Path::new("/f");
        let mut sealed = seal(b"s3cret", &passphrase("a")).unwrap();
        assert!(matches!(
            open(&sealed, Some(&passphrase("b")), path),
            Err(StoreError::Unopened {
                with: Lock::Passphrase,
                ..
            })
        ));
        assert!(matches!(
            open(&sealed, None, path),
            Err(StoreError::Encrypted {
                with: Lock::Passphrase,
                ..
            })
        ));
        sealed.truncate(sealed.len() / 2);
        assert!(matches!(
            open(&sealed, Some(&passphrase("a")), path),
            Err(StoreError::Damaged(_))
        ));
    }
}
