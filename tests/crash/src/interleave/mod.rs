//! Four processes on one data folder, in an order that a seed decides.

mod keys;
mod passkeys;
mod plan;
mod turns;
mod verdict;

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use self::{plan::Before, turns::Turns, verdict::judge};
pub use self::{
    plan::{Command, Plan},
    verdict::Done,
};
use crate::{
    Result, scenarios,
    tracer::{self, Action, Start},
    world::{OATHTOOL, OWNER, Place, Snapshot, World},
};

/// How far back the second factor of a prepared world was turned on, in seconds: its one-time
/// password of then is used up, those of now are not.
const LONG_AGO: i64 = 120;

/// Which rounds are run.
#[derive(Debug, Clone)]
pub struct Options {
    /// The program.
    pub binary: PathBuf,
    /// The first round.
    pub first: u64,
    /// How many rounds.
    pub rounds: u64,
    /// For how long new rounds are begun; nothing for all of them.
    pub budget: Option<Duration>,
    /// Decides everything.
    pub seed: u64,
    /// How many rounds at a time.
    pub jobs: usize,
}

/// What came of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// Rounds that were run.
    pub rounds: usize,
    /// Those of them that do not hold.
    pub failing: usize,
    /// Commands that were run in them.
    pub commands: usize,
}

/// A place with its prepared worlds.
struct Job {
    place: Place,
    prepared: BTreeMap<Before, Snapshot>,
}

impl Job {
    fn prepare(&mut self, before: Before) -> Result<()> {
        if self.prepared.contains_key(&before) {
            return Ok(());
        }
        let world = self.place.world(None, None)?;
        world.sandbox.advance(-LONG_AGO);
        if before != Before::Nobody {
            world.must(&world.login(&OWNER))?;
        }
        if before.app_is_on() {
            let then = format!("{OATHTOOL} --now '{LONG_AGO} seconds ago'");
            let on = ["2fa", "on", "--otp-command", &then, "-o", "json"];
            world.must(&world.program(&on))?;
        }
        world.add(before.passkeys())?;
        self.prepared.insert(before, world.freeze()?);
        Ok(())
    }

    /// Runs one round, and says what does not hold.
    fn round(&mut self, plan: &Plan) -> Result<(Vec<Done>, Vec<String>)> {
        self.prepare(plan.before)?;
        let world = self.place.world(self.prepared.get(&plan.before), None)?;
        world.sandbox.passkey_readings(plan.counted, plan.counted)?;
        for fault in &plan.faults {
            world
                .sandbox
                .fault(serde_json::from_value(fault.clone())?)?;
        }
        // Whether this build asks is found out before the race.
        drop(scenarios::renew(&world));
        let done = race(plan, &world)?;
        let problems = judge(plan, &world.healed()?, &done)?;
        Ok((done, problems))
    }
}

/// Runs the processes against each other.
fn race(plan: &Plan, world: &World<'_>) -> Result<Vec<Done>> {
    let (turns, clock, logins) = (Turns::default(), AtomicUsize::new(0), AtomicUsize::new(0));
    let process = |number: usize| -> Result<Vec<Done>> {
        let Some((commands, mut pauses)) = plan.processes.get(number).cloned() else {
            return Ok(Vec::new());
        };
        let mut done = Vec::new();
        for command in commands {
            let turn = match command {
                Command::Login => logins.fetch_add(1, Ordering::SeqCst),
                _ => 0,
            };
            let program = command.program(world, turn);
            let began = clock.fetch_add(1, Ordering::SeqCst);
            let traced = tracer::run(&program, Start::Undumpable, &mut |_| {
                turns.call(&mut pauses);
                Action::Pass
            })?;
            done.push(Done {
                process: number,
                command,
                ran: traced.ran,
                began,
                ended: clock.fetch_add(1, Ordering::SeqCst),
            });
        }
        Ok(done)
    };
    let mut all = Vec::new();
    std::thread::scope(|scope| -> Result<()> {
        let threads: Vec<_> = (0..plan.processes.len())
            .map(|number| scope.spawn(move || process(number)))
            .collect();
        for thread in threads {
            let done = thread
                .join()
                .unwrap_or_else(|_| Err("a thread panicked".into()));
            all.extend(done?);
        }
        Ok(())
    })?;
    all.sort_by_key(|done| done.ended);
    Ok(all)
}

/// Runs the rounds; `say` is told every line of the report as it comes.
///
/// # Errors
/// When the stress test itself cannot go on.
pub fn run(options: &Options, say: &(dyn Fn(&str) + Sync)) -> Result<Count> {
    let next = AtomicU64::new(options.first);
    let count = Mutex::new(Count::default());
    let began = Instant::now();
    let in_time = || options.budget.is_none_or(|budget| began.elapsed() < budget);
    let work = || -> Result<()> {
        let mut job = Job {
            place: Place::new(&options.binary)?,
            prepared: BTreeMap::new(),
        };
        while in_time() {
            let round = next.fetch_add(1, Ordering::SeqCst);
            if round >= options.first + options.rounds {
                break;
            }
            let plan = Plan::of(options.seed.wrapping_mul(1_000_003).wrapping_add(round));
            let (done, problems) = job.round(&plan)?;
            let mut count = count.lock().unwrap_or_else(PoisonError::into_inner);
            count.rounds += 1;
            count.commands += done.len();
            if !problems.is_empty() {
                count.failing += 1;
                say(&tell(round, &plan, &done, &problems));
            }
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let jobs: Vec<_> = (0..options.jobs.max(1))
            .map(|_| scope.spawn(work))
            .collect();
        jobs.into_iter()
            .try_for_each(|job| job.join().unwrap_or_else(|_| Err("a job panicked".into())))
    })?;
    Ok(count.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// A round that does not hold: what does not, then what was run, in the order in which it ended.
fn tell(round: u64, plan: &Plan, done: &[Done], problems: &[String]) -> String {
    let mut lines = vec![
        format!("round {round}: {}", problems.join("; ")),
        format!("    before: {:?}, counted: {}", plan.before, plan.counted),
    ];
    lines.extend(
        plan.faults
            .iter()
            .map(|fault| format!("    fault: {fault}")),
    );
    lines.extend(done.iter().map(|done| {
        let said = done.ran.stderr.lines().next().unwrap_or_default();
        format!(
            "    process {} {:?} ({}-{}): {:?} {said}",
            done.process, done.command, done.began, done.ended, done.ran.ending
        )
    }));
    lines.join("\n")
}
