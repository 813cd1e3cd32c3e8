//! The end of a process and of all that it started, found through `/proc` (proc(5)).

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

/// How long they have to end by themselves.
const GRACE: Duration = Duration::from_millis(200);
/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(10);
/// How often those that are left are killed: one may start another in between.
const ROUNDS: usize = 5;

/// Ends a process and what it started: whatever descends from it, and whatever has `mark` in its
/// environment and so was started by it, though its parent is gone. They are asked, and killed
/// when they do not end at once.
pub(super) fn end(pid: u32, mark: &str) {
    let mut asked = BTreeSet::new();
    let until = Instant::now() + GRACE;
    loop {
        let left = find(pid, mark);
        if left.is_empty() {
            return;
        }
        if Instant::now() >= until {
            break;
        }
        for found in left {
            if asked.insert(found) {
                signal(found, Signal::TERM);
            }
        }
        thread::sleep(PAUSE);
    }
    // What descends from one that ended meanwhile is known by having been asked.
    for _ in 0..ROUNDS {
        let left = find(pid, mark);
        if left.is_empty() {
            return;
        }
        for found in left {
            signal(found, Signal::KILL);
        }
        thread::sleep(PAUSE);
    }
}

fn signal(pid: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        // One that is gone already needs none.
        let _ = kill_process(pid, signal);
    }
}

/// The processes that live and belong to it.
fn find(pid: u32, mark: &str) -> BTreeSet<u32> {
    let parents = parents();
    let belongs = |one: u32| {
        let mut ancestor = one;
        // No chain is longer than there are processes.
        for _ in 0..=parents.len() {
            if ancestor == pid {
                return true;
            }
            match parents.get(&ancestor) {
                Some(parent) => ancestor = *parent,
                None => break,
            }
        }
        is_marked(one, mark)
    };
    parents
        .keys()
        .copied()
        .filter(|one| belongs(*one))
        .collect()
}

/// Every process that lives, and its parent.
fn parents() -> BTreeMap<u32, u32> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    processes
        .filter_map(|entry| {
            let pid = entry.file_name().to_str()?.parse().ok()?;
            let stat = fs::read(entry.path().join("stat")).ok()?;
            Some((pid, parent_of(&stat)?))
        })
        .collect()
}

/// The parent in a `stat`; nothing for a process that has ended. The name before it is in brackets
/// and may hold anything.
fn parent_of(stat: &[u8]) -> Option<u32> {
    let name_ends = stat.iter().rposition(|byte| *byte == b')')?;
    let rest = std::str::from_utf8(stat.get(name_ends + 1..)?).ok()?;
    let mut fields = rest.split_whitespace();
    let state = fields.next()?;
    (!matches!(state, "Z" | "X")).then(|| fields.next()?.parse().ok())?
}

fn is_marked(pid: u32, mark: &str) -> bool {
    fs::read(format!("/proc/{pid}/environ"))
        .unwrap_or_default()
        .split(|byte| *byte == 0)
        .any(|variable| variable == mark.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parent_stands_behind_the_name_whatever_that_is() {
        assert_eq!(parent_of(b"7 (sh) S 3 7 7"), Some(3));
        assert_eq!(parent_of(b"7 (a) S 9 (\xff) R 4 7"), Some(4));
        assert_eq!(parent_of(b"7 (sh) Z 3 7 7"), None);
        assert_eq!(parent_of(b""), None);
    }
}
