//! How a person shows a security key that it is theirs, and how a key is waited for.

use std::{pin::pin, time::Duration};

use secrecy::SecretString;

use crate::{
    context::Context,
    error::{CliError, Result},
    process::on_thread,
    security_key::{KeyError, Proof, SecurityKey, Wait, pin_fault},
};

/// How long a key may take for what needs no touch.
const AT_ONCE: Duration = Duration::from_secs(10);
/// How long a finger is waited for.
const FINGER: Duration = Duration::from_secs(60);
/// How long a key has to take a request back when the program ends.
const LET_GO: Duration = Duration::from_secs(2);
/// From how many tries on a person is told of them before the PIN is asked.
const FEW_TRIES: u64 = 3;

/// Lets a person prove to the key that it is theirs, where the key can tell. `pin` is tried once;
/// else `ask` asks for it until it is right or the key has enough.
///
/// # Errors
/// What the key and `ask` fail with.
pub(super) async fn prove(
    ctx: &Context,
    mut key: SecurityKey,
    pin: Option<SecretString>,
    ask: impl AsyncFnMut() -> Result<SecretString>,
    rp_id: &str,
) -> Result<(SecurityKey, Proof)> {
    if key.knows_finger() && pin.is_none() {
        ctx.ui().call_for("Touch the sensor of the security key");
        let site = rp_id.to_owned();
        let (back, proof) = with_key(ctx, key, FINGER, move |key, wait| {
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
    let (key, tries) = with_key(ctx, key, AT_ONCE, |key, _| key.pin_tries()).await?;
    match tries? {
        0 => return Err(KeyError::PinLocked.into()),
        left if left <= FEW_TRIES => ctx
            .ui()
            .warn(&format!("wrong PINs until the security key locks: {left}")),
        _ => {}
    }
    match pin {
        Some(pin) => {
            if let Some(fault) = pin_fault(&pin) {
                return Err(CliError::usage(fault).hint("check the file that `--pin-file` names"));
            }
            let (key, proof) = by_pin(ctx, key, pin, rp_id).await?;
            Ok((key, proof?))
        }
        None => ask_until_right(ctx, key, ask, rp_id).await,
    }
}

async fn ask_until_right(
    ctx: &Context,
    mut key: SecurityKey,
    mut ask: impl AsyncFnMut() -> Result<SecretString>,
    rp_id: &str,
) -> Result<(SecurityKey, Proof)> {
    loop {
        let pin = ctx.unless_interrupted(ask()).await??;
        if let Some(fault) = pin_fault(&pin) {
            ctx.ui().ask_again(&fault);
            continue;
        }
        let (back, proof) = by_pin(ctx, key, pin, rp_id).await?;
        key = back;
        match proof {
            Err(err @ KeyError::WrongPin { .. }) => ctx.ui().ask_again(&err),
            proof => return Ok((key, proof?)),
        }
    }
}

async fn by_pin(
    ctx: &Context,
    key: SecurityKey,
    pin: SecretString,
    rp_id: &str,
) -> Result<(SecurityKey, std::result::Result<Proof, KeyError>)> {
    let site = rp_id.to_owned();
    with_key(ctx, key, AT_ONCE, move |key, _| {
        key.prove_by_pin(&pin, &site)
    })
    .await
}

/// Lets a key work on a thread of its own. Where the end of the program is asked for, the key is told
/// to stop, so that it does not blink on for a program that is gone.
pub(super) async fn with_key<T: Send + 'static>(
    ctx: &Context,
    mut key: SecurityKey,
    time: Duration,
    work: impl FnOnce(&mut SecurityKey, &Wait) -> std::result::Result<T, KeyError> + Send + 'static,
) -> Result<(SecurityKey, std::result::Result<T, KeyError>)> {
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
