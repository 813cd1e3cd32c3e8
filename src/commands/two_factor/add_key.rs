//! `scw 2fa keys add`: a security key that is plugged into this machine becomes a passkey.

mod prove;
#[cfg(test)]
mod tests;

use std::time::Duration;

use secrecy::SecretString;
use serde_json::{Value, json};

use super::{factors::named, keys::entry};
use crate::{
    api::{Account, NewPasskey},
    cli::KeysAddArgs,
    commands::{
        secret_input::{Secret, ask_secret, read_secret},
        unprinted,
    },
    config::webauthn_origin,
    context::Context,
    error::{CliError, Result},
    model::{
        AppState, Factors, Passkey, PasskeyAnswer, PasskeyCeremony, PasskeyId, User, UserFactors,
        UserId, WebOrigin, clean,
    },
    process::on_thread,
    security_key::{KeyError, NewCredential, Proof, SecurityKey, client_data, plugged_in},
};

use prove::{prove, with_key};

/// The most characters of a name (chosen here: no source tells the service's own limit).
const LONGEST_NAME: usize = 100;
/// How long a registration stays open where the service does not tell (WebAuthn Level 3 §15.1
/// recommends five minutes at most).
const USUAL_TIMEOUT: Duration = Duration::from_secs(60);
const LONGEST_TIMEOUT: Duration = Duration::from_secs(300);

/// Adds the security key that is plugged in.
///
/// # Errors
/// [`Kind::Usage`](crate::error::Kind::Usage) for a name or an origin of a wrong form, and where a
/// PIN is needed and nobody can be asked; what the key and the API fail with.
pub(super) async fn run(ctx: &Context, args: &KeysAddArgs) -> Result<()> {
    let wanted = Wanted {
        name: args.name.as_deref().map(checked).transpose()?,
        pin: None,
        origin: webauthn_origin()?,
    };
    let authed = ctx.authed().await?;
    let id = authed.user_id().await?;
    let key = on_thread(plugged_in)
        .await
        .unwrap_or(Err(KeyError::Silent))?;
    let pin = match &args.pin_file {
        Some(path) if key.has_pin() => Some(read_secret(ctx, path, Secret::Pin).await?),
        _ => None,
    };
    let wanted = Wanted { pin, ..wanted };
    let ask = async || {
        ctx.require_prompt("a PIN is", "`--pin-file`")?;
        ask_secret(ctx, Secret::Pin, "`--pin-file`").await
    };
    add(ctx, authed.account(), &id, wanted, key, ask).await
}

/// What the person wants.
struct Wanted {
    name: Option<String>,
    pin: Option<SecretString>,
    origin: WebOrigin,
}

/// A name for a passkey.
fn checked(name: &str) -> Result<String> {
    let name = name.trim();
    let problem = if name.is_empty() {
        "the name is empty".to_owned()
    } else if name.chars().count() > LONGEST_NAME {
        format!("the name is longer than {LONGEST_NAME} characters")
    } else {
        return Ok(name.to_owned());
    };
    Err(CliError::usage(problem).hint("give the passkey a short name, such as `spare key`"))
}

/// Adds a key; `ask` asks a person for its PIN.
async fn add(
    ctx: &Context,
    account: &dyn Account,
    id: &UserId,
    wanted: Wanted,
    key: SecurityKey,
    ask: impl AsyncFnMut() -> Result<SecretString>,
) -> Result<()> {
    let before = account.user_factors(id).await?;
    let name = name_for(ctx, wanted.name, &key, &before.factors);
    ctx.ui()
        .status(&format!("Found the security key `{}`", key.name()));
    let rp_id = wanted.origin.rp_id().to_owned();
    let (key, proof) = prove(ctx, key, wanted.pin, ask, &rp_id).await?;
    let ceremony = account.start_passkey(id, &wanted.origin).await?;
    let new = new_credential(&ceremony, &wanted.origin, &before.user);
    let answer = touch(ctx, key, new, proof, ceremony.timeout).await?;
    let passkey = NewPasskey {
        ceremony: &ceremony.id,
        origin: &wanted.origin,
        name: &name,
        answer: &answer,
    };
    let added = finish(ctx, account, &before, &passkey).await?;
    // The account has changed: a failure below must not hide that.
    let now = account.user_factors(id).await.ok();
    let listed = now.as_ref().and_then(|now| {
        now.factors
            .known_passkeys()
            .iter()
            .find(|other| other.id == added)
    });
    let passkey = listed.cloned().unwrap_or(Passkey {
        id: added,
        name,
        created_at: None,
        last_used_at: None,
    });
    ctx.ui().status(&format!("Added {}", named(&passkey)));
    if let Some(now) = &now {
        for line in what_it_does(&before, now, &passkey.id) {
            ctx.ui().status(line);
        }
    }
    if before.factors.none() {
        let hint = "run `scw 2fa on` to add an authenticator app and get backup codes";
        ctx.ui().hint(&ctx.aimed(hint));
    }
    ctx.ui()
        .result("", &document(id, &passkey))
        .map_err(|err| unprinted(&err))
}

