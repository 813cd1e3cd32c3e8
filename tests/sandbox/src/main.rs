//! The command line of the sandbox (sandbox.md).

use std::{
    ffi::OsString,
    io::{self, Read, Write},
    net::SocketAddr,
    path::PathBuf,
    process::ExitCode,
};

use clap::{Args, Parser, Subcommand};
use scw_sandbox::{Options, Sandbox, Seed, StartError};

/// A local account service with Scaleway's APIs, for development, tests and demonstrations
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve until SIGTERM or Ctrl-C; prints one JSON line when it accepts connections
    Serve(ServeArgs),
    /// Run a command with a sandbox around it, and end with its exit code
    Run(RunArgs),
    /// A guided tour: two-factor authentication on and off, with the real client
    Demo(DemoArgs),
    /// Print the one-time password for the base32 key on stdin
    #[command(hide = true)]
    Otp,
}

/// The form of a seed file, below the options.
const SEED_FORM: &str = include_str!("seed_form.md");

#[derive(Args)]
#[command(after_long_help = SEED_FORM)]
struct ServeArgs {
    #[command(flatten)]
    service: ServiceArgs,
}

#[derive(Args)]
#[command(after_long_help = SEED_FORM)]
struct RunArgs {
    #[command(flatten)]
    service: ServiceArgs,

    /// Also set `SCW_ACCESS_KEY` and `SCW_SECRET_KEY` for the command
    #[arg(long)]
    credentials: bool,

    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

#[derive(Args)]
struct DemoArgs {
    /// Play the authenticator app too, instead of waiting for a person
    #[arg(long)]
    auto: bool,
}

#[derive(Args)]
struct ServiceArgs {
    /// Address and port; both loopback addresses have the same port
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:0")]
    listen: SocketAddr,

    /// Allow an address that other machines can reach, and their names for this one: IP addresses
    /// and its host name
    #[arg(long)]
    allow_remote: bool,

    /// Keep the accounts in this SQLite file instead of memory
    ///
    /// Only you can read the file (0600), and only one sandbox uses it at a time (FILE.lock). The
    /// file is not encrypted: whoever can read it can get the keys of authenticator apps, the tokens
    /// of the 2017 API and the owner's password. Do not share it or back it up as if it held no
    /// secrets.
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,

    /// Start with the accounts of this file (`--help` shows the format)
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,

    /// Have N generated members in the organization, one in three with a second factor
    #[arg(long, value_name = "N", default_value_t = 0)]
    members: u64,

    /// Use TLS; write the authority and the certificate to this folder
    #[arg(long, value_name = "DIR")]
    tls: Option<PathBuf>,

    /// Open the test door below `/_sandbox/`: whoever reaches it can read and change every account
    #[arg(long)]
    control: bool,

    /// Delay every answer by so many milliseconds
    #[arg(long, value_name = "N", default_value_t = 0)]
    latency_ms: u64,

    /// Log each request on stderr
    #[arg(short, long)]
    verbose: bool,
}

/// A failure with the exit code that it ends with.
struct Failure {
    message: String,
    code: u8,
}

impl Failure {
    fn usage(message: String) -> Self {
        Self { message, code: 2 }
    }
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(err: E) -> Self {
        Self {
            message: err.to_string(),
            code: 1,
        }
    }
}

impl ServiceArgs {
    fn start(self) -> Result<Sandbox, Failure> {
        let seed = self
            .seed
            .as_deref()
            .map(|path| {
                Seed::load(path).map_err(|err| Failure::usage(format!("{}: {err}", path.display())))
            })
            .transpose()?;
        let sandbox = Sandbox::start(Options {
            listen: Some(self.listen),
            allow_remote: self.allow_remote,
            data: self.data,
            seed,
            members: self.members,
            tls: self.tls,
            control: self.control,
            latency_ms: self.latency_ms,
            verbose: self.verbose,
            ..Options::default()
        })
        .map_err(|err| match err {
            StartError::Remote(_) => Failure::usage(err.to_string()),
            _ => Failure::from(err),
        })?;
        for note in sandbox.notes() {
            // Where stderr is gone there is nobody to tell.
            let _ = writeln!(io::stderr(), "scw-sandbox: {note}");
        }
        Ok(sandbox)
    }
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Serve(args) => serve(args),
        Command::Run(args) => run(args),
        Command::Demo(args) => demo(&args),
        Command::Otp => otp(),
    };
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            // Where stderr is gone the exit code says it all.
            let _ = writeln!(io::stderr(), "scw-sandbox: {}", failure.message);
            ExitCode::from(failure.code)
        }
    }
}

fn serve(args: ServeArgs) -> Result<u8, Failure> {
    use tokio::signal::unix::{SignalKind, signal};

    let sandbox = args.service.start()?;
    let line = serde_json::to_string(sandbox.info())?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        // Whoever has read the line may send a signal at once.
        let mut int = signal(SignalKind::interrupt())?;
        let mut term = signal(SignalKind::terminate())?;
        let mut stdout = io::stdout();
        writeln!(stdout, "{line}").and_then(|()| stdout.flush())?;
        tokio::select! {
            _ = int.recv() => {}
            _ = term.recv() => {}
        }
        Ok(0)
    })
}

fn run(args: RunArgs) -> Result<u8, Failure> {
    let sandbox = args.service.start()?;
    let code = scw_sandbox::run::run(&sandbox, &args.command, args.credentials).map_err(|err| {
        let command = args.command.first().map(|name| name.display().to_string());
        Failure {
            message: format!("{}: {err}", command.unwrap_or_default()),
            // As a shell says it: not found, or not executable.
            code: if err.kind() == io::ErrorKind::NotFound {
                127
            } else {
                126
            },
        }
    })?;
    Ok(u8::try_from(code).unwrap_or(1))
}

fn demo(args: &DemoArgs) -> Result<u8, Failure> {
    let code = scw_sandbox::demo::run(args.auto).map_err(|err| match err {
        scw_sandbox::demo::DemoError::NobodyThere => Failure::usage(err.to_string()),
        _ => Failure::from(err),
    })?;
    Ok(u8::try_from(code).unwrap_or(1))
}

fn otp() -> Result<u8, Failure> {
    let mut key = String::new();
    io::stdin().take(1024).read_to_string(&mut key)?;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    let now = i64::try_from(now.as_secs())?;
    let code = scw_sandbox::one_time_password(&key, now)
        .ok_or_else(|| Failure::usage("there is no base32 key on stdin".to_owned()))?;
    writeln!(io::stdout(), "{code}")?;
    Ok(0)
}
