//! Completions behind a command of the official client, which knows them.
//!
//! It answers `scw autocomplete complete SHELL -- …` with what its own scripts hand over
//! (scaleway-cli, `internal/namespaces/autocomplete/autocomplete.go`): bash and zsh get the candidates
//! with spaces between them, fish gets lines.

use std::{
    ffi::{OsStr, OsString},
    time::Duration,
};

use clap::CommandFactory;

use crate::{
    cli::Cli,
    context::Context,
    entry::{event_loop, handover, words},
    env,
    model::{ColorWhen, Format, clean},
    process::{self, Variables, answer},
    ui::Ui,
};

/// Which word is completed, and what is put between the candidates: as the scripts of
/// `clap_complete` say it.
const INDEX: &str = "_CLAP_COMPLETE_INDEX";
const SEPARATOR: &str = "_CLAP_IFS";

/// How long a keyring may take: a person waits for the key that was pressed.
const KEYRING_LIMIT: Duration = Duration::from_millis(1500);

/// How long the official client may take. It may ask the API for names.
const LIMIT: Duration = Duration::from_secs(3);

/// The candidates in the form that the script of the shell reads. Nothing where the word to complete
/// is not behind a command of the official client, or there is none.
pub(super) fn candidates(shell: &str, words: &[OsString]) -> Option<String> {
    let index = variable(INDEX).and_then(|index| index.parse().ok());
    let index: usize = index.unwrap_or(words.len().saturating_sub(1));
    let (left, rest) = words.split_at_checked(index)?;
    let token = rest.first().cloned().unwrap_or_default();
    let line = env::text(env::COMPLETE_LINE).ok().flatten();
    let (left, token) = match line {
        Some(line) if shell == "bash" => rejoined(left, token, &line),
        _ => (left.to_vec(), token),
    };
    let foreign = words::foreign(&Cli::command(), left.get(1..)?)?;
    let official = handover::official().ok()??;
    let (variables, args) = prepared(&foreign).unwrap_or((Variables::default(), &foreign.args));
    let form = if matches!(shell, "bash" | "zsh") {
        shell
    } else {
        "fish"
    };
    let args = question(form, args, &token);
    let printed = official
        .command(variables, &args)
        .ok()
        .and_then(|command| answer(command, LIMIT))
        .unwrap_or_default();
    Some(written(shell, &String::from_utf8_lossy(&printed)))
}

/// The environment and the arguments as the command itself would get them, without a word to anybody.
fn prepared(foreign: &words::Foreign) -> Option<(Variables, &[OsString])> {
    process::harden();
    let mut global = handover::global(foreign).ok()?;
    global.no_input = true;
    global.quiet = true;
    let ui = Ui::new(Format::Human, true, ColorWhen::Never);
    let mut context = Context::new(ui, global);
    let chosen = handover::choose_profile(foreign, &mut context);
    let runtime = event_loop().ok()?;
    runtime.block_on(async {
        let prepared = handover::prepared(foreign, &context, chosen);
        tokio::time::timeout(KEYRING_LIMIT, prepared).await.ok()
    })
}

/// What the official client is asked.
fn question(form: &str, args: &[OsString], token: &OsStr) -> Vec<OsString> {
    let mut asked: Vec<OsString> = ["autocomplete", "complete", form, "--"]
        .map(OsString::from)
        .to_vec();
    let left = || std::iter::once(OsString::from("scw")).chain(args.iter().cloned());
    let count = args.len() + 1;
    let mut line = OsString::new();
    for word in left() {
        line.push(word);
        line.push(" ");
    }
    line.push(token);
    match form {
        "bash" => {
            asked.extend([line, count.to_string().into()]);
            asked.extend(left());
            asked.push(token.to_owned());
        }
        "zsh" => {
            // zsh counts its words from one.
            asked.push((count + 1).to_string().into());
            asked.extend(left());
            asked.push(token.to_owned());
        }
        _ => {
            let cursor = line.to_string_lossy().chars().count().to_string();
            asked.extend([line, cursor.into(), token.to_owned()]);
            asked.extend(left());
        }
    }
    asked
}

