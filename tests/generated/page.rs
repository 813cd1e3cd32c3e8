//! How a page of the manual is written.

use clap::{Arg, Command};
use clap_mangen::roff::{Inline, Roff, bold, italic, roman};
use scw::cli::topics;

/// When the words of the manual were last looked through.
pub(crate) const DATE: &str = "2026-11-24";

/// The text of a page in lines of at most 80 bytes, but for its examples.
pub(crate) fn wrapped(page: &str) -> String {
    let mut text = String::new();
    let mut example = false;
    for line in page.lines() {
        example = line == ".EX" || (example && line != ".EE");
        let mut length = 0;
        for word in line.split(' ') {
            let breaks = length + 1 + word.len() > 80 && !example && !line.starts_with('.');
            if length > 0 {
                text.push(if breaks { '\n' } else { ' ' });
                length = if breaks { 0 } else { length + 1 };
            }
            text.push_str(word);
            length += word.len();
        }
        text.push('\n');
    }
    text
}

/// One page.
pub(crate) struct Page(pub(crate) Roff);

impl Page {
    /// The page of a command, whose words are those behind `scw`.
    pub(crate) fn of(command: &Command, words: &[&str]) -> Self {
        let mut page = Self(Roff::new());
        let title = format!("{} {}", "scw", words.join(" "));
        let title = title.trim_end().replace(' ', "-");
        let about = command.get_about().unwrap().to_string();
        page.0.control(
            "TH",
            [
                title.to_uppercase().as_str(),
                "1",
                DATE,
                concat!("scw ", env!("CARGO_PKG_VERSION")),
                "scw manual",
            ],
        );
        page.section("NAME");
        page.0.text([roman(format!("{title} - {about}"))]);
        page.section("SYNOPSIS");
        page.synopsis(command, words);
        page.section("DESCRIPTION");
        let description = command.get_long_about().map(ToString::to_string);
        let description = description.unwrap_or(format!("{about}."));
        // The first paragraph repeats NAME where another one follows.
        let more = description.split_once("\n\n").map(|(_, more)| more);
        page.paragraphs(more.unwrap_or(&description));
        if command.has_subcommands() {
            page.section("COMMANDS");
            for below in command.get_subcommands() {
                page.entry(
                    vec![bold(below.get_name())],
                    &below.get_about().unwrap().to_string(),
                );
            }
        }
        page.options(command, words);
        page.section("EXIT STATUS");
        for (code, _, meaning) in topics::exit_codes() {
            page.entry(vec![bold(code.to_string())], &format!("{meaning}."));
        }
        page.environment(command, words);
        page.files(words);
        page.section("EXAMPLES");
        page.0.control("EX", []);
        let examples = command.get_after_help().unwrap().to_string();
        for line in examples.lines().skip(1) {
            page.0.text([roman(line.trim())]);
        }
        page.0.control("EE", []);
        page.section("SEE ALSO");
        page.see_also(command, words);
        page
    }

    fn section(&mut self, name: &str) {
        self.0.control("SH", [name]);
    }

    /// Text with the words between backticks in bold.
    fn line(&mut self, text: &str) {
        self.0.text(marked(text));
    }

    fn paragraphs(&mut self, text: &str) {
        for (at, paragraph) in text.split("\n\n").enumerate() {
            if at > 0 {
                self.0.control("PP", []);
            }
            self.line(paragraph.trim());
        }
    }

    /// A tagged paragraph.
    fn entry(&mut self, tag: Vec<Inline>, text: &str) {
        self.0.control("TP", []);
        self.0.text(tag);
        self.line(text);
    }

    fn synopsis(&mut self, command: &Command, words: &[&str]) {
        let mut name = vec!["scw"];
        name.extend_from_slice(words);
        let mut line = vec![
            bold(name.join(" ")),
            roman(" ["),
            italic("OPTIONS"),
            roman("]"),
        ];
        for arg in command.get_positionals() {
            let value = value_name(arg);
            let optional = !arg.is_required_set();
            line.push(roman(if optional { " [" } else { " " }));
            line.push(italic(value));
            line.push(roman(if optional { "]" } else { "" }));
        }
        if command.has_subcommands() {
            line.extend([roman(" "), italic("COMMAND")]);
        }
        self.0.text(line);
    }

