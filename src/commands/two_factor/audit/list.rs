//! A whole list of an organization, though it changes while it is read.
//!
//! The API gives lists in pages by number. In the order by age a new entry stands at the end, and an
//! entry that goes moves every younger one up by a place, perhaps to a page that was read already.
//!
//! 1. The last page is read before the others and once more after them. Where its entries still stand
//!    at the same places, no older one has gone in between, so nothing has moved: each page is right.
//! 2. Otherwise all pages are read again. An entry that was missed had moved to the page before, and
//!    is still there, unless so many entries went that it moved by another whole page.
//! 3. In that case the pages are read one by one from the last to the first: an entry that stays can
//!    only move to a page that is still to be read.

mod seam;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ops::RangeInclusive,
};

use futures_util::{StreamExt, stream};
use time::OffsetDateTime;

pub(super) use seam::{Id, Missing, Reading, Sink, Source};
use seam::{complete, ids, number_of};

use super::pace::{IN_FLIGHT, Pace};
use crate::{
    api::{ApiError, Page},
    error::Result,
};

/// How many pages are asked for or wait for their turn: twice as many as requests are under way, so
/// that a late page does not hold up the others.
const AHEAD: usize = 2 * IN_FLIGHT;
/// The most pages that are read. Ten million entries are more than any organization has.
const MOST_PAGES: u64 = 100_000;
/// The most entries that room is made for at the start: a list may say that it has more than it has.
const MOST_RESERVED: usize = 200_000;
/// How often another page is the last one before it counts as one that cannot be found.
const MOST_TAILS: u32 = 10;

/// What is known of an entry.
#[derive(Clone, Copy)]
struct Seen {
    /// The pass that found it last.
    pass: u8,
    mark: u8,
}

/// The reading of a list.
pub(super) struct Reader<'a, S: Source, K> {
    source: &'a S,
    pace: &'a Pace,
    sink: &'a mut K,
    /// How many entries a page has.
    size: u64,
    /// How many the list has, as the last answer told.
    total: u64,
    seen: HashMap<Id, Seen>,
    pass: u8,
    /// How many there were when the last page was read first, and when the youngest was made.
    at_first: Option<(u64, OffsetDateTime)>,
    /// The entries that are younger than that.
    younger: Vec<Id>,
    /// The pages that were read.
    pages: BTreeSet<u32>,
    /// The places of the entries that cannot be read, by page.
    unread: BTreeMap<u32, Vec<RangeInclusive<u64>>>,
    /// Pages that were read, and could not be read again.
    doubtful: BTreeSet<u32>,
    failure: Option<ApiError>,
}

impl<'a, S: Source, K: Sink<S::Entry>> Reader<'a, S, K> {
    /// Reads with this source into this sink.
    pub(super) fn new(source: &'a S, pace: &'a Pace, sink: &'a mut K) -> Self {
        Self {
            source,
            pace,
            sink,
            size: 1,
            total: 0,
            seen: HashMap::new(),
            pass: 1,
            at_first: None,
            younger: Vec::new(),
            unread: BTreeMap::new(),
            doubtful: BTreeSet::new(),
            pages: BTreeSet::new(),
            failure: None,
        }
    }

    /// Reads the list to its end; its first page is at hand.
    ///
    /// # Errors
    /// The sink's.
    pub(super) async fn read(mut self, first: Page<S::Entry>) -> Result<Reading> {
        // A service may give fewer entries a page than were asked for.
        self.size = (first.entries.len() as u64).max(1);
        self.total = first.total;
        if self.total.div_ceil(self.size) > MOST_PAGES {
            self.unread.insert(1, vec![1..=self.total]);
            return Ok(self.reading());
        }
        // At once, so that the table does not grow while it is full.
        self.seen
            .reserve(usize::try_from(self.total).unwrap_or(0).min(MOST_RESERVED));
        self.take(1, first).await?;
        if self.last_page() == 1 {
            return Ok(self.reading());
        }
        loop {
            let (last, before) = self.present_tail().await;
            self.pages_before(last).await?;
            let after = self.tail(last).await;
            let stood_still = match (&before, &after) {
                (Some(before), Some(after)) => {
                    !before.is_empty() && ids::<S>(after).starts_with(before)
                }
                _ => false,
            };
            if let Some(page) = after {
                self.take(last, page).await?;
            }
            if !stood_still && self.pass == 1 {
                self.pass += 1;
                continue;
            }
            if !stood_still && self.gone().is_none_or(|gone| gone * 2 > self.size) {
                self.one_by_one(last).await?;
            }
            self.end_of_list(last, stood_still).await?;
            return Ok(self.reading());
        }
    }

