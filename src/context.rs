//! Lazy handles on everything a command may need: nothing is opened before it is asked for.

use std::cell::OnceCell;

use secrecy::SecretString;
use time::OffsetDateTime;

use crate::{
    api::{Account, Account2017, Auth, Http, Iam},
    cli::GlobalArgs,
    config::{Flags, Login, OfficialProfile, Settings},
    env,
    error::{CliError, Kind, LOGIN_HINT, Result},
    model::{AccessKey, ApiUrl, Dialect, ProfileName, SecretKey, StorageKind, User, UserId},
    process::{Interrupt, on_thread},
    store::{CodesFile, FileStore, KeyringStore, SecretStore, StoreError},
    ui::{PromptError, Prompter, Ui},
};

/// Everything a command may need.
#[derive(Debug)]
pub struct Context {
    ui: Ui,
    prompter: Prompter,
    interrupt: Interrupt,
    global: GlobalArgs,
    settings: OnceCell<Settings>,
}

impl Context {
    /// A context in which nothing is opened yet.
    #[must_use]
    pub fn new(ui: Ui, global: GlobalArgs) -> Self {
        Self {
            ui,
            prompter: Prompter::new(global.no_input),
            interrupt: Interrupt::default(),
            global,
            settings: OnceCell::new(),
        }
    }

    /// The user interface.
    #[must_use]
    pub fn ui(&self) -> &Ui {
        &self.ui
    }

    /// The one who asks.
    #[must_use]
    pub fn prompter(&self) -> &Prompter {
        &self.prompter
    }

    /// Requests to end the program.
    #[must_use]
    pub fn interrupt(&self) -> &Interrupt {
        &self.interrupt
    }

    /// The time now, by this machine's clock.
    #[must_use]
    pub fn now(&self) -> OffsetDateTime {
        OffsetDateTime::now_utc()
    }

    /// The settings in force.
    ///
    /// # Errors
    /// When a setting has a wrong form or a file cannot be read.
    pub fn settings(&self) -> Result<&Settings> {
        if let Some(settings) = self.settings.get() {
            return Ok(settings);
        }
        let flags = Flags {
            profile: self.global.profile.clone(),
            config: self.global.config.clone(),
            api: self.global.api,
            api_url: self.global.api_url.clone(),
        };
        let settings = Settings::resolve(&flags)?;
        Ok(self.settings.get_or_init(|| settings))
    }

    /// The place of a kind that keeps secrets.
    ///
    /// # Errors
    /// When the settings cannot be resolved.
    pub fn store(&self, kind: StorageKind) -> Result<Box<dyn SecretStore>> {
        Ok(match kind {
            StorageKind::Keyring => Box::new(KeyringStore),
            StorageKind::File => Box::new(FileStore::new(&self.settings()?.data_dir)),
        })
    }

    /// Does one thing with a place that keeps secrets, without blocking the event loop.
    ///
    /// # Errors
    /// What the place says.
    pub async fn with_store<T: Send + 'static>(
        &self,
        kind: StorageKind,
        work: impl FnOnce(&dyn SecretStore, &ProfileName) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T> {
        let store = self.store(kind)?;
        let profile = self.settings()?.profile.clone();
        on_thread(move || work(&*store, &profile))
            .await
            .unwrap_or_else(|| Err(StoreError::Failed("the storage library failed".to_owned())))
            .map_err(CliError::from)
    }

