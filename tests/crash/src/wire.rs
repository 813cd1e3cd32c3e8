//! A relay between `scw` and the sandbox that keeps every answer: what a killed run was given is
//! known from here alone, since the sandbox keeps hashes.

use std::{
    io::{self, Read, Write},
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// How long an answer is awaited whose asker is gone.
const LAST_ANSWER: Duration = Duration::from_millis(300);

/// How long connections are awaited that should end by themselves.
const QUIET: Duration = Duration::from_secs(10);

/// The relay. Its address stays the same whatever sandbox stands behind it.
#[derive(Debug, Clone)]
pub struct Wire {
    shared: Arc<Shared>,
    address: SocketAddr,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    upstream: Option<SocketAddr>,
    open: usize,
    /// What came back over each connection, in the order in which they were made.
    answers: Vec<Vec<u8>>,
}

/// A lock whose holder panicked guards nothing worse than a list.
fn lock(shared: &Shared) -> MutexGuard<'_, State> {
    shared.state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What was handed out over a wire, in the order of the connections.
#[derive(Debug, Clone, Default)]
pub struct Handed {
    answers: Vec<Vec<u8>>,
}

impl Wire {
    /// Starts a relay; it goes on until the process ends.
    ///
    /// # Errors
    /// When no address can be had.
    pub fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::default());
        let wire = Self {
            shared: Arc::clone(&shared),
            address,
        };
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                let number = {
                    let mut state = lock(&shared);
                    state.open += 1;
                    state.answers.push(Vec::new());
                    state.answers.len() - 1
                };
                std::thread::spawn(move || {
                    // A connection that breaks is what the campaign is about.
                    let _ = relay(&client, &shared, number);
                    lock(&shared).open -= 1;
                    shared.changed.notify_all();
                });
            }
        });
        Ok(wire)
    }

    /// The address for `SCW_API_URL` and `SCW_ACCOUNT_URL`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Leads to another sandbox from now on, with what was handed out before.
    pub fn lead_to(&self, upstream: SocketAddr, handed: Handed) {
        self.settle();
        let mut state = lock(&self.shared);
        state.upstream = Some(upstream);
        state.answers = handed.answers;
    }

    /// Waits until every connection has ended, and with it everything that was asked.
    pub fn settle(&self) {
        let state = lock(&self.shared);
        let waited = self
            .shared
            .changed
            .wait_timeout_while(state, QUIET, |state| state.open > 0);
        drop(waited);
    }

    /// What was handed out so far.
    #[must_use]
    pub fn handed(&self) -> Handed {
        Handed {
            answers: lock(&self.shared).answers.clone(),
        }
    }
}

/// Carries bytes both ways until both sides are done. An asker that is gone is no reason to take
/// its last question back: the service has it already.
fn relay(client: &TcpStream, shared: &Arc<Shared>, number: usize) -> io::Result<()> {
    let upstream = lock(shared).upstream.ok_or(io::ErrorKind::NotConnected)?;
    let server = TcpStream::connect(upstream)?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let asked = Arc::new(AtomicBool::new(false));
    let (from, to, waits) = (client.try_clone()?, server.try_clone()?, Arc::clone(&asked));
    let questions = std::thread::spawn(move || {
        let _ = carry(&from, &to, |_| waits.store(true, Ordering::SeqCst));
        if waits.load(Ordering::SeqCst) {
            let mut slept = Duration::ZERO;
            while waits.load(Ordering::SeqCst) && slept < LAST_ANSWER {
                std::thread::sleep(Duration::from_millis(1));
                slept += Duration::from_millis(1);
            }
        }
        let _ = to.shutdown(Shutdown::Both);
    });
    let mut buffer = [0; 16 * 1024];
    let mut reader = &server;
    loop {
        let count = match reader.read(&mut buffer) {
            Ok(0) | Err(_) => break,
            Ok(count) => count,
        };
        if let Some(answer) = lock(shared).answers.get_mut(number) {
            answer.extend_from_slice(&buffer[..count]);
        }
        asked.store(false, Ordering::SeqCst);
        // The asker may be gone: what it was answered is kept all the same.
        let mut writer = client;
        let _ = writer.write_all(&buffer[..count]);
    }
    let _ = client.shutdown(Shutdown::Both);
    let _ = questions.join();
    Ok(())
}

fn carry(mut from: &TcpStream, mut to: &TcpStream, seen: impl Fn(usize)) -> io::Result<()> {
    let mut buffer = [0; 16 * 1024];
    loop {
        let count = from.read(&mut buffer)?;
        if count == 0 {
            return Ok(());
        }
        seen(count);
        to.write_all(&buffer[..count])?;
    }
}

impl Handed {
    fn text(&self) -> String {
        let all = self.answers.concat();
        String::from_utf8_lossy(&all).into_owned()
    }

    /// Every value of a JSON member with this name that is a text, in order.
    fn values(&self, name: &str) -> Vec<String> {
        let text = self.text();
        let needle = format!("\"{name}\":\"");
        text.split(needle.as_str())
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .map(str::to_owned)
            .collect()
    }

    /// The secret keys and 2017 tokens that were handed out.
    #[must_use]
    pub fn secrets(&self) -> Vec<String> {
        let mut secrets = self.values("secret_key");
        secrets.extend(
            self.values_after("\"token\":{")
                .into_iter()
                .filter(|id| id.len() == 36),
        );
        secrets.retain(|secret| !secret.is_empty());
        secrets.sort();
        secrets.dedup();
        secrets
    }

    /// The `id` in every object that begins so.
    fn values_after(&self, start: &str) -> Vec<String> {
        let text = self.text();
        text.split(start)
            .skip(1)
            .filter_map(|rest| rest.split("\"id\":\"").nth(1)?.split('"').next())
            .map(str::to_owned)
            .collect()
    }

    /// The keys of second factors, pending or not, in order.
    #[must_use]
    pub fn otp_keys(&self) -> Vec<String> {
        self.values("secret")
    }

    /// The key of the second factor that was confirmed last.
    #[must_use]
    pub fn key_in_force(&self) -> Option<String> {
        let text = self.text();
        let confirmed = text
            .rfind("\"recovery_codes\":[")
            .max(text.rfind("\"backup_codes\":["))?;
        let before = text[..confirmed].rsplit("\"secret\":\"").next()?;
        before.split('"').next().map(str::to_owned)
    }

    /// Every set of backup codes that was handed out, in order.
    #[must_use]
    pub fn code_sets(&self) -> Vec<Vec<String>> {
        let text = self.text();
        let lists = text
            .split("\"recovery_codes\":[")
            .flat_map(|part| part.split("\"backup_codes\":["))
            .skip(1)
            .filter_map(|rest| rest.split(']').next());
        lists
            .map(|list| {
                list.split(',')
                    .map(|code| code.trim_matches('"').to_owned())
                    .collect()
            })
            .collect()
    }
}
