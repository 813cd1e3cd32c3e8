//! The credentials in the environment of another program: `scw exec`, and the official client.

use crate::{
    config::{OfficialProfile, Settings},
    credentials::Credential,
    env,
    error::{CliError, Result},
    model::Dialect,
    process::Variables,
};

/// Whether commands are handed over at all.
///
/// # Errors
/// `Usage` where `SCW_HANDOVER` says neither yes nor no.
pub(crate) fn hands_over() -> Result<bool> {
    match env::text(env::HANDOVER)?.as_deref() {
        None | Some("on") => Ok(true),
        Some("off") => Ok(false),
        Some(_) => {
            Err(CliError::usage("`SCW_HANDOVER` must be `on` or `off`").hint("fix or unset it"))
        }
    }
}

/// What the user asks for beside the credentials.
#[derive(Debug, Default)]
pub(crate) struct Wanted<'a> {
    /// The default project, instead of the key's own.
    pub project: Option<&'a str>,
    /// The default region.
    pub region: Option<&'a str>,
    /// The default zone.
    pub zone: Option<&'a str>,
    /// Whether tools for S3 get the key too.
    pub s3: bool,
}

/// The variables that make the official client, its SDKs and Terraform use a credential (protocol.md
/// D). The address of the service goes with the secret, so that it is sent nowhere else.
///
/// A default that the user set in the environment stays, since the environment comes before a login.
#[must_use]
pub(crate) fn with_credential(credential: &Credential, wanted: &Wanted<'_>) -> Variables {
    let mut variables = Variables::default();
    let secret = credential.secret().expose();
    variables.set(env::SECRET_KEY, secret);
    // The access key of another login must not stand beside this secret.
    match credential.access_key() {
        Some(key) => variables.set(env::ACCESS_KEY, key.as_str()),
        None => variables.remove(env::ACCESS_KEY),
    }
    let target = credential.target();
    if target.dialect == Dialect::Iam {
        variables.set(env::API_URL, &target.origin.to_string());
    }
    let login = credential.login();
    let defaults = [
        (
            env::DEFAULT_ORGANIZATION_ID,
            None,
            login.map(|login| login.organization_id.as_str()),
        ),
        (
            env::DEFAULT_PROJECT_ID,
            wanted.project,
            login.and_then(|login| login.project_id.as_deref()),
        ),
        (env::DEFAULT_REGION, wanted.region, None),
        (env::DEFAULT_ZONE, wanted.zone, None),
    ];
    for (name, asked, known) in defaults {
        match (asked, known) {
            (Some(asked), _) => variables.set(name, asked),
            (None, Some(known)) if !env::is_set(name) => variables.set(name, known),
            (None, _) => {}
        }
    }
    if wanted.s3 {
        if let Some(key) = credential.access_key() {
            variables.set(env::AWS_ACCESS_KEY_ID, key.as_str());
        }
        variables.set(env::AWS_SECRET_ACCESS_KEY, secret);
        // A token of another session would make the key invalid.
        variables.remove(env::AWS_SESSION_TOKEN);
    }
    variables
}

/// Makes a program read the profile of the official `config.yaml` that this run uses, and none where
/// that file lacks it: the official client and its SDKs fail on a profile that they do not find, and
/// a login of this program may have any name.
///
/// A file that cannot be read is left to the program, which says what is wrong with it.
pub(crate) fn follow_profile(variables: &mut Variables, settings: &Settings) {
    let Some(name) = &settings.named_profile else {
        return;
    };
    // The file that the program will read, which `--config` does not tell it.
    if OfficialProfile::is_missing(OfficialProfile::path(None).as_deref(), name) {
        variables.remove(env::PROFILE);
    } else {
        variables.set(env::PROFILE, name.as_str());
    }
}
