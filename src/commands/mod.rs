//! One file a command: `run(&Context, Args) -> Result<()>`.

mod codes_key;
pub(crate) mod completion;
pub(crate) mod doctor;
mod ending;
pub(crate) mod environment;
mod every;
pub(crate) mod exec;
pub(crate) mod help;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod man;
mod new_key;
pub(crate) mod profile;
mod saved_codes;
mod secret_input;
mod side_by_side;
mod sign_in;
pub(crate) mod token;
pub(crate) mod two_factor;
pub(crate) mod whoami;

use time::{Duration, OffsetDateTime};

use crate::{
    api::Account,
    context::Context,
    error::{CliError, Kind},
    model::{OrganizationDetails, ProfileName, clean},
};

/// The failure of stdout, which a command reports like any other.
fn unprinted(err: &std::io::Error) -> CliError {
    CliError::new(
        Kind::Other,
        format!("could not write the result to stdout: {err}"),
    )
    .hint("check where stdout goes")
}

/// The name of an organization, cleaned; nothing where the service does not tell it. A name is a
/// nicety: its absence stops no command.
async fn organization_name(account: &dyn Account, id: &str) -> Option<String> {
    name_of(account.organization(id).await.ok().as_ref())
}

/// The name of an organization that was read, cleaned; nothing where there is none.
fn name_of(organization: Option<&OrganizationDetails>) -> Option<String> {
    organization
        .map(|found| clean(&found.name))
        .filter(|name| !name.is_empty())
}

/// An account as questions and results name it: its email, organization and profile.
fn whom(email: &str, organization: &str, profile: &ProfileName) -> String {
    format!(
        "{} (organization {}, profile `{profile}`)",
        clean(email),
        clean(organization)
    )
}

/// The time by the service's clock, as far as an answer of it told that.
fn service_now(account: &dyn Account) -> OffsetDateTime {
    Context::now() + Duration::seconds(account.clock_ahead_s().unwrap_or(0))
}

/// The word for a switch in `-o json`.
fn on_off(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}
