//! Where the code of a new key comes from.

use secrecy::{ExposeSecret, SecretString};

use crate::{
    context::{Context, prompt_error},
    env,
    error::Result,
    model::OtpKey,
    process,
    ui::{PromptError, QrOnScreen},
};

/// How often a person may type a code that is wrong. What is no code at all does not count.
const TRIES: usize = 3;

/// The question for the code where no QR code is wanted, as for a screen reader.
const PROMPT: &str = "Six-digit code from the app";
/// The question below a QR code. Short: the window may be as narrow as the code.
pub(super) const PROMPT_WITH_QR: &str = "Six-digit code (r redraws the QR code)";

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

    /// Gets a code for a key. A person can have `qr` drawn again first (cli.md, `scw 2fa on`).
    ///
    /// # Errors
    /// When nobody or nothing gives one.
    pub(super) async fn next(
        &self,
        ctx: &Context,
        key: &OtpKey,
        qr: Option<&QrOnScreen>,
    ) -> Result<SecretString> {
        match self {
            Self::Command(command) => {
                let key = SecretString::from(key.expose_base32());
                Ok(process::otp_command(command, Some(&key)).await?)
            }
            Self::Variable(code) => Ok(code.clone()),
            Self::Person => {
                let typed = match qr {
                    Some(qr) => Self::ask_below(ctx, qr).await,
                    None => ctx.prompter().plain_line(PROMPT).await,
                };
                typed.map_err(|err| prompt_error(&err, "a one-time password is", WOULD_ANSWER))
            }
        }
    }

    /// Asks below a QR code until the answer is something else than a wish for its next form.
    async fn ask_below(ctx: &Context, qr: &QrOnScreen) -> Result<SecretString, PromptError> {
        loop {
            let typed = ctx.prompter().line(PROMPT_WITH_QR).await?;
            if !typed.expose_secret().trim().eq_ignore_ascii_case("r") {
                return Ok(typed);
            }
            qr.draw_next(ctx.ui());
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
