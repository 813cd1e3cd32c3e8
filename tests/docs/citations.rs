//! What the code and the pages cite is there.

use std::{collections::BTreeMap, fs, path::Path};

use super::pages::{Page, page, pages, root};

/// Every source file below a folder.
fn sources(folder: &Path, into: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let is_source = [".rs", ".py", ".mjs", ".sh", "run", "interleave"]
            .iter()
            .any(|end| name.ends_with(end));
        if path.is_dir() {
            sources(&path, into);
        } else if is_source && let Ok(text) = fs::read_to_string(&path) {
            into.push((path.display().to_string(), text));
        }
    }
}

/// A text with the marks of comments and the ends of lines taken out.
fn in_one_line(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let line = line.trim_start();
        let marks = ["//!", "///", "//", "#"];
        let mark = marks.iter().find_map(|mark| line.strip_prefix(mark));
        mark.unwrap_or(line).trim()
    });
    lines.collect::<Vec<_>>().join(" ")
}

/// What a citation names behind the page: a letter of a section, and words in quotes or backticks.
fn named(rest: &str) -> (Option<char>, Option<&str>) {
    let mut rest = rest.trim_start_matches('`').trim_start();
    let mut section = None;
    let mut chars = rest.chars();
    if let Some(letter @ 'A'..='Z') = chars.next()
        && !chars.as_str().starts_with(char::is_alphanumeric)
    {
        section = Some(letter);
        rest = chars.as_str();
    }
    let words = rest.strip_prefix(", ").and_then(|rest| {
        let quote = rest.chars().next().filter(|c| "\"`".contains(*c))?;
        rest[1..].split(quote).next()
    });
    (section, words)
}

/// What is wrong with the citations of a text.
fn wrong(text: &str, cited: &BTreeMap<&str, Page>) -> Vec<String> {
    let mut wrong = Vec::new();
    for (name, page) in cited {
        for (at, _) in text.match_indices(name) {
            let rest = &text[at + name.len()..];
            let (letter, words) = named(rest);
            let section = match letter {
                Some(letter) => page.section(&format!("{letter}. ")),
                None => Some(page.text.clone()),
            };
            // `a[].b` is the field `b` of what is in the list `a`.
            let mut words = words.unwrap_or_default().split("[].");
            let found = section.is_some_and(|section| words.all(|word| section.contains(word)));
            if !found {
                let shown: String = rest.chars().take(40).collect();
                wrong.push(format!("{name}{shown}"));
            }
        }
    }
    wrong
}

fn cited() -> BTreeMap<&'static str, Page> {
    ["protocol.md", "cli.md", "sandbox.md", "json.md"]
        .into_iter()
        .map(|name| (name, page(&format!("docs/{name}"))))
        .collect()
}

// Issue 9, 7: the code cites the pages of the project.
#[test]
fn every_section_that_the_code_cites_is_there() {
    let mut files = Vec::new();
    for folder in ["src", "tests"] {
        sources(&root(folder), &mut files);
    }
    let here = format!("{}/", root("tests/docs").display());
    let cited = cited();
    let mut seen = 0;
    for (name, text) in files {
        // What these tests say about citations are none.
        if name.starts_with(&here) {
            continue;
        }
        let text = in_one_line(&text);
        seen += text.matches("protocol.md").count();
        assert_eq!(wrong(&text, &cited), [""; 0], "{name}");
    }
    assert!(seen > 50, "the citations were not found: {seen}");
}

// Issue 9, 7
#[test]
fn a_citation_of_a_section_that_is_not_there_is_found() {
    let cited = cited();
    for good in [
        "protocol.md A).",
        "protocol.md E, `authenticators[].id`)",
        "cli.md, \"Exit codes\")",
        "protocol.md has it",
    ] {
        assert_eq!(wrong(good, &cited), [""; 0], "{good}");
    }
    for bad in [
        "protocol.md Z).",
        "protocol.md E, `no such call`)",
        "cli.md, \"No such heading\")",
    ] {
        assert_eq!(wrong(bad, &cited).len(), 1, "{bad}");
    }
}

/// The anchor that a heading has on a page of Markdown (GitHub's rule).
fn anchor(heading: &str) -> String {
    let kept = heading.to_lowercase().replace(' ', "-");
    kept.chars()
        .filter(|c| c.is_alphanumeric() || "-_".contains(*c))
        .collect()
}

// Issue 9, 7
#[test]
fn every_link_of_a_page_leads_somewhere() {
    for page in pages() {
        let folder = Path::new(&page.name).parent().unwrap();
        for link in page.prose().split("](").skip(1) {
            let link = link.split(')').next().unwrap();
            if link.starts_with("http") {
                continue;
            }
            let (path, heading) = link.split_once('#').unwrap_or((link, ""));
            let target = if path.is_empty() {
                page.name.clone()
            } else {
                folder.join(path).display().to_string()
            };
            assert!(root(&target).exists(), "{}: {link}", page.name);
            if !heading.is_empty() {
                let anchors = super::pages::page(&target).headings();
                assert!(
                    anchors.iter().any(|known| anchor(known) == heading),
                    "{}: {link}",
                    page.name
                );
            }
        }
    }
}

// Issue 9, 7: a page names nothing outside the repository.
#[test]
fn a_file_that_a_page_names_in_code_is_in_the_project() {
    for page in pages() {
        for span in page.spans() {
            let is_ours = ["src/", "tests/", "docs/", ".ci/", "man/", "completions/"]
                .iter()
                .any(|folder| span.starts_with(folder));
            if is_ours && !span.contains(['<', '*', ' ']) {
                let path = span.trim_start_matches("./");
                assert!(root(path).exists(), "{}: {span}", page.name);
            }
        }
    }
}
