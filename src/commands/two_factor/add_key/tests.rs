//! The command with a security key in software (`passkey-authenticator`) and the sandbox as the
//! service, which verifies each passkey for real.

mod told;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use scw_sandbox::{Fault, Options, Sandbox};

use super::*;
use crate::{
    cli::GlobalArgs,
    config::Target,
    credentials::{Clients, Credential},
    error::Kind,
    model::{AccessKey, ColorWhen, Dialect, Format, SecretKey},
    security_key::{
        Device, Wait,
        virtual_key::{Pin, VirtualKey},
    },
    ui::Ui,
};

/// A person at a machine, and the service.
struct World {
    sandbox: Arc<Sandbox>,
    account: Box<dyn Account>,
    ctx: Context,
    id: UserId,
}

impl World {
    fn new() -> Self {
        let sandbox = Arc::new(Sandbox::start(Options::default()).unwrap());
        let info = sandbox.info();
        let ui = Ui::new(Format::Human, false, ColorWhen::Never);
        let secret = SecretKey::parse(&info.secret_key.clone().into()).unwrap();
        let target = Target {
            dialect: Dialect::Iam,
            origin: info.api_url.parse().unwrap(),
        };
        let access_key = AccessKey::parse(&info.access_key).unwrap();
        let credential = Credential::offered(secret, Some(access_key), target);
        let account = Clients::new(None, ui.notices())
            .account(&credential)
            .unwrap();
        let id = UserId::parse(&info.user_id).unwrap();
        Self {
            account,
            id,
            ctx: Context::new(ui, global()),
            sandbox,
        }
    }

    fn origin(&self) -> WebOrigin {
        let panel = url::Url::parse(&self.sandbox.info().panel_url).unwrap();
        panel.origin().ascii_serialization().parse().unwrap()
    }

    /// Adds a key; the person types these PINs, one after the other.
    async fn add(
        &self,
        device: impl Device + 'static,
        name: Option<&str>,
        pins: &[&str],
    ) -> Result<()> {
        let mut pins = pins.iter();
        let ask = async || {
            Ok(SecretString::from(
                *pins.next().expect("no further question"),
            ))
        };
        let wanted = Wanted {
            name: name.map(str::to_owned),
            pin: None,
            origin: self.origin(),
        };
        let key = SecurityKey::new(Box::new(device), "Virtual key".to_owned())?;
        add(&self.ctx, self.account.as_ref(), &self.id, wanted, key, ask).await
    }

    async fn names(&self) -> Vec<String> {
        let passkeys = self.account.passkeys(&self.id).await.unwrap();
        passkeys.into_iter().map(|passkey| passkey.name).collect()
    }

    fn fault(&self, fault: Value) {
        let fault: Fault = serde_json::from_value(fault).unwrap();
        self.sandbox.fault(fault).unwrap();
    }

    fn finishes(&self) -> usize {
        let requests = self.sandbox.requests();
        let finish = requests
            .iter()
            .filter(|seen| seen.path.ends_with("/finish-webauthn-registration"));
        finish.count()
    }
}

fn global() -> GlobalArgs {
    GlobalArgs {
        profile: None,
        config: None,
        output: Format::Human,
        debug: false,
        api: None,
        api_url: None,
        passphrase_file: None,
        identity: None,
        no_input: true,
        color: ColorWhen::Never,
        quiet: false,
        help: None,
        version: None,
        verbose: None,
    }
}

// Issue 11, 3
#[tokio::test]
async fn the_service_takes_the_passkey_of_a_key_that_asks_for_a_touch_alone() {
    let world = World::new();
    world
        .add(VirtualKey::new(), Some("spare key"), &[])
        .await
        .unwrap();
    assert_eq!(world.names().await, ["spare key"]);
}

