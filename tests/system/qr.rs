//! The QR code on a real screen: tmux shows it, a picture is painted of it, `zbarimg` and rqrr read
//! it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use crate::support::{World, tmux};

/// The interpreter with the tests' libraries, which `tests/run` prepares.
pub(crate) fn python() -> PathBuf {
    std::env::var_os("SCW_TEST_PYTHON").map_or_else(
        || panic!("SCW_TEST_PYTHON is not set: run the tests with ./tests/run"),
        PathBuf::from,
    )
}

/// A terminal in tmux that runs `scw 2fa on` and waits at its prompt.
struct Screen<'a> {
    world: &'a World,
    folder: tempfile::TempDir,
}

impl<'a> Screen<'a> {
    fn open(world: &'a World, columns: u16, rows: u16, environment: &[(&str, &str)]) -> Self {
        // A path of its own, and a short one: a socket's name has a limit of 108 bytes.
        let folder = tempfile::Builder::new()
            .prefix("t")
            .tempdir_in("/tmp")
            .unwrap();
        let screen = Self { world, folder };
        let scw = world.command(&["2fa", "on"]);
        let own = scw
            .get_envs()
            .map(|(name, value)| format!("{}='{}'", name.display(), value.unwrap().display()));
        let more = environment
            .iter()
            .map(|(name, value)| format!("{name}={value}"));
        let variables: Vec<String> = own.chain(more).collect();
        let line = format!(
            "exec env {} '{}' 2fa on",
            variables.join(" "),
            scw.get_program().display()
        );
        let started = screen
            .tmux()
            .args(["-f", "/dev/null", "new-session", "-d"])
            .args(["-x", &columns.to_string(), "-y", &rows.to_string(), &line])
            .status()
            .unwrap();
        assert!(started.success());
        screen
    }

    fn tmux(&self) -> Command {
        tmux(&self.folder.path().join("s"))
    }

    /// What the screen shows, and what has scrolled away above it.
    fn capture(&self, history: bool) -> String {
        let mut tmux = self.tmux();
        // -N keeps the quiet zone at the end of the lines.
        tmux.args(["capture-pane", "-e", "-p", "-N"]);
        if history {
            tmux.args(["-S", "-"]);
        }
        String::from_utf8(tmux.output().unwrap().stdout).unwrap()
    }

    /// Waits until the screen, or what stood on it, holds a text and the prompt stands below.
    fn wait_for(&self, needle: &str) -> String {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let text = self.capture(true);
            // Long lines are wrapped anywhere.
            let joined = text.replace('\n', "");
            if let Some(at) = joined.find(needle)
                && joined[at..].trim_end().ends_with("the QR code):")
            {
                return text;
            }
            assert!(Instant::now() < deadline, "no {needle}: {text}");
            crate::support::running::pause();
        }
    }

    /// Answers the prompt.
    fn type_line(&self, line: &str) {
        let typed = self.tmux().args(["send-keys", line, "Enter"]).status();
        assert!(typed.unwrap().success());
    }

    fn resize(&self, columns: u16, rows: u16) {
        let size = ["-x", &columns.to_string(), "-y", &rows.to_string()];
        let resized = self.tmux().arg("resize-window").args(size).status();
        assert!(resized.unwrap().success());
    }

    /// What the readers read off a picture of a captured screen.
    fn read(&self, captured: &str, background: &str, distance: &[&str]) -> String {
        let (capture, picture) = (self.path("capture"), self.path("screen.png"));
        fs::write(&capture, captured).unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/system/paint.py");
        let painted = Command::new(python())
            .arg(script)
            .args([background, picture.to_str().unwrap()])
            .args(distance)
            .stdin(fs::File::open(&capture).unwrap())
            .status()
            .unwrap();
        assert!(painted.success());
        let read = Command::new("zbarimg")
            .args(["-q", "--raw"])
            .arg(&picture)
            .output()
            .unwrap();
        let read = String::from_utf8(read.stdout).unwrap();
        // Letters that have run into cells are grey and uneven; rqrr has one threshold for black and
        // reads them by chance only. Its own test (`src/ui/qr/tests.rs`) takes them for filled.
        if distance.is_empty() {
            assert_eq!(read.trim_end(), read_with_rqrr(&picture), "{captured}");
        }
        read.trim_end().to_owned()
    }

    /// The address that the phone should read.
    fn wanted(&self) -> String {
        format!(
            "otpauth://totp/Scaleway:{}?secret={}&issuer=Scaleway",
            self.world.info().email,
            shown_key(&self.capture(true))
        )
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

impl Drop for Screen<'_> {
    fn drop(&mut self) {
        let _ = self.tmux().arg("kill-server").status();
    }
}

/// What rqrr reads off a picture; nothing where it finds no code.
fn read_with_rqrr(picture: &Path) -> String {
    let file = std::io::BufReader::new(fs::File::open(picture).unwrap());
    let mut reader = png::Decoder::new(file).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let frame = reader.next_frame(&mut pixels).unwrap();
    let (width, height) = (frame.width as usize, frame.height as usize);
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| {
        let at = y * frame.line_size + x * 3;
        let sum: u16 = pixels[at..at + 3].iter().map(|part| u16::from(*part)).sum();
        u8::try_from(sum / 3).unwrap()
    });
    let found = image.detect_grids();
    found
        .iter()
        .find_map(|grid| grid.decode().ok())
        .map_or_else(String::new, |(_, text)| text)
}