    /// The account service at the address in force, called with this secret key.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn account(&self, secret: &SecretKey) -> Result<Box<dyn Account>> {
        let settings = self.settings()?;
        self.account_at(settings.api, &settings.api_url, secret)
    }

    /// The account service that a login was made at, whatever address is in force now.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn account_of(&self, login: &Login, secret: &SecretKey) -> Result<Box<dyn Account>> {
        self.account_at(login.api, &login.api_url, secret)
    }

    fn account_at(
        &self,
        api: Dialect,
        url: &ApiUrl,
        secret: &SecretKey,
    ) -> Result<Box<dyn Account>> {
        let service = self.http(url, &Auth::Key(secret.clone()))?;
        Ok(match api {
            Dialect::Iam => Box::new(Iam::new(service)),
            Dialect::Account => Box::new(Account2017::new(service)),
        })
    }

    /// The service at the address in force, called by nobody: for a login.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn nobody(&self) -> Result<Http> {
        self.http(&self.settings()?.api_url, &Auth::Nobody)
    }

    fn http(&self, url: &ApiUrl, auth: &Auth) -> Result<Http> {
        let authorities = env::path(env::SSL_CERT_FILE);
        let trace = self.global.debug.then(|| self.ui.trace());
        let notices = self.ui.notices();
        Ok(Http::new(
            url.clone(),
            auth,
            authorities.as_deref(),
            trace,
            notices,
        )?)
    }

    /// The login in force: environment, then keyring (or file), then official `config.yaml`.
    ///
    /// # Errors
    /// [`Kind::NotLoggedIn`] where there is none, [`Kind::Keyring`] where the keyring fails.
    pub async fn authed(&self) -> Result<Authed> {
        let credentials = self.credentials().await?;
        if credentials.source == Source::OfficialConfig {
            let path = self.settings()?.official_path.as_deref();
            self.ui.warn(&format!(
                "the secret key comes from {}, which is plain text",
                path.unwrap_or(std::path::Path::new("config.yaml"))
                    .display()
            ));
            self.ui
                .hint("`scw login --from-config` moves it into the keyring");
        }
        Ok(Authed {
            account: self.account(&credentials.secret)?,
            known_owner: credentials
                .access_key
                .as_ref()
                .and_then(|key| self.settings.get()?.profiles.owner_of(key)),
            credentials,
        })
    }

    /// The credentials in force; the API is not asked.
    ///
    /// # Errors
    /// As [`Context::authed`].
    pub async fn credentials(&self) -> Result<Credentials> {
        let settings = self.settings()?;
        if let Some(secret) = env::secret(env::SECRET_KEY) {
            return Ok(Credentials {
                secret: SecretKey::parse(&secret).map_err(|err| {
                    CliError::usage(format!("{}: {err}", env::SECRET_KEY))
                        .hint(format!("correct or unset `{}`", env::SECRET_KEY))
                })?,
                access_key: access_key_variable()?,
                source: Source::Environment,
                login: None,
            });
        }
        if let Some(login) = settings.profiles.login(&settings.profile) {
            return self.saved(login).await;
        }
        if let Some(official) = &settings.official
            && let Some(secret) = &official.secret_key
        {
            return Ok(Credentials {
                secret: SecretKey::parse(secret).map_err(|err| {
                    CliError::new(Kind::LocalFile, format!("secret_key in config.yaml: {err}"))
                        .hint("correct config.yaml, or log in with `scw login --with-token`")
                })?,
                access_key: official
                    .access_key
                    .as_deref()
                    .and_then(|key| AccessKey::parse(key).ok()),
                source: Source::OfficialConfig,
                login: None,
            });
        }
        Err(CliError::new(
            Kind::NotLoggedIn,
            format!("nobody is logged in for the profile `{}`", settings.profile),
        )
        .hint(LOGIN_HINT))
    }

    async fn saved(&self, login: &Login) -> Result<Credentials> {
        let settings = self.settings()?;
        if !login.api_url.trusts(&settings.api_url) {
            return Err(CliError::new(
                Kind::NotLoggedIn,
                format!(
                    "the login of the profile `{}` is for {}, and its key is not sent to {}",
                    settings.profile, login.api_url, settings.api_url
                ),
            )
            .hint("log in there under another `--profile`, or unset `SCW_API_URL`"));
        }
        let kind = settings.storage.unwrap_or(login.storage);
        let secret = self
            .with_store(kind, |store, profile| store.get(profile))
            .await
            .map_err(|err| match err.kind() {
                Kind::NotLoggedIn => CliError::new(
                    Kind::NotLoggedIn,
                    format!(
                        "the {kind} has no secret for the profile `{}`",
                        settings.profile
                    ),
                )
                .hint(LOGIN_HINT),
                _ => err,
            })?;
        Ok(Credentials {
            secret: SecretKey::parse(&secret).map_err(|err| {
                CliError::new(
                    Kind::NotLoggedIn,
                    format!("the {kind} holds something else than a secret key: {err}"),
                )
                .hint(LOGIN_HINT)
            })?,
            access_key: login.access_key.clone(),
            source: Source::Saved(kind),
            login: Some(login.clone()),
        })
    }

    /// Whether `SCW_SECRET_KEY` is set, and so comes before any login.
    #[must_use]
    pub fn has_secret_variable(&self) -> bool {
        env::text(env::SECRET_KEY).is_some()
    }

    /// The official file's profile, also where a login makes it unneeded.
    ///
    /// # Errors
    /// When the file cannot be read or understood.
    pub fn official_profile(&self) -> Result<Option<OfficialProfile>> {
        let settings = self.settings()?;
        match &settings.official_path {
            Some(path) => Ok(OfficialProfile::load(
                path,
                settings.named_profile.as_ref(),
            )?),
            None => Ok(None),
        }
    }

    /// The one-time password that `SCW_OTP` holds.
    #[must_use]
    pub fn otp_variable(&self) -> Option<SecretString> {
        env::secret(env::OTP)
    }

    /// Where the backup codes of a user are saved: the place that is on record, else the usual one.
    ///
    /// # Errors
    /// When the settings cannot be resolved.
    pub fn codes_file(&self, user: &UserId) -> Result<CodesFile> {
        let settings = self.settings()?;
        let recorded = settings
            .profiles
            .user(user)
            .and_then(|known| known.codes_file.clone());
        if let Some(path) = recorded {
            return Ok(CodesFile::at(&settings.data_dir, user, path));
        }
        let clear = CodesFile::usual(&settings.data_dir, user, false);
        let encrypted = CodesFile::usual(&settings.data_dir, user, true);
        Ok(if !clear.exists() && encrypted.exists() {
            encrypted
        } else {
            clear
        })
    }

    /// Asks for yes or no. `flag` is what would have answered.
    ///
    /// # Errors
    /// [`Kind::Usage`] where nobody can be asked, [`Kind::Interrupted`] on Ctrl-C.
    pub async fn confirm(&self, question: &str, flag: &str) -> Result<bool> {
        self.prompter
            .confirm(question)
            .await
            .map_err(|err| prompt_error(&err, "a confirmation", flag))
    }
}