// Issue 11, 3
#[tokio::test]
async fn the_service_takes_the_passkey_of_a_key_with_a_pin_and_of_one_with_a_finger() {
    let world = World::new();
    let device = VirtualKey::with_pin(Pin::new("1234", 2, true));
    // Too short, wrong, right: the first costs no try.
    world
        .add(device, Some("pin"), &["12", "9999", "1234"])
        .await
        .unwrap();
    world
        .add(VirtualKey::with_finger(), Some("finger"), &[])
        .await
        .unwrap();
    let mut names = world.names().await;
    names.sort();
    assert_eq!(names, ["finger", "pin"]);
}

// Issue 11, 3
#[tokio::test]
async fn a_key_is_named_after_itself_and_a_second_one_gets_a_number() {
    let world = World::new();
    world.add(VirtualKey::new(), None, &[]).await.unwrap();
    world.add(VirtualKey::new(), None, &[]).await.unwrap();
    let mut names = world.names().await;
    names.sort();
    assert_eq!(names, ["Virtual key", "Virtual key 2"]);
}

// Issue 11, 3
#[tokio::test]
async fn the_same_key_is_not_added_twice() {
    let world = World::new();
    let device = VirtualKey::new();
    world.add(device.clone(), Some("one"), &[]).await.unwrap();
    let err = world
        .add(device.clone(), Some("two"), &[])
        .await
        .unwrap_err();
    assert!(err.to_string().contains("already a passkey"), "{err}");
    assert_eq!((err.kind(), device.passkeys()), (Kind::Other, 1));
    assert_eq!(world.names().await, ["one"]);
}

// Issue 11, 3
#[tokio::test]
async fn a_key_that_does_not_make_a_passkey_leaves_the_account_as_it_was() {
    for (status, told) in [
        (0x27, "declined"),
        (0x2f, "nobody touched"),
        (0x36, "none is set"),
        (0x28, "full"),
    ] {
        let world = World::new();
        let device = VirtualKey::new();
        device.refuse(status);
        let err = world.add(device, None, &[]).await.unwrap_err();
        assert!(err.to_string().contains(told), "{err}");
        assert_eq!(err.kind(), Kind::Other);
        assert!(!err.hints().is_empty());
        assert_eq!((world.finishes(), world.names().await.len()), (0, 0));
    }
}

// Issue 11, 3
#[tokio::test]
async fn a_pin_that_is_wrong_too_often_is_not_asked_for_again() {
    let world = World::new();
    let device = VirtualKey::with_pin(Pin::new("1234", 1, false));
    let err = world
        .add(device.clone(), None, &["0000", "0001", "0002"])
        .await;
    let err = err.unwrap_err().to_string();
    assert!(err.contains("until it is plugged in again"), "{err}");
    let device = VirtualKey::with_pin(Pin::new("1234", 1, true).with_tries(0));
    let err = world.add(device, None, &[]).await.unwrap_err().to_string();
    assert!(err.contains("is locked"), "{err}");
    assert_eq!(world.finishes(), 0);
}

// Issue 11, 3
#[tokio::test]
async fn a_pin_from_a_file_is_tried_once() {
    let world = World::new();
    let device = VirtualKey::with_pin(Pin::new("1234", 2, true));
    let add_with = async |pin: &str| {
        let wanted = Wanted {
            name: None,
            pin: Some(pin.into()),
            origin: world.origin(),
        };
        let key = SecurityKey::new(Box::new(device.clone()), "Virtual key".to_owned()).unwrap();
        let ask = async || panic!("nobody is there");
        add(
            &world.ctx,
            world.account.as_ref(),
            &world.id,
            wanted,
            key,
            ask,
        )
        .await
    };
    let err = add_with("4321").await.unwrap_err();
    assert_eq!(err.to_string(), "the PIN is wrong (7 tries left)");
    let err = add_with("1").await.unwrap_err();
    assert_eq!(err.kind(), Kind::Usage);
    add_with("1234").await.unwrap();
    assert_eq!(world.names().await, ["Virtual key"]);
}

