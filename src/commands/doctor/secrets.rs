//! The secrets of logins: the keyring, and each login's own entry or file.

use std::time::Duration;

use time::OffsetDateTime;

use super::failure;
use crate::{
    config::Record,
    context::Context,
    credentials::{Asking, has_secret_variable},
    error::{CliError, IDENTITY_FLAG, Kind, PASSPHRASE_FLAG, Result},
    model::{Finding, ProfileName, SecretName, Slot, StorageKind},
    store::{StoreError, location},
};

/// What was found about the secrets.
pub(super) struct Secrets {
    /// The findings.
    pub(super) findings: Vec<Finding>,
    /// Whether the secret in force can be read without anybody being asked.
    pub(super) is_readable: bool,
}

/// One login's secret.
struct Kept {
    profile: ProfileName,
    name: SecretName,
}

/// Looks at the keyring and at the secret of each login.
pub(super) async fn check(ctx: &Context) -> Secrets {
    look(ctx).await.unwrap_or_else(|err| Secrets {
        findings: vec![failure("logins", &err)],
        is_readable: false,
    })
}

async fn look(ctx: &Context) -> Result<Secrets> {
    let local = ctx.local()?;
    let record = local.record()?;
    let current = &ctx.settings()?.profile;
    let in_keyring = logins(&record, StorageKind::Keyring, current);
    let has_logins = record.logins().next().is_some();
    let mut findings = Vec::new();
    let mut is_readable = true;

    let names: Vec<SecretName> = if in_keyring.is_empty() {
        vec![SecretName::of(current, Slot::First)]
    } else {
        in_keyring.iter().map(|kept| kept.name.clone()).collect()
    };
    let began = OffsetDateTime::now_utc();
    let looked = local
        .with_store(StorageKind::Keyring, None, move |store| {
            let mut outcomes = Vec::new();
            for name in &names {
                let outcome = store.look(name);
                let goes_on = matches!(outcome, Ok(()) | Err(StoreError::NotFound));
                outcomes.push(outcome);
                if !goes_on {
                    break;
                }
            }
            Ok(outcomes)
        })
        .await?;
    let took = (OffsetDateTime::now_utc() - began).unsigned_abs();
    let broken = looked
        .iter()
        .position(|outcome| !matches!(outcome, Ok(()) | Err(StoreError::NotFound)));
    let mut outcomes = looked.into_iter();
    match broken {
        None => {
            findings.push(answered(took));
            for (kept, outcome) in in_keyring.iter().zip(outcomes) {
                if outcome.is_err() {
                    findings.push(missing(&kept.profile, StorageKind::Keyring));
                    is_readable &= kept.profile != *current;
                }
            }
        }
        Some(at) => {
            if let Some(Err(err)) = outcomes.nth(at) {
                findings.push(unusable(&err.into(), !in_keyring.is_empty(), has_logins));
            }
            is_readable = record
                .login(current)
                .is_none_or(|login| login.kept.storage != StorageKind::Keyring);
        }
    }
    for kept in logins(&record, StorageKind::File, current) {
        let name = kept.name.clone();
        let outcome = local
            .with_store(StorageKind::File, None, move |store| store.look(&name))
            .await;
        is_readable &= outcome.is_ok() || kept.profile != *current;
        let data = local.data();
        findings.push(match outcome {
            Ok(()) => in_plain_file(
                &kept.profile,
                &location(StorageKind::File, data, &kept.name),
            ),
            Err(StoreError::NotFound) => missing(&kept.profile, StorageKind::File),
            Err(err) => failure("storage", &err.into()),
        });
    }
    for kept in logins(&record, StorageKind::Encrypted, current) {
        let Some(login) = record.login(&kept.profile) else {
            continue;
        };
        let secret = local
            .secret(&kept.profile, login.kept, Asking::Nobody)
            .await;
        is_readable &= secret.is_ok() || kept.profile != *current;
        findings.push(match secret {
            Ok(_) => opened(&kept.profile),
            // Nothing was given that opens it, and the doctor asks nobody.
            Err(err) if err.kind() == Kind::Usage => not_opened(&kept.profile),
            Err(err) if err.kind() == Kind::NotLoggedIn => {
                missing(&kept.profile, StorageKind::Encrypted)
            }
            Err(err) => failure("storage", &err),
        });
    }
    Ok(Secrets {
        findings,
        is_readable: is_readable || has_secret_variable(),
    })
}

/// The logins with a secret in this kind of place, the one in force first.
fn logins(record: &Record, storage: StorageKind, current: &ProfileName) -> Vec<Kept> {
    let mut found: Vec<Kept> = record
        .logins()
        .filter(|(_, login)| login.kept.storage == storage)
        .map(|(profile, login)| Kept {
            name: login.kept.name(&profile),
            profile,
        })
        .collect();
    found.sort_by_key(|kept| kept.profile != *current);
    found
}

fn answered(took: Duration) -> Finding {
    Finding::ok(
        "keyring",
        format!("it is unlocked and answered in {} ms", took.as_millis()),
    )
}

/// A keyring that cannot be used: a problem for the logins that are in it. A machine that keeps its
/// secrets elsewhere does not need one.
fn unusable(err: &CliError, is_needed: bool, has_logins: bool) -> Finding {
    if is_needed {
        return failure("keyring", err);
    }
    if has_logins {
        return Finding::ok("keyring", format!("no login uses it ({err})"));
    }
    Finding::warning("keyring", err.to_string(), err.hints().join("; "))
}

/// A login whose secret is gone.
fn missing(profile: &ProfileName, storage: StorageKind) -> Finding {
    Finding::problem(
        "login",
        format!(
            "the secret key of profile `{profile}` is missing from the {}",
            storage.place()
        ),
        format!("run `scw login -p {profile}`"),
    )
}

fn opened(profile: &ProfileName) -> Finding {
    Finding::ok(
        "storage",
        format!("the secret key of profile `{profile}` is encrypted, and could be opened"),
    )
}

fn not_opened(profile: &ProfileName) -> Finding {
    Finding::ok(
        "storage",
        format!(
            "the secret key of profile `{profile}` is encrypted; to check it too, use {PASSPHRASE_FLAG}, \
             or {IDENTITY_FLAG}"
        ),
    )
}

fn in_plain_file(profile: &ProfileName, path: &str) -> Finding {
    Finding::warning(
        "storage",
        format!("the secret key of profile `{profile}` is stored unencrypted in {path}"),
        format!(
            "run `scw login -p {profile} --storage keyring` where there is a keyring, \
             else `scw login -p {profile} --storage encrypted`"
        ),
    )
}
