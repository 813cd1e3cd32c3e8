//! The rows of the report on their way from the list to where they are kept.

use time::OffsetDateTime;

use super::{
    evidence::Evidence,
    list::{Reading, Sink},
    pace::Pace,
};
use crate::{
    api::{Account, ApiError},
    commands::unprinted,
    error::Result,
    model::{Column, Meanwhile, Member, Tally, UserId},
    ui::{Output, Progress, Report, Ui},
};

/// How many members that were not found again are looked for one by one.
const MOST_LOOKED_FOR: usize = 200;

/// Counts the members and hands them on.
pub(super) struct Rows {
    output: Output,
    evidence: Option<Evidence>,
    tally: Tally,
    now: OffsetDateTime,
    /// Whether only members are shown that are not known to have a second factor.
    only_without: bool,
    /// Whether the second factor of a member is more than what the list tells.
    asks_factors: bool,
    progress: Progress,
    meanwhile: Meanwhile,
    /// What changed while the list was read, in sentences.
    changes: Vec<String>,
}

/// What a report came to.
pub(super) struct Outcome {
    pub(super) tally: Tally,
    pub(super) evidence: Option<Evidence>,
    /// Who changed while the list was read.
    pub(super) meanwhile: Meanwhile,
    /// The same in sentences.
    pub(super) changes: Vec<String>,
}

impl Rows {
    /// Rows for this output, and for the evidence where it is wanted.
    pub(super) fn new(
        ui: &Ui,
        (output, evidence): (Output, Option<Evidence>),
        now: OffsetDateTime,
        only_without: bool,
        asks_factors: bool,
    ) -> Self {
        Self {
            output,
            evidence,
            tally: Tally::default(),
            now,
            only_without,
            asks_factors,
            progress: ui.progress(),
            meanwhile: Meanwhile::default(),
            changes: Vec::new(),
        }
    }

    /// Ends the report: which members could not be read, who joined, and which of those that were
    /// not found again have left.
    ///
    /// # Errors
    /// The failure of the output.
    pub(super) async fn end(
        mut self,
        account: &dyn Account,
        pace: &Pace,
        reading: Reading,
    ) -> Result<Outcome> {
        let joined = reading.joined.into_iter();
        self.meanwhile.joined = joined.map(UserId::from_bytes).collect();
        let missing = reading.missing;
        for missing in missing.iter().take(MOST_LOOKED_FOR) {
            let id = UserId::from_bytes(missing.id);
            match pace.ask(|| account.user(&id)).await {
                Err(ApiError::NotFound { .. }) => {
                    self.tally.remove(missing.mark);
                    let left = format!("Member {id} left while scw read the list");
                    self.changes.push(left);
                    self.meanwhile.left.push(id);
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
        self.tally.unread = reading.unread;
        let ended = self.output.end(self.tally.clone()).await;
        ended.map_err(|err| unprinted(&err))?;
        Ok(Outcome {
            tally: self.tally,
            evidence: self.evidence,
            meanwhile: self.meanwhile,
            changes: self.changes,
        })
    }
}

impl Sink<Member> for Rows {
    async fn take(&mut self, mut members: Vec<Member>, total: u64) -> Result<()> {
        for member in &members {
            self.tally.count(member, self.now);
            if let Some(evidence) = &mut self.evidence {
                let kept = evidence.member(member);
                kept.map_err(|err| evidence.failed(err))?;
            }
        }
        self.progress.show(self.tally.members, total);
        if self.only_without {
            members.retain(|member| member.two_factor != Column::Known(true));
        }
        let sent = self.output.members(members).await;
        sent.map_err(|err| unprinted(&err))
    }

    fn again(&mut self, member: &Member, mark: u8) {
        if self.asks_factors || member.two_factor_mark() == mark {
            return;
        }
        self.tally.remove(mark);
        self.tally.count_two_factor(member);
        self.meanwhile.changed.push(member.user_id.clone());
        self.changes.push(format!(
            "Two-factor authentication of {} became `{}` while scw read the list",
            member.name(),
            member.two_factor_word()
        ));
    }
}
