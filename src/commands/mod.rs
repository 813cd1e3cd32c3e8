//! One file a command: `run(&Context, Args) -> Result<()>`.

mod codes_key;
pub(crate) mod completion;
pub(crate) mod doctor;
mod environment;
pub(crate) mod exec;
pub(crate) mod help;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod man;
mod new_key;
mod saved_codes;
mod secret_input;
mod sign_in;
pub(crate) mod token;
pub(crate) mod two_factor;
pub(crate) mod whoami;

use crate::{
    api::Account,
    error::{CliError, Kind},
    model::{ProfileName, clean},
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
    let found = account.organization(id).await.ok()?;
    Some(clean(&found.name)).filter(|name| !name.is_empty())
}

/// An account as questions and results name it: its email, organization and profile.
fn whom(email: &str, organization: &str, profile: &ProfileName) -> String {
    format!(
        "{} (organization {}, profile `{profile}`)",
        clean(email),
        clean(organization)
    )
}

/// The word for a switch in `-o json`.
fn on_off(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}
