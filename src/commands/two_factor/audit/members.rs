//! The members of an organization, with what the list does not tell about them.

use std::cell::{Cell, RefCell};

use time::OffsetDateTime;

use super::{
    keys::EndlessKeys,
    list::{Id, Source},
    pace::Pace,
};
use crate::{
    api::{Account, ApiError, Page},
    model::{AppState, Column, Factors, Member},
};

/// What is asked for member by member.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Asks {
    /// The passkeys.
    pub(super) factors: bool,
    /// The date by which a second factor is required.
    pub(super) grace: bool,
    /// That date, of members without a second factor alone.
    pub(super) grace_of_those_without: bool,
}

impl Asks {
    /// How many requests a member costs at most, and of what.
    pub(super) fn costs(self) -> Option<&'static str> {
        match (self.factors, self.grace, self.grace_of_those_without) {
            (true, true, _) => Some("two more requests for each member"),
            (true, false, false) | (false, true, _) => Some("one more request for each member"),
            (true, false, true) => {
                Some("one more request for each member, and two for each one without it")
            }
            (false, false, true) => Some("one more request for each member without it"),
            (false, false, false) => None,
        }
    }
}

/// What could not be read of how many members, and why at first.
#[derive(Debug, Default)]
pub(super) struct Unread {
    members: Cell<u64>,
    why: RefCell<Option<ApiError>>,
}

impl Unread {
    fn note(&self, err: ApiError) {
        self.members.set(self.members.get() + 1);
        self.why.borrow_mut().get_or_insert(err);
    }

    /// How many members, and why; nothing where everything was read.
    pub(super) fn told(self) -> Option<(u64, ApiError)> {
        Some((self.members.get(), self.why.into_inner()?))
    }
}

/// The list of members.
pub(super) struct Members<'a> {
    pub(super) account: &'a dyn Account,
    pub(super) pace: &'a Pace,
    pub(super) organization_id: &'a str,
    pub(super) keys: &'a EndlessKeys,
    pub(super) asks: Asks,
    pub(super) unread_factors: Unread,
    pub(super) unread_grace: Unread,
}

impl Members<'_> {
    /// The second factors of a member. A passkey counts, whether or not `mfa` counts it (protocol.md
    /// E).
    async fn ask_factors(&self, member: &mut Member) {
        let asked = self.pace.ask(|| self.account.passkeys(&member.user_id));
        let passkeys = match asked.await {
            Ok(passkeys) => passkeys,
            Err(err) => {
                self.unread_factors.note(err);
                member.factors = Some(Column::Unknown);
                return;
            }
        };
        let has_passkey = !passkeys.is_empty();
        let factors = match member.two_factor {
            Column::Known(mfa) => Factors::of_iam(mfa, Some(passkeys)),
            Column::Unknown => Factors {
                app: AppState::Unknown,
                passkeys: Some(passkeys),
            },
        };
        if has_passkey {
            member.two_factor = Column::Known(true);
        }
        member.factors = Some(Column::Known(factors));
    }

    async fn ask_grace(&self, member: &mut Member) {
        let asked = self
            .pace
            .ask(|| self.account.two_factor_required_by(&member.user_id));
        member.required_by = Some(match asked.await {
            Ok(date) => Column::Known(date),
            Err(err) => {
                self.unread_grace.note(err);
                Column::Unknown
            }
        });
    }
}

impl Source for Members<'_> {
    type Entry = Member;

    async fn page(&self, number: u32) -> Result<Page<Member>, ApiError> {
        self.account.members(self.organization_id, number).await
    }

    async fn complete(&self, member: &mut Member) {
        member.endless_keys = self.keys.of(&member.user_id);
        if self.asks.factors {
            self.ask_factors(member).await;
        }
        let asks_without =
            self.asks.grace_of_those_without && member.two_factor != Column::Known(true);
        if self.asks.grace || asks_without {
            self.ask_grace(member).await;
        }
    }

    fn id(member: &Member) -> Id {
        member.user_id.as_bytes()
    }

    fn created_at(member: &Member) -> Option<OffsetDateTime> {
        member.created_at
    }

    fn mark(member: &Member) -> u8 {
        member.two_factor_mark()
    }
}
