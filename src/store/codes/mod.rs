//! Backup codes on this machine: where they lie, what the file says, and what a change of the
//! second factor that was cut means for them.

mod place;
mod seal;
mod text;
mod unfinished;

pub use place::{CodesFile, Reserved, Voided};
pub use seal::Encryption;
pub use text::SavedCodes;
pub use unfinished::{Change, Unfinished};
