//! `scw 2fa audit diff`: who changed between two reports.

mod read;

use std::{collections::HashMap, path::Path};

use crate::{
    cli::AuditDiffArgs,
    commands::unprinted,
    context::Context,
    error::{CliError, Kind, Result},
    model::{AuditDiff, AuditRecord, Change, MEMBERS, Seen, State},
    process::on_thread,
    ui,
};

use self::read::{ReadError, Row, Source, each_row};

/// What a failure failed to do.
const DOING: &str = "compare the reports";

/// Shows who turned two-factor authentication on or off, who joined and who left.
///
/// # Errors
/// `LocalFile` where a report cannot be read, `Other` where it is none or was changed.
pub(super) async fn run(ctx: &Context, args: &AuditDiffArgs) -> Result<()> {
    let old = Report::of(&args.old).await?;
    let new = Report::of(&args.new).await?;
    if matches!((&old.source, &new.source), (Source::Stdin, Source::Stdin)) {
        return Err(CliError::usage("both reports are `-`: stdin holds one")
            .doing(DOING)
            .hint("give a file or a folder for one of them"));
    }
    warn_of_odd_pair(ctx, &old, &new);
    let compared = on_thread(move || compare(&old, &new)).await;
    let mut diff = match compared {
        Some(compared) => compared.map_err(|err| err.failure().doing(DOING))?,
        None => return Err(CliError::new(Kind::Other, "the read failed").doing(DOING)),
    };
    let lists = diff.sorted();
    let lines = lists.iter().flat_map(|(word, list)| {
        let line = move |change| format!("{word:<11} {}", shown(change));
        list.iter().map(line)
    });
    let text = lines.collect::<Vec<_>>().join("\n");
    ctx.ui()
        .result(&text, &diff)
        .map_err(|err| unprinted(&err))?;
    if text.is_empty() {
        ctx.ui().status("Nobody changed between the two reports");
    }
    Ok(())
}

/// A member as people read it: `jane@example.com (off, then on)`.
fn shown(change: &Change) -> String {
    let name = if change.email.is_empty() {
        &change.user_id
    } else {
        &change.email
    };
    match (change.old, change.new) {
        (Some(old), Some(new)) if old != new => format!("{name} ({old}, then {new})"),
        (Some(state), _) | (None, Some(state)) => format!("{name} ({state})"),
        (None, None) => name.clone(),
    }
}

/// One of the two reports.
struct Report {
    source: Source,
    /// How it was made, where it is an evidence folder.
    record: Option<AuditRecord>,
}

impl Report {
    /// Finds out what a path is. An evidence folder has to hold.
    async fn of(path: &Path) -> Result<Self> {
        if path.as_os_str() == "-" {
            if ui::stdin_is_terminal() {
                return Err(CliError::usage("stdin is a terminal, not a report")
                    .doing(DOING)
                    .hint("pipe the report to stdin"));
            }
            return Ok(Self {
                source: Source::Stdin,
                record: None,
            });
        }
        if !crate::fsutil::is_folder(path).map_err(|err| CliError::from(err).doing(DOING))? {
            return Ok(Self {
                source: Source::File(path.to_owned()),
                record: None,
            });
        }
        let checked = super::verify::check(path).await?;
        if !checked.holds() {
            let shown = path.display();
            return Err(checked.failure(path).doing(DOING).hint(format!(
                "to see what is wrong with it, run `scw 2fa audit verify {shown}`"
            )));
        }
        Ok(Self {
            source: Source::File(path.join(MEMBERS)),
            record: checked.record,
        })
    }

    /// Whether some of its members could not be read.
    fn has_gaps(&self) -> bool {
        self.record
            .as_ref()
            .is_some_and(|record| !record.unread.is_empty())
    }
}

/// Warns where the comparison cannot mean what it says.
fn warn_of_odd_pair(ctx: &Context, old: &Report, new: &Report) {
    for (report, name) in [(old, "older"), (new, "newer")] {
        if report.has_gaps() {
            ctx.ui().warn(&format!(
                "the {name} report could not read all members. Those who are only in the other one are unknown"
            ));
        }
    }
    let (Some(old), Some(new)) = (&old.record, &new.record) else {
        return;
    };
    if old.organization_id != new.organization_id {
        ctx.ui()
            .warn("the reports are about different organizations");
    }
    if old.began_at > new.began_at {
        ctx.ui().warn("the first report is the newer one");
    }
}

/// What is remembered of a member.
#[derive(Debug, Clone, Copy)]
struct Known {
    state: State,
    is_seen: bool,
}

/// Compares two reports. One is remembered (18 bytes a member), the other streams past it.
fn compare(old: &Report, new: &Report) -> Result<AuditDiff, ReadError> {
    // Stdin is read once, so it is the one that streams.
    let first_is_old = !matches!(old.source, Source::Stdin);
    let (first, second) = if first_is_old { (old, new) } else { (new, old) };
    let seen = |in_first: Option<State>, in_second: Option<State>| {
        let (old_state, new_state) = if first_is_old {
            (in_first, in_second)
        } else {
            (in_second, in_first)
        };
        Seen {
            old: old_state,
            new: new_state,
        }
        .with_gaps(old.has_gaps(), new.has_gaps())
    };
    let mut known = HashMap::<[u8; 16], Known>::new();
    // Of a report that comes through a pipe, which cannot be read again.
    let mut emails = HashMap::<[u8; 16], Box<str>>::new();
    let mut reader = first.source.open()?;
    let can_be_read_again = reader.can_be_read_again();
    each_row(&mut reader, |row| {
        let fresh = Known {
            state: row.state,
            is_seen: false,
        };
        if !can_be_read_again {
            emails.insert(row.id, row.email.as_str().into());
        }
        known.insert(row.id, fresh).is_none()
    })?;
    let mut diff = AuditDiff::default();
    let mut add = |row: &Row, seen: Seen| {
        if seen.differs() {
            diff.add(&row.user_id(), &row.email, seen);
        }
    };
    each_row(&mut second.source.open()?, |row| {
        let now = Known {
            state: row.state,
            is_seen: true,
        };
        let before = known.insert(row.id, now);
        if before.is_some_and(|before| before.is_seen) {
            return false;
        }
        let in_first = before.map(|before| before.state);
        add(&row, seen(in_first, Some(row.state)));
        true
    })?;
    known.retain(|_, known| !known.is_seen);
    if !can_be_read_again {
        for (id, known) in known {
            let email = emails.remove(&id).unwrap_or_default().into();
            let state = known.state;
            add(&Row { id, email, state }, seen(Some(state), None));
        }
    } else if !known.is_empty() {
        each_row(&mut first.source.open()?, |row| {
            if let Some(known) = known.get(&row.id) {
                add(&row, seen(Some(known.state), None));
            }
            true
        })?;
    }
    Ok(diff)
}
