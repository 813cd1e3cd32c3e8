//! `scw whoami`: who is logged in, where, and where the secret key is.

use serde_json::json;

use super::{on_off, organization_name, unprinted};
use crate::{
    api::ApiError,
    context::Context,
    error::{CliError, Result},
    model::{UserFactors, clean, day, rfc3339},
};

/// Shows the login in force.
///
/// # Errors
/// As for every command that needs a login.
pub(crate) async fn run(ctx: &Context) -> Result<()> {
    let doing = "read the account";
    let authed = ctx.authed().await?;
    let failed = |err: CliError| err.doing(doing);
    let access_key = authed.credential().access_key();
    let key = match authed.account().own_key(access_key).await {
        Ok(key) => Some(key),
        // The record knows the user of a login.
        Err(ApiError::OwnerUnknown) => None,
        Err(err) => return Err(failed(err.into())),
    };
    let user_id = match &key {
        Some(key) => key.user_id.clone(),
        None => authed
            .user_id()
            .await
            .map_err(CliError::from)
            .map_err(failed)?,
    };
    let UserFactors { user, factors } = authed
        .account()
        .user_factors(&user_id)
        .await
        .map_err(CliError::from)
        .map_err(failed)?;
    let settings = ctx.settings()?;
    let expires_at = key.as_ref().and_then(|key| key.expires_at);
    let expires = match (&key, expires_at) {
        (_, Some(at)) => day(at, Context::now()),
        (Some(_), None) => "never".to_owned(),
        (None, None) => "unknown".to_owned(),
    };
    let email = clean(&user.email);
    let organization_id = clean(&user.organization_id);
    let organization_name = organization_name(authed.account(), &user.organization_id).await;
    let organization = match &organization_name {
        Some(name) => format!("{name} ({organization_id})"),
        None => organization_id.clone(),
    };
    let credential = authed.credential();
    let target = credential.target();
    let kept = credential.source().to_string();
    let location = credential.location(settings);
    let access_key = credential.access_key().map(ToString::to_string);
    let text = [
        ("email", email.as_str()),
        ("user", user.id.as_str()),
        ("organization", organization.as_str()),
        ("profile", settings.profile.as_str()),
        ("API", &format!("{} at {}", target.dialect, target.origin)),
        ("access key", access_key.as_deref().unwrap_or("unknown")),
        ("secret key", &format!("{kept}: {location}")),
        ("expires", &expires),
        ("two-factor", on_off(factors.any())),
    ]
    .map(|(name, value)| format!("{name:<13} {value}"))
    .join("\n");
    let data = json!({
        "email": email,
        "user_id": user.id,
        "organization_id": organization_id,
        "organization_name": organization_name,
        "profile": settings.profile.as_str(),
        "api": target.dialect,
        "api_url": target.origin,
        "access_key": access_key,
        "storage": kept,
        "secret_location": location,
        "expires_at": expires_at.map(rfc3339),
        "two_factor": on_off(factors.any()),
    });
    ctx.ui().result(&text, &data).map_err(|err| unprinted(&err))
}
