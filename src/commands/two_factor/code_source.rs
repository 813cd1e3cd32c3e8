//! Where the code of a new key comes from.

use secrecy::SecretString;

use crate::{
    context::{Context, prompt_error},
    env,
    error::Result,
    model::OtpKey,
    process,
};

/// How often a person may type a code that is wrong. What is no code at all does not count.
const TRIES: usize = 3;

/// What would have given the code, said where nobody can be asked.
const WOULD_ANSWER: &str = "`--otp-command` or the variable `SCW_OTP`";

/// Where the one-time password comes from.
#[derive(Debug)]
pub(super) enum CodeSource {
    /// A command that gets the key on stdin.
    Command(String),
    /// `SCW_OTP`.
    Variable(SecretString),
    /// The person at the terminal.
    Person,
}

impl CodeSource {
    /// The source in force.
    ///
    /// # Errors
    /// [`Kind::Usage`] where there is none, before anything else is tried.
    pub(super) fn of(ctx: &Context, command: Option<&str>) -> Result<Self> {
        if let Some(command) = command {
            return Ok(Self::Command(command.to_owned()));
        }
        if let Some(code) = env::secret(env::OTP)? {
            return Ok(Self::Variable(code));
        }
        ctx.require_prompt("a one-time password is", WOULD_ANSWER)?;
        Ok(Self::Person)
    }

    /// Gets a code for a key.
    ///
    /// # Errors
    /// When nobody or nothing gives one.
    pub(super) async fn next(&self, ctx: &Context, key: &OtpKey) -> Result<SecretString> {
        match self {
            Self::Command(command) => {
                let key = SecretString::from(key.expose_base32());
                Ok(process::otp_command(command, Some(&key)).await?)
            }
            Self::Variable(code) => Ok(code.clone()),
            Self::Person => ctx
                .prompter()
                .line("Six-digit code of the app")
                .await
                .map_err(|err| prompt_error(&err, "a one-time password is", WOULD_ANSWER)),
        }
    }

    /// Whether a person types it.
    pub(super) fn is_person(&self) -> bool {
        matches!(self, Self::Person)
    }

    /// A person may mistype; the other sources would say the same again.
    pub(super) fn tries(&self) -> usize {
        match self {
            Self::Person => TRIES,
            Self::Command(_) | Self::Variable(_) => 1,
        }
    }
}
