//! The fields of the forms: a label, an input, and what is wrong with it beside it.

use maud::{Markup, html};
use serde::Deserialize;

use super::memory::Refusal;
use crate::store::Proof;

/// The token that a form must carry.
pub(crate) fn token(form: &str) -> Markup {
    html! { input type="hidden" name="form" value=(form); }
}

/// What is typed into a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Keys {
    /// Words.
    #[default]
    Text,
    /// A code: no keyboard is to change it.
    Code,
    /// A code of digits, for which a phone shows the keys.
    Digits,
}

/// One line of text in a form.
#[derive(Debug, Default)]
pub(crate) struct Field<'a> {
    pub(crate) name: &'static str,
    pub(crate) label: &'a str,
    pub(crate) hint: Option<&'a str>,
    pub(crate) kind: &'static str,
    pub(crate) autocomplete: &'static str,
    pub(crate) value: &'a str,
    pub(crate) optional: bool,
    pub(crate) keys: Keys,
    /// Whether the page begins here.
    pub(crate) focus: bool,
    pub(crate) problem: Option<&'a str>,
}

/// A field with its label, its hint and its problem.
pub(crate) fn field(field: &Field<'_>) -> Markup {
    let name = field.name;
    let is_code = field.keys != Keys::Text;
    let is_digits = field.keys == Keys::Digits;
    let parts = [
        field.hint.map(|_| format!("{name}-hint")),
        field.problem.map(|_| format!("{name}-problem")),
    ];
    let described: Vec<String> = parts.into_iter().flatten().collect();
    let described = (!described.is_empty()).then(|| described.join(" "));
    html! {
        div.field {
            label for=(name) { (field.label) }
            @if let Some(hint) = field.hint {
                p.hint id={ (name) "-hint" } { (hint) }
            }
            input id=(name) name=(name) type=(field.kind) value=(field.value)
                class=[is_code.then_some("code")]
                inputmode=[is_digits.then_some("numeric")]
                // Six digits, with the spaces that apps show between them.
                pattern=[is_digits.then_some(r"\s*([0-9]\s*){6}")]
                maxlength=[is_digits.then_some("12")]
                title=[is_digits.then_some("Six digits")]
                autocomplete=(field.autocomplete)
                autocapitalize=[is_code.then_some("none")]
                spellcheck=[is_code.then_some("false")]
                required[!field.optional] autofocus[field.focus || field.problem.is_some()]
                aria-invalid=[field.problem.map(|_| "true")]
                aria-describedby=[described];
            @if let Some(problem) = field.problem {
                p.problem role="alert" id={ (name) "-problem" } { (problem) }
            }
        }
    }
}

/// The field for the code of an authenticator app.
pub(crate) fn code_field<'a>(label: &'a str, problem: Option<&'a str>) -> Field<'a> {
    Field {
        name: "code",
        label,
        kind: "text",
        autocomplete: "one-time-code",
        keys: Keys::Digits,
        problem,
        ..Field::default()
    }
}

/// A code or a backup code, as a form sends them.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Proofs {
    code: String,
    backup_code: String,
}

impl Proofs {
    /// What was typed; the backup code counts where both were. White space in a code is a person's
    /// way of reading it.
    pub(crate) fn proof(&mut self) -> Option<Proof<'_>> {
        self.code.retain(|letter| !letter.is_whitespace());
        self.backup_code.retain(|letter| !letter.is_whitespace());
        if self.backup_code.is_empty() {
            Proof::typed(&self.code)
        } else {
            Some(Proof::BackupCode(&self.backup_code))
        }
    }

    /// The name of the field that counts.
    pub(crate) fn field(&self) -> &'static str {
        if self.backup_code.is_empty() {
            "code"
        } else {
            "backup_code"
        }
    }
}

/// The fields for a code, or for a backup code in its place.
pub(crate) fn proof_fields(label: &str, focus: bool, refusal: Option<&Refusal>) -> Markup {
    let of_backup_code = Refusal::of(refusal, "backup_code");
    html! {
        (field(&Field {
            optional: true,
            focus: focus && of_backup_code.is_none(),
            ..code_field(label, Refusal::of(refusal, "code"))
        }))
        details open[of_backup_code.is_some()] {
            summary { "Use a backup code instead" }
            (backup_code_field(of_backup_code))
        }
    }
}

/// The field for a backup code.
pub(crate) fn backup_code_field(problem: Option<&str>) -> Markup {
    field(&Field {
        name: "backup_code",
        label: "Backup code",
        hint: Some(
            "One of the ten codes that you saved when you enabled two-factor \
             authentication. Each works once.",
        ),
        kind: "text",
        autocomplete: "off",
        optional: true,
        keys: Keys::Code,
        problem,
        ..Field::default()
    })
}