    /// Reads what joined at the end, up to a last page whose own answer says that it is the last. The
    /// page at this number was read last.
    async fn end_of_list(&mut self, last: u32, stood_still: bool) -> Result<()> {
        let mut next = if stood_still {
            last + 1
        } else {
            last.min(self.last_page())
        };
        for _ in 0..MOST_TAILS {
            while next <= self.last_page() {
                self.page(next).await?;
                next += 1;
            }
            if next == self.last_page() + 1 {
                break;
            }
            // The list became shorter: who joined stands on a page that was read before.
            next = self.last_page();
        }
        Ok(())
    }

    /// The number of the last page.
    fn last_page(&self) -> u32 {
        let pages = self.total.div_ceil(self.size).clamp(1, MOST_PAGES);
        u32::try_from(pages).unwrap_or(u32::MAX)
    }

    /// The page that is the last one at this moment, and what stands on it.
    async fn present_tail(&mut self) -> (u32, Option<Vec<Option<Id>>>) {
        let mut last = self.last_page();
        for _ in 0..MOST_TAILS {
            let page = self.tail(last).await;
            let present = self.last_page();
            if page.is_none() || present == last {
                return (last, page.map(|page| ids::<S>(&page)));
            }
            // The list became longer or shorter by a page since the last answer.
            last = present;
        }
        (last, None)
    }

    /// The last page as it is now.
    async fn tail(&mut self, number: u32) -> Option<Page<S::Entry>> {
        match self.pace.ask(|| self.source.page(number)).await {
            Ok(page) => {
                self.total = page.total;
                if self.at_first.is_none() {
                    let entries = page.entries.iter().flatten();
                    let youngest = entries.filter_map(S::created_at).max();
                    self.at_first = youngest.map(|at| (page.total, at));
                }
                Some(page)
            }
            Err(err) => {
                self.failed(number, err);
                None
            }
        }
    }

    /// Reads every page before this one, many at a time. On the first pass entries are taken as they
    /// come; later ones find few that are new, and these come together at the end.
    async fn pages_before(&mut self, last: u32) -> Result<()> {
        let is_first_pass = self.pass == 1;
        let source = self.source;
        let allowed = self.pace;
        let ask = |number: u32| async move {
            let mut answer = allowed.ask(|| source.page(number)).await;
            // The first page was taken already.
            if is_first_pass
                && number > 1
                && let Ok(page) = &mut answer
            {
                // Here and not when they are taken: only what is in the stream goes on meanwhile.
                complete(source, &mut page.entries).await;
            }
            (number, answer)
        };
        let mut late = Vec::new();
        let mut failed = Vec::new();
        let mut pages = stream::iter(1..last).map(ask).buffered(AHEAD);
        while let Some((number, answer)) = pages.next().await {
            match answer {
                Ok(page) => {
                    let (fresh, total) = self.sort_out(number, page);
                    if is_first_pass {
                        self.sink.take(fresh, total).await?;
                    } else {
                        late.extend(fresh.into_iter().map(Some));
                    }
                }
                Err(err) => failed.push((number, err)),
            }
        }
        drop(pages);
        for (number, err) in failed {
            self.failed(number, err);
            self.page(number).await?;
        }
        self.complete_and_take(late).await
    }

    /// Reads the pages up to this one by one, from the last to the first.
    async fn one_by_one(&mut self, last: u32) -> Result<()> {
        self.pass += 1;
        for number in (1..=last.max(self.last_page())).rev() {
            self.page(number).await?;
        }
        Ok(())
    }

    /// Reads a page.
    async fn page(&mut self, number: u32) -> Result<()> {
        match self.pace.ask(|| self.source.page(number)).await {
            Ok(page) => self.take(number, page).await,
            Err(err) => {
                self.failed(number, err);
                Ok(())
            }
        }
    }

