//! A person at a terminal who types what a page says, and answers what is asked.

use std::{process::Command, time::Duration};

use crate::support::terminal::{OsSession, spawn};
use expectrl::{ControlCode, Expect, Regex};
use scw_sandbox::one_time_password;

use crate::support::{World, running::until};

/// What a person reacts to. A question is the last thing on the screen, but for what moves the
/// cursor.
const MOMENTS: &str = concat!(
    // A key in groups of four.
    r"(?<key>(?:[A-Z2-7]{4} ){7}[A-Z2-7]{4})",
    r"|(?:(?<email>[Ee]mail)|(?<password>[Pp]ass(?:word|phrase))|(?<code>[Cc]ode[^\r\n]*)): (?:\x1b[^ ]*)?$",
    r"|(?<question>\[y/[nN]\] )",
    // The prompt of a shell.
    r"|(?<shell>[#$] (?:\x1b[^ ]*)?$)",
    // A sandbox that serves until Ctrl-C.
    r#"|(?<serving>"api_url":[^\r\n]*\r?\n)"#,
    r"|(?<end>@@ [^\r\n]*\r?\n)",
);

/// The key that the seed puts into the person's app.
pub(crate) const APP_KEY: &str = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";

pub(crate) struct Person<'a> {
    world: &'a World,
    session: OsSession,
    key: String,
    codes: usize,
    screen: String,
}

impl<'a> Person<'a> {
    /// Somebody who runs this script in a terminal. It says `@@ ` and how it ended.
    pub(crate) fn run(world: &'a World, mut bash: Command) -> Result<(), String> {
        bash.env("TERM", "xterm-256color");
        let mut session = spawn(bash);
        session.set_expect_timeout(Some(Duration::from_secs(60)));
        let mut person = Self {
            world,
            session,
            key: APP_KEY.to_owned(),
            codes: 0,
            screen: String::new(),
        };
        person.react()
    }

    fn react(&mut self) -> Result<(), String> {
        let moments = regex::Regex::new(MOMENTS).unwrap();
        loop {
            let shown = match self.session.expect(Regex(MOMENTS)) {
                // What stands there up to the last moment in it: there may be several.
                Ok(found) => String::from_utf8_lossy(found.as_bytes()).into_owned(),
                Err(err) => {
                    let rest = self.session.check(Regex("(?s).+")).unwrap();
                    let rest = String::from_utf8_lossy(rest.as_bytes());
                    return Err(format!("{}{rest}\n{err}", self.screen));
                }
            };
            self.screen += &shown;
            for caught in moments.captures_iter(&shown) {
                let mut names = moments.capture_names().flatten();
                let name = names.find(|name| caught.name(name).is_some()).unwrap();
                match name {
                    "key" => self.key = caught[0].replace(' ', ""),
                    "email" => self.types(&self.world.info().email.clone()),
                    "password" => self.types_hidden(&self.world.info().password.clone()),
                    "code" => {
                        let code = self.code();
                        self.types(&code);
                    }
                    "question" => self.types("y"),
                    "shell" => self.types("exit"),
                    "serving" => self.session.send(ControlCode::EndOfText).unwrap(),
                    _ if caught[0].trim() == "@@ done" => return Ok(()),
                    _ => return Err(self.screen.clone()),
                }
            }
        }
    }

    fn types(&mut self, line: &str) {
        self.session.send_line(line).unwrap();
    }

    /// What is typed before the terminal stops echoing is thrown away.
    fn types_hidden(&mut self, line: &str) {
        until("the terminal stops echoing", || {
            !self.session.get_process().get_echo().unwrap()
        });
        self.types(line);
    }

    /// What the app shows. Each code works once, so the person waits for the next one.
    fn code(&mut self) -> String {
        if self.codes > 0 {
            self.world.sandbox.advance(30);
        }
        self.codes += 1;
        one_time_password(&self.key, self.world.sandbox.now()).unwrap()
    }
}
