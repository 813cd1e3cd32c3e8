//! The picture in README is what `scw 2fa on` shows in a terminal. To draw it anew:
//! `SCW_UPDATE_GENERATED=1 cargo test --test docs picture`.

use std::{fmt::Write, fs, process::Command};

use regex::Regex;
use scw_sandbox::one_time_password;

use super::pages::root;
use crate::support::{World, binary, running::until, tmux};

const PICTURE: &str = "docs/2fa-on.svg";

/// The size of a character, in the picture's units, and the columns of the terminal.
const WIDTH: f32 = 8.4;
const HEIGHT: f32 = 17.0;
const COLUMNS: usize = 90;

const PAPER: &str = "#1e1e1e";
const INK: &str = "#e5e5e5";
/// The sixteen colours of a terminal, as xterm has them.
const COLOURS: [&str; 16] = [
    "#000000", "#cd0000", "#00cd00", "#cdcd00", "#0000ee", "#cd00cd", "#00cdcd", "#e5e5e5",
    "#7f7f7f", "#ff0000", "#00ff00", "#ffff00", "#5c5cff", "#ff00ff", "#00ffff", "#ffffff",
];

/// A terminal in tmux with a shell in it.
struct Terminal {
    folder: tempfile::TempDir,
}

impl Terminal {
    fn open(world: &World) -> Self {
        // A short path: a socket's name has a limit of 108 bytes.
        let folder = tempfile::Builder::new()
            .prefix("t")
            .tempdir_in("/tmp")
            .unwrap();
        std::os::unix::fs::symlink(binary(), folder.path().join("scw")).unwrap();
        let terminal = Self { folder };
        let path = std::env::var("PATH").unwrap();
        let mut tmux = terminal.tmux();
        tmux.args(["-f", "/dev/null", "new-session", "-d", "-y", "60", "-x"])
            .arg(COLUMNS.to_string());
        let scw = world.command(&[]);
        for (name, value) in scw.get_envs().filter(|(name, _)| *name != "PATH") {
            tmux.arg("-e")
                .arg(format!("{}={}", name.display(), value.unwrap().display()));
        }
        // tmux has a mind of its own about PATH.
        tmux.args(["env", "PS1=$ "])
            .arg(format!("PATH={}:{path}", terminal.folder.path().display()))
            .args(["bash", "--norc", "--noprofile"]);
        assert!(tmux.status().unwrap().success());
        terminal
    }

    fn tmux(&self) -> Command {
        tmux(&self.folder.path().join("s"))
    }

    /// What the screen shows, with the lines that were broken at its edge put together again.
    fn shown(&self, colours: &[&str]) -> String {
        let mut tmux = self.tmux();
        tmux.args(["capture-pane", "-p", "-J", "-S", "-"])
            .args(colours);
        String::from_utf8(tmux.output().unwrap().stdout).unwrap()
    }

    fn types(&self, line: &str) {
        let sent = self.tmux().args(["send-keys", line, "Enter"]).status();
        assert!(sent.unwrap().success());
    }

    /// Waits until the last line is a question or the shell's prompt that ends so.
    fn until_it_asks(&self, end: &str) -> String {
        let mut shown = String::new();
        until(end, || {
            shown = self.shown(&[]);
            shown.trim_end().ends_with(end)
        });
        shown
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.tmux().arg("kill-server").status();
    }
}

