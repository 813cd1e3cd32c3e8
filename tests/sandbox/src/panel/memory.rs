//! What the panel keeps in memory for its visitors: a word for the next page, and backup codes that
//! nobody has saved yet.
//!
//! Each entry belongs to a visit or a session and is found by the hash of its secret, so an entry
//! cannot be reached once its visit or session is over. Nothing here survives the process.

use std::{
    borrow::Cow,
    collections::HashMap,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use maud::{Render, html};

use crate::{clock::Instant, store::hash};

/// How long unsaved backup codes are kept, in seconds.
const CODES_S: i64 = 600;

/// How long a word waits for its page, and an email address for its visit, in seconds.
const WORD_S: i64 = 3600;

/// How many visits and sessions are remembered at most; those that end first make room.
const OWNERS: usize = 1024;

/// The longest text that is kept of what somebody typed, in bytes.
const TYPED: usize = 300;

/// What the next page says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Said {
    /// Something was done.
    Done(Cow<'static, str>),
    /// Something was not done.
    Failed(Cow<'static, str>),
    /// A form was not taken.
    Refused(Refusal),
}

impl Said {
    /// A form was sent before, is too old, or was not made for the one who sent it.
    pub(crate) fn form_not_taken() -> Self {
        Self::Failed(
            "You sent this form before, or the page was too old. Nothing was changed by it. This \
             page shows how things are now."
                .into(),
        )
    }
}

impl Render for Said {
    fn render_to(&self, page: &mut String) {
        let words = match self {
            Self::Done(text) => html! { p.notice role="status" { (text) } },
            Self::Failed(text) => html! { p.alert role="alert" { (text) } },
            Self::Refused(refusal) => html! { p.alert role="alert" { (refusal.text) } },
        };
        words.render_to(page);
    }
}

/// What was wrong with a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The page of the form, below the panel's home.
    pub(crate) page: &'static str,
    /// The name of the field that is wrong.
    pub(crate) field: &'static str,
    /// What is wrong with it.
    pub(crate) text: &'static str,
    /// What was typed into the others: never a password or a code.
    pub(crate) typed: Vec<(&'static str, String)>,
}

impl Refusal {
    /// What is wrong with a field.
    pub(crate) fn of(this: Option<&Self>, field: &str) -> Option<&'static str> {
        this.filter(|refusal| refusal.field == field)
            .map(|refusal| refusal.text)
    }

    /// What was typed into a field; empty where that is not known.
    pub(crate) fn typed<'a>(this: Option<&'a Self>, field: &str) -> &'a str {
        let typed = this.map_or(&[][..], |refusal| refusal.typed.as_slice());
        let found = typed.iter().find(|(name, _)| *name == field);
        found.map_or("", |(_, text)| text)
    }
}

/// Things that end, by their owners' hashes.
struct Kept<T>(HashMap<String, (Instant, T)>);

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T> Kept<T> {
    fn put(&mut self, owner: &str, thing: T, end: Instant, now: Instant) {
        let owner = hash(owner);
        self.tidy(now);
        if self.0.len() >= OWNERS && !self.0.contains_key(&owner) {
            let first = self.0.iter().min_by_key(|(_, (end, _))| *end);
            if let Some(first) = first.map(|(owner, _)| owner.clone()) {
                self.0.remove(&first);
            }
        }
        self.0.insert(owner, (end, thing));
    }

    fn get(&mut self, owner: &str, now: Instant) -> Option<&T> {
        self.tidy(now);
        self.0.get(&hash(owner)).map(|(_, thing)| thing)
    }

    fn take_if(&mut self, owner: &str, is_it: impl FnOnce(&T) -> bool, now: Instant) -> Option<T> {
        self.tidy(now);
        let owner = hash(owner);
        let (_, thing) = self.0.get(&owner)?;
        if !is_it(thing) {
            return None;
        }
        self.0.remove(&owner).map(|(_, thing)| thing)
    }

    fn forget(&mut self, owner: &str) {
        self.0.remove(&hash(owner));
    }

    fn tidy(&mut self, now: Instant) {
        self.0.retain(|_, (end, _)| *end > now);
    }
}

#[derive(Default)]
struct Inside {
    said: Kept<Said>,
    emails: Kept<String>,
    codes: Kept<Vec<String>>,
}

/// The memory of the panel. Every method takes the secret of a visit or a session as the owner.
#[derive(Default)]
pub(crate) struct Memory(Mutex<Inside>);

impl fmt::Debug for Memory {
    /// It holds backup codes, so it shows nothing.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Memory")
    }
}

impl Memory {
    fn inside(&self) -> MutexGuard<'_, Inside> {
        // Each change is one call on a map: a panic elsewhere leaves it whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says something on the next page, in place of what still waits.
    pub(crate) fn say(&self, owner: &str, mut said: Said, now: Instant) {
        if let Said::Refused(refusal) = &mut said {
            refusal.typed.retain(|(_, text)| text.len() <= TYPED);
        }
        let end = now.plus_s(WORD_S);
        self.inside().said.put(owner, said, end, now);
    }

    /// What any page of the owner says, this once.
    pub(crate) fn take_said(&self, owner: &str, now: Instant) -> Option<Said> {
        let is_for_all = |said: &Said| !matches!(said, Said::Refused(_));
        self.inside().said.take_if(owner, is_for_all, now)
    }

