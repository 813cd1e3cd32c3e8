//! The schemas of what `-o json` prints, and docs/json.md, whose tables are made of them:
//! `SCW_UPDATE_GENERATED=1 cargo test --test docs`.

use std::{collections::BTreeMap, fmt::Write, fs};

use jsonschema::Validator;
use serde_json::Value;

use super::{
    pages::{page, root},
    reference::leaves,
};

/// Commands that print text, whatever the format.
const TEXT: [&str; 3] = ["completion", "help", "man"];

/// Where the tables of docs/json.md begin.
const TABLES: &str = "\n<!-- From here on made of docs/schemas: see tests/docs/schemas.rs -->\n";

/// The schemas in a folder, by the names of their files without the end.
fn folder(path: &str) -> BTreeMap<String, Value> {
    let mut schemas = BTreeMap::new();
    for entry in fs::read_dir(root(path)).unwrap() {
        let path = entry.unwrap().path();
        if let Some(name) = path
            .file_name()
            .unwrap()
            .to_str()
            .unwrap()
            .strip_suffix(".json")
        {
            let text = fs::read_to_string(&path).unwrap();
            schemas.insert(name.to_owned(), serde_json::from_str(&text).unwrap());
        }
    }
    schemas
}

/// The schemas of the commands, by their words.
pub(crate) fn of_commands() -> BTreeMap<String, Value> {
    let named = folder("docs/schemas").into_iter();
    named
        .map(|(name, schema)| (name.replace('-', " "), schema))
        .collect()
}

/// The schemas of the lines on stderr.
pub(crate) fn of_stderr() -> BTreeMap<String, Value> {
    folder("docs/schemas/stderr")
}

/// The judge of a schema.
pub(crate) fn validator(schema: &Value) -> Validator {
    jsonschema::options()
        .should_validate_formats(true)
        .build(schema)
        .unwrap()
}

/// Asserts that a document is what the schema says.
#[track_caller]
pub(crate) fn assert_valid(what: &str, schema: &Value, document: &Value) {
    let errors: Vec<String> = validator(schema)
        .iter_errors(document)
        .map(|err| format!("{}: {err}", err.instance_path()))
        .collect();
    assert_eq!(errors, [""; 0], "{what}: {document}");
}

/// The objects that a schema describes, itself and below.
fn objects<'a>(schema: &'a Value, into: &mut Vec<&'a Value>) {
    match schema {
        Value::Object(map) => {
            if map.get("type") == Some(&Value::from("object")) {
                into.push(schema);
            }
            map.values().for_each(|below| objects(below, into));
        }
        Value::Array(list) => list.iter().for_each(|below| objects(below, into)),
        _ => {}
    }
}

// Issue 9, 7
#[test]
fn every_command_that_prints_json_has_a_schema() {
    let mut commands: Vec<String> = leaves().into_keys().collect();
    commands.retain(|words| !TEXT.contains(&words.as_str()));
    assert_eq!(commands, of_commands().into_keys().collect::<Vec<_>>());
}

// Issue 9, 7
#[test]
fn a_schema_allows_no_field_that_it_does_not_describe_and_needs_each() {
    for (name, schema) in of_commands().into_iter().chain(of_stderr()) {
        assert!(jsonschema::meta::is_valid(&schema), "{name}");
        let mut found = Vec::new();
        objects(&schema, &mut found);
        assert!(!found.is_empty(), "{name}");
        for object in found {
            assert_eq!(object["additionalProperties"], false, "{name}");
            let mut fields: Vec<&str> = object["properties"]
                .as_object()
                .unwrap()
                .keys()
                .map(String::as_str)
                .collect();
            let mut required: Vec<&str> = object["required"]
                .as_array()
                .unwrap()
                .iter()
                .map(|field| field.as_str().unwrap())
                .collect();
            fields.sort_unstable();
            required.sort_unstable();
            assert_eq!(required, fields, "{name}");
        }
    }
}

