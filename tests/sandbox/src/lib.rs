//! A local account service with Scaleway's APIs, for development, tests and demonstrations.
//!
//! [`Sandbox::start`] runs it on a thread of its own, so that any test can use it:
//!
//! ```
//! let sandbox = scw_sandbox::Sandbox::start(scw_sandbox::Options::default())?;
//! assert!(sandbox.info().api_url.starts_with("http://127.0.0.1:"));
//! # Ok::<(), scw_sandbox::StartError>(())
//! ```
//!
//! It shares no code with the client: wire types are written twice, from `protocol.md`, so that a
//! wrong field name on one side cannot hide on the other.

mod account;
mod authenticate;
mod clock;
pub mod demo;
mod door;
mod faults;
mod gate;
mod iam;
mod ledger;
mod limits;
mod listen;
mod members;
mod openapi;
mod panel;
pub mod run;
mod seed;
mod server;
mod service;
mod shown;
mod stall;
mod store;
mod stream;
mod tls;
mod webauthn;

use std::{
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    thread::JoinHandle,
    time::Duration,
};

use serde::Serialize;
use tokio::sync::watch;

pub use faults::{Action, Fault, FaultError};
pub use ledger::Seen;
pub use limits::Limits;
pub use seed::{Seed, SeedError};
pub use store::{FileError, StoreError};
pub use tls::TlsError;

use crate::{
    ledger::Ledger,
    seed::FirstSecrets,
    server::{Manner, Server},
    service::Service,
    store::{Members, Store},
};

/// How a sandbox is to be.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Where to listen; nothing for a free port on 127.0.0.1.
    pub listen: Option<SocketAddr>,
    /// Whether an address that other machines can reach is allowed.
    pub allow_remote: bool,
    /// The database file; nothing for one in memory.
    pub data: Option<PathBuf>,
    /// The accounts; nothing for the default one.
    pub seed: Option<Seed>,
    /// How many generated members the first organization has; a data file may hold some already, and
    /// one that was deleted there does not come back.
    pub members: u64,
    /// The folder for a certificate; nothing for plain http.
    pub tls: Option<PathBuf>,
    /// Whether the test door is open.
    pub control: bool,
    /// How long each answer is held back, in milliseconds.
    pub latency_ms: u64,
    /// Whether each request is logged on stderr.
    pub verbose: bool,
    /// How long connections may take, and how many there can be.
    pub limits: Limits,
}

/// What `serve` prints: where the service is, and the first user's credentials.
#[derive(Debug, Clone, Serialize)]
pub struct Info {
    /// Base address of the IAM API.
    pub api_url: String,
    /// Base address of the 2017 account API.
    pub account_url: String,
    /// Address of the control panel.
    pub panel_url: String,
    /// Email address of the first user.
    pub email: String,
    /// Its password.
    pub password: String,
    /// Its id.
    pub user_id: String,
    /// Its organization.
    pub organization_id: String,
    /// The organization's project.
    pub project_id: String,
    /// Its API key.
    pub access_key: String,
    /// The secret of the API key.
    pub secret_key: String,
    /// Its token for the 2017 API.
    pub token: String,
    /// The certificate authority, where the service speaks TLS.
    pub ca_file: Option<PathBuf>,
}

/// A sandbox could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address would be reachable from other machines.
    #[error(
        "{0} is no loopback address; other machines could reach it (`--allow-remote` permits it)"
    )]
    Remote(SocketAddr),
    /// The address could not be taken.
    #[error("cannot listen on {0}: {1}")]
    Listen(SocketAddr, io::Error),
    /// The state.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The certificate.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// A thread or its event loop could not be started.
    #[error("the service cannot run: {0}")]
    Thread(io::Error),
}

