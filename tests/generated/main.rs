//! What is kept in the tree equals what the source gives.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test's helper says what is wrong by failing, like the test itself"
)]

mod features;
mod files;
mod layers;
mod manual;
mod page;
