//! What a list is read from, what its entries are given to, and what comes of it.

use std::ops::RangeInclusive;

use futures_util::future::join_all;
use time::OffsetDateTime;

use crate::{
    api::{ApiError, Page},
    error::Result,
};

/// What tells an entry from all others.
pub(in crate::commands::two_factor::audit) type Id = [u8; 16];

/// A list of the API.
pub(in crate::commands::two_factor::audit) trait Source {
    /// An entry.
    type Entry;

    /// A page, from 1, in the order by age.
    async fn page(&self, number: u32) -> Result<Page<Self::Entry>, ApiError>;

    /// Asks for whatever the list does not tell about an entry.
    async fn complete(&self, entry: &mut Self::Entry);

    /// What tells an entry from all others.
    fn id(entry: &Self::Entry) -> Id;

    /// When it was made.
    fn created_at(entry: &Self::Entry) -> Option<OffsetDateTime>;

    /// What is to be known of it when it is met again.
    fn mark(entry: &Self::Entry) -> u8;
}

/// What becomes of the entries.
pub(in crate::commands::two_factor::audit) trait Sink<T> {
    /// Takes entries that it has not had, and how many the list has. They come in the order by age,
    /// but for those that are found late.
    ///
    /// # Errors
    /// Whatever ends the report.
    async fn take(&mut self, entries: Vec<T>, total: u64) -> Result<()>;

    /// Takes an entry that it has had before, as it is now, with its mark from before.
    fn again(&mut self, entry: &T, mark: u8);
}

/// How a list was read.
#[derive(Debug, Default)]
pub(in crate::commands::two_factor::audit) struct Reading {
    /// The places, from 1, whose entries could not be read.
    pub(in crate::commands::two_factor::audit) unread: Vec<RangeInclusive<u64>>,
    /// Why: the last failure.
    pub(in crate::commands::two_factor::audit) failure: Option<ApiError>,
    /// Entries that were there at first and were not found again.
    pub(in crate::commands::two_factor::audit) missing: Vec<Missing>,
    /// Entries that were made after the reading began.
    pub(in crate::commands::two_factor::audit) joined: Vec<Id>,
}

/// An entry that was not found again.
#[derive(Debug)]
pub(in crate::commands::two_factor::audit) struct Missing {
    pub(in crate::commands::two_factor::audit) id: Id,
    /// Its mark when it was found.
    pub(in crate::commands::two_factor::audit) mark: u8,
}

/// How many places these are.
pub(super) fn number_of(places: &[RangeInclusive<u64>]) -> u64 {
    let numbers = places.iter().map(|range| range.end() - range.start() + 1);
    numbers.sum()
}

/// Asks for whatever the list does not tell about these entries.
pub(super) async fn complete<S: Source>(source: &S, entries: &mut [Option<S::Entry>]) {
    join_all(
        entries
            .iter_mut()
            .flatten()
            .map(|entry| source.complete(entry)),
    )
    .await;
}

/// What stands at which place of a page.
pub(super) fn ids<S: Source>(page: &Page<S::Entry>) -> Vec<Option<Id>> {
    let entries = page.entries.iter();
    entries.map(|entry| entry.as_ref().map(S::id)).collect()
}
