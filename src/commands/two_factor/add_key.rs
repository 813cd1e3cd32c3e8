//! `scw 2fa keys add`: a security key that is plugged into this machine becomes a passkey.

#[cfg(test)]
mod tests;

use std::{pin::pin, time::Duration};

use secrecy::SecretString;
use serde_json::json;

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
    security_key::{
        KeyError, NewCredential, Proof, SecurityKey, Wait, client_data, pin_fault, plugged_in,
    },
};

/// The most characters of a name (chosen here: no source tells the service's own limit).
const LONGEST_NAME: usize = 100;
/// How long a registration stays open where the service does not tell (WebAuthn Level 3 §15.1
/// recommends five minutes at most).
const USUAL_TIMEOUT: Duration = Duration::from_secs(60);
const LONGEST_TIMEOUT: Duration = Duration::from_secs(300);
/// How long a key may take for what needs no touch.
const AT_ONCE: Duration = Duration::from_secs(10);
/// How long a key has to take a request back when the program ends.
const LET_GO: Duration = Duration::from_secs(2);
/// From how many tries on a person is told of them before the PIN is asked.
const FEW_TRIES: u64 = 3;

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
    add(ctx, authed.account(), &id, Wanted { pin, ..wanted }, key).await
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

async fn add(
    ctx: &Context,
    account: &dyn Account,
    id: &UserId,
    wanted: Wanted,
    key: SecurityKey,
) -> Result<()> {
    let before = account.user_factors(id).await?;
    let name = name_for(ctx, wanted.name, &key, &before.factors);
    ctx.ui()
        .status(&format!("Found the security key `{}`", key.name()));
    let rp_id = wanted.origin.rp_id().to_owned();
    let (key, proof) = prove(ctx, key, wanted.pin, &rp_id).await?;
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
        say_what_it_does(ctx, &before, now, &passkey.id);
    }
    let data = json!({ "changed": true, "user_id": id, "passkey": entry(&passkey) });
    ctx.ui().result("", &data).map_err(|err| unprinted(&err))
}

/// The name that was given, else what the key calls itself, with a number where a passkey of the
/// account is called so already.
fn name_for(ctx: &Context, given: Option<String>, key: &SecurityKey, factors: &Factors) -> String {
    let taken = |name: &str| {
        let mut others = factors.known_passkeys().iter();
        others.any(|other| other.name == name || clean(&other.name) == name)
    };
    match given {
        Some(name) => {
            if taken(&name) {
                ctx.ui()
                    .warn("another passkey already has this name. Use the ids to tell them apart");
            }
            name
        }
        None => {
            let own: String = key.name().chars().take(LONGEST_NAME - 4).collect();
            let numbered = (2..1000).map(|number| format!("{own} {number}"));
            std::iter::once(own.clone())
                .chain(numbered)
                .find(|name| !taken(name))
                .unwrap_or(own)
        }
    }
}

/// Lets a person prove to the key that it is theirs, where the key can tell.
async fn prove(
    ctx: &Context,
    mut key: SecurityKey,
    pin: Option<SecretString>,
    rp_id: &str,
) -> Result<(SecurityKey, Proof)> {
    if key.knows_finger() && pin.is_none() {
        ctx.ui().instruct("Touch the sensor of the security key");
        let site = rp_id.to_owned();
        let (back, proof) = with_key(ctx, key, USUAL_TIMEOUT, move |key, wait| {
            key.prove_by_finger(&site, wait)
        })
        .await?;
        key = back;
        match proof {
            Err(KeyError::WrongFinger) if key.has_pin() => {
                ctx.ui()
                    .status("The security key did not recognize the fingerprint");
            }
            proof => return Ok((key, proof?)),
        }
    }
    if !key.has_pin() {
        return Ok((key, Proof::Touch));
    }
    let (mut key, tries) = with_key(ctx, key, AT_ONCE, |key, _| key.pin_tries()).await?;
    match tries? {
        0 => return Err(KeyError::PinLocked.into()),
        left if left <= FEW_TRIES => {
            ctx.ui().warn(&format!(
                "the security key locks after {left} more wrong PINs"
            ));
        }
        _ => {}
    }
    let asks = pin.is_none();
    let mut given = pin;
    loop {
        let pin = match given.take() {
            Some(pin) => pin,
            None => {
                ctx.require_prompt("a PIN is", "`--pin-file`")?;
                ctx.unless_interrupted(ask_secret(ctx, Secret::Pin, "`--pin-file`"))
                    .await??
            }
        };
        if let Some(fault) = pin_fault(&pin) {
            if !asks {
                return Err(CliError::usage(fault).hint("check the file that `--pin-file` names"));
            }
            ctx.ui().ask_again(&fault);
            continue;
        }
        let site = rp_id.to_owned();
        let (back, proof) = with_key(ctx, key, AT_ONCE, move |key, _| {
            key.prove_by_pin(&pin, &site)
        })
        .await?;
        key = back;
        match proof {
            Err(err @ KeyError::WrongPin { .. }) if asks => ctx.ui().ask_again(&err),
            proof => return Ok((key, proof?)),
        }
    }
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
    ctx.ui().instruct("Touch the security key when it blinks");
    let (_, answer) = with_key(ctx, key, time, move |key, wait| {
        key.register(&new, &proof, wait)
    })
    .await?;
    Ok(answer?)
}

/// Lets a key work on a thread of its own. Where the end of the program is asked for, the key is told
/// to stop, so that it does not blink on for a program that is gone.
async fn with_key<T: Send + 'static>(
    ctx: &Context,
    mut key: SecurityKey,
    time: Duration,
    work: impl FnOnce(&mut SecurityKey, &Wait) -> Result<T, KeyError> + Send + 'static,
) -> Result<(SecurityKey, Result<T, KeyError>)> {
    let wait = Wait::for_at_most(time);
    let theirs = wait.clone();
    let _until_it_stopped = ctx.interrupt().protect("");
    let mut done = pin!(on_thread(move || {
        let done = work(&mut key, &theirs);
        (key, done)
    }));
    tokio::select! {
        biased;
        () = ctx.interrupt().requested() => {
            wait.stop();
            // A key that does not answer is left alone.
            let _ = tokio::time::timeout(LET_GO, done).await;
            Err(CliError::interrupted().and("scw added no passkey"))
        }
        done = &mut done => done.ok_or_else(|| KeyError::Silent.into()),
    }
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

/// Says what the account is with the new passkey.
fn say_what_it_does(ctx: &Context, before: &UserFactors, now: &UserFactors, added: &PasskeyId) {
    let ui = ctx.ui();
    if !before.factors.none() {
        let others = now.factors.clone().without_passkey(added);
        let passkeys_stay = others.passkeys == before.factors.passkeys;
        let app_stays = before.factors.app == now.factors.app
            // With the first passkey the API stops telling.
            || (before.app_is_on() && now.factors.app == AppState::Unknown);
        if passkeys_stay && app_stays {
            ui.status("The other second factors and the backup codes did not change");
        }
        return;
    }
    // `mfa` was off. Whether a passkey alone turns it on is not on record (protocol.md E).
    ui.status(if now.app_is_off() {
        "The API does not count a passkey alone: it says that two-factor authentication is off"
    } else {
        "Two-factor authentication is on"
    });
    ui.status("This is the only second factor, and the account has no backup codes");
    ui.hint(&ctx.aimed("run `scw 2fa on` to add an authenticator app and get backup codes"));
}
