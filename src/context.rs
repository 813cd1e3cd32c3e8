//! Lazy handles on everything a command may need: nothing is opened before it is asked for.

use std::cell::{Cell, OnceCell};

use time::OffsetDateTime;

use crate::{
    cli::GlobalArgs,
    config::{Flags, Settings},
    credentials::{self, Authed, Clients, Credential, Local, Source},
    error::{CliError, Result},
    model::UserId,
    process::Interrupt,
    store::CodesFile,
    ui::{PromptError, Prompter, Ui},
};

/// Everything a command may need.
#[derive(Debug)]
pub(crate) struct Context {
    ui: Ui,
    prompter: Prompter,
    interrupt: Interrupt,
    global: GlobalArgs,
    settings: OnceCell<Settings>,
    from_variable: Cell<bool>,
}

impl Context {
    /// A context in which nothing is opened yet.
    #[must_use]
    pub(crate) fn new(ui: Ui, global: GlobalArgs) -> Self {
        Self {
            ui,
            prompter: Prompter::new(global.no_input),
            interrupt: Interrupt::default(),
            global,
            settings: OnceCell::new(),
            from_variable: Cell::new(false),
        }
    }

    /// The user interface.
    #[must_use]
    pub(crate) fn ui(&self) -> &Ui {
        &self.ui
    }

    /// The one who asks.
    #[must_use]
    pub(crate) fn prompter(&self) -> &Prompter {
        &self.prompter
    }

    /// Requests to end the program.
    #[must_use]
    pub(crate) fn interrupt(&self) -> &Interrupt {
        &self.interrupt
    }

    /// The time now, by this machine's clock.
    #[must_use]
    pub(crate) fn now() -> OffsetDateTime {
        OffsetDateTime::now_utc()
    }

    /// The settings in force.
    ///
    /// # Errors
    /// When a setting has a wrong form, or the data folder cannot be trusted.
    pub(crate) fn settings(&self) -> Result<&Settings> {
        if let Some(settings) = self.settings.get() {
            return Ok(settings);
        }
        let settings = Settings::resolve(&Flags {
            profile: self.global.profile.clone(),
            config: self.global.config.clone(),
            api: self.global.api,
            api_url: self.global.api_url.clone(),
        })?;
        Ok(self.settings.get_or_init(|| settings))
    }

    /// What this program keeps on the machine.
    ///
    /// # Errors
    /// As [`Context::settings`].
    pub(crate) fn local(&self) -> Result<Local<'_>> {
        Ok(Local::new(
            &self.ui,
            &self.settings()?.data,
            &self.interrupt,
        ))
    }

    /// What clients of account services are made with.
    #[must_use]
    pub(crate) fn clients(&self) -> Clients {
        Clients::new(
            self.global.debug.then(|| self.ui.trace()),
            self.ui.notices(),
        )
    }

    /// The credential in force; the API is not asked.
    ///
    /// # Errors
    /// `NotLoggedIn` where there is none, `Keyring` where the keyring fails.
    pub(crate) async fn credential(&self) -> Result<Credential> {
        credentials::resolve(self.settings()?, self.local()?).await
    }

    /// The account service with the credential in force.
    ///
    /// # Errors
    /// As [`Context::credential`].
    pub(crate) async fn authed(&self) -> Result<Authed> {
        let credential = self.credential().await?;
        self.from_variable
            .set(credential.source() == Source::Environment);
        if credential.source() == Source::OfficialConfig
            && let Some(path) = &self.settings()?.official_path
        {
            let path = path.display();
            self.ui.warn(&format!(
                "the secret key comes from {path}, which is plain text"
            ));
            self.ui
                .hint("`scw login --from-config` moves it into the keyring");
        }
        Authed::new(&self.clients(), credential, &self.local()?.record()?)
    }

    /// A failure, with a hint at the variable where the key of the variable is what was refused.
    #[must_use]
    pub(crate) fn explained(&self, err: CliError) -> CliError {
        if self.from_variable.get() {
            err.hint_for_refused_key("fix or unset `SCW_SECRET_KEY` and `SCW_ACCESS_KEY`")
        } else {
            err
        }
    }

    /// Where the backup codes of a user are saved: the place that is on record, else the usual one.
    ///
    /// # Errors
    /// When the record cannot be read.
    pub(crate) fn codes_file(&self, user: &UserId) -> Result<CodesFile> {
        let data = &self.settings()?.data;
        let record = self.local()?.record()?;
        if let Some(path) = record.user(user).and_then(|known| known.codes_file.clone()) {
            return Ok(CodesFile::at(data, user, path));
        }
        let clear = CodesFile::usual(data, user, false);
        let encrypted = CodesFile::usual(data, user, true);
        Ok(if !clear.exists() && encrypted.exists() {
            encrypted
        } else {
            clear
        })
    }

    /// Makes sure that somebody can be asked for `wanted`; `flag` is what would answer.
    ///
    /// # Errors
    /// `Usage` where nobody can.
    pub(crate) fn need_somebody_to_ask(&self, wanted: &str, flag: &str) -> Result<()> {
        self.prompter
            .check()
            .map_err(|err| prompt_error(&err, wanted, flag))
    }

    /// Asks for yes or no. `about` says what the question is about, on lines of its own: a
    /// question that is longer than the terminal is wide is drawn twice. `flag` is what would have
    /// answered.
    ///
    /// # Errors
    /// `Usage` where nobody can be asked, `Interrupted` on Ctrl-C or a request to end.
    pub(crate) async fn confirm(&self, about: &str, question: &str, flag: &str) -> Result<bool> {
        self.need_somebody_to_ask("confirmation is", flag)?;
        self.ui.instruct(about);
        self.unless_interrupted(self.prompter.confirm(question))
            .await?
            .map_err(|err| prompt_error(&err, "confirmation is", flag))
    }

    /// Waits for something unless the end of the program is asked for first.
    ///
    /// # Errors
    /// `Interrupted`.
    pub(crate) async fn unless_interrupted<T>(&self, wait: impl Future<Output = T>) -> Result<T> {
        tokio::select! {
            // A request that came before the wait began ends it too.
            biased;
            () = self.interrupt.requested() => Err(CliError::interrupted()),
            done = wait => Ok(done),
        }
    }
}

/// The error for a question that got no answer. `wanted` is what was asked for, `flag` what would
/// have answered it.
#[must_use]
pub(crate) fn prompt_error(err: &PromptError, wanted: &str, flag: &str) -> CliError {
    match err {
        PromptError::NotATerminal | PromptError::NoInput => {
            CliError::usage(format!("{wanted} required, but {err}")).hint(format!("use {flag}"))
        }
        PromptError::Interrupted => CliError::interrupted(),
    }
}
