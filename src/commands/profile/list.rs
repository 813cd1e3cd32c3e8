//! `scw profile list`.

use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::{
    commands::{every::warn_of_variable, unprinted},
    config::Login,
    context::Context,
    error::Result,
    model::{ProfileName, clean, day, rfc3339},
};

/// Lists the logins by name. Neither the API nor the keyring is asked.
///
/// # Errors
/// When the record cannot be read.
pub(super) fn run(ctx: &Context) -> Result<()> {
    let record = ctx.local()?.record()?;
    let current = &ctx.settings()?.profile;
    let now = Context::now();
    let (mut texts, mut data) = (Vec::new(), Vec::new());
    for (profile, login) in record.logins() {
        let marked = profile == *current;
        texts.push(text(&profile, login, marked, now));
        data.push(entry(&profile, login, marked, now));
    }
    warn_of_variable(ctx);
    if texts.is_empty() {
        ctx.ui().status("No profile has a login");
    } else if record.login(current).is_none() {
        ctx.ui()
            .status(&format!("The profile in use, `{current}`, has no login"));
    }
    if record.login(current).is_none() {
        let command = ctx.command_for("scw login", current)?;
        ctx.ui().hint(&format!("log in with `{command}`"));
    }
    ctx.ui()
        .result(&texts.join("\n"), &json!({ "profiles": data }))
        .map_err(|err| unprinted(&err))
}

fn text(profile: &ProfileName, login: &Login, marked: bool, now: OffsetDateTime) -> String {
    let mark = if marked { '*' } else { ' ' };
    let organization = clean(login.organization());
    let ends = match login.expires_at {
        Some(at) if at <= now => format!("expired on {}", day(at, now)),
        Some(at) => format!("expires on {}", day(at, now)),
        None => "no known end".to_owned(),
    };
    format!(
        "{mark} {profile}\n    {}, organization {organization}\n    {} at {}\n    key in the {}, {ends}",
        clean(&login.email),
        login.api,
        login.api_url,
        login.kept.storage.place(),
    )
}

fn entry(profile: &ProfileName, login: &Login, marked: bool, now: OffsetDateTime) -> Value {
    json!({
        "profile": profile.as_str(),
        "in_use": marked,
        "email": clean(&login.email),
        "user_id": login.user_id,
        "organization_id": clean(&login.organization_id),
        "organization_name": login.organization_name,
        "api": login.api,
        "api_url": login.api_url,
        "access_key": login.access_key,
        "storage": login.kept.storage,
        "expires_at": login.expires_at.map(rfc3339),
        "expired": login.expires_at.is_some_and(|at| at <= now),
    })
}