#[track_caller]
fn reads_on_both_backgrounds(columns: u16, rows: u16, environment: &[(&str, &str)]) {
    let world = World::logged_in();
    let screen = Screen::open(&world, columns, rows, environment);
    let text = screen.wait_for("scan this QR code");
    for background in ["dark", "light"] {
        assert_eq!(screen.read(&text, background, &[]), screen.wanted());
    }
}

/// The key in groups of four, as the screen shows it.
fn shown_key(text: &str) -> String {
    text.lines()
        .map(str::trim)
        .find(|line| {
            line.len() == 39
                && line
                    .split(' ')
                    .all(|group| group.len() == 4 && group.is_ascii())
        })
        .unwrap_or_else(|| panic!("no key in {text}"))
        .replace(' ', "")
}

#[test]
fn a_phone_reads_it_at_80_columns() {
    reads_on_both_backgrounds(80, 40, &[("TERM", "xterm-256color")]);
}

#[test]
fn a_phone_reads_it_without_colour() {
    reads_on_both_backgrounds(80, 40, &[("TERM", "xterm-256color"), ("NO_COLOR", "1")]);
}

#[test]
fn a_phone_reads_the_ascii_form_of_another_locale() {
    reads_on_both_backgrounds(110, 70, &[("TERM", "xterm-256color"), ("LC_ALL", "C")]);
}

// Issue 9, 6
#[test]
fn eighty_by_twenty_four_shows_the_whole_code_and_the_prompt_also_for_a_long_email() {
    for email in [
        "owner@example.com",
        "a.rather.long.name@mail.of-a-company.example.com",
    ] {
        let world = World::seeded(&format!(
            r#"{{"organizations":[{{"name":"S","users":[{{"email":"{email}"}}]}}]}}"#
        ));
        world.log_in();
        let screen = Screen::open(&world, 80, 24, &[("TERM", "xterm-256color")]);
        screen.wait_for("scan this QR code");
        let seen = screen.capture(false);
        assert!(seen.contains("Six-digit code"), "{seen}");
        for background in ["dark", "light"] {
            assert_eq!(screen.read(&seen, background, &[]), screen.wanted());
        }
    }
}

// Issue 9, 6
#[test]
fn r_draws_each_form_in_turn_and_a_phone_reads_every_one() {
    let world = World::logged_in();
    let screen = Screen::open(&world, 110, 60, &[("TERM", "xterm-256color")]);
    screen.wait_for("scan this QR code");
    for (form, backgrounds, distance) in [
        ("in full blocks:", &["dark", "light"][..], &[][..]),
        (
            "in ASCII characters, on a dark background:",
            &["dark"],
            &["far"],
        ),
        (
            "in ASCII characters, on a light background:",
            &["light"],
            &["far"],
        ),
        ("in half blocks:", &["dark", "light"], &[]),
    ] {
        screen.type_line("r");
        screen.wait_for(form);
        let seen = screen.capture(false);
        for background in backgrounds {
            let read = screen.read(&seen, background, distance);
            assert_eq!(read, screen.wanted(), "{form} {background}: {seen}");
        }
    }
}

// Issue 9, 6
#[test]
fn a_terminal_without_colours_shows_one_code_and_r_the_one_for_the_other_background() {
    let world = World::logged_in();
    let screen = Screen::open(&world, 80, 24, &[("TERM", "dumb")]);
    screen.wait_for("for a dark background. Enter `r` for the other one.");
    let seen = screen.capture(false);
    assert_eq!(screen.read(&seen, "dark", &[]), screen.wanted());
    screen.type_line("r");
    screen.wait_for("in half blocks, on a light background:");
    let seen = screen.capture(false);
    assert_eq!(screen.read(&seen, "light", &[]), screen.wanted());
}

// Issue 9, 6
#[test]
fn another_locale_is_told_of_utf8_and_r_draws_the_form_that_fits() {
    let world = World::logged_in();
    let environment = [("TERM", "xterm-256color"), ("LC_ALL", "C")];
    let screen = Screen::open(&world, 80, 24, &environment);
    screen.wait_for("if this terminal shows UTF-8, `r` or `--qr utf8` draws a smaller QR code");
    screen.type_line("r");
    screen.wait_for("in half blocks:");
    let seen = screen.capture(false);
    assert_eq!(screen.read(&seen, "dark", &[]), screen.wanted());
}

// Issue 9, 6
#[test]
fn a_window_that_is_too_small_is_told_how_large_it_should_be_and_r_draws_it_then() {
    let world = World::logged_in();
    for (columns, rows) in [(40, 40), (80, 20)] {
        let screen = Screen::open(&world, columns, rows, &[("TERM", "xterm-256color")]);
        let text = screen.wait_for("make the window larger and enter `r`");
        assert!(!text.contains('▄'), "{text}");
        assert!(
            text.replace('\n', "").contains("`--qr-file key.png`"),
            "{text}"
        );
        screen.resize(80, 24);
        screen.type_line("r");
        screen.wait_for("in half blocks:");
        let seen = screen.capture(false);
        assert_eq!(screen.read(&seen, "dark", &[]), screen.wanted());
    }
}
