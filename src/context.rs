//! What commands need, opened when it is first used.

use std::cell::{Cell, OnceCell};

use time::OffsetDateTime;

pub(crate) use crate::error::prompt_error;

use crate::{
    cli::GlobalArgs,
    config::{Flags, Settings},
    credentials::{self, Authed, Clients, Credential, Keys, Local, Source},
    error::{CliError, Kind, Result, for_profile},
    model::{ProfileName, UserId},
    process::Interrupt,
    store::CodesFile,
    ui::{Prompter, Ui},
};

/// Everything a command may need.
#[derive(Debug)]
pub(crate) struct Context {
    ui: Ui,
    prompter: Prompter,
    keys: Keys,
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
            keys: Keys::new(
                Prompter::new(global.no_input),
                global.passphrase_file.clone(),
                global.identity.clone(),
            ),
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

    /// The prompts.
    #[must_use]
    pub(crate) fn prompter(&self) -> &Prompter {
        &self.prompter
    }

    /// Ctrl-C and other requests to end the program.
    #[must_use]
    pub(crate) fn interrupt(&self) -> &Interrupt {
        &self.interrupt
    }

    /// Whether only the result is wanted.
    #[must_use]
    pub(crate) fn is_quiet(&self) -> bool {
        self.global.quiet
    }

    /// Chooses the profile, where it was not clap that read its name.
    pub(crate) fn use_profile(&mut self, name: ProfileName) {
        self.global.profile = Some(name);
        self.settings = OnceCell::new();
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
        })
        .map_err(CliError::from)
        .map_err(|err| match err.kind() {
            Kind::LocalFile => {
                err.hint("or run `export SCW_DATA_DIR=FOLDER` with a folder of your own")
            }
            _ => err,
        })?;
        Ok(self.settings.get_or_init(|| settings))
    }

    /// Whether `--profile` is given; a variable does not count.
    #[must_use]
    pub(crate) fn has_profile_flag(&self) -> bool {
        self.global.profile.is_some()
    }

    /// A hint whose commands act on the profile of this one.
    #[must_use]
    pub(crate) fn aimed(&self, hint: &str) -> String {
        match &self.global.profile {
            Some(profile) => for_profile(hint, profile),
            None => hint.to_owned(),
        }
    }

    /// A command for a hint, with the option without which it would act on another profile than
    /// this one.
    ///
    /// # Errors
    /// As [`Context::settings`].
    pub(crate) fn command_for(&self, command: &str, profile: &ProfileName) -> Result<String> {
        let anyway = self.global.profile.is_none() && self.settings()?.profile == *profile;
        Ok(if anyway {
            command.to_owned()
        } else {
            format!("{command} -p {profile}")
        })
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
            &self.keys,
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

    /// The credential in force, with a warning where others could read it.
    ///
    /// # Errors
    /// As [`Context::credential`].
    pub(crate) async fn warned_credential(&self) -> Result<Credential> {
        let credential = self.credential().await?;
        self.from_variable
            .set(credential.source() == Source::Environment);
        self.warn_of_plain_text(&credential)?;
        Ok(credential)
    }

    /// The account service with the credential in force.
    ///
    /// # Errors
    /// As [`Context::credential`].
    pub(crate) async fn authed(&self) -> Result<Authed> {
        let credential = self.warned_credential().await?;
        Authed::new(&self.clients(), credential, &self.local()?.record()?)
    }

    /// Warns where a credential comes from the official client's file.
    ///
    /// # Errors
    /// As [`Context::settings`].
    pub(crate) fn warn_of_plain_text(&self, credential: &Credential) -> Result<()> {
        if credential.source() == Source::OfficialConfig
            && let Some(path) = &self.settings()?.official_path
        {
            let path = path.display();
            self.ui.warn(&format!(
                "the secret key comes from {path}, where it is stored unencrypted"
            ));
            self.ui
                .hint(&self.aimed("run `scw login --from-config` to move it into the keyring"));
        }
        Ok(())
    }

    /// Aims the hints of a failure at the profile that `--profile` names, and replaces them where the
    /// service rejected the key of `SCW_SECRET_KEY`.
    #[must_use]
    pub(crate) fn explained(&self, err: CliError) -> CliError {
        let err = match &self.global.profile {
            Some(profile) => err.for_profile(profile),
            None => err,
        };
        if self.from_variable.get() {
            err.hint_for_refused_key("fix or unset `SCW_SECRET_KEY` and `SCW_ACCESS_KEY`")
        } else {
            err
        }
    }

    /// Where the backup codes of a user are saved: the place on record, else the usual one.
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

    /// Makes sure that a prompt for `wanted` is possible; `flag` is what would answer it.
    ///
    /// # Errors
    /// `Usage` where it is not.
    pub(crate) fn require_prompt(&self, wanted: &str, flag: &str) -> Result<()> {
        self.prompter
            .check()
            .map_err(|err| prompt_error(&err, wanted, flag))
    }

    /// Asks for yes or no. `about` says what the question is about, on lines of its own: a
    /// question that is longer than the terminal is wide is drawn twice. `flag` is what would have
    /// answered.
    ///
    /// # Errors
    /// `Usage` where a prompt is not possible, `Interrupted` on Ctrl-C or a request to end.
    pub(crate) async fn confirm(&self, about: &str, question: &str, flag: &str) -> Result<bool> {
        self.require_prompt("confirmation is", flag)?;
        self.ui.instruct(about);
        self.unless_interrupted(self.prompter.confirm(question))
            .await?
            .map_err(|err| prompt_error(&err, "confirmation is", flag))
    }

    /// Waits for something, or for the request to end the program, whichever comes first.
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