/// The candidates as the script of the shell reads them.
fn written(shell: &str, printed: &str) -> String {
    let separator = variable(SEPARATOR).unwrap_or("\n".to_owned());
    let split: Vec<&str> = match shell {
        "bash" | "zsh" => printed.split_whitespace().collect(),
        _ => printed.lines().map(str::trim).collect(),
    };
    let candidates = split.into_iter().map(clean).filter(|word| !word.is_empty());
    let candidates: Vec<String> = match shell {
        // A colon ends the value.
        "zsh" => candidates
            .map(|word| word.replace('\\', "\\\\").replace(':', "\\:"))
            .collect(),
        _ => candidates.collect(),
    };
    candidates.join(&separator)
}

/// The words as the user sees them: bash also splits at `=` and `:`. `line` ends at the cursor.
fn rejoined(left: &[OsString], token: OsString, line: &str) -> (Vec<OsString>, OsString) {
    let mut words: Vec<OsString> = Vec::new();
    let mut rest = line;
    for word in left {
        let text = rest.trim_start();
        let Some(behind) = word.to_str().and_then(|word| text.strip_prefix(word)) else {
            return (left.to_vec(), token);
        };
        match words.last_mut() {
            Some(last) if text.len() == rest.len() => last.push(word),
            _ => words.push(word.clone()),
        }
        rest = behind;
    }
    let typed = rest.trim_start();
    let is_attached = typed.len() == rest.len() && !typed.is_empty();
    let token = match words.pop_if(|_| is_attached) {
        Some(mut begun) => {
            begun.push(typed);
            begun
        }
        None => typed.into(),
    };
    (words, token)
}

fn variable(name: &'static str) -> Option<String> {
    env::text(name).ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    // Issue 10, 2
    #[test]
    fn the_words_that_bash_splits_are_put_together_again() {
        for (words, token, line, expected) in [
            ("scw instance", "", "scw instance ", "scw|instance|"),
            ("scw instance", "se", "scw  instance se", "scw|instance|se"),
            ("scw i image", "", "scw i image=", "scw|i|image="),
            ("scw i image =", "ub", "scw i image=ub", "scw|i|image=ub"),
            ("scw i a = b", "", "scw i a=b ", "scw|i|a=b|"),
            ("scw i a : b =", "c", "scw i a:b=c", "scw|i|a:b=c"),
            // Something else than the line: as it came.
            ("scw x", "y", "scw z y", "scw|x|y"),
        ] {
            let left: Vec<OsString> = words.split(' ').map(OsString::from).collect();
            let (mut words, token) = rejoined(&left, token.into(), line);
            words.push(token);
            assert_eq!(words.join(OsStr::new("|")), expected, "{line}");
        }
    }

    // Issue 10, 2
    #[test]
    fn each_shell_is_asked_about_in_its_own_form() {
        let args = ["instance".into(), "x y".into()];
        for (form, expected) in [
            ("bash", "bash|--|scw instance x y t|3|scw|instance|x y|t"),
            ("zsh", "zsh|--|4|scw|instance|x y|t"),
            ("fish", "fish|--|scw instance x y t|18|t|scw|instance|x y"),
        ] {
            let asked = question(form, &args, OsStr::new("t"));
            let expected = format!("autocomplete|complete|{expected}");
            assert_eq!(asked.join(OsStr::new("|")), expected.as_str());
        }
    }

    // Issue 10, 2
    #[test]
    fn an_answer_becomes_what_the_script_reads() {
        assert_eq!(written("zsh", "a:b c=\n"), "a\\:b\nc=");
        assert_eq!(written("bash", "a:b  c="), "a:b\nc=");
        assert_eq!(
            written("fish", "a\nb c\n\n\u{1b}[1md\n"),
            "a\nb c\n\u{fffd}[1md"
        );
    }
}