/// What `scw 2fa on` shows, from the line that is typed to the backup codes, with its colours.
fn captured() -> String {
    let world = World::seeded(r#"{"organizations": [{"users": [{"email": "jane@example.com"}]}]}"#);
    world.log_in();
    let terminal = Terminal::open(&world);
    terminal.until_it_asks("$");
    terminal.types("scw 2fa on");
    // The heading of the QR code ends with a colon, too.
    let shown = terminal.until_it_asks("):");
    let key: Vec<&str> = shown
        .lines()
        .map(str::trim)
        .filter(|line| is_key(line))
        .collect();
    let code = one_time_password(&key[0].replace(' ', ""), world.sandbox.now()).unwrap();
    terminal.types(&code);
    terminal.until_it_asks("\n$");
    let home = world.home.path().display().to_string();
    let shown = terminal.shown(&["-e", "-N"]).replace(&home, "/home/jane");
    let (shown, _) = shown.trim_end().rsplit_once('\n').unwrap();
    shown.to_owned()
}

/// Whether a line is a key in groups of four.
fn is_key(line: &str) -> bool {
    line.len() == 39 && line.split(' ').all(|group| group.len() == 4)
}

/// A character on the screen, with its colours.
#[derive(Clone)]
struct Cell {
    char: char,
    ink: &'static str,
    paper: &'static str,
}

/// The colours in force.
struct Pen {
    ink: &'static str,
    paper: &'static str,
    reverse: bool,
}

impl Pen {
    /// Obeys a sequence of "select graphic rendition" (ECMA-48), as far as `scw` and tmux use it.
    fn set(&mut self, sequence: &str) {
        let mut codes = sequence.split(';').map(|code| code.parse().unwrap_or(0));
        while let Some(code) = codes.next() {
            match code {
                0 => (self.ink, self.paper, self.reverse) = (INK, PAPER, false),
                7 | 27 => self.reverse = code == 7,
                30..=37 => self.ink = COLOURS[code - 30],
                90..=97 => self.ink = COLOURS[code - 82],
                40..=47 => self.paper = COLOURS[code - 40],
                100..=107 => self.paper = COLOURS[code - 92],
                39 => self.ink = INK,
                49 => self.paper = PAPER,
                38 | 48 => {
                    assert_eq!(codes.next(), Some(5), "a colour by its number: {sequence}");
                    // Black and white have numbers of their own in the palette of 256.
                    let colour = match codes.next().unwrap() {
                        16 => COLOURS[0],
                        231 => COLOURS[15],
                        number => COLOURS[number],
                    };
                    *(if code == 38 {
                        &mut self.ink
                    } else {
                        &mut self.paper
                    }) = colour;
                }
                _ => {}
            }
        }
    }
}

/// The lines of a screen, none longer than the terminal is wide.
fn cells(screen: &str) -> Vec<Vec<Cell>> {
    let mut pen = Pen {
        ink: INK,
        paper: PAPER,
        reverse: false,
    };
    let mut lines = Vec::new();
    for line in screen.lines() {
        let mut row = Vec::new();
        for (number, part) in line.split("\u{1b}[").enumerate() {
            let text = match part.split_once('m') {
                Some((sequence, text)) if number > 0 => {
                    pen.set(sequence);
                    text
                }
                _ => part,
            };
            let (ink, paper) = if pen.reverse {
                (pen.paper, pen.ink)
            } else {
                (pen.ink, pen.paper)
            };
            row.extend(text.chars().map(|char| Cell { char, ink, paper }));
        }
        while row
            .last()
            .is_some_and(|cell| cell.char == ' ' && cell.paper == PAPER)
        {
            row.pop();
        }
        lines.extend(row.chunks(COLUMNS).map(<[_]>::to_vec));
        if row.is_empty() {
            lines.push(row);
        }
    }
    lines
}

#[expect(clippy::cast_precision_loss, reason = "a screen has few cells")]
fn at(column: usize, row: usize) -> (f32, f32) {
    (WIDTH * (column as f32 + 2.0), HEIGHT * (row as f32 + 1.0))
}

fn rectangle(svg: &mut String, (x, y): (f32, f32), (width, height): (f32, f32), colour: &str) {
    let _ = writeln!(
        svg,
        r#"<rect x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{height:.1}" fill="{colour}"/>"#
    );
}

/// Draws a screen.
fn svg(screen: &str) -> String {
    let lines = cells(screen);
    let (width, height) = at(COLUMNS + 2, lines.len() + 1);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" shape-rendering=\"crispEdges\" \
         font-family=\"ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace\" font-size=\"14\">\n\
         <!-- Drawn from a terminal: see tests/docs/picture.rs -->\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{PAPER}\"/>\n"
    );
    for (row, line) in lines.iter().enumerate() {
        let mut column = 0;
        // What looks alike is drawn at once.
        for run in line.chunk_by(|one, next| {
            (one.ink, one.paper, is_block(one.char)) == (next.ink, next.paper, is_block(next.char))
        }) {
            draw(&mut svg, run, column, row);
            column += run.len();
        }
    }
    svg + "</svg>\n"
}

fn is_block(char: char) -> Option<char> {
    "█▀▄".contains(char).then_some(char)
}

fn draw(svg: &mut String, run: &[Cell], column: usize, row: usize) {
    let Cell { char, ink, paper } = run[0];
    let (x, y) = at(column, row);
    let width = at(column + run.len(), row).0 - x;
    if paper != PAPER {
        rectangle(svg, (x, y), (width, HEIGHT), paper);
    }
    match char {
        '█' => rectangle(svg, (x, y), (width, HEIGHT), ink),
        '▀' => rectangle(svg, (x, y), (width, HEIGHT / 2.0), ink),
        '▄' => rectangle(svg, (x, y + HEIGHT / 2.0), (width, HEIGHT / 2.0), ink),
        _ => {
            let text: String = run.iter().map(|cell| cell.char).collect();
            if text.trim().is_empty() {
                return;
            }
            let text = text.replace('&', "&amp;").replace('<', "&lt;");
            let _ = writeln!(
                svg,
                r#"<text x="{x:.1}" y="{:.1}" textLength="{width:.1}" fill="{ink}" xml:space="preserve">{text}</text>"#,
                y + 13.0
            );
        }
    }
}

/// The words of a picture, with what is new each time taken out.
fn words(svg: &str) -> String {
    let texts = svg.lines().filter(|line| line.starts_with("<text"));
    let texts = texts.map(|line| {
        let (_, text) = line.split_once('>').unwrap();
        text.trim_end_matches("</text>").trim()
    });
    let backup_code = Regex::new("^[a-z0-9]{6}-[a-z0-9]{6}$").unwrap();
    let texts = texts.map(|text| match text {
        key if is_key(key) => "KEY",
        code if backup_code.is_match(code) => "BACKUP-CODE",
        text => text,
    });
    // A long line may be broken in the middle of a word.
    let text = texts.collect::<String>();
    let new = Regex::new("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9]{6}").unwrap();
    new.replace_all(&text, "NEW").into_owned()
}

// Issue 9, 7
#[test]
fn the_picture_in_the_readme_shows_what_the_program_shows() {
    let drawn = svg(&captured());
    if std::env::var_os("SCW_UPDATE_GENERATED").is_some() {
        fs::write(root(PICTURE), &drawn).unwrap();
    }
    let kept = fs::read_to_string(root(PICTURE)).unwrap();
    assert_eq!(words(&kept), words(&drawn), "see tests/docs/picture.rs");
}
