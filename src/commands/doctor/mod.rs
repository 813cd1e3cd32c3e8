//! `scw doctor`: what is right and wrong on this machine and with the account.
//!
//! One file a family of checks. Each reads what it needs and judges it apart from that. Nothing
//! here prompts or changes anything, and every wait has a limit.

mod account;
mod codes;
mod files;
mod left_over;
mod plain_text;
mod programs;
mod secrets;
mod service;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::json;

use super::unprinted;
use crate::{
    context::Context,
    credentials::has_secret_variable,
    env,
    error::{CliError, Kind, Result},
    model::{Finding, Health, clean},
    process::on_thread,
};

/// How long the whole run may take, as every command (issue 10, "Done when" 5).
const LIMIT: Duration = Duration::from_millis(6500);

/// How long the disk may take. A network file system may not answer.
const DISK_LIMIT: Duration = Duration::from_secs(5);

/// Checks this machine and the account.
///
/// # Errors
/// [`Kind::Other`] where there is a problem.
pub(crate) async fn run(ctx: &Context) -> Result<()> {
    let mut findings = findings(ctx).await;
    for hint in findings.iter_mut().filter_map(|found| found.hint.as_mut()) {
        *hint = ctx.aimed(hint);
    }
    let count = |state| findings.iter().filter(|found| found.state == state).count();
    let (problems, warnings) = (count(Health::Problem), count(Health::Warning));
    let text: Vec<String> = findings.iter().map(line).collect();
    let data = json!({ "checks": findings, "problems": problems, "warnings": warnings });
    ctx.ui()
        .result(&text.join("\n"), &data)
        .map_err(|err| unprinted(&err))?;
    match problems {
        0 => Ok(()),
        1 => Err(problems_found("a problem")),
        more => Err(problems_found(&format!("{more} problems"))),
    }
}

fn problems_found(many: &str) -> CliError {
    CliError::new(Kind::Other, format!("`scw doctor` found {many}"))
        .hint("do what stands below each problem, then run `scw doctor` again")
}

async fn findings(ctx: &Context) -> Vec<Finding> {
    let began = Instant::now();
    let mut found = environment();
    let disk = disk(ctx);
    if let Err(err) = ctx.settings() {
        found.push(failure("settings", &err));
        found.extend(disk.await);
        return found;
    }
    let (secrets, service, disk) = tokio::join!(secrets::check(ctx), service::check(ctx), disk);
    found.extend(secrets.findings);
    found.extend(service.findings);
    if service.is_reached && secrets.is_readable {
        let left = LIMIT.saturating_sub(began.elapsed());
        found.extend(account::check(ctx, left).await);
    }
    found.extend(account::on_record(ctx, &found));
    found.extend(disk);
    found
}

/// Variables that come before a login.
fn environment() -> Vec<Finding> {
    if !has_secret_variable() {
        return Vec::new();
    }
    let name = env::SECRET_KEY;
    vec![Finding::warning(
        "environment",
        format!("`{name}` is set: it comes before every login, and programs can read it"),
        format!("run `unset {name}`"),
    )]
}

/// What needs the disk alone. A family that takes too long hides no other one.
async fn disk(ctx: &Context) -> Vec<Finding> {
    let places = Arc::new(files::Places::of(ctx));
    let (files, left_over, plain_text, programs) = tokio::join!(
        within(files::NAME, &places, files::check),
        within(left_over::NAME, &places, left_over::check),
        within(plain_text::NAME, &places, plain_text::check),
        within(programs::NAME, &places, |_| programs::check()),
    );
    [files, left_over, plain_text, programs].concat()
}

async fn within(
    name: &'static str,
    places: &Arc<files::Places>,
    check: impl FnOnce(&files::Places) -> Vec<Finding> + Send + 'static,
) -> Vec<Finding> {
    let places = Arc::clone(places);
    let work = on_thread(move || check(&places));
    match tokio::time::timeout(DISK_LIMIT, work).await {
        Ok(found) => found.unwrap_or_default(),
        Err(_) => vec![Finding::problem(
            name,
            format!(
                "reading the files took longer than {} s",
                DISK_LIMIT.as_secs()
            ),
            "check the file systems that hold your home folder: `df ~`",
        )],
    }
}

/// A failure as a finding.
fn failure(name: &'static str, err: &CliError) -> Finding {
    Finding::problem(name, err.to_string(), err.hints().join("; "))
}

/// A finding as people read it.
fn line(finding: &Finding) -> String {
    let state = match finding.state {
        Health::Ok => "ok",
        Health::Warning => "warning",
        Health::Problem => "problem",
    };
    let message = clean(&finding.message);
    let line = format!("{state:<9}{:<13}{message}", finding.name);
    match &finding.hint {
        None => line,
        Some(hint) => format!("{line}\n{:9}hint: {}", "", clean(hint)),
    }
}
