//! Ceremonies that have begun: what the service has to remember until the authenticator's answer.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use uuid::Uuid;

use crate::clock::Instant;

/// How many ceremonies are remembered; the oldest make room.
const MOST: usize = 1024;

/// How many of one user or one visit.
const MOST_OF_ONE: usize = 16;

#[derive(Debug)]
struct Begun<T> {
    id: String,
    owner: String,
    ends_at: Instant,
    state: T,
}

/// Ceremonies of one kind. Each belongs to a user or a visit, lasts for a time by the service's
/// clock, and is used once, whatever comes of it.
#[derive(Debug)]
pub(crate) struct Pending<T>(Mutex<VecDeque<Begun<T>>>);

impl<T> Default for Pending<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Pending<T> {
    /// Remembers a ceremony for so many seconds, and gives it an id.
    pub(super) fn begin(&self, owner: &str, state: T, seconds: i64, now: Instant) -> String {
        let id = Uuid::new_v4().to_string();
        // A panic elsewhere leaves the list as it was before or after a change: both are good.
        let mut begun = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        begun.retain(|one| one.ends_at > now);
        let of_owner = begun.iter().filter(|one| one.owner == owner).count();
        if of_owner >= MOST_OF_ONE {
            let oldest = begun.iter().position(|one| one.owner == owner);
            oldest.and_then(|place| begun.remove(place));
        }
        if begun.len() >= MOST {
            begun.pop_front();
        }
        begun.push_back(Begun {
            id: id.clone(),
            owner: owner.to_owned(),
            ends_at: now.plus_s(seconds),
            state,
        });
        id
    }

    /// Takes a ceremony out; nothing where it is somebody else's, was used before, or is over.
    pub(super) fn take(&self, id: &str, owner: &str, now: Instant) -> Option<T> {
        let mut begun = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = begun
            .iter()
            .position(|one| one.id == id && one.owner == owner)?;
        let taken = begun.remove(place)?;
        (taken.ends_at > now).then_some(taken.state)
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST, MOST_OF_ONE, Pending};
    use crate::clock::Clock;

    // Issue 11, 2: a ceremony is its owner's, works once, and ends by the service's clock.
    #[test]
    fn a_ceremony_is_taken_once_by_its_owner_and_in_time() {
        let now = Clock::default().instant();
        let pending = Pending::default();
        let id = pending.begin("me", 'a', 60, now);
        assert_eq!(pending.take(&id, "somebody else", now), None);
        assert_eq!(pending.take(&id, "me", now.plus_s(59)), Some('a'));
        assert_eq!(pending.take(&id, "me", now), None);
        let id = pending.begin("me", 'b', 60, now);
        assert_eq!(pending.take(&id, "me", now.plus_s(60)), None);
        assert_eq!(pending.take(&id, "me", now), None);
    }

    // Issue 11, 2: what is remembered has a bound, and one owner cannot push out all others.
    #[test]
    fn the_oldest_ceremonies_make_room() {
        let now = Clock::default().instant();
        let pending = Pending::default();
        let other = pending.begin("somebody else", 0, 60, now);
        let mut ids = Vec::new();
        for number in 0..=MOST_OF_ONE {
            ids.push(pending.begin("me", number, 60, now));
        }
        assert_eq!(pending.take(&ids[0], "me", now), None);
        assert_eq!(pending.take(&ids[1], "me", now), Some(1));
        for number in 0..MOST {
            pending.begin(&format!("visit {number}"), number, 60, now);
        }
        assert_eq!(pending.take(&other, "somebody else", now), None);
        assert_eq!(pending.0.lock().unwrap().len(), MOST);
        pending.begin("later", 0, 60, now.plus_s(60));
        assert_eq!(pending.0.lock().unwrap().len(), 1);
    }
}
