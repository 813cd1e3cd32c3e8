//! The YAML of `config.yaml` as a tree (YAML 1.2.2). The file holds nothing but names and texts, so every
//! scalar is text, or nothing at all.

use std::collections::HashMap;

use granit_parser::{Event, Marker, Parser, ScalarStyle, Tag};
use serde_json::{Map, Value};

/// How deep lists and mappings may lie in each other. The official file is three deep.
const DEEPEST: usize = 64;
/// How many values a file may have, those that aliases repeat among them: a few lines of aliases of aliases
/// would else fill the memory.
const MOST_VALUES: usize = 100_000;

/// What of a scalar is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// Its text; nothing for an empty one, `~` and `null`.
    Text,
    /// Its text behind a sign of how it is written: two files that are told alike mean the same to every
    /// reader.
    TextAndForm,
}

/// Where a text is no YAML, or none that a configuration can be: line and column, from 1. What stands
/// there is not told: it may be a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Malformed {
    /// The line.
    pub(super) line: usize,
    /// The column.
    pub(super) column: usize,
}

impl Malformed {
    fn at(place: &Marker) -> Self {
        Self {
            line: place.line(),
            column: place.col() + 1,
        }
    }
}

/// Reads a text of at most one document.
///
/// # Errors
/// [`Malformed`], also for a name that stands twice in one mapping.
pub(super) fn load(text: &str, told: Told) -> Result<Value, Malformed> {
    let mut tree = Tree {
        told,
        open: Vec::new(),
        anchors: HashMap::new(),
        values: 0,
        root: None,
    };
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|err| Malformed::at(err.marker()))?;
        tree.take(event).ok_or_else(|| Malformed::at(&span.start))?;
    }
    Ok(tree.root.unwrap_or_default())
}

/// A list or a mapping that is not read to its end.
enum Open {
    List(Vec<Value>),
    Mapping {
        values: Map<String, Value>,
        /// The name whose value comes next.
        name: Option<String>,
        /// Mappings whose values this one has too, behind its own (`<<`, YAML 1.1, "Merge Key").
        merged: Vec<Value>,
    },
}

struct Tree {
    told: Told,
    /// What is open, the innermost last, each with its anchor.
    open: Vec<(usize, Open)>,
    anchors: HashMap<usize, Value>,
    values: usize,
    root: Option<Value>,
}

impl Tree {
    /// Nothing where the event makes the text one that is refused.
    fn take(&mut self, event: Event<'_>) -> Option<()> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                if self.awaits_name() {
                    return self.name(text.into_owned());
                }
                let value = self.scalar(&text, style, tag.as_deref());
                self.put(value, anchor)
            }
            Event::SequenceStart(_, anchor, _) => self.begin(anchor, Open::List(Vec::new())),
            Event::MappingStart(_, anchor, _) => {
                let mapping = Open::Mapping {
                    values: Map::new(),
                    name: None,
                    merged: Vec::new(),
                };
                self.begin(anchor, mapping)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let (anchor, open) = self.open.pop()?;
                let value = match open {
                    Open::List(values) => Value::Array(values),
                    Open::Mapping { values, merged, .. } => Value::Object(merge(values, merged)?),
                };
                self.put(value, anchor)
            }
            Event::Alias(anchor) => {
                let value = self.anchors.get(&anchor)?.clone();
                self.values += size(&value);
                self.put(value, 0)
            }
            // A second document would be read by nobody.
            Event::DocumentStart(..) => self.root.is_none().then_some(()),
            Event::DocumentEnd => {
                self.root.get_or_insert(Value::Null);
                Some(())
            }
            _ => Some(()),
        }
    }

    fn awaits_name(&self) -> bool {
        matches!(
            self.open.last(),
            Some((_, Open::Mapping { name: None, .. }))
        )
    }

    fn name(&mut self, text: String) -> Option<()> {
        let Some((_, Open::Mapping { values, name, .. })) = self.open.last_mut() else {
            return None;
        };
        let again = values.contains_key(&text);
        *name = Some(text);
        (!again).then_some(())
    }

    fn begin(&mut self, anchor: usize, open: Open) -> Option<()> {
        // A list or a mapping as a name is no configuration.
        if self.awaits_name() || self.open.len() == DEEPEST {
            return None;
        }
        self.open.push((anchor, open));
        Some(())
    }

    fn scalar(&self, text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Value {
        let plain = style == ScalarStyle::Plain;
        let null = match tag {
            None => plain && matches!(text, "" | "~" | "null" | "Null" | "NULL"),
            Some(tag) => tag.core_suffix() == Some("null"),
        };
        match (null, self.told) {
            (true, _) => Value::Null,
            (false, Told::Text) => Value::String(text.to_owned()),
            (false, Told::TextAndForm) => {
                let tag = tag.map(|tag| format!("{}{}", tag.handle(), tag.suffix()));
                let tag = tag.unwrap_or_default();
                Value::String(format!("{style:?} {tag} {text}"))
            }
        }
    }

    fn put(&mut self, value: Value, anchor: usize) -> Option<()> {
        self.values += 1;
        if self.values > MOST_VALUES {
            return None;
        }
        if anchor != 0 {
            self.anchors.insert(anchor, value.clone());
        }
        match self.open.last_mut() {
            None => self.root = Some(value),
            Some((_, Open::List(values))) => values.push(value),
            Some((
                _,
                Open::Mapping {
                    values,
                    name,
                    merged,
                },
            )) => {
                let name = name.take()?;
                if name == MERGE {
                    merged.push(value);
                } else {
                    values.insert(name, value);
                }
            }
        }
        Some(())
    }
}

