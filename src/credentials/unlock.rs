//! What opens encrypted files: a passphrase, or an age or SSH key. Asked for when a file needs it,
//! and once a run.

use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::{
    Local,
    secret_file::{read_bytes, read_secret_file},
};
use crate::{
    config::{Kept, Record},
    env,
    error::{CliError, IDENTITY_FLAG, Kind, PASSPHRASE_FLAG, Result, prompt_error},
    model::{ProfileName, SecretName, StorageKind},
    store::{self, FoundIdentity, Identity, Key, Lock, LockedIdentity, SecretStore, StoreError},
    ui::{self, PromptError},
};

/// How often a person may type a passphrase.
const TRIES: usize = 3;
/// The most that stdin may hold of a passphrase or a key, in bytes.
const MAX_STDIN_BYTES: usize = 64 * 1024;

/// Whom to ask for what opens a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asking {
    /// The options and variables, then the person at the terminal.
    Person,
    /// The options and variables only.
    Nobody,
}

impl Local<'_> {
    /// Does something that may need to open an encrypted file: first without a key, which tells what
    /// it needs, then with it. A person who mistyped the passphrase is asked again.
    ///
    /// # Errors
    /// [`Kind::Usage`] where nothing was given and nobody can be asked, [`Kind::Keyring`] where what
    /// was given does not open it; else what `attempt` says.
    pub(crate) async fn unlock<T>(
        &self,
        asking: Asking,
        attempt: impl AsyncFn(Option<Key>) -> Result<T, StoreError>,
    ) -> Result<T> {
        let mut key = None;
        let mut tries = 0;
        loop {
            let (path, with, again) = match attempt(key.clone()).await {
                Err(StoreError::Encrypted { path, with }) if key.is_none() => (path, with, false),
                Err(StoreError::Unopened {
                    path,
                    with: Lock::Passphrase,
                }) if self.keys().was_typed() && asking == Asking::Person && tries < TRIES => {
                    if tries > 0 {
                        self.ui().ask_again(&"the passphrase is wrong");
                    }
                    (path, Lock::Passphrase, true)
                }
                outcome => return Ok(outcome?),
            };
            key = Some(match with {
                Lock::Key => Key::Identity(self.identity(&path, asking).await?),
                Lock::Passphrase => {
                    let known = self.keys().passphrase.borrow().clone();
                    Key::Passphrase(match known {
                        Some(known) if !again => known.text,
                        _ => match self.given_passphrase().await? {
                            Some(given) if !again => given,
                            _ => {
                                tries += 1;
                                self.typed_passphrase(&path, asking).await?
                            }
                        },
                    })
                }
            });
        }
    }

    /// The secret of a login.
    ///
    /// # Errors
    /// As [`Local::unlock`], and what the place says.
    pub(crate) async fn secret(
        &self,
        profile: &ProfileName,
        kept: Kept,
        asking: Asking,
    ) -> Result<SecretString> {
        self.read(profile, kept, asking, |store, name| store.get(name))
            .await
    }

    /// The secret of a login that is about to be revoked.
    ///
    /// # Errors
    /// As [`Local::secret`].
    pub(crate) async fn secret_to_revoke(
        &self,
        profile: &ProfileName,
        kept: Kept,
        asking: Asking,
    ) -> Result<SecretString> {
        self.read(profile, kept, asking, |store, name| {
            store.get_to_revoke(name)
        })
        .await
    }

    async fn read(
        &self,
        profile: &ProfileName,
        kept: Kept,
        asking: Asking,
        get: fn(&dyn SecretStore, &SecretName) -> Result<SecretString, StoreError>,
    ) -> Result<SecretString> {
        self.unlock(asking, async |key| {
            let name = kept.name(profile);
            self.with_store(kept.storage, key, move |store| get(store, &name))
                .await
        })
        .await
    }

    /// Asks for what opens an encrypted secret. It comes before the login is locked: a person may take
    /// a while, and must not keep other runs waiting.
    ///
    /// # Errors
    /// As [`Local::secret`], except where there is no secret: whoever reads it then says so.
    pub(crate) async fn open_early(&self, profile: &ProfileName, kept: Kept) -> Result<()> {
        if kept.storage != StorageKind::Encrypted {
            return Ok(());
        }
        match self.secret(profile, kept, Asking::Person).await {
            Err(err) if err.kind() != Kind::NotLoggedIn => Err(err),
            _ => Ok(()),
        }
    }

    /// What a new secret is encrypted with; nothing where its place takes it as it is. It is asked
    /// for once a run, so whoever needs it late asks early.
    ///
    /// # Errors
    /// [`Kind::Usage`] where nothing was given and nobody can be asked.
    pub(crate) async fn sealing_key(&self, storage: StorageKind) -> Result<Option<Key>> {
        if storage != StorageKind::Encrypted {
            return Ok(None);
        }
        Ok(Some(match self.keys().new_lock() {
            Lock::Key => Key::Identity(self.identity(Path::new(""), Asking::Person).await?),
            Lock::Passphrase => {
                let known = self.keys().passphrase.borrow().clone();
                Key::Passphrase(match known {
                    Some(known) => known.text,
                    None => match self.given_passphrase().await? {
                        Some(given) => given,
                        None => self.new_passphrase().await?,
                    },
                })
            }
        }))
    }

    /// The passphrase that an option, a variable or systemd names; nothing where none does. `-` at
    /// a terminal means to type it.
    async fn given_passphrase(&self) -> Result<Option<SecretString>> {
        let Some(path) = self.keys().passphrase_file() else {
            return Ok(None);
        };
        let read = async {
            if path != Path::new("-") {
                return read_secret_file(&path, "passphrase").await.map(Some);
            }
            if ui::stdin_is_terminal() {
                return Ok(None);
            }
            from_stdin("passphrase").await.map(Some)
        };
        let Some(text) = self.unless_interrupted(read).await?? else {
            return Ok(None);
        };
        let text = text.expose_secret();
        let cut = text.strip_suffix('\n').unwrap_or(text);
        let cut = cut.strip_suffix('\r').unwrap_or(cut);
        if cut.is_empty() {
            return Err(CliError::usage("the file with the passphrase is empty")
                .hint("put the passphrase into the file"));
        }
        let passphrase = SecretString::from(cut);
        Ok(Some(self.keys().remember(passphrase, false)))
    }

    async fn typed_passphrase(&self, path: &Path, asking: Asking) -> Result<SecretString> {
        let unopened = || {
            StoreError::Encrypted {
                path: path.to_owned(),
                with: Lock::Passphrase,
            }
            .into()
        };
        if asking == Asking::Nobody {
            return Err(unopened());
        }
        self.say_whose(path);
        let typed = self.hidden("Passphrase").await?.map_err(|err| {
            let wanted = format!("a passphrase for {} is", path.display());
            self.besides(
                prompt_error(&err, &wanted, PASSPHRASE_FLAG),
                Lock::Passphrase,
            )
        })?;
        Ok(self.keys().remember(typed, true))
    }

    /// Says which file the passphrase is for, where several have their own.
    fn say_whose(&self, path: &Path) {
        let encrypted = |record: Record| {
            let kept = record.logins().map(|(_, login)| login.kept.storage);
            kept.filter(|kept| *kept == StorageKind::Encrypted).count()
        };
        let asks = self.keys().prompter.check().is_ok();
        if asks
            && self.record().is_ok_and(|record| encrypted(record) > 1)
            && let Some(profile) = store::profile_of(path)
        {
            self.ui().instruct(&format!(
                "The secret key of profile `{profile}` is encrypted"
            ));
        }
    }

    /// Asks for a new passphrase, twice.
    async fn new_passphrase(&self) -> Result<SecretString> {
        let unanswered = |err: PromptError| prompt_error(&err, "a passphrase is", PASSPHRASE_FLAG);
        if self.keys().prompter.check().is_ok() {
            self.ui()
                .instruct("Choose a passphrase for the file with the secret key");
        }
        loop {
            let first = self.hidden("New passphrase").await?.map_err(unanswered)?;
            if first.expose_secret().is_empty() {
                self.ui().ask_again(&"the passphrase is empty");
                continue;
            }
            let second = self
                .hidden("Repeat the passphrase")
                .await?
                .map_err(unanswered)?;
            if first.expose_secret() == second.expose_secret() {
                return Ok(self.keys().remember(first, true));
            }
            self.ui().ask_again(&"the passphrases differ");
        }
    }

    /// The age or SSH key, opened where a passphrase protects it. `path` is what it has to open;
    /// empty for a new file.
    async fn identity(&self, path: &Path, asking: Asking) -> Result<Identity> {
        if let Some(known) = self.keys().identity.borrow().clone() {
            return Ok(known);
        }
        let file = match self.keys().identity_file() {
            Some(file) => file,
            None if asking == Asking::Nobody => {
                return Err(StoreError::Encrypted {
                    path: path.to_owned(),
                    with: Lock::Key,
                }
                .into());
            }
            None => self.typed_identity_file(path).await?,
        };
        let content = self.unless_interrupted(read_identity(&file)).await??;
        let found = Identity::parse(&content).map_err(|err| {
            CliError::new(Kind::LocalFile, err.to_string())
                .hint("for another type of key, make an age key with `age-keygen`")
        })?;
        let identity = match found {
            FoundIdentity::Ready(identity) => identity,
            FoundIdentity::Locked(locked) => self.open_identity(&locked, asking).await?,
        };
        *self.keys().identity.borrow_mut() = Some(identity.clone());
        Ok(identity)
    }

    async fn typed_identity_file(&self, path: &Path) -> Result<PathBuf> {
        let prompter = &self.keys().prompter;
        let question = prompter.line("File with the age or SSH key");
        let typed = self.unless_interrupted(question).await?.map_err(|err| {
            let wanted = format!("the key for {} is", path.display());
            self.besides(prompt_error(&err, &wanted, IDENTITY_FLAG), Lock::Key)
        })?;
        let typed = typed.expose_secret().trim();
        // There is no shell here that would know what the tilde stands for.
        let at_home = typed
            .strip_prefix("~/")
            .and_then(|rest| Some(env::path(env::HOME)?.join(rest)));
        Ok(at_home.unwrap_or_else(|| PathBuf::from(typed)))
    }

    /// Opens a key that a passphrase protects.
    async fn open_identity(&self, locked: &LockedIdentity, asking: Asking) -> Result<Identity> {
        let wrong = || {
            CliError::new(Kind::Keyring, "the passphrase does not open the identity")
                .hint("check the passphrase, then try again")
        };
        if let Some(given) = self.given_passphrase().await? {
            return locked.unlock(&given)?.ok_or_else(wrong);
        }
        if asking == Asking::Nobody {
            return Err(CliError::usage("the identity is protected by a passphrase")
                .hint(format!("use {PASSPHRASE_FLAG}")));
        }
        for left in (0..TRIES).rev() {
            let typed = self
                .hidden("Passphrase of the identity")
                .await?
                .map_err(|err| {
                    prompt_error(&err, "the passphrase of the identity is", PASSPHRASE_FLAG)
                })?;
            if let Some(identity) = locked.unlock(&typed)? {
                return Ok(identity);
            }
            if left > 0 {
                self.ui().ask_again(&"the passphrase is wrong");
            }
        }
        Err(wrong())
    }

    /// Adds that what was given is for another kind of file.
    fn besides(&self, err: CliError, needs: Lock) -> CliError {
        let keys = self.keys();
        match needs {
            Lock::Passphrase if keys.identity_file().is_some() => {
                err.and("The file is encrypted with a passphrase, so the identity does not open it")
            }
            Lock::Key if keys.passphrase_file().is_some() => err.and(
                "The file is encrypted for an age or SSH key, so the passphrase does not open it",
            ),
            Lock::Passphrase | Lock::Key => err,
        }
    }

    async fn hidden(&self, question: &str) -> Result<Result<SecretString, PromptError>> {
        self.unless_interrupted(self.keys().prompter.hidden(question))
            .await
    }

    async fn unless_interrupted<T>(&self, wait: impl Future<Output = T>) -> Result<T> {
        tokio::select! {
            biased;
            () = self.interrupt().requested() => Err(CliError::interrupted()),
            done = wait => Ok(done),
        }
    }
}

async fn read_identity(file: &Path) -> Result<Zeroizing<Vec<u8>>> {
    if file != Path::new("-") {
        return read_bytes(file, "identity").await;
    }
    let text = from_stdin("identity").await?;
    Ok(Zeroizing::new(text.expose_secret().as_bytes().to_vec()))
}

async fn from_stdin(what: &str) -> Result<SecretString> {
    ui::read_stdin(MAX_STDIN_BYTES).await.map_err(|err| {
        CliError::usage(format!("could not read the {what} from stdin: {err}"))
            .hint(format!("put the {what} into a file"))
    })
}
