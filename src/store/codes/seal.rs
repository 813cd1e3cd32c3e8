//! Encrypted backup codes: age, to an age recipient or an SSH public key.

use age::armor::{ArmoredWriter, Format};

use crate::model::Invalid;

/// To whom the codes are encrypted.
pub(crate) struct Encryption {
    recipient: Box<dyn age::Recipient + Send>,
}

impl std::fmt::Debug for Encryption {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Encryption")
    }
}

impl Encryption {
    /// Takes an age recipient (`age1…`) or an SSH public key (`ssh-ed25519 …`, `ssh-rsa …`).
    ///
    /// # Errors
    /// [`Invalid`] when it is neither.
    pub(crate) fn to(recipient: &str) -> Result<Self, Invalid> {
        let recipient = recipient.trim();
        if let Ok(found) = recipient.parse::<age::x25519::Recipient>() {
            return Ok(Self {
                recipient: Box::new(found),
            });
        }
        match recipient.parse::<age::ssh::Recipient>() {
            Ok(found) => Ok(Self {
                recipient: Box::new(found),
            }),
            Err(_) => Err(Invalid(
                "a recipient is an age public key (`age1…`) or an SSH public key (`ssh-ed25519 …` or `ssh-rsa …`)"
                    .to_owned(),
            )),
        }
    }

    pub(super) fn seal(&self, clear: &[u8]) -> std::io::Result<Vec<u8>> {
        use std::io::Write as _;

        let recipient: &dyn age::Recipient = &*self.recipient;
        let encryptor = age::Encryptor::with_recipients(std::iter::once(recipient))
            .map_err(std::io::Error::other)?;
        let armor = ArmoredWriter::wrap_output(Vec::new(), Format::AsciiArmor)?;
        let mut writer = encryptor.wrap_output(armor)?;
        writer.write_all(clear)?;
        writer.finish()?.finish()
    }
}
