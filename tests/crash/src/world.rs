//! One person's machine: a HOME, the sandbox that `scw` speaks to, and the wire between them.

use std::{
    collections::BTreeSet,
    net::SocketAddr,
    path::{Path, PathBuf},
    str::FromStr,
};

use scw_sandbox::{Options, Sandbox, Seed};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    Result, folders,
    process::{Program, Ran},
    wire::{Handed, Wire},
};

/// The authenticator.
pub const OATHTOOL: &str = "oathtool --totp -b -";

/// The name that temporary files of `scw` begin with.
const TEMPORARY: &str = ".scw-";

/// The folder with the notes of keys.
const NOTES: &str = "pending-keys";

/// Somebody with an account, and what the account has at the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Person {
    /// The email address.
    pub email: &'static str,
    /// The password.
    pub password: &'static str,
    /// The API key that is there from the start.
    pub access_key: &'static str,
    /// Its secret.
    pub secret_key: &'static str,
    /// The 2017 token that is there from the start.
    pub token: &'static str,
}

/// Whose account the campaign is about.
pub const OWNER: Person = Person {
    email: "owner@example.com",
    password: "owner's password",
    access_key: "SCWOWNER000000000001",
    secret_key: "0a000000-0000-4000-8000-0000000000a1",
    token: "0a000000-0000-4000-8000-0000000000a2",
};

/// Somebody else, in an organization of their own.
pub const OTHER: Person = Person {
    email: "other@example.com",
    password: "other's password",
    access_key: "SCWOTHER000000000001",
    secret_key: "0b000000-0000-4000-8000-0000000000b1",
    token: "0b000000-0000-4000-8000-0000000000b2",
};

fn seed() -> Result<Seed> {
    let user = |person: &Person| {
        json!({"email": person.email, "password": person.password, "type": "owner",
            "access_key": person.access_key, "secret_key": person.secret_key,
            "token": person.token})
    };
    let organizations = [("First", &OWNER), ("Second", &OTHER)].map(|(name, person)| {
        json!({"name": name, "login_attempts": 1_000_000, "users": [user(person)]})
    });
    Ok(Seed::parse(
        &json!({"organizations": organizations}).to_string(),
    )?)
}

/// A place where worlds are made one after the other: paths and the address stay the same, so that
/// what one world wrote down is true in its copy.
#[derive(Debug)]
pub struct Place {
    folder: TempDir,
    wire: Wire,
    binary: PathBuf,
}

/// A world as it was at some moment.
#[derive(Debug)]
pub struct Snapshot {
    folder: TempDir,
    handed: Handed,
}

/// A world that runs.
#[derive(Debug)]
pub struct World<'a> {
    place: &'a Place,
    /// The account service.
    pub sandbox: Sandbox,
    /// `SCW_API`, where it is not today's.
    pub api: Option<&'static str>,
}

impl Place {
    /// A new place for runs of this binary.
    ///
    /// # Errors
    /// When no folder or address can be had.
    pub fn new(binary: &Path) -> Result<Self> {
        Ok(Self {
            folder: folders::scratch()?,
            wire: Wire::start()?,
            binary: binary.to_owned(),
        })
    }

    /// Starts a sandbox on the data that lie here.
    fn serve(&self, handed: Handed) -> Result<Sandbox> {
        let sandbox = Sandbox::start(Options {
            data: Some(self.folder.path().join("data/sandbox.db")),
            seed: Some(seed()?),
            ..Options::default()
        })?;
        let address = sandbox.info().api_url.trim_start_matches("http://");
        self.wire.lead_to(SocketAddr::from_str(address)?, handed);
        Ok(sandbox)
    }

