//! `scw 2fa events`: who signed in to the organization, and who tried.

use std::{cmp::Reverse, collections::HashSet};

use serde_json::{Value, json};

use crate::{
    api::{ApiError, SIGN_IN_REGIONS, SignIns},
    cli::EventsArgs,
    commands::{service_now, unprinted},
    context::Context,
    error::{CliError, Result},
    model::{SignInEvent, Since, clean, minute, rfc3339},
    ui::page_width,
};

/// What a failure failed to do.
const DOING: &str = "read the sign-ins";

/// Lists the sign-ins, the newest first.
///
/// # Errors
/// Where no region can be read, the first region's failure; else as for every command that needs a
/// login.
pub(super) async fn run(ctx: &Context, args: EventsArgs) -> Result<()> {
    let authed = ctx.authed().await?;
    let account = authed.account();
    let doing = |err: ApiError| CliError::from(err).doing(DOING);
    let id = authed.user_id().await.map_err(doing)?;
    // Its answer also tells the service's time, by which the sign-ins are recorded.
    let organization_id = account.user(&id).await.map_err(doing)?.organization_id;
    let since = service_now(account) - args.since.0;
    let since = since.replace_nanosecond(0).unwrap_or(since);
    let [first, second] =
        SIGN_IN_REGIONS.map(|region| account.sign_ins(region, &organization_id, since));
    let (first, second) = tokio::join!(first, second);
    let read = merged(ctx, [first, second])?;
    let width = page_width();
    let texts: Vec<String> = read.events.iter().map(|event| text(event, width)).collect();
    let data = json!({
        "organization_id": clean(&organization_id),
        "since": rfc3339(since),
        "events": read.events.iter().map(entry).collect::<Vec<_>>(),
        "unread_regions": read.unread,
        "truncated": read.truncated,
    });
    ctx.ui()
        .result(&texts.join("\n"), &data)
        .map_err(|err| unprinted(&err))?;
    summarize(ctx, args.since, &read);
    Ok(())
}

/// The failure of the list, with the permission that it needs.
fn failed(err: ApiError) -> CliError {
    let is_denied = matches!(err, ApiError::Denied { .. });
    let failure = CliError::from(err).doing(DOING);
    if is_denied {
        failure.hint("its permission set is called `AuditTrailReadOnly`")
    } else {
        failure
    }
}

/// What was read of all regions.
struct Read {
    /// The newest first, each once.
    events: Vec<SignInEvent>,
    /// The regions that could not be read.
    unread: Vec<&'static str>,
    /// Whether there are more than were read.
    truncated: bool,
}

/// Puts the regions together. A warning names one that could not be read: its sign-ins are missing.
fn merged(ctx: &Context, results: [Result<SignIns, ApiError>; 2]) -> Result<Read> {
    let mut read = Read {
        events: Vec::new(),
        unread: Vec::new(),
        truncated: false,
    };
    let mut failures = Vec::new();
    for (region, result) in SIGN_IN_REGIONS.into_iter().zip(results) {
        match result {
            Ok(found) => {
                read.truncated |= !found.complete;
                read.events.extend(found.events);
            }
            Err(err) => {
                read.unread.push(region);
                failures.push(failed(err));
            }
        }
    }
    if failures.len() == SIGN_IN_REGIONS.len() {
        return failures.into_iter().next().map_or(Ok(read), Err);
    }
    for (region, err) in read.unread.iter().zip(failures) {
        ctx.ui().warn(&format!(
            "{err}. The sign-ins that region {region} keeps are missing here"
        ));
    }
    let mut seen = HashSet::new();
    read.events.retain(|event| seen.insert(event.id.clone()));
    read.events.sort_by_key(|event| Reverse(event.recorded_at));
    Ok(read)
}

/// A sign-in in two lines. A failed one has a mark, so that it is found without reading. `width` is
/// that of the window, where there is one: the client's name is cut to it.
fn text(event: &SignInEvent, width: Option<usize>) -> String {
    let mark = if event.failed() { '!' } else { ' ' };
    let at = event
        .recorded_at
        .map_or_else(|| "unknown time".to_owned(), minute);
    let user = event.user.as_deref().or(event.user_id.as_deref());
    let first = format!(
        "{mark} {at:<20}  {:<22}  {}",
        event.outcome(),
        user.unwrap_or("unknown user")
    );
    let client = match event.user_agent.as_str() {
        "" => "unknown client",
        client => client,
    };
    let second = format!("    {}, {}, {client}", event.address(), event.with());
    format!("{}\n{}", first.trim_end(), cut(&second, width))
}

/// A line that fits into a window of this width.
fn cut(line: &str, width: Option<usize>) -> String {
    const DOTS: &str = "...";
    match width {
        Some(width) if line.chars().count() > width => {
            let kept = width.saturating_sub(DOTS.len());
            line.chars().take(kept).chain(DOTS.chars()).collect()
        }
        _ => line.to_owned(),
    }
}

fn entry(event: &SignInEvent) -> Value {
    json!({
        "id": event.id,
        "recorded_at": event.recorded_at.map(rfc3339),
        "region": event.region,
        "user_id": event.user_id,
        "user": event.user,
        "result": event.result,
        "failure_reason": event.failure_reason,
        "method": event.method,
        "mfa_type": event.mfa_type,
        "origin": event.origin,
        "source_ip": event.source_ip,
        "country_code": event.country_code,
        "user_agent": event.user_agent,
    })
}

/// Says how many sign-ins failed, and what a wrong code means.
fn summarize(ctx: &Context, since: Since, read: &Read) {
    let ui = ctx.ui();
    if read.truncated {
        ui.warn("there are more sign-ins than scw reads. The oldest are missing here");
    }
    if read.events.is_empty() {
        ui.status(&format!("No sign-ins in the last {since}"));
        return;
    }
    let count = |is: fn(&SignInEvent) -> bool| read.events.iter().filter(|event| is(event)).count();
    let codes = count(SignInEvent::had_wrong_code);
    let passwords = count(SignInEvent::had_wrong_password);
    for (number, what) in [(codes, "code"), (passwords, "password")] {
        let sign_ins = if number == 1 { "sign-in" } else { "sign-ins" };
        if number > 0 {
            ui.status(&format!(
                "{number} {sign_ins} failed because of a wrong {what}"
            ));
        }
    }
    if codes > 0 {
        // Inferred (protocol.md F): a service asks for the code after the right password.
        ui.hint(
            "whoever entered a wrong code knew the password. If it was not you, change the password",
        );
    }
}
