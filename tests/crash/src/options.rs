//! What is asked of the campaign, and how it reports.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the report is what the program is for"
)]

use std::{path::PathBuf, process::ExitCode, time::Duration};

use clap::{Args, Parser, Subcommand};
use scw_crash::{
    Result,
    campaign::{self, Counts},
    interleave, scenarios,
};

/// Kills `scw` at every system call, makes every call fail, and interleaves runs
#[derive(Debug, Parser)]
#[command(name = "scw-crash")]
struct Cli {
    /// The program
    #[arg(long, global = true, default_value = "target/debug/scw")]
    binary: PathBuf,
    /// What is done with it
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Every command that writes, cut at every point
    Points(PointsArgs),
    /// Random interleavings of commands by four processes on one data folder
    Interleave(InterleaveArgs),
}

#[derive(Debug, Args)]
struct PointsArgs {
    /// Only this scenario; may be repeated
    #[arg(long, value_name = "NAME")]
    scenario: Vec<String>,
    /// Every K-th point of the seed's order
    #[arg(long, value_name = "K", default_value_t = 1)]
    every: usize,
    /// Begin no new point after so many seconds
    #[arg(long, value_name = "SECONDS", overrides_with = "budget")]
    budget: Option<u64>,
    /// Decides the order, and which points are tried where not all are
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many points at a time
    #[arg(long, default_value_t = 2)]
    jobs: usize,
    /// Name the scenarios, and do nothing
    #[arg(long)]
    list: bool,
}

#[derive(Debug, Args)]
struct InterleaveArgs {
    /// How many rounds
    #[arg(long, default_value_t = 200)]
    rounds: u64,
    /// The first round, to run one again
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    first: u64,
    /// Begin no new round after so many seconds
    #[arg(long, value_name = "SECONDS", overrides_with = "budget")]
    budget: Option<u64>,
    /// Decides everything
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many rounds at a time; most of a round is waiting
    #[arg(long, default_value_t = 4)]
    jobs: usize,
}

/// Runs what the command line asks for.
pub(crate) fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = match &cli.command {
        Command::Points(args) => points(&cli, args),
        Command::Interleave(args) => interleave(&cli, args),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(err) => {
            eprintln!("error: {err}");
            ExitCode::from(2)
        }
    }
}

/// An address that does not change with the folder that a program is started in.
fn binary(cli: &Cli) -> Result<PathBuf> {
    std::fs::canonicalize(&cli.binary)
        .map_err(|err| format!("{}: {err}; `cargo build` makes it", cli.binary.display()).into())
}

fn points(cli: &Cli, args: &PointsArgs) -> Result<bool> {
    if args.list {
        for scenario in scenarios::all() {
            println!("{}", scenario.name);
        }
        return Ok(true);
    }
    let known = |name: &String| scenarios::all().any(|scenario| scenario.name == name);
    if let Some(name) = args.scenario.iter().find(|name| !known(name)) {
        return Err(format!("there is no scenario {name:?}; `--list` names them").into());
    }
    let wanted = |name: &str| args.scenario.is_empty() || args.scenario.iter().any(|n| n == name);
    let options = campaign::Options {
        binary: binary(cli)?,
        scenarios: scenarios::all()
            .filter(|scenario| wanted(scenario.name))
            .collect(),
        every: args.every,
        budget: args.budget.map(Duration::from_secs),
        seed: args.seed,
        jobs: args.jobs,
    };
    println!("seed {}", args.seed);
    let counts = campaign::run(&options, &|line| println!("{line}"))?;
    Ok(report(&counts))
}

/// Prints the figures; whether everything holds.
fn report(counts: &Counts) -> bool {
    println!(
        "\n{:<24} {:>6} {:>6} {:>13}",
        "scenario", "points", "tried", "do not hold"
    );
    for (name, count) in counts {
        println!(
            "{name:<24} {:>6} {:>6} {:>13}",
            count.all, count.tried, count.failing
        );
    }
    let sum = |of: fn(&campaign::Count) -> usize| counts.values().map(of).sum::<usize>();
    let (tried, failing) = (sum(|count| count.tried), sum(|count| count.failing));
    println!("\n{tried} points tried, {failing} that do not hold");
    failing == 0
}

fn interleave(cli: &Cli, args: &InterleaveArgs) -> Result<bool> {
    let options = interleave::Options {
        binary: binary(cli)?,
        first: args.first,
        rounds: args.rounds,
        budget: args.budget.map(Duration::from_secs),
        seed: args.seed,
        jobs: args.jobs,
    };
    println!("seed {}", args.seed);
    let count = interleave::run(&options, &|line| println!("{line}"))?;
    println!(
        "\n{} rounds of {} commands run, {} that do not hold",
        count.rounds, count.commands, count.failing
    );
    Ok(count.failing == 0)
}
