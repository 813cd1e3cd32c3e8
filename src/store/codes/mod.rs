//! Backup codes on this machine: where they lie, what the file says, and what a change of the
//! second factor that was cut means for them.

mod place;
mod text;
mod unfinished;

pub(crate) use place::{CodesFile, Reserved, Voided};
pub(crate) use text::SavedCodes;
pub(crate) use unfinished::{Change, Unfinished};
