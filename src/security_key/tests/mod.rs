//! The layers of a security key, from reports of 64 bytes to a passkey.

mod attestation;
mod frames;
mod keys;
pub(crate) mod pin;