/// A running sandbox; it stops when it is dropped.
#[derive(Debug)]
pub struct Sandbox {
    info: Info,
    notes: Vec<String>,
    service: Arc<Service>,
    ledger: Arc<Ledger>,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl Sandbox {
    /// Starts a sandbox on a thread of its own; it accepts connections when this returns.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn start(options: Options) -> Result<Self, StartError> {
        let listen = options
            .listen
            .unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 0)));
        if !listen.ip().is_loopback() && !options.allow_remote {
            return Err(StartError::Remote(listen));
        }
        let store = Store::open(options.data.as_deref())?;
        let clock = clock::Clock::default();
        let seed = options.seed.unwrap_or_default();
        let planted = seed::plant(&store, &seed, clock.instant())?;
        let user = store.any_user(&planted.first_user)?;
        if options.members > 0 {
            let id = &user.organization_id;
            members::add(&store, id, Members::InAll(options.members), clock.instant())?;
        }
        let tls = options.tls.as_deref().map(tls::acceptor).transpose()?;
        let listeners = listen::listen(listen).map_err(|(at, err)| StartError::Listen(at, err))?;
        let address = match listeners.first().map(std::net::TcpListener::local_addr) {
            Some(Ok(address)) => address,
            Some(Err(err)) => return Err(StartError::Listen(listen, err)),
            None => listen,
        };
        let project_id = store.first_project(&user.organization_id)?;
        let scheme = if options.tls.is_some() {
            "https"
        } else {
            "http"
        };
        let mut notes = store.notes();
        notes.extend(exposure(listen, options.control));
        let service = Arc::new(Service {
            store,
            clock,
            tls: options.tls.is_some(),
            home: panel::Home::new(&planted.panel_secret),
            memory: panel::Memory::default(),
            origin: format!("{scheme}://localhost:{}", address.port()),
            ceremonies: webauthn::Ceremonies::default(),
        });
        let url = format!("{scheme}://{address}");
        let user = (&user, project_id, planted.secrets);
        let info = info(&service, &url, options.tls.as_deref(), user);

        let ledger = Arc::new(Ledger::default());
        let manner = Manner {
            control: options.control,
            remote: options.allow_remote,
            latency: Duration::from_millis(options.latency_ms),
            verbose: options.verbose,
            limits: options.limits,
        };
        let server = Server::new(&service, &ledger, manner);
        let (stop, stopped) = watch::channel(false);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(StartError::Thread)?;
        let thread = std::thread::Builder::new()
            .name("scw-sandbox".to_owned())
            .spawn(move || {
                runtime.block_on(async {
                    // They listen already: handing them over cannot lose a connection.
                    let listeners = listeners.into_iter().map(tokio::net::TcpListener::from_std);
                    if let Ok(listeners) = listeners.collect() {
                        server.serve(listeners, tls, stopped).await;
                    }
                });
                // A body that drips a byte a second must not hold the end up.
                runtime.shutdown_background();
            })
            .map_err(StartError::Thread)?;
        Ok(Self {
            info,
            notes,
            service,
            ledger,
            stop,
            thread: Some(thread),
        })
    }

    /// Where it is, and the first user's credentials.
    #[must_use]
    pub fn info(&self) -> &Info {
        &self.info
    }

    /// What the person who starts it has to know, one sentence each: who can reach it, and what was
    /// changed about the data file.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The origin of its pages: scheme, `localhost` and port.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.service.origin
    }

    /// Moves the service's clock, in seconds. It stays as it is where it would leave the years 1970
    /// to 9000; the test door refuses that in words.
    pub fn advance(&self, seconds: i64) {
        let _ = self.service.clock.advance(seconds);
    }

    /// The time by the service's clock, in seconds since 1970.
    #[must_use]
    pub fn now(&self) -> i64 {
        self.service.now().unix_seconds()
    }

    /// Adds a fault.
    ///
    /// # Errors
    /// [`FaultError`].
    pub fn fault(&self, fault: Fault) -> Result<(), FaultError> {
        self.ledger.add(fault)
    }

    /// Every request so far.
    #[must_use]
    pub fn requests(&self) -> Vec<Seen> {
        self.ledger.seen()
    }

    /// Sets what is not on record about passkeys: whether a user's `mfa` counts them, and whether
    /// recovery codes stay when the app goes and a passkey is left.
    ///
    /// # Errors
    /// The database's.
    pub fn passkey_readings(
        &self,
        mfa_counts_passkeys: bool,
        codes_outlive_app: bool,
    ) -> Result<(), StoreError> {
        self.service
            .store
            .change_readings(Some(mfa_counts_passkeys), Some(codes_outlive_app))?;
        Ok(())
    }

    /// Gives a user a passkey without a ceremony, and returns its id.
    ///
    /// # Errors
    /// There is no such user, or the name is empty; the database's.
    pub fn add_passkey(&self, user_id: &str, name: &str) -> Result<String, StoreError> {
        let service = &self.service;
        service.store.add_passkey(user_id, name, service.now())
    }

    /// The state, as `GET /_sandbox/state` shows it.
    ///
    /// # Errors
    /// The database's.
    pub fn state(&self) -> Result<serde_json::Value, StoreError> {
        door::describe(&self.service)
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // Its receiver is gone when the thread ended by itself.
        let _ = self.stop.send(true);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The one-time password for a base32 key at a time in seconds since 1970; nothing where the key
/// is no base32.
#[must_use]
pub fn one_time_password(secret_base32: &str, unix_time: i64) -> Option<String> {
    store::totp_at(secret_base32, unix_time)
}

/// What is to be said where other machines can reach the service.
fn exposure(listen: SocketAddr, control: bool) -> Option<String> {
    let who =
        (!listen.ip().is_loopback()).then_some("warning: other machines can reach this sandbox")?;
    Some(if control {
        format!(
            "{who}, and --control opens the test door. Anyone who reaches it can read and change \
             every account without a password."
        )
    } else {
        format!("{who}. Do not keep real secrets in it.")
    })
}

fn info(
    service: &Service,
    url: &str,
    tls: Option<&Path>,
    (user, project_id, secrets): (&store::User, String, FirstSecrets),
) -> Info {
    Info {
        api_url: url.to_owned(),
        account_url: url.to_owned(),
        panel_url: format!("{}{}", service.origin, service.home.path()),
        email: user.email.clone(),
        password: secrets.password,
        user_id: user.id.clone(),
        organization_id: user.organization_id.clone(),
        project_id,
        access_key: secrets.access_key,
        secret_key: secrets.secret_key,
        token: secrets.token,
        ca_file: tls.map(|folder| {
            let path = folder.join("ca.pem");
            std::path::absolute(&path).unwrap_or(path)
        }),
    }
}
