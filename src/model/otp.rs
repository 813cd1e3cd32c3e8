//! One-time passwords (RFC 6238) as the client needs them: a key to show, a code to check.
//!
//! The client never makes a code for the user; it recomputes the few that could be right, so that
//! a typing error costs no request and a wrong clock is called by its name.

use std::{fmt::Write, time::Duration};

use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha1::Sha1;
use zeroize::Zeroizing;

use super::Invalid;

/// How long a code is shown by the app, in seconds (protocol: "changes every 30 seconds").
pub const PERIOD_S: i64 = 30;

/// How far from now a code is still recognized, in steps: two hours either way.
const SEARCH_STEPS: i64 = 240;

/// The least length of a key, in bytes: protocol.md takes any valid key of 80 bit or more.
const MIN_KEY_BYTES: usize = 10;

/// The key that the service and the authenticator app share.
#[derive(Debug, Clone)]
pub struct OtpKey {
    base32: SecretString,
}

impl OtpKey {
    /// Takes the key as the API sends it: base32 (RFC 4648 §6); spaces, padding and lower case
    /// are tolerated.
    ///
    /// # Errors
    /// [`Invalid`] when it is no base32, or shorter than 80 bit.
    pub fn parse(text: &SecretString) -> Result<Self, Invalid> {
        let mut normal = Zeroizing::new(String::with_capacity(text.expose_secret().len()));
        normal.extend(
            text.expose_secret()
                .chars()
                .filter(|c| !c.is_ascii_whitespace() && *c != '=')
                .map(|c| c.to_ascii_uppercase()),
        );
        let bytes = Zeroizing::new(
            BASE32_NOPAD
                .decode(normal.as_bytes())
                .map_err(|_| Invalid::new("the authenticator key is not base32"))?,
        );
        if bytes.len() < MIN_KEY_BYTES {
            return Err(Invalid::new("the authenticator key is shorter than 80 bit"));
        }
        Ok(Self {
            base32: SecretString::from(normal.as_str()),
        })
    }

    /// The key in base32 without padding.
    #[must_use]
    pub fn expose_base32(&self) -> &str {
        self.base32.expose_secret()
    }

    /// The key in groups of four, to be typed by hand.
    #[must_use]
    pub fn in_groups(&self) -> Zeroizing<String> {
        let text = self.expose_base32();
        let mut groups = Zeroizing::new(String::with_capacity(text.len() * 5 / 4 + 1));
        for (i, c) in text.chars().enumerate() {
            if i > 0 && i % 4 == 0 {
                groups.push(' ');
            }
            groups.push(c);
        }
        groups
    }

    /// The address that an authenticator app reads from the QR code.
    ///
    /// Key Uri Format; the parameters that have their default values are left out, which keeps
    /// the QR code small. The label is inferred (protocol.md C).
    #[must_use]
    pub fn uri(&self, email: &str) -> SecretString {
        // A path segment: everything but unreserved characters and `@` is escaped (RFC 3986 §3.3).
        let mut label = String::new();
        for byte in email.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~@".contains(&byte) {
                label.push(char::from(byte));
            } else {
                // Writing to a string cannot fail.
                let _ = write!(label, "%{byte:02X}");
            }
        }
        SecretString::from(format!(
            "otpauth://totp/Scaleway:{label}?secret={}&issuer=Scaleway",
            self.expose_base32()
        ))
    }

    /// The six digits for one 30-second step (RFC 4226 §5.3 with HMAC-SHA-1).
    fn code_at(&self, step: u64) -> Option<Zeroizing<String>> {
        let key = Zeroizing::new(BASE32_NOPAD.decode(self.expose_base32().as_bytes()).ok()?);
        let mut mac = Hmac::<Sha1>::new_from_slice(&key).ok()?;
        mac.update(&step.to_be_bytes());
        let digest = mac.finalize().into_bytes();
        let offset = usize::from(digest[19] & 0x0f);
        let word = u32::from_be_bytes([
            digest[offset] & 0x7f,
            digest[offset + 1],
            digest[offset + 2],
            digest[offset + 3],
        ]);
        Some(Zeroizing::new(format!("{:06}", word % 1_000_000)))
    }

    /// Compares `code` with what the app shows at `unix_time` (seconds since 1970).
    ///
    /// The service takes the step before and the step after too, and so does this check. A code
    /// from further away, up to two hours, tells how far apart the clocks are.
    #[must_use]
    pub fn check(&self, code: &OtpCode, unix_time: i64) -> OtpCheck {
        let now = unix_time.div_euclid(PERIOD_S);
        // Nearest step first, so that a chance match far away loses against a near one.
        let offsets = (0..=SEARCH_STEPS).flat_map(|n| [n, -n]);
        for offset in offsets {
            let Ok(step) = u64::try_from(now + offset) else {
                continue;
            };
            let matches = self
                .code_at(step)
                .is_some_and(|expected| expected.as_str() == code.expose());
            if matches && offset.abs() <= 1 {
                return OtpCheck::Good;
            }
            if matches {
                let seconds = u64::try_from((offset * PERIOD_S).abs()).unwrap_or(u64::MAX);
                return OtpCheck::ClockOff {
                    by: Duration::from_secs(seconds),
                    ahead: offset > 0,
                };
            }
        }
        OtpCheck::Wrong
    }
}