    /// A world: a fresh one, or one as it was.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn world(&self, before: Option<&Snapshot>, api: Option<&'static str>) -> Result<World<'_>> {
        let folder = self.folder.path();
        let handed = if let Some(before) = before {
            folders::copy(&before.folder.path().join("home"), &folder.join("home"))?;
            folders::copy(&before.folder.path().join("data"), &folder.join("data"))?;
            before.handed.clone()
        } else {
            folders::empty(&folder.join("home"))?;
            folders::empty(&folder.join("data"))?;
            Handed::default()
        };
        let sandbox = self.serve(handed)?;
        Ok(World {
            place: self,
            sandbox,
            api,
        })
    }
}

impl<'a> World<'a> {
    /// The same world without the faults that have not happened, by its real clock.
    ///
    /// # Errors
    /// When its sandbox cannot be started again.
    pub fn healed(self) -> Result<World<'a>> {
        let (place, api) = (self.place, self.api);
        let handed = self.handed();
        drop(self);
        Ok(World {
            place,
            sandbox: place.serve(handed)?,
            api,
        })
    }

    /// Stops the sandbox and keeps everything for later.
    ///
    /// # Errors
    /// When it cannot be copied.
    pub fn freeze(self) -> Result<Snapshot> {
        let place = self.place;
        place.wire.settle();
        drop(self);
        let folder = folders::scratch()?;
        for part in ["home", "data"] {
            folders::copy(&place.folder.path().join(part), &folder.path().join(part))?;
        }
        Ok(Snapshot {
            folder,
            handed: place.wire.handed(),
        })
    }

    /// HOME.
    #[must_use]
    pub fn home(&self) -> PathBuf {
        self.place.folder.path().join("home")
    }

    /// The file with the key of encrypted files, where a scenario makes one.
    #[must_use]
    pub fn identity(&self) -> PathBuf {
        self.home().join("identity")
    }

    /// `scw` in an environment that holds nothing but this world.
    #[must_use]
    pub fn program(&self, arguments: &[&str]) -> Program {
        let path = std::env::var("PATH").unwrap_or_else(|_| "/usr/bin:/bin".to_owned());
        let program = Program::new(&self.place.binary, arguments.iter().copied())
            .with("PATH", path)
            .with("HOME", self.home().to_string_lossy())
            .with("LC_ALL", "C.UTF-8")
            .with("SCW_API_URL", self.place.wire.url())
            .with("SCW_ACCOUNT_URL", self.place.wire.url())
            .with("SCW_KEYRING", "file")
            .with("SCW_IDENTITY_FILE", self.identity().to_string_lossy());
        match self.api {
            Some(api) => program.with("SCW_API", api),
            None => program,
        }
    }

    /// Runs `scw` to its end.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn scw(&self, arguments: &[&str]) -> Result<Ran> {
        Ok(self.program(arguments).run()?)
    }

    /// Runs `scw`, which has to succeed.
    ///
    /// # Errors
    /// When it does not.
    pub fn must(&self, program: &Program) -> Result<Ran> {
        let ran = program.run()?;
        if ran.exited(0) {
            return Ok(ran);
        }
        Err(format!("the set-up failed: scw {:?}: {ran:?}", program.arguments).into())
    }

    /// `scw login` with this person's password.
    #[must_use]
    pub fn password_login(&self, person: &Person) -> Program {
        self.program(&["login", "--storage", "file", "-o", "json"])
            .with("SCW_EMAIL", person.email)
            .with("SCW_PASSWORD", person.password)
    }

    /// `scw login` with this person's password and, where it is needed, a one-time password that
    /// was not used yet.
    #[must_use]
    pub fn login(&self, person: &Person) -> Program {
        let program = self.password_login(person);
        if *person != OWNER || self.two_factor() != "on" {
            return program;
        }
        self.sandbox.advance(90);
        match self.code_now(0) {
            Some(code) => program.with("SCW_OTP", code),
            None => program,
        }
    }

    /// The one-time password of the key that was confirmed last, so many steps from now.
    #[must_use]
    pub fn code_now(&self, steps: i64) -> Option<String> {
        let key = self.place.wire.handed().key_in_force()?;
        scw_sandbox::one_time_password(&key, self.sandbox.now() + 30 * steps)
    }

    /// A one-time password that the service takes, of any key that was handed out.
    ///
    /// # Errors
    /// When the sandbox does not answer.
    pub fn code_that_works(&self) -> Result<Option<String>> {
        let handed = self.handed();
        let keys = handed.key_in_force().into_iter();
        for key in keys.chain(handed.otp_keys().into_iter().rev()) {
            let now = || scw_sandbox::one_time_password(&key, self.sandbox.now());
            self.sandbox.advance(90);
            if self.lets_in(&now().unwrap_or_default())? {
                self.sandbox.advance(90);
                return Ok(now());
            }
        }
        Ok(None)
    }

    /// Waits until nothing is under way any more.
    pub(crate) fn settle(&self) {
        self.place.wire.settle();
    }

    /// What was handed out over the wire, once nothing is under way any more.
    #[must_use]
    pub fn handed(&self) -> Handed {
        self.settle();
        self.place.wire.handed()
    }

    /// The sandbox's state, once nothing is under way any more.
    ///
    /// # Errors
    /// When the sandbox does not answer.
    pub(crate) fn settled_state(&self) -> Result<Value> {
        self.settle();
        Ok(self.sandbox.state()?)
    }

    /// The word for the owner's authenticator app, by the sandbox itself.
    #[must_use]
    pub fn two_factor(&self) -> String {
        let state = self.settled_state().unwrap_or_default();
        state["two_factor"].as_str().unwrap_or_default().to_owned()
    }

    /// The keys of a person that are alive, by their access key; 2017 tokens by their id.
    ///
    /// # Errors
    /// When the sandbox does not answer.
    pub fn keys(&self, person: &Person) -> Result<BTreeSet<String>> {
        let state = self.settled_state()?;
        let users = state["users"].as_array().cloned().unwrap_or_default();
        let keys = users
            .iter()
            .filter(|user| user["email"] == person.email)
            .flat_map(|user| user["api_keys"].as_array().cloned().unwrap_or_default())
            .filter_map(|key| Some(key.as_str()?.to_owned()));
        let url = format!("{}/tokens?per_page=100", self.sandbox.info().api_url);
        let answer: Value = ureq::get(url)
            .header("X-Auth-Token", person.token)
            .call()?
            .body_mut()
            .read_json()?;
        let tokens = answer["tokens"].as_array().cloned().unwrap_or_default();
        let tokens = tokens
            .iter()
            .filter_map(|token| Some(token["id"].as_str()?.to_owned()));
        Ok(keys.chain(tokens).collect())
    }

    /// Whether the service lets the owner in with this code; a backup code is spent by it.
    ///
    /// # Errors
    /// When the sandbox does not answer.
    pub fn lets_in(&self, code: &str) -> Result<bool> {
        let url = format!("{}/account/v2/login", self.sandbox.info().api_url);
        let answer = ureq::post(url)
            .config()
            .http_status_as_error(false)
            .build()
            .send_json(json!({"email": OWNER.email, "password": OWNER.password, "otp": code}))?;
        Ok(answer.status().is_success())
    }

    /// Temporary files anywhere below HOME.
    #[must_use]
    pub fn temporary_files(&self) -> Vec<PathBuf> {
        let mut files = folders::files(&self.home());
        files.retain(|file| {
            file.file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with(TEMPORARY))
        });
        files
    }

    /// The notes of keys that no login names.
    #[must_use]
    pub fn notes_of_keys(&self) -> Vec<PathBuf> {
        let mut files = folders::files(&self.home());
        files.retain(|file| file.parent().is_some_and(|folder| folder.ends_with(NOTES)));
        files
    }

    /// Every secret that this world has seen.
    #[must_use]
    pub fn secrets(&self) -> Vec<String> {
        let mut secrets = self.handed().secrets();
        for person in [OWNER, OTHER] {
            secrets.extend([person.secret_key, person.token].map(str::to_owned));
        }
        secrets
    }
}