    fn options(&mut self, command: &Command, words: &[&str]) {
        self.section("OPTIONS");
        let own = |arg: &&Arg| words.is_empty() || !arg.is_global_set();
        for arg in command.get_positionals() {
            self.entry(vec![italic(value_name(arg))], &help(arg));
        }
        for arg in command
            .get_arguments()
            .filter(|arg| !arg.is_positional())
            .filter(own)
        {
            let mut tag = Vec::new();
            if let Some(short) = arg.get_short() {
                tag.extend([bold(format!("-{short}")), roman(", ")]);
            }
            tag.push(bold(format!("--{}", arg.get_long().unwrap())));
            if arg.get_action().takes_values() {
                tag.extend([roman(" "), italic(value_name(arg))]);
            }
            self.entry(tag, &help(arg));
        }
        if !words.is_empty() {
            if command.get_arguments().any(|arg| !arg.is_global_set()) {
                self.0.control("PP", []);
            }
            self.0.text([
                bold("scw"),
                roman("(1) lists the options that every command takes."),
            ]);
        }
    }

    fn environment(&mut self, command: &Command, words: &[&str]) {
        self.section("ENVIRONMENT");
        let named: Vec<String> = command
            .get_arguments()
            .filter_map(|arg| Some(arg.get_help()?.to_string()))
            .collect();
        for (title, variables) in topics::environment() {
            if words.is_empty() {
                self.0.control("SS", [title]);
            }
            for (name, meaning) in variables {
                let quoted = format!("`{name}`");
                if words.is_empty() || named.iter().any(|help| help.contains(&quoted)) {
                    self.entry(vec![bold(name)], &format!("{meaning}."));
                }
            }
        }
        if !words.is_empty() {
            self.0.control("PP", []);
            self.0
                .text([bold("scw"), roman("(1) lists the other variables.")]);
        }
    }

    fn files(&mut self, words: &[&str]) {
        self.section("FILES");
        let used: Vec<_> = topics::FILES
            .iter()
            .filter(|file| {
                words
                    .first()
                    .is_none_or(|first| file.commands.contains(first))
            })
            .collect();
        if used.is_empty() {
            self.line("This command uses no files of its own.");
            return;
        }
        for file in used {
            let path = if file.path.starts_with('~') {
                file.path.to_owned()
            } else {
                format!("{}/{}", topics::DATA_DIR, file.path)
            };
            self.entry(vec![italic(path)], &format!("{}.", file.meaning));
        }
        self.0.control("PP", []);
        self.line(
            "`SCW_DATA_DIR` names another data folder. macOS keeps it in ~/Library/Application \
             Support, Windows in %APPDATA%.",
        );
    }

    fn see_also(&mut self, command: &Command, words: &[&str]) {
        let mut names = Vec::new();
        for length in 0..words.len() {
            names.push(words[..length].to_vec());
        }
        for below in command.get_subcommands() {
            let mut name = words.to_vec();
            name.push(below.get_name());
            names.push(name);
        }
        let mut line = Vec::new();
        for (at, name) in names.iter().enumerate() {
            let mut page = vec!["scw"];
            page.extend_from_slice(name);
            line.push(bold(page.join("-")));
            line.push(roman(if at + 1 < names.len() { "(1), " } else { "(1)" }));
        }
        self.0.text(line);
    }
}

/// Text with the words between backticks in bold.
fn marked(text: &str) -> Vec<Inline> {
    let parts = text.split('`').enumerate();
    parts
        .filter(|(_, part)| !part.is_empty())
        .map(|(at, part)| if at % 2 == 0 { roman(part) } else { bold(part) })
        .collect()
}

fn value_name(arg: &Arg) -> String {
    let names = arg.get_value_names().unwrap_or_default();
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    names.join(" ")
}

/// The help of an option, with its default and its values.
fn help(arg: &Arg) -> String {
    let mut text = format!(
        "{}.",
        arg.get_help().unwrap().to_string().replace("] [", ", ")
    );
    for (mark, word) in [("[env: ", "(environment: "), ("[default: ", "(default: ")] {
        text = text.replace(mark, word);
    }
    text = text.replace(", default:", "; default:").replace("].", ").");
    if !arg.get_action().takes_values() {
        return text;
    }
    for value in arg.get_possible_values() {
        let name = value.get_name();
        let about = value
            .get_help()
            .map(ToString::to_string)
            .unwrap_or_default();
        text = format!("{text} `{name}`: {about}.");
    }
    if let [default] = arg.get_default_values() {
        text = format!("{text} The default is `{}`.", default.to_string_lossy());
    }
    text
}
