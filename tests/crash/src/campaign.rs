//! The matrix: every scenario, killed before each call, ended at each call, and with each call
//! failing.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use nix::{errno::Errno, sys::signal::Signal};

use crate::{
    Result,
    calls::Call,
    checks::Look,
    process::Ending,
    random::Random,
    scenarios::Scenario,
    tracer::{self, Action, Start, Traced},
    world::{Place, Snapshot, World},
};

/// In this turn come all the points of a scenario that had none of their own before.
const LAST_TURN: usize = 5;

/// What is done at one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Nothing: the command runs to its end, and everything has to hold.
    Nothing,
    /// The process is killed before it.
    Kill,
    /// The process is asked to end (SIGTERM).
    End,
    /// It gives an error.
    Fail(Errno),
}

/// Which points are tried.
#[derive(Debug, Clone)]
pub struct Options {
    /// The program.
    pub binary: PathBuf,
    /// The scenarios.
    pub scenarios: Vec<&'static Scenario>,
    /// Every how many-th point.
    pub every: usize,
    /// For how long new points are begun; nothing for all of them.
    pub budget: Option<Duration>,
    /// In which order, and which of them where not all are tried.
    pub seed: u64,
    /// How many at a time.
    pub jobs: usize,
}

/// One point.
#[derive(Debug, Clone, Copy)]
pub struct Point {
    scenario: &'static Scenario,
    cut: Cut,
    number: usize,
}

/// What one scenario came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// Points that were tried.
    pub tried: usize,
    /// Those of them that do not hold.
    pub failing: usize,
    /// Points there are.
    pub all: usize,
}

/// What came of it, by scenario.
pub type Counts = BTreeMap<&'static str, Count>;

/// One place with the prepared worlds of its own.
struct Job {
    place: Place,
    prepared: BTreeMap<&'static str, Snapshot>,
}

impl Job {
    fn new(binary: &Path) -> Result<Self> {
        Ok(Self {
            place: Place::new(binary)?,
            prepared: BTreeMap::new(),
        })
    }

    /// A world in which the scenario's command is about to be run.
    fn world(&mut self, scenario: &Scenario) -> Result<World<'_>> {
        let place = &self.place;
        if !self.prepared.contains_key(scenario.name) {
            let world = place.world(None, scenario.api)?;
            (scenario.prepare)(&world).map_err(|err| format!("{}: {err}", scenario.name))?;
            if let Some(passkeys) = &scenario.passkeys {
                world.bring_to(passkeys)?;
            }
            self.prepared.insert(scenario.name, world.freeze()?);
        }
        place.world(self.prepared.get(scenario.name), scenario.api)
    }

    /// The calls of a scenario's command when nothing is done to it, which has to do its work.
    fn count(&mut self, scenario: &Scenario) -> Result<Vec<Call>> {
        let world = self.world(scenario)?;
        let traced = trace(&world, scenario, &mut |_| Action::Pass)?;
        if !traced.ran.exited(scenario.exit) {
            return Err(format!("{}: it fails by itself: {:?}", scenario.name, traced.ran).into());
        }
        if traced.calls.is_empty() {
            return Err(format!("{}: no call was counted", scenario.name).into());
        }
        Ok(traced.calls)
    }

    /// Tries one point. Nothing where the run ended before it came there; else the call, and what
    /// does not hold.
    fn try_point(&mut self, point: &Point) -> Result<Option<(&'static str, Vec<String>)>> {
        let world = self.world(point.scenario)?;
        let look = Look::at(&world, point.scenario)?;
        let traced = trace(&world, point.scenario, &mut |call| {
            if call.number == point.number {
                point.cut.action(call)
            } else {
                Action::Pass
            }
        })?;
        let call = match traced.acted.first() {
            Some((call, _)) => call.name,
            None if point.cut == Cut::Nothing => "(uncut)",
            None => return Ok(None),
        };
        let signal = match point.cut {
            Cut::Kill => Some(Signal::SIGKILL),
            // Before its handler stands, a request to end ends it at once, as everything else.
            Cut::End => Some(Signal::SIGTERM),
            Cut::Fail(_) | Cut::Nothing => None,
        };
        let killed = signal.is_some_and(|by| traced.ran.ending == Ending::Signal(by as i32));
        let ran = (!killed).then_some(&traced.ran);
        let problems = look.all(ran, point.number)?;
        Ok(Some((call, problems)))
    }
}

