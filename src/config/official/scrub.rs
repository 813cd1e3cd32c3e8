//! Taking secret keys out of `config.yaml`: lines are found by `lines`, and the result is proven
//! with the parser before anybody sees it.

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use zeroize::Zeroizing;

use super::{
    Content, TOP,
    lines::{Refused, SECRET_KEY, SecretLine, secret_lines},
    yaml::{self, Told},
};

/// The text without the secret keys that stand in these profiles themselves.
pub(super) fn scrub(
    text: &str,
    content: &Content,
    of: &[&str],
) -> Result<Zeroizing<String>, Refused> {
    let lines = secret_lines(text)?;
    if let Some(secret) = content.unused_secret() {
        return Err(Refused {
            line: line_with(text, secret, &[]),
            why: "the profile named `default` below `profiles` is never used, so its secret key belongs to no login",
        });
    }
    let secrets: Vec<(&str, &SecretString)> = of
        .iter()
        .filter_map(|name| Some((*name, content.own_secret(name)?)))
        .collect();
    let gone = secrets
        .iter()
        .map(|(name, secret)| line_of(text, &lines, name, secret))
        .collect::<Result<Vec<_>, _>>()?;
    let new = without(text, &gone);
    prove(text, &new, content, &secrets, &gone)?;
    for (_, secret) in &secrets {
        if let Some(line) = line_with(text, secret, &gone) {
            return Err(Refused {
                line: Some(line),
                why: "it holds the secret key once more",
            });
        }
    }
    Ok(new)
}

/// The one line that holds the secret key of a profile.
fn line_of<'a>(
    text: &str,
    lines: &'a [SecretLine<'a>],
    profile: &str,
    secret: &SecretString,
) -> Result<&'a SecretLine<'a>, Refused> {
    let mut here = lines.iter().filter(|line| line.profile == profile);
    match (here.next(), here.next()) {
        (Some(line), None) if line.value == Some(secret.expose_secret()) => Ok(line),
        (Some(line), None) => Err(Refused {
            line: Some(line.number),
            why: "the secret key is not a plain value on this line",
        }),
        _ => Err(Refused {
            line: line_with(text, secret, &[]),
            why: "the secret key is not on a line `secret_key: …` of its own",
        }),
    }
}

/// The first line that holds a secret, in any letter case, but for the lines that go.
fn line_with(text: &str, secret: &SecretString, gone: &[&SecretLine<'_>]) -> Option<usize> {
    let secret = Zeroizing::new(secret.expose_secret().to_ascii_lowercase());
    let mut numbered = (1..).zip(text.lines());
    numbered
        .find(|(number, line)| {
            let line = Zeroizing::new(line.to_ascii_lowercase());
            line.contains(secret.as_str()) && gone.iter().all(|gone| gone.number != *number)
        })
        .map(|(number, _)| number)
}

fn without(text: &str, gone: &[&SecretLine<'_>]) -> Zeroizing<String> {
    let mut ranges: Vec<_> = gone.iter().map(|line| line.bytes.clone()).collect();
    ranges.sort_by_key(|range| range.start);
    let mut new = Zeroizing::new(String::with_capacity(text.len()));
    let mut from = 0;
    for range in ranges {
        new.push_str(&text[from..range.start]);
        from = range.end;
    }
    new.push_str(&text[from..]);
    new
}

/// Proves that the new text says what the old one said, but for the secret keys.
fn prove(
    old: &str,
    new: &str,
    content: &Content,
    secrets: &[(&str, &SecretString)],
    gone: &[&SecretLine<'_>],
) -> Result<(), Refused> {
    let more = || Refused {
        line: gone.first().map(|line| line.number),
        why: "without this line the file would say something else",
    };
    let mut expected = parse(old, content).ok_or_else(more)?;
    for ((name, _), line) in secrets.iter().zip(gone) {
        let profile = match *name {
            TOP => expected.as_object_mut(),
            name => expected["profiles"][name].as_object_mut(),
        };
        let profile = profile.ok_or_else(more)?;
        profile.remove(SECRET_KEY);
        // The official client reads an empty profile as a null pointer and follows it
        // (scaleway-sdk-go, `scw/config.go`, `MergeProfiles`).
        if profile.is_empty() && *name != TOP {
            return Err(Refused {
                line: Some(line.number),
                why: "its profile would be empty, which the official client cannot read",
            });
        }
    }
    // A file without any key is empty, not an empty object.
    if expected.as_object().is_some_and(serde_json::Map::is_empty) {
        expected = Value::Null;
    }
    if parse(new, content).ok_or_else(more)? == expected {
        Ok(())
    } else {
        Err(more())
    }
}

/// What a text says, with other values in the place of the secret keys: this form of it is not
/// wiped from memory.
fn parse(text: &str, content: &Content) -> Option<Value> {
    let mut masked = Zeroizing::new(text.to_owned());
    for secret in content.names().filter_map(|name| content.own_secret(name)) {
        let secret = secret.expose_secret();
        if !secret.is_empty() {
            masked = Zeroizing::new(masked.replace(secret, &"x".repeat(secret.len())));
        }
    }
    yaml::load(&masked, Told::TextAndForm).ok()
}

#[cfg(test)]
mod tests;