/// What is printed with `-o json`.
fn document(user: &UserId, passkey: &Passkey) -> Value {
    json!({ "changed": true, "user_id": user, "passkey": entry(passkey) })
}

/// The name that was given, else what the key calls itself, with a number where a passkey of the
/// account is called so already.
fn name_for(ctx: &Context, given: Option<String>, key: &SecurityKey, factors: &Factors) -> String {
    let taken = |name: &str| {
        let mut others = factors.known_passkeys().iter();
        others.any(|other| other.name == name || clean(&other.name) == name)
    };
    if let Some(name) = given {
        if taken(&name) {
            ctx.ui()
                .warn("another passkey already has this name. Use the ids to tell them apart");
        }
        return name;
    }
    let own: String = key.name().chars().take(LONGEST_NAME - 4).collect();
    let numbered = (2..1000).map(|number| format!("{own} {number}"));
    std::iter::once(own.clone())
        .chain(numbered)
        .find(|name| !taken(name))
        .unwrap_or(own)
}

fn new_credential(ceremony: &PasskeyCeremony, origin: &WebOrigin, user: &User) -> NewCredential {
    NewCredential {
        rp_id: origin.rp_id().to_owned(),
        user_id: user.id.as_bytes().to_vec(),
        user_name: user.email.clone(),
        exclude: ceremony.exclude.clone(),
        algorithms: ceremony.algorithms.clone(),
        client_data: client_data(&ceremony.challenge, origin),
    }
}

/// Waits for the touch, as long as the registration stays open.
async fn touch(
    ctx: &Context,
    key: SecurityKey,
    new: NewCredential,
    proof: Proof,
    timeout: Option<Duration>,
) -> Result<PasskeyAnswer> {
    let time = timeout.unwrap_or(USUAL_TIMEOUT).min(LONGEST_TIMEOUT);
    ctx.ui().call_for("Touch the security key when it blinks");
    let (_, answer) = with_key(ctx, key, time, move |key, wait| {
        key.register(&new, &proof, wait)
    })
    .await?;
    Ok(answer?)
}

/// Puts the passkey on the account; where the answer is lost, the list tells what came of it.
async fn finish(
    ctx: &Context,
    account: &dyn Account,
    before: &UserFactors,
    passkey: &NewPasskey<'_>,
) -> Result<PasskeyId> {
    let _uninterruptible = ctx.interrupt().protect("adding the passkey");
    if ctx.interrupt().is_requested() {
        return Err(CliError::interrupted().and("scw added no passkey"));
    }
    let id = &before.user.id;
    let err = match account.finish_passkey(id, passkey).await {
        Ok(added) => return Ok(added),
        Err(err) => err,
    };
    if !err.outcome_unknown() {
        return Err(CliError::from(err).and("scw added no passkey"));
    }
    let unknown = |err| {
        CliError::from(err)
            .and("scw does not know whether the passkey was added")
            .hint("run `scw 2fa keys list` when the API answers again")
    };
    let (Ok(now), Some(earlier)) = (account.passkeys(id).await, &before.factors.passkeys) else {
        return Err(unknown(err));
    };
    let new: Vec<Passkey> = now
        .into_iter()
        .filter(|other| earlier.iter().all(|known| known.id != other.id))
        .collect();
    match &new[..] {
        [] => Err(CliError::from(err).and("The passkey is not on the account")),
        [added] if added.name == passkey.name => Ok(added.id.clone()),
        [..] => Err(unknown(err)),
    }
}

/// What the account is with the new passkey, in sentences.
fn what_it_does(before: &UserFactors, now: &UserFactors, added: &PasskeyId) -> Vec<&'static str> {
    if before.factors.none() {
        // `mfa` was off. Whether a passkey alone turns it on is not on record (protocol.md E).
        let state = if now.app_is_off() {
            "The API does not count a passkey alone: it says that two-factor authentication is off"
        } else {
            "Two-factor authentication is on"
        };
        return vec![
            state,
            "This passkey is the only second factor, and the account has no backup codes",
        ];
    }
    let others = now.factors.clone().without_passkey(added);
    let app_stays = before.factors.app == others.app
        // With the first passkey the API stops telling.
        || (before.app_is_on() && others.app == AppState::Unknown);
    if app_stays && others.passkeys == before.factors.passkeys {
        vec!["The other second factors and the backup codes did not change"]
    } else {
        Vec::new()
    }
}
