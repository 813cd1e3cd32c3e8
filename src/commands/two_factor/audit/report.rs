//! The report itself: from the lists to the exit code.

use std::{collections::BTreeSet, io};

use super::{
    evidence::Evidence,
    keys::EndlessKeys,
    list::Reader,
    members::{Asks, Members, Unread},
    pace::Pace,
    rows::Rows,
    verdict,
};
use crate::{
    api::ApiError,
    cli::AuditArgs,
    commands::{organization_name, service_now, unprinted},
    context::Context,
    credentials::{self, Authed},
    error::{CliError, Result},
    model::{FailOn, ReportFormat, ReportHead, clean},
    ui::{Output, Report, Ui},
};

/// What a failure failed to do.
const DOING: &str = "list the members of the organization";

/// Makes the report.
///
/// # Errors
/// [`Kind::WithoutTwoFactor`](crate::error::Kind::WithoutTwoFactor) where a chosen condition holds,
/// [`Kind::Other`](crate::error::Kind::Other) where something that decides is not known; else as for
/// every command that needs a login.
pub(super) async fn run(ctx: &Context, args: AuditArgs) -> Result<()> {
    let ui = ctx.ui();
    if ui.is_json() && args.format != ReportFormat::Table {
        return Err(
            CliError::usage("`-o json` and `--format` are two forms of the report")
                .hint("leave one of them out"),
        );
    }
    let conditions = conditions(&args);
    let asks = Asks {
        factors: args.factors,
        grace: args.grace || conditions.contains(&FailOn::ExpiredGrace),
        grace_of_those_without: args.remind,
    };
    let mut evidence = args
        .evidence
        .as_deref()
        .map(Evidence::reserve)
        .transpose()?;
    let report = on_stdout(ui, &args).map_err(|err| unprinted(&err))?;
    let authed = ctx.authed().await?;
    let account = authed.account();
    account.leave_retries_to_caller();
    let pace = Pace::new(ui.notices());
    let organization_id = organization_id(ctx, &authed, &pace).await?;
    // Its rate counts from here.
    let progress = ui.progress();
    let (mut keys, name, first) = tokio::join!(
        EndlessKeys::read(account, &organization_id, &pace),
        organization_name(account, &organization_id),
        pace.ask(|| account.members(&organization_id, 1)),
    );
    let first = first.map_err(failed)?;
    let unread_keys = keys.failure.take();
    let began_at = service_now(account);
    let head = ReportHead {
        organization_id: clean(&organization_id),
        organization_name: name.unwrap_or_default(),
        began_at,
        with_factors: asks.factors,
        with_grace: asks.grace || asks.grace_of_those_without,
    };
    if let Some(costs) = asks.costs() {
        ui.status(&format!(
            "The organization has {} members. The report takes {costs}",
            first.total
        ));
    }
    let list = Members {
        account,
        pace: &pace,
        organization_id: &organization_id,
        keys: &keys,
        asks,
        unread_factors: Unread::default(),
        unread_grace: Unread::default(),
    };
    let output = begun(report, &head).await?;
    let whole = match evidence.as_mut().and_then(Evidence::report) {
        Some(report) => Some(begun(report, &head).await?),
        None => None,
    };
    // It is not stdout that took no more where the evidence has a failure.
    let blamed = |err| evidence.as_ref().and_then(Evidence::failure).unwrap_or(err);
    let mut rows =
        Rows::new(progress, output, began_at, args.without, asks.factors).with_evidence(whole);
    let read = Reader::new(&list, &pace, &mut rows).read(first).await;
    let reading = read.map_err(blamed)?;
    rows.look_for(account, &pace, &reading).await;
    let ended = rows.end(reading.unread).await;
    let (tally, changes) = ended.map_err(blamed)?;
    for change in &changes {
        ui.note(change);
    }
    let side_columns = [
        ("API keys", unread_keys.map(|err| (None, err))),
        ("passkeys", told(list.unread_factors)),
        ("date by which it is required", told(list.unread_grace)),
    ];
    for (column, unread) in side_columns {
        if let Some((members, why)) = unread {
            let of = members.map_or_else(String::new, |number| format!(" of {number} members"));
            ui.warn(&format!(
                "could not read the {column}{of}: {why}. The report says `unknown` there"
            ));
        }
    }
    if let Some(evidence) = evidence {
        let asked = pace
            .ask(|| account.security_settings(&organization_id))
            .await;
        let ended_at = service_now(account);
        evidence.finish(ui, asked, ended_at, &tally, &changes)?;
    }
    verdict::summarize(ui, &tally);
    verdict::decide(&tally, &conditions, reading.failure.as_ref())
}

/// The report on stdout.
fn on_stdout(ui: &Ui, args: &AuditArgs) -> io::Result<Box<dyn Report>> {
    if args.remind {
        ui.reminders()
    } else {
        ui.report(args.format)
    }
}

/// Starts to write a report.
async fn begun(report: Box<dyn Report>, head: &ReportHead) -> Result<Output> {
    let mut output = Output::start(report);
    let begun = output.begin(head.clone()).await;
    begun.map_err(|err| unprinted(&err))?;
    Ok(output)
}

fn told(unread: Unread) -> Option<(Option<u64>, ApiError)> {
    let (members, why) = unread.told()?;
    Some((Some(members), why))
}

/// The conditions that end the report with exit code 8.
fn conditions(args: &AuditArgs) -> BTreeSet<FailOn> {
    let checked = [FailOn::Without, FailOn::Unknown]
        .into_iter()
        .filter(|_| args.check);
    args.fail_on.iter().copied().chain(checked).collect()
}

/// Which organization it is about: that of the login, else the default one of the settings, else the
/// one of the key.
async fn organization_id(ctx: &Context, authed: &Authed, pace: &Pace) -> Result<String> {
    let credential = authed.credential();
    if let Some(id) = credentials::known_organization(ctx.settings()?, credential)? {
        return Ok(id);
    }
    let account = authed.account();
    let asked = pace
        .ask(|| account.own_organization(credential.access_key()))
        .await;
    asked.map_err(failed)
}

fn failed(err: ApiError) -> CliError {
    let is_denied = matches!(err, ApiError::Denied { .. });
    let failure = CliError::from(err).doing(DOING);
    if is_denied {
        failure.hint("its permission set is called `IAMReadOnly`")
    } else {
        failure
    }
}
