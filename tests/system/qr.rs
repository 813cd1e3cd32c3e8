//! The QR code on a real screen: tmux shows it, a picture is painted of it, `zbarimg` reads it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use crate::support::World;

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
        let mut tmux = Command::new("tmux");
        tmux.arg("-u")
            .arg("-S")
            .arg(self.folder.path().join("s"))
            .env_remove("TMUX")
            .env_remove("NO_COLOR")
            .env("LC_ALL", "C.UTF-8")
            .stdin(Stdio::null());
        tmux
    }

    /// What the screen shows once the prompt is there.
    fn shown(&self) -> String {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            // -N keeps the quiet zone at the end of the lines.
            let captured = self
                .tmux()
                .args(["capture-pane", "-e", "-p", "-N", "-S", "-"])
                .output()
                .unwrap();
            let text = String::from_utf8(captured.stdout).unwrap();
            // An asked request wakes it; until then there is nothing to see.
            if text.contains("Six-digit code") {
                return text;
            }
            assert!(Instant::now() < deadline, "no prompt: {text}");
            std::thread::yield_now();
        }
    }

    /// What `zbarimg` reads off a picture of the screen.
    fn read(&self, background: &str) -> String {
        let (capture, picture) = (self.path("capture"), self.path("screen.png"));
        fs::write(&capture, self.shown()).unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/system/paint.py");
        let painted = Command::new(python())
            .arg(script)
            .args([background, picture.to_str().unwrap()])
            .stdin(fs::File::open(&capture).unwrap())
            .status()
            .unwrap();
        assert!(painted.success());
        let read = Command::new("zbarimg")
            .args(["-q", "--raw"])
            .arg(&picture)
            .output()
            .unwrap();
        String::from_utf8(read.stdout).unwrap()
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

#[track_caller]
fn reads_on_both_backgrounds(columns: u16, rows: u16, environment: &[(&str, &str)]) {
    let world = World::logged_in();
    let screen = Screen::open(&world, columns, rows, environment);
    let text = screen.shown();
    let key = regex_key(&text);
    let wanted = format!(
        "otpauth://totp/Scaleway:{}?secret={key}&issuer=Scaleway\n",
        screen.world.info().email
    );
    for background in ["dark", "light"] {
        assert_eq!(screen.read(background), wanted, "{background}: {text}");
    }
}

/// The key in groups of four, as the screen shows it.
fn regex_key(text: &str) -> String {
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
fn a_phone_reads_it_on_a_dumb_terminal() {
    reads_on_both_backgrounds(80, 40, &[("TERM", "dumb")]);
}

#[test]
fn a_phone_reads_the_ascii_form_of_another_locale() {
    reads_on_both_backgrounds(110, 70, &[("TERM", "xterm-256color"), ("LC_ALL", "C")]);
}

#[test]
fn a_narrow_terminal_shows_the_key_and_says_why_there_is_no_code() {
    let world = World::logged_in();
    for (columns, environment) in [(44, &[][..]), (80, &[("LC_ALL", "C")])] {
        let terminal = [&[("TERM", "xterm-256color")][..], environment].concat();
        let screen = Screen::open(&world, columns, 40, &terminal);
        let text = screen.shown();
        assert!(
            text.replace('\n', "")
                .contains("columns and the terminal has"),
            "{text}"
        );
        assert!(!text.contains('▄') && !text.contains("\x1b[107m"), "{text}");
        assert_eq!(regex_key(&text).len(), 32);
    }
}