/// What a value may be, in words.
fn kind(schema: &Value) -> String {
    let json = |value: &Value| format!("`{value}`");
    if let Some(value) = schema.get("const") {
        return json(value);
    }
    if let Some(values) = schema["enum"].as_array() {
        return values.iter().map(json).collect::<Vec<_>>().join(", ");
    }
    let types = match &schema["type"] {
        Value::Array(types) => types.clone(),
        one => vec![one.clone()],
    };
    let words = types.iter().map(|one| match one.as_str() {
        Some("string") if schema["format"] == "date-time" => "time".to_owned(),
        Some("array") if schema["items"]["type"] == "string" => "list of strings".to_owned(),
        Some("array") => "list of objects".to_owned(),
        Some(name) => name.to_owned(),
        None => "object".to_owned(),
    });
    words.collect::<Vec<_>>().join(" or ")
}

/// The rows of an object: its fields, and below each list of objects their fields.
fn rows(object: &Value, prefix: &str, into: &mut String) {
    let one = std::slice::from_ref(object);
    for form in object["oneOf"].as_array().map_or(one, Vec::as_slice) {
        // A form that is a list of another form has no fields of its own.
        for (name, field) in form["properties"].as_object().into_iter().flatten() {
            let path = format!("{prefix}{name}");
            let about = field["description"].as_str().unwrap_or_default();
            let row = format!("| `{path}` | {} | {about} |\n", kind(field));
            // The forms of one object share fields.
            if !into.contains(&row) {
                into.push_str(&row);
            }
            if field["type"] == "object" {
                rows(field, &format!("{path}."), into);
            }
            let items = &field["items"];
            if items["properties"].is_object() || items["oneOf"].is_array() {
                rows(items, &format!("{path}[]."), into);
            }
        }
    }
}

/// The part of a page that describes the documents of a folder.
fn tables(heading: &str, folder: &str, schemas: &BTreeMap<String, Value>) -> String {
    let mut text = format!("\n## {heading}\n");
    for (name, schema) in schemas {
        let (title, about) = (&schema["title"], &schema["description"]);
        let (title, about) = (title.as_str().unwrap(), about.as_str().unwrap());
        let file = format!("{folder}/{}.json", name.replace(' ', "-"));
        let _ = write!(
            text,
            "\n### `{title}`\n\n{about} Schema: [{file}]({file}).\n\n| field | value | meaning |\n|---|---|---|\n"
        );
        let mut fields = String::new();
        rows(schema, "", &mut fields);
        text.push_str(&fields);
    }
    text
}

// Issue 9, 7
#[test]
fn the_page_about_json_is_what_the_schemas_say() {
    let page = page("docs/json.md");
    let (written, _) = page.text.split_once(TABLES).unwrap();
    let made = format!(
        "{written}{TABLES}{}{}",
        tables("Results, on stdout", "schemas", &of_commands()),
        tables("Messages, on stderr", "schemas/stderr", &of_stderr())
    );
    if std::env::var_os("SCW_UPDATE_GENERATED").is_some() {
        fs::write(root("docs/json.md"), &made).unwrap();
        return;
    }
    assert!(
        page.text == made,
        "docs/json.md is out of date: see tests/docs/schemas.rs"
    );
}

// Issue 9, 7
#[test]
fn every_example_on_the_page_about_json_is_valid() {
    let all: Vec<Value> = of_commands()
        .into_values()
        .chain(of_stderr().into_values())
        .collect();
    let blocks = page("docs/json.md").blocks();
    let examples = blocks.iter().filter(|block| block.language == "json");
    let mut seen = 0;
    for line in examples.flat_map(|block| block.text.lines()) {
        let document: Value = serde_json::from_str(line).unwrap();
        assert!(
            all.iter()
                .any(|schema| validator(schema).is_valid(&document)),
            "{line}"
        );
        seen += 1;
    }
    assert!(seen > 1, "no example was found");
}
