//! Lists that change while they are read, and pages that cannot be read.

use std::{
    cell::{Cell, RefCell},
    collections::HashSet,
    rc::Rc,
    time::Duration,
};

use proptest::prelude::*;
use tokio::time::sleep;

use super::*;
use crate::model::Notices;

struct Silent;

impl Notices for Silent {
    fn waiting(&self, _text: &str) {}
}

/// What happens to the list after an answer.
#[derive(Debug, Clone, Copy)]
enum Change {
    /// One more entry at its end.
    Add,
    /// The entry at this part of the list goes, in 1/256.
    Remove(u8),
}

/// A list in memory. Its entries are numbers, which are also when they were made.
struct Changing {
    entries: RefCell<Vec<u32>>,
    next: Cell<u32>,
    size: usize,
    /// What happens after each answer, and how long that answer takes.
    script: RefCell<std::vec::IntoIter<(u8, Vec<Change>)>>,
    /// Entries that were there all the time so far.
    staying: RefCell<HashSet<u32>>,
    asked: RefCell<Vec<u32>>,
    /// How many entries there are more than any page shows.
    hidden: Cell<u64>,
    /// Pages that cannot be read, so many times.
    broken: RefCell<Vec<(u32, u32)>>,
}

impl Changing {
    fn new(number: u32, size: usize, script: Vec<(u8, Vec<Change>)>) -> Self {
        Self {
            entries: RefCell::new((0..number).collect()),
            next: Cell::new(number),
            size,
            script: RefCell::new(script.into_iter()),
            staying: RefCell::new((0..number).collect()),
            asked: RefCell::default(),
            hidden: Cell::new(0),
            broken: RefCell::default(),
        }
    }

    fn apply(&self, change: Change) {
        let mut entries = self.entries.borrow_mut();
        match change {
            Change::Add => {
                entries.push(self.next.get());
                self.next.set(self.next.get() + 1);
            }
            Change::Remove(_) if entries.is_empty() => {}
            Change::Remove(part) => {
                let at = usize::from(part) * entries.len() / 256;
                let gone = entries.remove(at);
                self.staying.borrow_mut().remove(&gone);
            }
        }
    }

    /// Reads it to the end: what was taken, and how.
    async fn read(&self) -> (Vec<u32>, Reading) {
        let pace = Pace::new(Rc::new(Silent));
        let mut taken = Taken::default();
        let first = pace.ask(|| self.page(1)).await.unwrap();
        let reader = Reader::new(self, &pace, &mut taken);
        let reading = reader.read(first).await.unwrap();
        (taken.0, reading)
    }
}

impl Source for Changing {
    type Entry = u32;

    async fn page(&self, number: u32) -> Result<Page<u32>, ApiError> {
        let step = self.script.borrow_mut().next();
        let (delay, changes) = step.unwrap_or((1, Vec::new()));
        sleep(Duration::from_millis(u64::from(delay) / 2)).await;
        self.asked.borrow_mut().push(number);
        if let Some((_, times)) = self
            .broken
            .borrow_mut()
            .iter_mut()
            .find(|(page, times)| *page == number && *times > 0)
        {
            *times -= 1;
            return Err(ApiError::Garbage {
                host: "h".to_owned(),
                reason: "cut".to_owned(),
            });
        }
        let page = {
            let entries = self.entries.borrow();
            let from = ((number as usize - 1) * self.size).min(entries.len());
            let to = (from + self.size).min(entries.len());
            Page {
                entries: entries[from..to].iter().copied().map(Some).collect(),
                total: entries.len() as u64 + self.hidden.get(),
            }
        };
        sleep(Duration::from_millis(u64::from(delay) / 2)).await;
        for change in changes {
            self.apply(change);
        }
        Ok(page)
    }

    async fn complete(&self, _entry: &mut u32) {}

    fn id(entry: &u32) -> Id {
        u128::from(*entry).to_be_bytes()
    }

    fn created_at(entry: &u32) -> Option<OffsetDateTime> {
        OffsetDateTime::from_unix_timestamp(i64::from(*entry)).ok()
    }

    fn mark(_entry: &u32) -> u8 {
        0
    }
}

#[derive(Default)]
struct Taken(Vec<u32>);

impl Sink<u32> for Taken {
    async fn take(&mut self, entries: Vec<u32>, _total: u64) -> Result<()> {
        self.0.extend(entries);
        Ok(())
    }

    fn again(&mut self, _entry: &u32, _mark: u8) {}
}

fn on_a_paused_clock<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap()
        .block_on(work)
}