/// The name that merges another mapping.
const MERGE: &str = "<<";

/// A mapping with the values of others behind its own; the first of several wins.
fn merge(mut values: Map<String, Value>, merged: Vec<Value>) -> Option<Map<String, Value>> {
    for other in merged {
        let others = match other {
            Value::Array(others) => others,
            other => vec![other],
        };
        for other in others {
            let Value::Object(other) = other else {
                return None;
            };
            for (name, value) in other {
                values.entry(name).or_insert(value);
            }
        }
    }
    Some(values)
}

/// How many values a value is made of.
fn size(value: &Value) -> usize {
    match value {
        Value::Array(values) => 1 + values.iter().map(size).sum::<usize>(),
        Value::Object(values) => 1 + values.values().map(size).sum::<usize>(),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn text(yaml: &str) -> Result<Value, Malformed> {
        load(yaml, Told::Text)
    }

    // Issue 13, 2
    #[test]
    fn each_form_of_yaml_is_read_as_text_or_nothing() {
        for (yaml, value) in [
            ("", Value::Null),
            ("# a comment\n", Value::Null),
            ("---\n...\n", Value::Null),
            ("a: 1\nb: true\n", json!({"a": "1", "b": "true"})),
            (
                "a:\nb: ~\nc: null\n",
                json!({"a": null, "b": null, "c": null}),
            ),
            ("a: '~'\nb: \"\"\n", json!({"a": "~", "b": ""})),
            (
                "a: !!str null\nb: !!null x\n",
                json!({"a": "null", "b": null}),
            ),
            ("a: |\n  x\n  y\n", json!({"a": "x\ny\n"})),
            (
                "{a: [1, {b: 2}], c: {}}",
                json!({"a": ["1", {"b": "2"}], "c": {}}),
            ),
            (
                "a: &x {b: 1}\nc: *x\n",
                json!({"a": {"b": "1"}, "c": {"b": "1"}}),
            ),
            (
                "a: &x {b: 1, c: 2}\nd: {<<: *x, c: 3}\n",
                json!({"a": {"b": "1", "c": "2"}, "d": {"b": "1", "c": "3"}}),
            ),
        ] {
            assert_eq!(text(yaml).unwrap(), value, "{yaml:?}");
        }
    }

    // Issue 13, 2
    #[test]
    fn what_is_no_configuration_is_refused_with_its_place() {
        for (yaml, line, column) in [
            ("a: 1\na: 2\n", 2, 1),
            ("a: 1\n\"a\": 2\n", 2, 1),
            ("a: 1\n---\nb: 2\n", 2, 1),
            ("? [a]\n: 1\n", 1, 3),
            ("a: *x\n", 1, 4),
            ("a: {<<: 1}\n", 1, 10),
        ] {
            assert_eq!(text(yaml), Err(Malformed { line, column }), "{yaml:?}");
        }
        assert!(text(&"[".repeat(DEEPEST + 1)).is_err());
        // Aliases of aliases: seven lines would be ten million values.
        let line = |level: u32| match level {
            0 => "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned(),
            level => {
                let before = format!("*a{}", level - 1);
                let values = [before.as_str(); 10].join(", ");
                format!("a{level}: &a{level} [{values}]\n")
            }
        };
        let bomb: String = (0..7).map(line).collect();
        assert!(text(&bomb).is_err());
    }

    // Issue 13, 2
    #[test]
    fn the_form_of_a_value_can_be_told_too() {
        let form = |yaml| load(yaml, Told::TextAndForm).unwrap();
        assert_ne!(form("a: 1"), form("a: '1'"));
        assert_ne!(form("a: 1"), form("a: !!str 1"));
        assert_eq!(form("a: 1"), form("{a: 1}"));
    }
}