// Issue 11, 3
#[tokio::test]
async fn a_registration_that_is_too_late_or_refused_is_told_and_adds_nothing() {
    let world = World::new();
    // The service's clock moves while the person looks for the key.
    let late = Slow {
        key: VirtualKey::new(),
        before: Box::new({
            let sandbox = Arc::clone(&world.sandbox);
            move || sandbox.advance(3600)
        }),
    };
    let err = world.add(late, None, &[]).await.unwrap_err();
    assert!(err.to_string().contains("scw added no passkey"), "{err}");
    assert_eq!(world.names().await.len(), 0);
}

// Issue 11, 3
#[tokio::test]
async fn a_lost_answer_is_looked_up() {
    for (action, added) in [("drop_after", true), ("drop_before", false)] {
        let world = World::new();
        world.fault(json!({"method": "POST", "path_regex": "finish-webauthn", "action": action}));
        let outcome = world.add(VirtualKey::new(), Some("key"), &[]).await;
        assert_eq!(world.names().await.len(), usize::from(added));
        match outcome {
            Ok(()) => assert!(added),
            Err(err) => {
                assert!(!added, "{err}");
                assert_eq!(err.kind(), Kind::Unreachable);
                assert!(
                    err.to_string()
                        .contains("The passkey is not on the account"),
                    "{err}"
                );
            }
        }
    }
    let world = World::new();
    world.fault(json!({"method": "POST", "path_regex": "finish-webauthn", "action": "drop_after"}));
    world.fault(
        json!({"method": "GET", "path_regex": "webauthn-authenticators$", "skip": 1,
        "action": "status", "status": 403, "times": 99,
        "body": {"type": "permissions_denied", "details": []}}),
    );
    let err = world.add(VirtualKey::new(), None, &[]).await.unwrap_err();
    assert!(
        err.to_string()
            .contains("does not know whether the passkey was added"),
        "{err}"
    );
}

/// A key before whose touch something happens.
struct Slow {
    key: VirtualKey,
    before: Box<dyn Fn() + Send>,
}

impl Device for Slow {
    fn call(&mut self, request: &[u8], wait: &Wait) -> std::result::Result<Vec<u8>, KeyError> {
        if request[0] == 1 {
            (self.before)();
        }
        self.key.call(request, wait)
    }
}

/// A key that nobody touches: it waits until it is told to stop.
struct Untouched {
    key: VirtualKey,
    stopped: Arc<AtomicBool>,
}

impl Device for Untouched {
    fn call(&mut self, request: &[u8], wait: &Wait) -> std::result::Result<Vec<u8>, KeyError> {
        if request[0] != 1 {
            return self.key.call(request, wait);
        }
        #[cfg(unix)]
        rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::INT)
            .unwrap();
        loop {
            if let Some(why) = wait.is_over() {
                self.stopped.store(true, Ordering::Relaxed);
                return Err(why);
            }
            std::thread::yield_now();
        }
    }
}

// Issue 11, 3
#[cfg(unix)]
#[tokio::test]
async fn ctrl_c_stops_the_key_and_adds_nothing() {
    let world = World::new();
    let said = std::cell::RefCell::new(Vec::new());
    let stopped = Arc::<AtomicBool>::default();
    let untouched = Untouched {
        key: VirtualKey::new(),
        stopped: Arc::clone(&stopped),
    };
    let err = tokio::select! {
        biased;
        listening = world.ctx.interrupt().listen(|text| said.borrow_mut().push(text.to_owned())) => {
            panic!("{listening:?}")
        }
        outcome = world.add(untouched, None, &[]) => outcome.unwrap_err(),
    };
    assert_eq!(err.kind(), Kind::Interrupted);
    assert!(stopped.load(Ordering::Relaxed), "the key blinks on");
    assert_eq!(err.to_string(), "Cancelled. scw added no passkey.");
    assert_eq!((world.finishes(), world.names().await.len()), (0, 0));
    assert!(said.borrow().is_empty(), "it ended at once: {said:?}");
}