/// The error for a question that got no answer. `flag` names what would have answered it.
#[must_use]
pub fn prompt_error(err: &PromptError, wanted: &str, flag: &str) -> CliError {
    match err {
        PromptError::NobodyToAsk => {
            CliError::usage(format!("{wanted} is needed and there is nobody to ask"))
                .hint(format!("use {flag}"))
        }
        PromptError::Interrupted => CliError::interrupted(),
    }
}

/// The access key that `SCW_ACCESS_KEY` holds.
///
/// # Errors
/// [`Kind::Usage`] when it has a wrong form.
pub fn access_key_variable() -> Result<Option<AccessKey>> {
    env::text(env::ACCESS_KEY)
        .map(|key| {
            AccessKey::parse(&key).map_err(|err| {
                CliError::usage(format!("{}: {err}", env::ACCESS_KEY))
                    .hint(format!("correct or unset `{}`", env::ACCESS_KEY))
            })
        })
        .transpose()
}

/// Where credentials come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// `SCW_SECRET_KEY`.
    Environment,
    /// A login of this program.
    Saved(StorageKind),
    /// The official `config.yaml`.
    OfficialConfig,
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Environment => f.write_str("environment"),
            Self::Saved(kind) => kind.fmt(f),
            Self::OfficialConfig => f.write_str("config"),
        }
    }
}

/// A secret key and what is known of it without asking the API.
#[derive(Debug)]
pub struct Credentials {
    /// The secret.
    pub secret: SecretKey,
    /// Its identifier, where known.
    pub access_key: Option<AccessKey>,
    /// Where it comes from.
    pub source: Source,
    /// The login it belongs to.
    pub login: Option<Login>,
}

/// An account service with a key that opens it. Only [`Context::authed`] makes one.
pub struct Authed {
    account: Box<dyn Account>,
    known_owner: Option<UserId>,
    credentials: Credentials,
}

impl Authed {
    /// The account service.
    #[must_use]
    pub fn account(&self) -> &dyn Account {
        &*self.account
    }

    /// The credentials in use.
    #[must_use]
    pub fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// Whose key is in use; the API is asked only where that is not known yet.
    ///
    /// # Errors
    /// What the API says.
    pub async fn user_id(&self) -> Result<UserId> {
        if let Some(login) = &self.credentials.login {
            return Ok(login.user_id.clone());
        }
        if let Some(owner) = &self.known_owner {
            return Ok(owner.clone());
        }
        let access_key = self.credentials.access_key.as_ref();
        Ok(self.account.own_key(access_key).await?.user_id)
    }

    /// The user whose key is in use.
    ///
    /// # Errors
    /// What the API says.
    pub async fn user(&self) -> Result<User> {
        let id = self.user_id().await?;
        Ok(self.account.user(&id).await?)
    }
}
