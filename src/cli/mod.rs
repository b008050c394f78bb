//! The command line: what can be asked for, and what each command does.

pub mod args;
pub mod check;
pub mod enrich;
pub mod explain;
pub mod generate;
#[cfg(feature = "kinesis")]
pub mod leases;
mod log;
mod operate;
mod progress;
pub mod recover;
pub mod run;
mod summary;
pub mod tail;

use std::process::ExitCode;

use clap::Parser;

use args::{Args, Command};

/// All went well.
pub const DONE: u8 = 0;
/// Reading or writing failed.
pub const IO_FAILED: u8 = 1;
/// The arguments or the configuration cannot be used.
pub const BAD_USAGE: u8 = 2;

/// Runs the command that the arguments of this process ask for.
pub fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            // clap prints help to standard output and mistakes to standard error
            let code = if error.use_stderr() { BAD_USAGE } else { DONE };
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    let code = match (args.command, args.run) {
        (Some(Command::Enrich(options)), _) => enrich::run(&options),
        (Some(Command::Check(options)), _) => check::run(&options),
        (Some(Command::Generate(options)), _) => generate::run(&options),
        (Some(Command::Explain(options)), _) => explain::run(&options),
        (Some(Command::Tail(options)), _) => tail::run(&options),
        (Some(Command::Recover(options)), _) => recover::run(&options),
        #[cfg(feature = "kinesis")]
        (Some(Command::Leases(options)), _) => leases::run(&options),
        (Some(Command::Run(options)), _) | (None, Some(options)) => run::run(&options),
        (None, None) => tell(BAD_USAGE, "nothing to do; see snowmelt --help"),
    };
    ExitCode::from(code)
}

/// One line on standard error; the code is handed back.
#[expect(
    clippy::print_stderr,
    reason = "the one place where the command speaks to people"
)]
fn tell(code: u8, text: &str) -> u8 {
    eprintln!("snowmelt: {text}");
    code
}
