//! Profiles in the record: which one is chosen, and how they come and go.

use time::OffsetDateTime;

use super::{Login, Record};
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

    /// Notes when the key of a login ends, unless another login has taken its place.
    pub(crate) fn learn_end(
        &mut self,
        profile: &ProfileName,
        login: &Login,
        ends: Option<OffsetDateTime>,
    ) {
        let known = self
            .profiles
            .get_mut(profile.as_str())
            .and_then(|found| found.login.as_mut())
            .filter(|known| known.is_same(login));
        if let Some(known) = known {
            known.expires_at = ends;
        }
    }

    /// Every login with its profile, by name.
    pub(crate) fn logins(&self) -> impl Iterator<Item = (ProfileName, &Login)> {
        self.profiles
            .iter()
            .filter_map(|(name, found)| Some((name.parse().ok()?, found.login.as_ref()?)))
    }

    /// Forgets a profile, unless it has a login: whose it was, and that it was chosen. Its entry goes
    /// when no secret of it is left.
    pub(crate) fn forget(&mut self, name: &ProfileName) {
        if self.login(name).is_some() {
            return;
        }
        if self.current.as_deref() == Some(name.as_str()) {
            self.current = None;
        }
        if let Some(found) = self.profiles.get_mut(name.as_str()) {
            found.user_id = None;
        }
        self.drop_empty(name);
    }

    /// The secrets of a profile that no login names are gone.
    pub(crate) fn abandoned_are_gone(&mut self, name: &ProfileName) {
        self.profile_mut(name).abandoned.clear();
        self.drop_empty(name);
    }

    /// Moves the login of a profile to another name, where its secret is in place already.
    pub(crate) fn move_login(&mut self, old: &ProfileName, new: &ProfileName, moved: &Login) {
        let from = self.profile_mut(old);
        let before = from.login.take();
        from.abandoned.extend(before.map(|login| login.kept));
        let (user_id, warned_at) = (from.user_id.take(), from.warned_at.take());
        let to = self.profile_mut(new);
        to.login = Some(moved.clone());
        to.abandoned.retain(|kept| *kept != moved.kept);
        (to.user_id, to.warned_at) = (user_id, warned_at);
        if self.current().unwrap_or_default() == *old {
            self.choose(new);
        }
    }

    /// Removes the entry of a profile that says nothing.
    fn drop_empty(&mut self, name: &ProfileName) {
        let empty = self.profile(name).is_some_and(|found| {
            found.login.is_none() && found.user_id.is_none() && found.abandoned.is_empty()
        });
        if empty {
            self.profiles.remove(name.as_str());
        }
    }
}
