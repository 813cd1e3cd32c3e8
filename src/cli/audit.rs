//! Arguments of `scw 2fa audit`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};

use crate::model::{FailOn, ReportFormat};

/// Arguments of `scw 2fa audit`.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_value_name = "COMMAND",
    after_help = "\
Examples:
  scw 2fa audit
  scw 2fa audit --without --grace
  scw 2fa audit --fail-on without,unknown --format junit >2fa.xml
  scw 2fa audit --evidence ./2026-q4
  scw 2fa audit diff ./2026-q3 ./2026-q4"
)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of its own"
)]
pub struct AuditArgs {
    /// Look into an earlier report.
    #[command(subcommand)]
    pub command: Option<AuditCommand>,

    /// Form of the report
    #[arg(long, value_enum, default_value_t, value_name = "FORM")]
    pub format: ReportFormat,

    /// Show only members without two-factor authentication, or whose state is unknown
    #[arg(long)]
    pub without: bool,

    /// Also list each member's passkeys (one more request per member)
    #[arg(long)]
    pub factors: bool,

    /// Also show the date by which each member needs it (one more request per member)
    #[arg(long)]
    pub grace: bool,

    /// Exit with code 8 if a member is without it; the same as `--fail-on without,unknown`
    #[arg(long)]
    pub check: bool,

    /// Exit with code 8 if one of these conditions holds
    #[arg(long, value_enum, value_delimiter = ',', value_name = "CONDITION")]
    pub fail_on: Vec<FailOn>,

    /// Also write the report, the security settings and their checksums to a new folder
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    pub evidence: Option<PathBuf>,

    /// Print a text for each member without it, ready to send
    #[arg(long, conflicts_with = "format")]
    pub remind: bool,
}

/// What to do with earlier reports.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Check that the files of a folder made with `--evidence` are unchanged
    Verify(AuditVerifyArgs),
    /// Compare two reports
    ///
    /// Shows who turned two-factor authentication on or off, who joined and who left. A report is a
    /// folder made with `--evidence`, or a file with the lines of `scw 2fa audit -o json`.
    Diff(AuditDiffArgs),
}

/// Arguments of `scw 2fa audit verify`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  scw 2fa audit verify ./2026-q4")]
pub struct AuditVerifyArgs {
    /// Folder made with `scw 2fa audit --evidence`
    #[arg(value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    pub folder: PathBuf,
}

/// Arguments of `scw 2fa audit diff`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  scw 2fa audit diff ./2026-q3 ./2026-q4
  scw 2fa audit -o json | scw 2fa audit diff ./2026-q3 -")]
pub struct AuditDiffArgs {
    /// The older report, or `-` for stdin
    #[arg(value_name = "OLD", value_hint = ValueHint::AnyPath)]
    pub old: PathBuf,

    /// The newer report, or `-` for stdin
    #[arg(value_name = "NEW", value_hint = ValueHint::AnyPath)]
    pub new: PathBuf,
}