    /// What was wrong with the form of a page, this once.
    pub(crate) fn take_refusal(&self, owner: &str, page: &str, now: Instant) -> Option<Refusal> {
        let is_it = |said: &Said| matches!(said, Said::Refused(refusal) if refusal.page == page);
        match self.inside().said.take_if(owner, is_it, now) {
            Some(Said::Refused(refusal)) => Some(refusal),
            _ => None,
        }
    }

    /// Keeps the email address of a sign-in.
    pub(crate) fn keep_email(&self, visit: &str, email: &str, now: Instant) {
        if email.len() <= TYPED {
            let end = now.plus_s(WORD_S);
            self.inside()
                .emails
                .put(visit, email.trim().to_owned(), end, now);
        }
    }

    /// The email address of a sign-in.
    pub(crate) fn email(&self, visit: &str, now: Instant) -> Option<String> {
        self.inside().emails.get(visit, now).cloned()
    }

    /// Keeps new backup codes until somebody has saved them.
    pub(crate) fn keep_codes(&self, session: &str, codes: Vec<String>, now: Instant) {
        let end = now.plus_s(CODES_S);
        self.inside().codes.put(session, codes, end, now);
    }

    /// The backup codes that nobody has saved yet.
    pub(crate) fn codes(&self, session: &str, now: Instant) -> Option<Vec<String>> {
        self.inside().codes.get(session, now).cloned()
    }

    /// The backup codes are saved, or void.
    pub(crate) fn forget_codes(&self, session: &str) {
        self.inside().codes.forget(session);
    }

    /// Forgets a visit or a session that is over.
    pub(crate) fn forget(&self, owner: &str) {
        let mut inside = self.inside();
        inside.said.forget(owner);
        inside.emails.forget(owner);
        inside.codes.forget(owner);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;

    fn refusal(page: &'static str, typed: &str) -> Said {
        Said::Refused(Refusal {
            page,
            field: "code",
            text: "Wrong.",
            typed: vec![("name", typed.to_owned())],
        })
    }

    // Issue 11, 1: what went wrong is shown once, on the page that it belongs to.
    #[test]
    fn a_refusal_waits_for_its_own_page_and_a_word_for_any() {
        let (memory, now) = (Memory::default(), Clock::default().instant());
        memory.say("a", refusal("/enable", "x"), now);
        assert_eq!(memory.take_said("a", now), None);
        assert_eq!(memory.take_refusal("a", "/disable", now), None);
        assert_eq!(memory.take_refusal("b", "/enable", now), None);
        let taken = memory.take_refusal("a", "/enable", now);
        assert_eq!(Refusal::of(taken.as_ref(), "code"), Some("Wrong."));
        assert_eq!(Refusal::of(taken.as_ref(), "name"), None);
        assert_eq!(Refusal::typed(taken.as_ref(), "name"), "x");
        assert_eq!(memory.take_refusal("a", "/enable", now), None);

        memory.say("a", Said::Done("Done.".into()), now);
        assert_eq!(memory.take_refusal("a", "/enable", now), None);
        let done = memory.take_said("a", now);
        assert_eq!(done, Some(Said::Done("Done.".into())));
        assert_eq!(memory.take_said("a", now), None);
    }

    // Issue 11, 1: ten minutes at most.
    #[test]
    fn codes_are_kept_for_ten_minutes_and_their_session() {
        let (memory, now) = (Memory::default(), Clock::default().instant());
        let codes = vec!["a-1".to_owned()];
        memory.keep_codes("session", codes.clone(), now);
        assert_eq!(memory.codes("session", now.plus_s(599)), Some(codes));
        assert_eq!(memory.codes("other", now), None);
        assert_eq!(memory.codes("session", now.plus_s(600)), None);
        assert!(memory.inside().codes.0.is_empty());
        assert_eq!(format!("{memory:?}"), "Memory");
    }

    // Issue 11, 6: nothing in memory grows without bound.
    #[test]
    fn the_memory_is_bounded_and_those_that_end_first_make_room() {
        let (memory, now) = (Memory::default(), Clock::default().instant());
        for number in 0..OWNERS + 10 {
            let at = now.plus_micros(i64::try_from(number).unwrap());
            let owner = number.to_string();
            memory.keep_codes(&owner, vec![owner.clone()], at);
            memory.keep_email(&owner, "a@example.com", at);
            memory.say(&owner, Said::Failed("No.".into()), at);
        }
        {
            let inside = memory.inside();
            assert_eq!(inside.codes.0.len(), OWNERS);
            assert_eq!(inside.emails.0.len(), OWNERS);
            assert_eq!(inside.said.0.len(), OWNERS);
        }
        assert_eq!(memory.codes("9", now), None);
        assert!(memory.codes("10", now).is_some());

        let long = "x".repeat(TYPED + 1);
        memory.keep_email("10", &long, now);
        assert_eq!(memory.email("10", now).as_deref(), Some("a@example.com"));
        memory.say("10", refusal("/enable", &long), now);
        let taken = memory.take_refusal("10", "/enable", now);
        assert_eq!(Refusal::typed(taken.as_ref(), "name"), "");
    }
}
