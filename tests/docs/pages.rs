//! The pages that people read, and what is in them.

use std::{fs, path::PathBuf};

/// A page of Markdown.
pub(crate) struct Page {
    /// Its path from the root of the project.
    pub(crate) name: String,
    pub(crate) text: String,
}

/// A fenced block.
pub(crate) struct Block {
    /// The heading that it stands under.
    pub(crate) heading: String,
    /// What it says behind the fence: `sh`, `json`.
    pub(crate) language: String,
    pub(crate) text: String,
}

/// A file of the project.
pub(crate) fn root(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Every page at the root and in `docs/`.
pub(crate) fn pages() -> Vec<Page> {
    let mut names = Vec::new();
    for folder in ["", "docs/"] {
        for entry in fs::read_dir(root(folder)).unwrap() {
            let file = entry.unwrap().file_name().into_string().unwrap();
            if let Some(name) = file.strip_suffix(".md") {
                names.push(format!("{folder}{name}.md"));
            }
        }
    }
    names.sort();
    names.into_iter().map(|name| page(&name)).collect()
}

/// One page.
pub(crate) fn page(name: &str) -> Page {
    Page {
        name: name.to_owned(),
        text: fs::read_to_string(root(name)).unwrap(),
    }
}

impl Page {
    /// Its fenced blocks, in order.
    pub(crate) fn blocks(&self) -> Vec<Block> {
        let mut blocks: Vec<Block> = Vec::new();
        let mut heading = "";
        let mut inside = false;
        for line in self.text.lines() {
            if let Some(language) = line.strip_prefix("```") {
                inside = !inside;
                if inside {
                    blocks.push(Block {
                        heading: heading.to_owned(),
                        language: language.to_owned(),
                        text: String::new(),
                    });
                }
            } else if inside {
                let block = blocks.last_mut().unwrap();
                block.text.push_str(line);
                block.text.push('\n');
            } else if line.starts_with('#') {
                heading = line.trim_start_matches('#').trim();
            }
        }
        assert!(!inside, "{}: a block that does not end", self.name);
        blocks
    }

    /// Its text without the fenced blocks.
    pub(crate) fn prose(&self) -> String {
        let parts = self.text.split("\n```").step_by(2);
        parts.collect::<Vec<_>>().join("\n")
    }

    /// Every `span of code` in the prose.
    pub(crate) fn spans(&self) -> Vec<String> {
        let prose = self.prose().replace("``", "");
        let spans = prose.split('`').skip(1).step_by(2);
        spans
            .map(|span| span.replace('\n', " ").replace("\\|", "|"))
            .collect()
    }

    /// Its headings, without the hashes.
    pub(crate) fn headings(&self) -> Vec<String> {
        let prose = self.prose();
        let lines = prose.lines().filter(|line| line.starts_with('#'));
        lines
            .map(|line| line.trim_start_matches('#').trim().to_owned())
            .collect()
    }

    /// The text below a heading that begins so, up to the next one of its rank.
    pub(crate) fn section(&self, beginning: &str) -> Option<String> {
        let mut rank = None;
        let mut section = String::new();
        for line in self.text.lines() {
            let hashes = line.bytes().take_while(|byte| *byte == b'#').count();
            match rank {
                None if hashes > 0 && line[hashes..].trim().starts_with(beginning) => {
                    rank = Some(hashes);
                }
                Some(rank) if (1..=rank).contains(&hashes) => break,
                _ => {}
            }
            if rank.is_some() {
                section.push_str(line);
                section.push('\n');
            }
        }
        rank.map(|_| section)
    }
}