    /// Takes the entries of a page that are new.
    async fn take(&mut self, number: u32, page: Page<S::Entry>) -> Result<()> {
        let (fresh, _) = self.sort_out(number, page);
        self.complete_and_take(fresh.into_iter().map(Some).collect())
            .await
    }

    async fn complete_and_take(&mut self, mut entries: Vec<Option<S::Entry>>) -> Result<()> {
        if entries.is_empty() {
            return Ok(());
        }
        complete(self.source, &mut entries).await;
        let entries = entries.into_iter().flatten().collect();
        self.sink.take(entries, self.total).await
    }

    /// The entries of a page that are new, and how many the list has.
    fn sort_out(&mut self, number: u32, page: Page<S::Entry>) -> (Vec<S::Entry>, u64) {
        self.total = page.total;
        let mut unread: Vec<RangeInclusive<u64>> = Vec::new();
        let mut fresh = Vec::new();
        for (place, entry) in (self.places(number).0..).zip(page.entries) {
            let Some(entry) = entry else {
                unread.push(place..=place);
                continue;
            };
            let seen = Seen {
                pass: self.pass,
                mark: S::mark(&entry),
            };
            if let Some(before) = self.seen.insert(S::id(&entry), seen) {
                self.sink.again(&entry, before.mark);
                continue;
            }
            let is_younger = self
                .at_first
                .zip(S::created_at(&entry))
                .is_some_and(|((_, youngest), at)| at > youngest);
            if is_younger {
                self.younger.push(S::id(&entry));
            }
            fresh.push(entry);
        }
        self.pages.insert(number);
        self.doubtful.remove(&number);
        self.unread.remove(&number);
        if !unread.is_empty() {
            self.unread.insert(number, unread);
        }
        (fresh, page.total)
    }

    /// The first and the last place of a page, from 1.
    fn places(&self, number: u32) -> (u64, u64) {
        let end = u64::from(number) * self.size;
        (end - self.size + 1, end)
    }

    fn failed(&mut self, number: u32, err: ApiError) {
        if self.pages.contains(&number) {
            self.doubtful.insert(number);
        } else {
            let (from, to) = self.places(number);
            self.unread.insert(number, vec![from..=to]);
        }
        self.failure = Some(err);
    }

    /// How many entries went since the last page was read first; nothing where that is not known.
    fn gone(&self) -> Option<u64> {
        let (total, _) = self.at_first?;
        (total + self.younger.len() as u64).checked_sub(self.total)
    }

    /// The places that could not be read, those next to each other as one.
    fn unread_places(&self) -> Vec<RangeInclusive<u64>> {
        let mut unread: Vec<RangeInclusive<u64>> = Vec::new();
        for places in self.unread.values().flatten() {
            let (from, to) = (*places.start(), (*places.end()).min(self.total));
            match unread.last_mut() {
                Some(last) if *last.end() + 1 == from => *last = *last.start()..=to,
                _ if from <= to => unread.push(from..=to),
                _ => {}
            }
        }
        unread
    }

    fn reading(mut self) -> Reading {
        let mut unread = self.unread_places();
        let missed = number_of(&unread);
        // A page that could not be read again is right where nobody joined and every entry is
        // accounted for.
        let as_at_first = self.at_first.is_some_and(|(total, _)| total == self.total);
        let is_accounted_for = self.seen.len() as u64 + missed == self.total;
        if !(as_at_first && self.younger.is_empty() && is_accounted_for) {
            for number in std::mem::take(&mut self.doubtful) {
                let (from, to) = self.places(number);
                self.unread.insert(number, vec![from..=to]);
            }
            unread = self.unread_places();
        }
        // A service may say that there are more than it gives.
        let told_of = self.seen.len() as u64 + number_of(&unread);
        if told_of < self.total {
            unread.push(told_of + 1..=self.total);
        }
        let last_pass = self.pass;
        let missing = self.seen.iter().filter(|(_, seen)| seen.pass < last_pass);
        Reading {
            missing: missing
                .map(|(id, seen)| Missing {
                    id: *id,
                    mark: seen.mark,
                })
                .collect(),
            joined: self.younger,
            failure: self.failure,
            unread,
        }
    }
}

#[cfg(test)]
mod tests;
