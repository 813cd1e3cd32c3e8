//! What is kept in the tree equals what the source gives.

mod files;
mod layers;