// Issue 12, 1
#[test]
fn a_list_that_stands_still_is_read_once_in_order() {
    for (number, size, requests) in [
        (0, 100, 1),
        (1, 100, 1),
        (100, 100, 1),
        // The first page once more, and the last one twice.
        (101, 100, 4),
        (1000, 100, 12),
        // A service that gives 20 entries a page.
        (101, 20, 8),
    ] {
        let list = Changing::new(number, size, Vec::new());
        let (taken, reading) = on_a_paused_clock(list.read());
        assert_eq!(taken, (0..number).collect::<Vec<_>>());
        assert!(reading.unread.is_empty() && reading.missing.is_empty());
        assert_eq!(list.asked.borrow().len(), requests, "{number} by {size}");
    }
}

// Issue 12, 1
#[test]
fn who_joins_is_taken_and_who_leaves_is_named() {
    let mut script = vec![(1, Vec::new()); 6];
    script[4] = (1, vec![Change::Add, Change::Remove(10)]);
    let list = Changing::new(1000, 100, script);
    let (taken, reading) = on_a_paused_clock(list.read());
    let gone = u128::from(10_u32 * 1000 / 256).to_be_bytes();
    let missing: Vec<Id> = reading.missing.iter().map(|missing| missing.id).collect();
    assert_eq!(missing, [gone]);
    assert_eq!(taken.len(), 1001);
    assert!(taken.contains(&1000));
}

// Issue 12, 1
#[test]
fn so_many_go_that_entries_move_by_a_whole_page_and_the_others_are_still_found() {
    // Between two pages that are asked for side by side, a page and a half goes.
    let mut script = vec![(1, Vec::new()); 200];
    for step in script.iter_mut().skip(3).step_by(7) {
        step.1 = vec![Change::Remove(0); 15];
    }
    let list = Changing::new(400, 10, script);
    let (taken, reading) = on_a_paused_clock(list.read());
    let found: HashSet<u32> = taken.iter().copied().collect();
    assert!(list.staying.borrow().is_subset(&found));
    assert_eq!(found.len(), taken.len());
    assert!(reading.unread.is_empty());
}

// Issue 12, 2
#[test]
fn what_cannot_be_read_is_named_by_its_places() {
    let list = Changing::new(1000, 100, Vec::new());
    *list.broken.borrow_mut() = vec![(3, u32::MAX), (4, u32::MAX), (7, 4), (10, u32::MAX)];
    let (taken, reading) = on_a_paused_clock(list.read());
    assert_eq!(reading.unread, [201..=400, 901..=1000]);
    assert!(reading.failure.is_some());
    let found: HashSet<u32> = taken.iter().copied().collect();
    assert_eq!(found.len(), 700);
    assert!(found.contains(&650), "page 7 was read at the fifth attempt");
}

// Issue 12, 2
#[test]
fn a_page_that_can_be_read_at_last_is_not_called_unread() {
    let list = Changing::new(1000, 100, Vec::new());
    *list.broken.borrow_mut() = vec![(3, 7), (10, 7)];
    let (taken, reading) = on_a_paused_clock(list.read());
    assert_eq!(reading.unread, []);
    let found: HashSet<u32> = taken.iter().copied().collect();
    assert_eq!((found.len(), taken.len()), (1000, 1000));
}

// Issue 12, 2
#[test]
fn a_list_that_gives_fewer_than_it_says_is_not_whole() {
    for (number, size, hidden) in [(1000, 100, 70), (50, 100, 50), (0, 100, 3)] {
        let list = Changing::new(number, size, Vec::new());
        list.hidden.set(hidden);
        let (taken, reading) = on_a_paused_clock(list.read());
        assert_eq!(taken.len(), number as usize);
        let places = u64::from(number) + 1..=u64::from(number) + hidden;
        assert_eq!(reading.unread, [places], "{number}");
    }
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![Just(Change::Add), any::<u8>().prop_map(Change::Remove)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    // Issue 12, 1
    #[test]
    fn whoever_stays_is_taken_exactly_once(
        number in 0_u32..400,
        size in 3_usize..30,
        script in prop::collection::vec(
            (any::<u8>(), prop::collection::vec(change(), 0..4)),
            0..120,
        ),
    ) {
        let list = Changing::new(number, size, script);
        let (taken, reading) = on_a_paused_clock(list.read());
        let found: HashSet<u32> = taken.iter().copied().collect();
        prop_assert_eq!(found.len(), taken.len(), "somebody was taken twice");
        let staying = list.staying.borrow();
        let missed: Vec<_> = staying.difference(&found).collect();
        prop_assert!(missed.is_empty(), "{:?} were missed", missed);
        prop_assert!(reading.unread.is_empty());
        // Whoever was taken and is there no more can be asked about.
        let missing: HashSet<Id> = reading.missing.iter().map(|missing| missing.id).collect();
        prop_assert!(missing.iter().all(|id| found.iter().any(|entry| Changing::id(entry) == *id)));
    }
}
