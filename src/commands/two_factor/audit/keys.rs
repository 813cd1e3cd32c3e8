//! How many API keys that never expire each member has.

use std::collections::HashMap;

use time::OffsetDateTime;

use super::{
    list::{Id, Reader, Reading, Sink, Source},
    pace::Pace,
};
use crate::{
    api::{Account, ApiError, Page, UserKey},
    error::Result,
    model::{Column, KeyEnd, UserId},
};

/// What is known of the keys of one member.
#[derive(Debug, Default, Clone, Copy)]
struct Count {
    endless: u32,
    /// Whether the end of one of them is not known.
    is_unsure: bool,
}

/// The keys of all members.
#[derive(Debug, Default)]
pub(super) struct EndlessKeys {
    counts: HashMap<Id, Count>,
    /// Why the list, or a part of it, could not be read.
    pub(super) failure: Option<ApiError>,
    /// Whether a part of the list is missing.
    has_gaps: bool,
}

impl EndlessKeys {
    /// Reads the keys of an organization.
    pub(super) async fn read(account: &dyn Account, organization_id: &str, pace: &Pace) -> Self {
        let list = Keys {
            account,
            organization_id,
        };
        let mut found = Self::default();
        let read = match pace.ask(|| list.page(1)).await {
            Ok(first) => Reader::new(&list, pace, &mut found).read(first).await,
            Err(err) => Ok(Reading {
                failure: Some(err),
                unread: vec![1..=1],
                ..Reading::default()
            }),
        };
        if let Ok(reading) = read {
            found.has_gaps = !reading.unread.is_empty();
            found.failure = reading.failure.filter(|_| found.has_gaps);
        }
        found
    }

    /// How many a member has. One whose list has gaps may have more than were found, so that none
    /// found is not none.
    pub(super) fn of(&self, user: &UserId) -> Column<u32> {
        let count = self.counts.get(&user.as_bytes()).copied();
        let count = count.unwrap_or_default();
        let is_unsure = self.has_gaps || count.is_unsure;
        if count.endless == 0 && is_unsure {
            Column::Unknown
        } else {
            Column::Known(count.endless)
        }
    }
}

impl Sink<UserKey> for EndlessKeys {
    async fn take(&mut self, entries: Vec<UserKey>, _total: u64) -> Result<()> {
        for key in entries {
            let Some(user) = key.user_id.filter(|_| key.end != KeyEnd::At) else {
                continue;
            };
            let count = self.counts.entry(user.as_bytes()).or_default();
            count.endless += u32::from(key.end == KeyEnd::Never);
            count.is_unsure |= key.end == KeyEnd::Unknown;
        }
        Ok(())
    }

    fn again(&mut self, _key: &UserKey, _mark: u8) {}
}

/// The list of keys.
struct Keys<'a> {
    account: &'a dyn Account,
    organization_id: &'a str,
}

impl Source for Keys<'_> {
    type Entry = UserKey;

    async fn page(&self, number: u32) -> Result<Page<UserKey>, ApiError> {
        self.account.user_keys(self.organization_id, number).await
    }

    async fn complete(&self, _key: &mut UserKey) {}

    fn id(key: &UserKey) -> Id {
        key.access_key.as_number().to_be_bytes()
    }

    fn created_at(key: &UserKey) -> Option<OffsetDateTime> {
        key.created_at
    }

    fn mark(_key: &UserKey) -> u8 {
        0
    }
}
