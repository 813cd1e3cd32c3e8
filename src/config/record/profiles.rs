//! Profiles in the record: which one is chosen, and how they come and go.

use super::Record;
use crate::model::ProfileName;

impl Record {
    /// The profile that `scw profile use` chose; nothing where it chose none.
    #[must_use]
    pub(crate) fn current(&self) -> Option<ProfileName> {
        self.current.as_ref()?.parse().ok()
    }

    /// Chooses the profile for runs that name none.
    pub(crate) fn choose(&mut self, name: &ProfileName) {
        let chosen = (*name != ProfileName::default()).then(|| name.as_str().to_owned());
        self.current = chosen;
    }
}