/// What a local look at a code says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtpCheck {
    /// The service would take it now.
    Good,
    /// It belongs to this key and to another time.
    ClockOff {
        /// The distance, a multiple of 30 seconds.
        by: Duration,
        /// Whether the authenticator is ahead of the service (otherwise it is behind).
        ahead: bool,
    },
    /// It does not belong to this key.
    Wrong,
}

/// A one-time password as typed: six digits.
#[derive(Debug, Clone)]
pub struct OtpCode(SecretString);

impl OtpCode {
    /// Takes six digits; white space and the hyphen some apps show in the middle are dropped.
    ///
    /// # Errors
    /// [`Invalid`] when anything else than six digits is left.
    pub fn parse(text: &SecretString) -> Result<Self, Invalid> {
        let mut digits = Zeroizing::new(String::with_capacity(6));
        for c in text.expose_secret().trim().chars() {
            match c {
                '0'..='9' if digits.len() < 6 => digits.push(c),
                ' ' | '-' if digits.len() == 3 => {}
                _ => return Err(Self::invalid()),
            }
        }
        if digits.len() == 6 {
            Ok(Self(SecretString::from(digits.as_str())))
        } else {
            Err(Self::invalid())
        }
    }

    fn invalid() -> Invalid {
        Invalid::new("a one-time password is six digits")
    }

    /// The six digits.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(base32: &str) -> OtpKey {
        OtpKey::parse(&SecretString::from(base32)).unwrap()
    }

    fn code(digits: &str) -> OtpCode {
        OtpCode::parse(&SecretString::from(digits)).unwrap()
    }

    /// RFC 6238 appendix B, SHA-1, cut to six digits; the key is `12345678901234567890`.
    const RFC_KEY: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

    #[test]
    fn the_vectors_of_rfc_6238_are_good_at_their_time() {
        for (time, digits) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(
                key(RFC_KEY).check(&code(digits), time),
                OtpCheck::Good,
                "{time}"
            );
        }
    }

    #[test]
    fn one_step_either_way_is_good_and_two_steps_name_the_distance() {
        let digits = code("005924");
        let at = 1_234_567_890;
        assert_eq!(key(RFC_KEY).check(&digits, at - 30), OtpCheck::Good);
        assert_eq!(key(RFC_KEY).check(&digits, at + 30), OtpCheck::Good);
        assert_eq!(
            key(RFC_KEY).check(&digits, at + 60),
            OtpCheck::ClockOff {
                by: Duration::from_secs(60),
                ahead: false
            }
        );
        assert_eq!(
            key(RFC_KEY).check(&digits, at - 3600),
            OtpCheck::ClockOff {
                by: Duration::from_secs(3600),
                ahead: true
            }
        );
        assert_eq!(key(RFC_KEY).check(&digits, at + 100_000), OtpCheck::Wrong);
    }

    #[test]
    fn a_key_is_tolerated_in_lower_case_with_spaces_and_padding() {
        let typed = key("gezd gnbv gy3t qojq gezd gnbv gy3t qojq");
        assert_eq!(typed.expose_base32(), RFC_KEY);
        assert_eq!(
            &**typed.in_groups(),
            "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ"
        );
        for bad in ["", "GEZDGNBV", "GEZDGNBVGY3TQOJ1", "../../"] {
            assert!(OtpKey::parse(&SecretString::from(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_uri_escapes_what_would_break_it() {
        let uri = key(RFC_KEY).uri("a b&secret=x/é@example.com");
        assert_eq!(
            uri.expose_secret(),
            &format!(
                "otpauth://totp/Scaleway:a%20b%26secret%3Dx%2F%C3%A9@example.com?secret={RFC_KEY}&issuer=Scaleway"
            )
        );
    }

    #[test]
    fn a_code_is_six_digits_however_it_is_grouped() {
        for good in ["123456", " 123456\n", "123 456", "123-456"] {
            assert_eq!(code(good).expose(), "123456");
        }
        for bad in [
            "",
            "12345",
            "1234567",
            "12345a",
            "1 23456",
            "١٢٣٤٥٦",
            "abcd-efgh",
        ] {
            assert!(OtpCode::parse(&SecretString::from(bad)).is_err(), "{bad}");
        }
    }
}