fn trace(
    world: &World<'_>,
    scenario: &Scenario,
    script: &mut dyn FnMut(&Call) -> Action,
) -> Result<Traced> {
    let program = (scenario.command)(world);
    Ok(tracer::run(&program, Start::Undumpable, script)?)
}

impl Cut {
    /// What is done at a call. Threads are not scheduled alike each time: where another call
    /// stands at this number today, it fails with an error of its own.
    fn action(self, call: &Call) -> Action {
        match self {
            Self::Nothing => Action::Pass,
            Self::Kill => Action::Kill,
            Self::End => Action::Send(Signal::SIGTERM),
            Self::Fail(error) if call.errors.contains(&error) => Action::Fail(error),
            Self::Fail(_) => call
                .errors
                .first()
                .map_or(Action::Pass, |error| Action::Fail(*error)),
        }
    }
}

impl std::fmt::Display for Cut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Nothing => f.write_str("whole"),
            Self::Kill => f.write_str("kill"),
            Self::End => f.write_str("end"),
            Self::Fail(error) => write!(f, "fail:{error:?}"),
        }
    }
}

/// Runs the campaign; `say` is told every line of the report as it comes.
///
/// # Errors
/// When the campaign itself cannot go on.
pub fn run(options: &Options, say: &(dyn Fn(&str) + Sync)) -> Result<Counts> {
    let mut counts = Counts::new();
    let points = points(options, &mut counts)?;
    let (next, counts) = (AtomicUsize::new(0), Mutex::new(counts));
    let began = Instant::now();
    let in_time = || options.budget.is_none_or(|budget| began.elapsed() < budget);
    let work = || -> Result<()> {
        let mut job = Job::new(&options.binary)?;
        while in_time() {
            let Some(point) = points.get(next.fetch_add(1, Ordering::SeqCst)) else {
                break;
            };
            let Some((call, problems)) = job.try_point(point)? else {
                continue;
            };
            let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
            let count = counts.entry(point.scenario.name).or_default();
            count.tried += 1;
            if !problems.is_empty() {
                count.failing += 1;
                say(&format!(
                    "{} {} {} {}: {}",
                    point.scenario.name,
                    point.cut,
                    point.number,
                    call,
                    problems.join("; ")
                ));
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
    Ok(counts.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// Every point of the scenarios, in an order that the seed decides.
fn points(options: &Options, counts: &mut Counts) -> Result<Vec<Point>> {
    let mut job = Job::new(&options.binary)?;
    let mut points = Vec::new();
    for &scenario in &options.scenarios {
        let before = points.len();
        points.push(Point {
            scenario,
            cut: Cut::Nothing,
            number: 0,
        });
        for call in job.count(scenario)? {
            let fails = call.errors.iter().map(|error| Cut::Fail(*error));
            points.extend(
                [Cut::Kill, Cut::End]
                    .into_iter()
                    .chain(fails)
                    .map(|cut| Point {
                        scenario,
                        cut,
                        number: call.number,
                    }),
            );
        }
        counts.entry(scenario.name).or_default().all = points.len() - before;
    }
    Random::new(options.seed).shuffle(&mut points);
    let points = points.into_iter().step_by(options.every.max(1));
    Ok(some_of_each_first(points.collect()))
}

/// Brings the first points of each scenario to the front in turns, the run to which nothing is done
/// among them: where the time ends before the points do, chance leaves no scenario out.
fn some_of_each_first(points: Vec<Point>) -> Vec<Point> {
    let mut seen = BTreeMap::<&str, usize>::new();
    let mut in_turns: Vec<(usize, Point)> = points
        .into_iter()
        .map(|point| {
            if point.cut == Cut::Nothing {
                return (2, point);
            }
            let seen = seen.entry(point.scenario.name).or_default();
            *seen += 1;
            ((*seen).min(LAST_TURN), point)
        })
        .collect();
    // Within a turn the order stays.
    in_turns.sort_by_key(|(turn, _)| *turn);
    in_turns.into_iter().map(|(_, point)| point).collect()
}
