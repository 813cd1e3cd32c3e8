//! The rows of the report on their way from the list to the outputs.

use std::iter;

use futures_util::future::join_all;
use time::OffsetDateTime;

use super::{
    list::{Reading, Sink},
    pace::Pace,
};
use crate::{
    api::{Account, ApiError},
    commands::unprinted,
    error::Result,
    model::{Column, Member, Tally, UserId},
    ui::{Output, Progress},
};

/// How many members that were not found again are looked for one by one.
const MOST_LOOKED_FOR: usize = 1000;

/// Counts the members and hands them on.
pub(super) struct Rows {
    output: Output,
    /// It gets every member, whatever is shown.
    evidence: Option<Output>,
    tally: Tally,
    now: OffsetDateTime,
    /// Whether only members are shown that are not known to have a second factor.
    only_without: bool,
    /// Whether the second factor of a member is more than what the list tells.
    asks_factors: bool,
    progress: Progress,
    /// What changed while the list was read, in sentences.
    changes: Vec<String>,
}

impl Rows {
    /// Rows for this output.
    pub(super) fn new(
        progress: Progress,
        output: Output,
        now: OffsetDateTime,
        only_without: bool,
        asks_factors: bool,
    ) -> Self {
        Self {
            output,
            evidence: None,
            tally: Tally::default(),
            now,
            only_without,
            asks_factors,
            progress,
            changes: Vec::new(),
        }
    }

    /// Adds an output that gets every member.
    pub(super) fn with_evidence(mut self, evidence: Option<Output>) -> Self {
        self.evidence = evidence;
        self
    }

    /// Notes who joined, and finds out which of the members that were not found again have left.
    pub(super) async fn look_for(&mut self, account: &dyn Account, pace: &Pace, reading: &Reading) {
        for id in &reading.joined {
            let id = UserId::from_bytes(*id);
            let joined = format!("Member {id} joined while scw read the list");
            self.changes.push(joined);
        }
        let missing = &reading.missing;
        let looked_for = missing.iter().take(MOST_LOOKED_FOR).map(|missing| async {
            let id = UserId::from_bytes(missing.id);
            let found = pace.ask(|| account.user(&id)).await;
            (id, missing.mark, found)
        });
        for (id, mark, found) in join_all(looked_for).await {
            match found {
                Err(ApiError::NotFound { .. }) => {
                    self.tally.remove(mark);
                    let left = format!("Member {id} left while scw read the list");
                    self.changes.push(left);
                }
                Ok(_) => {}
                Err(_) => self.changes.push(format!(
                    "scw did not find member {id} again while it read the list"
                )),
            }
        }
        let more = missing.len().saturating_sub(MOST_LOOKED_FOR);
        if more > 0 {
            self.changes.push(format!(
                "scw did not find {more} more members again while it read the list"
            ));
        }
    }

    /// Ends the outputs: what the rows came to, and what changed while they were read.
    ///
    /// # Errors
    /// The failure of an output.
    pub(super) async fn end(
        mut self,
        unread: Vec<std::ops::RangeInclusive<u64>>,
    ) -> Result<(Tally, Vec<String>)> {
        self.tally.unread = unread;
        for output in iter::once(self.output).chain(self.evidence) {
            let ended = output.end(self.tally.clone()).await;
            ended.map_err(|err| unprinted(&err))?;
        }
        Ok((self.tally, self.changes))
    }
}

impl Sink<Member> for Rows {
    async fn take(&mut self, mut members: Vec<Member>, total: u64) -> Result<()> {
        for member in &members {
            self.tally.count(member, self.now);
        }
        self.progress.show(self.tally.members, total);
        if let Some(evidence) = &mut self.evidence {
            let sent = evidence.members(members.clone()).await;
            sent.map_err(|err| unprinted(&err))?;
        }
        if self.only_without {
            members.retain(|member| member.two_factor != Column::Known(true));
        }
        let sent = self.output.members(members).await;
        sent.map_err(|err| unprinted(&err))
    }

    fn again(&mut self, member: &Member, mark: u8) {
        let now = member.two_factor_mark();
        if self.asks_factors || now == mark {
            return;
        }
        self.tally.remove(mark);
        self.tally.count_two_factor(member);
        self.changes.push(format!(
            "Two-factor authentication of {} is {} since scw read the list",
            member.name(),
            member.two_factor_word()
        ));
    }
}
