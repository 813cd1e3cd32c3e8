//! A flag for as long as something goes on.

use std::cell::Cell;

/// A flag that is raised until this is dropped, also where the call that raised it is abandoned.
pub(super) struct Flag<'a>(&'a Cell<bool>);

impl<'a> Flag<'a> {
    /// Raises the flag; nothing where it is up already.
    pub(super) fn raise(flag: &'a Cell<bool>) -> Option<Self> {
        (!flag.replace(true)).then(|| Self(flag))
    }
}

impl Drop for Flag<'_> {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_is_down_again_when_the_call_that_raised_it_is_abandoned() {
        let flag = Cell::new(false);
        let first = Flag::raise(&flag);
        assert!(first.is_some() && Flag::raise(&flag).is_none() && flag.get());
        drop(first);
        assert!(!flag.get() && Flag::raise(&flag).is_some());
    }
}
