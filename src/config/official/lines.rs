//! The lines of `config.yaml` that hold a secret key alone, found without a parser: a parser tells
//! what a file says, not which bytes say it. `scrub` proves with one that the lines are the right
//! ones.
//!
//! Only the form that the official client writes is known here, with quotes, comments and any
//! indentation. YAML that says the same in another way is refused.

use std::ops::Range;

use super::TOP;

/// The key of a secret.
pub(super) const SECRET_KEY: &str = "secret_key";

/// Why the file is left as it is. The text names no part of the file but a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refused {
    /// The line, from 1, where one is to blame.
    pub line: Option<usize>,
    /// What is wrong, as in "it has a tab".
    pub why: &'static str,
}

/// A line `secret_key: VALUE`.
#[derive(Debug)]
pub(super) struct SecretLine<'a> {
    /// The profile that it stands in.
    pub profile: String,
    /// Its value without quotes; nothing where it is no plain value.
    pub value: Option<&'a str>,
    /// The line, from 1.
    pub number: usize,
    /// Where its bytes are, with the line break behind it.
    pub bytes: Range<usize>,
}

/// Finds the lines with the secret keys of profiles.
pub(super) fn secret_lines(text: &str) -> Result<Vec<SecretLine<'_>>, Refused> {
    let mut found = Vec::new();
    // The keys above a line, each with its indentation.
    let mut above: Vec<(usize, &str)> = Vec::new();
    let mut start = text.len() - text.trim_start_matches('\u{feff}').len();
    for (index, line) in text[start..].split_inclusive('\n').enumerate() {
        let number = index + 1;
        let bytes = start..start + line.len();
        start = bytes.end;
        let line = line.strip_suffix('\n').unwrap_or(line);
        let line = line.strip_suffix('\r').unwrap_or(line);
        check(line).map_err(|why| Refused {
            line: Some(number),
            why,
        })?;
        let Some(entry) = Entry::of(line) else {
            continue;
        };
        while above
            .last()
            .is_some_and(|(indent, _)| *indent >= entry.indent)
        {
            above.pop();
        }
        above.push((entry.indent, entry.key));
        let keys: Vec<&str> = above.iter().map(|(_, key)| *key).collect();
        let profile = match keys[..] {
            [SECRET_KEY] => TOP,
            ["profiles", name, SECRET_KEY] if name != TOP => name,
            _ => continue,
        };
        found.push(SecretLine {
            profile: profile.to_owned(),
            value: scalar(entry.rest),
            number,
            bytes,
        });
    }
    Ok(found)
}

/// Refuses what another reader of YAML could take for something else, and what makes one part of a
/// file stand for another.
fn check(line: &str) -> Result<(), &'static str> {
    // YAML 1.1, which the official client reads, also ends a line at three of these.
    let odd = |c: char| {
        (c.is_control() && c != '\t') || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}')
    };
    if line.contains(odd) {
        return Err("it has a control character");
    }
    let body = line.trim_start_matches(' ');
    if body.trim().is_empty() || body.starts_with('#') {
        return Ok(());
    }
    if line.contains('\t') {
        return Err("it has a tab");
    }
    if line.starts_with('%') || body.starts_with("? ") || body == "?" {
        return Err("scw does not know this form of YAML");
    }
    let mut item = body;
    while let Some(rest) = item.strip_prefix("- ") {
        item = rest.trim_start_matches(' ');
    }
    let value = Entry::of(item).map_or("", |entry| entry.rest);
    if [item, value]
        .iter()
        .any(|text| text.starts_with(['&', '*', '!']))
        || item.starts_with("<<")
    {
        return Err("it has an anchor, an alias, a merge key or a tag");
    }
    Ok(())
}

/// A line `KEY: REST`.
struct Entry<'a> {
    indent: usize,
    key: &'a str,
    rest: &'a str,
}

impl<'a> Entry<'a> {
    fn of(line: &'a str) -> Option<Self> {
        let body = line.trim_start_matches(' ');
        let (key, behind) = match body.chars().next()? {
            quote @ ('"' | '\'') => quoted(body, quote)?,
            '#' | '-' => return None,
            _ => {
                let end = body
                    .match_indices(':')
                    .map(|(at, _)| at)
                    .find(|at| matches!(body.as_bytes().get(at + 1), None | Some(b' ')))?;
                (body[..end].trim_end(), &body[end..])
            }
        };
        let rest = behind.trim_start_matches(' ').strip_prefix(':')?;
        (rest.is_empty() || rest.starts_with(' ')).then(|| Self {
            indent: line.len() - body.len(),
            key,
            rest: rest.trim_start_matches(' '),
        })
    }
}

/// What stands between quotes at the beginning, and what is behind them. A text with an escape in
/// it is none that this file knows.
fn quoted(text: &str, quote: char) -> Option<(&str, &str)> {
    let (inner, behind) = text[1..].split_once(quote)?;
    (!inner.contains('\\')).then_some((inner, behind))
}

/// A value on one line, without quotes and without the comment behind it.
fn scalar(rest: &str) -> Option<&str> {
    let is_comment =
        |text: &str| text.trim_start().is_empty() || text.trim_start().starts_with('#');
    match rest.chars().next()? {
        quote @ ('"' | '\'') => {
            let (inner, behind) = quoted(rest, quote)?;
            let apart = behind.is_empty() || behind.starts_with(' ');
            (apart && is_comment(behind)).then_some(inner)
        }
        _ => Some(
            rest.split_once(" #")
                .map_or(rest, |(value, _)| value)
                .trim_end(),
        ),
    }
}
