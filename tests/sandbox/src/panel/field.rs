//! The fields of the forms: a label, an input, and what is wrong with it beside it.

use maud::{Markup, html};
use serde::Deserialize;

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
                inputmode=[(field.keys == Keys::Digits).then_some("numeric")]
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

    fn has_backup_code(&self) -> bool {
        !self.backup_code.is_empty()
    }
}

/// The fields for a code, or for a backup code in its place.
pub(crate) fn proof_fields(
    typed: &Proofs,
    label: &str,
    focus: bool,
    problem: Option<&str>,
) -> Markup {
    let with_backup = typed.has_backup_code();
    html! {
        (field(&Field {
            optional: true,
            focus,
            ..code_field(label, problem.filter(|_| !with_backup))
        }))
        details open[with_backup] {
            summary { "Use a backup code instead" }
            (field(&Field {
                name: "backup_code",
                label: "Backup code",
                hint: Some("Each works once, like the ones that were shown when two-factor \
                            authentication was switched on."),
                kind: "text",
                autocomplete: "off",
                optional: true,
                keys: Keys::Code,
                problem: problem.filter(|_| with_backup),
                ..Field::default()
            }))
        }
    }
}
